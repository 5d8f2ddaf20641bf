r"""Bare soil: the empirical polarimetric model of [Oh2004], and how roughness changes through the season.

.. math::
    \sigma_{vh} = 0.11 \, m^{0.7} \cos^{2.2}\theta \, [1 - e^{-0.32 (ks)^{1.8}}], \quad
    q = 0.095 \, (0.13 + \sin 1.5\theta)^{1.4} [1 - e^{-1.3 (ks)^{0.9}}], \quad \sigma_{vv} = \sigma_{vh} / q

Three regimes of roughness, each a factor on the field's own: ridges of last autumn before sowing; after
sowing a seedbed that rain smooths; after harvest stubble, tilled or not.
"""

from __future__ import annotations

import numpy as np

from cropnb.simulation.arrays import Floats
from cropnb.simulation.effects import FieldEffects
from cropnb.simulation.parameters import SoilParameters


def oh2004(moisture: Floats, ks: Floats, *, incidence_rad: Floats | float) -> tuple[Floats, Floats]:
    """Backscatter of bare soil.

    Parameters
    ----------
    moisture : ndarray (...) [m3 m-3]
        Volumetric moisture; the model was fitted for 0.04 to 0.29.
    ks : ndarray (...) [1]
        Wave number times height standard deviation; fitted for 0.13 to 6.98.
    incidence_rad : ndarray (...) [rad]
        Local incidence angle.

    Returns
    -------
    tuple (2, ...) [1, linear power]
        sigma0 VV and VH.

    References
    ----------
    [Oh2004]
    """
    vh = 0.11 * moisture**0.7 * np.cos(incidence_rad) ** 2.2 * -np.expm1(-0.32 * ks**1.8)
    ratio = 0.095 * (0.13 + np.sin(1.5 * incidence_rad)) ** 1.4 * -np.expm1(-1.3 * ks**0.9)
    return vh / ratio, vh


def roughness_factor(
    effects: FieldEffects, rain_mm: Floats, soil: SoilParameters, *, day: Floats, first_day: int = 0
) -> Floats:
    """Factor on each field's height standard deviation.

    Parameters
    ----------
    effects : FieldEffects (field,) [1]
        Days of sowing and harvest.
    rain_mm : ndarray (day,) [mm]
        Daily rain.
    soil : SoilParameters () [1]
        The three regimes.
    day : ndarray (time,) [day]
        When to look.
    first_day : int () [day]
        Of the rain, since 1 January.

    Returns
    -------
    ndarray (field, time) [1]
        One regime after the other, not their product.
    """
    total, index = np.cumsum(rain_mm), first_day + np.arange(rain_mm.size)
    fallen = np.interp(day, index, total)[None] - np.interp(effects.sowing_day, index, total)[:, None]
    seedbed = soil.roughness_floor + soil.roughness_fresh * np.exp(
        -np.maximum(fallen, 0) / soil.roughness_rain_mm
    )
    factor = np.where(day[None] < effects.sowing_day[:, None], soil.roughness_presow, seedbed)
    return np.where(day[None] < effects.harvest_day[:, None], factor, soil.roughness_after_harvest)


def row_gain(look_to_row_deg: Floats, cover: Floats, soil: SoilParameters) -> Floats:
    """Gain of bare rows that lie across the look direction.

    Parameters
    ----------
    look_to_row_deg : ndarray (field, 1) [deg]
        Row azimuth minus look azimuth.
    cover : ndarray (field, time) [1]
        Growth that hides the rows.
    soil : SoilParameters () [1]
        Size and width of the effect.

    Returns
    -------
    ndarray (field, time) [1]
        1 where there is no effect.
    """
    off = (look_to_row_deg % 180) - 90
    gain: Floats = 1 + soil.row_gain * (1 - cover) * np.exp(-((off / soil.row_width_deg) ** 2))
    return gain


def co_cross_correlation(look_to_row_deg: Floats, cover: Floats, soil: SoilParameters) -> Floats:
    """Real part of the VV-VH correlation of the soil, raised by oblique ridges.

    Parameters
    ----------
    look_to_row_deg : ndarray (field, 1) [deg]
        Row azimuth minus look azimuth.
    cover : ndarray (field, time) [1]
        Growth that hides the ridges.
    soil : SoilParameters () [1]
        Constant part and amplitude.

    Returns
    -------
    ndarray (field, time) [1]
        Odd in the angle between ridges and look direction.
    """
    rho: Floats = soil.rho_base + soil.rho_ridge * np.sin(np.radians(2 * look_to_row_deg)) * (1 - cover)
    return rho
