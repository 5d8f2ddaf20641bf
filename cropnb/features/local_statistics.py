"""What the Lee filters share: span, its square, the weight of a pixel against the mean, and their checks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.features.compiled import compiled
from cropnb.features.images import Image, as_image
from cropnb.features.planes import C2_ELEMENTS, c2_from_planes, c2_planes
from cropnb.features.rows import Planes, read_row
from cropnb.schema import require


def power_planes(values: Image | xr.Dataset, *, name: str) -> list[xr.DataArray]:
    """Real planes of what a Lee filter takes: one of power, or four of C2.

    Parameters
    ----------
    values : DataArray or ndarray or dask Array or Dataset (..., y, x) [1, linear power]
        Power, or a covariance matrix.
    name : str () [1]
        The function that asks, for the error message.

    Returns
    -------
    list of DataArray (..., y, x) [1, linear power]
        One plane or four.

    Raises
    ------
    SchemaError
        If the image is complex or the Dataset is no C2.
    """
    if isinstance(values, xr.Dataset):
        return c2_planes(values, name=name)
    image = as_image(values, name=name)
    require(
        image.dtype.kind != "c",
        f"{name}: dtype {image.dtype}; expected real power. Take the squared amplitude, or a C2 Dataset.",
    )
    return [image]


def filtered_values(planes: Sequence[xr.DataArray], *, like: Image | xr.Dataset) -> xr.DataArray | xr.Dataset:
    """Undo `power_planes`, with the other variables, coordinates and attributes of the input.

    Parameters
    ----------
    planes : sequence of DataArray (..., y, x) [1, linear power]
        One plane or four.
    like : DataArray or ndarray or dask Array or Dataset (..., y, x) [1, linear power]
        What went in.

    Returns
    -------
    DataArray or Dataset (..., y, x) [1, linear power]
        Of the kind of `like`.
    """
    if not isinstance(like, xr.Dataset):
        return as_image(like, name="power").copy(data=planes[0].data)
    filtered = c2_from_planes(planes)
    elements = {name: filtered[name].assign_attrs(like[name].attrs) for name in C2_ELEMENTS}
    return like.assign(elements)


def require_looks(name: str, n_looks: float) -> None:
    """Raise unless a number of looks is positive.

    Parameters
    ----------
    name : str () [1]
        The function that asks, for the error message.
    n_looks : float () [count]
        Infinity means no speckle.

    Raises
    ------
    SchemaError
        If it is zero, negative or NaN.
    """
    require(
        bool(n_looks > 0),
        f"{name}: n_looks {n_looks}; expected above 0. Estimate it with equivalent_number_of_looks.",
    )


@compiled
def read_power(planes: Planes, n_plane: int, row: int, first_column: int, slot: NDArray[np.floating]) -> None:
    """Read one row as `read_row` does, and add the span and its square.

    Parameters
    ----------
    planes : tuple of ndarray (y, x) [1, linear power]
        One plane of power, or the four of C2.
    n_plane : int () [count]
        One or four.
    row : int () [pixel]
        Which row.
    first_column : int () [pixel]
        Column of the planes that falls on column 0 of `slot`.
    slot : ndarray (plane + 3, column) [any]
        Filled in place: valid, span, square of the span, planes.
    """
    read_row(planes, n_plane, row, first_column, slot)
    _span(slot[3], slot[2 + min(n_plane, 2)], n_plane > 1, slot[1])
    _square(slot[1], slot[2])


@compiled
def weights(sums: NDArray[np.floating], noise: float, shrink: float, weight: NDArray[np.floating]) -> None:
    """Weight of a pixel against the mean of its window, from the local coefficient of variation.

    Parameters
    ----------
    sums : ndarray (plane + 3, column) [any]
        Over the window, in the order of `read_power`.
    noise : float () [1]
        Squared coefficient of variation of speckle, 1 / n_looks.
    shrink : float () [1]
        Divides the weight.
    weight : ndarray (column,) [1]
        Filled in place, 0 to 1 / shrink.
    """
    real = weight.dtype.type
    zero, one, speckle, divisor = real(0), real(1), real(noise), real(shrink)
    n_valid, total, squares = sums[0], sums[1], sums[2]
    for x in range(weight.size):
        mean = total[x] / n_valid[x]
        variance = (squares[x] - total[x] * mean) / (n_valid[x] - one)
        share = (one - speckle * (mean * mean) / variance) / divisor
        # Rounding can leave a constant window a variance below zero; a window of one pixel has none (NaN).
        weight[x] = share if (variance > zero) & (share > zero) else zero


@compiled
def looks(valid: NDArray[np.floating], sums: NDArray[np.floating], out: NDArray[np.floating]) -> None:
    """Squared mean over variance of each window.

    Parameters
    ----------
    valid : ndarray (column,) [1]
        1 where the pixel is valid, else 0.
    sums : ndarray (plane + 3, column) [any]
        Over the window, in the order of `read_power`.
    out : ndarray (column,) [count]
        Filled in place; NaN where the pixel is missing or alone.
    """
    real = out.dtype.type
    zero, one, missing, infinite = real(0), real(1), real(np.nan), real(np.inf)
    n_valid, total, squares = sums[0], sums[1], sums[2]
    for x in range(out.size):
        mean = total[x] / n_valid[x]
        variance = (squares[x] - total[x] * mean) / (n_valid[x] - one)
        number = mean * mean / variance if variance > zero else infinite  # rounding: variance below zero
        out[x] = number if (valid[x] > zero) & (n_valid[x] > one) else missing


@compiled
def blend(
    slot: NDArray[np.floating],
    sums: NDArray[np.floating],
    weight: NDArray[np.floating],
    out: NDArray[np.floating],
    row: int,
) -> None:
    """Weighted mean of each pixel and its window, for every plane.

    Parameters
    ----------
    slot : ndarray (plane + 3, column) [any]
        The row as read, cut to the columns of `out`.
    sums : ndarray (plane + 3, column) [any]
        Over the windows.
    weight : ndarray (column,) [1]
        Of the pixel.
    out : ndarray (plane, y, column) [any]
        One row of it is filled in place; NaN where the pixel is missing.
    row : int () [pixel]
        Which row of `out`.
    """
    n_plane = out.shape[0]
    for plane in range(n_plane):
        _blend(slot[3 + plane], sums[3 + plane], sums[0], weight, out[plane, row])
        _mask(slot[0], out[plane, row])


@compiled
def _span(
    first: NDArray[np.floating], second: NDArray[np.floating], both: bool, span: NDArray[np.floating]
) -> None:
    zero = span.dtype.type(0)
    for x in range(span.size):
        span[x] = first[x] + (second[x] if both else zero)


@compiled
def _square(values: NDArray[np.floating], squares: NDArray[np.floating]) -> None:
    for x in range(values.size):
        squares[x] = values[x] * values[x]


@compiled
def _blend(
    pixel: NDArray[np.floating],
    total: NDArray[np.floating],
    n_valid: NDArray[np.floating],
    weight: NDArray[np.floating],
    out: NDArray[np.floating],
) -> None:
    one = out.dtype.type(1)
    for x in range(out.size):
        out[x] = weight[x] * pixel[x] + (one - weight[x]) * (total[x] / n_valid[x])


@compiled
def _mask(valid: NDArray[np.floating], out: NDArray[np.floating]) -> None:
    zero, missing = out.dtype.type(0), out.dtype.type(np.nan)
    for x in range(out.size):
        out[x] = out[x] if valid[x] > zero else missing
