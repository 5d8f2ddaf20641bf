"""One quantity against another: curves that follow from theory, and the pixels that should lie on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from cropnb.plotting.style import LINES, legend_below, new_axes, styled
from cropnb.schema import require

Series = Mapping[str, tuple[ArrayLike, ArrayLike]]
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#000000")  # Okabe-Ito
_LEGEND = 0.32  # inches of figure for each row of the legend


@styled
def plot_curves(
    curves: Series,
    *,
    xlabel: str,
    ylabel: str,
    bands: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Lines, each with a colour and a pattern of its own, and bands around some of them.

    Parameters
    ----------
    curves : mapping of str to (x, y)
        Points of each line by its name; NaN leaves a gap.
    xlabel, ylabel : str
        Labels with units.
    bands : mapping of str to (low, high), optional
        Edges of a band at the x of the line of that name.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to `Axes.plot`.

    Returns
    -------
    Axes
        Legend below.

    Raises
    ------
    SchemaError
        If a band has no line.
    """
    bands = bands or {}
    stray = sorted(set(bands) - set(curves))
    require(not stray, f"plot_curves: bands {stray} without a line; lines are {sorted(curves)}. Name one.")
    ax = new_axes(ax, height=3.3 + _LEGEND * _legend_rows(len(curves)))
    for i, (name, (x, y)) in enumerate(curves.items()):
        look = {"color": PALETTE[i % len(PALETTE)], "linestyle": LINES[i % len(LINES)], **style}
        ax.plot(np.asarray(x), np.asarray(y), label=name, **look)
        if name in bands:
            low, high = (np.asarray(edge) for edge in bands[name])
            ax.fill_between(np.asarray(x), low, high, color=look["color"], alpha=0.18, linewidth=0)
    _finish(ax, xlabel, ylabel)
    return ax


@styled
def plot_relation(
    points: Series,
    *,
    xlabel: str,
    ylabel: str,
    lines: Series | None = None,
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Clouds of pixels, and the lines they should lie on.

    Parameters
    ----------
    points : mapping of str to (x, y)
        Values of the pixels of each cloud by its name; of any shape, NaN is not drawn.
    xlabel, ylabel : str
        Labels with units.
    lines : mapping of str to (x, y), optional
        Black lines on top, told apart by their patterns.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to `Axes.scatter`.

    Returns
    -------
    Axes
        Legend below, clouds first.
    """
    lines = lines or {}
    ax = new_axes(ax, height=3.6 + _LEGEND * _legend_rows(len(points) + len(lines)))
    for i, (name, (x, y)) in enumerate(points.items()):
        look = {"s": 5, "color": PALETTE[i % len(PALETTE)], "alpha": 0.35, "linewidths": 0, **style}
        ax.scatter(np.ravel(x), np.ravel(y), label=name, rasterized=True, **look)
    for i, (name, (x, y)) in enumerate(lines.items()):
        ax.plot(
            np.asarray(x), np.asarray(y), label=name, color="black", linestyle=LINES[i % 7], linewidth=1.2
        )
    _finish(ax, xlabel, ylabel)
    legend = ax.get_legend()
    for handle in legend.legend_handles if legend else []:
        if handle is not None:
            handle.set_alpha(1.0)
    return ax


def _finish(ax: Axes, xlabel: str, ylabel: str) -> None:
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.grid(color="#E6E6E6")
    legend_below(ax, markerscale=3)


def _legend_rows(n: int) -> int:
    return (n + 1) // 2
