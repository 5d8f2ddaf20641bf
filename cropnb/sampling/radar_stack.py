"""Covariance matrices of all orbits of a season as one series: steps are acquisitions by rising date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from cropnb.sampling.days import day_from_time, season_of
from cropnb.sampling.groups import in_season
from cropnb.sampling.pieces import pieces
from cropnb.sampling.samples import IntArray
from cropnb.schema import require


@dataclass(frozen=True, kw_only=True, eq=False)
class Stack:
    """Covariance matrices of all orbits of a season; steps are acquisitions by rising date.

    Attributes
    ----------
    orbits : dict of str to Dataset (time, y, x) [1, linear power]
        By relative orbit, not read yet.
    day : ndarray (step,) [day]
        Days of all orbits, rising.
    steps : dict of str to ndarray (time,) [1]
        Step of each acquisition of an orbit.
    pieces : dict of str to tuple of Dataset (time, y, x) [1, linear power]
        Contiguous parts of each orbit, cut once: to cut a dataset takes longer than to see that it is not
        needed.
    """

    orbits: dict[str, xr.Dataset]
    day: IntArray
    steps: dict[str, IntArray]
    pieces: dict[str, tuple[xr.Dataset, ...]]

    @property
    def widest(self) -> xr.Dataset:
        """Orbit with the most pixels, whose grid is that of the map."""
        return max(self.orbits.values(), key=lambda c2: c2.sizes["y"] * c2.sizes["x"])


def stack_of(scene: xr.DataTree, *, orbits: Sequence[str] | None = None) -> Stack:
    """Covariance matrices of a scene's season.

    Parameters
    ----------
    scene : DataTree
        Raster scene with a `c2` group of at least one orbit.
    orbits : sequence of str, optional
        Relative orbits to take; all by default.

    Returns
    -------
    Stack
        Nothing has been read but coordinates.

    Raises
    ------
    SchemaError
        If an orbit asked for has no `c2` group in the season, there is none at all, or two were acquired on
        one day.
    """
    season = season_of(scene)
    found = {name: in_season(c2, season=season) for name, c2 in _matrices(scene).items()}
    found = {name: c2 for name, c2 in found.items() if c2.sizes["time"]}
    wanted = tuple(found) if orbits is None else tuple(dict.fromkeys(orbits))
    missing = [name for name in wanted if name not in found]
    require(
        bool(wanted) and not missing,
        f"scene: no c2 group with a date in the season of orbit {', '.join(missing) or 'any'}; it has "
        f"{', '.join(found) or 'none'}. Name one of these, or compute C2 first.",
    )
    days = {name: day_from_time(found[name]["time"].values, season=season) for name in wanted}
    day = np.sort(np.concatenate(list(days.values())))
    twice = day[1:][np.diff(day) == 0]
    require(
        twice.size == 0,
        f"scene: two acquisitions on days {twice.tolist()}; expected one a day. Leave out an orbit.",
    )
    steps = {name: np.searchsorted(day, days[name]) for name in wanted}
    return Stack(
        orbits={name: found[name] for name in wanted},
        day=day,
        steps=steps,
        pieces={name: tuple(pieces(found[name])) for name in wanted},
    )


def _matrices(scene: xr.DataTree) -> dict[str, xr.Dataset]:
    orbits = scene["/sentinel1"].children if "/sentinel1" in scene.groups else {}
    return {
        name: scene[f"/sentinel1/{name}/c2"].to_dataset()
        for name, orbit in sorted(orbits.items(), key=lambda item: (len(item[0]), item[0]))
        if "c2" in orbit.children
    }
