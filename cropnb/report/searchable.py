"""Tables of the literature as data, and a table that the book's page can search."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
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
    still is a table. For each column in `filters` the script adds a menu of the words in it.
    """

    filters: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        names = [str(name) for name in self.frame.columns]
        head = "".join(f'<th scope="col" role="columnheader">{escape(name)}</th>' for name in names)
        body = "".join(_html_row(names, list(row)) for row in self.frame.itertuples(index=False))
        return (
            f'<table class="dataframe searchable" role="table"{self._filters()}>'
            f"<caption>{escape(self.caption)}</caption>"
            f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>'
            f'<tbody role="rowgroup">{body}</tbody></table>'
        )

    def _filters(self) -> str:
        return f' data-filters="{escape("|".join(self.filters))}"' if self.filters else ""


class Link(str):
    """Text of a cell that leads somewhere."""

    href: str

    def __new__(cls, text: str, href: str) -> Link:
        """Text, and where it leads."""
        link = super().__new__(cls, text)
        link.href = href
        return link


def searchable_table(
    frame: pd.DataFrame, *, caption: str = "", filters: Sequence[str] = ()
) -> SearchableTable:
    """A table of words that a reader can search on the page.

    Parameters
    ----------
    frame : DataFrame
        Text cells; the first column names the rows.
    caption : str
        What the table shows; by default the caption of a catalogue.
    filters : sequence of str
        Columns whose words the page offers in a menu.

    Returns
    -------
    SearchableTable
        With the number of rows in its caption.
    """
    lacking = [name for name in filters if name not in frame]
    require(not lacking, f"filters {lacking}; expected columns out of {list(frame)}. Name one of these.")
    title = caption or str(frame.attrs.get("caption", ""))
    n_row = len(frame)
    counted = f"{title} ({n_row} row{'s' if n_row != 1 else ''})" if title else ""
    return SearchableTable(frame, counted, filters=tuple(filters))


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


def _html_row(names: list[str], cells: list[Any]) -> str:
    first, *others = zip(names, cells, strict=True)
    # A class of its own: the book's extension takes a bare <td> that starts with a digit for a number.
    rest = "".join(
        f'<td class="words" role="cell" data-label="{escape(name)}">{_html_cell(cell)}</td>'
        for name, cell in others
    )
    name, cell = first
    head = f'<th scope="row" role="rowheader" data-label="{escape(name)}">{_html_cell(cell)}</th>'
    return f'<tr role="row">{head}{rest}</tr>'


def _html_cell(cell: Any) -> str:
    if isinstance(cell, Link):
        return f'<a href="{escape(cell.href)}">{escape(cell)}</a>'
    return escape(str(cell))
