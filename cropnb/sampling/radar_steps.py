"""Radar features at labelled pixels, one step per acquisition in the order of dates, whatever the orbit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import xarray as xr

from cropnb.features import lee, radar_features
from cropnb.sampling.from_scene import joined
from cropnb.sampling.gaps import Series
from cropnb.sampling.pieces import holding
from cropnb.sampling.radar_stack import stack_of
from cropnb.sampling.rasters import Pixels, stratified_units
from cropnb.sampling.samples import FloatArray, Samples
from cropnb.schema import require


@dataclass(frozen=True, kw_only=True)
class LeeSettings:
    """Speckle filter before the features: width of the window, and the looks of the matrices."""

    window: int = 3  # [pixel], [Liu2024] 3.2.2
    n_looks: float = 3.0


def radar_samples(
    scene: xr.DataTree,
    features: Sequence[str],
    *,
    share: float = 0.1,
    speckle: LeeSettings | None = None,
    rng: np.random.Generator,
) -> Samples:
    """Labelled pixels with radar features of every acquisition of the season, all orbits in one series.

    Parameters
    ----------
    scene : DataTree
        Raster scene with `/labels` and a `c2` group of at least one orbit.
    features : sequence of str (feature,) [1]
        Out of `cropnb.features.RADAR_FEATURES`.
    share : float () [1]
        Of the labelled pixels of each class, drawn at random; 0.1 in [Liu2024], 3.2.5.
    speckle : LeeSettings or None () [1]
        None takes the defaults.
    rng : Generator
        Source of the draw.

    Returns
    -------
    Samples (sample, step, feature) [any]
        Steps are acquisitions by rising date: the orbits alternate as the satellite came, as in [Liu2024].
        Where a pixel was missing on a date, `observed` is False and the value interpolated in time. Pixels
        that were never seen are dropped and counted.

    Raises
    ------
    SchemaError
        If no orbit has a `c2` group in the season, two orbits were acquired on one day, a feature is
        unknown, or a pixel drawn lies outside the radar's images.

    Notes
    -----
    Matrices are filtered within the contiguous pieces of the scene, never across the seams of a mosaic.
    """
    speckle, names = speckle or LeeSettings(), tuple(dict.fromkeys(features))
    pixels, units = stratified_units(scene, share=share, rng=rng)
    stack = stack_of(scene)
    values = np.full((pixels.y.size, stack.day.size, len(names)), np.nan, dtype=np.float32)
    for orbit, parts in stack.pieces.items():
        values[:, stack.steps[orbit]] = _at_pixels(parts, names, pixels, speckle=speckle)
    series = Series(sensor="sentinel1", values=values, day=stack.day, channel=names)
    return joined([series], units, onto=series.day)


def _at_pixels(
    parts: Sequence[xr.Dataset], names: Sequence[str], pixels: Pixels, *, speckle: LeeSettings
) -> FloatArray:
    """Values (sample, time, feature), a piece of the mosaic in memory at a time."""
    values = np.full((pixels.y.size, parts[0].sizes["time"], len(names)), np.nan, dtype=np.float32)
    placed = np.zeros(pixels.y.size, dtype=bool)
    for piece in parts:
        inside = (holding(piece, "y", pixels.y) >= 0) & (holding(piece, "x", pixels.x) >= 0)
        if not inside.any():
            continue
        filtered = cast(xr.Dataset, lee(piece.load(), window=speckle.window, n_looks=speckle.n_looks))
        here = Pixels(y=pixels.y[inside], x=pixels.x[inside]).of(radar_features(filtered, names))
        stacked = here.to_dataarray("feature").transpose("sample", "time", "feature")
        values[inside] = stacked.values
        placed |= inside
    require(
        bool(placed.all()),
        f"scene: {int((~placed).sum())} of {placed.size} labelled pixels drawn lie outside the radar images; "
        "expected it to cover the labels. Take the common block first.",
    )
    return values
