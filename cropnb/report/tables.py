"""Tables of results, and numbers with their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from cropnb.report.rows import Rows, frame_of
from cropnb.report.table import Table
from cropnb.schema import SchemaError, require

MISSING = "—"


def format_interval(
    value: float | None, low: float | None = None, high: float | None = None, *, decimals: int = 2
) -> str:
    """A number with its interval, such as "0.75 [0.72, 0.78]".

    Parameters
    ----------
    value : float
        The estimate.
    low, high : float, optional
        Bounds of the interval; without both, only the number is shown.
    decimals : int
        Digits after the point; with 0, thousands are set apart by commas.

    Returns
    -------
    str
        The text; a dash where there is no value.
    """
    number = _number(value, decimals)
    if number == MISSING or MISSING in {_number(low, decimals), _number(high, decimals)}:
        return number
    return f"{number} [{_number(low, decimals)}, {_number(high, decimals)}]"


def results_table(
    rows: Rows,
    *,
    caption: str,
    by: Sequence[str] = ("features", "model", "split"),
    across: str = "metric",
    decimals: int = 2,
) -> Table:
    """Result rows as a table for the page, one cell per number.

    Parameters
    ----------
    rows : DataFrame, mapping or iterable of mappings
        Result rows of one scale and one kind of scene.
    caption : str
        What the table shows; scale and simulation are added to it.
    by : sequence of str
        Fields that name the rows of the table.
    across : str
        Field whose values become columns.
    decimals : int
        Digits after the point.

    Returns
    -------
    Table
        In the order of the rows given.

    Raises
    ------
    SchemaError
        If scales or kinds are mixed, or two numbers fall into one cell.
    """
    frame = frame_of(rows)
    label = mark_of(frame)
    twice = frame[frame.duplicated([*by, across], keep=False)]
    if len(twice):
        raise SchemaError(
            f"results_table: {len(twice)} rows share {[*by, across]}, such as "
            f"{twice.iloc[0][[*by, across]].to_dict()}; expected one number per cell. "
            "Select, or add a field to `by`."
        )
    cells = frame[[*by, across]].assign(
        cell=[
            format_interval(v, low, high, decimals=decimals)
            for v, low, high in zip(frame["value"], frame["low"], frame["high"], strict=True)
        ]
    )
    wide = _wide(cells, by=list(by), across=across)
    return Table(wide.rename(columns=_spoken), f"{caption} {label}".strip())


def mark_of(frame: pd.DataFrame) -> str:
    """What a reader must know before reading a number: simulated scene, smoke scale.

    Parameters
    ----------
    frame : DataFrame
        Result rows.

    Returns
    -------
    str
        Such as "(simulated scene; smoke scale)"; empty for real scenes at other scales.

    Raises
    ------
    SchemaError
        If the rows are of more than one scale, or both simulated and real.
    """
    for name in ("scale", "kind"):
        found = sorted(set(frame[name]))
        require(
            len(found) <= 1,
            f"result rows of {name} {found} together; expected one. Select with rows[rows.{name} == ...].",
        )
    marks = ["simulated scene"] * bool((frame["kind"] == "simulated").any())
    marks += ["smoke scale"] * bool((frame["scale"] == "smoke").any())
    return f"({'; '.join(marks)})" if marks else ""


def _number(value: float | None, decimals: int) -> str:
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{value:,.{decimals}f}"


def _wide(cells: pd.DataFrame, *, by: list[str], across: str) -> pd.DataFrame:
    columns = list(dict.fromkeys(cells[across]))
    keys = list(dict.fromkeys(cells[by].itertuples(index=False, name=None)))
    found = {(*row[:-2], row[-2]): row[-1] for row in cells.itertuples(index=False, name=None)}
    body = [[*key, *(found.get((*key, column), MISSING) for column in columns)] for key in keys]
    return pd.DataFrame(body, columns=[*by, *columns])


def _spoken(name: str) -> str:
    return name.replace("_", " ")
