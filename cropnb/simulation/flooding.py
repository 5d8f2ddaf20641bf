"""Which fields stand under water on which days."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cropnb.simulation.arrays import Booleans, Floats
from cropnb.simulation.parameters import Parameters


def under_water(
    parameters: Parameters, crop_name: Sequence[str], sowing_day: Floats, *, day: Floats
) -> Booleans:
    """Fields under water: paddies from the start to the end of flooding.

    Parameters
    ----------
    parameters : Parameters () [1]
        Which crops stand in water, when, and how far the start follows the sowing of a field.
    crop_name : sequence (field,) [1]
        Crop of each field.
    sowing_day : ndarray (field,) [day]
        Since 1 January.
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
    start = flooding.start + flooding.follows_sowing * (sowing_day - usual)
    wet: Booleans = paddy[:, None] & (day >= start[:, None]) & (day <= flooding.end)
    return wet
