"""Radar features at labelled pixels, one step per acquisition in the order of dates, whatever the orbit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import xarray as xr

from cropnb.features import lee, radar_features
from cropnb.sampling.days import Season, day_from_time, season_of
from cropnb.sampling.from_scene import joined
from cropnb.sampling.gaps import Series
from cropnb.sampling.groups import in_season
from cropnb.sampling.pieces import pieces
from cropnb.sampling.rasters import Pixels, stratified_units
from cropnb.sampling.samples import BoolArray, FloatArray, Samples
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
    season, speckle = season_of(scene), speckle or LeeSettings()
    pixels, units = stratified_units(scene, share=share, rng=rng)
    orbits = list(_matrices(scene, season=season))
    require(bool(orbits), "scene: no c2 group with a date in the season; expected one. Compute C2 first.")
    values = np.concatenate([_at_pixels(c2, features, pixels, speckle=speckle) for c2 in orbits], axis=1)
    day = np.concatenate([day_from_time(c2["time"].values, season=season) for c2 in orbits])
    order = np.argsort(day)
    twice = day[order][1:][np.diff(day[order]) == 0]
    require(
        twice.size == 0,
        f"scene: two acquisitions on days {twice.tolist()}; expected one a day. Leave out an orbit.",
    )
    series = Series(
        sensor="sentinel1", values=values[:, order], day=day[order], channel=tuple(dict.fromkeys(features))
    )
    return joined([series], units, onto=series.day)


def _matrices(scene: xr.DataTree, *, season: Season) -> Iterator[xr.Dataset]:
    orbits = scene["/sentinel1"].children if "/sentinel1" in scene.groups else {}
    for orbit in orbits:
        if "c2" in orbits[orbit].children:
            c2 = in_season(scene[f"/sentinel1/{orbit}/c2"].to_dataset(), season=season)
            if c2.sizes["time"]:
                yield c2


def _at_pixels(
    c2: xr.Dataset, features: Sequence[str], pixels: Pixels, *, speckle: LeeSettings
) -> FloatArray:
    """Values (sample, time, feature), a piece of the mosaic in memory at a time."""
    names = tuple(dict.fromkeys(features))
    values = np.full((pixels.y.size, c2.sizes["time"], len(names)), np.nan, dtype=np.float32)
    placed = np.zeros(pixels.y.size, dtype=bool)
    for piece in pieces(c2):
        inside = _inside(piece, pixels)
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


def _inside(piece: xr.Dataset, pixels: Pixels) -> BoolArray:
    """Whether places lie in the piece, half a pixel around it included."""
    inside = np.ones(pixels.y.size, dtype=bool)
    for dim, places in (("y", pixels.y), ("x", pixels.x)):
        grid = piece[dim].values
        half = np.abs(np.diff(grid)).max() / 2 if grid.size > 1 else np.inf
        inside &= (places >= grid.min() - half) & (places <= grid.max() + half)
    return inside
