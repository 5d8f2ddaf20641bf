"""Small maps: where the samples are, which spatial groups they form, what a raster says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.patches import Patch
from numpy.typing import ArrayLike

from cropnb.legends import Legend, class_colour
from cropnb.plotting.style import MARKERS, WIDTH, axis_label, legend_below, new_axes, styled
from cropnb.schema import require

_UNLABELLED = -1
_DEGREES = ("longitude [degrees east]", "latitude [degrees north]")


@styled
def plot_points_map(
    lon: ArrayLike,
    lat: ArrayLike,
    class_id: ArrayLike,
    *,
    class_names: Sequence[str],
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Points coloured by class, without a background map.

    Parameters
    ----------
    lon, lat : array (sample,) [degree]
        WGS 84 coordinates.
    class_id : array (sample,) [1]
        Class of each point; -1 is not drawn.
    class_names : sequence of str
        Names in the order of `class_id`.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to `Axes.scatter`.

    Returns
    -------
    Axes
        One set of markers per class that has points, legend below.
    """
    x, y, ids = np.asarray(lon), np.asarray(lat), np.asarray(class_id)
    ax = _degree_axes(x, y, ax, below=0.15 * len(class_names))
    for i, name in enumerate(class_names):
        here = ids == i
        if here.any():
            look = {"s": 14, "color": class_colour(name), "marker": MARKERS[i % len(MARKERS)], **style}
            ax.scatter(x[here], y[here], label=name, linewidths=0, **look)
    legend_below(ax, markerscale=2)
    return ax


@styled
def plot_groups_map(
    lon: ArrayLike, lat: ArrayLike, group: ArrayLike, *, ax: Axes | None = None, **style: Any
) -> Axes:
    """Points coloured by spatial group; colours repeat, the number of groups is in the title.

    Parameters
    ----------
    lon, lat : array (sample,) [degree]
        WGS 84 coordinates.
    group : array (sample,) [1]
        Group of each point.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to `Axes.scatter`.

    Returns
    -------
    Axes
        One set of markers for all points.
    """
    x, y = np.asarray(lon), np.asarray(lat)
    names, order = np.unique(np.asarray(group), return_inverse=True)
    colours = mpl.colormaps["tab20"](order % 20)
    ax = _degree_axes(x, y, ax, below=0.0)
    ax.scatter(x, y, **{"s": 14, "c": colours, "linewidths": 0, **style})
    ax.set_title(f"{len(names)} groups")
    return ax


@styled
def plot_classes_map(
    class_id: xr.DataArray,
    legend: Legend,
    *,
    xlabel: str | None = None,
    ylabel: str | None = None,
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Raster of classes in the colours of the book; unlabelled pixels stay white.

    Parameters
    ----------
    class_id : DataArray (y, x) [1]
        Class numbers, -1 where unlabelled, on evenly spaced coordinates x and y.
    legend : Legend
        What the numbers mean.
    xlabel, ylabel : str, optional
        Labels with units; by default from the attributes of the coordinates.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to `Axes.imshow`.

    Returns
    -------
    Axes
        North as the coordinates have it; a patch in the legend for each class on the map.

    Raises
    ------
    SchemaError
        If dims are not (y, x), a number is outside the legend, or units are not known.
    """
    require(
        class_id.dims == ("y", "x"), f"plot_classes_map: dims {class_id.dims}; expected (y, x). Transpose."
    )
    labels = axis_label(class_id["x"], xlabel, what="x"), axis_label(class_id["y"], ylabel, what="y")
    values = class_id.to_numpy()
    require(
        bool(((values >= _UNLABELLED) & (values < legend.n_class)).all()),
        f"plot_classes_map: numbers {values.min()} to {values.max()}; expected -1 to {legend.n_class - 1}. "
        "Use the legend of this raster.",
    )
    ax = new_axes(ax, height=5.6)
    colours = ListedColormap(["white", *(class_colour(name) for name in legend.names)])
    norm = BoundaryNorm(np.arange(-1.5, legend.n_class), colours.N)
    extent = _extent(class_id)
    ax.imshow(
        values, **{"cmap": colours, "norm": norm, "extent": extent, "interpolation": "nearest", **style}
    )
    ax.set(xlabel=labels[0], ylabel=labels[1])
    present = [i for i in range(legend.n_class) if (values == i).any()]
    patches = [Patch(color=class_colour(legend.names[i]), label=legend.names[i]) for i in present]
    legend_below(ax, handles=patches)
    return ax


def _degree_axes(x: np.ndarray, y: np.ndarray, ax: Axes | None, *, below: float) -> Axes:
    stretch = 1 / max(0.1, float(np.cos(np.deg2rad((y.min() + y.max()) / 2))))
    shape = np.ptp(y) * stretch / max(float(np.ptp(x)), 1e-9)
    ax = new_axes(ax, height=1.5 + below + float(np.clip(0.8 * WIDTH * shape, 1.2, 5.0)))
    ax.set_aspect(stretch, adjustable="datalim")
    ax.set(xlabel=_DEGREES[0], ylabel=_DEGREES[1])
    return ax


def _extent(raster: xr.DataArray) -> tuple[float, float, float, float]:
    left, right = _edges(raster["x"].to_numpy())
    top, bottom = _edges(raster["y"].to_numpy())
    return left, right, bottom, top


def _edges(centres: np.ndarray) -> tuple[float, float]:
    half = float(centres[1] - centres[0]) / 2 if len(centres) > 1 else 0.5
    return float(centres[0]) - half, float(centres[-1]) + half
