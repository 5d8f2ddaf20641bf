"""Areas of classes: as mapped, as a sample of the truth corrects them, and as they truly are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from cropnb.plotting.style import legend_below, new_axes, styled
from cropnb.schema import require

_COLUMNS = ("class_name", "mapped", "adjusted", "low", "high")
_BLUE, _RED, _GREY = "#0072B2", "#D55E00", "#6E6E6E"  # Okabe-Ito, and what is not an estimate
_STEP = 0.2  # rows, from one mark to the next
_LEAST = 1e-9  # stands for 0 on an axis of ratios, far beyond its end


@styled
def plot_areas(
    table: pd.DataFrame,
    *,
    xlabel: str = "area [ha]",
    log: bool = False,
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Mapped and adjusted area of each class, with the interval of the adjusted one, and the true area.

    Parameters
    ----------
    table : DataFrame (n_class, column) [unit of the label]
        What `area_table` or `block_area_table` returns, with a column `true` where the true areas are known.
    xlabel : str
        Label with the unit of the areas.
    log : bool
        Give equal ratios equal lengths, so that rare classes can be read beside common ones. An area of 0 is
        then not drawn, and an interval down to 0 ends at the edge.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to `Axes.plot` for the adjusted areas.

    Returns
    -------
    Axes
        A row for each class, the first on top. A class without an adjusted area shows the mapped one only,
        and the title says why.

    Raises
    ------
    SchemaError
        If a column is missing.
    """
    lacking = [column for column in _COLUMNS if column not in table]
    require(
        not lacking, f"plot_areas: the table lacks {lacking}; expected that of area_table. Pass it whole."
    )
    y = np.arange(len(table))
    mapped, adjusted, low, high = (table[name].to_numpy(dtype=float) for name in _COLUMNS[1:])
    ax = new_axes(ax, height=2.0 + 0.4 * len(table))
    ax.set_xscale("log" if log else "linear")
    ax.hlines(y, np.maximum(low, _LEAST if log else 0), high, color=_BLUE, linewidth=2.5, zorder=1)
    ax.plot(
        mapped, y - _STEP, "s", color=_GREY, markersize=8, markerfacecolor="white", label="counted on the map"
    )
    look = {"color": _BLUE, "markersize": 7, "label": "adjusted by the sample"}
    ax.plot(adjusted, y, "o", **{**look, **style})
    if "true" in table:
        ax.plot(
            table["true"].to_numpy(dtype=float), y + _STEP, "x", color=_RED, markeredgewidth=2, label="true"
        )
    ax.set_yticks(y, list(table["class_name"]))
    ax.set_ylim(len(table) - 0.5, -0.5)
    if log:
        ax.set_xlim(left=0.5 * _smallest(mapped, adjusted))
    else:
        ax.set_xlim(left=0)
        ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.set_xlabel(xlabel)
    ax.grid(axis="x", color="#DDDDDD")
    ax.set_title(_reason(table), fontsize="medium")
    legend_below(ax)
    return ax


def _smallest(*areas: np.ndarray) -> float:
    every = np.concatenate(areas)
    return float(every[every > 0].min()) if (every > 0).any() else 1.0


def _reason(table: pd.DataFrame) -> str:
    given = table.get("reason", [])
    return "; ".join(dict.fromkeys(reason for reason in given if reason))
