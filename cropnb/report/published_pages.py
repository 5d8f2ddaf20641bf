"""What the page *Published against ours* shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import pandas as pd

from cropnb.report.evidence import Run, kept_runs
from cropnb.report.published_tables import (
    PublishedTable,
    beside_ours,
    load_errors,
    load_tables,
    load_values,
)
from cropnb.report.results import read_results
from cropnb.report.searchable import Link, SearchableTable, searchable_table
from cropnb.report.table import Table
from cropnb.report.tables import format_interval


@dataclass(frozen=True, repr=False)
class Tables:
    """Several tables below each other."""

    tables: tuple[Table, ...]

    def __repr__(self) -> str:
        return "\n\n".join(map(repr, self.tables))

    def _repr_html_(self) -> str:
        return "".join(table._repr_html_() for table in self.tables)


@dataclass(frozen=True, repr=False)
class Folded(Tables):
    """Several tables, each folded away under its caption."""

    def _repr_html_(self) -> str:
        return "".join(
            f"<details><summary>{escape(table.caption)}</summary>{table._repr_html_()}</details>"
            for table in self.tables
        )


def overview_table(*, links: Mapping[str, str]) -> SearchableTable:
    """All tables of the sources: what they hold, how many numbers were typed, where ours stand.

    Parameters
    ----------
    links : mapping of str to str
        Where the book shows an exhibit, by its id.

    Returns
    -------
    SearchableTable
        One row per table, figure or section; those without numbers say why.
    """
    counts = load_values().groupby(["source", "table"]).size()
    rows = [
        {
            "table": f"{table.source}, {table.table}",
            "about": table.about,
            "numbers": int(counts.get((table.source, table.table), 0)),
            "status": table.status,
            "reason": table.reason,
            "ours": _link(table, links),
            "work": table.source,
        }
        for table in load_tables()
    ]
    caption = "Tables and figures of the sources, as data"
    return searchable_table(pd.DataFrame(rows, dtype=object), caption=caption, filters=["work", "status"])


def beside_tables() -> Tables:
    """Published numbers beside ours, for each table of which a kept run has the exhibit.

    Returns
    -------
    Tables
        One table per published table; its caption says how the published numbers were made and which run
        ours are from.
    """
    values, runs = load_values(), kept_runs()
    made = [_beside(table, values, run) for table in load_tables() for run in runs if table.exhibit]
    return Tables(tuple(table for table in made if table is not None))


def errors_table() -> SearchableTable:
    """Known contradictions of the sources.

    Returns
    -------
    SearchableTable
        One row per contradiction.
    """
    errors = load_errors()
    place = errors[["row", "column", "metric", "class_name"]].apply(
        lambda row: ", ".join(filter(None, row)), axis=1
    )
    frame = pd.DataFrame(
        {"table": errors.source + ", " + errors.table, "place": place, "says": errors.says}
    ).assign(work=errors.source)
    caption = "Contradictions in the sources: flagged, not corrected"
    return searchable_table(frame, caption=caption, filters=["work"])


def folded_tables() -> Folded:
    """All typed numbers, each table of the sources in a block that opens with a click or the Enter key.

    Returns
    -------
    Folded
        The tables in the order of the files, numbers as printed.
    """
    values = load_values()
    order = values.drop_duplicates(["source", "table"])
    return Folded(
        tuple(
            _wide(values[(values.source == source) & (values.table == table)], f"{source}, {table}")
            for source, table in zip(order.source, order.table, strict=True)
        )
    )


def _wide(values: pd.DataFrame, caption: str) -> Table:
    """Numbers of one table with its columns side by side again."""
    shown = values.printed.where(values.printed != "", values.value.astype(str))
    shown = shown.str.cat(values.unit.where(values.unit != "1", ""), sep=" ").str.strip()
    many = values.metric.nunique() > 1
    column = values.column.str.cat(values.metric.str.replace("_", " "), sep=" ") if many else values.column
    row = values.row.where(values.class_name == "", values.row + ", " + values.class_name)
    cells = pd.DataFrame({"row": row.str.strip(", "), "column": column.str.strip(), "cell": shown})
    cells = cells.replace({"row": {"": "all"}, "column": {"": values.metric.iloc[0]}})
    wide = cells.pivot_table(index="row", columns="column", values="cell", aggfunc=" / ".join, sort=False)
    return Table(wide.fillna("").rename_axis(columns=None).reset_index(), caption)


def _link(table: PublishedTable, links: Mapping[str, str]) -> str:
    href = links.get(table.exhibit)
    return table.exhibit if href is None else Link(table.exhibit, href)


def _beside(table: PublishedTable, values: pd.DataFrame, run: Run) -> Table | None:
    ours, _ = read_results(run.path)
    own = values[(values.source == table.source) & (values.table == table.table)]
    found = beside_ours(own, ours[ours.exhibit == table.exhibit])
    if found.empty:
        return None
    label = found.row + " | " + found.column
    frame = pd.DataFrame(
        {
            "what": label.where(found.class_name == "", label + " | " + found.class_name),
            "metric": found.metric.str.replace("_", " "),
            "published": [format_interval(v) for v in found.published],
            "ours": [format_interval(*v) for v in found[["value", "low", "high"]].itertuples(index=False)],
            "difference": [f"{v:+.2f}" for v in found.value - found.published],
        }
    )
    caption = (
        f"{table.source}, {table.table}. Published: {table.protocol} Ours: {run}, intervals over blocks."
    )
    return Table(frame, caption)
