"""Reflectance of fields and covers on each date: the colours that `imaging` then takes pictures of.

A row per field, then one per cover in the order of `Ground`, so that one look-up paints a whole tile. Beside
the reflectance stands its change with one standard deviation of vigour within the field: the patches that
radar sees through `painting.make_texture` are the same plants.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from cropnb.simulation.arrays import Floats, Integers
from cropnb.simulation.canopy_spectra import Canopy, canopy_reflectance, load_canopy_spectra
from cropnb.simulation.effects import FieldEffects
from cropnb.simulation.flooding import under_water
from cropnb.simulation.foliage import Foliage
from cropnb.simulation.optical_parameters import Surfaces
from cropnb.simulation.parameters import Covers, Parameters
from cropnb.simulation.raster import Ground
from cropnb.simulation.sun import sun_angles
from cropnb.simulation.weather import Weather
from cropnb.simulation.weather_parameters import MoistureParameters

_LEAFLESS = "_leafless"  # appended to a cover's name: its reflectance out of season


@dataclass(frozen=True)
class LeafEffects:
    """Differences between fields that only light sees; each array (field,)."""

    pigment_gain: Floats
    water_gain: Floats
    angle_offset_deg: Floats
    pai_gain: Floats


@dataclass(frozen=True)
class OpticalFields:
    """Fields of a tile as light sees them; rows are fields, `object_id` tells which objects."""

    object_id: Integers
    crop: Integers  # index into the crops of the parameters
    effects: FieldEffects
    leaf: LeafEffects
    brightness: Floats  # of the soil


@dataclass(frozen=True)
class Colours:
    """Reflectance (row, time, band) in the bands of the table, and its change with vigour."""

    mean: Floats
    slope: Floats


def draw_leaf_effects(n_field: int, surfaces: Surfaces, *, rng: np.random.Generator) -> LeafEffects:
    """Draw the effects of all fields of a tile.

    Parameters
    ----------
    n_field : int () [count]
        How many.
    surfaces : Surfaces () [1]
        Spreads.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    LeafEffects (field,) [1]
        The same on all dates.
    """
    return LeafEffects(
        pigment_gain=rng.lognormal(0, surfaces.pigment_sd, n_field),
        water_gain=rng.lognormal(0, surfaces.water_sd, n_field),
        angle_offset_deg=rng.normal(0, surfaces.angle_sd_deg, n_field),
        pai_gain=rng.lognormal(0, surfaces.pai_sd, n_field),
    )


def soil_reflectance(moisture: Floats, brightness: Floats, surfaces: Surfaces) -> Floats:
    """Bare soil, darker when wet.

    Parameters
    ----------
    moisture : ndarray (field, time) [m3 m-3]
        Volumetric, uppermost 5 cm.
    brightness : ndarray (field,) [1]
        Of the dry soil over that of the table.
    surfaces : Surfaces () [1]
        Moistures at which the soil is wet and dry, and the share of the dry spectrum then.

    Returns
    -------
    ndarray (field, time, band) [1, reflectance]
        A mixture of the table's wet and dry soil.
    """
    spectra = load_canopy_spectra()
    dryness = np.clip((surfaces.wet_moisture - moisture) / surfaces.moisture_range, 0, 1)
    dry = (surfaces.dry_share * dryness)[..., None]
    mixture = dry * spectra.soil_dry + (1 - dry) * spectra.soil_wet
    reflectance: Floats = brightness[:, None, None] * mixture
    return reflectance


def ground_reflectance(
    parameters: Parameters, fields: OpticalFields, foliage: Foliage, weather: Weather, *, day: Floats
) -> Floats:
    """What lies below the canopies of fields: soil, straw, or standing water.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    fields : OpticalFields (field,) [1]
        Moisture and brightness of each field's soil.
    foliage : Foliage (field, time) [1]
        Straw.
    weather : Weather (day,) [1]
        Moisture of the county's soil.
    day : ndarray (time,) [day]
        When to look.

    Returns
    -------
    ndarray (field, time, band) [1, reflectance]
        In the bands of the table.
    """
    surfaces = parameters.optics.surfaces
    moisture = _field_moisture(parameters.moisture, fields.effects, weather, day)
    soil = soil_reflectance(moisture, fields.brightness, surfaces)
    straw = foliage.straw[..., None]
    ground = (1 - straw) * soil + straw * load_canopy_spectra().straw
    names = [tuple(parameters.crops)[number] for number in fields.crop]
    wet = under_water(parameters, names, fields.effects, day=day)
    return np.where(wet[..., None], np.array(surfaces.covers["water"]), ground)


def field_colours(
    parameters: Parameters,
    fields: OpticalFields,
    foliage: Foliage,
    ground: Floats,
    *,
    sun_zenith_deg: Floats,
) -> Colours:
    """Reflectance of crop fields.

    Parameters
    ----------
    parameters : Parameters () [1]
        Leaf of each crop, clumping, and how vigour varies within fields.
    fields : OpticalFields (field,) [1]
        Crops and leaves.
    foliage : Foliage (field, time) [1]
        How many leaves, and how green.
    ground : ndarray (field, time, band) [1, reflectance]
        From `ground_reflectance`.
    sun_zenith_deg : ndarray (time,) [deg]
        From `sun_zeniths`.

    Returns
    -------
    Colours (field, time, band) [1, reflectance]
        Without texture and noise.
    """
    surfaces, step = parameters.optics.surfaces, parameters.effects.vigour_within
    names, leaf = tuple(parameters.crops), fields.leaf
    lai = surfaces.clumping * foliage.pai * leaf.pai_gain[:, None]
    seen = np.empty((2, *ground.shape))
    for number in np.unique(fields.crop):
        here = fields.crop == number
        for k, scale in enumerate((np.exp(-step), np.exp(step))):
            canopy = Canopy(
                lai=scale * lai[here],
                greenness=foliage.greenness[here],
                pigment_gain=leaf.pigment_gain[here, None],
                water_gain=leaf.water_gain[here, None],
                angle_offset_deg=leaf.angle_offset_deg[here, None],
                sun_zenith_deg=sun_zenith_deg,
            )
            seen[k, here] = canopy_reflectance(surfaces.leaves[names[number]], canopy, ground[here])
    return Colours((seen[1] + seen[0]) / 2, (seen[1] - seen[0]) / 2)


def cover_colours(surfaces: Surfaces, covers: Covers, *, day: Floats) -> Colours:
    """Reflectance of what is not a crop, in the order of `Ground`.

    Parameters
    ----------
    surfaces : Surfaces () [1]
        Reflectance by cover and band, in leaf and out of it.
    covers : Covers () [1]
        When trees and gardens have leaves.
    day : ndarray (time,) [day]
        When to look.

    Returns
    -------
    Colours (cover, time, band) [1, reflectance]
        Patches within them differ by a share of the reflectance.
    """
    grown = expit((day - covers.leaf_on) / covers.leaf_on_d)
    leaf = grown * expit((covers.leaf_off - day) / covers.leaf_off_d)
    rows = []
    for ground in Ground:
        if ground is not Ground.FIELD:
            name = ground.name.lower()
            green = np.array(surfaces.covers[name])
            bare = np.array(surfaces.covers.get(f"{name}{_LEAFLESS}", surfaces.covers[name]))
            rows.append(leaf[:, None] * green + (1 - leaf[:, None]) * bare)
    mean = np.stack(rows)
    return Colours(mean, surfaces.texture_coarse * mean)


def sun_zeniths(parameters: Parameters, day: Floats, *, solar_time_h: float) -> Floats:
    """Zenith angle of the sun over the county.

    Parameters
    ----------
    parameters : Parameters () [1]
        Latitude.
    day : ndarray (time,) [day]
        When to look.
    solar_time_h : float () [h]
        Local solar time of the pass.

    Returns
    -------
    ndarray (time,) [deg]
        From `sun_angles`.
    """
    latitude = parameters.optics.surfaces.latitude_deg
    zenith = [sun_angles(d, latitude_deg=latitude, solar_time_h=solar_time_h)[0] for d in day]
    return np.degrees(zenith)


def _field_moisture(
    moisture: MoistureParameters, effects: FieldEffects, weather: Weather, day: Floats
) -> Floats:
    level = weather.moisture[weather.place(day)][None] + effects.moisture[:, None]
    clipped: Floats = np.clip(level, moisture.field_min, moisture.field_max)
    return clipped
