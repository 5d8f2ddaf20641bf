"""Checks of one group that need no pixel: variables, dims, dtypes, units, coordinates, orbits, dates."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cropnb.legends import Legend
from cropnb.scenes.errors import problem
from cropnb.scenes.orbits import check_orbit, check_pairs
from cropnb.schema import SENTINEL2_BANDS, GroupSchema, SchemaError, VariableSchema, require

_KIND_NAMES = {"f": "floating point", "c": "complex", "i": "signed integer", "iu": "integer", "b": "boolean"}
_POLARISED = {"c_vv_vv", "c_vh_vh", "c_vv_vh", "vv", "vh", "s_vv", "s_vh"}


def check_group(group: xr.Dataset, schema: GroupSchema, *, path: str) -> None:
    """Check one group of a scene against its schema, without reading arrays.

    Parameters
    ----------
    group : Dataset
        With the coordinates it inherits.
    schema : GroupSchema
        What it has to hold.
    path : str
        Where it is, for messages.

    Raises
    ------
    SchemaError
        At the first breach.
    """
    _check_names(group, schema, path)
    for name, known in schema.variables.items():
        if name in group:
            _check_variable(group[name], known, f"{path}/{name}")
    _check_attrs(group, schema, path)
    _check_coords(group, schema, path)
    for name in ("time", "first_time", "second_time"):
        if name in group.coords:
            _check_times(group[name], path)
    if "relative_orbit" in schema.attrs:
        check_orbit(group, path=path)
    if "first_time" in schema.coords:
        check_pairs(group, path=path)
    if "band" in schema.coords:
        _check_bands(group, path)


def _check_names(group: xr.Dataset, schema: GroupSchema, path: str) -> None:
    required = [name for name, known in schema.variables.items() if known.required]
    missing = [name for name in required if name not in group.data_vars]
    remedy = (
        "Add the missing polarisation, or take a product that has both VV and VH."
        if set(missing) & _POLARISED
        else "Add them to the group."
    )
    present = sorted(str(name) for name in group.data_vars)
    require(
        not missing,
        problem(
            path,
            f"variables {missing} missing, it has {present}",
            expected=", ".join(required),
            remedy=remedy,
        ),
    )
    bare = [name for name in present if name not in schema.variables and "units" not in group[name].attrs]
    require(
        not bare,
        problem(
            path,
            f"extra variables {bare} without units",
            expected="attrs['units'] on every variable the contract does not know",
            remedy="Set it; '1' for a number without unit.",
        ),
    )


def _check_variable(array: xr.DataArray, known: VariableSchema, where: str) -> None:
    require(
        array.dims == known.dims,
        problem(
            where,
            f"dims {array.dims}",
            expected=f"{known.dims} in this order",
            remedy=f"Rename the dims, or use .transpose{known.dims}.",
        ),
    )
    kinds = _KIND_NAMES.get(known.dtype_kinds, known.dtype_kinds)
    require(
        array.dtype.kind in known.dtype_kinds,
        problem(where, f"dtype {array.dtype}", expected=f"a {kinds} dtype", remedy="Convert with .astype()."),
    )
    units = array.attrs.get("units")
    require(
        units == known.units,
        problem(where, f"units {units!r}", expected=repr(known.units), remedy=_units_remedy(units, known)),
    )


def _units_remedy(units: object, known: VariableSchema) -> str:
    if str(units).lower() == "db":
        return "Convert to linear power with cropnb.features.linear_from_db: decibels are made once, later."
    return f"Convert the values, then set attrs['units'] = {known.units!r}."


def _check_attrs(group: xr.Dataset, schema: GroupSchema, path: str) -> None:
    missing = [name for name in schema.attrs if name not in group.attrs]
    what_to_do = {
        "legend": "Say what the class numbers mean: attrs['legend'] = Legend(...).to_json().",
        "relative_orbit": "Set attrs['relative_orbit'], the number in the group's path.",
        "orbit_direction": "Set attrs['orbit_direction'] = 'ascending' or 'descending'.",
    }
    if missing:
        name = missing[0]
        what = "class_id without a legend" if name == "legend" else f"attribute {name!r} missing"
        rule = f"the attributes {', '.join(schema.attrs)}"
        raise SchemaError(problem(path, what, expected=rule, remedy=what_to_do[name]))
    if "legend" in schema.attrs:
        Legend.from_json(group.attrs["legend"])


def _check_coords(group: xr.Dataset, schema: GroupSchema, path: str) -> None:
    missing = [name for name in schema.coords if name not in group.coords]
    require(
        not missing,
        problem(
            path,
            f"coordinates {missing} missing",
            expected=", ".join(schema.coords),
            remedy="Add them with .assign_coords().",
        ),
    )
    for name in ("y", "x", "sample"):
        if name in group.indexes:
            index = group.indexes[name]
            twice = index[index.duplicated()]
            require(
                twice.empty,
                problem(
                    path,
                    f"coordinate {name} has {twice[0] if len(twice) else ''} twice",
                    expected="each value once",
                    remedy="Drop the repeated rows with .drop_duplicates().",
                ),
            )


def _check_times(time: xr.DataArray, path: str) -> None:
    where = f"{path}/{time.name}"
    require(
        time.dtype.kind == "M",
        problem(
            where, f"dtype {time.dtype}", expected="datetime64 (UTC)", remedy="Use pandas.to_datetime()."
        ),
    )
    values = time.to_numpy()
    n_missing = int(np.isnat(values).sum())
    require(
        n_missing == 0,
        problem(
            where,
            f"{n_missing} of {values.size} dates missing (NaT)",
            expected="every date",
            remedy="Drop them.",
        ),
    )
    if time.name == "time":
        _check_order(values, where)


def _check_order(values: np.ndarray, where: str) -> None:
    step = np.diff(values)
    zero = np.timedelta64(0, "ns")
    unique, counts = np.unique(values, return_counts=True)
    twice = [_day(value) for value in unique[counts > 1]]
    require(
        not twice,
        problem(
            where,
            f"duplicate dates {', '.join(twice[:3])}",
            expected="each acquisition once",
            remedy="Mosaic the slices of one pass, or .drop_duplicates('time').",
        ),
    )
    back = np.flatnonzero(step < zero)
    require(
        back.size == 0,
        problem(
            where,
            f"unsorted dates, {_day(values[back[0] + 1]) if back.size else ''} after "
            f"{_day(values[back[0]]) if back.size else ''}",
            expected="rising dates",
            remedy="Use .sortby('time').",
        ),
    )


def _day(value: np.datetime64) -> str:
    return str(np.datetime_as_string(value, unit="s"))


def _check_bands(group: xr.Dataset, path: str) -> None:
    bands = [str(band) for band in group["band"].to_numpy()]
    twice = sorted({band for band in bands if bands.count(band) > 1})
    unknown = [b for b in bands if b not in SENTINEL2_BANDS] if path.endswith("sentinel2") else []
    require(
        not twice and not unknown,
        problem(
            f"{path}/band",
            f"bands {twice or unknown} {'more than once' if twice else 'unknown'}",
            expected=f"each at most once out of {', '.join(SENTINEL2_BANDS)}",
            remedy="Rename or drop them.",
        ),
    )
