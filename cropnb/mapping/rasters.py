"""GeoTIFF files of a map: written in windows, turned into cloud-optimised ones, read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
import xarray as xr
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import CRSError, RasterioIOError
from rasterio.windows import Window, from_bounds

from cropnb.legends import Legend
from cropnb.mapping.classify import NO_DATA, STEPS
from cropnb.mapping.grid import Block, Grid
from cropnb.mapping.majority import majority_filter
from cropnb.schema import SchemaError, require

_CACHE = 64 * 2**20  # bytes of tiles that GDAL keeps; 5 % of the memory by default
_SCRATCH_TILE = 256  # pixels
Tags = Mapping[str, str]


@contextmanager
def bounded() -> Iterator[None]:
    """Keep GDAL's cache of tiles small inside the block."""
    with rasterio.Env(GDAL_CACHEMAX=_CACHE):
        yield


def crs_of(text: str) -> CRS | None:
    """Reference system of a scene; None where it declares none.

    Parameters
    ----------
    text : str
        Such as `EPSG:32652`.

    Returns
    -------
    CRS or None
        What GeoTIFF stores.

    Raises
    ------
    SchemaError
        If nobody knows it.
    """
    try:
        return CRS.from_user_input(text) if text else None
    except CRSError as error:
        raise SchemaError(
            f"scene: crs {text!r} unknown; expected a code such as EPSG:32652. Set the root attribute `crs`."
        ) from error


def begin_raster(path: Path, grid: Grid, *, crs: CRS | None, n_band: int) -> None:
    """Write a raster without data, every tile in its place, so that windows can be written in any order.

    Parameters
    ----------
    path : Path
        File to make.
    grid : Grid
        Of the map.
    crs : CRS or None
        Reference system.
    n_band : int () [count]
        Bands of bytes.
    """
    shape = {"height": grid.y.size, "width": grid.x.size, "count": n_band}
    tiles = {"tiled": True, "blockxsize": _SCRATCH_TILE, "blockysize": _SCRATCH_TILE, "interleave": "band"}
    place = {"crs": crs, "transform": rasterio.Affine(*grid.transform)}
    profile = {"driver": "GTiff", "dtype": "uint8", "nodata": NO_DATA, "bigtiff": "IF_SAFER"}
    with bounded(), rasterio.open(path, "w", **profile, **shape, **tiles, **place):
        pass  # GDAL fills tiles that were not written, with no-data


def write_window(path: Path, values: NDArray[np.uint8], block: Block) -> None:
    """Write a block of a raster; it is on the disk, as far as GDAL is concerned, when this returns.

    Parameters
    ----------
    path : Path
        What `begin_raster` wrote.
    values : ndarray (band, y, x) [1]
        Bytes.
    block : tuple of slice
        Rows and columns.
    """
    with bounded(), rasterio.open(path, "r+") as raster:
        raster.write(values, window=Window.from_slices(*block))


def describe_classes(path: Path, legend: Legend, tags: Tags) -> None:
    """Give a raster of classes its colours, legend and origin.

    Parameters
    ----------
    path : Path
        Of one band.
    legend : Legend
        Classes; numbers beyond it have no data.
    tags : mapping of str to str
        Where the map comes from.
    """
    colours = {c.class_id: _rgba(c.colour) for c in legend.classes} | {NO_DATA: (0, 0, 0, 0)}
    names = {f"class_{c.class_id}": c.class_name for c in legend.classes}
    with bounded(), rasterio.open(path, "r+") as raster:
        raster.write_colormap(1, colours)
        raster.set_band_description(1, "class_id")
        raster.update_tags(1, **names, **{f"class_{NO_DATA}": "no data"})
        raster.update_tags(**tags, legend=legend.to_json())


def describe_probabilities(path: Path, legend: Legend, tags: Tags) -> None:
    """Give a raster of probabilities its scale, names and origin.

    Parameters
    ----------
    path : Path
        A band per class.
    legend : Legend
        Classes.
    tags : mapping of str to str
        Where the map comes from.
    """
    with bounded(), rasterio.open(path, "r+") as raster:
        raster.scales = (1 / STEPS,) * legend.n_class
        for number, name in enumerate(legend.names, start=1):
            raster.set_band_description(number, name)
        raster.update_tags(**tags, legend=legend.to_json(), units="1")


def _rgba(colour: str) -> tuple[int, int, int, int]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue, 255


def finish_raster(path: Path, target: Path, *, tile: int, overviews: str) -> None:
    """Copy a raster to a cloud-optimised GeoTIFF: tiled, with overviews, directory first.

    Parameters
    ----------
    path : Path
        Any raster.
    target : Path
        File to make.
    tile : int () [pixel]
        Side of a tile.
    overviews : str
        How GDAL makes a coarser pixel out of several: `mode` for classes, `average` for probabilities.
    """
    options = {"compress": "deflate", "blocksize": tile, "overview_resampling": overviews}
    with bounded():
        rasterio.shutil.copy(path, target, driver="COG", bigtiff="IF_SAFER", **options)


def filter_raster(source: Path, target: Path, grid: Grid, *, window: int) -> None:
    """Send a raster of classes through the majority filter, block by block with what lies around it.

    Parameters
    ----------
    source, target : Path
        Of one band; the target is a raster already.
    grid : Grid
        Of both.
    window : int () [pixel]
        Odd width.
    """
    reach = window // 2
    with bounded(), rasterio.open(source) as read, rasterio.open(target, "r+") as written:
        for rows, columns in grid.blocks():
            top, left = max(rows.start - reach, 0), max(columns.start - reach, 0)
            around = slice(top, rows.stop + reach), slice(left, columns.stop + reach)
            wide = min(around[0].stop, grid.y.size), min(around[1].stop, grid.x.size)
            part = read.read(1, window=Window.from_slices((top, wide[0]), (left, wide[1])))
            voted = majority_filter(part, window=window, no_data=NO_DATA)
            inside = voted[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
            written.write(inside, 1, window=Window.from_slices(rows, columns))


def read_map(
    path: Path | str, *, bounds: tuple[float, float, float, float] | None = None, step: int = 1
) -> xr.DataArray:
    """Read a map that `map_scene` wrote, or a part of it, or a coarser picture of it.

    Parameters
    ----------
    path : Path or str
        File of classes or of probabilities.
    bounds : tuple of float (4,) [unit of the coordinates], optional
        West, south, east, north; all by default.
    step : int () [pixel]
        Pixels along a side that become one, as the overviews have them.

    Returns
    -------
    DataArray (y, x) [1] or (class, y, x) [1]
        Class numbers, -1 without data; or probabilities, NaN without data. The attribute `legend` is that
        of the file.

    Raises
    ------
    SchemaError
        If the file cannot be read, is no such map, or `bounds` lie outside.
    """
    try:
        with bounded(), rasterio.open(path) as raster:
            return _read(raster, bounds, step)
    except RasterioIOError as error:
        raise SchemaError(f"{path}: {error}; expected a map of map_scene. Check the path.") from error


def _read(raster: Any, bounds: tuple[float, float, float, float] | None, step: int) -> xr.DataArray:
    text = raster.tags().get("legend")
    require(text is not None, f"{raster.name}: no tag `legend`; expected a map of map_scene. Check the path.")
    whole = Window(0, 0, raster.width, raster.height)
    window = whole if bounds is None else from_bounds(*bounds, raster.transform).round().intersection(whole)
    shape = (max(int(window.height) // step, 1), max(int(window.width) // step, 1))
    values = raster.read(window=window, out_shape=(raster.count, *shape))
    size = window.width / shape[1], window.height / shape[0]
    columns = window.col_off + size[0] * (np.arange(shape[1]) + 0.5)
    rows = window.row_off + size[1] * (np.arange(shape[0]) + 0.5)
    t = raster.transform
    coords = {"y": t.f + t.e * rows, "x": t.c + t.a * columns}
    attrs = {"legend": text, "units": "1"}
    if raster.descriptions[0] == "class_id":
        class_id = np.where(values[0] == NO_DATA, np.int16(-1), values[0].astype(np.int16))
        return xr.DataArray(class_id, dims=("y", "x"), coords=coords, name="class_id", attrs=attrs)
    share = np.where(values == NO_DATA, np.float32(np.nan), values / np.float32(STEPS)).astype(np.float32)
    names = {"class": list(Legend.from_json(text).names)}
    dims = ("class", "y", "x")
    return xr.DataArray(share, dims=dims, coords=coords | names, name="probability", attrs=attrs)
