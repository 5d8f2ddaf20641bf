"""Tables of the literature as data, and a table that the book's page can search."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from cropnb.paths import data_folder
from cropnb.report.table import Table
from cropnb.schema import SchemaError, require

_HEAD = ("title", "source", "where", "copied")


@dataclass(frozen=True, repr=False)
class SearchableTable(Table):
    """A table of words; `searchable.js` of the book puts a search field above it.

    Without that script, as in a notebook, it is a plain table with the same cells. On a narrow screen each
    row becomes a card: every cell carries the name of its column, and roles tell a screen reader that it
    still is a table.
    """

    def _repr_html_(self) -> str:
        names = [str(name) for name in self.frame.columns]
        head = "".join(f'<th scope="col" role="columnheader">{escape(name)}</th>' for name in names)
        body = "".join(_html_row(names, [str(v) for v in row]) for row in self.frame.itertuples(index=False))
        return (
            f'<table class="dataframe searchable" role="table"><caption>{escape(self.caption)}</caption>'
            f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>'
            f'<tbody role="rowgroup">{body}</tbody></table>'
        )


def searchable_table(frame: pd.DataFrame, *, caption: str = "") -> SearchableTable:
    """A table of words that a reader can search on the page.

    Parameters
    ----------
    frame : DataFrame
        Text cells; the first column names the rows.
    caption : str
        What the table shows; by default the caption of a catalogue.

    Returns
    -------
    SearchableTable
        With the number of rows in its caption.
    """
    title = caption or str(frame.attrs.get("caption", ""))
    n_row = len(frame)
    return SearchableTable(frame, f"{title} ({n_row} row{'s' if n_row != 1 else ''})" if title else "")


def load_catalogue(name: str, *, folder: Path | None = None) -> pd.DataFrame:
    """A table of the literature that the project keeps as data.

    Parameters
    ----------
    name : str
        Name of the table, which is its file's name without the ending.
    folder : Path, optional
        Folder of the tables; the project's own by default.

    Returns
    -------
    DataFrame
        Text columns in the order of the file, empty where a row has nothing to say; `attrs` hold `title`,
        `source`, `where`, `copied` and a `caption` made of them.

    Raises
    ------
    SchemaError
        If there is no such table, it lacks a part of its head, or it has no rows.
    """
    folder = data_folder() / "catalogues" if folder is None else folder
    path = folder / f"{name}.toml"
    if not path.is_file():
        known = sorted(found.stem for found in folder.glob("*.toml"))
        raise SchemaError(f"catalogue: no {name!r}; expected one of {known}. Add {path.name} to {folder}.")
    content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    lacking = [key for key in (*_HEAD, "row") if not content.get(key)]
    require(not lacking, f"{path.name}: no {lacking}; expected {[*_HEAD, 'row']}. Add what is missing.")
    frame = pd.DataFrame(content["row"]).fillna("")
    frame.attrs.update({key: content[key] for key in _HEAD})
    work = re.sub(r"(?<=\D)(\d{4}[a-z]?)$", r" (\1)", content["source"])  # Liu2024 -> Liu (2024)
    frame.attrs["caption"] = f"{content['title']}. {content['where']} of {work}"
    return frame


def _html_row(names: list[str], cells: list[str]) -> str:
    first, *others = zip(names, cells, strict=True)
    # A class of its own: the book's extension takes a bare <td> that starts with a digit for a number.
    rest = "".join(
        f'<td class="words" role="cell" data-label="{escape(name)}">{escape(cell)}</td>'
        for name, cell in others
    )
    name, cell = first
    head = f'<th scope="row" role="rowheader" data-label="{escape(name)}">{escape(cell)}</th>'
    return f'<tr role="row">{head}{rest}</tr>'
