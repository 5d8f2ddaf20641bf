"""Survey of one tile, and its group in the scene."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cropnb.schema import LABELS
from cropnb.simulation.arrays import Integers
from cropnb.simulation.labels import global_number, left_out, object_class
from cropnb.simulation.landscape import Land
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.seeds import Stage, Tile, tile_rng
from cropnb.simulation.survey import LabelNoise, draw_polygons, emulated_map, label_noise, polygon_pixels

_FIELDS, _MAP = 1, 2  # channels of the stream of label noise; 0 is the cropland mask's
_TEXT = {
    "surveyed": "True where the survey visited the parcel under the pixel",
    "label_noise": "why the survey's label differs from the truth",
}


def survey_tile(
    parameters: Parameters, tile: Tile, land: Land, crop: Integers, labels: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Survey of a tile.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    tile : Tile () [1]
        Which grid square.
    land : Land () [1]
        Cells and objects.
    crop : ndarray (object,) [1]
        Crop of each object, -1 where none.
    labels : dict (variable,) [1]
        From `label_pixels`, which it leaves as they are.

    Returns
    -------
    dict (variable,) [1]
        Arrays (y, x): `survey/class_id` and `survey/parcel_id`, `survey/map_class_id` if the parameters ask
        for it; the flags `surveyed` and `label_noise`.
    """
    scene, survey = parameters.scene, parameters.survey
    class_of, true_class = object_class(parameters, land, crop), labels["class_id"]
    rng = tile_rng(scene, Stage.LABEL_NOISE, tile, channel=_FIELDS)
    small = left_out(parameters, land, class_of)
    polygons = draw_polygons(parameters, land, class_of, small, rng=rng)
    parcel = labels["parcel_cell"]
    number = polygon_pixels(parameters, land, polygons, parcel, labels["edge_distance"])
    surveyed = np.where(number >= 0, polygons.class_id[number], -1).astype(np.int16)
    arrays = {
        "survey/class_id": surveyed,
        "survey/parcel_id": global_number(tile, number),
        "surveyed": polygons.visited[parcel],
        "label_noise": label_noise(true_class, surveyed, polygons.confused[number]),
    }
    if survey.emulate_map:
        rng = tile_rng(scene, Stage.LABEL_NOISE, tile, channel=_MAP)
        mixed = labels["mixed_fraction"]
        arrays["survey/map_class_id"] = emulated_map(
            true_class,
            mixed,
            survey,
            classes=parameters.classes.names,
            pixel_m=2 * scene.cell_m,
            rng=rng,
        )
    return arrays


def survey_group(mosaic: dict[str, np.ndarray], place: dict[str, xr.Variable], legend: str) -> xr.Dataset:
    """Labels of the survey.

    Parameters
    ----------
    mosaic : dict (variable,) [1]
        Arrays of the scene.
    place : dict (2,) [m]
        Coordinates `y` and `x`.
    legend : str () [1]
        Classes, as text.

    Returns
    -------
    Dataset (y, x) [1]
        By the contract of labels, and the emulated map where there is one.
    """
    variables = {}
    for name, known in LABELS.variables.items():
        if f"survey/{name}" in mosaic:
            attrs = {"units": known.units, "long_name": known.long_name}
            variables[name] = (known.dims, mosaic[f"survey/{name}"], attrs)
    if "survey/map_class_id" in mosaic:
        attrs = {"units": "1", "long_name": "class number on an emulated map, -1 where the land has no class"}
        variables["map_class_id"] = (("y", "x"), mosaic["survey/map_class_id"], attrs)
    return xr.Dataset(variables, coords=place, attrs={"legend": legend})


def survey_truth(mosaic: dict[str, np.ndarray]) -> xr.Dataset:
    """Flags of the survey.

    Parameters
    ----------
    mosaic : dict (variable,) [1]
        Arrays of the scene.

    Returns
    -------
    Dataset (y, x) [1]
        `surveyed` and `label_noise`.
    """
    variables = {
        name: (("y", "x"), mosaic[name], {"units": "1", "long_name": text}) for name, text in _TEXT.items()
    }
    flags = xr.Dataset(variables)
    flags.label_noise.attrs["flag_values"] = [int(kind) for kind in LabelNoise]
    flags.label_noise.attrs["flag_meanings"] = " ".join(kind.name.lower() for kind in LabelNoise)
    return flags
