"""Accuracy against the seconds of a fit."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from cropnb.plotting.relations import PALETTE
from cropnb.plotting.style import MARKERS, legend_below, log_axis, new_axes, styled
from cropnb.schema import require


@styled
def plot_cost_accuracy(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """One point per classifier: what a fit took, and how accurate it was.

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
        Seconds on a logarithmic axis; whiskers from `low` to `high`; the legend has millions of parameters.

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
        size = "" if pd.isna(row.n_parameter) else f", {row.n_parameter / 1e6:.1f} M"
        look: dict[str, Any] = {"marker": marker, "color": colour, "linestyle": "none", "markersize": 8}
        ax.plot(row.seconds, row.value, label=f"{row.model}{size}", **look)
    log_axis(ax)
    ax.margins(x=0.1)
    ax.set(xlabel="seconds of one fit [s]", ylabel="overall accuracy [1]")
    legend_below(ax)
    return ax
