"""The grid squares of a scene, and the line around a county that is made of whole squares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from cropnb.scenes.build import group_at
from cropnb.schema import require
from cropnb.simulation.grid import inside_county, scene_tiles
from cropnb.simulation.landscape import tile_centre_m
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.seeds import Tile

_SIDES = ("west", "south", "east", "north")


def block_squares(scene: xr.DataTree) -> pd.DataFrame:
    """What each cross-validation block of a scene covers.

    Parameters
    ----------
    scene : DataTree
        Raster scene whose labels have a `block_id`.

    Returns
    -------
    DataFrame (block, 5) [unit of the coordinates]
        `block`, and the outer edges `west`, `south`, `east`, `north` of its pixels, by rising number.

    Raises
    ------
    SchemaError
        If the labels have no blocks.
    """
    labels = group_at(scene, "/labels")
    require(
        "block_id" in labels, "block_squares: no block_id in /labels; expected blocks. Take another scene."
    )
    ids = labels["block_id"].transpose("y", "x").values
    numbers = np.unique(ids[ids >= 0])
    y, x = (_edges(labels[dim].values) for dim in ("y", "x"))
    rows = []
    for number in numbers:
        here = ids == number
        of_y, of_x = y[here.any(axis=1)], x[here.any(axis=0)]
        rows.append((int(number), of_x.min(), of_y.min(), of_x.max(), of_y.max()))
    return pd.DataFrame(rows, columns=["block", *_SIDES])


def county_squares(parameters: Parameters) -> pd.DataFrame:
    """Grid squares of the simulated county and of the tiles that are simulated of it.

    Parameters
    ----------
    parameters : Parameters
        From `simulation.load_parameters`.

    Returns
    -------
    DataFrame (square, 6) [m]
        `block`, the number of the tile in the scene, -1 where none is; the sides `west`, `south`, `east`,
        `north`; `county`, whether the square belongs to the county. Row by row from the north-west.
    """
    county, tiles = parameters.county, scene_tiles(parameters)
    frame = [
        Tile(county.first_row + row, county.first_column + column)
        for row, line in enumerate(county.outline)
        for column in range(len(line))
    ]
    inside = [tile for tile in frame if inside_county(parameters, tile)]
    every = sorted({*inside, *tiles}, key=lambda tile: (tile.row, tile.column))
    half = parameters.scene.grid_square_m / 2
    rows = []
    for tile in every:
        x, y = tile_centre_m(parameters, tile)
        number = tiles.index(tile) if tile in tiles else -1
        rows.append((number, x - half, y - half, x + half, y + half, tile in inside))
    return pd.DataFrame(rows, columns=["block", *_SIDES, "county"])


def boundary(squares: pd.DataFrame) -> NDArray[np.float64]:
    """Line around an area made of whole squares.

    Parameters
    ----------
    squares : DataFrame (square, 4)
        Sides `west`, `south`, `east`, `north` of squares of one grid.

    Returns
    -------
    ndarray (side, 2, 2) [unit of the squares]
        Start and end, x and y, of each side that belongs to one square only.
    """
    sides = Counter(
        side for square in squares[list(_SIDES)].itertuples(index=False) for side in _sides(square)
    )
    return np.array([side for side, n in sides.items() if n == 1], dtype=np.float64).reshape(-1, 2, 2)


def _sides(square: Sequence[float]) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    west, south, east, north = square
    corners = [(west, south), (east, south), (east, north), (west, north)]
    first, second = corners, corners[1:] + corners[:1]
    return [(min(a, b), max(a, b)) for a, b in zip(first, second, strict=True)]


def _edges(centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Both edges (centre, 2) of pixels whose centres may jump."""
    half = float(np.median(np.abs(np.diff(centres)))) / 2 if centres.size > 1 else 0.5
    return np.stack([centres - half, centres + half], axis=1)
