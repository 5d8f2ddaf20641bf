"""How a compiled window pass meets an image: threads over rows, Dask chunks with their halo."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise
from typing import TypeAlias

import dask.array as da
import joblib
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.schema import require

# Planes (y, x) of one precision in, one plane per output (output, y, x) filled in place for rows start..stop.
RowKernel: TypeAlias = Callable[[tuple[NDArray[np.inexact], ...], NDArray[np.floating], int, int], None]

_THREADS: ContextVar[int | None] = ContextVar("cropnb_threads", default=None)


@contextmanager
def use_threads(n_thread: int) -> Iterator[None]:
    """Set how many threads the compiled passes of this package use on NumPy arrays.

    Parameters
    ----------
    n_thread : int () [count]
        At least 1. Outside of this context: OMP_NUM_THREADS, or else all cores this process may use. Dask
        brings its own threads, one chunk each.

    Yields
    ------
    None () [1]
        While the setting holds.

    Raises
    ------
    SchemaError
        If `n_thread` is below 1.
    """
    require(n_thread >= 1, f"use_threads: {n_thread} threads; expected 1 or more.")
    token = _THREADS.set(n_thread)
    try:
        yield
    finally:
        _THREADS.reset(token)


def thread_count() -> int:
    """Threads that a compiled pass uses on a NumPy array now.

    Returns
    -------
    int () [count]
        Of `use_threads`, of OMP_NUM_THREADS, or of the cores this process may use: the first that says.
    """
    chosen = _THREADS.get()
    if chosen is not None:
        return chosen
    setting = os.environ.get("OMP_NUM_THREADS", "")
    return int(setting) if setting.isdigit() and int(setting) > 0 else joblib.cpu_count()


def native_float(values: NDArray[np.generic], *, dtype: np.dtype[np.generic]) -> NDArray[np.inexact]:
    """Same values in a native, contiguous array; a view where they are that already.

    Parameters
    ----------
    values : ndarray (...) [any]
        Of any number type and byte order.
    dtype : dtype () [1]
        Floating or complex type wanted.

    Returns
    -------
    ndarray (...) [any]
        What compiled loops take.
    """
    return np.ascontiguousarray(values, dtype=dtype.newbyteorder("="))


def float_type(*arrays: xr.DataArray) -> np.dtype[np.floating]:
    """Real precision of a pass: float64 where float32 cannot hold an input, else float32.

    Parameters
    ----------
    *arrays : DataArray (...) [any]
        Inputs; complex ones count by the precision of their parts.

    Returns
    -------
    dtype () [1]
        float32 or float64, native.
    """
    wide = any(np.result_type(array.dtype, np.float32) not in (np.float32, np.complex64) for array in arrays)
    return np.dtype(np.float64 if wide else np.float32)


def window_pass(
    kernel: RowKernel,
    images: Sequence[xr.DataArray],
    *,
    reach: tuple[int, int],
    n_output: int,
) -> list[xr.DataArray]:
    """Run a compiled pass over the planes of aligned images, NumPy or Dask.

    Parameters
    ----------
    kernel : callable (planes, out, start, stop) [any]
        Fills `out[:, start:stop]` from native contiguous planes (y, x). It takes pixels outside the plane and
        non-finite pixels as missing: a Dask chunk at the border gets a halo of NaN.
    images : sequence of DataArray (..., y, x) [any]
        Same dims and shape; real ones become float32 or float64, complex ones complex64 or complex128.
    reach : tuple of int (2,) [pixel]
        How far the window reaches along y and along x.
    n_output : int () [count]
        Number of planes the kernel fills.

    Returns
    -------
    list of DataArray (..., y, x) [any]
        One per output, real, with dims and coordinates of the first image and without attributes.

    Raises
    ------
    SchemaError
        If the images differ in dims or shape.
    """
    first = images[0]
    for image in images[1:]:
        require(
            image.dims == first.dims and image.shape == first.shape,
            f"images of dims {dict(image.sizes)} and {dict(first.sizes)}; expected the same of both. "
            "Align them with xr.align(..., join='exact') first.",
        )
    real = float_type(*images)
    dtypes = [_complex_of(real) if image.dtype.kind == "c" else real for image in images]
    if all(image.chunks is None for image in images):
        arrays = [image.values for image in images]
        stacked: NDArray[np.floating] | da.Array = _planes(kernel, arrays, dtypes, n_output, thread_count())
    else:
        stacked = _dask_pass(kernel, [image.data for image in images], dtypes, reach, n_output)
    template = first.copy(data=stacked[0]).drop_attrs()
    return [template.copy(data=stacked[index]) for index in range(n_output)]


def _complex_of(real: np.dtype[np.floating]) -> np.dtype[np.generic]:
    return np.dtype(np.complex128 if real == np.float64 else np.complex64)


def _planes(
    kernel: RowKernel,
    arrays: Sequence[NDArray[np.generic]],
    dtypes: Sequence[np.dtype[np.generic]],
    n_output: int,
    n_thread: int,
) -> NDArray[np.floating]:
    shape = arrays[0].shape
    real = np.empty(0, dtypes[0]).real.dtype
    # The outputs of one plane lie together: a kernel is compiled for contiguous rows, and on strided ones it
    # would be compiled again, to run at a third of the speed.
    out = np.empty((*shape[:-2], n_output, *shape[-2:]), real)
    for index in np.ndindex(shape[:-2]):
        planes = tuple(
            native_float(array[index], dtype=dtype) for array, dtype in zip(arrays, dtypes, strict=True)
        )
        _run_bands(kernel, planes, out[index], n_thread)
    return np.moveaxis(out, -3, 0)


def _run_bands(
    kernel: RowKernel, planes: tuple[NDArray[np.inexact], ...], out: NDArray[np.floating], n_thread: int
) -> None:
    n_row = out.shape[1]
    n_band = min(n_thread, n_row)
    if n_band <= 1:
        kernel(planes, out, 0, n_row)
        return
    edges = np.linspace(0, n_row, n_band + 1).astype(int).tolist()
    with ThreadPoolExecutor(n_band) as pool:
        bands = [pool.submit(kernel, planes, out, start, stop) for start, stop in pairwise(edges)]
        for band in bands:
            band.result()


def _dask_pass(
    kernel: RowKernel,
    arrays: Sequence[NDArray[np.generic] | da.Array],
    dtypes: Sequence[np.dtype[np.generic]],
    reach: tuple[int, int],
    n_output: int,
) -> da.Array:
    lazy = da.broadcast_arrays(*[da.asarray(array) for array in arrays])
    _, lazy = da.core.unify_chunks(*[item for array in lazy for item in (array, range(array.ndim))])
    n_dim = lazy[0].ndim
    depth = {
        axis: min(far, size)
        for axis, far, size in zip((n_dim - 2, n_dim - 1), reach, lazy[0].shape[-2:], strict=True)
    }
    # Outside of the image is missing, like any other missing pixel: a halo of NaN on every side.
    padded = [
        da.overlap.overlap(array.astype(dtype), depth=depth, boundary=np.nan)
        for array, dtype in zip(lazy, dtypes, strict=True)
    ]
    chunks = ((n_output,), *_trimmed(padded[0].chunks, depth))
    stacked: da.Array = da.map_blocks(
        _chunk_pass,
        *padded,
        kernel=kernel,
        dtypes=tuple(dtypes),
        halo=tuple(depth.values()),
        n_output=n_output,
        dtype=np.empty(0, dtypes[0]).real.dtype,
        chunks=chunks,
        new_axis=0,
    )
    return stacked


def _trimmed(chunks: tuple[tuple[int, ...], ...], depth: dict[int, int]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(size - 2 * depth.get(axis, 0) for size in sizes) for axis, sizes in enumerate(chunks))


def _chunk_pass(
    *arrays: NDArray[np.generic],
    kernel: RowKernel,
    dtypes: Sequence[np.dtype[np.generic]],
    halo: tuple[int, int],
    n_output: int,
) -> NDArray[np.floating]:
    out = _planes(kernel, arrays, dtypes, n_output, n_thread=1)
    rows, columns = (slice(far, size - far) for far, size in zip(halo, out.shape[-2:], strict=True))
    return out[..., rows, columns]
