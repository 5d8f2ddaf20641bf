"""Pieces of a mosaic: where coordinates jump, neighbours in the array are none on the ground."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

JUMP = 1.5  # times the spacing


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


def _runs(coordinate: np.ndarray) -> list[slice]:
    steps = np.abs(np.diff(coordinate))
    cuts = np.flatnonzero(steps > JUMP * np.median(steps)) + 1 if steps.size else np.array([], dtype=int)
    return [slice(a, b) for a, b in zip([0, *cuts], [*cuts, coordinate.size], strict=True)]
