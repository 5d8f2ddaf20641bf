"""Labels of one tile at 10 m: true classes, parcels, the cropland mask, and how pure each pixel is.

Labels carry no survey error here. Roads have no class; a village is residential, its trees and gardens
included; a shelterbelt is forest; grass counts as "other". Fields below the survey's smallest area, and
those of which the tile shows too small a part, have a parcel but no class.
"""

from __future__ import annotations

import numpy as np

from cropnb.simulation.allocation import NO_CROP
from cropnb.simulation.arrays import Booleans, Floats, Integers
from cropnb.simulation.landscape import Land
from cropnb.simulation.layout import Cover, field_area_m2
from cropnb.simulation.painting import point_spread
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.raster import Cells, edge_distance, mixed_fraction, pixel_object
from cropnb.simulation.seeds import Stage, Tile, tile_rng

PARCELS_PER_TILE = 2**20
GRID_ROWS, GRID_COLUMNS = 32, 64  # of the county at most; parcel numbers then stay within 32 bits
_HECTARE_M2 = 1e4


def label_pixels(parameters: Parameters, tile: Tile, land: Land, crop: Integers) -> dict[str, np.ndarray]:
    """Labels and purity of a tile's pixels.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    tile : Tile () [1]
        Which grid square; enters the parcel numbers.
    land : Land () [1]
        Cells and objects.
    crop : ndarray (object,) [1]
        Crop of each object, -1 where none.

    Returns
    -------
    dict (variable,) [1]
        Arrays (y, x); `parcel_cell` is the parcel's number within the tile, -1 on roads.
    """
    cells = land.cells
    class_of = object_class(parameters, land, crop)
    parcel = pixel_object(cells.object_id)
    class_pixels = class_of[parcel]
    small = left_out(parameters, land, class_of)
    return {
        "class_id": np.where(small[parcel], -1, class_pixels).astype(np.int16),
        "parcel_id": global_number(tile, parcel),
        "parcel_cell": parcel,
        "cropland": _cropland(parameters, tile, land, parcel),
        "mixed_fraction": mixed_fraction(
            class_of[cells.object_id], class_pixels, point_spread(parameters.radar)
        ),
        "edge_distance": edge_distance(cells.object_id, cell_m=parameters.scene.cell_m),
    }


def object_class(parameters: Parameters, land: Land, crop: Integers) -> Integers:
    """Class of each object, with one entry more, -1, which the number -1 of roads falls on.

    Parameters
    ----------
    parameters : Parameters () [1]
        Class of each crop.
    land : Land () [1]
        Cover of each block.
    crop : ndarray (object,) [1]
        Crop of each object.

    Returns
    -------
    ndarray (object + 1,) [1]
        Numbers in the order of the classes of the parameters; -1 for covers that are none.
    """
    layout, names = land.layout, parameters.classes.names
    by_cover = {Cover.FOREST: "forest", Cover.WATER: "water", Cover.RESIDENTIAL: "residential"}
    class_of = np.full(crop.size + 1, -1)
    for cover, name in by_cover.items():
        class_of[:-1][layout.cover[layout.object_block] == cover] = _number(name, names)
    class_of[layout.belts] = _number("forest", names)
    of_crop = np.array([names.index(c.crop_class) for c in parameters.crops.values()])
    planted = np.flatnonzero(crop != NO_CROP)
    class_of[planted] = of_crop[crop[planted]]
    return class_of


def global_number(tile: Tile, parcel: Integers) -> Integers:
    """Numbers of parcels that no two tiles share, the same in every preset and year.

    Parameters
    ----------
    tile : Tile () [1]
        Which grid square.
    parcel : ndarray (...) [1]
        Numbers within the tile, -1 on roads.

    Returns
    -------
    ndarray (...) [1]
        int32; -1 stays -1.
    """
    # the remainders keep squares north and west of the first one above 0, and apart from all others
    tile_number = tile.row % GRID_ROWS * GRID_COLUMNS + tile.column % GRID_COLUMNS
    return np.where(parcel < 0, -1, tile_number * PARCELS_PER_TILE + parcel).astype(np.int32)


def left_out(parameters: Parameters, land: Land, class_of: Integers) -> Booleans:
    """Crop fields without a label: too small, or mostly outside the tile.

    Parameters
    ----------
    parameters : Parameters () [1]
        The smallest area, and the share of a field that must lie inside.
    land : Land () [1]
        Cells and objects.
    class_of : ndarray (object + 1,) [1]
        From `object_class`.

    Returns
    -------
    ndarray (object + 1,) [1]
        True where a field has no label.
    """
    whole_m2 = np.append(field_area_m2(land.layout), 0.0)
    enough_m2 = parameters.landscape.survey_min_inside * whole_m2
    outside = _is_crop(parameters, class_of) & (_inside_m2(land.cells, class_of, parameters) < enough_m2)
    return too_small(land.cells, class_of, parameters) | outside


def too_small(cells: Cells, class_of: Integers, parameters: Parameters) -> Booleans:
    """Crop fields that a survey leaves out.

    Parameters
    ----------
    cells : Cells (y, x) [1]
        At 5 m.
    class_of : ndarray (object + 1,) [1]
        From `object_class`.
    parameters : Parameters () [1]
        The smallest area.

    Returns
    -------
    ndarray (object + 1,) [1]
        By their area inside the tile.
    """
    area_m2 = _inside_m2(cells, class_of, parameters)
    return _is_crop(parameters, class_of) & (area_m2 < parameters.landscape.survey_min_ha * _HECTARE_M2)


def _is_crop(parameters: Parameters, class_of: Integers) -> Booleans:
    classes = parameters.classes
    return np.isin(class_of, [classes.names.index(name) for name in classes.cropland])


def _inside_m2(cells: Cells, class_of: Integers, parameters: Parameters) -> Floats:
    """Area of each object within the tile."""
    inside = cells.object_id[cells.object_id >= 0]
    area: Floats = np.bincount(inside, minlength=class_of.size) * parameters.scene.cell_m**2
    return area


def _number(name: str, names: tuple[str, ...]) -> int:
    """Number of a class, -1 if the scene has no such class."""
    return names.index(name) if name in names else -1


def _cropland(parameters: Parameters, tile: Tile, land: Land, parcel: Integers) -> Booleans:
    """Mask of crop and grass blocks without their roads; some blocks are wrong, as in any mask."""
    rng = tile_rng(parameters.scene, Stage.LABEL_NOISE, tile)
    cover = land.layout.cover
    crop = (cover == Cover.CROP) | (cover == Cover.GRASS)
    crop ^= rng.random(cover.size) < parameters.landscape.mask_noise
    masked: Booleans = np.append(crop[land.layout.object_block], False)[parcel]
    return masked
