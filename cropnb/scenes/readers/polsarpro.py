"""PolSARpro C2 folders: four ENVI rasters C11, C22, C12_real, C12_imag, named by index.

What the indices mean is a convention of the producer: here 1 is VV and 2 is VH, which the folder's name
(`C2_VVVH`) says and the contract's check of the medians confirms.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import rasterio
import xarray as xr
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

from cropnb.scenes.build import group_dataset, scene_from_groups
from cropnb.scenes.entries import SceneEntry
from cropnb.scenes.errors import problem, unreadable
from cropnb.scenes.orbits import UNKNOWN
from cropnb.schema import C2, SchemaError, require

_FILES = ("C11.bin", "C22.bin", "C12_real.bin", "C12_imag.bin")


def read_polsarpro(entry: SceneEntry, files: Mapping[str, Path]) -> xr.DataTree:
    """Raster scene of one date from a PolSARpro C2 folder.

    Parameters
    ----------
    entry : SceneEntry
        Its `options`: at will `time`, `relative_orbit`, `orbit_direction`.
    files : mapping of str to Path
        The rasters and their headers `*.bin.hdr`, side by side.

    Returns
    -------
    DataTree
        One C2 group, no labels. Where the source gives no date, `time` holds the first day of the season,
        and the attribute `time_known` of the group is False; an unknown orbit is called `unknown`.

    Raises
    ------
    SchemaError
        If a raster is missing, cut off or of another size.
    """
    missing = [name for name in _FILES if name not in files]
    require(
        not missing,
        problem("C2 folder", f"{missing} missing", expected=", ".join(_FILES), remedy="Add the files."),
    )
    c11, c22, real, imag = (_raster(files[name]) for name in _FILES)
    orbit = entry.options.get("relative_orbit", UNKNOWN)
    variables = {
        "c_vv_vv": c11[None],
        "c_vh_vh": c22[None],
        "c_vv_vh": (real + 1j * imag).astype(np.complex64)[None],
    }
    stamp = np.datetime64(str(entry.options.get("time", entry.season.split("/")[0])), "ns")
    attrs = {
        "relative_orbit": orbit,
        "orbit_direction": entry.options.get("orbit_direction", UNKNOWN),
        "time_known": "time" in entry.options,
    }
    coords = {"time": [stamp], **_grid(files["C11.bin"])}
    group = group_dataset(C2, variables, coords=coords, attrs=attrs)
    return scene_from_groups({f"/sentinel1/{orbit}/c2": group}, **entry.root())


def _raster(path: Path) -> NDArray[np.float32]:
    try:
        with _opened(path) as source:
            expected = source.width * source.height * np.dtype(source.dtypes[0]).itemsize
            _check_size(path, expected)
            values: NDArray[np.float32] = source.read(1).astype(np.float32)
    except RasterioIOError as error:
        raise unreadable(path, error) from error
    return values


def _opened(path: Path) -> rasterio.DatasetReader:
    with warnings.catch_warnings():
        # Only C11's header says where the raster lies; the grid is taken from there.
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return rasterio.open(path, driver="ENVI")


def _check_size(path: Path, expected: int) -> None:
    found = path.stat().st_size
    if found != expected:
        # GDAL would fill up with zeros without a word.
        raise SchemaError(
            problem(
                str(path),
                f"{found} bytes",
                expected=f"{expected} bytes by its header",
                remedy="It was cut off, or the header belongs to another raster: fetch it again.",
            )
        )


def _grid(path: Path) -> dict[str, tuple[str, NDArray[np.float64], dict[str, str]]]:
    """Centres of the pixels in the units of the raster's reference system."""
    with _opened(path) as source:
        transform, crs = source.transform, source.crs
        rows, columns = np.arange(source.height), np.arange(source.width)
    require(
        crs is not None,
        problem(str(path), "no georeference", expected="`map info` in its header", remedy="Add it."),
    )
    units = "degrees" if crs.is_geographic else "m"
    return {
        "y": ("y", transform.f + (rows + 0.5) * transform.e, {"units": units}),
        "x": ("x", transform.c + (columns + 0.5) * transform.a, {"units": units}),
    }
