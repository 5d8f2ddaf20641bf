"""Coordinates of a scene: pixel centres that jump between tiles, and dates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from cropnb.simulation.landscape import tile_centre_m
from cropnb.simulation.parameters import Parameters
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
    preset, size = parameters.preset, pixel_m or 2 * parameters.scene.cell_m
    n = round(preset.n_pixel * 2 * parameters.scene.cell_m / size)
    offset = (np.arange(n) - (n - 1) / 2) * size
    x = [tile_centre_m(parameters, Tile(0, c))[0] + offset for c in range(preset.n_column)]
    y = [tile_centre_m(parameters, Tile(r, 0))[1] - offset for r in range(preset.n_row)]
    return {
        "y": xr.Variable("y", np.concatenate(y), {"units": "m", "long_name": "northing of the pixel centre"}),
        "x": xr.Variable("x", np.concatenate(x), {"units": "m", "long_name": "easting of the pixel centre"}),
    }


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
    start = np.datetime64(f"{parameters.scene.year}-01-01")
    times = (start + np.array(days, dtype="timedelta64[D]")).astype("datetime64[ns]")
    return xr.Variable(dim, times, {"long_name": "acquisition date, UTC"})
