"""Random streams: one per scene, stage, year, tile and channel, so that no tile depends on another.

`SeedSequence` with a spawn key feeds the counter-based generator Philox [Salmon2011]: the same tile gives
the same bytes in whatever order, and in however many processes, tiles are made. Key elements for tiles
count from 1; 0 is kept for what the whole county shares (weather, smooth fields), which else would
collide with the first tile.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from cropnb.simulation.parameters import SceneParameters

_WRAP = 2**16


class Stage(IntEnum):
    """The second element of the spawn key; each stage draws from its own stream."""

    WEATHER = 0
    LANDSCAPE = 1
    CROPS = 2
    FIELDS = 3
    TEXTURE = 4
    SPECKLE = 5
    OPTICAL = 6
    CLOUDS = 7
    LABEL_NOISE = 8
    CAMERAS = 9
    SINGLE_LOOK = 10
    GAPS = 11


@dataclass(frozen=True)
class Tile:
    """A grid square, by row from the north and column from the west, counted from 0."""

    row: int
    column: int


def tile_rng(
    scene: SceneParameters, stage: Stage, tile: Tile, *, channel: int = 0, by_year: bool = True
) -> np.random.Generator:
    """Random stream of one stage of one tile.

    Parameters
    ----------
    scene : SceneParameters () [1]
        Number, year and seed of the scene.
    stage : Stage () [1]
        What is drawn.
    tile : Tile () [1]
        Which tile.
    channel : int () [1]
        Relative orbit, where the stage has one stream per orbit.
    by_year : bool () [1]
        False for what stays from year to year, as block borders do.

    Returns
    -------
    Generator () [1]
        At the start of its stream.
    """
    place = (_place(tile.row), _place(tile.column))
    return _rng(scene, (stage, scene.year if by_year else 0, *place, channel))


def county_rng(
    scene: SceneParameters, stage: Stage, *, channel: int = 0, by_year: bool = True
) -> np.random.Generator:
    """Random stream of what all tiles share.

    Parameters
    ----------
    scene : SceneParameters () [1]
        Number, year and seed of the scene.
    stage : Stage () [1]
        What is drawn.
    channel : int () [1]
        Which of several fields of that stage.
    by_year : bool () [1]
        False for what stays from year to year, as soil does.

    Returns
    -------
    Generator () [1]
        At the start of its stream.
    """
    return _rng(scene, (stage, scene.year if by_year else 0, 0, 0, channel))


def _place(index: int) -> int:
    """Key element of a row or column: 1 and up, or down from 2^16 north and west of square (0, 0)."""
    return index + 1 if index >= 0 else index + _WRAP


def _rng(scene: SceneParameters, key: tuple[int, ...]) -> np.random.Generator:
    sequence = np.random.SeedSequence(entropy=scene.seed, spawn_key=(scene.number, *map(int, key)))
    return np.random.Generator(np.random.Philox(sequence))
