"""Published numbers as data, and our numbers beside them with a verdict that the run computes."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from cropnb.paths import data_folder
from cropnb.report.rows import ROW_FIELDS, Rows, frame_of
from cropnb.report.table import Table
from cropnb.report.tables import MISSING, format_interval
from cropnb.schema import SchemaError, require

WITHIN = "within tolerance"
OUTSIDE = "outside tolerance"
NOT_RUN = "not run"
NO_SMOKE = "none: smoke scale"
NO_SIMULATED = "none: simulated scene"
NO_OTHER_SCENE = "none: other scene"
_ROUNDING = 1e-9  # keeps 0.78 - 0.75 <= 0.03 true in binary


@dataclass(frozen=True, kw_only=True)
class Published:
    """One published number, with the tolerance declared before our run."""

    key: str
    source: str  # BibTeX key, or a file of the project's data notes
    quantity: str
    value: float
    unit: str
    where: str  # table and row, or page
    protocol: str
    tolerance: float  # in the unit of the value
    scene: str  # catalogue name of the data it was measured on; "" where it depends on no data
    decimals: int = 2
    note: str = ""
    match: Mapping[str, str] = field(default_factory=dict)  # fields of our row that holds the same quantity


def load_published(key: str, *, folder: Path | None = None) -> pd.DataFrame:
    """Published numbers of one list of `data/published`.

    Parameters
    ----------
    key : str
        Name of the list, which is its file's name without the ending.
    folder : Path, optional
        Folder of the lists; the project's own by default.

    Returns
    -------
    DataFrame
        One row per number, the columns of `Published`.

    Raises
    ------
    SchemaError
        If there is no such list, or an entry lacks a field or has one too many.
    """
    folder = data_folder() / "published" if folder is None else folder
    path = folder / f"{key}.toml"
    if not path.is_file():
        known = sorted(found.stem for found in folder.glob("*.toml"))
        raise SchemaError(
            f"published: no list {key!r}; expected one of {known}. Add {path.name} to {folder}."
        )
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("number", [])
    numbers = [_entry(entry, where=path.name) for entry in entries]
    keys = [number.key for number in numbers]
    require(len(keys) == len(set(keys)), f"{path.name}: keys {keys}; each once. Rename the repeated one.")
    names = [f.name for f in fields(Published)]
    return pd.DataFrame([[getattr(n, name) for name in names] for n in numbers], columns=names)


def compare(
    published: pd.DataFrame,
    rows: Rows,
    *,
    differs: str | Mapping[str, str] = "",
    caption: str = "Published against ours",
) -> Table:
    """Published numbers beside ours, with a verdict where one may be given.

    A verdict needs a run at laptop or full scale on the scene the number was published for. Rows of smoke
    scale, of a simulated scene or of another scene are shown and marked, and get none.

    Parameters
    ----------
    published : DataFrame
        From `load_published`, or a selection of it.
    rows : DataFrame, mapping or iterable of mappings
        Our result rows.
    differs : str or mapping of str to str
        Numbers of the differences in protocol, for all or by key, such as "D1, D3".
    caption : str
        Caption of the table.

    Returns
    -------
    Table
        Columns quantity, published, ours, difference, verdict, protocol differs in, where.
    """
    ours = frame_of(rows)
    lines = [_line(Published(**entry), ours, differs=differs) for entry in published.to_dict("records")]
    columns = ["quantity", "published", "ours", "difference", "verdict", "protocol differs in", "where"]
    return Table(pd.DataFrame(lines, columns=columns), caption)


def verdict(number: Published, row: pd.Series | None) -> str:
    """Verdict on one published number.

    Parameters
    ----------
    number : Published
        The number and its tolerance.
    row : Series or None
        Our row of the same quantity; None where nothing was run.

    Returns
    -------
    str
        One of the six verdicts of this module.
    """
    if row is None or pd.isna(row["value"]):
        return NOT_RUN
    if row["scale"] == "smoke":
        return NO_SMOKE
    if number.scene and row["kind"] == "simulated":
        return NO_SIMULATED
    if number.scene and row["scene"] != number.scene:
        return NO_OTHER_SCENE
    return WITHIN if abs(row["value"] - number.value) <= number.tolerance + _ROUNDING else OUTSIDE


def _entry(entry: Mapping[str, Any], *, where: str) -> Published:
    known = {f.name for f in fields(Published)}
    key = entry.get("key", "?")
    unknown = sorted(set(entry) - known) + sorted(set(entry.get("match", {})) - set(ROW_FIELDS))
    require(not unknown, f"{where}: entry {key!r} has {unknown}; expected {sorted(known)}. Remove or rename.")
    try:
        number = Published(**entry)
    except TypeError as error:
        raise SchemaError(f"{where}: entry {key!r}: {error}; every field counts. Fill it in.") from error
    _require_numbers(number, where)
    return number


def _require_numbers(number: Published, where: str) -> None:
    ok = all(type(v) in (int, float) and math.isfinite(v) for v in (number.value, number.tolerance))
    require(
        ok and number.tolerance >= 0,
        f"{where}: entry {number.key!r} has value {number.value!r}, tolerance {number.tolerance!r}; expected "
        "two numbers, the tolerance not negative. Correct the file.",
    )


def _line(number: Published, ours: pd.DataFrame, *, differs: str | Mapping[str, str]) -> list[str]:
    row = _row_of(number, ours)
    stated = differs if isinstance(differs, str) else differs.get(number.key, "")
    return [
        number.quantity,
        _with_unit(number, format_interval(number.value, decimals=number.decimals)),
        _ours(number, row),
        _difference(number, row),
        verdict(number, row),
        stated or "not stated",
        f"{number.source}, {number.where}",
    ]


def _row_of(number: Published, ours: pd.DataFrame) -> pd.Series | None:
    wanted = {"class_name": "", **number.match}
    found = ours
    for name, value in wanted.items():
        found = found[found[name] == value]
    require(
        len(found) <= 1,
        f"compare: {len(found)} of our rows match {number.key!r} ({wanted}); expected one. "
        "Pass rows of one scene and one scale, or add fields to the entry's `match`.",
    )
    return None if found.empty else found.iloc[0]


def _ours(number: Published, row: pd.Series | None) -> str:
    if row is None or pd.isna(row["value"]):
        return "not run"
    text = format_interval(row["value"], row["low"], row["high"], decimals=number.decimals)
    return f"{_with_unit(number, text)}{_made_by(row)}"


def _made_by(row: pd.Series) -> str:
    parts = [f"{row['level']:.0%} interval"] * bool(pd.notna(row["low"]) and pd.notna(row["level"]))
    if pd.notna(row["n_seed"]):
        parts.append("1 seed" if row["n_seed"] == 1 else f"{row['n_seed']:.0f} seeds")
    parts += [mark for mark in ("simulated", "smoke") if mark in (row["kind"], row["scale"])]
    return f" ({', '.join(parts)})" if parts else ""


def _difference(number: Published, row: pd.Series | None) -> str:
    if row is None or pd.isna(row["value"]):
        return MISSING
    return f"{row['value'] - number.value:+,.{number.decimals}f}"


def _with_unit(number: Published, text: str) -> str:
    return text if number.unit in {"", "1"} else f"{text} {number.unit}"
