"""Backscatter of fields and covers on each date, split into the parts of the ground and of the canopy.

A field's row holds four powers and the VV-VH covariance of its soil. Rows for forest, water, gardens,
buildings and roads follow the fields, so that one look-up paints a whole tile. Canopies scatter VV and VH
independently; only soil, water, buildings and roads have a VV-VH covariance.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy.special import expit

from cropnb.simulation.arrays import Booleans, Floats
from cropnb.simulation.canopy import canopy_sigma0, transmissivity
from cropnb.simulation.effects import FieldEffects
from cropnb.simulation.growth import Growth
from cropnb.simulation.parameters import Covers, Crop, Flooding, SoilParameters
from cropnb.simulation.radar_parameters import Radar
from cropnb.simulation.raster import Ground
from cropnb.simulation.soil import co_cross_correlation, oh2004, roughness_factor, row_gain
from cropnb.simulation.weather import Weather
from cropnb.simulation.weather_parameters import MoistureParameters


@dataclass(frozen=True)
class Components:
    """Linear power by object (or cover) and time; `cross` is the soil's sqrt(VV VH) times its correlation."""

    ground_vv: Floats
    ground_vh: Floats
    canopy_vv: Floats
    canopy_vh: Floats
    cross: Floats

    @classmethod
    def concatenate(cls, parts: list[Components]) -> Components:
        """Rows of several parts, one after the other."""
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)))


@dataclass(frozen=True)
class Pass:
    """When and how the fields of a tile are looked at."""

    day: Floats  # (time,) [day]
    incidence_rad: Floats  # (field, 1) [rad]
    look_to_row_deg: Floats  # (field, 1) [deg]
    dawn: bool  # dew has not dried yet


def field_components(
    growth: Growth,
    crops: list[Crop],
    effects: FieldEffects,
    weather: Weather,
    *,
    seen: Pass,
    ground: tuple[SoilParameters, MoistureParameters, Radar],
) -> Components:
    """Powers of crop fields.

    Parameters
    ----------
    growth : Growth (field, time) [1]
        State of each field.
    crops : list (field,) [1]
        Crop of each field.
    effects : FieldEffects (field,) [1]
        Random effects.
    weather : Weather (day,) [1]
        Moisture, dew, rain.
    seen : Pass () [1]
        Days and angles.
    ground : tuple (3,) [1]
        Parameters of soil, of moisture and of the radar.

    Returns
    -------
    Components (field, time) [1, linear power]
        Before texture and noise.
    """
    soil, _, radar = ground
    vv, vh = _bare_soil(growth, effects, weather, seen=seen, ground=ground)
    dew = 1 + radar.dew_gain * weather.dew[weather.place(seen.day)] * seen.dawn
    powers = []
    for k, (bare, pol) in enumerate(((vv, "vv"), (vh, "vh"))):
        a = _column(crops, f"a_{pol}") * effects.canopy_gain[:, k, None]
        tau2 = field_transmissivity(growth, crops, effects, pol, incidence_rad=seen.incidence_rad)
        drift = effects.drift_gain[:, k]
        canopy = canopy_sigma0(tau2, a=a, incidence_rad=seen.incidence_rad) * dew
        powers.append((bare * tau2 * drift, canopy * drift))
    rho = co_cross_correlation(seen.look_to_row_deg, growth.cover, soil)
    (ground_vv, canopy_vv), (ground_vh, canopy_vh) = powers
    return Components(ground_vv, ground_vh, canopy_vv, canopy_vh, rho * np.sqrt(ground_vv * ground_vh))


def field_transmissivity(
    growth: Growth, crops: list[Crop], effects: FieldEffects, polarisation: str, *, incidence_rad: Floats
) -> Floats:
    """Two-way transmissivity of the canopies of crop fields.

    Parameters
    ----------
    growth : Growth (field, time) [1]
        State of each field.
    crops : list (field,) [1]
        Crop of each field.
    effects : FieldEffects (field,) [1]
        Random effects.
    polarisation : str () [1]
        "vv" or "vh".
    incidence_rad : ndarray (field, 1) [rad]
        Incidence angle.

    Returns
    -------
    ndarray (field, time) [1]
        1 without vegetation.
    """
    b = _column(crops, f"b_{polarisation}") * effects.attenuation_gain[:, None]
    return transmissivity(growth.vwc, b=b, incidence_rad=incidence_rad)


def flood(
    components: Components, growth: Growth, flooding: Flooding, wind: Floats, *, wet: Booleans, tau2: Floats
) -> Components:
    r"""Fields with a water surface under the canopy, and the double bounce between stems and water.

    The bounce grows with the cover alone, :math:`d \, up`, or, where the parameters give a water content
    :math:`V_0`, with the stems and against their attenuation: :math:`d \, up \, (V / V_0) \, \tau^2`.

    Parameters
    ----------
    components : Components (field, time) [1, linear power]
        Of dry fields, from `field_components`.
    growth : Growth (field, time) [1]
        State of the same fields.
    flooding : Flooding () [1]
        Dates and powers.
    wind : ndarray (time,) [1]
        Roughening of the water.
    wet : ndarray (field, time) [1]
        True where a field is under water.
    tau2 : ndarray (field, time) [1]
        Two-way transmissivity in VV.

    Returns
    -------
    Components (field, time) [1, linear power]
        Changed where there is water only; the water's attenuation by the canopy is left out.
    """
    vv = 10 ** ((flooding.vv_db + flooding.vv_wind_db * wind) / 10)
    vh = 10 ** ((flooding.vh_db + flooding.vh_wind_db * wind) / 10)
    bounce = flooding.double_bounce * growth.cover * wet
    if flooding.double_bounce_vwc > 0:
        bounce = bounce * (growth.vwc / flooding.double_bounce_vwc) * tau2
    return Components(
        np.where(wet, vv, components.ground_vv),
        np.where(wet, vh, components.ground_vh),
        components.canopy_vv + bounce,
        components.canopy_vh + flooding.double_bounce_vh * bounce,
        np.where(wet, 0.0, components.cross),
    )


def cover_components(covers: Covers, soil: SoilParameters, wind: Floats, *, day: Floats) -> Components:
    """Powers of what is not a crop, in the order of `Ground`.

    Parameters
    ----------
    covers : Covers () [1]
        Log10 of sigma0, and its slopes on leaves or wind.
    soil : SoilParameters () [1]
        VV-VH correlation of surfaces.
    wind : ndarray (time,) [1]
        Roughening of the water.
    day : ndarray (time,) [day]
        Acquisition days.

    Returns
    -------
    Components (cover, time) [1, linear power]
        Forest and gardens are canopy, the rest ground.
    """
    leaf = expit((day - covers.leaf_on) / covers.leaf_on_d) * expit(
        (covers.leaf_off - day) / covers.leaf_off_d
    )
    still = np.zeros_like(leaf)
    none = np.full_like(leaf, -np.inf)  # log10 of no power
    log10_ground, log10_canopy = {}, {}
    for pol in ("vv", "vh"):
        forest, garden, water = (getattr(covers, f"{name}_{pol}") for name in ("forest", "garden", "water"))
        canopy = {Ground.FOREST: forest[0] + forest[1] * leaf, Ground.GARDEN: garden[0] + garden[1] * leaf}
        surface = {
            Ground.WATER: water[0] + water[1] * wind,
            Ground.BUILDING: getattr(covers, f"building_{pol}") + still,
            Ground.ROAD: getattr(covers, f"road_{pol}") + still,
        }
        kinds = [g for g in Ground if g is not Ground.FIELD]
        log10_canopy[pol] = np.stack([canopy.get(g, none) for g in kinds])
        log10_ground[pol] = np.stack([surface.get(g, none) for g in kinds])
    vv, vh = 10 ** log10_ground["vv"], 10 ** log10_ground["vh"]
    return Components(
        vv, vh, 10 ** log10_canopy["vv"], 10 ** log10_canopy["vh"], soil.rho_base * np.sqrt(vv * vh)
    )


def _bare_soil(
    growth: Growth,
    effects: FieldEffects,
    weather: Weather,
    *,
    seen: Pass,
    ground: tuple[SoilParameters, MoistureParameters, Radar],
) -> tuple[Floats, Floats]:
    """VV and VH of each field's soil without canopy, rows included."""
    soil, moisture, radar = ground
    level = weather.moisture[weather.place(seen.day)][None] + effects.moisture[:, None]
    level = np.clip(level, moisture.field_min, moisture.field_max)
    height_cm = effects.roughness_cm[:, None] * roughness_factor(
        effects, weather.rain_mm, soil, day=seen.day, first_day=weather.first_day
    )
    ks = 2 * np.pi / radar.wavelength_cm * height_cm
    vv, vh = oh2004(level, ks, incidence_rad=seen.incidence_rad)
    rows = row_gain(seen.look_to_row_deg, growth.cover, soil)
    return vv * rows, vh * rows


def _column(crops: list[Crop], name: str) -> Floats:
    return np.array([getattr(crop, name) for crop in crops])[:, None]
