"""Small maps: where the samples are, which spatial groups they form, what a raster says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.patches import Patch, Rectangle
from numpy.typing import ArrayLike

from cropnb.legends import Legend, class_colour
from cropnb.plotting.style import MARKERS, WIDTH, axis_label, legend_below, new_axes, styled
from cropnb.schema import require

NO_DATA: dict[str, Any] = {"facecolor": "#DDDDDD", "edgecolor": "#777777", "hatch": "////", "linewidth": 0}
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
    nodata: str = "",
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Raster of classes in the colours of the book.

    Parameters
    ----------
    class_id : DataArray (y, x) [1]
        Class numbers, -1 where unlabelled, on evenly spaced coordinates x and y.
    legend : Legend
        What the numbers mean.
    xlabel, ylabel : str, optional
        Labels with units; by default from the attributes of the coordinates.
    nodata : str
        What -1 means: these pixels are grey and hatched, with an entry of this name. By default they are
        unlabelled, and white.
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
    _require_map(class_id)
    labels = axis_label(class_id["x"], xlabel, what="x"), axis_label(class_id["y"], ylabel, what="y")
    ax = new_axes(ax, height=5.6)
    patches = draw_classes(ax, class_id, legend, nodata=nodata, **style)
    ax.set(xlabel=labels[0], ylabel=labels[1])
    legend_below(ax, handles=patches)
    return ax


def draw_classes(
    ax: Axes, class_id: xr.DataArray, legend: Legend, *, nodata: str = "", **style: Any
) -> list[Patch]:
    """Draw a raster of classes into axes.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    class_id : DataArray (y, x) [1]
        Class numbers, -1 where unlabelled, on evenly spaced coordinates x and y.
    legend : Legend
        What the numbers mean.
    nodata : str
        What -1 means, for grey and hatched pixels; white ones if empty.
    **style : object
        Passed to `Axes.imshow`.

    Returns
    -------
    list of Patch
        An entry for the legend for each class on the map, and for what has no data.

    Raises
    ------
    SchemaError
        If dims are not (y, x), or a number is outside the legend.
    """
    _require_map(class_id)
    values = class_id.to_numpy()
    require(
        bool(((values >= _UNLABELLED) & (values < legend.n_class)).all()),
        f"plot_classes_map: numbers {values.min()} to {values.max()}; expected -1 to {legend.n_class - 1}. "
        "Use the legend of this raster.",
    )
    below = "none" if nodata else "white"
    colours = ListedColormap([below, *(class_colour(name) for name in legend.names)])
    norm = BoundaryNorm(np.arange(-1.5, legend.n_class), colours.N)
    extent = map_extent(class_id)
    ax.imshow(
        values, **{"cmap": colours, "norm": norm, "extent": extent, "interpolation": "nearest", **style}
    )
    present = [i for i in range(legend.n_class) if (values == i).any()]
    patches = [Patch(color=class_colour(legend.names[i]), label=legend.names[i]) for i in present]
    if nodata and (values == _UNLABELLED).any():
        patches.append(hatch_below(ax, extent, nodata))
    return patches


def hatch_below(ax: Axes, extent: tuple[float, float, float, float], label: str) -> Patch:
    """Grey hatching under an image, to be seen where the image is transparent.

    Parameters
    ----------
    ax : Axes
        Of the image.
    extent : tuple of float (4,)
        Left, right, bottom, top, as `map_extent` gives them.
    label : str
        What is missing there.

    Returns
    -------
    Patch
        Entry for the legend.
    """
    left, right, bottom, top = extent
    ax.add_patch(Rectangle((left, bottom), right - left, top - bottom, zorder=-0.5, **NO_DATA))
    return Patch(**NO_DATA, label=label)


def map_extent(raster: xr.DataArray) -> tuple[float, float, float, float]:
    """Outer edges of a raster.

    Parameters
    ----------
    raster : DataArray (y, x)
        On evenly spaced coordinates.

    Returns
    -------
    tuple of float (4,) [unit of the coordinates]
        Left, right, bottom, top.
    """
    left, right = _edges(raster["x"].to_numpy())
    top, bottom = _edges(raster["y"].to_numpy())
    return left, right, bottom, top


def _require_map(class_id: xr.DataArray) -> None:
    require(
        class_id.dims == ("y", "x"), f"plot_classes_map: dims {class_id.dims}; expected (y, x). Transpose."
    )


def _degree_axes(x: np.ndarray, y: np.ndarray, ax: Axes | None, *, below: float) -> Axes:
    stretch = 1 / max(0.1, float(np.cos(np.deg2rad((y.min() + y.max()) / 2))))
    shape = np.ptp(y) * stretch / max(float(np.ptp(x)), 1e-9)
    ax = new_axes(ax, height=1.5 + below + float(np.clip(0.8 * WIDTH * shape, 1.2, 5.0)))
    ax.set_aspect(stretch, adjustable="datalim")
    ax.set(xlabel=_DEGREES[0], ylabel=_DEGREES[1])
    return ax


def _edges(centres: np.ndarray) -> tuple[float, float]:
    half = float(centres[1] - centres[0]) / 2 if len(centres) > 1 else 0.5
    return float(centres[0]) - half, float(centres[-1]) + half
