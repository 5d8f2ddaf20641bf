"""Radar steps of all pixels of a block: the numbers that `cropnb.sampling.radar_samples` gives at a pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.features import TextureSettings, lee, radar_features
from cropnb.sampling.pieces import holding
from cropnb.sampling.radar_stack import Stack
from cropnb.sampling.radar_steps import LeeSettings
from cropnb.sampling.samples import IntArray


def values_at(
    stack: Stack,
    features: Sequence[str],
    *,
    y: NDArray[np.float64],
    x: NDArray[np.float64],
    speckle: LeeSettings,
) -> NDArray[np.float32]:
    """Features of the pixels that hold the places (y, x), on every date.

    Parameters
    ----------
    stack : Stack
        Matrices of all orbits.
    features : sequence of str (feature,) [1]
        Out of `cropnb.features.RADAR_FEATURES`.
    y, x : ndarray (y,), (x,) [unit of the coordinates]
        Rows and columns of places, not far from each other: what lies between is read.
    speckle : LeeSettings
        Filter before the features.

    Returns
    -------
    ndarray (y, x, step, feature) [any]
        NaN where missing, and outside the images.

    Notes
    -----
    What the filter and the texture need around the block is read with it, but never from beyond a seam of a
    mosaic: there the windows end, as at the border of the image.
    """
    values = np.full((y.size, x.size, stack.day.size, len(features)), np.nan, dtype=np.float32)
    for name, parts in stack.pieces.items():
        for piece in parts:
            _fill(values, piece, features, y=y, x=x, steps=stack.steps[name], speckle=speckle)
    return values


def _fill(
    values: NDArray[np.float32],
    piece: xr.Dataset,
    features: Sequence[str],
    *,
    y: NDArray[np.float64],
    x: NDArray[np.float64],
    steps: IntArray,
    speckle: LeeSettings,
) -> None:
    """Fill in what a contiguous piece knows of the places."""
    at_y, at_x = holding(piece, "y", y), holding(piece, "x", x)
    rows, columns = np.flatnonzero(at_y >= 0), np.flatnonzero(at_x >= 0)
    if not rows.size or not columns.size:
        return
    halo = _halo(features, speckle)
    first = {"y": max(int(at_y[rows].min()) - halo, 0), "x": max(int(at_x[columns].min()) - halo, 0)}
    last = {"y": int(at_y[rows].max()) + halo, "x": int(at_x[columns].max()) + halo}
    part = piece.isel({dim: slice(first[dim], last[dim] + 1) for dim in first}).load()
    filtered = cast(xr.Dataset, lee(part, window=speckle.window, n_looks=speckle.n_looks))
    made = radar_features(filtered, features)
    inside = np.ix_(at_y[rows] - first["y"], at_x[columns] - first["x"])
    # Places in one piece are neighbours: a slice of the block, which is quicker to fill than single places.
    part_of_block = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    for number, name in enumerate(features):
        images = made[name].transpose("time", "y", "x").values
        for step, image in zip(steps, images, strict=True):
            values[(*part_of_block, step, number)] = image[inside]


def _halo(features: Sequence[str], speckle: LeeSettings) -> int:
    """Pixels that filter and texture reach, one after the other."""
    texture = TextureSettings().window // 2 if any("_glcm_" in name for name in features) else 0
    return speckle.window // 2 + texture
