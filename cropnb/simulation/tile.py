"""One tile from parameters and seed: land, crops, growth, backscatter, speckle, labels and truth.

A tile depends on nothing but the parameters, the weather and its own grid square.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cropnb.simulation.allocation import NO_CROP
from cropnb.simulation.arrays import Integers
from cropnb.simulation.earlier_crops import chosen, crop_numbers, with_earlier_crops
from cropnb.simulation.effects import field_effects, only_regrowing, village_fields
from cropnb.simulation.field_growth import grow_fields
from cropnb.simulation.labels import label_pixels
from cropnb.simulation.landscape import Land, make_land
from cropnb.simulation.optical_parameters import OPTICAL_SENSORS, OpticalSensor
from cropnb.simulation.optics import colours, optical_fields, take_pictures
from cropnb.simulation.parameters import Parameters, SceneParameters
from cropnb.simulation.radar import observe_tile
from cropnb.simulation.rotation import crop_history, previous_crop
from cropnb.simulation.scatterers import cell_rows
from cropnb.simulation.season import Season
from cropnb.simulation.seeds import Stage, Tile, county_rng, tile_rng
from cropnb.simulation.surfaces import Colours, OpticalFields
from cropnb.simulation.survey_labels import survey_tile
from cropnb.simulation.tracks import scene_passes
from cropnb.simulation.weather import Weather, join_years, make_weather

TileArrays = dict[str, np.ndarray]


def simulate_tile(parameters: Parameters, tile: Tile) -> TileArrays:
    """All arrays of one tile.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    tile : Tile () [1]
        Which grid square.

    Returns
    -------
    dict (variable,) [1]
        Arrays (y, x) or (time, y, x) by variable name.
    """
    weather = scene_weather(parameters)
    land = make_land(parameters, tile)
    history = crop_history(parameters, tile, land)
    crop = history[-1]
    season = grow_season(parameters, tile, land, crop, weather)
    arrays = label_pixels(parameters, tile, land, crop)
    arrays |= survey_tile(parameters, tile, land, crop, arrays)
    arrays |= observe_tile(parameters, tile, land, season, weather)
    arrays |= _photograph(parameters, tile, land, crop, season, weather, cell_rows(land, season))
    parcel = arrays["parcel_cell"]
    crops = {"crop": crop, "previous_crop": previous_crop(history, land)}
    arrays |= {
        name: np.append(of_object, NO_CROP).astype(np.int8)[parcel] for name, of_object in crops.items()
    }
    return arrays | _truth(land, season, parcel)


def scene_weather(parameters: Parameters) -> Weather:
    """Weather of the scene's year, the same for all its tiles; two years where it asks for them."""
    own = _year_weather(parameters, parameters.scene)
    if not parameters.weather.from_previous_year:
        return own
    before = _year_weather(parameters, replace(parameters.scene, year=parameters.scene.year - 1))
    return join_years(before, own, parameters.moisture)


def grow_season(parameters: Parameters, tile: Tile, land: Land, crop: Integers, weather: Weather) -> Season:
    """Effects and growth of all crop fields of a tile.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    tile : Tile () [1]
        Which grid square.
    land : Land () [1]
        Its fields.
    crop : ndarray (object,) [1]
        From `plant`.
    weather : Weather (day,) [1]
        Of the year.

    Returns
    -------
    Season (field,) [1]
        On the days of all tracks.
    """
    day, table = scene_passes(parameters).day, parameters.crops
    object_id = np.flatnonzero(crop != NO_CROP)
    names = [list(table)[c] for c in crop[object_id]]
    crops = [table[name] for name in names]
    east, north = land.object_position()
    effects = field_effects(
        crops,
        (east[object_id], north[object_id]),
        parameters.effects,
        parameters.after_harvest,
        shared=village_fields(parameters.scene, parameters.effects),
        day=day,
        rng=tile_rng(parameters.scene, Stage.FIELDS, tile),
    )
    effects = only_regrowing(effects, np.isin(names, parameters.after_harvest.regrowth_crops))
    growth = grow_fields(parameters, crop[object_id], effects, weather, day)
    season = Season(object_id, crops, names, effects, growth, day)
    return with_earlier_crops(parameters, season, weather)


def _year_weather(parameters: Parameters, scene: SceneParameters) -> Weather:
    return make_weather(parameters.weather, parameters.moisture, rng=county_rng(scene, Stage.WEATHER))


def _photograph(
    parameters: Parameters,
    tile: Tile,
    land: Land,
    crop: Integers,
    season: Season,
    weather: Weather,
    row: Integers,
) -> TileArrays:
    """Pictures of the optical sensors that have dates."""
    seen, of_light = {}, optical_fields(parameters, tile, land, crop, season.effects)
    for name in OPTICAL_SENSORS:
        sensor = parameters.optics.sensor(name)
        if sensor.acquisitions:
            seen[name] = _colours(parameters, of_light, season, weather, sensor)
    return take_pictures(parameters, tile, land, row, seen)


def _colours(
    parameters: Parameters, fields: OpticalFields, season: Season, weather: Weather, sensor: OpticalSensor
) -> Colours:
    """What a sensor sees on its days, of the earlier crop where that stands."""
    day, hour = np.array(sensor.acquisitions, dtype=float), sensor.solar_time_h
    growth = grow_fields(parameters, fields.crop, fields.effects, weather, day)
    now = colours(parameters, fields, growth, weather, day=day, solar_time_h=hour)
    if season.earlier is None:
        return now
    before = replace(
        fields, crop=crop_numbers(parameters, season.earlier.crop_name), effects=season.earlier.effects
    )
    earlier = _colours(parameters, before, replace(season, earlier=None), weather, sensor)
    standing = np.zeros(now.mean.shape, dtype=bool)  # covers follow the fields and stay
    standing[: fields.crop.size] = (day < before.effects.harvest_day[:, None])[..., None]
    return chosen(standing, earlier, now)


def _truth(land: Land, season: Season, parcel: Integers) -> TileArrays:
    """State of the field under each pixel; NaN where no crop stands."""
    n_object = land.layout.object_block.size
    tables = {"lai": season.growth.lai, "stage": season.growth.stage, "vwc": season.growth.vwc}
    tables |= {"sowing_day": season.effects.sowing_day, "harvest_day": season.effects.harvest_day}
    truth = {}
    for name, values in tables.items():
        table = np.full((*values.shape[1:], n_object + 1), np.nan, dtype=np.float32)
        table[..., season.object_id] = values.T  # the last column stays NaN, for roads (-1)
        truth[name] = table[..., parcel]
    return truth
