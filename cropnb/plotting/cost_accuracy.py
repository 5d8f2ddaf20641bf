"""Accuracy against the seconds of a fit."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from cropnb.plotting.relations import PALETTE
from cropnb.plotting.style import MARKERS, new_axes, styled
from cropnb.schema import require


@styled
def plot_cost_accuracy(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """One labelled point per classifier: what a fit took, and how accurate it was.

    Parameters
    ----------
    table : DataFrame (classifier,)
        Columns `model`, `seconds`, `value`, `low`, `high`, and `n_parameter`, NaN where there are none; one
        row per classifier. Rows without seconds are left out.
    ax : Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
        Seconds on a logarithmic axis; whiskers from `low` to `high`.

    Raises
    ------
    SchemaError
        If no row has seconds, or a classifier occurs twice.
    """
    timed = table.dropna(subset=["seconds"])
    require(
        len(timed) > 0 and timed["model"].is_unique,
        f"plot_cost_accuracy: {len(timed)} classifiers with seconds, {timed['model'].nunique()} different; "
        "expected each once. Select one set of features.",
    )
    ax = new_axes(ax)
    for number, row in enumerate(timed.itertuples(index=False)):
        colour, marker = PALETTE[number % len(PALETTE)], MARKERS[number % len(MARKERS)]
        ax.vlines(row.seconds, row.low, row.high, color=colour)
        ax.plot(row.seconds, row.value, marker=marker, color=colour, linestyle="none", markersize=8)
        size = "" if pd.isna(row.n_parameter) else f"\n{row.n_parameter / 1e6:.1f} M"
        ax.annotate(
            f"{row.model}{size}",
            (row.seconds, row.value),
            xytext=(7, 4),
            textcoords="offset points",
            fontsize=10,
        )
    ax.set_xscale("log")
    ax.margins(x=0.3)
    ax.set(xlabel="seconds of one fit [s]", ylabel="overall accuracy [1]")
    return ax
