"""Reliability diagrams: how often a model is right against how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cropnb.plotting.relations import PALETTE
from cropnb.plotting.style import LINES, MARKERS, new_panels, styled
from cropnb.schema import require

_COLUMNS = ("bin_low", "bin_high", "confidence", "accuracy", "low", "high", "n_sample")


@styled
def plot_reliability(tables: Mapping[str, pd.DataFrame], **style: Any) -> Axes:
    """Accuracy against confidence with its interval, and below it how many samples each bin holds.

    Below the diagonal a model is too sure, above it not sure enough.

    Parameters
    ----------
    tables : mapping of str to DataFrame (n_bin, column) [1]
        For each name, such as "as trained" and "T = 1.6", what `reliability` returns.
    **style : object
        Passed to `Axes.plot` for the curves.

    Returns
    -------
    Axes
        The curves; the counts are in the second axes of the same figure.

    Raises
    ------
    SchemaError
        If there is no table, or one lacks a column.

    Notes
    -----
    A bin without samples has no point; one without an interval no part in the band.
    """
    require(len(tables) > 0, "plot_reliability: no table; expected one at least. Pass that of reliability.")
    for name, table in tables.items():
        lacking = [column for column in _COLUMNS if column not in table]
        require(
            not lacking,
            f"plot_reliability: {name} lacks {lacking}; expected the table of reliability. Pass it whole.",
        )
    curve, counts = new_panels(2, height=4.9, ratios=(3, 1))
    curve.plot([0, 1], [0, 1], color="#6E6E6E", linewidth=1, label="as sure as right")
    for i, (name, table) in enumerate(tables.items()):
        look: dict[str, Any] = {"color": PALETTE[i % len(PALETTE)], "linestyle": LINES[i % len(LINES)]}
        _draw_curve(curve, table, label=name, look={**look, "marker": MARKERS[i % len(MARKERS)], **style})
        edges = np.append(table["bin_low"], table["bin_high"].iloc[-1])
        counts.stairs(table["n_sample"], edges, linewidth=1.5, **look)
    curve.set(xlim=(0, 1), ylim=(0, 1), ylabel="accuracy [1]")
    curve.legend(loc="upper left")
    counts.set(xlabel="confidence [1]", ylabel="samples")
    counts.figure.align_ylabels()
    return curve


def _draw_curve(ax: Axes, table: pd.DataFrame, *, label: str, look: dict[str, Any]) -> None:
    full = table[table["n_sample"] > 0]
    x, y, low, high = (full[name].to_numpy(dtype=float) for name in ("confidence", "accuracy", "low", "high"))
    ax.fill_between(x, low, high, color=look["color"], alpha=0.18, linewidth=0)
    ax.plot(x, y, label=label, **look)
