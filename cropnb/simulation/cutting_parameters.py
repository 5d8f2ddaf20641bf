"""Parameters of what is cut several times a year."""

from __future__ import annotations

from dataclasses import dataclass

from cropnb.simulation.days import Day


@dataclass(frozen=True, kw_only=True)
class Cuts:
    """Days on which a crop is cut, the share that is left, and how it grows back."""

    days: tuple[Day, ...]
    left: float
    delay_d: float
    width_d: float
