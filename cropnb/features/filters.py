"""Speckle averaging: the boxcar mean over a square window, blind to missing pixels."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from cropnb.schema import require


def boxcar(array: xr.DataArray, *, window: int) -> xr.DataArray:
    r"""Mean over a square window of the valid pixels only.

    .. math::
        \bar{z}(i, j) = \frac{\sum_{W} v z}{\sum_{W} v}

    where :math:`z` is `array`, :math:`v` is 1 where it is finite and 0 elsewhere, and :math:`W` the window of
    `window` x `window` pixels around (i, j), cut at the border of the image.

    Parameters
    ----------
    array : DataArray (..., y, x) [any]
        Real or complex; take linear power, never decibels, to average speckle. NumPy or Dask.
    window : int () [pixel]
        Odd width of the window; 1 returns the input.

    Returns
    -------
    DataArray (..., y, x) [any]
        Same dims, coordinates, dtype and attributes. A missing pixel stays missing; its neighbours are
        averaged over what is left of their windows.

    Raises
    ------
    SchemaError
        If the window is even or below 1, or the last two dims are not y, x.

    Notes
    -----
    At the border the mean runs over the part of the window inside the image. Dask chunks are computed with
    the halo they need, so the result does not depend on the chunks.

    Examples
    --------
    >>> image = xr.DataArray([[1.0, np.nan], [3.0, 5.0]], dims=("y", "x"))
    >>> boxcar(image, window=3).values
    array([[ 3., nan],
           [ 3.,  3.]])
    """
    require(
        window >= 1 and window % 2 == 1,
        f"boxcar: window {window}; expected an odd number of pixels. Take {max(1, window | 1)}.",
    )
    require(
        array.dims[-2:] == ("y", "x"),
        f"boxcar: dims {array.dims}; expected (..., 'y', 'x'). Use array.transpose(..., 'y', 'x').",
    )
    if window == 1:
        return array
    if array.chunks is None:
        return array.copy(data=_windowed_mean(array.values, window))
    depth = {array.ndim - 2: window // 2, array.ndim - 1: window // 2}
    data = array.data.map_overlap(
        _windowed_mean, depth=depth, boundary="none", window=window, dtype=array.dtype
    )
    return array.copy(data=data)


def _windowed_mean(values: NDArray[np.inexact], window: int) -> NDArray[np.inexact]:
    valid = np.isfinite(values)
    size = (1,) * (values.ndim - 2) + (window, window)
    # Zeros outside the image: numerator and denominator lose the same pixels, the ratio is the mean inside.
    total = uniform_filter(np.where(valid, values, 0), size=size, mode="constant")
    share = uniform_filter(valid.astype(np.float64), size=size, mode="constant")
    missing = complex(np.nan, np.nan) if np.iscomplexobj(values) else np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(valid, total / share, missing)
    return mean.astype(values.dtype)
