"""One tile from parameters and seed: land, crops, growth, backscatter, speckle, labels and truth.

A tile depends on nothing but the parameters, the weather and its own grid square.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from cropnb.simulation.allocation import NO_CROP, allocate_crops, show_all_crops
from cropnb.simulation.arrays import Floats, Integers
from cropnb.simulation.effects import FieldEffects, field_effects, only_regrowing, village_fields
from cropnb.simulation.field_growth import grow_fields
from cropnb.simulation.growth import Growth
from cropnb.simulation.labels import label_pixels
from cropnb.simulation.landscape import Land, make_land, tile_side_m
from cropnb.simulation.optical_parameters import OPTICAL_SENSORS
from cropnb.simulation.optics import colours, optical_fields, take_pictures
from cropnb.simulation.painting import MeanC2, add_sensor, make_texture, paint
from cropnb.simulation.parameters import Crop, Parameters, Radar
from cropnb.simulation.raster import Ground
from cropnb.simulation.rff import smooth_field
from cropnb.simulation.seeds import Stage, Tile, county_rng, tile_rng
from cropnb.simulation.sigma0 import Components, Pass, cover_components, field_components, flood
from cropnb.simulation.weather import Weather, make_weather
from cropnb.simulation.wishart import wishart_c2

TileArrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Season:
    """The crop fields of a tile through the season; rows are fields, `object_id` tells which objects."""

    object_id: Integers
    crops: list[Crop]
    effects: FieldEffects
    growth: Growth


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
    crop = plant(parameters, tile, land)
    season = grow_season(parameters, tile, land, crop, weather)
    row, components = backscatter(parameters, land, season, weather)
    arrays = label_pixels(parameters, tile, land, crop)
    arrays |= _observe(parameters, tile, land, row, components)
    arrays |= _photograph(parameters, tile, land, crop, season, weather, row)
    return arrays | _truth(land, season, arrays["parcel_cell"])


def scene_weather(parameters: Parameters) -> Weather:
    """Weather of the scene's year, the same for all its tiles."""
    return make_weather(
        parameters.weather, parameters.moisture, rng=county_rng(parameters.scene, Stage.WEATHER)
    )


def acquisition_days(parameters: Parameters) -> Floats:
    """Acquisition days [day] since 1 January."""
    return np.array(parameters.radar.acquisitions, dtype=float)


def plant(parameters: Parameters, tile: Tile, land: Land) -> Integers:
    """Crop of each object of a tile.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    tile : Tile () [1]
        Which grid square.
    land : Land () [1]
        Its fields.

    Returns
    -------
    ndarray (object,) [1]
        Index into the crops of the parameters, -1 where none stands.
    """
    allocation, names = parameters.allocation, tuple(parameters.crops)
    preference = smooth_field(
        length_m=allocation.preference_m, rng=county_rng(parameters.scene, Stage.CROPS, by_year=False)
    )
    rng = tile_rng(parameters.scene, Stage.CROPS, tile)
    crop = allocate_crops(land.layout, land.frame, allocation, names, preference=preference, rng=rng)
    if not parameters.preset.showcase:
        return crop
    commonest = max(allocation.other_shares, key=allocation.other_shares.__getitem__)
    shown = tuple(names.index(commonest if name == "other" else name) for name in allocation.priors)
    return show_all_crops(crop, land.layout, land.frame, tile_side_m(parameters), shown)


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
        On the acquisition days.
    """
    day, table = acquisition_days(parameters), list(parameters.crops.values())
    object_id = np.flatnonzero(crop != NO_CROP)
    crops = [table[c] for c in crop[object_id]]
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
    again = [tuple(parameters.crops).index(name) for name in parameters.after_harvest.regrowth_crops]
    effects = only_regrowing(effects, np.isin(crop[object_id], again))
    return Season(object_id, crops, effects, grow_fields(parameters, crop[object_id], effects, weather, day))


def backscatter(
    parameters: Parameters, land: Land, season: Season, weather: Weather
) -> tuple[Integers, Components]:
    """Powers of all objects and covers, and which row each cell of the tile takes.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    land : Land () [1]
        Cells and fields.
    season : Season (field,) [1]
        From `grow_season`.
    weather : Weather (day,) [1]
        Of the year.

    Returns
    -------
    tuple (2,) [1]
        Row of each cell (y, x), and the components (row, time).
    """
    day = acquisition_days(parameters)
    wind = weather.wind[day.astype(int)]
    seen = _pass(parameters, land, season, day)
    ground = (parameters.soil, parameters.moisture, parameters.radar)
    dry = field_components(season.growth, season.crops, season.effects, weather, seen=seen, ground=ground)
    wet = flood(dry, season.growth, parameters.flooding, wind, day=day)
    paddies = [parameters.crops[name] for name in parameters.flooding.crops]
    paddy = np.array([crop in paddies for crop in season.crops], dtype=bool)[:, None]
    of_fields = Components(
        *(np.where(paddy, getattr(wet, f.name), getattr(dry, f.name)) for f in fields(Components))
    )
    covers = cover_components(parameters.covers, parameters.soil, wind, day=day)
    row_of_object = np.zeros(land.layout.object_block.size, dtype=np.int32)
    row_of_object[season.object_id] = np.arange(season.object_id.size)
    ground_kind = land.cells.ground
    on_field = row_of_object[np.maximum(land.cells.object_id, 0)]
    row = np.where(
        ground_kind == Ground.FIELD, on_field, season.object_id.size + ground_kind.astype(np.int32)
    )
    return row, Components.concatenate([of_fields, covers])


def _pass(parameters: Parameters, land: Land, season: Season, day: Floats) -> Pass:
    """Angles of each field; the radar looks west, so that incidence grows westwards."""
    radar = parameters.radar
    east = land.object_position()[0][season.object_id]
    west_km = (land.frame.east_m - east) / 1000
    incidence = np.radians(radar.incidence_deg + radar.incidence_gradient * west_km)
    to_row = land.row_azimuth_deg()[season.object_id] - radar.look_azimuth_deg
    return Pass(day, incidence[:, None], to_row[:, None])


def _observe(
    parameters: Parameters, tile: Tile, land: Land, row: Integers, components: Components
) -> TileArrays:
    """C2 with speckle and missing pixels, and the power behind it."""
    radar, scene = parameters.radar, parameters.scene
    texture = make_texture(
        land.cells.ground,
        parameters.effects,
        parameters.covers,
        cell_m=scene.cell_m,
        rng=tile_rng(scene, Stage.TEXTURE, tile),
    )
    rng = tile_rng(scene, Stage.SPECKLE, tile, channel=radar.relative_orbit)
    dates = []
    for true in paint(components, row, texture, radar):
        mean = add_sensor(true, radar, rho_quadrature=parameters.soil.rho_quadrature)
        dates.append({"sigma0_vv": true.c_vv_vv, "sigma0_vh": true.c_vh_vh} | _speckled(mean, radar, rng=rng))
    return {name: np.stack([date[name] for date in dates]) for name in dates[0]}


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
            day = np.array(sensor.acquisitions, dtype=float)
            growth = grow_fields(parameters, of_light.crop, season.effects, weather, day)
            hour = sensor.solar_time_h
            seen[name] = colours(parameters, of_light, growth, weather, day=day, solar_time_h=hour)
    return take_pictures(parameters, tile, land, row, seen)


def _speckled(mean: MeanC2, radar: Radar, *, rng: np.random.Generator) -> TileArrays:
    vv, vh, cross = wishart_c2(mean.c_vv_vv, mean.c_vh_vh, mean.c_vv_vh, n_looks=radar.n_looks, rng=rng)
    missing = rng.random(vv.shape, dtype=np.float32) < radar.missing_share
    cross[missing] = complex(np.nan, np.nan)
    vv[missing] = vh[missing] = np.nan
    return {"c_vv_vv": vv, "c_vh_vh": vh, "c_vv_vh": cross}


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
