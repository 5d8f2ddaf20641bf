"""Pairs of models side by side, for the page."""

from __future__ import annotations

import pandas as pd

from cropnb.report.table import Table
from cropnb.report.tables import format_interval
from cropnb.schema import Kind

_DECIMALS = 3


def comparison_table(pairs: pd.DataFrame, *, caption: str, kind: Kind) -> Table:
    """Differences of pairs of models with their intervals and tests.

    Parameters
    ----------
    pairs : DataFrame (pair, column) [1]
        From `cropnb.evaluation.compare_models`.
    caption : str
        What the table shows.
    kind : str
        `simulated` or `real`; a simulated scene is named in the caption.

    Returns
    -------
    Table
        One row per pair, first less second: differences with intervals over blocks, the samples that just
        one of the two has right (mean over seeds), and p-values adjusted for the number of pairs.
    """
    lines = [
        {
            "first": row.first,
            "second": row.second,
            "accuracy": _signed(row.accuracy_difference, row.accuracy_low, row.accuracy_high),
            "macro F1": _signed(row.f1_difference, row.f1_low, row.f1_high),
            "only first right": f"{row.n_only_first:.0f}",
            "only second right": f"{row.n_only_second:.0f}",
            "p, McNemar": f"{row.p_mcnemar_holm:.3f}",
            "p, blocks": f"{row.p_block_holm:.3f}",
        }
        for row in pairs.itertuples(index=False)
    ]
    mark = " (simulated scene)" if kind == "simulated" else ""
    return Table(pd.DataFrame(lines), f"{caption}{mark}")


def _signed(value: float, low: float, high: float) -> str:
    text = format_interval(value, low, high, decimals=_DECIMALS)
    return f"+{text}" if value > 0 else text
