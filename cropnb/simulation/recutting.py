"""The same land a year later: most blocks keep their fields, some strip blocks are laid out anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cropnb.simulation.arrays import Booleans, Floats, Integers
from cropnb.simulation.division import divide_block, field_centres
from cropnb.simulation.layout import Layout
from cropnb.simulation.parameters import LandscapeParameters
from cropnb.simulation.raster import field_number


def recut(
    layout: Layout, landscape: LandscapeParameters, share: float, *, rng: np.random.Generator
) -> Layout:
    """Fields after some strip blocks were divided anew.

    Parameters
    ----------
    layout : Layout (block,) [m]
        Of the year before.
    landscape : LandscapeParameters () [1]
        Widths and lengths.
    share : float () [1]
        Strip blocks that are divided anew.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    Layout (block,) [m]
        The fields of the divided blocks are numbered after all objects there were; the numbers of their old
        fields stay in the list of objects, and no cell carries them any more.
    """
    n_before = layout.object_block.size
    anew = np.flatnonzero(layout.strips & (rng.random(layout.strips.size) < share))
    if anew.size == 0:
        return layout
    inner, along_u = layout.inner[anew], layout.along_u[anew]
    size = np.stack([inner[:, 1] - inner[:, 0], inner[:, 3] - inner[:, 2]], axis=1)
    parts = [divide_block(side.min(), side.max(), True, landscape, rng=rng) for side in size]
    starts, n_piece = [part[0] for part in parts], np.array([part[1] for part in parts])
    block, u, v = field_centres(inner, starts, n_piece, along_u)
    n_field = np.array([len(start) for start in starts]) * n_piece
    all_starts = _all_starts(layout, dict(zip(anew.tolist(), starts, strict=True)))
    n_strip = np.array([len(start) for start in all_starts])
    all_pieces, first_object = layout.n_piece.copy(), layout.first_object.copy()
    all_pieces[anew] = n_piece
    first_object[anew] = n_before + np.cumsum(n_field) - n_field
    return replace(
        layout,
        n_strip=n_strip,
        first_strip=np.cumsum(n_strip) - n_strip,
        strip_start=np.concatenate(all_starts),
        n_piece=all_pieces,
        first_object=first_object,
        object_block=np.append(layout.object_block, anew[block]),
        object_u=np.append(layout.object_u, u),
        object_v=np.append(layout.object_v, v),
    )


def standing(layout: Layout) -> Booleans:
    """Which objects are there: not the fields of blocks that were divided anew since.

    Parameters
    ----------
    layout : Layout (block,) [m]
        Of some year.

    Returns
    -------
    ndarray (object,) [1]
        True for fields, other blocks and belts of that year.
    """
    number, block = np.arange(layout.object_block.size), layout.object_block
    n_field = (layout.n_strip * layout.n_piece)[block]
    first = layout.first_object[block]
    there: Booleans = (first <= number) & (number < first + n_field)
    there[layout.belts] = True
    return there


def inherited(values: Integers, before: Layout, after: Layout) -> Integers:
    """What stood a year ago where the objects of this year are.

    Parameters
    ----------
    values : ndarray (object before,) [1]
        Of the objects of the year before.
    before : Layout (block,) [m]
        Of the year before.
    after : Layout (block,) [m]
        From `recut`.

    Returns
    -------
    ndarray (object,) [1]
        By number where the field is the same, by the field under its centre where it is new.
    """
    new = slice(before.object_block.size, None)
    old_number = field_number(before, after.object_block[new], after.object_u[new], after.object_v[new])
    return np.append(values, values[old_number])


def _all_starts(layout: Layout, anew: dict[int, Floats]) -> list[Floats]:
    """Starts of the strips of each block, some of them replaced."""
    of_block = np.split(layout.strip_start, layout.first_strip[1:])
    return [anew.get(b, start) for b, start in enumerate(of_block)]
