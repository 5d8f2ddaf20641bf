"""Cells of 5 m: object and cover of each; pixels of 10 m: labels, mixing, distance to edges."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from scipy.ndimage import distance_transform_edt
from scipy.stats import norm

from cropnb.simulation.arrays import Booleans, Floats, Integers
from cropnb.simulation.blocks import Blocks, Frame
from cropnb.simulation.layout import Cover, Layout
from cropnb.simulation.parameters import LandscapeParameters
from cropnb.simulation.texture import gaussian_field

_BAND = 32  # rows of cells
_FAR_M = 1e5  # more than any block is wide: keeps the strips of different blocks apart on one axis


class Ground(IntEnum):
    """What covers a cell; FIELD cells take their backscatter from their object."""

    FIELD = -1
    FOREST = 0
    WATER = 1
    GARDEN = 2
    BUILDING = 3
    ROAD = 4


@dataclass(frozen=True)
class Cells:
    """One tile at 5 m."""

    object_id: Integers  # (y, x), -1 on roads
    ground: Integers  # (y, x), numbers of Ground
    block: Integers  # (y, x)


def cell_centres(frame: Frame, n_cell: int, cell_m: float) -> tuple[Floats, Floats]:
    """Easting and northing of cell centres, rows from north to south.

    Parameters
    ----------
    frame : Frame () [m]
        Gives the tile's centre.
    n_cell : int () [count]
        Cells along a side.
    cell_m : float () [m]
        Cell size.

    Returns
    -------
    tuple (2, cell) [m]
        Easting of columns, northing of rows.
    """
    offset = (np.arange(n_cell) - (n_cell - 1) / 2) * cell_m
    return frame.east_m + offset, frame.north_m - offset


def rasterise(frame: Frame, blocks: Blocks, layout: Layout, *, n_cell: int, cell_m: float) -> Cells:
    """Objects and ground of all cells of a tile; villages stay whole, see `mosaic_villages`.

    Parameters
    ----------
    frame : Frame () [m]
        Axes of the tile.
    blocks : Blocks (block,) [m]
        From `split_blocks`.
    layout : Layout (block,) [m]
        From `lay_out`.
    n_cell : int () [count]
        Cells along a side.
    cell_m : float () [m]
        Cell size.

    Returns
    -------
    Cells (y, x) [1]
        Villages carry `Ground.BUILDING` throughout.
    """
    east, north = cell_centres(frame, n_cell, cell_m)
    number, block = np.empty((2, n_cell, n_cell), dtype=np.int32)
    for top in range(0, n_cell, _BAND):  # bands that fit a processor's cache
        band = np.s_[top : top + _BAND]
        number[band], block[band] = objects_at(frame, blocks, layout, *np.meshgrid(east, north[band]))
    road, belt = number < 0, (layout.belts.start <= number) & (number < layout.belts.stop)
    by_cover = {Cover.FOREST: Ground.FOREST, Cover.WATER: Ground.WATER, Cover.RESIDENTIAL: Ground.BUILDING}
    of_block = np.array([by_cover.get(Cover(c), Ground.FIELD) for c in layout.cover], dtype=np.int8)
    ground = np.where(belt, np.int8(Ground.FOREST), of_block[block])
    ground = np.where(road, np.int8(Ground.ROAD), ground)
    return Cells(number, ground, block)


def objects_at(
    frame: Frame, blocks: Blocks, layout: Layout, east_m: Floats, north_m: Floats
) -> tuple[Integers, Integers]:
    """Object and block at any points.

    Parameters
    ----------
    frame : Frame () [m]
        Axes of the tile.
    blocks : Blocks (block,) [m]
        From `split_blocks`.
    layout : Layout (block,) [m]
        From `lay_out`.
    east_m : ndarray (...) [m]
        Eastings.
    north_m : ndarray (...) [m]
        Northings.

    Returns
    -------
    tuple (2, ...) [1]
        Number of the object, -1 on roads; number of the block.
    """
    u, v = frame.local(east_m, north_m)
    block = blocks.find(u, v)
    box = blocks.box[block]
    margin = np.stack([u - box[..., 0], box[..., 1] - u, v - box[..., 2], box[..., 3] - v])
    road = margin.min(axis=0) < layout.road_m[block]
    at_belt = np.take_along_axis(margin, layout.belt_side[block][None], axis=0)[0]
    belt = (at_belt < (layout.road_m + layout.belt_m)[block]) & (layout.belt_m[block] > 0)
    number = np.where(belt, _belt_number(layout)[block], field_number(layout, block, u, v))
    return np.where(road, -1, number), block


def field_number(layout: Layout, block: Integers, u: Floats, v: Floats) -> Integers:
    """Field or other object of a block at points inside it.

    Parameters
    ----------
    layout : Layout (block,) [m]
        From `lay_out`.
    block : ndarray (...) [1]
        Block of each point.
    u : ndarray (...) [m]
        First frame coordinate.
    v : ndarray (...) [m]
        Second frame coordinate.

    Returns
    -------
    ndarray (...) [1]
        By strip (one search over the strips of all blocks) and piece; on roads and belts, the nearest.
    """
    inner = layout.inner[block]
    from_u, from_v = u - inner[..., 0], v - inner[..., 2]
    along_u = layout.along_u[block]
    length = np.where(along_u, inner[..., 1] - inner[..., 0], inner[..., 3] - inner[..., 2])
    along, across = np.where(along_u, from_u, from_v), np.where(along_u, from_v, from_u)
    of_strip = np.repeat(np.arange(layout.n_strip.size), layout.n_strip)
    key = block * _FAR_M + np.clip(across, 0, _FAR_M / 2)
    strip = np.searchsorted(of_strip * _FAR_M + layout.strip_start, key, side="right") - 1
    n_piece = layout.n_piece[block]
    piece = np.clip((along / length * n_piece).astype(int), 0, n_piece - 1)
    number: Integers = layout.first_object[block] + (strip - layout.first_strip[block]) * n_piece + piece
    return number


def mosaic_villages(
    ground: Integers, landscape: LandscapeParameters, *, cell_m: float, rng: np.random.Generator
) -> Integers:
    """Villages as a mosaic of trees, gardens and buildings.

    Parameters
    ----------
    ground : ndarray (y, x) [1]
        Numbers of `Ground`, villages as `BUILDING`.
    landscape : LandscapeParameters () [1]
        Shares and grain of the mosaic.
    cell_m : float () [m]
        Cell size.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    ndarray (y, x) [1]
        Trees are `FOREST` ground inside an object of the class residential.
    """
    field = gaussian_field(ground.shape, length_m=landscape.village_m, cell_m=cell_m, rng=rng)
    shares = landscape.village_shares
    limits = norm.ppf([shares["tree"], shares["tree"] + shares["garden"]])
    kinds = np.array([Ground.FOREST, Ground.GARDEN, Ground.BUILDING], np.int8)
    mosaic = kinds[np.searchsorted(limits, field)]
    return np.where(ground == Ground.BUILDING, mosaic, ground)


def pixel_object(object_id: Integers) -> Integers:
    """Object with the most of a pixel's four cells; of two equal, the first from the north-west.

    Parameters
    ----------
    object_id : ndarray (y, x) [1]
        At 5 m.

    Returns
    -------
    ndarray (y, x) [1]
        At 10 m.
    """
    cells = np.stack([object_id[i::2, j::2] for i in (0, 1) for j in (0, 1)])
    votes = (cells[:, None] == cells[None]).sum(axis=1)
    winner: Integers = np.take_along_axis(cells, votes.argmax(axis=0)[None], axis=0)[0]
    return winner


def mixed_fraction(class_cells: Integers, class_pixels: Integers, spread: Floats) -> Floats:
    """Share of a pixel's point spread that lies on another class than its label.

    Parameters
    ----------
    class_cells : ndarray (y, x) [1]
        Class at 5 m, -1 on roads.
    class_pixels : ndarray (y, x) [1]
        Label at 10 m.
    spread : ndarray (row, column) [1]
        Weights at 5 m about the pixel's centre, even in size, sum 1.

    Returns
    -------
    ndarray (y, x) [1]
        0 for a pure pixel.
    """
    n_row, n_column = spread.shape
    padded = np.pad(
        class_cells, ((n_row // 2 - 1, n_row // 2), (n_column // 2 - 1, n_column // 2)), mode="edge"
    )
    height, width = class_cells.shape
    same = np.zeros(class_pixels.shape)
    for (i, j), weight in np.ndenumerate(spread):
        same += weight * (padded[i : i + height : 2, j : j + width : 2] == class_pixels)
    return (1 - same).astype(np.float32)


def edge_distance(object_id: Integers, *, cell_m: float) -> Floats:
    """Distance of pixel centres to the nearest border of an object, the tile's border included.

    Parameters
    ----------
    object_id : ndarray (y, x) [1]
        At 5 m.
    cell_m : float () [m]
        Cell size.

    Returns
    -------
    ndarray (y, x) [m]
        At 10 m, the mean of the four cells.
    """
    distance = distance_transform_edt(~_border(np.pad(object_id, 1, constant_values=-2)))[1:-1, 1:-1] * cell_m
    return block_mean(distance.astype(np.float32))


def block_mean(cells: Floats) -> Floats:
    """Mean of each pixel's four cells.

    Parameters
    ----------
    cells : ndarray (y, x) [1]
        At 5 m.

    Returns
    -------
    ndarray (y, x) [1]
        At 10 m.
    """
    mean: Floats = (cells[::2, ::2] + cells[1::2, ::2] + cells[::2, 1::2] + cells[1::2, 1::2]) / 4
    return mean


def _border(number: Integers) -> Booleans:
    border = np.zeros(number.shape, dtype=bool)
    for a, b in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        differs = number[a] != number[b]
        border[a] |= differs
        border[b] |= differs
    return border


def _belt_number(layout: Layout) -> Integers:
    has_belt = layout.belt_m > 0
    return np.where(has_belt, layout.n_field + np.cumsum(has_belt) - 1, -1)
