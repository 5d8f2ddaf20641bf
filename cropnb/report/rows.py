"""Tidy result rows: one number each, with everything needed to know what it is a number of."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeAlias

import pandas as pd

from cropnb.report.plain import plain
from cropnb.schema import KINDS, SCALES, SchemaError, require

# Text fields are "" and number fields empty where a row has nothing to say.
ROW_FIELDS: tuple[str, ...] = (
    "exhibit",  # id of the table or figure the number belongs to
    "scene",
    "kind",  # simulated | real
    "scale",  # smoke | laptop | full
    "model",
    "features",  # what the model saw: S1, S2, S1+S2 ...
    "split",  # how samples were kept apart: random, spatial ...
    "metric",
    "class_name",  # empty: the number is about all classes
    "value",
    "low",  # bounds of the interval at `level` [1], made by `method`
    "high",
    "level",
    "method",
    "n_seed",
    "n_sample",
)
NUMBER_FIELDS: tuple[str, ...] = ("value", "low", "high", "level", "n_seed", "n_sample")
TEXT_FIELDS: tuple[str, ...] = tuple(name for name in ROW_FIELDS if name not in NUMBER_FIELDS)
Rows: TypeAlias = pd.DataFrame | Mapping[str, Any] | Iterable[Mapping[str, Any]]


class IntervalLike(Protocol):
    """What `cropnb.evaluation.Interval` offers."""

    @property
    def estimate(self) -> float: ...  # noqa: D102
    @property
    def low(self) -> float: ...  # noqa: D102
    @property
    def high(self) -> float: ...  # noqa: D102
    @property
    def level(self) -> float: ...  # noqa: D102
    @property
    def method(self) -> str: ...  # noqa: D102


def row_from_interval(interval: IntervalLike, **fields: Any) -> dict[str, Any]:
    """One result row from an interval of `cropnb.evaluation`.

    Parameters
    ----------
    interval : Interval
        Estimate, bounds, level and method.
    **fields : str or float
        The other fields of the row: metric, model, features ...

    Returns
    -------
    dict
        The row, checked.
    """
    return tidy_row(
        {
            "value": interval.estimate,
            "low": interval.low,
            "high": interval.high,
            "level": interval.level,
            "method": interval.method,
            **fields,
        }
    )


def tidy_rows(rows: Rows, **common: Any) -> list[dict[str, Any]]:
    """Checked rows with all fields, in the order of `ROW_FIELDS`.

    Parameters
    ----------
    rows : DataFrame, mapping or iterable of mappings
        One or many rows.
    **common : str or float
        Fields that all rows share; a row's own value must not differ.

    Returns
    -------
    list of dict
        Plain Python values; missing text is "", a missing number None.
    """
    return [tidy_row(_merged(row, common)) for row in _mappings(rows)]


def tidy_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """One row with all fields, checked.

    Parameters
    ----------
    row : mapping
        Some of `ROW_FIELDS`.

    Returns
    -------
    dict
        All of `ROW_FIELDS`.

    Raises
    ------
    SchemaError
        If a field is unknown, a number is no number, or kind or scale is none of the declared words.
    """
    for name in set(row).difference(ROW_FIELDS):
        raise SchemaError(_unknown(str(name)))
    values = {name: plain(row.get(name)) for name in ROW_FIELDS}
    for name in TEXT_FIELDS:
        values[name] = "" if values[name] is None else str(values[name])
    for name in NUMBER_FIELDS:
        _require_number(name, values[name])
    _require_word("kind", values["kind"], KINDS)
    _require_word("scale", values["scale"], SCALES)
    return values


def frame_of(rows: Rows) -> pd.DataFrame:
    """Rows as a table with the columns `ROW_FIELDS`; missing numbers are NaN.

    Parameters
    ----------
    rows : DataFrame, mapping or iterable of mappings
        One or many rows.

    Returns
    -------
    DataFrame
        Text columns as str, number columns as float.
    """
    frame = pd.DataFrame(tidy_rows(rows), columns=list(ROW_FIELDS))
    return frame.astype(dict.fromkeys(NUMBER_FIELDS, "float64"))


def _mappings(rows: Rows) -> list[Mapping[str, Any]]:
    if isinstance(rows, pd.DataFrame):
        return [{str(k): v for k, v in record.items()} for record in rows.to_dict("records")]
    if isinstance(rows, Mapping):
        return [rows]
    return list(rows)


def _merged(row: Mapping[str, Any], common: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in common.items():
        own = plain(row.get(name))
        if own not in (None, "", value):
            raise SchemaError(
                f"result row: {name} is {own!r}, but it is {value!r} for all these rows. "
                f"Leave {name} out of the row; numbers of another {name} need a run of their own."
            )
    return {**row, **common}


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, ROW_FIELDS, n=1, cutoff=0)
    hint = f"; the nearest is {near[0]!r}" if near else ""
    return f"result row: field {name!r} unknown{hint}. Use one of {', '.join(ROW_FIELDS)}."


def _require_number(name: str, value: object) -> None:
    ok = value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))
    require(ok, f"result row: {name} is {value!r}; expected a number, or nothing. Convert it with float().")


def _require_word(name: str, value: str, words: tuple[str, ...]) -> None:
    require(
        value in {"", *words},
        f"result row: {name} is {value!r}; expected {' or '.join(words)}. Take it from the scene.",
    )
