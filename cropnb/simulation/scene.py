"""The whole scene: tiles side by side in one mosaic, as a DataTree that keeps the project's contract.

Each tile is cut from the middle of its own 10-km grid square. In the arrays tiles touch; on the ground
they are kilometres apart, and the coordinates `y` and `x` say so: they jump from one tile to the next.
`block_id` numbers the tiles row by row from the north-west, so that cross-validation by block never
splits a tile. A moving window that crosses a border between tiles mixes places that are far apart: mind
the border, or work per block.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from tqdm import tqdm

from cropnb.legends import CropClass, Legend
from cropnb.schema import LABELS, require
from cropnb.simulation.camera_groups import camera_groups
from cropnb.simulation.days import calendar_dates
from cropnb.simulation.grid import pixel_coordinates, scene_tiles
from cropnb.simulation.optical_groups import optical_groups, sky_truth
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.radar_groups import coherence_truth, pass_coordinates, radar_groups
from cropnb.simulation.seeds import Tile
from cropnb.simulation.survey_labels import survey_group, survey_truth
from cropnb.simulation.tile import TileArrays, scene_weather, simulate_tile
from cropnb.simulation.tracks import scene_passes
from cropnb.simulation.version import sim_version

TRUTH = {
    "lai": ("m2 m-2", "true green leaf area index of the parcel"),
    "stage": ("1", "thermal age over thermal age at maturity"),
    "vwc": ("kg m-2", "true vegetation water content of the parcel"),
    "sowing_day": ("day", "sowing, days since 1 January"),
    "harvest_day": ("day", "harvest, days since 1 January"),
    "crop": ("1", "crop of the parcel, -1 where none stands"),
    "previous_crop": ("1", "crop of the year before, -1 where none stood and in the first year"),
    "mixed_fraction": ("1", "share of the point spread on another class"),
    "edge_distance": ("m", "distance to the nearest parcel border"),
    "sigma0_vv": ("1", "true sigma0 VV before cross-talk, noise and speckle"),
    "sigma0_vh": ("1", "true sigma0 VH before cross-talk, noise and speckle"),
}


def simulate(parameters: Parameters, *, progress: bool = True) -> xr.DataTree:
    """Simulate a scene with known truth.

    Parameters
    ----------
    parameters : Parameters () [1]
        From `load_parameters`.
    progress : bool () [1]
        False hides the bar; it shows on terminals only, so that it never litters a page.

    Returns
    -------
    DataTree () [1]
        `/sentinel1/<relative_orbit>/c2` (or `slc`), `/labels`, `/survey` and `/truth`; the same bytes for the
        same parameters.

    Raises
    ------
    SchemaError
        If the preset keeps to the county's outline: such a scene has holes and is larger than memory.
    """
    require(
        not parameters.preset.inside_county,
        f"preset {parameters.preset_name}: inside_county is true; expected a rectangle, which fits in "
        "memory. Use cropnb.scenes.tile_store.write_tiles, or another preset.",
    )
    tiles = scene_tiles(parameters)
    mosaic: TileArrays = {}
    for number, tile in enumerate(tqdm(tiles, unit="tile", disable=None if progress else True)):
        arrays = _numbered(parameters, tile, number)
        if len(tiles) == 1:  # a large one need not be in memory twice
            mosaic = arrays
        else:
            _insert(mosaic, arrays, tile, parameters)
    return _tree(mosaic, parameters)


def simulate_square(parameters: Parameters, number: int) -> xr.DataTree:
    """Simulate one tile of a scene as a scene of its own.

    Parameters
    ----------
    parameters : Parameters () [1]
        Of the whole scene.
    number : int () [1]
        Place among `scene_tiles`.

    Returns
    -------
    DataTree () [1]
        The groups of `simulate`, with the bytes that the tile has there.
    """
    tile = scene_tiles(parameters)[number]
    preset = replace(
        parameters.preset,
        n_row=1,
        n_column=1,
        first_row=tile.row,
        first_column=tile.column,
        inside_county=False,
    )
    scene = _tree(_numbered(parameters, tile, number), replace(parameters, preset=preset))
    scene.attrs.update(_attrs(parameters))
    return scene


def scene_legend(parameters: Parameters) -> Legend:
    """Legend of the labels."""
    classes = parameters.classes
    return Legend(
        tuple(CropClass(i, name, "", name in classes.cropland) for i, name in enumerate(classes.names))
    )


def _numbered(parameters: Parameters, tile: Tile, number: int) -> TileArrays:
    arrays = simulate_tile(parameters, tile)
    return arrays | {"block_id": np.full(arrays["class_id"].shape, number, dtype=np.int16)}


def _insert(mosaic: TileArrays, arrays: TileArrays, tile: Tile, parameters: Parameters) -> None:
    """Copy a tile into the mosaic, which is allocated when the first tile comes."""
    preset = parameters.preset
    for name, values in arrays.items():
        n_y, n_x = values.shape[-2:]  # each sensor has its own
        if name not in mosaic:
            shape = (*values.shape[:-2], preset.n_row * n_y, preset.n_column * n_x)
            mosaic[name] = np.empty(shape, dtype=values.dtype)
        row, column = tile.row - preset.first_row, tile.column - preset.first_column
        y, x = slice(row * n_y, (row + 1) * n_y), slice(column * n_x, (column + 1) * n_x)
        mosaic[name][..., y, x] = values


def _tree(mosaic: TileArrays, parameters: Parameters) -> xr.DataTree:
    place = pixel_coordinates(parameters)
    labels = {
        name: (v.dims, mosaic[name], {"units": v.units, "long_name": v.long_name})
        for name, v in LABELS.variables.items()
        if name in mosaic
    }
    groups = {
        "/": xr.Dataset(attrs=_attrs(parameters) | {"n_parcel": _n_parcel(mosaic, parameters)}),
        "/labels": xr.Dataset(labels, coords=place, attrs={"legend": scene_legend(parameters).to_json()}),
        "/survey": survey_group(mosaic, place, scene_legend(parameters).to_json()),
        "/truth": _truth(mosaic, parameters, pass_coordinates(parameters) | place),
    }
    groups |= radar_groups(mosaic, parameters) | optical_groups(mosaic, parameters)
    return xr.DataTree.from_dict(groups | camera_groups(parameters))


def _n_parcel(mosaic: TileArrays, parameters: Parameters) -> int:
    """Labelled parcels of cropland: what decides how much a classifier can learn, more than pixels do."""
    classes = parameters.classes
    crop = np.isin(mosaic["class_id"], [classes.names.index(name) for name in classes.cropland])
    return int(np.unique(mosaic["parcel_id"][crop]).size)


def _truth(mosaic: TileArrays, parameters: Parameters, coords: dict[str, xr.Variable]) -> xr.Dataset:
    stack, flat = ("time", "y", "x"), ("y", "x")
    truth = {
        name: (stack if mosaic[name].ndim == 3 else flat, mosaic[name], {"units": unit, "long_name": text})
        for name, (unit, text) in TRUTH.items()
    }
    weather = scene_weather(parameters)
    moisture = weather.moisture[weather.place(scene_passes(parameters).day)].astype(np.float32)
    attrs = {"units": "m3 m-3", "long_name": "county's soil moisture, uppermost 5 cm"}
    dataset = xr.Dataset(truth | {"soil_moisture": (("time",), moisture, attrs)}, coords=coords)
    for name in ("crop", "previous_crop"):
        dataset[name].attrs |= {
            "flag_values": list(range(len(parameters.crops))),
            "flag_meanings": " ".join(parameters.crops),
        }
    for more in (coherence_truth(mosaic, parameters), sky_truth(mosaic, parameters), survey_truth(mosaic)):
        dataset = dataset.merge(more)
    return dataset


def _attrs(parameters: Parameters) -> dict[str, str | int]:
    scene = parameters.scene
    start, end = calendar_dates(scene.year, [scene.season_start, scene.season_end])
    version = sim_version()
    return {
        "name": f"{scene.name}-{parameters.preset_name}",
        "kind": "simulated",
        "crs": scene.crs,
        "season": f"{start}/{end}",
        "licence": scene.licence,
        "source": scene.source,
        "fingerprint": parameters.fingerprint(version),
        "preset": parameters.preset_name,
        "seed": scene.seed,
        "sim_version": version,
        "layout": "tiles of separate grid squares, side by side; y and x jump between tiles, block_id = tile",
    }
