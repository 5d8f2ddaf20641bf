"""The grid of a map: one step, north up, with no-data where a mosaic has a gap; cut into blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.schema import require

_OFF_GRID = 0.05  # of a step: how far a pixel may lie beside its place

Block = tuple[slice, slice]  # rows, columns of the map


@dataclass(frozen=True, kw_only=True, eq=False)
class Axis:
    """Centres of evenly spaced rows or columns, in the order of the map."""

    first: float
    step: float  # below 0 along y: north is up
    filled: NDArray[np.bool_]  # False in the gaps of a mosaic

    @property
    def size(self) -> int:
        """Rows or columns."""
        return self.filled.size

    @property
    def centres(self) -> NDArray[np.float64]:
        """Coordinates."""
        return self.first + self.step * np.arange(self.size, dtype=np.float64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """Rows and columns of a map."""

    y: Axis
    x: Axis
    block: int

    @property
    def n_block(self) -> int:
        """Blocks that cover the map."""
        return sum(1 for _ in self.blocks())

    @property
    def n_pixel(self) -> int:
        """Pixels that lie in the images."""
        return int(self.y.filled.sum() * self.x.filled.sum())

    @property
    def transform(self) -> tuple[float, float, float, float, float, float]:
        """Affine transform from column and row to x and y of a pixel's outer corner."""
        left, top = self.x.first - self.x.step / 2, self.y.first - self.y.step / 2
        return self.x.step, 0.0, left, 0.0, self.y.step, top

    def blocks(self) -> Iterator[Block]:
        """Blocks in reading order; those at the far edges are smaller."""
        for top in range(0, self.y.size, self.block):
            for left in range(0, self.x.size, self.block):
                yield (
                    slice(top, min(top + self.block, self.y.size)),
                    slice(left, min(left + self.block, self.x.size)),
                )


def grid_of(raster: xr.Dataset, *, block: int) -> Grid:
    """Grid that holds all pixels of a raster, each in the place of its coordinates.

    Parameters
    ----------
    raster : Dataset (..., y, x)
        Evenly spaced, or a mosaic of pieces on one grid: the gaps between them become rows or columns
        without data.
    block : int () [pixel]
        Side of a block.

    Returns
    -------
    Grid
        Rows from north to south, columns from west to east.

    Raises
    ------
    SchemaError
        If there is one row or column only, two share a place, or pieces lie beside each other's grid.
    """
    return Grid(y=_axis(raster, "y", sign=-1.0), x=_axis(raster, "x", sign=1.0), block=block)


def _axis(raster: xr.Dataset, dim: str, *, sign: float) -> Axis:
    centres = np.sort(raster[dim].values.astype(np.float64) * sign)
    require(
        centres.size > 1,
        f"map: {centres.size} pixel along {dim}; expected 2 or more, to know their size. Map a larger block.",
    )
    step = float(np.median(np.diff(centres)))
    place = (centres - centres[0]) / step if step > 0 else np.zeros(centres.size)
    at = np.rint(place).astype(np.int64)
    require(
        bool(np.all(np.diff(at) > 0)) and float(np.abs(place - at).max()) <= _OFF_GRID,
        f"map: coordinates {dim} from {sign * centres[0]:g} by {step:g} lie on no common grid; expected "
        "whole steps, no two pixels in one place. Map each piece by itself: cropnb.scenes.take_block.",
    )
    # Over the whole extent, so that rounding of the step does not add up along the map.
    step = float(centres[-1] - centres[0]) / int(at[-1])
    filled = np.zeros(int(at[-1]) + 1, dtype=bool)
    filled[at] = True
    return Axis(first=sign * float(centres[0]), step=sign * step, filled=filled)
