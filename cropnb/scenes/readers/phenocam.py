"""PhenoCam summary products (CSV): greenness of camera views, and seasons that others derived from it.

One file is one region of interest of one camera, here called a site: a header of `# key: value`, then a row
per day. Of the three days that a value stands for, the middle one has it; the smoothed curve is given on
every day, beyond the first and the last picture and across gaps, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from cropnb.scenes.build import group_dataset, scene_from_groups
from cropnb.scenes.entries import SceneEntry
from cropnb.scenes.errors import problem, unreadable
from cropnb.schema import CAMERAS, REFERENCE, require

_HEADER = ("Site", "Veg Type", "ROI ID Number", "Lat", "Lon")
_VALUE, _SMOOTH, _OUTLIER, _BRIDGED = "gcc_90", "smooth_gcc_90", "outlierflag_gcc_90", "int_flag"
# Names of the reference table -> names of the scene.
_DATES = {
    "SOS_15": "sos15",
    "SOS_25": "sos25",
    "SOS_50": "sos50",
    "Peak": "peak",
    "EOS_50": "eos50",
    "EOS_25": "eos25",
    "EOS_15": "eos15",
}


@dataclass(frozen=True, kw_only=True)
class View:
    """One region of interest of one camera."""

    site: str  # <camera>_<vegetation>_<region of interest>
    camera: str
    lat: float
    lon: float
    days: pd.DataFrame  # by day: gcc, smooth; NaN where not measured
    n_outlier: int


def read_phenocam(entry: SceneEntry, files: Mapping[str, Path]) -> xr.DataTree:
    """Scene of cameras from PhenoCam's 3-day products.

    Parameters
    ----------
    entry : SceneEntry
        Its `options`: `crops`, the crop of each camera, and at will `reference`, the name of a table of
        seasons among the files.
    files : mapping of str to Path
        By name: the CSV files.

    Returns
    -------
    DataTree
        `/cameras` with `gcc` on the days on which any site has a value, outliers left out and counted in
        `n_outlier`, and `gcc_smooth` on every `day` from the first to the last; x and y are longitude and
        latitude, and `crop` is "unknown" where `crops` has none. `/reference` with the seasons of these
        sites, if there is a table: dates as days since 1 January of `year`, each with its flag (0 is good).

    Raises
    ------
    SchemaError
        If a file is damaged, has no value, lacks a header line or a column, or has a day twice.

    Notes
    -----
    `gcc_smooth` is NaN before the first and after the last value of a site, and where the producer marks it
    as interpolated across a gap.
    """
    reference = str(entry.options.get("reference", ""))
    views = [_read_view(path) for name, path in files.items() if name != reference]
    groups = {"/cameras": _cameras(views, entry.options.get("crops", {}))}
    if reference:
        sites = [view.site for view in views]
        groups["/reference"] = _reference(_table(_file(files, reference)), sites, files[reference])
    return scene_from_groups(groups, **entry.root())


def _file(files: Mapping[str, Path], name: str) -> Path:
    require(
        name in files,
        problem(
            "options.reference",
            repr(name),
            expected=f"one of {', '.join(files)}",
            remedy="Correct the catalogue entry.",
        ),
    )
    return files[name]


def _table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, comment="#")
    except (OSError, ValueError) as error:  # pandas' own parser errors are ValueErrors
        raise unreadable(path, error) from error


def _need(present: list[str], wanted: list[str], what: str, path: Path) -> None:
    missing = [name for name in wanted if name not in present]
    require(
        not missing,
        problem(
            str(path),
            f"{what} {missing} missing",
            expected=", ".join(wanted),
            remedy="Check `reader` of the catalogue entry; if the file was cut off, fetch it again.",
        ),
    )


def _header(path: Path) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8") as stream:
            lines = [line[1:].partition(":") for line in stream if line.startswith("#")]
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from error
    found = {key.strip(): value.strip() for key, _, value in lines}
    _need(list(found), list(_HEADER), "header lines", path)
    return found


def _read_view(path: Path) -> View:
    header, table = _header(path), _table(path)
    _need(list(table), ["date", _VALUE, _SMOOTH, _OUTLIER, _BRIDGED], "columns", path)
    table["date"] = _dates(table["date"], path)
    table = table.set_index("date")
    twice = table.index[table.index.duplicated()]
    require(
        twice.empty,
        problem(str(path), f"{len(twice)} days twice", expected="one row each", remedy="Drop one."),
    )
    require(
        bool(table[_VALUE].notna().any()),
        problem(str(path), f"no value of {_VALUE}", expected="one or more", remedy="Leave the file out."),
    )
    outlier = (table[_OUTLIER] == 1) & table[_VALUE].notna()
    days = pd.DataFrame({"gcc": table[_VALUE].where(~outlier), "smooth": _inside(table)}, dtype=float)
    return View(
        site="_".join(header[key] for key in ("Site", "Veg Type", "ROI ID Number")),
        camera=header["Site"],
        lat=float(header["Lat"]),
        lon=float(header["Lon"]),
        days=days,
        n_outlier=int(outlier.sum()),
    )


def _dates(text: pd.Series, path: Path) -> pd.Series:
    try:
        return pd.to_datetime(text, format="%Y-%m-%d")
    except ValueError as error:  # the last line of a file that was cut off
        raise unreadable(path, error) from error


def _inside(table: pd.DataFrame) -> pd.Series:
    """The smoothed curve from the first to the last value, without interpolated gaps."""
    first, last = table[_VALUE].first_valid_index(), table[_VALUE].last_valid_index()
    measured = (table.index >= first) & (table.index <= last) & (table[_BRIDGED] != 1)
    return table[_SMOOTH].where(measured)


def _cameras(views: list[View], crops: Mapping[str, str]) -> xr.Dataset:
    sites = [view.site for view in views]
    gcc, smooth = (
        pd.concat([view.days[name].rename(view.site) for view in views], axis=1, sort=True)[sites]
        for name in ("gcc", "smooth")
    )
    gcc = gcc.dropna(how="all")
    day = pd.date_range(smooth.first_valid_index(), smooth.last_valid_index(), freq="D")
    lon, lat = [view.lon for view in views], [view.lat for view in views]
    coords = {
        "site": sites,
        "time": gcc.index.to_numpy().astype("datetime64[ns]"),
        "x": ("site", lon, {"units": "degrees_east", "long_name": "longitude of the camera"}),
        "y": ("site", lat, {"units": "degrees_north", "long_name": "latitude of the camera"}),
        "lon": ("site", lon, {"units": "degrees_east", "long_name": "longitude of the camera"}),
        "lat": ("site", lat, {"units": "degrees_north", "long_name": "latitude of the camera"}),
        "crop": ("site", [str(crops.get(view.camera, "unknown")) for view in views]),
        "n_outlier": ("site", [view.n_outlier for view in views]),
    }
    cameras = group_dataset(CAMERAS, {"gcc": gcc.to_numpy().T}, coords=coords)
    curve = (("site", "day"), smooth.reindex(day).to_numpy().T)
    words = {"units": "1", "long_name": "green chromatic coordinate, smoothed by its producer"}
    return cameras.assign_coords(day=day.to_numpy().astype("datetime64[ns]")).assign(
        gcc_smooth=(*curve, words)
    )


def _reference(table: pd.DataFrame, sites: list[str], path: Path) -> xr.Dataset:
    flags = [f"{name}_flag" for name in _DATES]
    _need(list(table), ["Phenocam", "Veg_Type", "ROI", "Year", *_DATES, *flags], "columns", path)
    # The table has lost the zeros in front of a region's number.
    region = table["ROI"].astype(str).str.zfill(4)
    table = table.assign(site=table["Phenocam"] + "_" + table["Veg_Type"] + "_" + region)
    table = table[table["site"].isin(sites)].sort_values(["site", "Peak"])
    year = table["Year"].to_numpy(np.int64)
    new_year = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    dates = {
        name: (_dates(table[column], path).to_numpy() - new_year) / np.timedelta64(1, "D")
        for column, name in _DATES.items()
    }
    coords = {"site": ("season", table["site"].to_numpy().astype(str)), "year": ("season", year)}
    seasons = group_dataset(REFERENCE, dates, coords=coords)
    for column, name in _DATES.items():
        words = {"units": "1", "long_name": f"quality flag of {name}, 0 where good"}
        seasons[f"{name}_flag"] = ("season", table[f"{column}_flag"].to_numpy(np.int64), words)
    return seasons
