"""Growth of all fields of a tile, crop by crop, on whatever days a sensor looks."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from cropnb.simulation.arrays import Floats, Integers
from cropnb.simulation.cutting import cut_growth
from cropnb.simulation.effects import FieldEffects
from cropnb.simulation.growth import Growth, grow, reap, thermal_curve, thermal_time
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.weather import Weather


def grow_fields(
    parameters: Parameters, crop: Integers, effects: FieldEffects, weather: Weather, day: Floats
) -> Growth:
    """Growth of fields of several crops on any days.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    crop : ndarray (field,) [1]
        Index into the crops of the parameters.
    effects : FieldEffects (field,) [1]
        Of the same fields.
    weather : Weather (day,) [1]
        Of the year.
    day : ndarray (time,) [day]
        Since 1 January.

    Returns
    -------
    Growth (field, time) [1]
        Of the whole season.
    """
    names, shape = tuple(parameters.crops), (crop.size, day.size)
    growth = Growth(*(np.zeros(shape) for _ in fields(Growth)))
    for number in np.unique(crop):
        of_crop = crop == number
        part = _grow_crop(parameters, names[number], effects.take(of_crop), weather, day)
        for f in fields(Growth):
            getattr(growth, f.name)[of_crop] = getattr(part, f.name)
    return growth


def _grow_crop(
    parameters: Parameters, name: str, effects: FieldEffects, weather: Weather, day: Floats
) -> Growth:
    crop, cap, first = parameters.crops[name], parameters.weather.heat_cap_c, weather.first_day
    curve = thermal_curve(crop, weather.climate_c, cap_c=cap, first_day=first)
    thermal = thermal_time(weather.temperature_c, base_c=crop.base_c, cap_c=cap)
    growth = grow(crop, curve, thermal, effects, day=day, first_day=first)
    if name in parameters.cuts:
        shift = effects.sowing_day - crop.sow
        growth = cut_growth(growth, parameters.cuts[name], shift_d=shift, day=day)
    return reap(growth, crop, effects, parameters.after_harvest, day=day)
