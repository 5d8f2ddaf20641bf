"""A scene in one table that a person reads."""

# mypy: allow-untyped-calls
# dask.array carries annotations for a part of its functions only.

from __future__ import annotations

from textwrap import shorten
from typing import Any

import dask.array as da
import numpy as np
import pandas as pd
import xarray as xr
from dask.base import compute

from cropnb.legends import Legend
from cropnb.scenes.build import group_at
from cropnb.scenes.content import lazy
from cropnb.scenes.contract import schema_of
from cropnb.schema import ROOT_ATTRS

COLUMNS = ("group", "what", "size", "dates", "variables", "megabytes", "valid")


def describe(scene: xr.DataTree) -> pd.DataFrame:
    """One row per group of a scene.

    Parameters
    ----------
    scene : DataTree
        Any scene; Dask arrays are read chunk by chunk, for the share of valid values only.

    Returns
    -------
    DataFrame (group,) [1]
        `group`, `what`, `size` along each dim, `dates` from and to, `variables`, `megabytes` in memory and
        `valid`: the share of usable values, of labelled pixels or samples. The first row is the scene itself,
        and the attributes of its root are in `.attrs`.
    """
    paths = [path for path in scene.groups if group_at(scene, path, inherit=False).data_vars]
    shares = compute(*(_share(group_at(scene, path)) for path in paths))
    rows = [_row(path, group_at(scene, path), share) for path, share in zip(paths, shares, strict=True)]
    table = pd.DataFrame([_root_row(scene), *rows], columns=list(COLUMNS))
    table.attrs.update({name: scene.attrs.get(name, "") for name in ROOT_ATTRS})
    return table


def _root_row(scene: xr.DataTree) -> dict[str, Any]:
    attrs = scene.attrs
    return {
        "group": "/",
        "what": f"{attrs.get('name', '?')} ({attrs.get('kind', '?')})",
        "size": str(attrs.get("crs", "")),
        "dates": str(attrs.get("season", "")).replace("/", " to "),
        "variables": shorten(f"licence: {attrs.get('licence', 'unknown')}", width=70, placeholder=" ..."),
        "megabytes": round(scene.nbytes / 1e6, 2),
        "valid": np.nan,
    }


def _row(path: str, group: xr.Dataset, share: float) -> dict[str, Any]:
    return {
        "group": path,
        "what": _what(path, group),
        "size": ", ".join(f"{dim} {size}" for dim, size in group.sizes.items()),
        "dates": _dates(group),
        "variables": ", ".join(str(name) for name in group.data_vars),
        "megabytes": round(sum(group[name].nbytes for name in group.data_vars) / 1e6, 2),
        "valid": round(float(share), 3),
    }


def _what(path: str, group: xr.Dataset) -> str:
    schema = schema_of(path)
    words = [schema.title if schema else "truth" if path.startswith("/truth") else "unknown"]
    if "orbit_direction" in group.attrs:
        words.append(str(group.attrs["orbit_direction"]))
    if "legend" in group.attrs:
        words.append(f"{Legend.from_json(group.attrs['legend']).n_class} classes")
    return ", ".join(words)


def _dates(group: xr.Dataset) -> str:
    names = [name for name in ("time", "first_time") if name in group.coords]
    if not names:
        return ""
    if not group.attrs.get("time_known", True):
        return "unknown"
    last = "second_time" if "second_time" in group.coords else names[0]
    first_day, last_day = (str(value)[:10] for value in (group[names[0]].values[0], group[last].values[-1]))
    return first_day if first_day == last_day else f"{first_day} to {last_day}"


def _share(group: xr.Dataset) -> da.Array:
    if "valid_mask" in group:
        usable = lazy(group["valid_mask"])
    elif "class_id" in group:
        usable = lazy(group["class_id"]) >= 0
    else:
        usable = da.isfinite(lazy(group[next(iter(group.data_vars))]))
    share: da.Array = usable.mean()
    return share
