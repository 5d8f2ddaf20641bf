"""Samples in a plane that has no axes: who is whose neighbour among hidden features."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from cropnb.legends import class_colour
from cropnb.plotting.style import MARKERS, WIDTH, styled
from cropnb.schema import require

_LEGEND = 0.35  # inches of a row of the legend
_TITLE = 0.35  # inches above a panel
_ROUNDS = 10  # in which the classes take turns, so that none lies over all others


@styled
def plot_embeddings(
    panels: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    class_names: Sequence[str],
    n_column: int = 2,
    **style: Any,
) -> list[Axes]:
    """Panels of samples in the plane, such as one a month, in the colours and markers of their classes.

    Parameters
    ----------
    panels : mapping of str to (position, class_id)
        Title -> array (sample, 2) [1], array (sample,) [1]. What the picture is to be believed by, such as an
        agreement of neighbours, belongs in the title.
    class_names : sequence of str
        Names in the order of `class_id`.
    n_column : int () [count]
        Panels in a row.
    **style : object
        Passed to `Axes.scatter`.

    Returns
    -------
    list of Axes
        In the order of the panels, without ticks: the axes mean nothing. One legend for all.

    Raises
    ------
    SchemaError
        If there is no panel, a position lacks its class, or a class its name.
    """
    data = {title: (np.asarray(xy), np.asarray(ids)) for title, (xy, ids) in panels.items()}
    _check(data, n_class=len(class_names))
    n_row, n_column = math.ceil(len(data) / n_column), min(n_column, len(data))
    height = n_row * (WIDTH / n_column + _TITLE) + _LEGEND * math.ceil(len(class_names) / 2)
    figure, grid = plt.subplots(n_row, n_column, figsize=(WIDTH, height), squeeze=False)
    axes = list(grid.flat)
    for ax, (title, (xy, ids)) in zip(axes, data.items(), strict=False):
        _draw(ax, xy, ids, class_names=class_names, style=style)
        ax.set_title(title, fontsize="medium")
        ax.set(xticks=[], yticks=[])
        ax.set_aspect("equal", adjustable="datalim")
        ax.spines[:].set(visible=True, color="#BBBBBB")
    for ax in axes[len(data) :]:
        ax.set_visible(False)
    handles = {c.get_label(): c for ax in axes for c in ax.collections}
    shown = [name for name in class_names if name in handles]
    legend = figure.legend(
        [handles[n] for n in shown], shown, loc="outside lower center", ncols=2, markerscale=4
    )
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set_alpha(1.0)
    return axes[: len(data)]


def _check(data: Mapping[str, tuple[np.ndarray, np.ndarray]], *, n_class: int) -> None:
    require(len(data) > 0, "plot_embeddings: no panel; expected one at least. Pass some positions.")
    for title, (xy, ids) in data.items():
        require(
            xy.shape == (ids.size, 2),
            f"plot_embeddings: {title}: positions {xy.shape} for {ids.size} classes; expected (sample, 2). "
            "Give each position its class.",
        )
        require(
            ids.size == 0 or (ids.min() >= 0 and ids.max() < n_class),
            f"plot_embeddings: {title}: class up to {ids.max(initial=-1)} for {n_class} names; expected 0 to "
            f"{n_class - 1}. Give the names of all classes.",
        )


def _draw(
    ax: Axes, xy: np.ndarray, ids: np.ndarray, *, class_names: Sequence[str], style: Mapping[str, Any]
) -> None:
    members = [np.array_split(np.flatnonzero(ids == i), _ROUNDS) for i in range(len(class_names))]
    for turn in range(_ROUNDS):
        for i, name in enumerate(class_names):
            x, y = xy[members[i][turn]].T
            look = {"s": 4, "color": class_colour(name), "marker": MARKERS[i % len(MARKERS)], "alpha": 0.6}
            if x.size:
                ax.scatter(x, y, label=name, rasterized=True, **{"linewidths": 0, **look, **style})
