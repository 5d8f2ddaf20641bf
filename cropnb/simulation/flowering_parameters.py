"""Parameters of crops whose flowers are seen from above."""

from __future__ import annotations

from dataclasses import dataclass

from cropnb.simulation.days import Day


@dataclass(frozen=True, kw_only=True)
class Flowers:
    """When a crop's flowers open and fade in the normal year, the share they hide, their colour by band."""

    start: Day
    end: Day
    width_d: float
    share: float
    reflectance: dict[str, float]
