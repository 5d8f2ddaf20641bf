"""Groups of the cameras in a simulated scene."""

from __future__ import annotations

import xarray as xr

from cropnb.simulation.cameras import simulate_cameras
from cropnb.simulation.grid import scene_tiles
from cropnb.simulation.parameters import Parameters


def camera_groups(parameters: Parameters) -> dict[str, xr.Dataset]:
    """Groups of the cameras, if the scene has any.

    Parameters
    ----------
    parameters : Parameters () [1]
        Cameras per tile.

    Returns
    -------
    dict (group,) [1]
        `/cameras` with the series and where the cameras are, `/truth/cameras` with the curve without noise
        (its days are `camera_time`: `time` is taken by the radar above it) and the dates of the season.
    """
    n_per_tile = parameters.optics.cameras.n_per_tile
    if n_per_tile == 0:
        return {}
    series = simulate_cameras(parameters, n_site=n_per_tile * len(scene_tiles(parameters)))
    places = [str(name) for name in series.coords if name != "time"]
    measured = series[["gcc"]].drop_attrs(deep=False)
    true = series.drop_vars(["gcc", *places]).drop_attrs(deep=False).rename(time="camera_time")
    return {"/cameras": measured, "/truth/cameras": true}
