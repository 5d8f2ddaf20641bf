"""Read a parameter file: TOML in which each value carries its unit, the kind of evidence and the source.

An entry reads ``name = { value = 35.0, unit = "deg", tag = "D", source = "..." }``. Dates are written
"05-01", those of the year before "-11-01". Tags: T stated by a publication named as source, V looked up in a
public source, D derived from such, K literature knowledge not read again, A assumption of this project, C
calibrated to one of the thesis's numbers. A file may build on another (`cropnb.parameter_files`).
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pandas as pd

from cropnb.parameter_files import base_files, read_parameter_file
from cropnb.schema import SchemaError, require
from cropnb.simulation.all_checks import check_all
from cropnb.simulation.days import Day
from cropnb.simulation.parameters import Parameters

TAGS = ("T", "V", "D", "K", "A", "C")
_YEAR_DAYS = 365
_LEAF = ("value", "unit", "tag", "source")


def load_parameters(path: Path, *, preset: str) -> Parameters:
    """Parameters of a scene, checked, from its file.

    Parameters
    ----------
    path : Path () [1]
        A TOML file with one table per class of `parameters`, or one that builds on such a file.
    preset : str () [1]
        Name of one table under `presets`.

    Returns
    -------
    Parameters () [1]
        Frozen; `dataclasses.replace` makes a variant.

    Raises
    ------
    SchemaError
        If the file lacks a key, has one too many, or holds values that contradict each other.
    """
    table = read_parameter_file(path)
    presets = table.pop("presets", {})
    require(
        preset in presets,
        f"preset {preset!r} is not in {path.name}; it has {', '.join(presets) or 'none'}. Use one of these.",
    )
    table |= {"preset": presets[preset], "preset_name": _plain(preset)}
    try:
        parameters: Parameters = _build(Parameters, table, "")
        check_all(parameters)
    except SchemaError as error:
        files = " built on ".join(file.name for file in base_files(path))
        raise SchemaError(f"{files}: {error}") from error
    return parameters


def parameter_table(path: Path) -> pd.DataFrame:
    """All values of a parameter file with their provenance, one per row.

    Parameters
    ----------
    path : Path () [1]
        The parameter file; what it inherits from its base is shown too.

    Returns
    -------
    DataFrame (parameter,) [1]
        Columns `name`, `value`, `unit`, `tag`, `source`.

    Raises
    ------
    SchemaError
        If the file cannot be read, or a value lacks its provenance.
    """
    leaves = _leaves(read_parameter_file(path), prefix="")
    rows = [{"name": name, **{key: leaf[key] for key in _LEAF}} for name, leaf in leaves]
    return pd.DataFrame(rows, columns=["name", *_LEAF])


def _plain(value: str) -> dict[str, str]:
    return {"value": value, "unit": "1", "tag": "A", "source": "chosen by the caller"}


def _leaves(table: Mapping[str, Any], *, prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, entry in table.items():
        name = f"{prefix}{key}"
        require(isinstance(entry, Mapping), f"{name}: a bare value. Write {{ value, unit, tag, source }}.")
        if "value" in entry:
            _check_leaf(name, entry)
            yield name, entry
        else:
            yield from _leaves(entry, prefix=f"{name}.")


def _check_leaf(name: str, entry: Mapping[str, Any]) -> None:
    require(
        isinstance(entry, Mapping) and set(entry) == set(_LEAF),
        f"{name}: got {entry!r}; expected exactly the keys {', '.join(_LEAF)}. Write the value's provenance.",
    )
    require(
        entry["tag"] in TAGS, f"{name}: tag {entry['tag']!r}; expected one of {', '.join(TAGS)}. Change it."
    )


def _build(kind: Any, table: Any, where: str) -> Any:
    """Instance of the dataclass `kind` from a TOML table, key by key."""
    require(isinstance(table, Mapping), f"{where}: got {table!r}; expected a table. Write [{where}].")
    hints = get_type_hints(kind)
    for key in table:
        near = difflib.get_close_matches(key, hints, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Use one of {', '.join(hints)}."
        require(key in hints, f"unknown key {where + key!r}. {hint} Else remove it.")
    required = [f.name for f in dataclasses.fields(kind) if f.default is dataclasses.MISSING]
    missing = [name for name in required if name not in table]
    require(not missing, f"{where.rstrip('.') or 'file'}: no {', '.join(missing)}. Add what is missing.")
    return kind(**{key: _convert(hints[key], entry, f"{where}{key}") for key, entry in table.items()})


def _convert(hint: Any, entry: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return _build(hint, entry, f"{where}.")
    if get_origin(hint) is dict:
        require(isinstance(entry, Mapping), f"{where}: got {entry!r}; expected a table. Write [{where}].")
        inner = get_args(hint)[1]
        return {key: _convert(inner, value, f"{where}.{key}") for key, value in entry.items()}
    _check_leaf(where, entry)
    if get_origin(hint) is tuple:
        return _sequence(get_args(hint), entry["value"], where)
    return _scalar(hint, entry["value"], where)


def _sequence(hints: tuple[Any, ...], values: Any, where: str) -> tuple[Any, ...]:
    """Tuple of a list; without an ellipsis among the hints its length is fixed."""
    require(isinstance(values, list), f"{where}: got {values!r}; expected a list. Write [ ... ].")
    n = len(values) if Ellipsis in hints else len(hints)
    require(len(values) == n, f"{where}: {len(values)} values, {values}; expected {n}. Give as many.")
    return tuple(_scalar(hints[0], value, where) for value in values)


def _scalar(hint: Any, value: Any, where: str) -> Any:
    if hint is Day:
        return _day(value, where)
    accepted = (int, float) if hint is float else (hint,)
    right = isinstance(value, accepted) and (hint is bool or not isinstance(value, bool))
    require(right, f"{where}: got {value!r}; expected {hint.__name__}. Correct the value.")
    return hint(value)


def _day(value: Any, where: str) -> Day:
    """Days since 1 January of "month-day", before it of "-month-day"; leap days do not matter in a season."""
    before = str(value).startswith("-")
    try:
        day = (date.fromisoformat(f"2017-{str(value).removeprefix('-')}") - date(2017, 1, 1)).days
        return Day(day - _YEAR_DAYS * before)
    except ValueError as error:
        raise SchemaError(
            f'{where}: got {value!r}; expected month and day. Write it as "05-01", a year before "-11-01".'
        ) from error
