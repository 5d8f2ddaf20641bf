"""Cutting a scene: the same piece of ground out of every group, whatever its pixel size."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cropnb.scenes.build import group_at
from cropnb.scenes.errors import problem
from cropnb.schema import require


def take_block(scene: xr.DataTree, *, y: slice, x: slice) -> xr.DataTree:
    """Rectangle of a raster scene, without reading it.

    Parameters
    ----------
    scene : DataTree
        Raster scene; its groups may differ in pixel size.
    y, x : slice () [pixel]
        Rows and columns, counted on the finest grid of the scene, without a step.

    Returns
    -------
    DataTree
        Same groups and attributes. A group on a coarser grid gives the pixels whose centre lies in the
        rectangle (on its north or west edge included, south and east edge not).

    Raises
    ------
    SchemaError
        If the scene has no raster, or the slice has a step or leaves nothing.

    Examples
    --------
    >>> from cropnb.scenes.examples import example_raster_scene
    >>> scene = example_raster_scene(np.random.default_rng(0))
    >>> dict(take_block(scene, y=slice(0, 6), x=slice(6, 18))["/labels"].sizes)
    {'y': 6, 'x': 12}
    """
    window = {"y": y, "x": x}
    edges = {dim: _edges(_finest(scene, dim), window[dim], dim) for dim in window}
    groups = {}
    for path in scene.groups:
        group = group_at(scene, path, inherit=False)
        inside = {dim: _inside(group[dim].to_numpy(), edges[dim]) for dim in edges if dim in group.dims}
        groups[path] = group.isel(inside)
    return xr.DataTree.from_dict(groups, name=scene.name)


def _finest(scene: xr.DataTree, dim: str) -> np.ndarray:
    """Coordinate values of the grid with the most pixels along a dim."""
    found = [group_at(scene, path)[dim].to_numpy() for path in scene.groups if dim in scene[path].dims]
    require(
        bool(found),
        problem(
            "scene",
            f"no dim {dim!r}",
            expected="a raster scene",
            remedy="Point scenes are cut by .isel(sample=...).",
        ),
    )
    return max(found, key=len)


def _edges(centres: np.ndarray, window: slice, dim: str) -> tuple[float, float]:
    """Coordinates of the first and the last edge of a slice of pixels."""
    start, stop, step = window.indices(len(centres))
    require(
        step == 1 and stop > start,
        problem(
            "block",
            f"{dim}={window} of {len(centres)} pixels",
            expected="a slice without a step that holds a pixel",
            remedy=f"Use slice(start, stop) with 0 <= start < stop <= {len(centres)}.",
        ),
    )
    half = (centres[1] - centres[0]) / 2 if len(centres) > 1 else 0.5
    return float(centres[start] - half), float(centres[stop - 1] + half)


def _inside(centres: np.ndarray, edges: tuple[float, float]) -> slice:
    first, last = edges
    sign = 1.0 if last >= first else -1.0  # y falls from north to south
    slack = 1e-6 * abs(last - first)  # centres of a coarse pixel may lie on an edge, up to rounding
    at = np.flatnonzero((sign * centres >= sign * first - slack) & (sign * centres < sign * last - slack))
    return slice(int(at[0]), int(at[-1]) + 1) if at.size else slice(0, 0)
