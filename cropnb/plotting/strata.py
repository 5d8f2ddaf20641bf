"""Accuracy along bins of something else, such as the distance to the edge of the parcel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cropnb.plotting.relations import PALETTE
from cropnb.plotting.style import TICK_SIZE, WIDTH, styled
from cropnb.schema import require

_COLUMNS = ("bin_low", "bin_high", "accuracy", "low", "high", "n_sample")
_HEIGHT = 3.6  # inches of a panel and the counts below it
_MOST_LETTERS = 40  # of labels that fit beside each other
_GREY = "#B8B8B8"


@styled
def plot_accuracy_by(tables: Mapping[str, pd.DataFrame], **style: Any) -> list[Axes]:
    """Accuracy of each bin with its interval, and below it how many samples the bin holds.

    Parameters
    ----------
    tables : mapping of str to DataFrame (n_bin, column) [1]
        What the bins are of, with its unit, such as "distance to the edge [m]": what `accuracy_by` returns.
    **style : object
        Passed to `Axes.plot` for the dots.

    Returns
    -------
    list of Axes
        The accuracies of each table, above each other; the counts are in the axes below each. Bins stand
        beside each other at equal width, whatever theirs is.

    Raises
    ------
    SchemaError
        If there is no table, or one lacks a column.

    Notes
    -----
    An empty bin keeps its place.
    """
    require(len(tables) > 0, "plot_accuracy_by: no table; expected one at least. Pass that of accuracy_by.")
    size, ratios = (WIDTH, _HEIGHT * len(tables)), (3, 1) * len(tables)
    grid = plt.subplots(2 * len(tables), figsize=size, height_ratios=ratios)[1]
    for (name, table), dots, counts in zip(tables.items(), grid[::2], grid[1::2], strict=True):
        lacking = [column for column in _COLUMNS if column not in table]
        require(
            not lacking,
            f"plot_accuracy_by: {name} lacks {lacking}; expected the table of accuracy_by. Pass it whole.",
        )
        dots.sharex(counts)
        _draw_dots(dots, table, style=style)
        _draw_counts(counts, table)
        counts.set_xlabel(name)
    grid[0].figure.align_ylabels()
    return list(grid[::2])


def _draw_dots(ax: Axes, table: pd.DataFrame, *, style: dict[str, Any]) -> None:
    y, low, high = (table[column].to_numpy(dtype=float) for column in ("accuracy", "low", "high"))
    look = {"color": PALETTE[0], "marker": "o", "linestyle": "none", "markersize": 7, **style}
    ax.vlines(np.arange(len(table)), low, high, color=look["color"], linewidth=2)
    ax.plot(np.arange(len(table)), y, **look)
    ax.set_ylabel("accuracy [1]")
    ax.grid(axis="y", color="#E6E6E6")
    ax.tick_params(labelsize=TICK_SIZE, labelbottom=False)


def _draw_counts(ax: Axes, table: pd.DataFrame) -> None:
    ax.bar(np.arange(len(table)), table["n_sample"], width=0.8, color=_GREY)
    labels = [_label(*ends) for ends in zip(table["bin_low"], table["bin_high"], strict=True)]
    crowded = sum(len(label) + 2 for label in labels) > _MOST_LETTERS
    angle: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if crowded else {}
    ax.set_xticks(np.arange(len(table)), labels, **angle)
    ax.set_ylabel("samples")
    ax.tick_params(labelsize=TICK_SIZE)


def _label(low: float, high: float) -> str:
    if np.isinf(high):
        return f"> {low:g}"
    if np.isinf(low):
        return f"up to {high:g}"
    return f"{low:g}\N{EN DASH}{high:g}"
