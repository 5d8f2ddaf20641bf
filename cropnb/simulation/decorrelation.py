r"""How much of a scatterer's echo is the same on the next acquisition.

Soil and canopy of a field decorrelate on their own. Between two dates :math:`\Delta t` apart

.. math::
    g_s = g_0 \, e^{-\Delta t / \tau} \, e^{-|\Delta m| / \mu} \, e^{-\kappa R / R_0} \prod (1 - l), \qquad
    g_v = e^{-\Delta t (1 + b w) / (\tau_v + \tau_d d)}

with the change of moisture :math:`\Delta m`, the rain :math:`R`, the losses :math:`l` of what a farmer did
in between, the wind :math:`w` and the dryness :math:`d`. VV and VH of one scatterer decorrelate alike; that
VV is the more coherent of the two in fields comes from its larger share of soil, and from noise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cropnb.simulation.arrays import Booleans, Floats
from cropnb.simulation.flooding import under_water
from cropnb.simulation.growth import regrown_share
from cropnb.simulation.parameters import AfterHarvest, Parameters
from cropnb.simulation.raster import Ground
from cropnb.simulation.season import Season
from cropnb.simulation.weather import Weather


@dataclass(frozen=True)
class Persistence:
    """Correlation of each scatterer from one acquisition to the next; rows as those of `Components`."""

    ground: Floats  # (row, step)
    canopy: Floats  # (row, step)
    fixed: Floats  # (row,) share of the ground's power that never changes, beside what `ground` says

    def of_ground(self) -> Floats:
        """Correlation (row, step) of the ground, the fixed part included."""
        return self.fixed[:, None] + (1 - self.fixed[:, None]) * self.ground

    def times(self, factor: float) -> Persistence:
        """With a factor on all but the fixed part, which no acquisition can take away."""
        return replace(self, ground=factor * self.ground, canopy=factor * self.canopy)


def persistence(parameters: Parameters, season: Season, weather: Weather) -> Persistence:
    """Persistence of all fields and covers between the days of one track.

    Parameters
    ----------
    parameters : Parameters () [1]
        Rates and losses.
    season : Season (field, time) [1]
        On the days of one track.
    weather : Weather (day,) [1]
        Moisture, rain, wind.

    Returns
    -------
    Persistence (row, step) [1]
        Fields, then covers in the order of `Ground`; one step fewer than days.
    """
    soil, canopy = _field_persistence(parameters, season, weather)
    if season.earlier is not None:
        standing = season.earlier.standing()[:, :-1]
        earlier = _field_persistence(parameters, season.earlier, weather)
        soil, canopy = (np.where(standing, *pair) for pair in zip(earlier, (soil, canopy), strict=True))
    covers = cover_persistence(parameters, weather, day=season.day)
    return Persistence(
        np.concatenate([soil, covers.ground]),
        np.concatenate([canopy, covers.canopy]),
        np.concatenate([np.zeros(len(soil)), covers.fixed]),
    )


def _field_persistence(parameters: Parameters, season: Season, weather: Weather) -> tuple[Floats, Floats]:
    """Of soil and canopy of each field."""
    soil = soil_persistence(parameters, season, weather)
    return soil, canopy_persistence(parameters, season, weather)


def soil_persistence(parameters: Parameters, season: Season, weather: Weather) -> Floats:
    """Correlation of each field's soil from one day to the next.

    Parameters
    ----------
    parameters : Parameters () [1]
        Rates, losses, and which crops stand in water.
    season : Season (field, time) [1]
        Sowing, harvest, tillage and moisture of each field.
    weather : Weather (day,) [1]
        Moisture and rain.

    Returns
    -------
    ndarray (field, step) [1]
        0 where water stands on one of the two days.
    """
    day, effects, bucket = season.day, season.effects, parameters.moisture
    level = weather.moisture[weather.place(day)][None] + effects.moisture[:, None]
    change = np.abs(np.diff(np.clip(level, bucket.field_min, bucket.field_max)))
    still = _undisturbed_soil(parameters, weather, day, change, effects.rain_sensitivity[:, None])
    return still * _kept_by_farmer(parameters, season) * ~_flooded(parameters, season)


def canopy_persistence(parameters: Parameters, season: Season, weather: Weather) -> Floats:
    """Correlation of each field's canopy from one day to the next.

    Parameters
    ----------
    parameters : Parameters () [1]
        Rates.
    season : Season (field, time) [1]
        Ripeness, harvest and regrowth of each field.
    weather : Weather (day,) [1]
        Wind at the passes.

    Returns
    -------
    ndarray (field, step) [1]
        What is cut or ploughed in between leaves as little of the canopy as of the soil.
    """
    loss = parameters.decorrelation
    dry = dryness(season, parameters.after_harvest)
    both = np.minimum(dry[:, :-1], dry[:, 1:])
    kept = _kept(season.day, season.effects.harvest_day, loss.harvest_loss)
    kept = kept * _kept(season.day, season.effects.tilled_day, loss.tillage_loss)
    return _moving_canopy(parameters, weather, season.day, both) * kept


def dryness(season: Season, after: AfterHarvest) -> Floats:
    """1 where the canopy is ripe or stubble, 0 where green, between the two where weeds overgrow stubble.

    Parameters
    ----------
    season : Season (field, time) [1]
        Stage and harvest of each field.
    after : AfterHarvest () [1]
        Timing of regrowth.

    Returns
    -------
    ndarray (field, time) [1]
        Of what stands on each day.
    """
    cut = season.day[None] >= season.effects.harvest_day[:, None]
    ripe = (season.growth.stage >= 1).astype(float)
    return np.where(cut, 1 - regrown_share(season.effects, after, day=season.day), ripe)


def cover_persistence(parameters: Parameters, weather: Weather, *, day: Floats) -> Persistence:
    """Persistence of what is not a crop.

    Parameters
    ----------
    parameters : Parameters () [1]
        Rates.
    weather : Weather (day,) [1]
        Moisture and rain for roads, wind for gardens.
    day : ndarray (time,) [day]
        Days of one track.

    Returns
    -------
    Persistence (cover, step) [1]
        In the order of `Ground`. Gardens are green canopies, roads undisturbed soil, water keeps nothing.
    """
    loss, steps = parameters.decorrelation, np.diff(day)
    kinds = [ground for ground in Ground if ground is not Ground.FIELD]
    change = np.abs(np.diff(weather.moisture[weather.place(day)]))
    ground = {
        Ground.BUILDING: loss.building_rest ** (steps / loss.reference_d),
        Ground.ROAD: _undisturbed_soil(parameters, weather, day, change, 1.0),
    }
    canopy = {
        Ground.FOREST: loss.forest ** (steps / loss.reference_d),
        Ground.GARDEN: _moving_canopy(parameters, weather, day, np.zeros_like(steps)),
    }
    nothing = np.zeros_like(steps)
    return Persistence(
        np.stack([ground.get(kind, nothing) for kind in kinds]),
        np.stack([canopy.get(kind, nothing) for kind in kinds]),
        np.array([loss.building_fixed if kind is Ground.BUILDING else 0.0 for kind in kinds]),
    )


def _undisturbed_soil(
    parameters: Parameters, weather: Weather, day: Floats, change: Floats, sensitivity: Floats | float
) -> Floats:
    loss = parameters.decorrelation
    fallen = np.diff(np.cumsum(weather.rain_mm)[weather.place(day)])
    slow = loss.soil_rest * np.exp(-np.diff(day) / loss.soil_d)
    left: Floats = slow * np.exp(-change / loss.soil_moisture - sensitivity * fallen / loss.soil_rain_mm)
    return left


def _moving_canopy(parameters: Parameters, weather: Weather, day: Floats, dry: Floats) -> Floats:
    """The wind is the mean of the two passes: what moved in between has come back."""
    loss, wind = parameters.decorrelation, weather.wind[weather.place(day)]
    pace = 1 + loss.canopy_wind * (wind[:-1] + wind[1:]) / 2
    left: Floats = np.exp(-np.diff(day) * pace / (loss.canopy_d + loss.canopy_dry_d * dry))
    return left


def _kept_by_farmer(parameters: Parameters, season: Season) -> Floats:
    """Product of 1 - loss over all that was done to each field's soil between two days."""
    loss, sown = parameters.decorrelation, season.effects.sowing_day
    kept = _kept(season.day, sown - loss.seedbed_lead_d, loss.seedbed_loss)
    kept = kept * _kept(season.day, sown, loss.sowing_loss)
    kept = kept * _kept(season.day, season.effects.harvest_day, loss.harvest_loss)
    kept = kept * _kept(season.day, season.effects.tilled_day, loss.tillage_loss)
    in_rows = np.isin(season.crop_name, loss.cultivated_crops)
    for delay, share in zip(loss.cultivation_delay_d, loss.cultivation_loss, strict=True):
        kept = kept * _kept(season.day, np.where(in_rows, sown + delay, np.inf), share)
    return kept


def _kept(day: Floats, event: Floats, loss: float) -> Floats:
    """1, or 1 - loss where a field's event falls after one day and not after the next."""
    between = (day[:-1] < event[:, None]) & (event[:, None] <= day[1:])
    return np.where(between, 1 - loss, 1.0)


def _flooded(parameters: Parameters, season: Season) -> Booleans:
    """Fields (field, step) under water on either of two days."""
    wet = under_water(parameters, season.crop_name, season.effects, day=season.day)
    return wet[:, :-1] | wet[:, 1:]
