"""Growth stages of the fields that samples are from, read in the truth of a simulated scene."""

from __future__ import annotations

from calendar import isleap

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from cropnb.evaluation import GROWTH_STAGES
from cropnb.sampling import Samples, Season, day_from_time, season_of
from cropnb.sampling.groups import group_of
from cropnb.schema import require

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_LEAP_DAY = 59  # days from 1 January to 29 February, which the simulator's years do not have


def stage_of_age(thermal_age: ArrayLike) -> FloatArray:
    """Growth stage at a thermal age.

    Parameters
    ----------
    thermal_age : ndarray (...) [1]
        Thermal time since sowing over that at maturity, as `/truth` has it.

    Returns
    -------
    ndarray (...) [1]
        Positions in `cropnb.evaluation.GROWTH_STAGES`, the last one that has begun; NaN for
        NaN.

    Examples
    --------
    >>> stage_of_age([0.05, 0.6, 0.79, 1.3, float("nan")]).tolist()
    [0.0, 3.0, 4.0, 6.0, nan]
    """
    age = np.asarray(thermal_age, dtype=np.float64)
    later = [stage.start for stage in GROWTH_STAGES[1:]]
    return np.where(np.isnan(age), np.nan, np.digitize(np.nan_to_num(age), later))


def growth_stages(scene: xr.DataTree, samples: Samples) -> FloatArray:
    """Growth stage of the field of each sample on each of its days.

    Parameters
    ----------
    scene : DataTree
        The simulated scene that the samples are from, with `/labels` and `/truth`.
    samples : Samples (sample, time, channel) [any]
        Found again by `parcel`.

    Returns
    -------
    ndarray (sample, time) [1]
        Positions in `cropnb.evaluation.GROWTH_STAGES`. NaN before sowing and from harvest on,
        and where no crop grows or a sample has no parcel.

    Raises
    ------
    SchemaError
        If the scene has no truth of single dates, or lacks a day or a parcel of the samples.

    Notes
    -----
    All pixels of a field have one age. Crops that came before the main one, and what grows again after a cut,
    are not told apart.
    """
    truth, season = group_of(scene, "/truth"), season_of(scene)
    require(
        "stage" in truth,
        "scene: no `stage` in /truth; expected the truth of single dates, which scenes written tile by tile "
        "do not keep. Simulate a smaller preset.",
    )
    parcel, which = np.unique(samples.parcel, return_inverse=True)
    fields = _fields(group_of(scene, "/labels"), truth, parcel)
    day = day_from_time(truth["time"].values, season=season)
    missing = np.setdiff1d(samples.day, day)
    require(
        missing.size == 0,
        f"scene: no truth on days {missing.tolist()}; it has {day.tolist()}. Take samples on "
        "the days of the scene.",
    )
    at = np.array([np.flatnonzero(day == d)[0] for d in samples.day], dtype=np.int64)
    stage = stage_of_age(fields["stage"].transpose("parcel", "time").values[:, at])
    now = _simulator_day(truth["time"].values[at], season)
    stands = (now >= fields["sowing_day"].values[:, None]) & (now < fields["harvest_day"].values[:, None])
    known = stands & (parcel >= 0)[:, None]
    return np.where(known, stage, np.nan)[which]


def modal_stages(stage: ArrayLike, class_id: ArrayLike, *, n_class: int) -> FloatArray:
    """Most frequent growth stage of each class on each date.

    Parameters
    ----------
    stage : ndarray (sample, time) [1]
        From `growth_stages`.
    class_id : ndarray (sample,) [1]
        Class of each sample.
    n_class : int () [count]
        Classes of the legend.

    Returns
    -------
    ndarray (class, time) [1]
        The earlier one of two that are as frequent. NaN where more samples have no stage than any one stage,
        and for a class without samples.

    Raises
    ------
    SchemaError
        If the number of samples differs.
    """
    numbers, ids = np.asarray(stage, dtype=np.float64), np.asarray(class_id)
    require(
        numbers.ndim == 2 and ids.shape == numbers.shape[:1],
        f"modal_stages: stage {numbers.shape}, class_id {ids.shape}; expected (sample, time) and (sample,). "
        "Take both from the same samples.",
    )
    candidates = np.array([*range(len(GROWTH_STAGES)), np.nan])
    modal = np.full((n_class, numbers.shape[1]), np.nan)
    for number in range(n_class):
        members = numbers[ids == number]
        if len(members) > 0:
            count = [*((members == s).sum(axis=0) for s in candidates[:-1]), np.isnan(members).sum(axis=0)]
            modal[number] = candidates[np.argmax(count, axis=0)]
    return modal


def _fields(labels: xr.Dataset, truth: xr.Dataset, parcel: IntArray) -> xr.Dataset:
    """Truth at one pixel of each parcel; at any pixel for stand-ins, whose numbers are below 0."""
    numbers, first = np.unique(labels["parcel_id"].transpose("y", "x").values, return_index=True)
    lacking = np.setdiff1d(parcel[parcel >= 0], numbers)
    require(
        lacking.size == 0,
        f"scene: no parcels {lacking[:5].tolist()} in /labels; expected those of the samples. Take the scene "
        "that they were drawn from.",
    )
    place = first[np.searchsorted(numbers, np.maximum(parcel, numbers[0]))]
    row, column = np.unravel_index(place, (labels.sizes["y"], labels.sizes["x"]))
    at = {"y": xr.DataArray(row, dims="parcel"), "x": xr.DataArray(column, dims="parcel")}
    return truth[["stage", "sowing_day", "harvest_day"]].isel(at).compute()


def _simulator_day(time: NDArray[np.datetime64], season: Season) -> IntArray:
    """Days since 1 January of the harvest's year, in which a simulated season ends; no 29 February."""
    first = season.end.astype("datetime64[Y]")
    since = (time.astype("datetime64[D]") - first.astype("datetime64[D]")).astype(np.int64)
    later: IntArray = since - (isleap(int(str(first))) & (since > _LEAP_DAY))
    return later
