"""Random differences between fields of a crop: practice, cultivar, soil, structure, and what no model holds.

Sowing dates and soil moisture share a smooth part between neighbours (the village), the rest is drawn per
field. The drift is an Ornstein-Uhlenbeck process in time, drawn exactly at the acquisition days.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from cropnb.simulation.arrays import Booleans, Floats, Integers
from cropnb.simulation.parameters import AfterHarvest, Crop, Effects, SceneParameters
from cropnb.simulation.rff import SmoothField, smooth_field
from cropnb.simulation.seeds import Stage, county_rng


@dataclass(frozen=True, kw_only=True)
class FieldEffects:
    """Effects of each field: arrays (field,), by polarisation (field, 2), and in time (field, 2, time)."""

    sowing_day: Floats
    harvest_day: Floats
    tilled_day: Floats  # inf: not tilled before winter
    regrowth_lai: Floats
    rate: Floats
    maturity: Floats
    vigour: Floats
    roughness_cm: Floats
    moisture: Floats  # added to the soil's volumetric moisture
    canopy_gain: Floats  # (field, 2), VV then VH
    attenuation_gain: Floats
    drift_gain: Floats  # (field, 2, time)
    rain_sensitivity: Floats  # of the coherence of the soil
    drying: Floats  # rank from 0 to 1; the first of them let their water fall dry

    def take(self, index: Integers | Booleans) -> FieldEffects:
        """Effects of some fields."""
        return FieldEffects(**{f.name: getattr(self, f.name)[index] for f in fields(self)})


@dataclass(frozen=True)
class VillageFields:
    """Smooth fields that neighbouring fields share."""

    sowing: SmoothField
    moisture: SmoothField


def village_fields(scene: SceneParameters, effects: Effects) -> VillageFields:
    """Draw the shared fields; soil stays from year to year, the custom of sowing does not.

    Parameters
    ----------
    scene : SceneParameters () [1]
        Seed and year.
    effects : Effects () [1]
        Length scales.

    Returns
    -------
    VillageFields () [1]
        For `field_effects`.
    """
    return VillageFields(
        sowing=smooth_field(length_m=effects.sowing_village_m, rng=county_rng(scene, Stage.FIELDS)),
        moisture=smooth_field(
            length_m=effects.moisture_m, rng=county_rng(scene, Stage.FIELDS, channel=1, by_year=False)
        ),
    )


def field_effects(
    crops: list[Crop],
    position: tuple[Floats, Floats],
    effects: Effects,
    after: AfterHarvest,
    *,
    shared: VillageFields,
    day: Floats,
    rng: np.random.Generator,
) -> FieldEffects:
    """Draw the effects of all fields of a tile.

    Parameters
    ----------
    crops : list (field,) [1]
        Crop of each field.
    position : tuple (2, field) [m]
        Easting and northing of each field.
    effects : Effects () [1]
        Spreads.
    after : AfterHarvest () [1]
        What follows an early harvest.
    shared : VillageFields () [1]
        From `village_fields`.
    day : ndarray (time,) [day]
        Acquisition days, for the drift.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    FieldEffects (field,) [1]
        In the order of `crops`.
    """
    n = len(crops)
    sowing = _sowing(crops, effects, shared.sowing(*position), rng=rng)
    harvest = _harvest(crops, effects, rng=rng)
    tilled, regrowth = _after_harvest(harvest, after, rng=rng)
    own = effects.moisture_own * rng.normal(size=n)
    moisture = own + effects.moisture_shared * shared.moisture(*position)
    return FieldEffects(
        sowing_day=sowing,
        harvest_day=harvest,
        tilled_day=tilled,
        regrowth_lai=regrowth,
        rate=rng.lognormal(0, effects.rate_sd, n),
        maturity=rng.normal(0, effects.maturity_sd, n),
        vigour=rng.lognormal(effects.vigour_mean_ln, effects.vigour_sd, n),
        roughness_cm=rng.lognormal(np.log(effects.roughness_cm), effects.roughness_sd, n),
        moisture=effects.moisture_sd * moisture,
        canopy_gain=_power(effects.canopy_sd_db * _pair((n, 1), effects.vv_vh_correlation, rng=rng))[..., 0],
        attenuation_gain=rng.lognormal(0, effects.attenuation_sd, n),
        drift_gain=_power(effects.drift_sd_db * _drift(n, effects, day, rng=rng)),
        rain_sensitivity=rng.lognormal(0, effects.rain_sensitivity_sd, n),
        drying=rng.random(n),  # drawn last, so that the others are what they were without it
    )


def only_regrowing(effects: FieldEffects, grows_back: Booleans) -> FieldEffects:
    """Leave tillage and regrowth to the fields whose crop is cut early.

    Parameters
    ----------
    effects : FieldEffects (field,) [1]
        With tillage and regrowth drawn for all.
    grows_back : ndarray (field,) [1]
        True where the crop is harvested in summer.

    Returns
    -------
    FieldEffects (field,) [1]
        Stubble until the season's end elsewhere.
    """
    changed = {f.name: getattr(effects, f.name) for f in fields(effects)}
    changed["tilled_day"] = np.where(grows_back, effects.tilled_day, np.inf)
    changed["regrowth_lai"] = np.where(grows_back, effects.regrowth_lai, 0.0)
    return FieldEffects(**changed)


def _sowing(crops: list[Crop], effects: Effects, village: Floats, *, rng: np.random.Generator) -> Floats:
    own = rng.normal(effects.sowing_shift_d, effects.sowing_field_sd_d, len(crops))
    day: Floats = np.array([c.sow for c in crops]) + own + effects.sowing_village_sd_d * village
    return day


def _harvest(crops: list[Crop], effects: Effects, *, rng: np.random.Generator) -> Floats:
    own = rng.normal(size=len(crops)) * [c.harvest_sd_d for c in crops]
    day: Floats = np.array([c.harvest for c in crops]) + effects.harvest_shift_d + own
    return day


def _after_harvest(
    harvest: Floats, after: AfterHarvest, *, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Tillage days (inf where none) and leaf area of regrowth (0 where tilled)."""
    tilled = rng.random(harvest.size) < after.tilled_share
    day = harvest + rng.uniform(*after.tilled_delay_d, harvest.size)
    regrowth = rng.uniform(*after.regrowth_lai, harvest.size)
    return np.where(tilled, day, np.inf), np.where(tilled, 0.0, regrowth)


def _pair(shape: tuple[int, int], correlation: float, *, rng: np.random.Generator) -> Floats:
    """Standard normal pairs (field, 2, time) of a given correlation."""
    first, own = rng.normal(size=(2, *shape))
    second = correlation * first + np.sqrt(1 - correlation**2) * own
    return np.stack([first, second], axis=1)


def _drift(n: int, effects: Effects, day: Floats, *, rng: np.random.Generator) -> Floats:
    """Ornstein-Uhlenbeck process of variance 1, exact at unequal steps."""
    shock = _pair((n, day.size), effects.vv_vh_correlation, rng=rng)
    keep = np.exp(-np.diff(day) / effects.drift_d)
    for k, phi in enumerate(keep, start=1):
        shock[..., k] = phi * shock[..., k - 1] + np.sqrt(1 - phi**2) * shock[..., k]
    return shock


def _power(decibel: Floats) -> Floats:
    linear: Floats = 10 ** (decibel / 10)
    return linear
