"""Radar steps of all pixels of a block: the numbers that `cropnb.sampling.radar_samples` gives at a pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.features import TextureSettings, lee, radar_features
from cropnb.mapping.stopwatch import Stopwatch
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
    clock: Stopwatch | None = None,
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
    clock : Stopwatch, optional
        Takes the time of `reading` and of `features`, the filter among them.

    Returns
    -------
    ndarray (y, x, step, feature) [any]
        NaN where missing, and outside the images.

    Notes
    -----
    What the filter and the texture need around the block is read with it, but never from beyond a seam of a
    mosaic: there the windows end, as at the border of the image.
    """
    clock = clock or Stopwatch()
    values = np.full((y.size, x.size, stack.day.size, len(features)), np.nan, dtype=np.float32)
    for name, parts in stack.pieces.items():
        for piece in parts:
            part = _part_of(piece, y=y, x=x, halo=_halo(features, speckle))
            if part is None:
                continue
            with clock.on("reading"):
                c2 = piece.isel(part.read).load()
            with clock.on("features"):
                filtered = cast(xr.Dataset, lee(c2, window=speckle.window, n_looks=speckle.n_looks))
                _paste(values, radar_features(filtered, features), features, part, steps=stack.steps[name])
    return values


@dataclass(frozen=True, kw_only=True, eq=False)
class _Part:
    """What of a contiguous piece is read for a block, and where its pixels go."""

    read: dict[str, slice]  # by dim, with what the windows need around
    inside: tuple[NDArray[np.intp], ...]  # rows and columns of what is read, one for each place
    block: tuple[slice, slice]  # places of the block: neighbours in one piece, so a slice, which is quicker


def _part_of(piece: xr.Dataset, *, y: NDArray[np.float64], x: NDArray[np.float64], halo: int) -> _Part | None:
    """None where the piece holds none of the places."""
    at_y, at_x = holding(piece, "y", y), holding(piece, "x", x)
    rows, columns = np.flatnonzero(at_y >= 0), np.flatnonzero(at_x >= 0)
    if not rows.size or not columns.size:
        return None
    at = {"y": at_y[rows], "x": at_x[columns]}
    read = {d: slice(max(int(place.min()) - halo, 0), int(place.max()) + halo + 1) for d, place in at.items()}
    return _Part(
        read=read,
        inside=np.ix_(at["y"] - read["y"].start, at["x"] - read["x"].start),
        block=(slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)),
    )


def _paste(
    values: NDArray[np.float32], made: xr.Dataset, features: Sequence[str], part: _Part, *, steps: IntArray
) -> None:
    """Put the features of a piece into the block."""
    for number, name in enumerate(features):
        images = made[name].transpose("time", "y", "x").values
        for step, image in zip(steps, images, strict=True):
            values[(*part.block, step, number)] = image[part.inside]


def _halo(features: Sequence[str], speckle: LeeSettings) -> int:
    """Pixels that filter and texture reach, one after the other."""
    texture = TextureSettings().window // 2 if any("_glcm_" in name for name in features) else 0
    return speckle.window // 2 + texture
