"""Which fields stand under water on which days."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cropnb.simulation.arrays import Booleans, Floats
from cropnb.simulation.effects import FieldEffects
from cropnb.simulation.parameters import Flooding, Parameters


def under_water(
    parameters: Parameters, crop_name: Sequence[str], effects: FieldEffects, *, day: Floats
) -> Booleans:
    """Fields under water: paddies from the start to the end of flooding.

    Parameters
    ----------
    parameters : Parameters () [1]
        Which crops stand in water, when, and how far the start follows the sowing of a field.
    crop_name : sequence (field,) [1]
        Crop of each field.
    effects : FieldEffects (field,) [1]
        Sowing day, and who lets the water fall dry.
    day : ndarray (time,) [day]
        When to look.

    Returns
    -------
    ndarray (field, time) [1]
        False for all other crops. All fields are drained on the same day, as harvest comes.
    """
    flooding = parameters.flooding
    paddy = np.isin(crop_name, flooding.crops)
    usual = np.array([parameters.crops[name].sow for name in crop_name], dtype=float)
    start = flooding.start + flooding.follows_sowing * (effects.sowing_day - usual)
    wet: Booleans = paddy[:, None] & (day >= start[:, None]) & (day <= flooding.end)
    return wet & ~_fallen_dry(flooding, effects.drying, since=day - start[:, None])


def _fallen_dry(flooding: Flooding, drying: Floats, *, since: Floats) -> Booleans:
    """Fields (field, time) of alternate wetting and drying on their dry days; each has its own turn."""
    if flooding.dry_share == 0:
        return np.zeros(since.shape, dtype=bool)
    turn = flooding.dry_every_d * drying / flooding.dry_share
    cycle = since - flooding.dry_after_d - turn[:, None]
    dry: Booleans = (cycle >= 0) & (cycle % flooding.dry_every_d < flooding.dry_days)
    return dry & (drying < flooding.dry_share)[:, None]
