"""What functions on images ask of them: labels, one grid, complex values where phase is used, odd windows."""

from __future__ import annotations

from typing import TypeAlias

import dask.array as da
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.schema import SchemaError, require

Image: TypeAlias = xr.DataArray | NDArray[np.generic] | da.Array


def as_image(values: Image, *, name: str) -> xr.DataArray:
    """View of an array as a DataArray whose last two dims are y, x.

    Parameters
    ----------
    values : DataArray or ndarray or dask Array (..., y, x) [any]
        Bare arrays get the dims (time, y, x) or (y, x).
    name : str () [1]
        What the array is, for the error message.

    Returns
    -------
    DataArray (..., y, x) [any]
        A view; nothing is copied or computed.

    Raises
    ------
    SchemaError
        If there are fewer than two dims, or the last two of a DataArray are not y, x.
    """
    if not isinstance(values, xr.DataArray):
        require(
            2 <= np.ndim(values) <= 3,
            f"{name}: an array of {np.ndim(values)} dims; expected (y, x) or (time, y, x). "
            "Wrap it in a DataArray to name other dims.",
        )
        values = xr.DataArray(values, dims=("time", "y", "x")[-np.ndim(values) :])
    require(
        values.dims[-2:] == ("y", "x"),
        f"{name}: dims {values.dims}; expected (..., 'y', 'x'). Use array.transpose(..., 'y', 'x').",
    )
    return values


def require_complex(name: str, image: xr.DataArray) -> None:
    """Raise unless an image is complex.

    Parameters
    ----------
    name : str () [1]
        The function that asks, for the error message.
    image : DataArray (...) [any]
        Any array.

    Raises
    ------
    SchemaError
        If its dtype is real.
    """
    require(
        image.dtype.kind == "c",
        f"{name}: dtype {image.dtype}; expected complex. Join the parts by i + 1j * q.",
    )


def aligned(name: str, *arrays: xr.DataArray) -> tuple[xr.DataArray, ...]:
    """Arrays on one grid, as they are.

    Parameters
    ----------
    name : str () [1]
        The function that asks, for the error message.
    *arrays : DataArray (...) [any]
        Where two have a dim in common, of the same size and coordinates.

    Returns
    -------
    tuple of DataArray (...) [any]
        The same, nothing copied.

    Raises
    ------
    SchemaError
        If sizes or coordinates differ.
    """
    try:
        return xr.align(*arrays, join="exact", copy=False)
    except ValueError as error:  # of coordinates, xarray's AlignmentError is one
        sizes = [dict(array.sizes) for array in arrays]
        raise SchemaError(
            f"{name}: arrays of {sizes} that differ in coordinates or size; expected one grid. "
            f"Resample them to one grid first. ({error})"
        ) from error


def require_window(name: str, *window: int) -> None:
    """Raise unless every width is an odd, positive number of pixels.

    Parameters
    ----------
    name : str () [1]
        The function that asks, for the error message.
    *window : int () [pixel]
        Widths along y and x, or one for both.

    Raises
    ------
    SchemaError
        If a width is even, below 1 or no whole number.
    """
    for width in window:
        whole = isinstance(width, (int, np.integer)) and not isinstance(width, bool)
        require(
            whole and width >= 1 and width % 2 == 1,
            f"{name}: window {width!r}; expected an odd number of pixels. "
            f"Take {max(1, int(width) | 1) if whole else 3}.",
        )
