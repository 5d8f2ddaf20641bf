"""Small panels of curves on common axes: the same question asked of several crops."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from cropnb.plotting.relations import PALETTE, Series
from cropnb.plotting.style import LINES, MARKERS, TICK_SIZE, WIDTH, styled
from cropnb.schema import require

Bands = Mapping[str, Mapping[str, tuple[ArrayLike, ArrayLike]]]
_ROW = 2.1  # inches of a row of panels
_LEGEND = 0.9  # inches below them


@styled
def plot_curve_panels(
    panels: Mapping[str, Series],
    *,
    xlabel: str,
    ylabel: str,
    bands: Bands | None = None,
    n_column: int = 2,
    share_y: Literal["all", "col", "none"] = "all",
    colours: Mapping[str, str] | None = None,
) -> list[Axes]:
    """Panels of curves; a name has one colour, pattern and marker in all, and one entry in the legend.

    Parameters
    ----------
    panels : mapping of str to mapping of str to (x, y)
        Title of a panel -> name of a curve -> its points; NaN leaves a gap.
    xlabel, ylabel : str
        Labels with units.
    bands : mapping of str to mapping of str to (low, high), optional
        Title -> name -> edges of a band at the x of that curve.
    n_column : int () [count]
        Panels in a row.
    share_y : str
        `all` panels have one scale, or those of a column (`col`), or each its own (`none`).
    colours : mapping of str to str, optional
        Colour of a curve by its name, such as that of a class; by default those of the palette in turn.

    Returns
    -------
    list of Axes
        In the order of the panels.

    Raises
    ------
    SchemaError
        If there is no panel.
    """
    require(len(panels) > 0, "plot_curve_panels: no panel; expected one at least. Pass some curves.")
    n_row = math.ceil(len(panels) / n_column)
    size = (WIDTH, _ROW * n_row + _LEGEND)
    figure, grid = plt.subplots(n_row, n_column, figsize=size, sharex=True, sharey=share_y, squeeze=False)
    axes = list(grid.ravel())
    names = list(dict.fromkeys(name for curves in panels.values() for name in curves))
    for ax, (title, curves) in zip(axes, panels.items(), strict=False):
        _draw(ax, curves, names=names, bands=(bands or {}).get(title, {}), colours=colours or {})
        ax.set_title(title, fontsize="medium")
        ax.tick_params(labelsize=TICK_SIZE)
    for ax in axes[len(panels) :]:
        ax.set_visible(False)
    for ax in axes[max(0, len(panels) - n_column) : len(panels)]:  # the lowest of each column
        ax.set_xlabel(xlabel)
        ax.tick_params(labelbottom=True)
    figure.supylabel(ylabel, fontsize="medium")
    handles = {line.get_label(): line for ax in axes for line in ax.get_lines()}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=min(3, len(handles)))
    return axes[: len(panels)]


def _draw(
    ax: Axes,
    curves: Series,
    *,
    names: list[str],
    bands: Mapping[str, tuple[ArrayLike, ArrayLike]],
    colours: Mapping[str, str],
) -> None:
    for name, (x, y) in curves.items():
        number = names.index(name)
        colour = colours.get(name, PALETTE[number % len(PALETTE)])
        line, marker = LINES[number % len(LINES)], MARKERS[number % len(MARKERS)]
        points = np.asarray(x), np.asarray(y)
        ax.plot(*points, label=name, color=colour, linestyle=line, marker=marker, markersize=4)
        if name in bands:
            low, high = (np.asarray(edge) for edge in bands[name])
            ax.fill_between(np.asarray(x), low, high, color=colour, alpha=0.15, linewidth=0)
