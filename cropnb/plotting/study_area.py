"""Map of a study area: what is there, the squares it is divided into, and the line around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Patch, Rectangle
from numpy.typing import ArrayLike

from cropnb.legends import Legend
from cropnb.plotting.cartography import kilometre_axes, north_arrow, scale_bar
from cropnb.plotting.maps import draw_classes
from cropnb.plotting.style import WIDTH, legend_below, new_axes, styled
from cropnb.schema import require

PART_COLOURS = {"train": "#332288", "valid": "#EE3377", "test": "#000000"}  # Tol; none is that of a crop
_PART_LINES = {"train": "-", "valid": (0, (4, 1.5)), "test": (0, (1, 1))}
_SIDES = ("west", "south", "east", "north")
_GREY = "#9A9A9A"
_INSET = 0.045  # of a square's side, so that the frames of neighbours lie side by side
_FOOT = 0.1  # of the height, for scale bar and arrow
_HALO = 3.6  # points of white under a frame, so that it stands out on any class


@styled
def plot_study_area(
    squares: pd.DataFrame,
    *,
    maps: Sequence[xr.DataArray] = (),
    legend: Legend | None = None,
    boundary: ArrayLike = (),
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Grid squares framed in the colour of their part of the split, over maps of the classes.

    Parameters
    ----------
    squares : DataFrame (square, column) [m]
        Sides `west`, `south`, `east`, `north`, and `part`: train, valid, test, or missing where a square
        belongs to none.
    maps : sequence of DataArray (y, x) [1]
        Class numbers, -1 where unlabelled, on evenly spaced coordinates in metres: one map, or a piece for
        each square.
    legend : Legend, optional
        What the numbers mean.
    boundary : array (side, 2, 2) [m]
        Start and end of each piece of a boundary line.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to the frames of the squares.

    Returns
    -------
    Axes
        With a scale bar and an arrow to the north below the squares; the legend counts the squares.

    Raises
    ------
    SchemaError
        If there is no square, a column is missing, or there are maps without a legend.
    """
    lacking = [name for name in (*_SIDES, "part") if name not in squares]
    require(
        len(squares) > 0 and not lacking,
        f"plot_study_area: {len(squares)} squares without {lacking}; expected {(*_SIDES, 'part')}. "
        "Take cropnb.scenes.study_area.block_squares, and add the part of each block.",
    )
    require(
        legend is not None or not len(maps), "plot_study_area: maps without a legend; expected both. Pass it."
    )
    entries = len(legend.names if legend else ()) + squares["part"].nunique() + 2
    ax = _axes(squares, ax, n_entry=entries)
    handles: dict[str, Artist] = {}
    for piece in maps:
        if legend is not None:
            handles |= {str(p.get_label()): p for p in draw_classes(ax, piece, legend)}
    handles |= _draw_squares(ax, squares, style)
    handles |= _draw_boundary(ax, boundary)
    _finish(ax, squares)
    legend_below(ax, handles=list(handles.values()))
    return ax


def _axes(squares: pd.DataFrame, ax: Axes | None, *, n_entry: int) -> Axes:
    west, south, east, north = _bounds(squares)
    shape = (1 + _FOOT) * (north - south) / (east - west)
    height = min(6.0, (WIDTH - 0.9) * shape)
    return new_axes(ax, height=height + 0.9 + 0.25 * ((n_entry + 1) // 2))


def _bounds(squares: pd.DataFrame) -> tuple[float, float, float, float]:
    low, high = squares[["west", "south"]].min(), squares[["east", "north"]].max()
    return float(low["west"]), float(low["south"]), float(high["east"]), float(high["north"])


def _draw_squares(ax: Axes, squares: pd.DataFrame, style: dict[str, Any]) -> dict[str, Artist]:
    known = [part for part in PART_COLOURS if (squares["part"] == part).any()]
    for square in squares.itertuples():
        look = _look(str(square.part) if square.part in known else "")
        width, height = square.east - square.west, square.north - square.south
        inset = _INSET * min(width, height) if square.part in known else 0.0
        corner = (square.west + inset, square.south + inset)
        size = (width - 2 * inset, height - 2 * inset)
        if square.part in known:
            tint = {"facecolor": look["edgecolor"], "alpha": 0.15, "linewidth": 0, "zorder": -1}
            ax.add_patch(Rectangle(corner, *size, **tint))
            ax.add_patch(Rectangle(corner, *size, fill=False, edgecolor="white", linewidth=_HALO, zorder=2.9))
        ax.add_patch(Rectangle(corner, *size, fill=False, **{"zorder": 3, **look, **style}))
    counts = squares["part"].value_counts()
    named = {part: f"{part} ({counts[part]} square{'s' * int(counts[part] > 1)})" for part in known}
    handles: dict[str, Artist] = {
        part: Patch(facecolor="white", label=label, **_look(part)) for part, label in named.items()
    }
    if not squares["part"].isin(known).all():
        handles["none"] = Patch(facecolor="white", label="other squares", **_look(""))
    return handles


def _look(part: str) -> dict[str, Any]:
    if not part:
        return {"edgecolor": _GREY, "linewidth": 0.8}
    return {"edgecolor": PART_COLOURS[part], "linestyle": _PART_LINES[part], "linewidth": 2.0}


def _draw_boundary(ax: Axes, boundary: ArrayLike) -> dict[str, Artist]:
    lines = LineCollection(
        list(np.asarray(boundary)), colors="black", linewidths=1.4, zorder=4, label="boundary"
    )
    if not lines.get_segments():
        return {}
    ax.add_collection(lines)
    return {"boundary": lines}


def _finish(ax: Axes, squares: pd.DataFrame) -> None:
    west, south, east, north = _bounds(squares)
    rim = 0.01 * (east - west)
    foot = _FOOT * (north - south)
    ax.set(xlim=(west - rim, east + rim), ylim=(south - foot, north + rim), aspect="equal")
    scale_bar(ax, left=west, width=east - west, y=0.04)
    north_arrow(ax, x=0.97, y=0.01, height=0.06)
    kilometre_axes(ax)
