"""Pieces of a mosaic: where coordinates jump, neighbours in the array are none on the ground."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.sampling.samples import IntArray

JUMP = 1.5  # times the spacing
_HALF = 0.501  # of the spacing: half a pixel and room for rounding


def pieces(dataset: xr.Dataset) -> Iterator[xr.Dataset]:
    """Contiguous parts of a raster, row of parts after row of parts.

    Parameters
    ----------
    dataset : Dataset (..., y, x)
        With the coordinates `y` and `x`.

    Yields
    ------
    Dataset (..., y, x)
        A part within which neighbouring pixels lie beside each other, so that a filter may use them.
    """
    for rows in _runs(dataset["y"].values):
        for columns in _runs(dataset["x"].values):
            yield dataset.isel(y=rows, x=columns)


def holding(raster: xr.Dataset, dim: str, places: NDArray[np.float64]) -> IntArray:
    """Position of the pixel that holds each place.

    Parameters
    ----------
    raster : Dataset (..., y, x)
        With the coordinate `dim`.
    dim : str
        `y` or `x`.
    places : ndarray (place,) [unit of the coordinate]
        Where.

    Returns
    -------
    ndarray (place,) [1]
        Along `dim`; -1 where none does, as between the tiles of a mosaic.
    """
    grid = raster.indexes[dim]
    spacing = np.median(np.abs(np.diff(grid))) if grid.size > 1 else np.inf
    position: IntArray = grid.get_indexer(places, method="nearest", tolerance=_HALF * spacing)
    return position


def _runs(coordinate: np.ndarray) -> list[slice]:
    steps = np.abs(np.diff(coordinate))
    cuts = np.flatnonzero(steps > JUMP * np.median(steps)) + 1 if steps.size else np.array([], dtype=int)
    return [slice(a, b) for a, b in zip([0, *cuts], [*cuts, coordinate.size], strict=True)]
