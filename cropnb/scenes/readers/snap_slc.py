"""Co-registered single-look complex images as SNAP writes them to ZNAP: arrays `i_*` and `q_*` per image.

ZNAP is zarr of version 2, one array per band. What a stack needs and the arrays do not hold (dates, orbit,
pixel spacing) comes from the catalogue, which has it from the metadata of the products.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from numpy.typing import NDArray

from cropnb.scenes.build import group_dataset, scene_from_groups
from cropnb.scenes.entries import SceneEntry
from cropnb.scenes.errors import problem, unreadable
from cropnb.schema import SLC, SchemaError, require

_OPTIONS = ("relative_orbit", "orbit_direction", "azimuth_spacing_m", "range_spacing_m", "images")
_HEADER, _CHUNK = ".zarray", "0.0"  # each array is one chunk, uncompressed


def read_slc_pair(entry: SceneEntry, files: Mapping[str, Path]) -> xr.DataTree:
    """Raster scene of single-look complex VV images on one grid of pixels.

    Parameters
    ----------
    entry : SceneEntry
        Its `options`: `relative_orbit`, `orbit_direction`, `azimuth_spacing_m`, `range_spacing_m`, and
        `images`, each a table of `time` and `parts`, the names of the bands of real and imaginary part.
    files : mapping of str to Path
        By `<band>/.zarray` and `<band>/0.0`; both of a band in one folder.

    Returns
    -------
    DataTree
        One SLC group, no labels: `s_vv` as stored, digital numbers, which the attribute `calibrated` says.
        Coordinates y (azimuth) and x (slant range) are distances from the first pixel, in metres.

    Raises
    ------
    SchemaError
        If an option or a band is missing, a band is cut off, or images differ in size.
    """
    absent = [name for name in _OPTIONS if name not in entry.options]
    require(
        not absent,
        problem(entry.name, f"options {absent} missing", expected=", ".join(_OPTIONS), remedy="Add them."),
    )
    images = sorted(entry.options["images"], key=lambda image: str(image["time"]))
    arrays = [_complex_image(image, files) for image in images]
    shapes = {array.shape for array in arrays}
    require(
        len(shapes) == 1,
        problem(
            entry.name,
            f"images of shapes {sorted(shapes)}",
            expected="co-registered images of one size",
            remedy="Resample all to the pixels of one.",
        ),
    )
    orbit = entry.options["relative_orbit"]
    attrs = {
        "relative_orbit": orbit,
        "orbit_direction": entry.options["orbit_direction"],
        "calibrated": False,
    }
    group = group_dataset(
        SLC, {"s_vv": np.stack(arrays)}, coords=_coordinates(entry, images, arrays[0].shape), attrs=attrs
    )
    return scene_from_groups({f"/sentinel1/{orbit}/slc": group}, **entry.root())


def _complex_image(image: Mapping[str, Any], files: Mapping[str, Path]) -> NDArray[np.complex64]:
    real, imaginary = (_band(name, files) for name in image["parts"])
    require(
        real.shape == imaginary.shape,
        problem(
            str(image["parts"]),
            f"shapes {real.shape} and {imaginary.shape}",
            expected="the same shape of both parts",
            remedy="Take both from one product.",
        ),
    )
    values = np.empty(real.shape, dtype=np.complex64)
    values.real, values.imag = real, imaginary
    return values


def _band(name: str, files: Mapping[str, Path]) -> NDArray[np.floating]:
    needed = [f"{name}/{part}" for part in (_HEADER, _CHUNK)]
    missing = [part for part in needed if part not in files]
    require(
        not missing,
        problem("SLC pair", f"{missing} missing", expected=", ".join(needed), remedy="Add the files."),
    )
    header, chunk = (files[part] for part in needed)
    try:
        array = zarr.open_array(header.parent, mode="r", zarr_format=2)
        _check_size(chunk, array)
        values = np.asarray(array[...])
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, SchemaError):
            raise
        raise unreadable(header, error) from error
    return values


def _check_size(chunk: Path, array: zarr.Array[Any]) -> None:
    """Zarr takes a chunk that is missing for zeros; a second one would be another file."""
    found, expected = chunk.stat().st_size, array.nbytes
    require(
        array.chunks == array.shape and found == expected,
        problem(
            str(chunk),
            f"{found} bytes, chunks {array.chunks}",
            expected=f"{expected} bytes in one chunk {array.shape}, by its header",
            remedy="It was cut off, or the header belongs to another band: fetch it again.",
        ),
    )


def _coordinates(
    entry: SceneEntry, images: list[Mapping[str, Any]], shape: tuple[int, ...]
) -> dict[str, tuple[str, NDArray[Any], dict[str, str]]]:
    times = np.array([str(image["time"]) for image in images], dtype="datetime64[ns]")
    down, across = (float(entry.options[name]) for name in ("azimuth_spacing_m", "range_spacing_m"))
    azimuth = {"units": "m", "long_name": "azimuth distance"}
    slant_range = {"units": "m", "long_name": "slant range distance"}
    return {
        "time": ("time", times, {}),
        "y": ("y", np.arange(shape[0]) * down, azimuth),
        "x": ("x", np.arange(shape[1]) * across, slant_range),
    }
