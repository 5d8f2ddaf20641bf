"""Tables of the sources as data: every number as printed, what is missing, and what contradicts itself."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from cropnb.paths import data_folder
from cropnb.schema import SchemaError, require, require_known

STATUSES = ("typed", "unreadable", "missing")
VALUE_COLUMNS = (
    "source",
    "table",
    "row",
    "column",
    "metric",
    "class_name",
    "value",
    "unit",
    "printed",
    "note",
)
_KEY = ["source", "table", "row", "column", "metric", "class_name"]


@dataclass(frozen=True, kw_only=True)
class PublishedTable:
    """One table, figure or section of a source that has numbers.

    Attributes
    ----------
    source, seed : str () [1]
        BibTeX key, and the file of the text that the numbers were typed from.
    table : str () [1]
        As the source calls it.
    about, protocol : str () [1]
        What it holds, and how its numbers were made.
    lines : list of int (2,) [1]
        First and last line of the text with the numbers; empty where there are none.
    status : str () [1]
        `typed`, `unreadable` (the text is scrambled) or `missing` (not in the text).
    reason : str () [1]
        Why it was not typed.
    exhibit : str () [1]
        Exhibit of the book that shows the same on our data; empty where none does.
    """

    source: str
    seed: str
    table: str
    about: str
    status: str
    lines: list[int] = field(default_factory=list)
    reason: str = ""
    protocol: str = ""
    exhibit: str = ""


def load_values(folder: Path | None = None) -> pd.DataFrame:
    """All numbers of the sources' tables.

    Parameters
    ----------
    folder : Path, optional
        Folder of the CSV files; `data/published/tables` by default.

    Returns
    -------
    DataFrame (number,)
        Columns `VALUE_COLUMNS`; `value` and `unit` as printed, nothing rescaled.

    Raises
    ------
    SchemaError
        If a file has other columns, a value is no number, or a cell occurs twice.
    """
    paths = sorted(_folder(folder).glob("*.csv"))
    values = pd.concat([_read_values(path) for path in paths], ignore_index=True)
    twice = values[values.duplicated(_KEY, keep=False)]
    require(
        twice.empty,
        f"published tables: {len(twice)} numbers share a cell, such as "
        f"{twice[_KEY].head(1).to_dict('records')}; expected one each. Name row or column.",
    )
    return values


def load_tables(folder: Path | None = None) -> list[PublishedTable]:
    """All tables of the sources, those without numbers too.

    Parameters
    ----------
    folder : Path, optional
        Folder of the TOML files; `data/published/tables` by default.

    Returns
    -------
    list of PublishedTable
        In the order of the files.

    Raises
    ------
    SchemaError
        If a field is unknown or missing, or a table without numbers has no reason.
    """
    return [
        _table(entry, source=content["source"], seed=content["seed"], where=name)
        for name, content in _contents(folder)
        for entry in content.get("table", [])
    ]


def load_errors(folder: Path | None = None) -> pd.DataFrame:
    """Known contradictions of the sources: flagged, never corrected.

    Parameters
    ----------
    folder : Path, optional
        Folder of the TOML files; `data/published/tables` by default.

    Returns
    -------
    DataFrame (error,)
        `source`, `table`, `row`, `column`, `metric`, `class_name`, `says`; empty fields where an error is
        about the whole table.

    Raises
    ------
    SchemaError
        If a field is unknown, or an error does not say what is wrong.
    """
    rows = []
    for name, content in _contents(folder):
        for entry in content.get("error", []):
            for key in entry:
                require_known(key, [*_KEY, "says"], what=f"field of an error in {name}")
            require(
                bool(entry.get("says")), f"{name}: an error that says nothing: {entry}. Say what is wrong."
            )
            rows.append({"source": content["source"], **entry})
    return pd.DataFrame(rows, columns=[*_KEY, "says"]).fillna("")


def beside_ours(values: pd.DataFrame, ours: pd.DataFrame) -> pd.DataFrame:
    """Published numbers beside ours of the same exhibit.

    Parameters
    ----------
    values : DataFrame (number,)
        Numbers of one table, from `load_values`.
    ours : DataFrame (row,)
        Our rows of the exhibit that repeats it, from one run.

    Returns
    -------
    DataFrame (number,)
        The numbers whose row and column both name a model, a set of features or a split of ours: `row`,
        `column`, `metric`, `class_name`, `published`, `value`, `low`, `high`. Percentages as fractions.
    """
    rows = []
    for number in values.to_dict("records"):
        found = _ours(number, ours)
        if found is not None:
            scale = 0.01 if number["unit"] == "%" else 1.0
            told = {name: number[name] for name in ("row", "column", "metric", "class_name")}
            bounds = {name: found[name] for name in ("value", "low", "high")}
            rows.append({**told, "published": number["value"] * scale, **bounds})
    return pd.DataFrame(rows)


def _ours(number: Mapping[str, Any], ours: pd.DataFrame) -> pd.Series | None:
    same = ours[(ours["metric"] == number["metric"]) & (ours["class_name"] == number["class_name"])]
    for label in {number["row"], number["column"]} - {"", number["class_name"], number["metric"]}:
        same = same[(same["model"] == label) | (same["features"] == label) | (same["split"] == label)]
    return same.iloc[0] if len(same) == 1 else None


def _folder(folder: Path | None) -> Path:
    return data_folder() / "published" / "tables" if folder is None else folder


def _contents(folder: Path | None) -> list[tuple[str, dict[str, Any]]]:
    paths = sorted(_folder(folder).glob("*.toml"))
    contents = [(path.name, tomllib.loads(path.read_text(encoding="utf-8"))) for path in paths]
    for name, content in contents:
        lacking = [key for key in ("source", "seed") if not content.get(key)]
        require(not lacking, f"{name}: no {lacking}; expected the source and its text. Name them.")
    return contents


def _read_values(path: Path) -> pd.DataFrame:
    text = dict.fromkeys(VALUE_COLUMNS, str)
    frame = pd.read_csv(path, dtype=text, keep_default_na=False)
    require(
        tuple(frame.columns) == VALUE_COLUMNS,
        f"{path.name}: columns {list(frame.columns)}; expected {list(VALUE_COLUMNS)}. Rename them.",
    )
    try:
        return frame.astype({"value": float})
    except ValueError as error:
        raise SchemaError(f"{path.name}: {error}; expected plain numbers in value. Correct it.") from error


def _table(entry: Mapping[str, Any], *, source: str, seed: str, where: str) -> PublishedTable:
    known = [f.name for f in fields(PublishedTable)]
    for name in entry:
        require_known(name, known, what=f"field of a table in {where}")
    try:
        table = PublishedTable(**{"source": source, "seed": seed, **entry})
    except TypeError as error:
        raise SchemaError(f"{where}: table {entry.get('table', '?')!r}: {error}. Fill it in.") from error
    require_known(table.status, STATUSES, what=f"status in {where}")
    require(
        bool(table.about) and (table.status == "typed") == (not table.reason),
        f"{where}: {table.table}: about {table.about!r}, status {table.status}, reason {table.reason!r}; "
        "expected words about it, and a reason if and only if it was not typed. Complete it.",
    )
    return table
