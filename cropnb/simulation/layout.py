"""What each block holds: its cover, roads and shelterbelts, and its division into strips or large fields.

Fields of a block are numbered strip by strip, piece by piece; shelterbelts follow after the last field,
so that an object's number is plain arithmetic on the block's arrays and no polygon is ever drawn. When a
block is cut anew (`recutting`), its fields get numbers of their own after all others, so that no number
changes its meaning from year to year.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from scipy.stats import norm

from cropnb.simulation.arrays import Booleans, Floats, Integers
from cropnb.simulation.blocks import Blocks, Frame
from cropnb.simulation.division import divide_block, field_centres
from cropnb.simulation.parameters import LandscapeParameters
from cropnb.simulation.rff import SmoothField


class Cover(IntEnum):
    """What a block is."""

    CROP = 0
    GRASS = 1
    FOREST = 2
    WATER = 3
    RESIDENTIAL = 4


# Wet land lies together at one end of the latent field, villages at the other, crops between.
_LATENT_ORDER = (Cover.WATER, Cover.GRASS, Cover.FOREST, Cover.CROP, Cover.RESIDENTIAL)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Arrays by block, and the objects (fields, other blocks, belts) in them."""

    cover: Integers
    strips: Booleans
    road_m: Floats
    belt_m: Floats  # 0: no belt
    belt_side: Integers  # 0 u0, 1 u1, 2 v0, 3 v1
    inner: Floats  # (block, 4) box without roads and belt
    along_u: Booleans  # fields run along u
    n_strip: Integers
    n_piece: Integers
    first_strip: Integers
    first_object: Integers
    strip_start: Floats  # (strip of all blocks,) [m] across, from the inner box's side
    object_block: Integers  # (object,)
    object_u: Floats  # centres
    object_v: Floats
    n_field: int  # belts come next, then the fields of blocks cut anew, year after year

    @property
    def belts(self) -> slice:
        """Numbers of the shelterbelts."""
        return slice(self.n_field, self.n_field + int((self.belt_m > 0).sum()))


def draw_covers(
    blocks: Blocks,
    frame: Frame,
    landscape: LandscapeParameters,
    *,
    shared: SmoothField,
    rng: np.random.Generator,
) -> Integers:
    """Cover of each block, from a latent field cut at quantiles.

    Parameters
    ----------
    blocks : Blocks (block,) [m]
        From `split_blocks`.
    frame : Frame () [m]
        Where they lie.
    landscape : LandscapeParameters () [1]
        Shares by area.
    shared : SmoothField () [1]
        What neighbouring blocks have in common.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    ndarray (block,) [1]
        Numbers of `Cover`.
    """
    u, v = _centres(blocks.box)
    own = rng.standard_normal(u.size)
    latent = landscape.cover_shared * shared(*frame.absolute(u, v)) + landscape.cover_own * own
    spread = np.hypot(landscape.cover_shared, landscape.cover_own)
    shares = [landscape.cover_shares[c.name.lower()] for c in _LATENT_ORDER]
    rank = np.searchsorted(np.cumsum(shares)[:-1], norm.cdf(latent / spread))
    cover: Integers = np.array(_LATENT_ORDER)[rank]
    return cover


def show_all_covers(cover: Integers, blocks: Blocks, frame: Frame, side_m: float) -> Integers:
    """Covers such that a showcase tile holds forest, water, a village and else crops.

    Parameters
    ----------
    cover : ndarray (block,) [1]
        As drawn; its order decides nothing here.
    blocks : Blocks (block,) [m]
        From `split_blocks`.
    frame : Frame () [m]
        Where they lie.
    side_m : float () [m]
        Side of the tile.

    Returns
    -------
    ndarray (block,) [1]
        The three blocks of middle size with a centre inside the tile are no crops.
    """
    u, v = _centres(blocks.box)
    inside = np.flatnonzero(within_tile(frame, u, v, side_m))
    area = (blocks.box[:, 1] - blocks.box[:, 0]) * (blocks.box[:, 3] - blocks.box[:, 2])
    ranked = inside[np.argsort(area[inside])]
    middle = ranked[max(len(ranked) // 2 - 1, 0) :][:3]
    shown = np.full_like(cover, Cover.CROP)
    shown[middle] = [Cover.FOREST, Cover.WATER, Cover.RESIDENTIAL][: len(middle)]
    return shown


def within_tile(frame: Frame, u: Floats, v: Floats, side_m: float) -> Booleans:
    """Whether frame coordinates fall into the tile.

    Parameters
    ----------
    frame : Frame () [m]
        Axes of the tile.
    u : ndarray (point,) [m]
        First coordinate.
    v : ndarray (point,) [m]
        Second coordinate.
    side_m : float () [m]
        Side of the tile.

    Returns
    -------
    ndarray (point,) [1]
        True inside.
    """
    east, north = frame.absolute(u, v)
    inside: Booleans = np.maximum(abs(east - frame.east_m), abs(north - frame.north_m)) < side_m / 2
    return inside


def lay_out(
    blocks: Blocks, cover: Integers, landscape: LandscapeParameters, *, rng: np.random.Generator
) -> Layout:
    """Roads, belts and fields of all blocks.

    Parameters
    ----------
    blocks : Blocks (block,) [m]
        From `split_blocks`.
    cover : ndarray (block,) [1]
        Numbers of `Cover`.
    landscape : LandscapeParameters () [1]
        Widths and lengths.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    Layout (block,) [m]
        Read by `raster`.
    """
    n = cover.size
    crop = cover == Cover.CROP
    road = rng.uniform(*landscape.road_m, n)
    has_belt = crop & (rng.random(n) < landscape.belt_share)
    belt = np.where(has_belt, rng.uniform(*landscape.belt_m, n), 0.0)
    side = rng.integers(0, 4, n)
    strips = crop & (rng.random(n) < landscape.strip_share)
    inner = _inner_boxes(blocks.box, road, belt, side)
    size = np.stack([inner[:, 1] - inner[:, 0], inner[:, 3] - inner[:, 2]], axis=1)
    along_u = size[:, 0] >= size[:, 1]
    length, width = size.max(axis=1), size.min(axis=1)
    parts = [
        divide_block(width[b], length[b], bool(strips[b]), landscape, rng=rng)
        if crop[b]
        else (np.zeros(1), 1)
        for b in range(n)
    ]
    starts, n_piece = [p[0] for p in parts], np.array([p[1] for p in parts])
    n_strip = np.array([len(s) for s in starts])
    objects = field_centres(inner, starts, n_piece, along_u)
    belts = np.flatnonzero(has_belt)
    belt_u, belt_v = _centres(blocks.box[belts])
    return Layout(
        cover=cover,
        strips=strips,
        road_m=road,
        belt_m=belt,
        belt_side=side,
        inner=inner,
        along_u=along_u,
        n_strip=n_strip,
        n_piece=n_piece,
        first_strip=np.cumsum(n_strip) - n_strip,
        first_object=np.cumsum(n_strip * n_piece) - n_strip * n_piece,
        strip_start=np.concatenate(starts),
        object_block=np.concatenate([objects[0], belts]),
        object_u=np.concatenate([objects[1], belt_u]),
        object_v=np.concatenate([objects[2], belt_v]),
        n_field=len(objects[0]),
    )


def field_area_m2(layout: Layout) -> Floats:
    """Area of the fields of each object's block, inside the tile and outside.

    Parameters
    ----------
    layout : Layout (block,) [m]
        From `lay_out`.

    Returns
    -------
    ndarray (object,) [m2]
        The mean where the strips of a block differ in width.
    """
    inner = layout.inner
    area = (inner[:, 1] - inner[:, 0]) * (inner[:, 3] - inner[:, 2]) / (layout.n_strip * layout.n_piece)
    mean: Floats = area[layout.object_block]
    return mean


def _inner_boxes(box: Floats, road: Floats, belt: Floats, side: Integers) -> Floats:
    inward = np.array([1.0, -1.0, 1.0, -1.0])
    inner: Floats = box + inward * (road[:, None] + belt[:, None] * (side[:, None] == np.arange(4)))
    return inner


def _centres(box: Floats) -> tuple[Floats, Floats]:
    return (box[:, 0] + box[:, 1]) / 2, (box[:, 2] + box[:, 3]) / 2
