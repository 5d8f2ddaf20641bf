"""Scores with intervals: what a model sees, how it was tested, and which number is too good."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cropnb.plotting.style import label_kind, legend_below, new_axes, styled
from cropnb.schema import SchemaError, require

OPTIMISTIC = "random"
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")  # Okabe-Ito
_MARKERS = ("o", "s", "D", "^")
_GREY = "#6E6E6E"
_STEP = 0.26  # rows, between splits of one model


@styled
def plot_scores(
    frame: pd.DataFrame, *, xlabel: str | None = None, ax: Axes | None = None, **style: Any
) -> Axes:
    """Dots with intervals: a row for each features and model, a colour and marker for each split.

    Random folds are drawn hollow and grey, since neighbours of the test samples were trained on.

    Parameters
    ----------
    frame : DataFrame
        Result rows of one metric: features, model, split, metric, value, low, high, kind, scale.
    xlabel : str, optional
        Label of the score; by default the name of the metric.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to `Axes.plot` for the dots.

    Returns
    -------
    Axes
        First row on top; simulated scenes and smoke scale are named in the title.

    Raises
    ------
    SchemaError
        If there are no rows, or metrics, classes, scenes, kinds or scales are mixed.
    """
    one = {name: _only(frame, name) for name in ("metric", "class_name", "scene", "kind", "scale")}
    names = list(dict.fromkeys(zip(frame["features"], frame["model"], strict=True)))
    splits = sorted(dict.fromkeys(frame["split"]), key=lambda split: split == OPTIMISTIC)
    ax = new_axes(ax, height=1.7 + 0.5 * len(names) + 0.25 * len(splits))
    for i, split in enumerate(splits):
        rows = frame[frame["split"] == split]
        pairs = zip(rows["features"], rows["model"], strict=True)
        y = np.array([names.index(pair) for pair in pairs]) + _STEP * (i - (len(splits) - 1) / 2)
        _draw_split(ax, rows, y, look={**_look(split, i), **style})
    ax.set_yticks(range(len(names)), [f"{features}\n{model}" for features, model in names])
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlabel(xlabel or f"{one['metric'].replace('_', ' ')} [1]")
    ax.grid(axis="x", color="#DDDDDD")
    legend_below(ax, ncols=1)
    _mark(ax, one)
    return ax


def _only(frame: pd.DataFrame, name: str) -> str:
    values = sorted(set(frame[name])) if name in frame.columns else [""]
    if len(values) != 1:
        raise SchemaError(
            f"plot_scores: {name} {values}; expected rows of exactly one. "
            f"Select with frame[frame.{name} == ...]."
        )
    return str(values[0])


def _look(split: str, i: int) -> dict[str, Any]:
    if split == OPTIMISTIC:
        label = "random folds (optimistic)"
        return {"color": _GREY, "marker": "o", "markerfacecolor": "white", "label": label}
    colour, marker = _COLOURS[i % len(_COLOURS)], _MARKERS[i % len(_MARKERS)]
    return {"color": colour, "marker": marker, "label": f"{split} folds" if split else "one split"}


def _draw_split(ax: Axes, rows: pd.DataFrame, y: np.ndarray, *, look: dict[str, Any]) -> None:
    low, high = (rows[name].to_numpy(dtype=float) for name in ("low", "high"))
    ax.hlines(y, low, high, color=look["color"], linewidth=2, zorder=1)
    ax.plot(rows["value"].to_numpy(dtype=float), y, **{"linestyle": "none", "markersize": 8, **look})


def _mark(ax: Axes, one: dict[str, str]) -> None:
    require(bool(one["metric"]), "plot_scores: rows without a metric; name it in the column 'metric'.")
    if one["scale"] == "smoke":
        ax.set_title("smoke scale: checks the code only")
    if one["kind"]:
        label_kind(ax, one["kind"])
