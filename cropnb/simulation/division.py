"""How one block is divided: strips, or a few large fields, and the pieces along them."""

from __future__ import annotations

import numpy as np

from cropnb.simulation.arrays import Booleans, Floats, Integers
from cropnb.simulation.parameters import LandscapeParameters


def divide_block(
    width_m: float, length_m: float, strips: bool, landscape: LandscapeParameters, *, rng: np.random.Generator
) -> tuple[Floats, int]:
    """Division of a block.

    Parameters
    ----------
    width_m : float () [m]
        Its shorter side.
    length_m : float () [m]
        Its longer side.
    strips : bool () [1]
        Many narrow strips rather than one to a few fields.
    landscape : LandscapeParameters () [1]
        Widths and lengths.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    tuple (2,) [m, count]
        Starts of the strips across the block, and the number of pieces along it.
    """
    if strips:
        widths = _strip_widths(width_m, landscape, rng=rng)
        piece_m = rng.uniform(*landscape.strip_piece_m)
    else:
        low, high = landscape.mono_cuts
        n = int(rng.integers(low, high + 1))
        widths = np.full(n, width_m / n)
        piece_m = rng.uniform(*landscape.mono_piece_m)
    return np.cumsum(widths) - widths, max(1, round(length_m / piece_m))


def field_centres(
    inner: Floats, starts: list[Floats], n_piece: Integers, along_u: Booleans
) -> tuple[Integers, Floats, Floats]:
    """Centres of the fields of some blocks, in the order of the numbering.

    Parameters
    ----------
    inner : ndarray (block, 4) [m]
        Sides u0, u1, v0, v1 without roads and belt.
    starts : list (block,) [m]
        Starts of the strips, from `divide_block`.
    n_piece : ndarray (block,) [count]
        Pieces along the strips.
    along_u : ndarray (block,) [1]
        True where fields run along u.

    Returns
    -------
    tuple (3, field) [1, m, m]
        Place of the block among those given, centre u, centre v.
    """
    block, u, v = [], [], []
    for b, start in enumerate(starts):
        u0, u1, v0, v1 = inner[b]
        width = (v1 - v0) if along_u[b] else (u1 - u0)
        length = (u1 - u0) if along_u[b] else (v1 - v0)
        across = (start + np.append(start[1:], width)) / 2
        along = (np.arange(n_piece[b]) + 0.5) * length / n_piece[b]
        across, along = (grid.ravel() for grid in np.meshgrid(across, along, indexing="ij"))
        block.append(np.full(across.size, b))
        u.append(u0 + (along if along_u[b] else across))
        v.append(v0 + (across if along_u[b] else along))
    return np.concatenate(block), np.concatenate(u), np.concatenate(v)


def _strip_widths(width_m: float, landscape: LandscapeParameters, *, rng: np.random.Generator) -> Floats:
    low, high = landscape.strip_range_m
    enough = int(np.ceil(width_m / low)) + 1
    drawn = np.clip(landscape.strip_m * rng.lognormal(0, landscape.strip_spread, enough), low, high)
    kept = drawn[: max(1, int(np.searchsorted(np.cumsum(drawn), width_m)))]
    widths: Floats = kept * (width_m / kept.sum())
    return widths
