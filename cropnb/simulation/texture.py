"""Smooth Gaussian fields on the cells of a tile: texture of backscatter and vigour, mosaics of villages."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from cropnb.simulation.arrays import Floats


def gaussian_field(
    shape: tuple[int, int], *, length_m: float, cell_m: float, rng: np.random.Generator
) -> Floats:
    """Standard normal field with the autocorrelation exp(-(r / length)^2).

    The field wraps around, which keeps its variance the same at the borders; it is scaled by the known energy
    of the filter, not by its own spread, so that small tiles are not all alike.

    Parameters
    ----------
    shape : tuple (2,) [count]
        Rows and columns of cells.
    length_m : float () [m]
        Distance at which the autocorrelation is 1/e.
    cell_m : float () [m]
        Cell size.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    ndarray (y, x) [1]
        float32, mean 0, variance 1.
    """
    sigma = length_m / (2 * cell_m)  # a Gaussian of sigma s makes noise correlate as exp(-r^2 / 4 s^2)
    impulse = np.zeros(shape, dtype=np.float32)
    impulse[shape[0] // 2, shape[1] // 2] = 1
    energy = np.sum(gaussian_filter(impulse, sigma, mode="wrap") ** 2)
    noise = rng.standard_normal(shape, dtype=np.float32)
    field: Floats = gaussian_filter(noise, sigma, mode="wrap") / np.sqrt(energy)
    return field
