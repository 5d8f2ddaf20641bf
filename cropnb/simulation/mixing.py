r"""Which fields and covers lie in each pixel, and with what weight.

A pixel's power is linear in the powers of the fields under its point spread:
:math:`P = \sum_r (G_r \, \sigma_{ground,r} + K_r \, \sigma_{canopy,r})`, where :math:`G_r` sums point
spread times texture over the cells of row r, and :math:`K_r` that times the texture of the canopy. The
weights are the same on all dates and tracks, so that a date costs products with a sparse matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.sparse import csr_array, vstack

from cropnb.simulation.arrays import Floats, Integers

_STRIP = 64  # rows of pixels worked on at a time


@dataclass(frozen=True)
class Mixing:
    """Weights of the rows of a table in each pixel."""

    ground: csr_array  # (pixel, row)
    canopy: csr_array
    shape: tuple[int, int]  # of the image

    def pixels(self, ground: Floats, canopy: Floats | None = None) -> Floats:
        """Image of two columns of tables.

        Parameters
        ----------
        ground : ndarray (row,) [1, linear power]
            Of the ground.
        canopy : ndarray (row,) [1, linear power], optional
            Of the canopy, none unless given.

        Returns
        -------
        ndarray (y, x) [1, linear power]
            float32.
        """
        n = self.ground.shape[1]  # rows after the last one that is seen have no weight
        power = self.ground @ ground[:n].astype(np.float32)
        if canopy is not None:
            power += self.canopy @ canopy[:n].astype(np.float32)
        image: Floats = power.reshape(self.shape)
        return image


def make_mixing(row: Integers, total: Floats, canopy: Floats, spread: Floats) -> Mixing:
    """Weights of a tile.

    Parameters
    ----------
    row : ndarray (y, x) [1]
        Row of the tables for each cell; beyond the border the outermost cells go on.
    total : ndarray (y, x) [1]
        Texture of all power.
    canopy : ndarray (y, x) [1]
        Texture of the canopy, on top of it.
    spread : ndarray (row, column) [1]
        Weights of cells about a pixel's centre, even in size.

    Returns
    -------
    Mixing (pixel, row) [1]
        Pixels of two by two cells.
    """
    n_y, n_x = row.shape[0] // 2, row.shape[1] // 2
    rows = _windows(row.astype(np.int32), spread.shape)
    texture = _windows((total + 1j * (total * canopy)).astype(np.complex64), spread.shape)
    n_row, weights = int(row.max()) + 1, spread.astype(np.float32)
    strips = [
        _strip(rows[top : top + _STRIP], texture[top : top + _STRIP] * weights, n_row)
        for top in range(0, n_y, _STRIP)
    ]
    whole = vstack(strips, format="csr")
    ground, of_canopy = (
        csr_array((np.ascontiguousarray(part), whole.indices, whole.indptr), shape=whole.shape)
        for part in (whole.data.real, whole.data.imag)
    )
    return Mixing(ground, of_canopy, (n_y, n_x))


def _windows(cells: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Cells (y, x, row, column) about each pixel's centre."""
    margin = [(n // 2 - 1, n // 2 - 1) for n in shape]
    return sliding_window_view(np.pad(cells, margin, mode="edge"), shape)[::2, ::2]


def _strip(rows: Integers, weights: np.ndarray, n_row: int) -> csr_array:
    """Weights (pixel, row) of some rows of pixels: real part ground, imaginary part canopy."""
    n_pixel, n_cell = rows.shape[0] * rows.shape[1], rows.shape[2] * rows.shape[3]
    start = np.arange(0, n_pixel * n_cell + 1, n_cell, dtype=np.int32)
    strip = csr_array((weights.ravel(), rows.ravel(), start), shape=(n_pixel, n_row))
    strip.sum_duplicates()
    return strip
