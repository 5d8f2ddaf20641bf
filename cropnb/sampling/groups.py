"""One sensor's group of a scene as arrays: season cut out, invalid values missing, radar in decibels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from cropnb.features import db_from_linear
from cropnb.legends import Legend
from cropnb.sampling.days import Season, day_from_time, within
from cropnb.sampling.gaps import Series
from cropnb.sampling.samples import IntArray
from cropnb.schema import require


@dataclass(frozen=True, kw_only=True, eq=False)
class Units:
    """What a sample is and which units it belongs to, all of shape (sample,)."""

    class_id: IntArray
    group: IntArray
    block: IntArray
    parcel: IntArray
    legend: Legend
    dropped: Mapping[str, int]


def group_of(scene: xr.DataTree, path: str) -> xr.Dataset:
    """Group of a scene.

    Parameters
    ----------
    scene : DataTree
        Raster or point scene.
    path : str
        Such as `/points/sentinel1`.

    Returns
    -------
    Dataset
        The group with the coordinates it inherits.

    Raises
    ------
    SchemaError
        If the scene has no such group.
    """
    filled = [node.path for node in scene.subtree if node.has_data]
    require(
        path in filled,
        f"scene: no group {path}; it has {', '.join(filled) or 'none'}. Ask for one of these, or take "
        "another scene.",
    )
    return scene[path].to_dataset()


def in_season(dataset: xr.Dataset, *, season: Season) -> xr.Dataset:
    """Acquisitions of a group that fall in the season.

    Parameters
    ----------
    dataset : Dataset (..., time)
        A group with a `time` coordinate.
    season : Season
        First and last day, both included.

    Returns
    -------
    Dataset (..., time)
        The part inside.
    """
    return dataset.isel(time=within(dataset["time"].values, season=season))


def radar_series(power: xr.Dataset, *, season: Season, suffix: str = "") -> Series:
    """Series of `vv_db` and `vh_db`: the one place where decibels are made (decision 0003).

    Parameters
    ----------
    power : Dataset (sample, time) [1, linear power]
        `vv` and `vh`; NaN, zero or negative where missing.
    season : Season
        Fixes day 0.
    suffix : str
        Appended to both channel names, to tell orbits apart.

    Returns
    -------
    Series (sample, time, channel) [dB]
        NaN where missing.
    """
    both = power[["vv", "vh"]].to_dataarray("band").transpose("sample", "time", "band")
    daily, day = one_per_day(both.where(both > 0), season=season)
    return Series(
        sensor="sentinel1" + suffix,
        values=db_from_linear(daily).values.astype(np.float32),
        day=day,
        channel=(f"vv_db{suffix}", f"vh_db{suffix}"),
    )


def optical_series(optical: xr.Dataset, *, season: Season, sensor: str) -> Series:
    """Series of the reflectance in every band, where the valid mask allows it.

    Parameters
    ----------
    optical : Dataset (sample, time, band) [1, reflectance]
        `reflectance`, and `valid_mask` without the band.
    season : Season
        Fixes day 0.
    sensor : str
        Name of the group.

    Returns
    -------
    Series (sample, time, channel) [1, reflectance]
        One channel per band, named after it; NaN where missing.
    """
    usable = optical["reflectance"].where(optical["valid_mask"]).transpose("sample", "time", "band")
    daily, day = one_per_day(usable, season=season)
    return Series(
        sensor=sensor,
        values=daily.values.astype(np.float32),
        day=day,
        channel=tuple(str(band) for band in optical["band"].values),
    )


def one_per_day(values: xr.DataArray, *, season: Season) -> tuple[xr.DataArray, IntArray]:
    """Mean over the acquisitions of the same day, such as two satellites or two slices of one pass.

    Parameters
    ----------
    values : DataArray (sample, time, band) [1, linear power or reflectance]
        NaN where missing.
    season : Season
        Fixes day 0.

    Returns
    -------
    values : DataArray (sample, time, band) [1, linear power or reflectance]
        Mean of the valid ones, NaN where there is none.
    day : ndarray (time,) [day]
        Each day once.
    """
    day = day_from_time(values["time"].values, season=season)
    different = np.unique(day)
    if different.size == day.size:
        return values, day
    by_day = values.groupby(xr.DataArray(day, dims="time", name="day")).mean("time")
    return by_day.rename(day="time").transpose("sample", "time", "band"), different
