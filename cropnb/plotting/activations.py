"""What a network computes over the season: feature maps, and profiles of activation and of attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from numpy.typing import ArrayLike

from cropnb.plotting.profiles import label_months, plot_profile_panels, plot_profiles
from cropnb.plotting.style import TICK_SIZE, WIDTH, new_axes, styled
from cropnb.schema import require

_ROW, _AROUND = 1.05, 1.3  # inches of a row of feature maps, and of what is above and below them
_GREY = "#6E6E6E"


@styled
def plot_feature_maps(
    day: ArrayLike,
    maps: Sequence[Sequence[ArrayLike]],
    *,
    depth_names: Sequence[str],
    class_names: Sequence[str],
    year: int,
    label: str = "mean over channels, 0 to 255 in each column",
    **style: Any,
) -> list[Axes]:
    """Feature maps: a row of panels per class, a column per depth; a sample is a line of a panel.

    Parameters
    ----------
    day : array (time,) [day since 1 January]
        Days of the acquisitions; a date reaches half-way to its neighbours.
    maps : sequence (depth) of sequence (class) of array (sample, time) [1]
        From 0 to 255; a class may have any number of samples, the same at all depths.
    depth_names, class_names : sequence of str
        Names in the order of `maps`.
    year : int
        Year in which day 0 is 1 January.
    label : str
        What the colours mean, and over what they are scaled.
    **style : object
        Passed to `Axes.pcolorfast`.

    Returns
    -------
    list of Axes
        Row by row, the first sample of a class on top; one colour bar for all.

    Raises
    ------
    SchemaError
        If the maps do not fit days and names.
    """
    days, values = np.asarray(day, dtype=float), [[np.asarray(m) for m in depth] for depth in maps]
    _check_maps(days, values, depth_names, class_names)
    n_row, n_column = len(class_names), len(depth_names)
    size = (WIDTH, _ROW * n_row + _AROUND)
    figure, grid = plt.subplots(n_row, n_column, figsize=size, sharex=True, squeeze=False)
    look = {"cmap": "cividis", "vmin": 0, "vmax": 255, "rasterized": True, **style}
    for (row, column), ax in np.ndenumerate(grid):
        of_class = values[column][row]
        if len(of_class):
            ax.pcolorfast(_edges(days), np.arange(len(of_class) + 1), of_class, **look)
        _frame(ax, days, len(of_class), year=year)
    for ax, name in zip(grid[0], depth_names, strict=True):
        ax.set_title(name)
    for ax, name, of_class in zip(grid[:, 0], class_names, values[0], strict=True):
        ax.set_ylabel(f"{name}\nn = {len(of_class)}", fontsize=TICK_SIZE)
    for ax in (*grid[:-1].flat, *np.delete(grid[-1], n_column // 2)):
        ax.set_xlabel("")  # said once, below the middle
    scale = ScalarMappable(Normalize(look["vmin"], look["vmax"]), look["cmap"])
    bar = figure.colorbar(scale, ax=list(grid.flat), location="bottom", aspect=40, label=label)
    bar.outline.set_visible(False)
    return list(grid.flat)


@styled
def plot_activation_profiles(
    day: ArrayLike,
    mean: ArrayLike,
    sd: ArrayLike,
    *,
    class_names: Sequence[str],
    ylabels: Sequence[str],
    year: int,
) -> list[Axes]:
    """Mean activation of each class over the season, a panel per depth, in bands of a standard deviation.

    Parameters
    ----------
    day : array (time,) [day since 1 January]
        Days of the acquisitions.
    mean, sd : array (depth, class, time) [unit of the label]
        Line, and half the width of the band, of each class; NaN leaves a gap.
    class_names : sequence of str
        Names in the order of the classes.
    ylabels : sequence of str
        One label with unit per depth, such as "conv1 [0-255]".
    year : int
        Year in which day 0 is 1 January.

    Returns
    -------
    list of Axes
        One per depth, the shallowest on top.
    """
    line, half = np.asarray(mean, dtype=float), np.asarray(sd, dtype=float)
    return plot_profile_panels(
        day, line, line - half, line + half, class_names=class_names, ylabels=ylabels, year=year
    )


@styled
def plot_attention_profiles(  # noqa: PLR0913 - the arrays of one figure and the words for it
    day: ArrayLike,
    mean: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    *,
    class_names: Sequence[str],
    year: int,
    uniform: float,
    ylabel: str = "attention [1]",
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Attention of each class over the season, and the line of a network that prefers no date.

    Parameters
    ----------
    day : array (time,) [day since 1 January]
        Days of the acquisitions.
    mean, low, high : array (class, time) [1]
        Line and band of each class; NaN leaves a gap.
    class_names : sequence of str
        Names in the order of the classes.
    year : int
        Year in which day 0 is 1 January.
    uniform : float () [1]
        1 / n_time; scaled like the rest if that is.
    ylabel : str
        Label with unit.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to `Axes.plot` for the profiles.

    Returns
    -------
    Axes
        The line of equal attention first, then a line and a band per class.
    """
    ax = new_axes(ax, height=3.4 + 0.3 * ((len(class_names) + 1) // 2))
    ax.axhline(uniform, color=_GREY, linestyle=(0, (1, 1)), linewidth=1.4, label="the same on all dates")
    return plot_profiles(
        day, mean, low, high, class_names=class_names, year=year, ylabel=ylabel, ax=ax, **style
    )


def _check_maps(
    days: np.ndarray,
    values: list[list[np.ndarray]],
    depth_names: Sequence[str],
    class_names: Sequence[str],
) -> None:
    shapes = [[m.shape for m in depth] for depth in values]
    n = (len(depth_names), len(class_names))
    require(
        len(values) == n[0] > 0 and all(depth == shapes[0] and len(depth) == n[1] > 0 for depth in shapes),
        f"plot_feature_maps: shapes {shapes} for {n[0]} depths and {n[1]} classes; expected a map of each "
        "class at each depth, of the same samples at all. Put depths first.",
    )
    require(
        all(len(shape) == 2 and shape[1] == days.size for shape in shapes[0]),
        f"plot_feature_maps: shapes {shapes[0]} for {days.size} days; expected (sample, time). Put "
        "dates last.",
    )


def _frame(ax: Axes, days: np.ndarray, n_sample: int, *, year: int) -> None:
    """Months by their first letters, as three panels share the width; no ticks for samples."""
    label_months(ax, days, year)
    ax.set_xticks(ax.get_xticks(), [text.get_text()[:1] for text in ax.get_xticklabels()])
    ax.tick_params(labelsize=TICK_SIZE)
    ax.set(yticks=[], xlim=_edges(days)[[0, -1]], ylim=(max(n_sample, 1), 0))


def _edges(days: np.ndarray) -> np.ndarray:
    """Borders half-way between dates; the outer ones as far from their date as the next inner ones."""
    inner = (days[1:] + days[:-1]) / 2
    first, last = (inner[0], inner[-1]) if inner.size else (days[0] + 0.5, days[0] - 0.5)
    return np.concatenate([[2 * days[0] - first], inner, [2 * days[-1] - last]])
