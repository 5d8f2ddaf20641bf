"""An unfinished Zarr store on which the tiles of a simulated scene are put, each in its place."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, cast

import dask.array as da
import numpy as np
import xarray as xr
import zarr

from cropnb.scenes.build import group_at
from cropnb.scenes.progress import note_parts, noted_parts
from cropnb.scenes.store import CHUNKS, write_manifest
from cropnb.simulation.grid import scene_tiles
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.seeds import Tile

PROGRESS = "cropnb-tiles.json"  # beside the unfinished store: what is being written, which tiles are there
_PLACE = ("y", "x")
_SITE = "site"  # cameras, as many in each tile
_PIXEL = {"row": "y", "column": "x"}  # coordinates of sites, counted within the tile
_N_PARCEL = "n_parcel"


@dataclass(frozen=True)
class Summary:
    """What the whole scene has to know of a tile: parcels, and means of variables without a place."""

    n_parcel: int
    means: Mapping[str, list[float]]


@dataclass(frozen=True)
class Canvas:
    """A workshop, the scene that is made there, and a text that names all that its tiles depend on."""

    workshop: Path  # holds the store and, beside it, the note
    parameters: Parameters
    identity: str

    @property
    def folder(self) -> Path:
        """The store."""
        return self.workshop / "scene"

    def begin(self) -> dict[int, Summary]:
        """Tiles that are there already; a store of something else makes room.

        Returns
        -------
        dict of int to Summary
            By number of the tile.
        """
        noted = noted_parts(self.workshop / PROGRESS, identity=self.identity)
        if noted is not None:
            return {number: Summary(**tile) for number, tile in noted.items()}
        shutil.rmtree(self.workshop, ignore_errors=True)
        self.folder.mkdir(parents=True)
        return {}

    def note(self, done: Mapping[int, Summary]) -> None:
        """Note which tiles are there.

        Parameters
        ----------
        done : mapping of int to Summary
            All of them.
        """
        tiles = {number: vars(summary) for number, summary in done.items()}
        note_parts(self.workshop / PROGRESS, tiles, identity=self.identity)

    def stretch(self, tree: xr.DataTree, number: int) -> None:
        """Lay out arrays of the whole scene, coordinates filled in, maps and series of sites still empty.

        Parameters
        ----------
        tree : DataTree
            Scene of one tile.
        number : int () [1]
            Place of that tile among those of the scene.
        """
        for path in tree.groups:
            whole = self._whole(group_at(tree, path, inherit=False).drop_encoding(), number)
            whole.to_zarr(self.folder, group=path, mode="a", compute=False, consolidated=False, zarr_format=2)

    def paint(self, tree: xr.DataTree, number: int) -> Summary:
        """Write the maps and the sites of one tile.

        Parameters
        ----------
        tree : DataTree
            Scene of the tile.
        number : int () [1]
            Place among the tiles of the scene.

        Returns
        -------
        Summary
            To be noted.
        """
        store, tile = self._store(), scene_tiles(self.parameters)[number]
        means: dict[str, list[float]] = {}
        for path in tree.groups:
            group = group_at(tree, path, inherit=False)
            for name, variable in group.variables.items():
                key = f"{path.strip('/')}/{name}"
                if set(_PLACE) <= set(variable.dims):
                    region = self._region(map(str, variable.dims), variable.shape, tile)
                    _array(store, key)[region] = variable.to_numpy()
                elif _SITE in variable.dims:
                    _array(store, key)[_nth(variable, number)] = self._in_scene(str(name), variable, tile)
                elif name in group.data_vars and variable.dtype.kind == "f":
                    means[key] = variable.to_numpy().astype(float).tolist()
        return Summary(int(tree.attrs.get(_N_PARCEL, 0)), means)

    def finish(self, done: Mapping[int, Summary], path: Path) -> None:
        """Fill squares without a tile, write what sums up all tiles, seal the store and give it its name.

        Parameters
        ----------
        done : mapping of int to Summary
            All tiles of the scene.
        path : Path
            Of the finished store; there is none yet.
        """
        store = self._store()
        store.attrs[_N_PARCEL] = sum(summary.n_parcel for summary in done.values())
        for key in next(iter(done.values())).means:
            values = np.array([done[number].means[key] for number in sorted(done)])
            _array(store, key)[...] = values.mean(axis=0)
        self._fill_holes(store)
        zarr.consolidate_metadata(store.store, zarr_format=2)
        write_manifest(self.folder)
        self.folder.rename(path)
        shutil.rmtree(self.workshop)

    def _store(self) -> zarr.Group:
        return zarr.open_group(self.folder, mode="r+", zarr_format=2)

    def _whole(self, group: xr.Dataset, number: int) -> xr.Dataset:
        """Group of the whole scene: maps and sites lazy and empty, everything else as it is."""
        variables = {name: self._stretched(v, number) for name, v in group.variables.items()}
        coords = {name: variables.pop(name) for name in group.coords}
        return xr.Dataset(variables, coords=coords, attrs=group.attrs)

    def _stretched(self, variable: xr.Variable, number: int) -> xr.Variable:
        if variable.dims in (("y",), ("x",)):
            return self._coordinate(variable, number)
        preset = self.parameters.preset
        if set(_PLACE) <= set(variable.dims):
            times = {"y": preset.n_row, "x": preset.n_column}
        elif _SITE in variable.dims:
            times = {_SITE: len(scene_tiles(self.parameters))}
        else:
            return variable
        sizes = {str(dim): int(size) for dim, size in variable.sizes.items()}
        shape = [size * times.get(dim, 1) for dim, size in sizes.items()]
        chunks = [
            _divisor(size, CHUNKS.get(dim, size)) if dim in times else min(size, CHUNKS.get(dim, size))
            for dim, size in sizes.items()
        ]
        empty = da.zeros(shape, dtype=variable.dtype, chunks=chunks)
        return xr.Variable(variable.dims, empty, variable.attrs)

    def _coordinate(self, variable: xr.Variable, number: int) -> xr.Variable:
        """Positions in all rows or columns, from those in one tile."""
        preset, tile = self.parameters.preset, scene_tiles(self.parameters)[number]
        step = self.parameters.scene.grid_square_m
        if variable.dims == ("y",):
            shift = -step * (np.arange(preset.n_row) + preset.first_row - tile.row)
        else:
            shift = step * (np.arange(preset.n_column) + preset.first_column - tile.column)
        return xr.Variable(variable.dims, (shift[:, None] + variable.to_numpy()).ravel(), variable.attrs)

    def _region(self, dims: Iterable[str], shape: Iterable[int], tile: Tile) -> tuple[slice, ...]:
        """Where a tile lies in an array, given the shape of its part."""
        place = self._tiles_before(tile)
        return tuple(
            slice(place[dim] * n, (place[dim] + 1) * n) if dim in place else slice(None)
            for dim, n in zip(dims, shape, strict=True)
        )

    def _in_scene(self, name: str, variable: xr.Variable, tile: Tile) -> np.ndarray:
        """Values at the sites of a tile; their rows and columns are counted from the scene's corner."""
        values = variable.to_numpy()
        if name not in _PIXEL:
            return values
        moved: np.ndarray = values + self.parameters.preset.n_pixel * self._tiles_before(tile)[_PIXEL[name]]
        return moved

    def _tiles_before(self, tile: Tile) -> dict[str, int]:
        preset = self.parameters.preset
        return {"y": tile.row - preset.first_row, "x": tile.column - preset.first_column}

    def _fill_holes(self, store: zarr.Group) -> None:
        """Missing values in the squares that have no tile."""
        preset, tiles = self.parameters.preset, set(scene_tiles(self.parameters))
        square = (range(preset.n_row), range(preset.n_column))
        whole = {Tile(preset.first_row + i, preset.first_column + j) for i, j in product(*square)}
        parts = {"y": preset.n_row, "x": preset.n_column}
        for key in _keys(store):
            array = _array(store, key)
            dims = cast(list[str], array.attrs["_ARRAY_DIMENSIONS"])
            if set(_PLACE) <= set(dims):
                shape = [n // parts.get(dim, 1) for dim, n in zip(dims, array.shape, strict=True)]
                for hole in whole - tiles:
                    array[self._region(dims, shape, hole)] = _missing(array)


def _keys(store: zarr.Group) -> list[str]:
    return [key for key, member in store.members(max_depth=None) if isinstance(member, zarr.Array)]


def _array(store: zarr.Group, key: str) -> zarr.Array[Any]:
    return cast("zarr.Array[Any]", store[key])


def _nth(variable: xr.Variable, number: int) -> tuple[slice, ...]:
    """Where the sites of a tile lie among those of all tiles."""
    own = {_SITE: slice(number * variable.sizes[_SITE], (number + 1) * variable.sizes[_SITE])}
    return tuple(own.get(str(dim), slice(None)) for dim in variable.dims)


def _divisor(size: int, most: int) -> int:
    """Largest divisor of `size` up to `most`, or `size` where all of them are small."""
    largest = max(n for n in range(1, min(size, most) + 1) if size % n == 0)
    return largest if 4 * largest >= min(size, most) else size


def _missing(array: zarr.Array[Any]) -> complex | float | int:
    """What stands for no data in the type of an array; True and False are stored as numbers."""
    if array.dtype.kind == "c":
        return complex(np.nan, np.nan)
    if array.dtype.kind == "f":
        return float(np.nan)
    return 0 if array.dtype.kind == "b" or array.attrs.get("dtype") == "bool" else -1
