"""Ranges that were written down before a simulation ran, and what it gave."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from cropnb.paths import data_folder
from cropnb.report.table import Table
from cropnb.schema import require

INSIDE, BELOW, ABOVE, NOT_COMPUTED = "inside", "below", "above", "not computed"
_TAGS = ("T", "V", "D", "K", "A")  # C would test a number against what it was set by


@dataclass(frozen=True, kw_only=True)
class Range:
    """Where a quantity is expected, by what kind of evidence, and why."""

    key: str
    quantity: str
    unit: str
    low: float
    high: float
    tag: str
    source: str
    is_set: bool = False  # by parameters, nearly: inside says that the code is right, not that the model is
    decimals: int = 1

    def verdict(self, value: float | None) -> str:
        """`inside`, `below`, `above` or `not computed`; the limits count as inside."""
        if value is None or math.isnan(value):
            return NOT_COMPUTED
        return BELOW if value < self.low else ABOVE if value > self.high else INSIDE


def load_ranges(name: str, *, folder: Path | None = None) -> list[Range]:
    """Expected ranges of one list of `data/ranges`.

    Parameters
    ----------
    name : str
        Name of the list, which is its file's name without the ending.
    folder : Path, optional
        Folder of the lists; the project's own by default.

    Returns
    -------
    list of Range
        In the order of the file.

    Raises
    ------
    SchemaError
        If there is no such list, a key is unknown or missing, or a range is empty or of an unknown tag.
    """
    path = (data_folder() / "ranges" if folder is None else folder) / f"{name}.toml"
    require(path.is_file(), f"ranges: no {path}; expected a list of ranges. Write one, or correct the name.")
    rows = tomllib.loads(path.read_text(encoding="utf-8")).get("range", [])
    known = {f.name for f in fields(Range)}
    for row in rows:
        unknown, lacking = sorted(set(row) - known), sorted(known - {"decimals", "is_set"} - set(row))
        require(
            not unknown and not lacking,
            f"{path.name}, {row.get('key', 'a range')}: unknown {unknown}, lacking {lacking}; expected "
            f"{sorted(known)}. Correct the names.",
        )
        require(
            row["low"] <= row["high"] and row["tag"] in _TAGS,
            f"{path.name}, {row['key']}: {row['low']} to {row['high']}, tag {row['tag']!r}; expected rising "
            f"numbers, and one of {_TAGS}. Correct it.",
        )
    return [Range(**row) for row in rows]


def ranges_table(ranges: list[Range], found: Mapping[str, float], *, caption: str) -> Table:
    """What was expected beside what was found.

    Parameters
    ----------
    ranges : list of Range
        From `load_ranges`.
    found : mapping of str to float
        Key of a range -> number; what is left out is shown as not computed.
    caption : str
        What the table shows.

    Returns
    -------
    Table
        What lies outside comes first.

    Raises
    ------
    SchemaError
        If a number has no range.
    """
    stray = sorted(set(found) - {r.key for r in ranges})
    require(not stray, f"ranges_table: {stray} have no range; expected {[r.key for r in ranges]}. Add them.")
    rows = [_row(r, found.get(r.key)) for r in sorted(ranges, key=lambda r: _order(r, found.get(r.key)))]
    return Table(pd.DataFrame(rows), caption)


def _order(expected: Range, value: float | None) -> int:
    return (BELOW, ABOVE, NOT_COMPUTED, INSIDE).index(expected.verdict(value))


def _row(expected: Range, value: float | None) -> dict[str, str]:
    digits = expected.decimals
    unit = "" if expected.unit == "1" else f" [{expected.unit}]"
    verdict = expected.verdict(value) + (" (set by parameters)" if expected.is_set else "")
    return {
        "quantity": f"{expected.quantity}{unit}",
        "expected": f"{expected.low:.{digits}f} to {expected.high:.{digits}f}",
        "found": "none" if value is None or math.isnan(value) else f"{value:.{digits}f}",
        "verdict": verdict,
        "expected by": f"{expected.tag}: {expected.source}",
    }
