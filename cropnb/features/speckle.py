"""Adaptive speckle filtering after Lee, and the equivalent number of looks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.features.compiled import compiled
from cropnb.features.images import Image, require_window
from cropnb.features.local_statistics import (
    blend,
    filtered_values,
    looks,
    power_planes,
    read_power,
    require_looks,
    weights,
)
from cropnb.features.rows import Planes, column_sums, four, window_sums
from cropnb.features.windows import window_pass
from cropnb.schema import require

LOOKS_ATTRS = {"units": "1", "long_name": "equivalent number of looks"}


def lee(values: Image | xr.Dataset, *, window: int = 3, n_looks: float) -> xr.DataArray | xr.Dataset:
    r"""Lee filter: between the pixel and the mean of its window, by the local coefficient of variation.

    .. math::
        \hat{z} = b z + (1 - b) \bar{z}, \qquad
        b = \max\left(0, 1 - \frac{C_u^2}{C_z^2}\right), \quad
        C_z^2 = \frac{\mathrm{var}(z)}{\bar{z}^2}, \quad C_u^2 = \frac{1}{L}

    where :math:`z` is `values` (of a C2: the span :math:`C_{vv,vv} + C_{vh,vh}`), :math:`\bar{z}` and
    :math:`\mathrm{var}(z)` are mean and unbiased variance over the `window`, and :math:`L` is `n_looks`.

    Parameters
    ----------
    values : DataArray or ndarray or dask Array or Dataset (..., y, x) [1, linear power]
        Power, never decibels; or a covariance matrix (`c2_from_slc`), whose elements all get the weight of
        the span, so that it stays a covariance matrix.
    window : int () [pixel]
        Odd width of the square window; 3 in the thesis.
    n_looks : float () [count]
        Looks of the input, those of the span for a C2; see `equivalent_number_of_looks`.

    Returns
    -------
    DataArray or Dataset (..., y, x) [1, linear power]
        Same dims, coordinates and attributes; other variables of a Dataset are left alone.

    Raises
    ------
    SchemaError
        If the window is even or below 1, `n_looks` is not positive, or the input is no power and no C2.

    Notes
    -----
    Pure speckle has :math:`C_z = C_u` and gets the mean; an edge or a point gets a weight near 1 and is
    kept with its speckle. The estimate of :math:`C_z` scatters in a small window, so that some speckle stays
    in homogeneous areas: fewer looks are gained than pixels averaged. `n_looks` of infinity returns the
    input. The weight lacks the factor 1 / (1 + C_u^2) of `refined_lee`; SNAP's filter "Lee" takes it, too.

    The span of two uncorrelated channels of equal power has twice their looks, that of VV and VH of crops
    somewhat more than one channel: `n_looks` of one channel smooths a little more than it has to.

    A pixel missing in any element is NaN in all; its neighbours use what is left of their windows, also at
    the border. A window with one valid pixel gives that pixel. Negative power (noise subtracted) is averaged
    like any other.

    References
    ----------
    [Lee1980], [Lee1999], [Liu2024] (window)

    Examples
    --------
    >>> edge = np.where(np.arange(6) < 3, 1.0, 100.0) * np.ones((3, 1))
    >>> lee(edge, window=3, n_looks=50).values[1].round(1)
    array([  1. ,   1. ,   1.3,  98.8, 100. , 100. ])
    """
    require_window("lee", window)
    require_looks("lee", n_looks)
    reach = window // 2
    planes = power_planes(values, name="lee")
    kernel = partial(_lee_pass, reach, 1.0 / n_looks)
    return filtered_values(
        window_pass(kernel, planes, reach=(reach, reach), n_output=len(planes)), like=values
    )


def _lee_pass(
    reach: int,
    noise: float,
    planes: tuple[NDArray[np.inexact], ...],
    out: NDArray[np.floating],
    start: int,
    stop: int,
) -> None:
    _lee(reach, noise, four(planes), out, start, stop)


@compiled
def _lee(reach: int, noise: float, planes: Planes, out: NDArray[np.floating], start: int, stop: int) -> None:
    n_plane, n_column = out.shape[0], out.shape[2]
    ring = np.zeros((2 * reach + 1, n_plane + 3, n_column + 2 * reach), out.dtype)
    columns = np.zeros(ring.shape[1:], out.dtype)
    sums = np.zeros((n_plane + 3, n_column), out.dtype)
    weight = np.zeros(n_column, out.dtype)
    for row in range(start - reach, start + reach):
        read_power(planes, n_plane, row, -reach, ring[row % ring.shape[0]])
    for row in range(start, stop):
        read_power(planes, n_plane, row + reach, -reach, ring[(row + reach) % ring.shape[0]])
        column_sums(ring, row, reach, columns)
        window_sums(columns, reach, sums)
        weights(sums, noise, 1.0, weight)
        blend(ring[row % ring.shape[0], :, reach : reach + n_column], sums, weight, out, row)


def equivalent_number_of_looks(power: Image) -> xr.DataArray:
    r"""Equivalent number of looks of a homogeneous area.

    .. math::
        L = \frac{\bar{z}^2}{\mathrm{var}(z)}

    where :math:`z` is `power`, with its mean and unbiased variance over y and x.

    Parameters
    ----------
    power : DataArray or ndarray or dask Array (..., y, x) [1, linear power]
        Cut-out of one field, water body or forest.

    Returns
    -------
    DataArray (...) [count]
        One estimate per plane. Infinity for a constant area, NaN for fewer than two valid pixels.

    Raises
    ------
    SchemaError
        If the input is complex, or the last two dims are not y, x.

    Notes
    -----
    For gamma distributed speckle in N independent pixels the standard error is :math:`\sqrt{2 L (L + 1) / N}`
    and the bias :math:`(2 L + 3) / N`, upwards (both to first order in 1 / N). Texture, a gradient of
    incidence or an edge in the area lower the estimate. Correlated pixels scatter it more, and raise it where
    the area is only a few correlation lengths wide. Of an average of correlated looks it counts the
    independent ones.

    Missing pixels are left out. A plane is read whole, one at a time, also from Dask.

    References
    ----------
    [Lee1999]

    Examples
    --------
    >>> equivalent_number_of_looks(np.array([[1.0, 3.0], [1.0, 3.0]])).item()
    3.0
    """
    planes = power_planes(power, name="equivalent_number_of_looks")
    return _of_planes(_area_looks, planes[0]).assign_attrs(LOOKS_ATTRS)


def local_number_of_looks(power: Image, *, window: int = 7) -> xr.DataArray:
    """Map of the equivalent number of looks in the window around each pixel.

    Parameters
    ----------
    power : DataArray or ndarray or dask Array (..., y, x) [1, linear power]
        Not decibels.
    window : int () [pixel]
        Odd width of the square window, 3 or more.

    Returns
    -------
    DataArray (..., y, x) [count]
        Low at edges, points and texture. Infinity in a constant window.

    Raises
    ------
    SchemaError
        If the window is even or below 3, or the input is complex.

    Notes
    -----
    Formula, scatter and bias: `equivalent_number_of_looks` with N pixels of a window. A missing pixel is NaN,
    and so is one whose window has no other valid pixel; windows are cut at the border.

    Examples
    --------
    >>> local_number_of_looks(np.array([[1.0, 3.0], [1.0, 3.0]]), window=3).values
    array([[3., 3.],
           [3., 3.]])
    """
    require_window("local_number_of_looks", window)
    require(window >= 3, f"local_number_of_looks: window {window}; expected 3 or more.")
    planes = power_planes(power, name="local_number_of_looks")
    reach = window // 2
    (looks,) = window_pass(partial(_looks_pass, reach), planes, reach=(reach, reach), n_output=1)
    return planes[0].copy(data=looks.data).drop_attrs(deep=False).assign_attrs(LOOKS_ATTRS)


def modal_number_of_looks(power: Image, *, window: int = 15) -> xr.DataArray:
    r"""Equivalent number of looks of a whole image, without choosing an area: the mode of the local map.

    Parameters
    ----------
    power : DataArray or ndarray or dask Array (..., y, x) [1, linear power]
        Any scene in which windows without edge or texture are the most common.
    window : int () [pixel]
        Odd width of the local windows, 3 or more; narrower than the fields.

    Returns
    -------
    DataArray (...) [count]
        One estimate per plane; NaN where no window has a spread.

    Raises
    ------
    SchemaError
        If the window is even or below 3, or the input is complex.

    Notes
    -----
    The mode of the logarithm of `local_number_of_looks`: the mean over the interval of width
    :math:`2 \sqrt{8 / N}` that holds the most pixels, for N pixels in a window (twice the scatter at one
    look). A few percent off for 15 x 15 pixels; too low where most windows hold edges, too high for speckle
    that is correlated over much of the window. Missing pixels are left out.
    A plane is read whole, one at a time, also from Dask.

    Examples
    --------
    >>> speckle = np.random.default_rng(0).gamma(4.0, 0.25, (99, 99))
    >>> bool(abs(modal_number_of_looks(speckle).item() - 4) < 0.4)
    True
    """
    local = local_number_of_looks(power, window=window)
    width = 2.0 * np.sqrt(8.0 / window**2)
    return _of_planes(partial(_modal_looks, width=width), local).assign_attrs(LOOKS_ATTRS)


def _of_planes(function: Callable[..., np.float64], image: xr.DataArray) -> xr.DataArray:
    numbers: xr.DataArray = xr.apply_ufunc(
        function,
        image,
        input_core_dims=[["y", "x"]],
        vectorize=True,
        dask="parallelized",
        output_dtypes=[np.float64],
        dask_gufunc_kwargs={"allow_rechunk": True},
    )
    return numbers


def _area_looks(plane: NDArray[np.floating]) -> np.float64:
    valid = plane[np.isfinite(plane)].astype(np.float64)
    if valid.size < 2:
        return np.float64(np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.float64(valid.mean() ** 2 / valid.var(ddof=1))


def _modal_looks(plane: NDArray[np.floating], width: float) -> np.float64:
    ordered = np.sort(np.log(plane[np.isfinite(plane) & (plane > 0)].astype(np.float64)))
    if ordered.size == 0:
        return np.float64(np.nan)
    stop = np.searchsorted(ordered, ordered + width, side="right")
    start = int(np.argmax(stop - np.arange(ordered.size)))
    return np.float64(np.exp(ordered[start : stop[start]].mean()))


def _looks_pass(
    reach: int, planes: tuple[NDArray[np.inexact], ...], out: NDArray[np.floating], start: int, stop: int
) -> None:
    _local_looks(reach, four(planes), out, start, stop)


@compiled
def _local_looks(reach: int, planes: Planes, out: NDArray[np.floating], start: int, stop: int) -> None:
    n_plane, n_column = out.shape[0], out.shape[2]
    ring = np.zeros((2 * reach + 1, 4, n_column + 2 * reach), out.dtype)
    columns = np.zeros(ring.shape[1:], out.dtype)
    sums = np.zeros((4, n_column), out.dtype)
    for row in range(start - reach, start + reach):
        read_power(planes, n_plane, row, -reach, ring[row % ring.shape[0]])
    for row in range(start, stop):
        read_power(planes, n_plane, row + reach, -reach, ring[(row + reach) % ring.shape[0]])
        column_sums(ring, row, reach, columns)
        window_sums(columns, reach, sums)
        looks(ring[row % ring.shape[0], 0, reach : reach + n_column], sums, out[0, row])
