"""Refined Lee filter: local statistics in the half window on the pixel's own side of an edge."""

from __future__ import annotations

from functools import partial

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.features.compiled import compiled
from cropnb.features.edges import half_sums, halves, nearest_half, sub_means, window_prefixes
from cropnb.features.images import Image, require_window
from cropnb.features.local_statistics import (
    blend,
    filtered_values,
    power_planes,
    read_power,
    require_looks,
    weights,
)
from cropnb.features.rows import Planes, four
from cropnb.features.windows import window_pass
from cropnb.schema import require

_TILE = 256  # columns at a time, so that the partial sums of their windows stay in the cache


def refined_lee(values: Image | xr.Dataset, *, window: int = 7, n_looks: float) -> xr.DataArray | xr.Dataset:
    r"""Refined Lee filter: the estimate from the half of the window that lies on the pixel's side of an edge.

    .. math::
        \hat{z} = b z + (1 - b) \bar{z}, \qquad
        b = \max\left(0, \frac{1 - C_u^2 / C_z^2}{1 + C_u^2}\right), \quad
        C_z^2 = \frac{\mathrm{var}(z)}{\bar{z}^2}, \quad C_u^2 = \frac{1}{L}

    where :math:`z` is `values` (of a C2: the span :math:`C_{vv,vv} + C_{vh,vh}`), :math:`\bar{z}` and
    :math:`\mathrm{var}(z)` are mean and unbiased variance over the half window, and :math:`L` is `n_looks`.

    Parameters
    ----------
    values : DataArray or ndarray or dask Array or Dataset (..., y, x) [1, linear power]
        Power, never decibels; or a covariance matrix (`c2_from_slc`), whose elements all get the half window
        and the weight of the span, so that it stays a covariance matrix.
    window : int () [pixel]
        Odd width, 5 or more; the papers use 7.
    n_looks : float () [count]
        Looks of the input, those of the span for a C2; see `equivalent_number_of_looks`.

    Returns
    -------
    DataArray or Dataset (..., y, x) [1, linear power]
        Same dims, coordinates and attributes; other variables of a Dataset are left alone.

    Raises
    ------
    SchemaError
        If the window is even or below 5, `n_looks` is not positive, or the input is no power and no C2.

    Notes
    -----
    1. Means of the span in 3 x 3 overlapping sub-windows (a window of 7: 3 x 3 pixels, 2 pixels apart).
    2. Of their four gradients (across, down, along both diagonals) the steepest tells how the edge runs; the
       first of them where several are.
    3. Of the two sides of that edge, the one whose sub-window is closer to the central one in mean; the first
       (left, upper, upper right, upper left) where both are. The half window is that side with the central
       line, 28 of 49 pixels.

    Where the area is homogeneous a half is chosen by speckle, so that at most 28 pixels are averaged.
    The weight is the linear one of least mean square error, at most 1 / (1 + C_u^2): a point is damped.
    `n_looks` of infinity returns the input.

    A pixel missing in any element is NaN in all, and counts in no mean; outside of the image is missing. A
    sub-window without a valid pixel shows no gradient and is never the closer one.

    References
    ----------
    [Lee1999]

    Examples
    --------
    >>> edge = np.where(np.arange(8) < 4, 1.0, 2.0) * np.ones((7, 1))
    >>> refined_lee(edge, n_looks=4).values[3]
    array([1., 1., 1., 1., 2., 2., 2., 2.])
    """
    require_window("refined_lee", window)
    require(window >= 5, f"refined_lee: window {window}; expected 5 or more. Take lee for 3.")
    require_looks("refined_lee", n_looks)
    reach = window // 2
    planes = power_planes(values, name="refined_lee")
    kernel = partial(_refined_pass, reach, 1.0 / n_looks)
    filtered = window_pass(kernel, planes, reach=(reach, reach), n_output=len(planes))
    return filtered_values(filtered, like=values)


def _refined_pass(
    reach: int,
    noise: float,
    planes: tuple[NDArray[np.inexact], ...],
    out: NDArray[np.floating],
    start: int,
    stop: int,
) -> None:
    table = halves(2 * reach + 1)
    for left in range(0, out.shape[2], _TILE):
        _refined_tile(noise, table, four(planes), left, out[:, start:stop, left : left + _TILE], start)


@compiled
def _refined_tile(
    noise: float,
    table: NDArray[np.int64],
    planes: Planes,
    left: int,
    out: NDArray[np.floating],
    start: int,
) -> None:
    n_plane, n_column = out.shape[0], out.shape[2]
    reach = table.shape[1] // 2
    step = (reach + 1) // 2  # between sub-windows, which reach as far as the window does
    ring = np.zeros((2 * reach + 1, n_plane + 3, n_column + 2 * reach), out.dtype)
    prefixes = np.zeros((2 * reach + 1, n_plane + 3, 2 * reach + 2, n_column + 2 * reach), out.dtype)
    means = np.zeros((2 * step + 1, n_column + 2 * step), out.dtype)
    sums = np.zeros((n_plane + 3, n_column), out.dtype)
    weight = np.zeros(n_column, out.dtype)
    half = np.zeros(n_column, np.int64)
    work = np.zeros((23, n_column), out.dtype)
    for row in range(start - reach, start + out.shape[1] + reach):
        slot = row % ring.shape[0]
        read_power(planes, n_plane, row, left - reach, ring[slot])
        window_prefixes(ring[slot], prefixes[slot])
        sub_means(ring, row - reach + step, reach - step, means)
        centre = row - reach
        if centre >= start:
            nearest_half(means, centre, work, half)
            half_sums(prefixes, table, centre, half, sums)
            weights(sums, noise, 1.0 + noise, weight)
            blend(
                ring[centre % ring.shape[0], :, reach : reach + n_column], sums, weight, out, centre - start
            )
