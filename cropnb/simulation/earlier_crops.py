"""Two crops on one field in a year: what stands until the main crop is sown, as cereal before second maize.

The main crop gives the label, the truth of sowing and harvest, and the field's number. Until the earlier one
is harvested, growth, backscatter, persistence and colours are those of the earlier crop, with its own canopy
and leaves, and with the effects of the field: what lies fertile or early under one crop does so under the
other. Between the two harvests the soil is bare, as before any sowing. Cameras see the main crop alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TypeVar

import numpy as np

from cropnb.simulation.arrays import Booleans, Integers
from cropnb.simulation.effects import FieldEffects
from cropnb.simulation.field_growth import grow_fields
from cropnb.simulation.growth import Growth
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.season import Season
from cropnb.simulation.sigma0 import Components
from cropnb.simulation.surfaces import Colours
from cropnb.simulation.weather import Weather

_Table = TypeVar("_Table", Growth, Components, Colours)


def with_earlier_crops(parameters: Parameters, season: Season, weather: Weather) -> Season:
    """Season of fields some of which carry another crop first.

    Parameters
    ----------
    parameters : Parameters () [1]
        Which crop stands before which, and until when.
    season : Season (field, time) [1]
        Of the main crops.
    weather : Weather (day,) [1]
        Of the year.

    Returns
    -------
    Season (field, time) [1]
        The same where no crop has another before it.
    """
    if not set(parameters.earlier_crops) & set(season.crop_name):
        return season
    before = parameters.earlier_crops
    names = [before[name].crop if name in before else name for name in season.crop_name]
    effects = _earlier_effects(parameters, season)
    growth = grow_fields(parameters, crop_numbers(parameters, names), effects, weather, season.day)
    crops = [parameters.crops[name] for name in names]
    earlier = Season(season.object_id, crops, names, effects, growth, season.day)
    return replace(season, growth=chosen(earlier.standing(), growth, season.growth), earlier=earlier)


def crop_numbers(parameters: Parameters, names: Sequence[str]) -> Integers:
    """Numbers of crops in the order of the parameters.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    names : sequence (field,) [1]
        Crop of each field.

    Returns
    -------
    ndarray (field,) [1]
        Index into the crops of the parameters.
    """
    known = list(parameters.crops)
    return np.array([known.index(name) for name in names], dtype=int)


def chosen(where: Booleans, yes: _Table, no: _Table) -> _Table:
    """One table where a condition holds, the other elsewhere, array by array.

    Parameters
    ----------
    where : ndarray (field, time) [1]
        The condition.
    yes : Growth, Components or Colours (field, time) [1]
        Taken where it holds.
    no : Growth, Components or Colours (field, time) [1]
        Taken elsewhere; of the same kind.

    Returns
    -------
    Growth, Components or Colours (field, time) [1]
        Of that kind.
    """
    arrays = {f.name: np.where(where, getattr(yes, f.name), getattr(no, f.name)) for f in fields(yes)}
    return replace(yes, **arrays)


def _earlier_effects(parameters: Parameters, season: Season) -> FieldEffects:
    """The field's own effects, its departures from the calendar of the main crop kept."""
    sowing, harvest = season.effects.sowing_day.copy(), np.full(len(season.crops), -np.inf)
    for k, (name, crop) in enumerate(zip(season.crop_name, season.crops, strict=True)):
        if name in parameters.earlier_crops:
            earlier = parameters.earlier_crops[name]
            late = season.effects.sowing_day[k] - crop.sow
            sowing[k] = parameters.crops[earlier.crop].sow + late
            harvest[k] = earlier.harvest + late
    return replace(season.effects, sowing_day=sowing, harvest_day=harvest)
