"""Dots with whiskers in rows: a number and how sure it is, for a few things side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cropnb.plotting.relations import PALETTE
from cropnb.plotting.style import MARKERS, TICK_SIZE, legend_below, log_axis, new_axes, styled
from cropnb.schema import require

_STEP = 0.23  # inches from one dot to the next
_GAP = 0.16  # inches more from one row to the next
_MISSING = "\N{EM DASH}"


@styled
def plot_dots(
    frame: pd.DataFrame,
    *,
    row: str,
    group: str,
    xlabel: str,
    log: bool = False,
    numbers: str = "",
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """A row for each thing, and in it a dot with whiskers for each of a group.

    Parameters
    ----------
    frame : DataFrame (value, column)
        The columns named by `row` and `group`, `value`, and `low` and `high` of its interval or range; NaN
        where there is none.
    row, group : str
        Columns that name the rows (such as the class) and, by colour and marker, the dots in them (such as
        the model).
    xlabel : str
        Label with the unit.
    log : bool
        Logarithmic axis.
    numbers : str
        Format in which the values stand at the right, such as ".2f"; by default they do not.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to `Axes.plot` for the dots.

    Returns
    -------
    Axes
        Rows and dots from top to bottom in the order of the frame.

    Raises
    ------
    SchemaError
        If there is no value, a column is missing, or there are two values for one dot.
    """
    wanted = (row, group, "value", "low", "high")
    lacking = [name for name in wanted if name not in frame]
    twice = not lacking and bool(frame.duplicated([row, group]).any())
    require(
        len(frame) > 0 and not lacking and not twice,
        f"plot_dots: {len(frame)} values, without columns {lacking}; expected {wanted}, once for each {row} "
        f"and {group}. Select one metric.",
    )
    rows, groups = (list(dict.fromkeys(frame[name])) for name in (row, group))
    pitch = _STEP * len(groups) + _GAP
    ax = new_axes(ax, height=pitch * len(rows) + 1.0 + 0.25 * ((len(groups) + 1) // 2))
    for i, name in enumerate(groups):
        part = frame[frame[group] == name]
        y = np.array([rows.index(r) for r in part[row]]) + _STEP / pitch * (i - (len(groups) - 1) / 2)
        look = {"color": PALETTE[i % len(PALETTE)], "marker": MARKERS[i % len(MARKERS)], "label": str(name)}
        _draw(ax, part, y, {**look, **style})
        if numbers:
            _write(ax, part["value"], y, numbers)
    _rows(ax, rows)
    _scale(ax, xlabel, log=log)
    legend_below(ax)
    return ax


def _draw(ax: Axes, part: pd.DataFrame, y: np.ndarray, look: dict[str, Any]) -> None:
    value, low, high = (part[name].to_numpy(dtype=float) for name in ("value", "low", "high"))
    ax.hlines(y, low, high, color=look["color"], linewidth=1.8, zorder=2)
    ax.plot(value, y, **{"linestyle": "none", "markersize": 6.5, "zorder": 3, **look})


def _write(ax: Axes, values: pd.Series, y: np.ndarray, form: str) -> None:
    for value, height in zip(values, y, strict=True):
        text = _MISSING if np.isnan(value) else format(value, form)
        place = ax.get_yaxis_transform()
        ax.text(1.02, height, text, transform=place, va="center", fontsize=TICK_SIZE)


def _rows(ax: Axes, names: list[Any]) -> None:
    ax.set_yticks(range(len(names)), [str(name) for name in names])
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    for number in range(0, len(names), 2):
        ax.axhspan(number - 0.5, number + 0.5, color="#F3F3F3", zorder=0)


def _scale(ax: Axes, xlabel: str, *, log: bool) -> None:
    ax.set_xlabel(xlabel)
    ax.grid(axis="x", color="#D5D5D5")
    if log:
        log_axis(ax)
