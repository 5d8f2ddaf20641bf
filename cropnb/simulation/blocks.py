"""Blocks of land: a rotated, slightly bent frame, cut in two again and again.

The frame is at least a quarter larger than the tile, and large enough to cover it whatever the rotation
(a fixed quarter would leave the corners bare beyond 17 degrees); cropping leaves fields cut at the tile's
border.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cropnb.simulation.arrays import Floats, Integers
from cropnb.simulation.parameters import LandscapeParameters, Preset

Box = tuple[float, float, float, float]  # u0, u1, v0, v1 [m]
_HECTARE = 1e4


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Local axes u and v of one tile, counter-clockwise from east by `rotation_rad`."""

    east_m: float  # centre of the tile
    north_m: float
    half_m: float  # half the frame's side
    rotation_rad: float
    warp_m: float
    warp_wavelength_m: tuple[float, float]
    warp_phase_rad: tuple[float, float]

    def local(self, east_m: Floats, north_m: Floats) -> tuple[Floats, Floats]:
        """Frame coordinates u, v of points, bent by up to `warp_m`."""
        u, v = _rotated(east_m - self.east_m, north_m - self.north_m, -self.rotation_rad)
        wave = [2 * np.pi / length for length in self.warp_wavelength_m]
        bent_u = u + self.warp_m * np.sin(wave[0] * v + self.warp_phase_rad[0])
        bent_v = v + self.warp_m * np.sin(wave[1] * u + self.warp_phase_rad[1])
        return bent_u, bent_v

    def absolute(self, u: Floats, v: Floats) -> tuple[Floats, Floats]:
        """Easting and northing of frame coordinates, to within the bending."""
        east, north = _rotated(u, v, self.rotation_rad)
        return east + self.east_m, north + self.north_m


@dataclass(frozen=True)
class Blocks:
    """Leaves of the tree of cuts, and the tree itself.

    `axis` is -1 at a leaf, else 0 for a cut across u, 1 across v; `child` then holds the next nodes.
    `leaf` gives the block number of a node, `box` the sides u0, u1, v0, v1 of each block.
    """

    axis: Integers  # (node,)
    cut: Floats
    child: Integers  # (node, 2)
    leaf: Integers
    box: Floats  # (block, 4) [m]

    def find(self, u: Floats, v: Floats) -> Integers:
        """Block number of points; a point outside the frame belongs to the nearest block inside."""
        node = np.zeros(u.shape, dtype=np.int32)
        inner = self.axis[node] >= 0
        while inner.any():
            coordinate = np.where(self.axis[node] == 1, v, u)
            step = self.child[node, (coordinate >= self.cut[node]).astype(np.int8)]
            node = np.where(inner, step, node)
            inner = self.axis[node] >= 0
        return self.leaf[node]


def make_frame(
    centre_m: tuple[float, float], side_m: float, landscape: LandscapeParameters, *, rng: np.random.Generator
) -> Frame:
    """Draw the axes of a tile.

    Parameters
    ----------
    centre_m : tuple (2,) [m]
        Easting and northing of the tile's centre.
    side_m : float () [m]
        Side of the tile.
    landscape : LandscapeParameters () [1]
        Rotation and bending.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    Frame () [m]
        Covers the tile.
    """
    angle = float(np.radians(rng.normal(0, landscape.rotation_sd_deg)))
    phase = rng.uniform(0, 2 * np.pi, 2)
    cover = abs(np.cos(angle)) + abs(np.sin(angle)) + 2 * landscape.warp_m / side_m
    return Frame(
        east_m=centre_m[0],
        north_m=centre_m[1],
        half_m=side_m / 2 * max(cover, landscape.frame_factor),
        rotation_rad=angle,
        warp_m=landscape.warp_m,
        warp_wavelength_m=landscape.warp_wavelength_m,
        warp_phase_rad=(float(phase[0]), float(phase[1])),
    )


def split_blocks(
    half_m: float, preset: Preset, landscape: LandscapeParameters, *, rng: np.random.Generator
) -> Blocks:
    """Cut a square frame until each piece is small enough.

    Parameters
    ----------
    half_m : float () [m]
        Half the frame's side.
    preset : Preset () [1]
        Area and side below which a block stays whole.
    landscape : LandscapeParameters () [1]
        Where cuts may fall, spread of the area.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    Blocks (block,) [m]
        They tile the frame without gaps.
    """
    boxes = [(-half_m, half_m, -half_m, half_m)]
    axis, cut, child = [], [], []
    k = 0
    while k < len(boxes):  # breadth first; `boxes` grows while it is read
        box = boxes[k]
        area = preset.block_area_ha * _HECTARE * rng.lognormal(0, landscape.block_area_spread)
        where = int(box[3] - box[2] > box[1] - box[0])
        if _is_whole(box, area, preset.block_side_m):
            axis.append(-1)
            cut.append(0.0)
            child.append((k, k))
        else:
            low, high = box[2 * where : 2 * where + 2]
            at = low + (high - low) * rng.uniform(*landscape.split_range)
            axis.append(where)
            cut.append(at)
            child.append((len(boxes), len(boxes) + 1))
            boxes += _halves(box, where, at)
        k += 1
    leaf = np.cumsum(np.array(axis) < 0) - 1
    whole = np.array(boxes)[np.array(axis) < 0]
    return Blocks(np.array(axis, np.int8), np.array(cut), np.array(child, np.int32), leaf, whole)


def _is_whole(box: Box, area_m2: float, side_m: float) -> bool:
    width, height = box[1] - box[0], box[3] - box[2]
    return width * height < area_m2 or min(width, height) < side_m


def _halves(box: Box, where: int, at: float) -> list[Box]:
    u0, u1, v0, v1 = box
    return [(u0, at, v0, v1), (at, u1, v0, v1)] if where == 0 else [(u0, u1, v0, at), (u0, u1, at, v1)]


def _rotated(x: Floats, y: Floats, angle: float) -> tuple[Floats, Floats]:
    c, s = np.cos(angle), np.sin(angle)
    return c * x - s * y, s * x + c * y
