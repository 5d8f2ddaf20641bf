r"""Crop growth on a thermal clock, from calendar dates.

The parameter file gives dates of the normal year; they are turned once into thermal times, so that warm
years, late sowing and cultivars shift the curves by physics. With the thermal age :math:`t`, cumulated
above the base temperature since sowing, and :math:`S(z) = 1 / (1 + e^{-z})`:

.. math::
    up = S\left(\frac{t - g_{up}}{k_{up}}\right), \quad dn = S\left(\frac{g_{dn} - t}{k_{dn}}\right), \quad
    LAI = L_{max} \, up \, dn, \quad VWC = M_{max} \, up \, (d + (1 - d) \, d_M)

where :math:`d_M` falls `water_lag_d` days after :math:`dn`, at 1.3 times its width, and d is the dry
fraction.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy.special import expit

from cropnb.simulation.arrays import Booleans, Floats
from cropnb.simulation.effects import FieldEffects
from cropnb.simulation.parameters import AfterHarvest, Crop

LOGISTIC_10_90 = 2 * float(np.log(9))  # a logistic rises from 10 to 90 % over this many of its scale lengths
_WATER_WIDTH = 1.3  # the canopy dries more slowly than it turns yellow


@dataclass(frozen=True)
class ThermalCurve:
    """Thermal times and scale lengths of one crop [degC d]."""

    g_up: float
    k_up: float
    g_dn: float
    k_dn: float
    g_water: float


@dataclass(frozen=True)
class Growth:
    """State of fields; each array (field, time)."""

    lai: Floats  # green leaf area index [1]
    vwc: Floats  # vegetation water content [kg m-2]
    cover: Floats  # 0 bare rows, 1 closed canopy [1]
    stage: Floats  # thermal age over thermal age at maturity [1]


def thermal_time(temperature_c: Floats, *, base_c: float, cap_c: float) -> Floats:
    """Cumulated degree days since 1 January.

    Parameters
    ----------
    temperature_c : ndarray (day,) [degC]
        Daily means.
    base_c : float () [degC]
        Below it nothing grows.
    cap_c : float () [degC]
        Above it nothing grows faster.

    Returns
    -------
    ndarray (day,) [degC d]
        Never falling.
    """
    return np.cumsum(np.maximum(np.minimum(temperature_c, cap_c) - base_c, 0.0))


def thermal_at(thermal: Floats, day: Floats | float, *, first_day: int = 0) -> Floats:
    """Thermal time at fractional days.

    Parameters
    ----------
    thermal : ndarray (day,) [degC d]
        From `thermal_time`.
    day : ndarray (...) [day]
        Days since 1 January.
    first_day : int () [day]
        Of `thermal`.

    Returns
    -------
    ndarray (...) [degC d]
        Linear between days.
    """
    return np.asarray(np.interp(day, first_day + np.arange(thermal.size), thermal))


def thermal_curve(crop: Crop, climate_c: Floats, *, cap_c: float, first_day: int = 0) -> ThermalCurve:
    """Thermal times that reproduce a crop's dates in the normal year.

    Parameters
    ----------
    crop : Crop () [1]
        Dates and durations.
    climate_c : ndarray (day,) [degC]
        Normal temperature.
    cap_c : float () [degC]
        Upper limit of `thermal_time`.
    first_day : int () [day]
        Of `climate_c`.

    Returns
    -------
    ThermalCurve () [degC d]
        Since sowing.
    """
    thermal = thermal_time(climate_c, base_c=crop.base_c, cap_c=cap_c)

    def since_sowing(day: float) -> float:
        at, sown = (thermal_at(thermal, d, first_day=first_day) for d in (day, crop.sow))
        return float(at - sown)

    def scale(day: float, width: float) -> float:
        return float(since_sowing(day + width / 2) - since_sowing(day - width / 2)) / LOGISTIC_10_90

    return ThermalCurve(
        g_up=since_sowing(crop.up50),
        k_up=scale(crop.up50, crop.up_width_d),
        g_dn=since_sowing(crop.dn50),
        k_dn=scale(crop.dn50, crop.dn_width_d),
        g_water=since_sowing(crop.dn50 + crop.water_lag_d),
    )


def grow(
    crop: Crop,
    curve: ThermalCurve,
    thermal: Floats,
    effects: FieldEffects,
    *,
    day: Floats,
    first_day: int = 0,
) -> Growth:
    """Growth of fields of one crop up to harvest; `reap` adds what follows.

    Parameters
    ----------
    crop : Crop () [1]
        Sizes of the canopy.
    curve : ThermalCurve () [degC d]
        Its clock.
    thermal : ndarray (day,) [degC d]
        Thermal time of the year with the crop's base temperature.
    effects : FieldEffects (field,) [1]
        Sowing day, rate, maturity and vigour of each field.
    day : ndarray (time,) [day]
        When to look.
    first_day : int () [day]
        Of `thermal`.

    Returns
    -------
    Growth (field, time) [1]
        As if never harvested.
    """
    now, sown = (thermal_at(thermal, d, first_day=first_day) for d in (day, effects.sowing_day))
    age = (now[None] - sown[:, None]) * effects.rate[:, None]
    ripe = (1 + effects.maturity)[:, None]
    up = expit((age - curve.g_up) / curve.k_up)
    green = expit((curve.g_dn * ripe - age) / curve.k_dn)
    wet = expit((curve.g_water * ripe - age) / (_WATER_WIDTH * curve.k_dn))
    size = effects.vigour[:, None] * up
    return Growth(
        lai=crop.lai_max * size * green,
        vwc=crop.vwc_max * size * (crop.dry_fraction + (1 - crop.dry_fraction) * wet),
        cover=up,
        stage=np.maximum(age / (curve.g_dn * ripe), 0.0),
    )


def reap(growth: Growth, crop: Crop, effects: FieldEffects, after: AfterHarvest, *, day: Floats) -> Growth:
    """Replace the crop by stubble after harvest, and stubble by tilled soil or regrowth.

    Parameters
    ----------
    growth : Growth (field, time) [1]
        From `grow`.
    crop : Crop () [1]
        Its canopy water per leaf area serves the regrowth.
    effects : FieldEffects (field,) [1]
        Harvest day, tillage day and leaf area of the regrowth of each field.
    after : AfterHarvest () [1]
        Stubble and the timing of regrowth.
    day : ndarray (time,) [day]
        When to look.

    Returns
    -------
    Growth (field, time) [1]
        Of the whole season.
    """
    since = day[None] - effects.harvest_day[:, None]
    regrown = effects.regrowth_lai[:, None] * regrown_share(effects, after, day=day)
    standing = (day[None] < effects.tilled_day[:, None]).astype(float)
    lai = (after.stubble_lai + regrown) * standing
    vwc = (after.stubble_vwc + regrown * crop.vwc_max / crop.lai_max) * standing
    later = Growth(lai=lai, vwc=vwc, cover=np.zeros_like(lai), stage=growth.stage)
    return _choose(since >= 0, later, growth)


def regrown_share(effects: FieldEffects, after: AfterHarvest, *, day: Floats) -> Floats:
    """How far weeds and volunteers have overgrown the stubble.

    Parameters
    ----------
    effects : FieldEffects (field,) [1]
        Harvest day and leaf area of the regrowth of each field.
    after : AfterHarvest () [1]
        Timing.
    day : ndarray (time,) [day]
        When to look.

    Returns
    -------
    ndarray (field, time) [1]
        0 where nothing grows back, rising to 1 elsewhere; it has no meaning before harvest.
    """
    since = day[None] - effects.harvest_day[:, None] - after.regrowth_delay_d
    grows = (effects.regrowth_lai > 0)[:, None]
    return np.where(grows, expit(since * LOGISTIC_10_90 / after.regrowth_width_d), 0.0)


def _choose(where: Booleans, yes: Growth, no: Growth) -> Growth:
    return Growth(*(np.where(where, getattr(yes, f.name), getattr(no, f.name)) for f in fields(Growth)))
