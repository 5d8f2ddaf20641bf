"""Feature images: one small map per feature, each with its own colour bar, and a word where there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from cropnb.plotting.style import WIDTH, axis_label, new_axes, styled
from cropnb.schema import require

_TALLEST = 3.4  # inches of one image


@styled
def plot_images(
    images: Sequence[xr.DataArray],
    *,
    limits: Mapping[str, tuple[float, float]] | None = None,
    n_column: int = 2,
    aspect: float = 1.0,
    **style: Any,
) -> list[Axes]:
    """Maps side by side with a colour bar below each; missing pixels stay white.

    Parameters
    ----------
    images : sequence of DataArray (y, x) [unit of each]
        What to show; `attrs` name quantity and unit.
    limits : mapping of str to (low, high), optional
        Range of the colours by the name of the array; by default from percentile 2 to percentile 98.
    n_column : int () [count]
        Images in a row.
    aspect : float () [1]
        Height of a pixel over its width.
    **style : object
        Passed to `Axes.imshow`.

    Returns
    -------
    list of Axes
        In the order of `images`, without ticks.

    Raises
    ------
    SchemaError
        If there is nothing to show, dims are not (y, x), or an image has no unit.
    """
    require(len(images) > 0, "plot_images: no image; expected at least one. Give some.")
    rows = -(-len(images) // n_column)
    shape = images[0].sizes["y"] * aspect / images[0].sizes["x"]
    height = min(_TALLEST, WIDTH / n_column * shape) + 0.75
    grid = plt.subplots(rows, n_column, figsize=(WIDTH, rows * height), squeeze=False)[1]
    grid.flat[0].figure.get_layout_engine().set(h_pad=0.1)  # a title keeps clear of the bar above it
    for ax, image in zip(grid.flat, images, strict=False):
        _draw(ax, image, (limits or {}).get(str(image.name)), {"aspect": aspect, **style})
    for ax in list(grid.flat)[len(images) :]:
        ax.set_axis_off()
    return list(grid.flat)[: len(images)]


@styled
def plot_notice(text: str, *, ax: Axes | None = None) -> Axes:
    """Words in the place of a figure that could not be drawn.

    Parameters
    ----------
    text : str
        Why, and what would help.
    ax : Axes, optional
        Where to write; a new figure by default.

    Returns
    -------
    Axes
        An empty frame with the words in it.
    """
    ax = new_axes(ax, height=1.5)
    ax.text(0.5, 0.5, fill(text, 46), ha="center", va="center", transform=ax.transAxes)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, linestyle=":", color="#6E6E6E")
    return ax


def _draw(
    ax: Axes, image: xr.DataArray, limits: tuple[float, float] | None, style: Mapping[str, Any]
) -> None:
    require(image.dims == ("y", "x"), f"plot_images: dims {image.dims}; expected (y, x). Select one date.")
    label = axis_label(image, None, what="image")
    values = image.to_numpy()
    seen = values[np.isfinite(values)]
    low, high = limits or (np.percentile(seen, (2, 98)) if seen.size else (0.0, 1.0))
    look = {"cmap": "cividis", "vmin": low, "vmax": high, "interpolation": "nearest", **style}
    drawn = ax.imshow(values, **look)
    ax.set(xticks=[], yticks=[])
    bar = ax.figure.colorbar(drawn, ax=ax, orientation="horizontal", fraction=0.06, pad=0.03)
    bar.ax.tick_params(labelsize=11)
    bar.ax.locator_params(nbins=4)
    bar.outline.set_visible(False)
    ax.set_title(label, fontsize=11)
