"""A scene as a table on the page."""

from __future__ import annotations

import xarray as xr

from cropnb.report.table import Table
from cropnb.scenes import describe

_COLUMNS = ("group", "what", "size", "dates", "variables")


def scene_table(scene: xr.DataTree) -> Table:
    """What a scene holds, group by group.

    Parameters
    ----------
    scene : DataTree
        Raster or point scene.

    Returns
    -------
    Table
        Columns group, what, size, dates, variables; its caption names the scene and says whether it is
        simulated.
    """
    frame = describe(scene)[list(_COLUMNS)].astype(str)
    return Table(frame, f"What is in {scene.attrs['name']} ({scene.attrs['kind']} scene)")
