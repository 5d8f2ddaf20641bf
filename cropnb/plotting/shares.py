"""What a set of reference data consists of: its classes, its fields, its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from cropnb.legends import class_colour
from cropnb.plotting.study_area import PART_COLOURS
from cropnb.plotting.style import TICK_SIZE, WIDTH, legend_below, new_axes, styled
from cropnb.schema import require

_ROW = 0.34  # inches of a class
_PALE = {"train": "#D6D2F0", "valid": "#FBD3E0", "test": "#D5D5D5"}
_HATCHES = {"train": "", "valid": "//", "test": ".."}
_LEAST = 0.08  # share of a bar that holds a number


@styled
def plot_class_shares(
    shares: Mapping[str, float],
    *,
    xlabel: str = "share of the labelled pixels [%]",
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """A bar for each class, with its number.

    Parameters
    ----------
    shares : mapping of str to float [1]
        Share of each class by its name, from 0 to 1.
    xlabel : str
        Share of what.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to `Axes.barh`.

    Returns
    -------
    Axes
        First class on top.

    Raises
    ------
    SchemaError
        If there is no class.
    """
    require(len(shares) > 0, "plot_class_shares: no class; expected one at least. Pass some shares.")
    ax = new_axes(ax, height=0.9 + _ROW * len(shares))
    names, values = list(shares), 100 * np.array([*shares.values()], dtype=float)
    ax.barh(range(len(names)), values, **{"color": [class_colour(n) for n in names], "height": 0.7, **style})
    for row, value in enumerate(values):
        text = f" {value:.1f} %" if value >= 0.05 else f" {value:.2g} %"
        ax.text(value, row, text, va="center", fontsize=TICK_SIZE)
    _rows(ax, names)
    ax.set(xlabel=xlabel, xlim=(0, 1.18 * max(values.max(), 1e-9)))
    return ax


@styled
def plot_sizes(
    edge: ArrayLike, count: ArrayLike, mean: float, *, ax: Axes | None = None, **style: Any
) -> Axes:
    """Histogram of field sizes with an open last bin, and their mean.

    Parameters
    ----------
    edge : array (bin + 1,) [ha]
        Edges of the bins, as `cropnb.evaluation.size_histogram` gives them; the last one is infinite.
    count : array (bin,) [count]
        Fields in each bin.
    mean : float [ha]
        Marked by a line.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to `Axes.bar`.

    Returns
    -------
    Axes
        The open bin is hatched, as wide as the one before, and named by where it begins.

    Raises
    ------
    SchemaError
        If the last edge is finite, or edges and counts do not fit.
    """
    edges, counts = np.asarray(edge, dtype=float), np.asarray(count)
    require(
        edges.size == counts.size + 1 >= 3
        and bool(np.isinf(edges[-1]))
        and bool(np.isfinite(edges[:-1]).all()),
        f"plot_sizes: {edges.size} edges up to {edges[-1:]}, {counts.size} counts; expected one edge more, "
        "the last one infinite, and two bins or more. Pass what size_histogram returns.",
    )
    ax = new_axes(ax, height=3.0)
    width = edges[-2] - edges[-3]
    look = {"color": "#56B4E9", "edgecolor": "white", "align": "edge", **style}
    bars = ax.bar(edges[:-1], counts, width=[*np.diff(edges[:-1]), width], **look)
    bars.patches[-1].set(hatch="//", label=f"{edges[-2]:g} ha and more")
    ax.axvline(mean, color="black", linestyle="--", linewidth=1.4, label=f"mean {mean:.2f} ha")
    whole = [e for e in edges[:-2] if float(e).is_integer()]
    ax.set_xticks(
        [*whole, edges[-2] + width / 2],
        [*(f"{e:g}" for e in whole), f"\N{GREATER-THAN OR EQUAL TO} {edges[-2]:g}"],
    )
    ax.set(xlabel="field size [ha]", ylabel="fields [count]")
    ax.legend()
    return ax


@styled
def plot_parts(shares: pd.DataFrame, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Stacked bars: how the samples of each class fall in the parts of a split.

    Parameters
    ----------
    shares : DataFrame (class, part) [1]
        Shares from 0 to 1, as `cropnb.evaluation.part_shares` gives them; NaN for a class without samples.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to `Axes.barh`.

    Returns
    -------
    Axes
        First class on top, with a number in each piece that has room for it.

    Raises
    ------
    SchemaError
        If there is no class or no part.
    """
    require(
        shares.size > 0,
        f"plot_parts: a frame of {shares.shape}; expected classes and parts. Pass part_shares.",
    )
    ax = new_axes(ax, height=1.4 + _ROW * len(shares))
    begun = np.zeros(len(shares))
    for part in shares:
        width = 100 * shares[part].to_numpy(dtype=float)
        name = str(part)
        look: dict[str, Any] = {
            "color": _PALE.get(name, "#EEEEEE"),
            "edgecolor": PART_COLOURS.get(name, "#555555"),
        }
        look |= {"hatch": _HATCHES.get(name, ""), "height": 0.74, "linewidth": 0.8}
        ax.barh(range(len(shares)), width, left=begun, label=name, **{**look, **style})
        _write_numbers(ax, begun, width)
        begun = begun + np.nan_to_num(width)
    _rows(ax, [str(name) for name in shares.index])
    ax.set(xlabel="share of the class's samples [%]", xlim=(0, max(100.0, begun.max())))
    legend_below(ax, ncols=3)
    return ax


@styled
def plot_reference_data(
    shares: Mapping[str, float],
    sizes: tuple[ArrayLike, ArrayLike, float],
    *,
    parts: pd.DataFrame | None = None,
) -> list[Axes]:
    """Shares of the classes, sizes of the fields and parts of the split, above each other.

    Parameters
    ----------
    shares : mapping of str to float [1]
        As for `plot_class_shares`.
    sizes : tuple of (edge, count, mean)
        As for `plot_sizes`.
    parts : DataFrame (class, part) [1], optional
        As for `plot_parts`.

    Returns
    -------
    list of Axes
        Two, or three with `parts`.
    """
    heights = [0.9 + _ROW * len(shares), 2.8] + ([1.4 + _ROW * len(parts)] if parts is not None else [])
    size = (WIDTH, sum(heights) + 0.2 * len(heights))
    grid = plt.subplots(len(heights), 1, figsize=size, height_ratios=heights)[1]
    axes: list[Axes] = list(grid)
    layout: Any = axes[0].figure.get_layout_engine()
    layout.set(h_pad=0.1)
    plot_class_shares(shares, ax=axes[0])
    plot_sizes(*sizes, ax=axes[1])
    if parts is not None:
        plot_parts(parts, ax=axes[2])
    for ax in axes:
        ax.tick_params(labelsize=TICK_SIZE)
    return axes


def _rows(ax: Axes, names: Sequence[str]) -> None:
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)


def _write_numbers(ax: Axes, begun: np.ndarray, width: np.ndarray) -> None:
    paper = {"facecolor": "white", "edgecolor": "none", "boxstyle": "round,pad=0.1"}
    for row in np.flatnonzero(np.nan_to_num(width) >= 100 * _LEAST):
        ax.text(
            begun[row] + width[row] / 2,
            float(row),
            f"{width[row]:.0f}",
            ha="center",
            va="center",
            fontsize=TICK_SIZE,
            bbox=paper,
        )
