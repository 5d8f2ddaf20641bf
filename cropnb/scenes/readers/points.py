"""Point tables of WorldCereal extractions (Parquet): one row per month, or one row per sample."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import xarray as xr
from numpy.typing import NDArray

from cropnb.scenes.build import group_dataset, scene_from_groups
from cropnb.scenes.entries import SceneEntry
from cropnb.scenes.errors import problem, unreadable
from cropnb.scenes.legend_tables import encode, load_legend_table
from cropnb.scenes.readers.digital_numbers import NODATA, power_from_numbers, reflectance_from_numbers
from cropnb.scenes.readers.steps import dekads_from_start, months_from_start
from cropnb.schema import POINTS, POINTS_SENTINEL1, POINTS_SENTINEL2, SENTINEL2_BANDS, require

_WIDE = re.compile(r"^(?:SAR|OPTICAL)-(VV|VH|B\w\w)-ts(\d+)-\d+m$")
_LONG = {"VV": "S1-SIGMA0-VV", "VH": "S1-SIGMA0-VH", **{band: f"S2-L2A-{band}" for band in SENTINEL2_BANDS}}
_UTC_SHIFT = pd.Timedelta("3h")  # month starts are stamped in Brussels time: 23:00 or 22:00 the day before


@dataclass(frozen=True, kw_only=True)
class Table:
    """Digital numbers on a common time axis, and one row of attributes per sample."""

    numbers: dict[str, NDArray[np.float64]]  # channel -> (sample, time), 65535 where missing
    time: NDArray[np.datetime64]
    samples: pd.DataFrame


def read_long_points(entry: SceneEntry, files: Mapping[str, Path]) -> xr.DataTree:
    """Point scene from a table with one row per sample and month.

    Parameters
    ----------
    entry : SceneEntry
        Its `options`: `label`, `group`, and at will `block`, `parcel`: names of columns.
    files : mapping of str to Path
        The Parquet file.

    Returns
    -------
    DataTree
        All months of the table; those a sample does not reach are missing.

    Raises
    ------
    SchemaError
        If the file is damaged, lacks a column, or has a month twice.
    """
    path = next(iter(files.values()))
    frame = _read_parquet(path)
    _need(frame, ["sample_id", "timestamp", "S1-SIGMA0-VV", "S1-SIGMA0-VH"], path)
    month = (frame["timestamp"] + _UTC_SHIFT).to_numpy().astype("datetime64[M]")
    at_sample, _ = pd.factorize(frame["sample_id"])
    time, at_time = np.unique(month, return_inverse=True)
    twice = pd.Series(list(zip(at_sample, at_time, strict=True))).duplicated()
    require(
        not twice.any(),
        problem(str(path), f"{int(twice.sum())} months twice", expected="one row each", remedy="Drop one."),
    )
    numbers = {}
    for channel, column in _LONG.items():
        if column in frame:
            numbers[channel] = np.full((at_sample.max() + 1, len(time)), float(NODATA))
            numbers[channel][at_sample, at_time] = frame[column]
    samples = frame.drop_duplicates("sample_id").reset_index(drop=True)
    return _scene(entry, Table(numbers=numbers, time=time, samples=samples), path)


def read_wide_points(entry: SceneEntry, files: Mapping[str, Path]) -> xr.DataTree:
    """Point scene from a table with one row per sample and one column per channel and step.

    Parameters
    ----------
    entry : SceneEntry
        Its `options`: `label`, `group` (a column, or `degree` for cells of one degree), `step` (`month` or
        `dekad`).
    files : mapping of str to Path
        The Parquet file.

    Returns
    -------
    DataTree
        On the union of the samples' time axes, which start where each sample's period starts; without the
        steps that a sensor has for no sample.

    Raises
    ------
    SchemaError
        If the file is damaged or lacks a column.
    """
    path = next(iter(files.values()))
    frame = _read_parquet(path)
    frame = frame.reset_index() if frame.index.name == "sample_id" else frame
    _need(frame, ["sample_id", "start_date", "lat", "lon"], path)
    columns = {(m[1], int(m[2])): name for name in frame if (m := _WIDE.match(str(name)))}
    steps = sorted({step for _, step in columns})
    stamps = _stamps(frame, len(steps), entry)
    time, at_time = np.unique(stamps, return_inverse=True)
    at_time = at_time.reshape(stamps.shape)
    numbers = {}
    for channel in ("VV", "VH", *SENTINEL2_BANDS):
        if (channel, steps[0]) in columns:
            values = frame[[columns[channel, step] for step in steps]].to_numpy(np.float64)
            numbers[channel] = np.full((len(frame), len(time)), float(NODATA))
            np.put_along_axis(numbers[channel], at_time, values, axis=1)
    return _scene(entry, Table(numbers=numbers, time=time, samples=frame.reset_index(drop=True)), path)


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from error


def _need(frame: pd.DataFrame, columns: list[str], path: Path) -> None:
    missing = [name for name in columns if name not in frame]
    require(
        not missing,
        problem(
            str(path),
            f"columns {missing} missing",
            expected=", ".join(columns),
            remedy="Check `reader` of the catalogue entry.",
        ),
    )


def _stamps(frame: pd.DataFrame, n_step: int, entry: SceneEntry) -> NDArray[np.datetime64]:
    start = pd.to_datetime(frame["start_date"]).to_numpy()
    stamps = dekads_from_start if entry.options["step"] == "dekad" else months_from_start
    return stamps(start, n_step=n_step)


def _scene(entry: SceneEntry, table: Table, path: Path) -> xr.DataTree:
    _need(table.samples, [str(entry.options["label"]), "lon", "lat"], path)
    time = table.time.astype("datetime64[ns]")
    groups = {
        "/points": _points(entry, table.samples),
        "/points/sentinel1": _radar(table.numbers, time),
        "/points/sentinel2": _optics(table.numbers, time),
    }
    return scene_from_groups(groups, **entry.root())


def _points(entry: SceneEntry, samples: pd.DataFrame) -> xr.Dataset:
    options = entry.options
    labels = encode(samples[str(options["label"])].to_numpy(), load_legend_table(entry.legend))
    variables = {
        "class_id": labels.class_id,
        "lon": samples["lon"].to_numpy(np.float64),
        "lat": samples["lat"].to_numpy(np.float64),
        "group": _codes(_cells(samples, str(options["group"]))),
    }
    coords = {
        "sample": np.arange(len(samples)),
        "sample_id": ("sample", samples["sample_id"].to_numpy().astype(str)),
    }
    attrs = {
        "legend": labels.legend.to_json(),
        "n_unlabelled": labels.n_missing,
        "group_source": str(options["group"]),
    }
    points = group_dataset(POINTS, variables, coords=coords, attrs=attrs)
    for name in ("block", "parcel"):
        if name in options:
            codes = _codes(samples[str(options[name])].to_numpy().astype(str))
            points[name] = ("sample", codes, {"units": "1", "long_name": f"{name}, from {options[name]}"})
    return points


def _cells(samples: pd.DataFrame, column: str) -> NDArray[np.str_]:
    """Name of the spatial cell of each sample; cells of one degree where the table has none."""
    if column != "degree":
        named: NDArray[np.str_] = samples[column].to_numpy().astype(str)
        return named
    south, west = (np.floor(samples[name].to_numpy()).astype(int).astype(str) for name in ("lat", "lon"))
    cells: NDArray[np.str_] = np.char.add(np.char.add(south, "/"), west)
    return cells


def _codes(names: NDArray[np.str_]) -> NDArray[np.int32]:
    return np.unique(names, return_inverse=True)[1].astype(np.int32)


def _radar(numbers: Mapping[str, NDArray[np.float64]], time: NDArray[np.datetime64]) -> xr.Dataset:
    vv, vh = power_from_numbers(numbers["VV"]), power_from_numbers(numbers["VH"])
    variables = {"vv": vv, "vh": vh, "valid_mask": np.isfinite(vv) & np.isfinite(vh)}
    return _observed(group_dataset(POINTS_SENTINEL1, variables, coords={"time": time}))


def _optics(numbers: Mapping[str, NDArray[np.float64]], time: NDArray[np.datetime64]) -> xr.Dataset:
    """Bands that have any data; a month counts as valid where all of them have."""
    bands = [band for band in SENTINEL2_BANDS if band in numbers and (numbers[band] < NODATA).any()]
    reflectance = np.stack([reflectance_from_numbers(numbers[band]) for band in bands], axis=-1)
    variables = {"reflectance": reflectance, "valid_mask": np.isfinite(reflectance).all(axis=-1)}
    return _observed(group_dataset(POINTS_SENTINEL2, variables, coords={"time": time, "band": bands}))


def _observed(series: xr.Dataset) -> xr.Dataset:
    """Without the steps at which no sample has a valid value."""
    return series.isel(time=series["valid_mask"].any("sample").to_numpy())
