"""Parameters of what changes on the same land from one year to the next."""

from __future__ import annotations

from dataclasses import dataclass

from cropnb.simulation.days import Day


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """Which crop follows which, and how often strips are laid out anew.

    `follows[before][after]` is the probability of a crop after another. In `first_year` crops stand by the
    shares of the allocation.
    """

    first_year: int
    recut_share: float
    follows: dict[str, dict[str, float]]


@dataclass(frozen=True, kw_only=True)
class EarlierCrop:
    """Crop that stands on a field before another of the same year, and the day it makes room."""

    crop: str
    harvest: Day
