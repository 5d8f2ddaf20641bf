"""The crop calendar of a simulated scene, from its truth."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from cropnb.evaluation import crop_calendar
from cropnb.scenes.build import group_at
from cropnb.scenes.errors import problem
from cropnb.schema import SchemaError, require

_NEEDED = ("stage", "sowing_day", "harvest_day", "crop")
_MARCH = 59  # first day after February


def true_calendar(scene: xr.DataTree, *, crops: Sequence[str] | None = None) -> pd.DataFrame:
    """When the fields of each crop pass from one growth stage to the next.

    Parameters
    ----------
    scene : DataTree
        Simulated, with the truth of single dates: a scene that was written tile by tile has none.
    crops : sequence of str, optional
        Which, and in which order; all by default.

    Returns
    -------
    DataFrame (crop and stage, 10) [day since 1 January]
        As of `cropnb.evaluation.crop_calendar`, each field counted once; 1 January is that of the year in
        which the season ends.

    Raises
    ------
    SchemaError
        If the scene lacks this truth or one of the crops.

    Notes
    -----
    The clock is read on the dates of the radar only, and on a straight line between them.
    """
    fields, age, day = _fields(scene)
    wanted = list(crops) if crops is not None else sorted(set(fields["crop"]) - {""})
    lacking = sorted(set(wanted) - set(fields["crop"]))
    require(
        not lacking,
        problem(
            "/truth", f"no {', '.join(lacking)}", expected="crops that are grown", remedy="Leave it out."
        ),
    )
    chosen = fields["crop"].isin(wanted).to_numpy()
    known = fields[chosen]
    table = crop_calendar(
        age[chosen], day, known["crop"], sowing_day=known["sowing_day"], harvest_day=known["harvest_day"]
    )
    order = table["crop"].map(wanted.index).argsort(kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _fields(scene: xr.DataTree) -> tuple[pd.DataFrame, NDArray[np.float64], NDArray[np.int64]]:
    """Crop and days of each field, its thermal age (field, time), and the days (time,) of that."""
    truth, year = _truth(scene), int(scene.attrs["season"].split("/")[1][:4])
    rows, columns = _one_pixel_of_each(group_at(scene, "/labels")["parcel_id"].values)
    crop = np.array([*truth["crop"].attrs["flag_meanings"].split(), ""])[truth["crop"].values[rows, columns]]
    days = {
        name: _calendar_day(truth[name].values[rows, columns], year) for name in ("sowing_day", "harvest_day")
    }
    stage = truth["stage"].transpose("time", "y", "x")
    age = np.column_stack([stage[time].values[rows, columns] for time in range(stage.sizes["time"])])
    day = truth["time"].values.astype("datetime64[D]") - np.datetime64(f"{year}-01-01")
    return pd.DataFrame({"crop": crop, **days}), age, day.astype(np.int64)


def _truth(scene: xr.DataTree) -> xr.Dataset:
    found = group_at(scene, "/truth") if "/truth" in scene.groups else xr.Dataset()
    lacking = [name for name in _NEEDED if name not in found]
    if lacking:
        raise SchemaError(
            problem(
                "scene",
                f"no {', '.join(lacking)} in /truth",
                expected="a simulated scene with the truth of single dates",
                remedy="Take county-mini.",
            )
        )
    return found


def _one_pixel_of_each(parcel_id: NDArray[np.integer]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of a pixel of each parcel: truth is the same all over it."""
    number, first = np.unique(parcel_id, return_index=True)
    rows, columns = np.unravel_index(first[number >= 0], parcel_id.shape)
    return rows, columns


def _calendar_day(day: NDArray[np.floating], year: int) -> NDArray[np.floating]:
    """Days of the calendar from days of the simulator, whose years have no 29 February."""
    return day + (isleap(year) & (day >= _MARCH))
