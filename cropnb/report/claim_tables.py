"""What the pages show of claims: a table to filter, and how many there are of which verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from cropnb.report.evidence import Judged
from cropnb.report.searchable import Link, SearchableTable, searchable_table
from cropnb.report.table import Table
from cropnb.report.tables import format_interval
from cropnb.report.verdicts import VERDICTS, Outcome


def claims_table(judged: Sequence[Judged], *, links: Mapping[str, str]) -> SearchableTable:
    """All claims with their verdicts, as a table that the page can search and filter.

    Parameters
    ----------
    judged : sequence of Judged
        From `judge`; shown in this order.
    links : mapping of str to str
        Where the book shows an exhibit, by its id; exhibits that it does not show yet are named as text.

    Returns
    -------
    SearchableTable
        Columns verdict, claim, what our runs say, decided by, source.
    """
    rows = [
        {
            "verdict": found.outcome.verdict,
            "claim": f"{found.claim.says} ({found.claim.where})",
            "what our runs say": ": ".join(filter(None, [shown_effect(found.outcome), found.outcome.reason])),
            "decided by": _exhibit(found, links),
            "source": found.claim.source,
        }
        for found in judged
    ]
    caption = "Claims of the sources, and what our runs say"
    return searchable_table(pd.DataFrame(rows, dtype=object), caption=caption, filters=["verdict", "source"])


def counts_table(judged: Sequence[Judged]) -> Table:
    """How many claims of each source have which verdict.

    Parameters
    ----------
    judged : sequence of Judged
        From `judge`.

    Returns
    -------
    Table
        One row per source, and one for all.
    """
    frame = pd.DataFrame([(found.claim.source, found.outcome.verdict) for found in judged])
    table = pd.crosstab(frame[0], frame[1], margins=True, margins_name="all")
    table = table.reindex(columns=[*VERDICTS, "all"], fill_value=0)
    return Table(table.rename_axis(index="source", columns=None).reset_index(), "Claims by verdict")


def shown_effect(outcome: Outcome) -> str:
    """Effect and interval as text.

    Parameters
    ----------
    outcome : Outcome
        Of a claim.

    Returns
    -------
    str
        Such as `0.021 [-0.004, 0.046], 3 repetitions`; empty where nothing was compared.
    """
    if not outcome.n_seed:
        return ""
    of = f", the deciding one of {outcome.n_comparison}" if outcome.n_comparison > 1 else ""
    numbers = format_interval(outcome.effect, outcome.low, outcome.high, decimals=3)
    return f"{numbers}, {outcome.n_seed} repetitions{of}"


def _exhibit(found: Judged, links: Mapping[str, str]) -> str:
    where = "" if found.run is None else f"; {found.run}"
    name = found.claim.exhibit or found.claim.chapter
    href = links.get(found.claim.exhibit)
    return f"{name}{where}" if href is None else Link(f"{name}{where}", href)
