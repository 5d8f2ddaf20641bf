"""Means over blocks of pixels, NumPy or Dask: the compiled part of multilooking."""

from __future__ import annotations

from collections.abc import Sequence

import dask.array as da
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.features.compiled import compiled
from cropnb.features.rows import Planes, clear, four, read_row
from cropnb.features.windows import float_type, native_float
from cropnb.schema import require


def block_means(images: Sequence[xr.DataArray], *, block: tuple[int, int]) -> list[xr.DataArray]:
    """Mean of each block over the pixels that are finite in all images.

    Parameters
    ----------
    images : sequence of DataArray (..., y, x) [any]
        Real, of the same dims and shape.
    block : tuple of int (2,) [pixel]
        Height and width of a block.

    Returns
    -------
    list of DataArray (..., y, x) [any]
        One per image, without attributes; coordinates are the mean of each block. NaN where no pixel of a
        block is finite.

    Raises
    ------
    SchemaError
        If a width is below 1 or above that of the image, or the images differ in shape.
    """
    first = images[0]
    sizes = (first.sizes["y"], first.sizes["x"])
    for width, size, axis in zip(block, sizes, ("n_azimuth (y)", "n_range (x)"), strict=True):
        whole = isinstance(width, (int, np.integer)) and not isinstance(width, bool)
        require(
            whole and 1 <= width <= size,
            f"multilook: {axis} {width!r} on an image of {sizes} pixels; expected a whole number from 1 to "
            f"{size}. Take fewer looks.",
        )
    require(
        all(image.dims == first.dims and image.shape == first.shape for image in images),
        f"multilook: images of {[dict(image.sizes) for image in images]}; expected the same of all.",
    )
    dtype = float_type(*images)
    arrays = [image.isel(y=slice(sizes[0] // block[0] * block[0])).data for image in images]
    arrays = [array[..., : sizes[1] // block[1] * block[1]] for array in arrays]
    if all(image.chunks is None for image in images):
        means: NDArray[np.floating] | da.Array = _block_means(*arrays, block=block, precision=dtype)
    else:
        means = _dask_block_means(arrays, block, dtype)
    template = _coarse(first, block)
    return [template.copy(data=means[index]) for index in range(len(images))]


def _coarse(image: xr.DataArray, block: tuple[int, int]) -> xr.DataArray:
    """An image of the shape of the result, with the coordinates of the block centres."""
    empty = xr.DataArray(
        np.broadcast_to(np.float32(0), image.shape), dims=image.dims, coords=image.coords, name=image.name
    )
    coarse: xr.DataArray = empty.coarsen(y=block[0], x=block[1], boundary="trim").mean()
    return coarse


def _block_means(
    *arrays: NDArray[np.generic], block: tuple[int, int], precision: np.dtype[np.floating]
) -> NDArray[np.floating]:
    shape = arrays[0].shape
    out = np.empty((len(arrays), *shape[:-2], shape[-2] // block[0], shape[-1] // block[1]), precision)
    for index in np.ndindex(shape[:-2]):
        planes = tuple(native_float(array[index], dtype=precision) for array in arrays)
        _average(four(planes), block[0], block[1], out[(slice(None), *index)])
    return out


def _dask_block_means(
    arrays: Sequence[NDArray[np.generic] | da.Array], block: tuple[int, int], dtype: np.dtype[np.floating]
) -> da.Array:
    whole = [da.asarray(array) for array in arrays]
    chunks = list(whole[0].chunks)
    for axis, width in zip((-2, -1), block, strict=True):
        chunks[axis] = _multiples(chunks[axis], width)
    # A block lies in one chunk: edges of chunks move up to the next edge of a block.
    aligned = [array.rechunk(tuple(chunks)) for array in whole]
    coarse = [
        tuple(size // width for size in sizes)
        for sizes, width in zip(chunks, (*(1,) * (len(chunks) - 2), *block), strict=True)
    ]
    means: da.Array = da.map_blocks(
        _block_means,
        *aligned,
        block=block,
        precision=dtype,
        dtype=dtype,
        chunks=((len(arrays),), *coarse),
        new_axis=0,
        meta=np.empty((0,) * (whole[0].ndim + 1), dtype),
    )
    return means


def _multiples(sizes: tuple[int, ...], width: int) -> tuple[int, ...]:
    edges = -(-np.cumsum(sizes) // width) * width
    edges = np.minimum(edges, sum(sizes))
    return tuple(int(size) for size in np.diff(edges, prepend=0) if size > 0)


@compiled
def _average(planes: Planes, height: int, width: int, out: NDArray[np.floating]) -> None:
    n_plane = out.shape[0]
    slot = np.zeros((n_plane + 1, planes[0].shape[1]), out.dtype)
    columns = np.zeros(slot.shape, out.dtype)
    for row in range(out.shape[1]):
        for line in range(n_plane + 1):
            clear(columns[line])
        for other in range(row * height, (row + 1) * height):
            read_row(planes, n_plane, other, 0, slot)
            for line in range(n_plane + 1):
                for x in range(slot.shape[1]):
                    columns[line, x] += slot[line, x]
        for plane in range(n_plane):
            _divide(columns[1 + plane], columns[0], width, out[plane, row])


@compiled
def _divide(
    total: NDArray[np.floating], n_valid: NDArray[np.floating], width: int, out: NDArray[np.floating]
) -> None:
    for x in range(out.size):
        value, count = out.dtype.type(0), out.dtype.type(0)
        for other in range(x * width, (x + 1) * width):
            value += total[other]
            count += n_valid[other]
        out[x] = value / count  # 0 / 0 of an empty block is NaN
