"""Radar steps of all pixels of a block: the numbers that `cropnb.sampling.radar_samples` gives at a pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.features import TextureSettings, lee, radar_features
from cropnb.sampling.days import day_from_time, season_of
from cropnb.sampling.groups import in_season
from cropnb.sampling.pieces import pieces
from cropnb.sampling.radar_steps import LeeSettings
from cropnb.schema import require

IntArray = NDArray[np.int64]
_HALF = 0.501  # of a step: half a pixel and room for rounding, as sampling has it


@dataclass(frozen=True, kw_only=True, eq=False)
class Stack:
    """Covariance matrices of all orbits of a season; steps are acquisitions by rising date.

    Attributes
    ----------
    orbits : dict of str to Dataset (time, y, x) [1, linear power]
        By relative orbit, not read yet.
    day : ndarray (step,) [day]
        Days of all orbits, rising.
    steps : dict of str to ndarray (time,) [1]
        Step of each acquisition of an orbit.
    pieces : dict of str to tuple of Dataset (time, y, x) [1, linear power]
        Contiguous parts of each orbit, cut once: to cut a dataset takes longer than to see that it is not
        needed.
    """

    orbits: dict[str, xr.Dataset]
    day: IntArray
    steps: dict[str, IntArray]
    pieces: dict[str, tuple[xr.Dataset, ...]]

    @property
    def widest(self) -> xr.Dataset:
        """Orbit with the most pixels, whose grid is that of the map."""
        return max(self.orbits.values(), key=lambda c2: c2.sizes["y"] * c2.sizes["x"])


def stack_of(scene: xr.DataTree, *, orbits: Sequence[str] | None = None) -> Stack:
    """Covariance matrices of a scene's season.

    Parameters
    ----------
    scene : DataTree
        Raster scene with a `c2` group of at least one orbit.
    orbits : sequence of str, optional
        Relative orbits to take; all by default.

    Returns
    -------
    Stack
        Nothing has been read but coordinates.

    Raises
    ------
    SchemaError
        If an orbit asked for has no `c2` group in the season, there is none at all, or two were acquired on
        one day.
    """
    season = season_of(scene)
    found = {name: in_season(c2, season=season) for name, c2 in _matrices(scene).items()}
    found = {name: c2 for name, c2 in found.items() if c2.sizes["time"]}
    wanted = tuple(found) if orbits is None else tuple(dict.fromkeys(orbits))
    missing = [name for name in wanted if name not in found]
    require(
        bool(wanted) and not missing,
        f"scene: no c2 group with a date in the season of orbit {', '.join(missing) or 'any'}; it has "
        f"{', '.join(found) or 'none'}. Name one of these, or compute C2 first.",
    )
    days = {name: day_from_time(found[name]["time"].values, season=season) for name in wanted}
    day = np.sort(np.concatenate(list(days.values())))
    twice = day[1:][np.diff(day) == 0]
    require(
        twice.size == 0,
        f"scene: two acquisitions on days {twice.tolist()}; expected one a day. Leave out an orbit.",
    )
    steps = {name: np.searchsorted(day, days[name]) for name in wanted}
    return Stack(
        orbits={name: found[name] for name in wanted},
        day=day,
        steps=steps,
        pieces={name: tuple(pieces(found[name])) for name in wanted},
    )


def _matrices(scene: xr.DataTree) -> dict[str, xr.Dataset]:
    orbits = scene["/sentinel1"].children if "/sentinel1" in scene.groups else {}
    return {
        name: scene[f"/sentinel1/{name}/c2"].to_dataset()
        for name, orbit in sorted(orbits.items(), key=lambda item: (len(item[0]), item[0]))
        if "c2" in orbit.children
    }


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
    at_y, at_x = _holding(piece, "y", y), _holding(piece, "x", x)
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


def _holding(piece: xr.Dataset, dim: str, places: NDArray[np.float64]) -> IntArray:
    """Position along `dim` of the pixel that holds each place, -1 where none does."""
    grid = piece.indexes[dim]
    step = np.median(np.abs(np.diff(grid))) if grid.size > 1 else np.inf
    position: IntArray = grid.get_indexer(places, method="nearest", tolerance=_HALF * step)
    return position


def _halo(features: Sequence[str], speckle: LeeSettings) -> int:
    """Pixels that filter and texture reach, one after the other."""
    texture = TextureSettings().window // 2 if any("_glcm_" in name for name in features) else 0
    return speckle.window // 2 + texture
