"""GLCM mean, variance, correlation by cumulative sums in NumPy: peer of `cropnb.features.glcm_texture`.

The same moments as ours, written as a careful NumPy user would: whole-image pair planes, int64 summed-area
tables, float64 formulas. Complete windows only, no missing pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OFFSETS = (
    (0, 1),
    (1, 1),
    (1, 0),
    (1, -1),
)  # rows down, columns right: 0, 45, 90 and 135 degrees at distance 1


def grey_levels(image: NDArray[np.floating], *, n_level: int, low: float, high: float) -> NDArray[np.int64]:
    """Level 0..n_level-1 of each pixel, in bins of equal width from low to high."""
    steps = np.floor((image - low) * (n_level / (high - low)))
    return np.clip(steps, 0, n_level - 1).astype(np.int64)


def box_sums(plane: NDArray[np.int64], height: int, width: int) -> NDArray[np.int64]:
    """Sums over all height x width boxes that lie inside the plane."""
    table = np.zeros((plane.shape[0] + 1, plane.shape[1] + 1), np.int64)
    np.cumsum(plane, axis=0, out=table[1:, 1:])
    np.cumsum(table[1:, 1:], axis=1, out=table[1:, 1:])
    return (
        table[height:, width:] - table[:-height, width:] - table[height:, :-width] + table[:-height, :-width]
    )


def glcm_moments(
    level: NDArray[np.int64], *, window: int, offsets: tuple[tuple[int, int], ...] = OFFSETS
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean, variance, correlation averaged over `offsets`, for the pixels whose window is complete."""
    n_row, n_column = level.shape
    shape = (n_row - window + 1, n_column - window + 1)
    mean, variance, correlation = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    square = level * level
    for down, right in offsets:
        upper = (slice(0, n_row - down), slice(max(0, -right), n_column - max(0, right)))
        lower = (slice(down, n_row), slice(max(0, right), n_column + min(0, right)))
        height, width = window - down, window - abs(right)
        n = height * width
        mu = box_sums(level[upper] + level[lower], height, width) / (2 * n)
        sigma2 = box_sums(square[upper] + square[lower], height, width) / (2 * n) - mu * mu
        covariance = box_sums(level[upper] * level[lower], height, width) / n - mu * mu
        flat = sigma2 < 1e-9  # equal levels: correlation 1, as scikit-image
        mean += mu
        variance += sigma2
        correlation += np.where(flat, 1.0, covariance / np.where(flat, 1.0, sigma2))
    n_offset = len(offsets)
    return mean / n_offset, variance / n_offset, correlation / n_offset
