"""Optical pictures of one tile: growth on the days of the passes, colours, pixels, clouds.

Every date has its own random streams, those of the county (errors of the scene, clouds) and those of the tile
(noise): a date more or less changes no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cropnb.simulation.arrays import Floats, Integers
from cropnb.simulation.canopy_spectra import load_canopy_spectra
from cropnb.simulation.clouds import Sky, draw_clouds, look_up, under_sky, usable
from cropnb.simulation.effects import FieldEffects
from cropnb.simulation.flowering import with_flowers
from cropnb.simulation.foliage import make_foliage, with_weeds
from cropnb.simulation.growth import Growth
from cropnb.simulation.imaging import SceneErrors, draw_scene_errors, take_band
from cropnb.simulation.landscape import Land
from cropnb.simulation.optical_parameters import OPTICAL_SENSORS, OpticalSensor
from cropnb.simulation.painting import make_texture
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.raster import Ground, block_mean, cell_centres
from cropnb.simulation.seeds import Stage, Tile, county_rng, tile_rng
from cropnb.simulation.sun import sun_angles
from cropnb.simulation.surfaces import (
    Colours,
    OpticalFields,
    cover_colours,
    draw_leaf_effects,
    field_colours,
    ground_reflectance,
    sun_zeniths,
)
from cropnb.simulation.texture import gaussian_field
from cropnb.simulation.weather import Weather

_DAYS = 1000  # of a stream's channel, per sensor; more than a year has


@dataclass(frozen=True)
class Patches:
    """What differs within fields and between objects of a cover; each array (y, x), the same on all dates."""

    vigour: Floats  # standard normal, that of the radar's canopies
    gain: Floats


def optical_fields(
    parameters: Parameters, tile: Tile, land: Land, crop: Integers, effects: FieldEffects
) -> OpticalFields:
    """Draw what light sees of the fields of a tile.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    tile : Tile () [1]
        Which grid square.
    land : Land () [1]
        Its fields.
    crop : ndarray (object,) [1]
        Crop of each object, -1 where none.
    effects : FieldEffects (field,) [1]
        Of the objects with a crop.

    Returns
    -------
    OpticalFields (field,) [1]
        Soil stays from year to year, leaves do not.
    """
    surfaces, object_id = parameters.optics.surfaces, np.flatnonzero(crop >= 0)
    soil_rng = tile_rng(parameters.scene, Stage.OPTICAL, tile, by_year=False)
    of_object = soil_rng.lognormal(0, surfaces.soil_brightness_sd, land.layout.object_block.size)
    leaf_rng = tile_rng(parameters.scene, Stage.OPTICAL, tile, channel=1)
    leaf = draw_leaf_effects(object_id.size, surfaces, rng=leaf_rng)
    brightness = surfaces.soil_brightness * of_object[object_id]
    return OpticalFields(object_id, crop[object_id], effects, leaf, brightness)


def colours(
    parameters: Parameters,
    fields: OpticalFields,
    growth: Growth,
    weather: Weather,
    *,
    day: Floats,
    solar_time_h: float,
) -> Colours:
    """Reflectance of all fields and covers on some days.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    fields : OpticalFields (field,) [1]
        From `optical_fields`.
    growth : Growth (field, time) [1]
        On the same days.
    weather : Weather (day,) [1]
        Of the year.
    day : ndarray (time,) [day]
        Since 1 January.
    solar_time_h : float () [h]
        Of the passes.

    Returns
    -------
    Colours (field + cover, time, band) [1, reflectance]
        In the bands of the table.
    """
    surfaces, table = parameters.optics.surfaces, list(parameters.crops.values())
    crops = [table[number] for number in fields.crop]
    foliage = make_foliage(crops, growth, fields.effects, parameters.after_harvest, surfaces, day=day)
    foliage = with_weeds(foliage, growth, fields.effects, surfaces, day=day)
    ground = ground_reflectance(parameters, fields, foliage, weather, day=day)
    zenith = sun_zeniths(parameters, day, solar_time_h=solar_time_h)
    of_fields = field_colours(parameters, fields, foliage, ground, sun_zenith_deg=zenith)
    of_fields = with_flowers(of_fields, parameters, fields, growth, weather)
    of_covers = cover_colours(surfaces, parameters.covers, day=day)
    return Colours(*(np.concatenate(pair) for pair in zip(_pair(of_fields), _pair(of_covers), strict=True)))


def make_patches(parameters: Parameters, tile: Tile, land: Land) -> Patches:
    """Patches of a tile, and how bright its objects are.

    Parameters
    ----------
    parameters : Parameters () [1]
        Sizes.
    tile : Tile () [1]
        Which grid square.
    land : Land () [1]
        Cells and objects.

    Returns
    -------
    Patches (y, x) [1]
        float32.
    """
    scene, effects, surfaces = parameters.scene, parameters.effects, parameters.optics.surfaces
    cells, cell_m = land.cells, scene.cell_m
    rng = tile_rng(scene, Stage.TEXTURE, tile)
    radar = make_texture(cells.ground, effects, parameters.covers, cell_m=cell_m, rng=rng)
    # Where fields are even, the logarithm is 0 everywhere: nothing to scale.
    vigour = np.log(radar.canopy) / np.float32(effects.vigour_within or 1.0)
    rng = tile_rng(scene, Stage.OPTICAL, tile, channel=2)
    of_object = rng.lognormal(0, surfaces.object_sd, land.layout.object_block.size + 1)  # the last: roads, -1
    fine = gaussian_field(cells.ground.shape, length_m=surfaces.texture_fine_m, cell_m=cell_m, rng=rng)
    of_cell = np.where(cells.ground == Ground.FIELD, 1.0, of_object[cells.object_id])
    gain = of_cell * (1 + surfaces.texture_fine * fine)
    return Patches(vigour.astype(np.float32), gain.astype(np.float32))


def take_pictures(
    parameters: Parameters, tile: Tile, land: Land, row: Integers, seen: dict[str, Colours]
) -> dict[str, np.ndarray]:
    """All pictures of all optical sensors.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    tile : Tile () [1]
        Which grid square.
    land : Land () [1]
        Its cells.
    row : ndarray (y, x) [1]
        Row of the colours for each cell.
    seen : dict (sensor,) [1]
        Colours on the days of each sensor, from `colours`.

    Returns
    -------
    dict (variable,) [1]
        By sensor: reflectance (time, band, y, x) and valid_mask (time, y, x) in the sensor's pixels, true
        opacity of clouds and depth of shadows (time, y, x) at 10 m.
    """
    patches = make_patches(parameters, tile, land)
    arrays: dict[str, np.ndarray] = {}
    for name in seen:
        sensor = parameters.optics.sensor(name)
        dates = []
        for k, day in enumerate(sensor.acquisitions):
            channel = _DAYS * (1 + OPTICAL_SENSORS.index(name)) + day
            sky = _sky(parameters, sensor, land, day=day, channel=channel)
            on_day = Colours(seen[name].mean[:, k], seen[name].slope[:, k])
            bands = list(_bands(parameters, sensor, tile, row, on_day, patches, channel=channel))
            dates.append(_date(parameters, sensor, bands, sky))
        arrays |= {f"{name}_{key}": np.stack([date[key] for date in dates]) for key in dates[0]}
    return arrays


def _pair(colours: Colours) -> tuple[Floats, Floats]:
    return colours.mean, colours.slope


def _sky(parameters: Parameters, sensor: OpticalSensor, land: Land, *, day: int, channel: int) -> Sky:
    clouds, latitude = parameters.optics.clouds, parameters.optics.surfaces.latitude_deg
    drawn = draw_clouds(sensor, clouds, rng=county_rng(parameters.scene, Stage.CLOUDS, channel=channel))
    sun = sun_angles(day, latitude_deg=latitude, solar_time_h=sensor.solar_time_h)
    n_cell = len(land.cells.ground)
    n_pixel = round(n_cell * parameters.scene.cell_m / sensor.pixel_m)
    east, north = cell_centres(land.frame, n_pixel, sensor.pixel_m)
    return look_up(drawn, clouds, east, north, sun=sun)


def _bands(
    parameters: Parameters,
    sensor: OpticalSensor,
    tile: Tile,
    row: Integers,
    on_day: Colours,
    patches: Patches,
    *,
    channel: int,
) -> Iterator[Floats]:
    """The bands of one date under a clear sky."""
    errors: SceneErrors = draw_scene_errors(
        sensor, rng=county_rng(parameters.scene, Stage.OPTICAL, channel=channel)
    )
    rng = tile_rng(parameters.scene, Stage.OPTICAL, tile, channel=channel)
    for k, band in enumerate(sensor.bands):
        at = load_canopy_spectra().bands.index(band)
        mean, slope = (table[:, at].astype(np.float32) for table in (on_day.mean, on_day.slope))
        cells = patches.gain * (mean[row] + patches.vigour * slope[row])
        yield take_band(cells, sensor, errors, band=k, cell_m=parameters.scene.cell_m, rng=rng)


def _date(
    parameters: Parameters, sensor: OpticalSensor, bands: list[Floats], sky: Sky
) -> dict[str, np.ndarray]:
    clouds = parameters.optics.clouds
    opacity, shadow = (_at_10_m(x, parameters, sensor) for x in (sky.opacity, sky.shadow))
    seen = [under_sky(b, sky, name, clouds) for b, name in zip(bands, sensor.bands, strict=True)]
    return {
        "reflectance": np.stack(seen),
        "valid_mask": usable(sky, clouds),
        "cloud_opacity": opacity,
        "cloud_shadow": shadow,
    }


def _at_10_m(values: Floats, parameters: Parameters, sensor: OpticalSensor) -> Floats:
    fine = sensor.pixel_m < 2 * parameters.scene.cell_m
    return block_mean(values) if fine else values
