"""What the signals of a scene look like, as numbers that can be laid beside those of another scene.

One tidy table per scene: means and spreads by class and month, speckle, and the levels of whole images. The
same functions serve scenes that were measured and scenes that were invented.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from cropnb.evaluation import (
    class_levels,
    class_of_parcel,
    image_level,
    parcel_db,
    parcel_looks,
    speckle_variance_db,
)
from cropnb.evaluation.image_levels import mean_and_sd
from cropnb.features import db_from_linear, ndvi
from cropnb.scenes.contract import legend_of
from cropnb.schema import require

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

COLUMNS = ("scene", "kind", "orbit", "class_name", "month", "quantity", "value", "sd", "n")
LOOKS_PIXELS, LEVEL_PIXELS = 16, 4  # fewest of a parcel
_NDVI_BANDS = ("B04", "B08")
_POWER = {"c2": ("c_vv_vv", "c_vh_vh"), "sigma0": ("vv", "vh")}


@dataclass(frozen=True, kw_only=True, eq=False)
class _Fields:
    """Parcels on the grid of a sensor, numbered 0, 1, 2 ..., and their classes."""

    parcel: Integers  # (y, x), -1 outside
    class_id: Integers  # (parcel,)

    @property
    def inner(self) -> Integers:
        """Map without the pixels whose neighbours belong to another parcel."""
        padded = np.pad(self.parcel, 1, mode="edge")
        rows, columns = self.parcel.shape
        same = np.ones(self.parcel.shape, dtype=bool)
        for y in range(3):
            for x in range(3):
                same &= padded[y : y + rows, x : x + columns] == self.parcel
        return np.where(same, self.parcel, -1)


def scene_statistics(scene: xr.DataTree, *, crops: Sequence[str]) -> pd.DataFrame:
    """Levels, spreads and speckle of the radar images of a scene.

    Parameters
    ----------
    scene : DataTree
        With `/labels` and `c2` or `sigma0` groups, or with `/points`.
    crops : sequence of str
        Classes to tell apart; those the scene does not have are left out.

    Returns
    -------
    DataFrame (row,)
        Columns `COLUMNS`. Of each class, month and orbit the mean over dates of `vv_db` and `vh_db`, means
        over fields of the decibels of their mean power, with the standard deviation between fields and the
        number of fields; `ndvi` likewise, over clear pixels or points. Of each orbit, without a class and
        with month 0, the looks within fields `enl_vv` and `enl_vh`, and of the images from May to September
        `image_vv_db`, `image_vh_db` and `image_ratio_db`, with the standard deviation that speckle does not
        explain.

    Raises
    ------
    SchemaError
        If the scene has none of these groups.

    Notes
    -----
    Looks are those of the inner pixels of parcels of at least 16 pixels; they are fewer than those of the
    speckle alone where a parcel is not even. Levels are those of parcels of at least 4 pixels. In a point
    scene each point is a field of one pixel, speckle and all.
    """
    rows = list(_point_rows(scene, crops) if "/points" in scene.groups else _raster_rows(scene, crops))
    require(bool(rows), "scene: no c2, sigma0 or points with labels; expected one. Take another scene.")
    common = {"scene": str(scene.attrs["name"]), "kind": str(scene.attrs["kind"])}
    return pd.DataFrame([{**common, **row} for row in rows], columns=list(COLUMNS))


def _raster_rows(scene: xr.DataTree, crops: Sequence[str]) -> Iterator[dict[str, Any]]:
    for path in scene.groups:
        orbit, _, group = path.removeprefix("/sentinel1/").partition("/")
        if path.startswith("/sentinel1/") and group in _POWER and "/labels" in scene.groups:
            data = _of_season(scene, path)
            vv, vh = (data[name].transpose("time", "y", "x").values for name in _POWER[group])
            fields = _fields_of(scene["/labels"].to_dataset(), shape=vv.shape[1:])
            month = data["time"].dt.month.values
            yield from _levels_by_month(vv, vh, fields, month, orbit=orbit, scene=scene, crops=crops)
            yield from _whole_image(vv, vh, fields, month, orbit=orbit)
    if {"/sentinel2", "/labels"} <= set(scene.groups):
        yield from _greenness(scene, crops)


def _of_season(scene: xr.DataTree, path: str) -> xr.Dataset:
    """Group within the season: what grew before and after is not what the labels say."""
    start, end = str(scene.attrs["season"]).split("/")
    return scene[path].to_dataset().sel(time=slice(start, end))


def _greenness(scene: xr.DataTree, crops: Sequence[str]) -> Iterator[dict[str, Any]]:
    optical, legend = _of_season(scene, "/sentinel2"), legend_of(scene)
    if not set(_NDVI_BANDS) <= set(optical["band"].values):
        return
    class_id = scene["/labels"]["class_id"].transpose("y", "x").values
    greenness = _ndvi(optical["reflectance"]).where(optical["valid_mask"]).transpose("time", "y", "x").values
    month = optical["time"].dt.month.values
    if greenness.shape[1:] != class_id.shape:
        return
    for crop in [crop for crop in crops if crop in legend.names]:
        pixels = greenness[:, class_id == legend.class_id(crop)]
        for one in np.unique(month):
            value, sd = mean_and_sd(pixels[month == one])
            n = int(np.isfinite(pixels[month == one]).sum())
            common = {"orbit": "", "class_name": crop, "month": int(one), "quantity": "ndvi"}
            yield {**common, "value": value, "sd": sd, "n": n}


def _ndvi(reflectance: xr.DataArray) -> xr.DataArray:
    red, nir = (reflectance.sel(band=band) for band in _NDVI_BANDS)
    return ndvi(red, nir)


def _levels_by_month(
    vv: Floats,
    vh: Floats,
    fields: _Fields,
    month: Integers,
    *,
    orbit: str,
    scene: xr.DataTree,
    crops: Sequence[str],
) -> Iterator[dict[str, Any]]:
    legend = legend_of(scene)
    for quantity, power in (("vv_db", vv), ("vh_db", vh)):
        decibels = parcel_db(power, fields.parcel, n_pixel=LEVEL_PIXELS)
        levels = class_levels(decibels, fields.class_id, n_class=legend.n_class)
        for crop in [crop for crop in crops if crop in legend.names]:
            number = legend.class_id(crop)
            n_field = np.isfinite(decibels[:, fields.class_id == number]).sum(axis=1)
            for one in np.unique(month):
                at = month == one
                found = {
                    "value": mean_and_sd(levels.mean[number, at])[0],
                    "sd": mean_and_sd(levels.sd[number, at])[0],
                    "n": int(n_field[at].max()),
                }
                yield {"orbit": orbit, "class_name": crop, "month": int(one), "quantity": quantity, **found}


def _whole_image(
    vv: Floats, vh: Floats, fields: _Fields, month: Integers, *, orbit: str
) -> Iterator[dict[str, Any]]:
    inner = fields.inner
    common = {"orbit": orbit, "class_name": "", "month": 0}
    looks = {
        "vv": parcel_looks(vv, inner, n_pixel=LOOKS_PIXELS),
        "vh": parcel_looks(vh, inner, n_pixel=LOOKS_PIXELS),
    }
    n_parcel = int((np.bincount(inner[inner >= 0]) >= LOOKS_PIXELS).sum()) if (inner >= 0).any() else 0
    for name, values in looks.items():
        finite = values[np.isfinite(values)]
        middle = float(np.median(finite)) if finite.size else float("nan")
        yield {
            **common,
            "quantity": f"enl_{name}",
            "value": middle,
            "sd": mean_and_sd(values)[1],
            "n": n_parcel,
        }
    summer = (month >= 5) & (month <= 9)
    if not summer.any():
        return
    speckle = {name: speckle_variance_db(values[summer]) for name, values in looks.items()}
    vv_db, vh_db = (np.asarray(db_from_linear(xr.DataArray(power[summer]))) for power in (vv, vh))
    images = {
        "image_vv_db": (vv_db, speckle["vv"]),
        "image_vh_db": (vh_db, speckle["vh"]),
        "image_ratio_db": (vv_db - vh_db, speckle["vv"] + speckle["vh"]),
    }
    for quantity, (decibels, variance) in images.items():
        level = image_level(decibels, speckle_variance=variance)
        n_date = int(np.isfinite(level.sd_ground).sum())
        found = {"value": mean_and_sd(level.mean)[0], "sd": mean_and_sd(level.sd_ground)[0], "n": n_date}
        yield {**common, "quantity": quantity, **found}


def _point_rows(scene: xr.DataTree, crops: Sequence[str]) -> Iterator[dict[str, Any]]:
    legend = legend_of(scene)
    class_id = scene["/points"]["class_id"].values
    for quantity, values in _point_series(scene):
        months = values["time"].dt.month.values
        for crop in [crop for crop in crops if crop in legend.names]:
            fields = values.values[class_id == legend.class_id(crop)]
            for one in np.unique(months):
                sample = fields[:, months == one].ravel()
                mean, sd = mean_and_sd(sample)
                found = {"value": mean, "sd": sd, "n": int(np.isfinite(sample).sum())}
                yield {"orbit": "", "class_name": crop, "month": int(one), "quantity": quantity, **found}


def _point_series(scene: xr.DataTree) -> Iterator[tuple[str, xr.DataArray]]:
    """Series (sample, time) of the year that the season starts in."""
    year = str(scene.attrs["season"])[:4]
    if "/points/sentinel1" in scene.groups:
        radar = scene["/points/sentinel1"].to_dataset().sel(time=year).transpose("sample", "time", ...)
        for name in ("vv", "vh"):
            yield f"{name}_db", db_from_linear(radar[name])
    if "/points/sentinel2" in scene.groups:
        optical = scene["/points/sentinel2"].to_dataset().sel(time=year)
        yield "ndvi", _ndvi(optical["reflectance"]).transpose("sample", "time")


def _fields_of(labels: xr.Dataset, *, shape: tuple[int, ...]) -> _Fields:
    parcel, class_id = (labels[name].transpose("y", "x").values for name in ("parcel_id", "class_id"))
    step = parcel.shape[0] // shape[0]
    require(
        (shape[0] * step, shape[1] * step) == parcel.shape,
        f"scene: radar of {shape} pixels under labels of {parcel.shape}; expected whole numbers of labels "
        "along a pixel's side. Resample one of them.",
    )
    parcel = np.where(class_id >= 0, parcel, -1)
    blocks = parcel.reshape(shape[0], step, shape[1], step)
    corner = blocks[:, 0, :, 0]
    inside = (blocks == corner[:, None, :, None]).all(axis=(1, 3)) & (corner >= 0)
    numbers, dense = np.unique(corner[inside], return_inverse=True)
    on_grid = np.full(shape, -1, dtype=np.int64)
    on_grid[inside] = dense
    classes = np.where(inside, class_id[::step, ::step], -1)
    found = class_of_parcel(classes, on_grid) if numbers.size else np.zeros(0, dtype=np.int64)
    return _Fields(parcel=on_grid, class_id=found)
