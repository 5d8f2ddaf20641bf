"""Raster scenes: pixels drawn at random, a fixed number per parcel."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.features import boxcar
from cropnb.legends import Legend
from cropnb.sampling.days import Season
from cropnb.sampling.gaps import Series
from cropnb.sampling.groups import Units, group_of, in_season, optical_series, radar_series
from cropnb.sampling.pieces import holding
from cropnb.sampling.samples import IntArray
from cropnb.schema import require

FloatArray = NDArray[np.float64]

# Groups that hold the power of an orbit, the first one present counts, with their names of VV and VH.
_POWER = {"c2": {"c_vv_vv": "vv", "c_vh_vh": "vh"}, "sigma0": {"vv": "vv", "vh": "vh"}}


@dataclass(frozen=True, kw_only=True, eq=False)
class Pixels:
    """Map coordinates of the centres of the pixels drawn, both of shape (sample,)."""

    y: FloatArray
    x: FloatArray

    def of(self, dataset: xr.Dataset) -> xr.Dataset:
        """Values of the pixels that hold these places, on whatever grid: dims y and x give way to sample."""
        at = {
            "y": xr.DataArray(_holding(dataset, "y", self.y), dims="sample"),
            "x": xr.DataArray(_holding(dataset, "x", self.x), dims="sample"),
        }
        return dataset.isel(at).compute()


def _holding(dataset: xr.Dataset, dim: str, places: FloatArray) -> IntArray:
    """Position along `dim` of the pixel that holds each place."""
    grid, position = dataset.indexes[dim], holding(dataset, dim, places)
    n_outside = int(np.count_nonzero(position < 0))
    require(
        n_outside == 0,
        f"scene: {n_outside} of {places.size} labelled pixels drawn lie outside {dim} {grid.min():g} to "
        f"{grid.max():g} of {tuple(dataset.data_vars)}; expected all sensors to cover the labels. "
        "Take the common block first.",
    )
    return position


def raster_units(scene: xr.DataTree, *, per_parcel: int, rng: np.random.Generator) -> tuple[Pixels, Units]:
    """Pixels drawn at random without replacement, and their units.

    Parameters
    ----------
    scene : DataTree
        Raster scene with `/labels`.
    per_parcel : int () [count]
        Most pixels per parcel. Labelled pixels without a parcel count as one parcel per class and block.
    rng : Generator
        Source of the draw.

    Returns
    -------
    pixels : Pixels (sample,) [unit of the coordinates]
        In reading order: by row, then by column.
    units : Units (sample,)
        A parcel across two blocks counts wholly to the block of its first pixel in reading order, so that
        folds by block never share a parcel. The group of a raster scene is its block.

    Raises
    ------
    SchemaError
        If `per_parcel` is below 1 or nothing is labelled.
    """
    require(
        per_parcel >= 1, f"samples: per_parcel {per_parcel}; expected at least 1. Draw one pixel or more."
    )
    everything = _labelled(scene)
    _, which = np.unique(everything.units.parcel, return_inverse=True)
    return everything.take(_draw(which, most=np.full(which.size, per_parcel), rng=rng))


def stratified_units(scene: xr.DataTree, *, share: float, rng: np.random.Generator) -> tuple[Pixels, Units]:
    """A share of the pixels of each class, drawn at random without replacement, and their units.

    Parameters
    ----------
    scene : DataTree
        Raster scene with `/labels`.
    share : float () [1]
        Of the labelled pixels of each class, above 0, at most 1; rounded, but one pixel at least.
    rng : Generator
        Source of the draw.

    Returns
    -------
    pixels : Pixels (sample,) [unit of the coordinates]
        In reading order.
    units : Units (sample,)
        As of `raster_units`.

    Raises
    ------
    SchemaError
        If `share` is out of its range or nothing is labelled.
    """
    require(0 < share <= 1, f"samples: share {share}; expected above 0 and at most 1. Take 0.1.")
    everything = _labelled(scene)
    class_id = everything.units.class_id
    most = np.maximum(np.round(share * np.bincount(class_id)), 1).astype(np.int64)
    return everything.take(_draw(class_id, most=most[class_id], rng=rng))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Labelled:
    """All labelled pixels of a scene."""

    pixels: Pixels
    units: Units

    def take(self, index: IntArray) -> tuple[Pixels, Units]:
        units = self.units
        part = {name: getattr(units, name)[index] for name in ("class_id", "group", "block", "parcel")}
        return Pixels(y=self.pixels.y[index], x=self.pixels.x[index]), replace(units, **part)


def _labelled(scene: xr.DataTree) -> _Labelled:
    labels = group_of(scene, "/labels").load()
    row, column = np.nonzero(labels["class_id"].values >= 0)
    require(row.size > 0, "labels: class_id is -1 everywhere; expected labelled pixels. Take a larger block.")
    class_id, block, parcel = (
        _at(labels, name, row, column) for name in ("class_id", "block_id", "parcel_id")
    )
    parcel = _with_stand_ins(parcel, class_id=class_id, block=block)
    _, first, which = np.unique(parcel, return_index=True, return_inverse=True)
    home = block[first][which]
    legend = Legend.from_json(labels.attrs["legend"])
    units = Units(class_id=class_id, group=home, block=home, parcel=parcel, legend=legend, dropped={})
    return _Labelled(pixels=Pixels(y=labels["y"].values[row], x=labels["x"].values[column]), units=units)


def _at(labels: xr.Dataset, name: str, row: IntArray, column: IntArray) -> IntArray:
    """Values at pixels; -1 for a map the scene does not have."""
    if name not in labels:
        return np.full(row.shape, -1, dtype=np.int64)
    return labels[name].transpose("y", "x").values[row, column].astype(np.int64)


def _with_stand_ins(parcel: IntArray, *, class_id: IntArray, block: IntArray) -> IntArray:
    """Parcel numbers, negative ones made up per class and block where there is no parcel."""
    n_block = int(block.max() - block.min()) + 1
    made_up = -1 - (class_id * n_block + block - block.min())
    return np.where(parcel >= 0, parcel, made_up)


def _draw(which: IntArray, *, most: IntArray, rng: np.random.Generator) -> IntArray:
    """Positions of up to `most` random members of each unit, rising; `most` is given at every member."""
    shuffled = rng.permutation(len(which))
    by_unit = shuffled[np.argsort(which[shuffled], kind="stable")]
    unit = which[by_unit]
    rank = np.arange(len(unit)) - np.searchsorted(unit, unit, side="left")
    return np.sort(by_unit[rank < most[by_unit]])


def raster_series(
    scene: xr.DataTree, sensor: str, *, pixels: Pixels, window: int, season: Season
) -> list[Series]:
    """Series of one sensor at the pixels drawn.

    Parameters
    ----------
    scene : DataTree
        Raster scene.
    sensor : str
        `sentinel1` or the name of an optical group.
    pixels : Pixels (sample,) [unit of the coordinates]
        Where; on a coarser grid than that of the labels, the pixel that holds each.
    window : int () [pixel]
        Width of the boxcar mean of linear power, in pixels of the radar's own grid; optical reflectance is
        taken as it is.
    season : Season
        Acquisitions outside it are left out.

    Returns
    -------
    list of Series (sample, time, channel) [dB, or 1 for reflectance]
        One per orbit; channel names carry the orbit only where there are several.
    """
    if sensor != "sentinel1":
        optical = in_season(group_of(scene, f"/{sensor}"), season=season)[["reflectance", "valid_mask"]]
        return [optical_series(pixels.of(optical), season=season, sensor=sensor)]
    orbits = _power_of_orbits(scene)
    series = []
    for orbit, power in orbits.items():
        smooth = in_season(power, season=season).map(boxcar, window=window)
        suffix = f"_{orbit}" if len(orbits) > 1 else ""
        series.append(radar_series(pixels.of(smooth), season=season, suffix=suffix))
    return series


def _power_of_orbits(scene: xr.DataTree) -> dict[str, xr.Dataset]:
    """Linear power `vv`, `vh` of each relative orbit that has any, by rising orbit number."""
    orbits = scene["/sentinel1"].children if "/sentinel1" in scene.groups else {}
    found = {}
    for orbit in sorted(orbits, key=lambda name: (len(name), name)):
        group = next((group for group in _POWER if group in orbits[orbit].children), None)
        if group is not None:
            dataset = scene[f"/sentinel1/{orbit}/{group}"].to_dataset()
            found[orbit] = dataset[list(_POWER[group])].rename(_POWER[group])
    require(
        bool(found),
        f"scene: no c2 or sigma0 group under /sentinel1, orbits {sorted(orbits)}; expected one. "
        "Use another sensor, or compute C2 from the single-look data first.",
    )
    return found
