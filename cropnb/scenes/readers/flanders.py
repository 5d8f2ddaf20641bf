"""WorldCereal training cubes (netCDF): Sentinel-1 dates at 20 m, Sentinel-2, declared crops at 10 m.

Three of Flanders, one of Tanzania. The Sentinel-1 files mix relative orbits and name none; they are told
apart by `cropnb.scenes.orbits` from time and latitude.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from rasterio.warp import transform as transform_coordinates
from scipy.ndimage import label as connected

from cropnb.features import linear_from_db
from cropnb.scenes.build import group_dataset, scene_from_groups
from cropnb.scenes.entries import SceneEntry
from cropnb.scenes.errors import problem, unreadable
from cropnb.scenes.legend_tables import encode, load_legend_table
from cropnb.scenes.orbits import pass_from_time
from cropnb.schema import LABELS, OPTICAL, SENTINEL2_BANDS, SIGMA0, SchemaError

# Scene classes of Sen2Cor that count as a clear view of the ground: vegetation, bare soil, water.
# "Unclassified" (7) is left out: the classifier does not claim that it is clear.
CLEAR_CLASSES = (4, 5, 6)
# Land cover codes that mean declared farmland: cropland, annual, perennial, grassland.
_FARMLAND = (10, 11, 12, 13)
_BLOCK_M = 160.0  # side of a cross-validation block
_CHUNKS = {"timestamp": 16}
Cube = TypeVar("Cube", xr.Dataset, xr.DataArray)


def read_cube(entry: SceneEntry, files: Mapping[str, Path]) -> xr.DataTree:
    """Raster scene from the files of one cube.

    Parameters
    ----------
    entry : SceneEntry
        The scene.
    files : mapping of str to Path
        By name: `S1_GRD-<DIRECTION>_20m_...`, `OUTPUT_...`, and `S2_L2A_20m_...`, `S2_L2A_10m_...`.

    Returns
    -------
    DataTree
        Lazily read. Each group has its own grid: radar and 20 m bands at 20 m; labels, and all bands where
        there are 10 m bands, at 10 m. Two by two pixels of 10 m make one of 20 m.

    Raises
    ------
    SchemaError
        If a file is missing or damaged.
    """
    by_product = {product: _find(files, product) for product in ("S1_GRD", "OUTPUT", "S2_L2A_20m")}
    fine = [path for name, path in files.items() if name.startswith("S2_L2A_10m")]
    groups = {
        **_radar(by_product["S1_GRD"]),
        "/sentinel2": _optics(by_product["S2_L2A_20m"], fine[0] if fine else None),
        "/labels": _labels(by_product["OUTPUT"], entry),
    }
    return scene_from_groups(groups, **entry.root())


def _find(files: Mapping[str, Path], product: str) -> Path:
    found = [path for name, path in files.items() if name.startswith(product)]
    if not found:
        raise SchemaError(
            problem("cube", f"no {product}* among {sorted(files)}", expected="one file", remedy="Add it.")
        )
    return found[0]


def _open(path: Path, *, decode: bool = True, drop: tuple[str, ...] = ()) -> xr.Dataset:
    """Dataset of a netCDF file; `decode` turns scaled integers into numbers and fill values into NaN."""
    try:
        dataset = xr.open_dataset(
            path,
            engine="h5netcdf",
            chunks={},
            mask_and_scale=decode,
            drop_variables=drop,
        )
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise unreadable(path, error) from error
    return dataset.chunk({dim: size for dim, size in _CHUNKS.items() if dim in dataset.dims})


def _radar(path: Path) -> dict[str, xr.Dataset]:
    cube = _open(path).sortby("timestamp")
    direction = "descending" if "DESCENDING" in path.name else "ascending"
    latitude = _latitude(cube)
    passes = [
        pass_from_time(time, lat=latitude, direction=direction) for time in cube["timestamp"].to_numpy()
    ]
    orbits = np.array([overpass.relative_orbit for overpass in passes])
    platforms = np.array([overpass.platform for overpass in passes])
    return {
        f"/sentinel1/{orbit}/sigma0": _orbit_group(
            cube.isel(timestamp=orbits == orbit), int(orbit), platforms[orbits == orbit], direction
        )
        for orbit in np.unique(orbits)
    }


def _latitude(cube: xr.Dataset) -> float:
    """Latitude of the middle of a cube in degrees."""
    x, y = float(cube["x"].mean()), float(cube["y"].mean())
    _, (latitude,) = transform_coordinates(f"EPSG:{int(cube.attrs['epsg'])}", "EPSG:4326", [x], [y])
    return float(latitude)


def _orbit_group(cube: xr.Dataset, orbit: int, platform: NDArray[np.str_], direction: str) -> xr.Dataset:
    attrs = {
        "relative_orbit": orbit,
        "orbit_direction": direction,
        "orbit_source": "derived from time and latitude by cropnb.scenes.orbits; the files name no orbit",
    }
    coords = {**_coords(cube), "platform": ("time", platform)}
    power = {name.lower(): linear_from_db(cube[name]).astype(np.float32).data for name in ("VV", "VH")}
    return group_dataset(SIGMA0, power, coords=coords, attrs=attrs)


def _coords(cube: xr.Dataset) -> dict[str, NDArray[np.generic]]:
    grid = {dim: cube[dim].to_numpy() for dim in ("y", "x")}
    return {"time": cube["timestamp"].to_numpy(), **grid} if "timestamp" in cube.dims else grid


def _optics(coarse_path: Path, fine_path: Path | None) -> xr.Dataset:
    # xarray cannot decode the class layer: its fill value turns integers into floats without being asked to.
    coarse = _open(coarse_path, drop=("SCL",))
    classes = _open(coarse_path, decode=False)["SCL"]
    clear = classes.isin(CLEAR_CLASSES)
    cube = coarse
    if fine_path is not None:
        fine = _open(fine_path)
        cube = fine.merge(_onto(coarse, fine), compat="override", join="exact")
        clear = _onto(clear, fine)
    bands = [band for band in SENTINEL2_BANDS if band in cube]
    stack = xr.concat([cube[band].drop_attrs() for band in bands], dim="band").astype(np.float32)
    stack = stack.transpose("timestamp", "band", "y", "x").chunk({"band": -1})
    variables = {
        "reflectance": stack.data,
        "valid_mask": (clear & stack.notnull().all("band")).transpose("timestamp", "y", "x").data,
    }
    return group_dataset(OPTICAL, variables, coords={**_coords(cube), "band": bands})


def _onto(coarse: Cube, fine: xr.Dataset) -> Cube:
    """Each coarse pixel repeated onto the fine pixels inside it."""
    return coarse.sel(y=fine["y"], x=fine["x"], method="nearest").assign_coords(y=fine["y"], x=fine["x"])


def _labels(path: Path, entry: SceneEntry) -> xr.Dataset:
    cube = _open(path, decode=False)
    codes = cube["CT"].to_numpy()
    table = load_legend_table(entry.legend)
    table.pop("0", None)  # in these rasters 0 is "no declaration", not the class of that number
    labels = encode(codes, table)
    variables = {
        "class_id": labels.class_id,
        "parcel_id": _patches(labels.class_id),
        "block_id": _blocks(cube),
        "cropland": np.isin(cube["LC"].to_numpy(), _FARMLAND),
    }
    attrs = {
        "legend": labels.legend.to_json(),
        "parcel_source": "connected patches of one class (4 neighbours): adjacent fields of one crop are one",
        "cropland_source": f"land cover codes {_FARMLAND}, permanent grass included",
        "n_unlabelled": labels.n_missing,
    }
    return group_dataset(LABELS, variables, coords=_coords(cube), attrs=attrs)


def _patches(class_id: NDArray[np.int32]) -> NDArray[np.int32]:
    """Number of the connected patch of one class each pixel lies in; -1 where unlabelled."""
    patch = np.full(class_id.shape, -1, np.int32)
    n_patch = 0
    for value in np.unique(class_id[class_id >= 0]):
        numbered, n_found = connected(class_id == value)
        patch = np.where(numbered > 0, numbered - 1 + n_patch, patch).astype(np.int32)
        n_patch += n_found
    return patch


def _blocks(cube: xr.Dataset) -> NDArray[np.int32]:
    """Squares of 160 m, numbered by row."""
    south = ((cube["y"].to_numpy().max() - cube["y"].to_numpy()) // _BLOCK_M).astype(np.int32)
    east = ((cube["x"].to_numpy() - cube["x"].to_numpy().min()) // _BLOCK_M).astype(np.int32)
    block: NDArray[np.int32] = south[:, None] * (east.max() + 1) + east[None, :]
    return block
