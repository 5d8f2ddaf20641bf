"""Speckle averaging: the boxcar mean over a window, blind to missing pixels."""

from __future__ import annotations

from functools import partial

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.features.compiled import compiled
from cropnb.features.images import Image, as_image, require_window
from cropnb.features.planes import image_from_planes, real_planes
from cropnb.features.rows import Planes, column_sums, four, read_row, window_sums
from cropnb.features.windows import window_pass
from cropnb.schema import require


def boxcar(array: Image, *, window: int | tuple[int, int]) -> xr.DataArray:
    r"""Mean over a window of the valid pixels only.

    .. math::
        \bar{z}(i, j) = \frac{\sum_{W} v z}{\sum_{W} v}

    where :math:`z` is `array`, :math:`v` is 1 where it is finite and 0 elsewhere, and :math:`W` the `window`
    around (i, j), cut at the border of the image.

    Parameters
    ----------
    array : DataArray or ndarray or dask Array (..., y, x) [any]
        Real or complex; take linear power, never decibels, to average speckle.
    window : int or tuple of int (2,) [pixel]
        Odd width of a square window, or widths along y (azimuth) and x (range).

    Returns
    -------
    DataArray (..., y, x) [any]
        Same dims, coordinates, precision and attributes; integers become floating point. A missing pixel
        stays missing; its neighbours are averaged over what is left of their windows.

    Raises
    ------
    SchemaError
        If a width is even or below 1, or the last two dims are not y, x.

    Notes
    -----
    NaN and infinity are missing; a complex pixel is missing if either part is. At the border the mean runs
    over the part of the window inside the image; a window larger than the image sees all of it. Dask arrays
    are computed by chunk with the halo they need, to the same bits as NumPy. Sums of float32 run in float32:
    for positive values a relative error of about 1e-7 times the width. Means of overlapping windows are
    correlated.

    Examples
    --------
    >>> image = xr.DataArray([[1.0, np.nan], [3.0, 5.0]], dims=("y", "x"))
    >>> boxcar(image, window=3).values
    array([[ 3., nan],
           [ 3.,  3.]])
    """
    widths = window_pair("boxcar", window)
    image = as_image(array, name="boxcar")
    reach = (widths[0] // 2, widths[1] // 2)
    planes = real_planes(image)
    means = window_pass(partial(_means, *reach), planes, reach=reach, n_output=len(planes))
    return image_from_planes(means, like=image)


def window_pair(name: str, window: int | tuple[int, int]) -> tuple[int, int]:
    """Widths along y and x from one width or two.

    Parameters
    ----------
    name : str () [1]
        The function that asks, for the error message.
    window : int or tuple of int (2,) [pixel]
        One width for both, or one each.

    Returns
    -------
    tuple of int (2,) [pixel]
        Along y, along x.

    Raises
    ------
    SchemaError
        If there are not two widths, or one is even, below 1 or no whole number.
    """
    widths = tuple(window) if isinstance(window, (tuple, list)) else (window, window)
    require(len(widths) == 2, f"{name}: window {window!r}; expected one width or a pair along y and x.")
    require_window(name, *widths)
    return int(widths[0]), int(widths[1])


def _means(
    reach_y: int,
    reach_x: int,
    planes: tuple[NDArray[np.inexact], ...],
    out: NDArray[np.floating],
    start: int,
    stop: int,
) -> None:
    _boxcar(reach_y, reach_x, four(planes), out, start, stop)


@compiled
def _boxcar(
    reach_y: int,
    reach_x: int,
    planes: Planes,
    out: NDArray[np.floating],
    start: int,
    stop: int,
) -> None:
    n_plane, n_column = out.shape[0], out.shape[2]
    ring = np.zeros((2 * reach_y + 1, n_plane + 1, n_column + 2 * reach_x), out.dtype)
    columns = np.zeros(ring.shape[1:], out.dtype)
    sums = np.zeros((n_plane + 1, n_column), out.dtype)
    for row in range(start - reach_y, start + reach_y):
        read_row(planes, n_plane, row, -reach_x, ring[row % ring.shape[0]])
    for row in range(start, stop):
        read_row(planes, n_plane, row + reach_y, -reach_x, ring[(row + reach_y) % ring.shape[0]])
        column_sums(ring, row, reach_y, columns)
        window_sums(columns, reach_x, sums)
        valid = ring[row % ring.shape[0], 0, reach_x : reach_x + n_column]
        for plane in range(n_plane):
            _mean(sums[1 + plane], sums[0], valid, out[plane, row])


@compiled
def _mean(
    total: NDArray[np.floating],
    n_valid: NDArray[np.floating],
    valid: NDArray[np.floating],
    out: NDArray[np.floating],
) -> None:
    zero, missing = out.dtype.type(0), out.dtype.type(np.nan)
    for x in range(out.size):
        mean = total[x] / n_valid[x]
        out[x] = mean if valid[x] > zero else missing
