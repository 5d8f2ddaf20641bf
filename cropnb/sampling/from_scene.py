"""From a scene to samples: the door between xarray and the models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from cropnb.sampling.days import season_of
from cropnb.sampling.gaps import Series, stack_series
from cropnb.sampling.groups import Units
from cropnb.sampling.points import point_series, point_units
from cropnb.sampling.rasters import raster_series, raster_units
from cropnb.sampling.samples import BoolArray, IntArray, Samples, add_dropped
from cropnb.schema import require

SENSORS = ("sentinel1", "sentinel2", "rapideye")


def samples_from_scene(
    scene: xr.DataTree,
    *,
    sensors: Sequence[str] = ("sentinel1",),
    day: Sequence[int] | IntArray | None = None,
    per_parcel: int = 1,
    window: int = 3,
    rng: np.random.Generator,
) -> Samples:
    """Labelled time series of a scene's season, gaps filled, radar in decibels.

    Parameters
    ----------
    scene : DataTree
        Raster or point scene.
    sensors : sequence of str
        Out of `sentinel1`, `sentinel2`, `rapideye`; their channels stand side by side in this order.
    day : sequence of int (time,) [day], optional
        Days to interpolate onto, rising, since 1 January of the year in which the season starts. Default:
        the days of the first sensor (its first orbit) within the season.
    per_parcel : int () [count]
        Raster scenes: most pixels drawn per parcel.
    window : int () [pixel]
        Raster scenes: odd width of the boxcar mean of linear power in the radar's own pixels, taken before
        decibels; 1 for none.
    rng : Generator
        Source of the draw in raster scenes; point scenes give all their labelled points.

    Returns
    -------
    Samples (sample, time, channel) [dB, or 1 for reflectance]
        A sample that one of the sensors never saw is dropped and counted.

    Raises
    ------
    SchemaError
        If the scene lacks a sensor or labels or has nothing within its season, or if a sensor does not
        cover the labels.

    Notes
    -----
    The window mixes neighbours: at a parcel's edge it averages over the next parcel too, also across the
    border of a block. Two pixels closer than `window` share speckle. Grids may differ: each place takes the
    value of the pixel that holds it.

    Acquisitions of one sensor (and orbit) on the same day are averaged.

    A large scene should be opened with `chunks`, then only one chunk at a time is averaged.
    """
    unknown = [name for name in sensors if name not in SENSORS]
    require(
        bool(sensors) and not unknown,
        f"samples: sensors {tuple(sensors)}; expected at least one of {', '.join(SENSORS)}. Name these.",
    )
    if "/points" in scene.groups:
        series, units = _from_points(scene, sensors)
    else:
        series, units = _from_raster(scene, sensors, per_parcel=per_parcel, window=window, rng=rng)
    onto = series[0].day if day is None else np.asarray(day, dtype=np.int64)
    return joined(series, units, onto=onto)


def _from_points(scene: xr.DataTree, sensors: Sequence[str]) -> tuple[list[Series], Units]:
    season = season_of(scene)
    labelled, units = point_units(scene)
    return [s for name in sensors for s in point_series(scene, name, labelled=labelled, season=season)], units


def _from_raster(
    scene: xr.DataTree, sensors: Sequence[str], *, per_parcel: int, window: int, rng: np.random.Generator
) -> tuple[list[Series], Units]:
    season = season_of(scene)
    pixels, units = raster_units(scene, per_parcel=per_parcel, rng=rng)
    series = [
        s for name in sensors for s in raster_series(scene, name, pixels=pixels, window=window, season=season)
    ]
    return series, units


def joined(series: list[Series], units: Units, *, onto: IntArray) -> Samples:
    """Samples from the series of all sensors at the same places.

    Parameters
    ----------
    series : list of Series (sample, time, channel) [any]
        NaN where missing.
    units : Units (sample,)
        What each sample is.
    onto : ndarray (day,) [day]
        Days wanted, rising.

    Returns
    -------
    Samples (sample, day, channel) [any]
        A sample that one of the sensors never saw is dropped and counted.
    """
    keep, unseen = _seen_by_all(series)
    seen = [Series(sensor=s.sensor, values=s.values[keep], day=s.day, channel=s.channel) for s in series]
    x, observed = stack_series(seen, onto=onto)
    return Samples(
        x=x,
        observed=observed,
        day=onto,
        channel=tuple(name for s in series for name in s.channel),
        class_id=units.class_id[keep],
        group=units.group[keep],
        block=units.block[keep],
        parcel=units.parcel[keep],
        legend=units.legend,
        dropped=add_dropped(units.dropped, unseen),
    )


def _seen_by_all(series: list[Series]) -> tuple[BoolArray, dict[str, int]]:
    """Samples that every sensor saw, and how many each sensor is the first to lack."""
    keep = np.ones(len(series[0].values), dtype=bool)
    unseen = {}
    for s in series:
        unseen[f"never observed by {s.sensor}"] = int(np.count_nonzero(keep & ~s.seen))
        keep &= s.seen
    return keep, unseen
