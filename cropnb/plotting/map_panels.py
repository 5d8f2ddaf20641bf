"""Maps side by side: reference and predictions of the same places, and how the radar sees them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from cropnb.legends import Legend
from cropnb.plotting.cartography import scale_bar
from cropnb.plotting.maps import draw_classes, hatch_below, map_extent
from cropnb.plotting.style import TICK_SIZE, WIDTH, styled
from cropnb.schema import require

Stretch = Mapping[str, tuple[float, float]]
_LETTER = 0.085  # inches, of a title
_ROW_NAME = 0.25  # inches


@styled
def plot_map_panels(
    maps: Sequence[xr.DataArray | xr.Dataset],
    *,
    legend: Legend,
    titles: Sequence[str],
    nodata: str | Sequence[str] = "no data",
    stretch: Stretch | None = None,
    rows: Sequence[str] = (),
    n_column: int = 3,
) -> list[Axes]:
    """Maps of classes and false-colour pictures, row after row, with one legend below.

    Parameters
    ----------
    maps : sequence of DataArray (y, x) [1] or Dataset (y, x) [unit of each]
        Class numbers, -1 where there is none; or three images that become red, green and blue, in this
        order. On evenly spaced coordinates in metres.
    legend : Legend
        What the class numbers mean.
    titles : sequence of str
        One for each map; a picture's has the names of its three images added.
    nodata : str or sequence of str
        What -1 means on the maps, or on each of them: grey and hatched pixels with an entry of this name in
        the legend; white and without an entry where it is empty, as for a reference.
    stretch : mapping of str to (low, high), optional
        Values of each image of a picture that become dark and bright, by its name.
    rows : sequence of str
        Names of the rows, such as sites, at the left.
    n_column : int () [count]
        Maps in a row.

    Returns
    -------
    list of Axes
        In the order of `maps`, without ticks, with a scale bar under the last one.

    Raises
    ------
    SchemaError
        If numbers of maps, titles and meanings of -1 differ, or an image has no stretch.
    """
    missing = [nodata] * len(maps) if isinstance(nodata, str) else list(nodata)
    require(
        0 < len(maps) == len(titles) == len(missing),
        f"plot_map_panels: {len(maps)} maps, {len(titles)} titles, {len(missing)} nodata; expected one each. "
        "Give all titles.",
    )
    axes = _grid(maps, n_column=n_column, named=bool(rows))
    width = (WIDTH - _ROW_NAME * bool(rows)) / n_column
    patches: dict[str, Patch] = {}
    for ax, image, title, meaning in zip(axes, maps, titles, missing, strict=True):
        picture = isinstance(image, xr.Dataset)
        found = (
            draw_picture(ax, image, stretch or {}, nodata=meaning)
            if isinstance(image, xr.Dataset)
            else draw_classes(ax, image, legend, nodata=meaning)
        )
        patches |= {str(patch.get_label()): patch for patch in found}
        words = "\n".join(fill(line, int(width / _LETTER)) for line in title.split("\n"))
        ax.set_title(f"{words}\n{_channels(image)}" if picture else words, fontsize=TICK_SIZE)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    _name_rows(axes[::n_column], rows)
    _scale(axes[-1], maps[-1])
    order = {name: n for n, name in enumerate(legend.names)}
    handles = sorted(patches.values(), key=lambda patch: order.get(str(patch.get_label()), len(order)))
    axes[0].figure.legend(handles=handles, loc="outside lower center", ncols=min(3, len(handles)))
    return axes


def draw_picture(ax: Axes, image: xr.Dataset, stretch: Stretch, *, nodata: str = "") -> list[Patch]:
    """Draw three images as red, green and blue.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    image : Dataset (y, x) [unit of each]
        Three images; NaN where missing.
    stretch : mapping of str to (low, high)
        Values of each image that become dark and bright.
    nodata : str
        Entry of the legend for pixels that lack an image; without an entry, and white, if empty.

    Returns
    -------
    list of Patch
        The entry, if there are such pixels.

    Raises
    ------
    SchemaError
        If there are not three images (y, x), or one has no stretch.
    """
    names = [str(name) for name in image.data_vars]
    dims = {image[name].dims for name in names}
    require(
        len(names) == 3 and dims == {("y", "x")} and all(name in stretch for name in names),
        f"plot_map_panels: images {names} with dims {sorted(dims)}, stretch of {sorted(stretch)}; expected "
        "three images (y, x), red, green, blue, and low and high of each. Select one date.",
    )
    planes = []
    for name in names:
        low, high = stretch[name]
        planes.append(np.clip((image[name].to_numpy().astype(float) - low) / (high - low), 0, 1))
    rgb = np.stack(planes, axis=-1)
    seen = np.isfinite(rgb).all(axis=-1, keepdims=True)
    extent = map_extent(image[names[0]])
    ax.imshow(np.concatenate([np.where(seen, rgb, 1), seen], axis=-1), extent=extent, interpolation="nearest")
    return [hatch_below(ax, extent, nodata)] if nodata and not seen.all() else []


def _grid(maps: Sequence[xr.DataArray | xr.Dataset], *, n_column: int, named: bool) -> list[Axes]:
    n_row = math.ceil(len(maps) / n_column)
    shape = maps[0].sizes["y"] / maps[0].sizes["x"]
    panel = (WIDTH - _ROW_NAME * named) / n_column * shape + 0.45
    grid = plt.subplots(n_row, n_column, figsize=(WIDTH, n_row * panel + 0.9), squeeze=False)[1]
    axes: list[Axes] = list(grid.ravel())
    for ax in axes[len(maps) :]:
        ax.set_axis_off()
    return axes[: len(maps)]


def _channels(image: xr.DataArray | xr.Dataset) -> str:
    names = list(image.data_vars) if isinstance(image, xr.Dataset) else []
    return ", ".join(f"{letter} {name}" for letter, name in zip("RGB", names, strict=False))


def _name_rows(firsts: Sequence[Axes], rows: Sequence[str]) -> None:
    for ax, name in zip(firsts, rows, strict=False):
        ax.set_ylabel(name, fontsize=TICK_SIZE)


def _scale(ax: Axes, image: xr.DataArray | xr.Dataset) -> None:
    one = image[next(iter(image.data_vars))] if isinstance(image, xr.Dataset) else image
    left, right, _, _ = map_extent(one)
    scale_bar(ax, left=left, width=right - left, y=-0.06)
