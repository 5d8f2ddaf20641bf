"""A table on the page: HTML that a screen reader can follow, Markdown and text from the same cells."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import pandas as pd

from cropnb.schema import require


@dataclass(frozen=True)
class Table:
    """Text cells under a caption; the first column names the rows.

    The class `dataframe` lets the book's theme colour the table in light and dark mode; the book's extension
    puts wide tables into a box that scrolls.
    """

    frame: pd.DataFrame
    caption: str

    def __post_init__(self) -> None:
        names = [str(name).strip() for name in self.frame.columns]
        require(bool(self.caption.strip()), "table without a caption; say in one line what it shows.")
        require(
            bool(names) and all(names),
            f"table {self.caption!r}: columns {names}; each needs a name. Rename the empty ones.",
        )

    def __repr__(self) -> str:
        return f"{self.caption}\n{self.frame.to_string(index=False)}"

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in self.frame.columns)
        body = "".join(_html_row([str(v) for v in row]) for row in self.frame.itertuples(index=False))
        return (
            f'<table class="dataframe"><caption>{escape(self.caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _repr_markdown_(self) -> str:
        head = [str(name) for name in self.frame.columns]
        rows = [[str(value) for value in row] for row in self.frame.itertuples(index=False)]
        lines = [head, ["---"] * len(head), *rows]
        table = "\n".join(
            f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in lines
        )
        return f"{self.caption}\n\n{table}\n"


def _html_row(cells: list[str]) -> str:
    first, *others = (escape(cell) for cell in cells)
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in others)}</tr>'
