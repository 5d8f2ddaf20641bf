"""Seasons seen by cameras, and coherence of crops, as numbers to be laid beside those of another scene."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from cropnb.evaluation import season_dates
from cropnb.scenes.build import group_at
from cropnb.scenes.contract import legend_of
from cropnb.scenes.from_slc import at_pixels
from cropnb.schema import POLARISATIONS

SMOOTHING_D = 9  # window of the running mean where a series has not been smoothed
FEWEST_DAYS = 150  # of a year's series
INNER_M = 40.0  # as far from a border as half of the window of the coherence, or more


def camera_statistics(scene: xr.DataTree, *, level: float = 0.5) -> pd.DataFrame:
    """Amplitude and dates of the season of each camera and year.

    Parameters
    ----------
    scene : DataTree
        With `/cameras`.
    level : float () [1]
        Share of the amplitude at which the season starts and ends.

    Returns
    -------
    DataFrame (site x year,)
        `scene`, `kind`, `site`, `crop`, `year`, `amplitude` [1], and `start` and `end` in days, 1 January
        being day 1. Years with fewer than 150 days of data are left out.

    Raises
    ------
    SchemaError
        If the scene has no cameras.

    Notes
    -----
    Taken from `gcc_smooth` where the scene has it, else from a running mean over 9 days.
    """
    cameras = group_at(scene, "/cameras")
    smooth = _smooth(cameras)
    rows = [
        {"site": str(site), "crop": str(crop), **season}
        for site, crop, series in zip(_sites(cameras), cameras["crop"].values, smooth, strict=True)
        for season in _seasons(series, level=level)
    ]
    table = pd.DataFrame(rows, columns=["site", "crop", "year", "amplitude", "start", "end"])
    return table.assign(scene=scene.attrs["name"], kind=scene.attrs["kind"])


def coherence_statistics(scene: xr.DataTree, *, crops: Sequence[str]) -> pd.DataFrame:
    """Estimated and true coherence of classes, pair by pair, away from borders.

    Parameters
    ----------
    scene : DataTree
        Simulated, with `coherence` groups and their truth.
    crops : sequence of str
        Classes to tell apart.

    Returns
    -------
    DataFrame (orbit x pair x class x polarisation,)
        `orbit`, `first` and `second` date, `class_name`, `polarisation`, means `estimated` and `true` [1],
        and `n`, the number of pixels of 10 m.

    Raises
    ------
    SchemaError
        If the scene lacks labels or truth.
    """
    labels, truth = group_at(scene, "/labels"), group_at(scene, "/truth")
    legend = legend_of(scene)
    inner = (truth["edge_distance"] >= INNER_M).values
    masks = {crop: inner & (labels["class_id"] == legend.class_id(crop)).values for crop in crops}
    rows: list[dict[str, Any]] = []
    for path in scene.groups:
        if path.endswith("/coherence"):
            orbit = path.split("/")[2]
            pairs = at_pixels(group_at(scene, path), y=labels["y"], x=labels["x"])
            known = truth.isel(pair=truth["pair_orbit"].values == int(orbit))
            rows += [{"orbit": orbit, **row} for row in _pair_rows(pairs, known, masks)]
    return pd.DataFrame(rows)


def _pair_rows(
    pairs: xr.Dataset, truth: xr.Dataset, masks: dict[str, np.ndarray]
) -> Iterator[dict[str, Any]]:
    for number in range(pairs.sizes["pair"]):
        one, known = pairs.isel(pair=number), truth.isel(pair=number)
        dates = {name: one[f"{name}_time"].values for name in ("first", "second")}
        for crop, mask in masks.items():
            for polarisation in POLARISATIONS:
                estimated, true = (
                    one[polarisation].values[mask],
                    known[f"coherence_{polarisation}"].values[mask],
                )
                both = np.isfinite(estimated) & np.isfinite(true)
                means = (float(np.mean(v[both])) if both.any() else np.nan for v in (estimated, true))
                found = dict(zip(("estimated", "true"), means, strict=True))
                yield {
                    **dates,
                    "class_name": crop,
                    "polarisation": polarisation,
                    **found,
                    "n": int(both.sum()),
                }


def _smooth(cameras: xr.Dataset) -> xr.DataArray:
    if "gcc_smooth" in cameras:
        return cameras["gcc_smooth"].rename(day="time").transpose("site", "time")
    mean: xr.DataArray = cameras["gcc"].rolling(time=SMOOTHING_D, center=True, min_periods=1).mean()
    return mean.transpose("site", "time")


def _sites(cameras: xr.Dataset) -> list[object]:
    return list(cameras["site"].values) if "site" in cameras.coords else list(range(cameras.sizes["site"]))


def _seasons(series: xr.DataArray, *, level: float) -> Iterator[dict[str, Any]]:
    for year, part in series.groupby("time.year"):
        values = part.values
        if np.isfinite(values).sum() < FEWEST_DAYS:
            continue
        day = part["time"].dt.dayofyear.values
        found = season_dates(values, day, level=level)
        amplitude = float(np.nanmax(values) - np.nanmin(values))
        yield {
            "year": int(year),
            "amplitude": amplitude,
            "start": float(found.start),
            "end": float(found.end),
        }
