"""Coordinates of a scene: pixel centres that jump between tiles, and dates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from cropnb.simulation.days import calendar_dates
from cropnb.simulation.landscape import tile_centre_m
from cropnb.simulation.parameters import INSIDE, Parameters, Preset
from cropnb.simulation.seeds import Tile


def pixel_coordinates(parameters: Parameters, *, pixel_m: float | None = None) -> dict[str, xr.Variable]:
    """Coordinates of the pixel centres; they jump between tiles.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    pixel_m : float () [m], optional
        Pixel size, 10 m unless given.

    Returns
    -------
    dict (2,) [m]
        `y` and `x`.
    """
    size = pixel_m or 2 * parameters.scene.cell_m
    n = round(parameters.preset.n_pixel * 2 * parameters.scene.cell_m / size)
    offset = (np.arange(n) - (n - 1) / 2) * size
    x = [east + offset for east in column_eastings(parameters)]
    y = [north - offset for north in row_northings(parameters)]
    return {
        "y": xr.Variable("y", np.concatenate(y), {"units": "m", "long_name": "northing of the pixel centre"}),
        "x": xr.Variable("x", np.concatenate(x), {"units": "m", "long_name": "easting of the pixel centre"}),
    }


def scene_tiles(parameters: Parameters) -> list[Tile]:
    """Tiles of the preset.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.

    Returns
    -------
    list of Tile (tile,) [1]
        Row by row from the north-west; those outside the county are left out if the preset says so.
    """
    preset = parameters.preset
    tiles = [Tile(row, column) for row in _rows(preset) for column in _columns(preset)]
    return [tile for tile in tiles if not preset.inside_county or inside_county(parameters, tile)]


def column_eastings(parameters: Parameters) -> list[float]:
    """Eastings [m] of the centres of the preset's columns of tiles."""
    return [tile_centre_m(parameters, Tile(0, column))[0] for column in _columns(parameters.preset)]


def row_northings(parameters: Parameters) -> list[float]:
    """Northings [m] of the centres of the preset's rows of tiles."""
    return [tile_centre_m(parameters, Tile(row, 0))[1] for row in _rows(parameters.preset)]


def inside_county(parameters: Parameters, tile: Tile) -> bool:
    """Whether a grid square belongs to the county.

    Parameters
    ----------
    parameters : Parameters () [1]
        The outline, and where it begins.
    tile : Tile () [1]
        Which grid square.

    Returns
    -------
    bool () [1]
        False beyond the outline's frame.
    """
    county = parameters.county
    row, column = tile.row - county.first_row, tile.column - county.first_column
    inside = 0 <= row < len(county.outline) and 0 <= column < len(county.outline[row])
    return inside and county.outline[row][column] == INSIDE


def acquisition_times(parameters: Parameters, days: Sequence[int], *, dim: str = "time") -> xr.Variable:
    """Dates of a sensor.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene's year.
    days : sequence (time,) [day]
        Since 1 January.
    dim : str () [1]
        Name of the dimension.

    Returns
    -------
    Variable (time,) [1]
        UTC.
    """
    times = calendar_dates(parameters.scene.year, list(days)).astype("datetime64[ns]")
    return xr.Variable(dim, times, {"long_name": "acquisition date, UTC"})


def _rows(preset: Preset) -> range:
    return range(preset.first_row, preset.first_row + preset.n_row)


def _columns(preset: Preset) -> range:
    return range(preset.first_column, preset.first_column + preset.n_column)
