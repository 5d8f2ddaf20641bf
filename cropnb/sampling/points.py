"""Point scenes: every labelled point is a sample."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cropnb.legends import Legend
from cropnb.sampling.days import Season
from cropnb.sampling.gaps import Series
from cropnb.sampling.groups import Units, group_of, in_season, optical_series, radar_series
from cropnb.sampling.samples import UNLABELLED, BoolArray, IntArray


def point_units(scene: xr.DataTree) -> tuple[BoolArray, Units]:
    """Labelled points and their units.

    Parameters
    ----------
    scene : DataTree
        Point scene.

    Returns
    -------
    labelled : ndarray (point,) [1]
        True for the points that become samples.
    units : Units (sample,)
        Without `block`, the group is the block; without `parcel`, every point is a field of its own.
    """
    points = group_of(scene, "/points").load()
    labelled: BoolArray = points["class_id"].values >= 0
    group = _whole(points["group"], labelled)
    units = Units(
        class_id=_whole(points["class_id"], labelled),
        group=group,
        block=_whole(points["block"], labelled) if "block" in points else group,
        parcel=_parcels(points, labelled),
        legend=Legend.from_json(points.attrs["legend"]),
        dropped={UNLABELLED: int(np.count_nonzero(~labelled))},
    )
    return labelled, units


def _whole(array: xr.DataArray, labelled: BoolArray) -> IntArray:
    return array.values[labelled].astype(np.int64)


def _parcels(points: xr.Dataset, labelled: BoolArray) -> IntArray:
    """Field of each point; a point without one is a field of its own, negative so that it meets no other."""
    own = np.flatnonzero(labelled).astype(np.int64)
    if "parcel" not in points:
        return own
    given = _whole(points["parcel"], labelled)
    return np.where(given >= 0, given, -1 - own)


def point_series(scene: xr.DataTree, sensor: str, *, labelled: BoolArray, season: Season) -> list[Series]:
    """Series of one sensor at the labelled points.

    Parameters
    ----------
    scene : DataTree
        Point scene.
    sensor : str
        `sentinel1` or the name of an optical group.
    labelled : ndarray (point,) [1]
        True for the points that become samples.
    season : Season
        Acquisitions outside it are left out.

    Returns
    -------
    list of Series (sample, time, channel) [dB, or 1 for reflectance]
        One: point scenes do not tell orbits apart.
    """
    dataset = in_season(group_of(scene, f"/points/{sensor}"), season=season).isel(sample=labelled)
    if sensor == "sentinel1":
        power = dataset[["vv", "vh"]].where(dataset["valid_mask"])
        return [radar_series(power, season=season)]
    return [optical_series(dataset, season=season, sensor=sensor)]
