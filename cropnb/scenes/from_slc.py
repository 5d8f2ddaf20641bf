"""Covariance and coherence of the single-look images in a scene, computed by `cropnb.features`.

A simulated scene gives what the sensor measures; what is estimated from it is estimated here, by the
functions that a user runs on a real product. Where coordinates jump, the images of separate places lie side
by side: each place is worked on by itself, so that no window and no block reaches across.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import cast

import numpy as np
import xarray as xr

from cropnb.features.coherence import coherence_pairs
from cropnb.features.covariance import c2_from_slc, multilook
from cropnb.scenes.build import group_at, group_dataset
from cropnb.schema import C2, COHERENCE, require
from cropnb.simulation.radar_groups import IMPOSED

LOOKS = (1, 3)  # azimuth, range: 15 x 15 m of samples of 15 x 5 m
WINDOW = (3, 9)  # azimuth, range: 45 x 45 m
DAYS = 12


def with_products(scene: xr.DataTree) -> xr.DataTree:
    """Scene with the covariance matrix and the coherence of all its single-look images.

    Parameters
    ----------
    scene : DataTree
        With groups `/sentinel1/<relative_orbit>/slc`; NumPy or Dask arrays.

    Returns
    -------
    DataTree
        The same groups, and `c2` and `coherence` beside each `slc`. Orbits without a pair get no coherence.

    Raises
    ------
    SchemaError
        If there are no single-look images, or a group has them and `c2` already.
    """
    stacks = [path for path in scene.groups if path.startswith("/sentinel1/") and path.endswith("/slc")]
    require(
        bool(stacks),
        f"scene: no slc among the groups {', '.join(scene.groups)}; expected "
        "/sentinel1/<relative_orbit>/slc. Take a preset with single_look = true, or read single-look data.",
    )
    groups = {path: group_at(scene, path, inherit=False) for path in scene.groups}
    for path in stacks:
        orbit, slc = path.removesuffix("/slc"), groups[path]
        require(
            f"{orbit}/c2" not in groups,
            f"{orbit}: c2 beside slc already; expected slc alone. Remove one of the two.",
        )
        groups[f"{orbit}/c2"] = c2_of(slc)
        if _has_pairs(slc):
            groups[f"{orbit}/coherence"] = coherence_of(slc)
    return xr.DataTree.from_dict(groups)


def c2_of(slc: xr.Dataset, *, looks: tuple[int, int] = LOOKS) -> xr.Dataset:
    """Multilooked covariance matrix of a stack of single-look images.

    Parameters
    ----------
    slc : Dataset (time, y, x) [1]
        `s_vv` and `s_vh`, sigma0 being their squared magnitude.
    looks : tuple of int (2,) [pixel]
        Samples averaged along y and along x.

    Returns
    -------
    Dataset (time, y, x) [1, linear power]
        The group `c2` of a scene; samples that fill no block at the end of a place are dropped.
    """
    means = _by_place(slc, lambda place: _multilooked(place, looks))
    arrays = {name: means[name].data for name in C2.variables}
    return group_dataset(C2, arrays, coords={k: means[k] for k in ("time", "y", "x")}, attrs=_orbit_of(slc))


def coherence_of(
    slc: xr.Dataset, *, looks: tuple[int, int] = LOOKS, window: tuple[int, int] = WINDOW, days: int = DAYS
) -> xr.Dataset:
    """Coherence of consecutive single-look images, on the pixels of `c2_of`.

    Parameters
    ----------
    slc : Dataset (time, y, x) [1]
        `s_vv` and `s_vh` of one relative orbit.
    looks : tuple of int (2,) [pixel]
        Odd numbers of samples along y and x, of which the one in the middle is kept: neighbours share almost
        all of their windows.
    window : tuple of int (2,) [pixel]
        Samples along y and x that an estimate averages over.
    days : int () [day]
        Time between the images of a pair.

    Returns
    -------
    Dataset (pair, y, x) [1]
        The group `coherence` of a scene.

    Raises
    ------
    SchemaError
        If a number of looks is even, or no two images lie `days` apart.
    """
    require(
        all(n % 2 == 1 for n in looks),
        f"coherence_of: looks {looks}; expected odd numbers, which have a sample in the middle. Take (1, 3).",
    )

    def estimate(place: xr.Dataset) -> xr.Dataset:
        pairs = coherence_pairs(place, days=days, window=window)
        return pairs.isel(y=_middles(place.sizes["y"], looks[0]), x=_middles(place.sizes["x"], looks[1]))

    pairs = _by_place(slc, estimate)
    stamps = {name: ("pair", pairs[name].values) for name in ("first_time", "second_time")}
    coords = stamps | {name: pairs[name] for name in ("y", "x")}
    return group_dataset(
        COHERENCE, {pol: pairs[pol].data for pol in ("vv", "vh")}, coords=coords, attrs=_orbit_of(slc)
    )


def at_pixels(group: xr.Dataset, *, y: xr.DataArray, x: xr.DataArray) -> xr.Dataset:
    """C2 or coherence on other pixels, such as those of the labels: bilinear, within each place.

    Parameters
    ----------
    group : Dataset (..., y, x) [any]
        Linear power or coherence, from `c2_of` or `coherence_of`.
    y : DataArray (y,) [m]
        Northings of the new pixels' centres.
    x : DataArray (x,) [m]
        Their eastings.

    Returns
    -------
    Dataset (..., y, x) [any]
        Attributes and precision kept. New pixels beyond the outermost old ones of a place take their values.

    Raises
    ------
    SchemaError
        If the places of the new pixels are not those of the group.

    Notes
    -----
    A new pixel with a missing neighbour is missing. Interpolation averages unevenly, so that the number of
    looks varies from pixel to pixel: filter for speckle before.
    """
    places = {name: _places(group[name].values) for name in ("y", "x")}
    wanted = {"y": _places(y.values), "x": _places(x.values)}
    for name, target in wanted.items():
        require(
            len(target) == len(places[name]),
            f"at_pixels: {len(target)} places along {name}; expected {len(places[name])}, as in the group. "
            "Take pixels of the same scene.",
        )
    lines = []
    for from_y, to_y in zip(places["y"], wanted["y"], strict=True):
        done = [
            _bilinear(group.isel(y=from_y, x=from_x), y[to_y], x[to_x])
            for from_x, to_x in zip(places["x"], wanted["x"], strict=True)
        ]
        lines.append(_joined(done, "x"))
    return _joined(lines, "y")


def _bilinear(place: xr.Dataset, y: xr.DataArray, x: xr.DataArray) -> xr.Dataset:
    within = {c.dims[0]: c.clip(place[c.dims[0]].min(), place[c.dims[0]].max()) for c in (y, x)}
    values = place.interp(within, method="linear", assume_sorted=False)
    kept = {name: values[name].astype(place[name].dtype) for name in place.data_vars}
    return values.assign(kept).assign_coords(y=y, x=x)


def _multilooked(place: xr.Dataset, looks: tuple[int, int]) -> xr.Dataset:
    """Date by date, so that only one date is held at full resolution."""
    dates = []
    for time in range(place.sizes["time"]):
        date = place.isel(time=[time])
        c2 = c2_from_slc(date["s_vv"], date["s_vh"])
        dates.append(cast(xr.Dataset, multilook(c2, n_azimuth=looks[0], n_range=looks[1])))
    return _joined(dates, "time")


def _middles(n_sample: int, looks: int) -> slice:
    return slice(looks // 2, n_sample // looks * looks, looks)


def _by_place(slc: xr.Dataset, work: Callable[[xr.Dataset], xr.Dataset]) -> xr.Dataset:
    """Result of `work` on each place, put side by side again."""
    columns = _places(slc["x"].values)
    lines = []
    for rows in _places(slc["y"].values):
        done = [work(slc.isel(y=rows, x=column)) for column in columns]
        lines.append(_joined(done, "x"))
    return _joined(lines, "y")


def _joined(parts: list[xr.Dataset], dim: str) -> xr.Dataset:
    return xr.concat(parts, dim, data_vars="minimal", coords="minimal", compat="override", join="override")


def _places(coordinate: np.ndarray) -> list[slice]:
    """Runs of a coordinate without a jump."""
    step = np.abs(np.diff(coordinate))
    jumps: list[int] = (np.flatnonzero(step > 1.5 * step.min()) + 1).tolist() if step.size else []
    edges = [0, *jumps, coordinate.size]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def _has_pairs(slc: xr.Dataset) -> bool:
    time = slc["time"].values
    apart = (time[None] - time[:, None]) / np.timedelta64(1, "D")
    return bool((np.rint(apart) == DAYS).any())


def _orbit_of(slc: xr.Dataset) -> dict[str, object]:
    kept = {name: slc.attrs[name] for name in ("relative_orbit", "orbit_direction")}
    return kept | {name: slc.attrs[name] for name in (IMPOSED,) if name in slc.attrs}
