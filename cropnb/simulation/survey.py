r"""Labels as a survey brings them home, apart from the truth of the land.

The survey visits fields so that its pixels have given class shares. With the share :math:`s_c` that a class
is expected to have of the land and the share :math:`t_c` wanted, a field of class c is visited with
probability

.. math::
    q_c = e \, \frac{t_c / s_c}{\max_k t_k / s_k}

where e is the effort. No tile needs to know another for that. Its polygons are displaced, some lose their
outermost pixels, and some fields get the wrong class. A pixel belongs to the polygon that holds its centre.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from cropnb.simulation.arrays import Booleans, Floats, Integers
from cropnb.simulation.landscape import Land
from cropnb.simulation.layout import Cover
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.raster import cell_centres, objects_at
from cropnb.simulation.rotation import expected_shares
from cropnb.simulation.survey_parameters import Survey

# Row and column, the pixel's own place first.
_NEIGHBOURS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))
_FAR_SD = 5  # beyond this many standard deviations no displacement reaches


class LabelNoise(IntEnum):
    """Why a label of the survey differs from the truth."""

    NONE = 0  # it does not, or there is no label
    CLASS = 1  # the field got the wrong class
    BORDER = 2  # the polygon is displaced, or its border cuts the pixel


@dataclass(frozen=True)
class Polygons:
    """What the survey drew: arrays (object + 1,), the last entry standing for no object."""

    visited: Booleans
    class_id: Integers
    confused: Booleans
    east_m: Floats  # displacement
    north_m: Floats
    eroded: Booleans


def visiting_rates(parameters: Parameters) -> dict[str, float]:
    """Probability that the survey visits a field, by class.

    Parameters
    ----------
    parameters : Parameters () [1]
        Shares wanted, and what decides the shares of the land.

    Returns
    -------
    dict (class,) [1]
        0 for a class that is not wanted or that the land does not have.
    """
    land = expected_class_shares(parameters)
    wanted = parameters.survey.sample_shares
    ratio = {name: wanted.get(name, 0.0) / share if share > 0 else 0.0 for name, share in land.items()}
    return {name: parameters.survey.effort * value / max(ratio.values()) for name, value in ratio.items()}


def expected_class_shares(parameters: Parameters) -> dict[str, float]:
    """Shares of the land by class that the parameters lead to expect in the scene's year.

    Parameters
    ----------
    parameters : Parameters () [1]
        Covers, crops and their rotation.

    Returns
    -------
    dict (class,) [1]
        Roads and belts aside.
    """
    covers, crops = parameters.landscape.cover_shares, parameters.crops
    shares = {name: covers.get(name, 0.0) for name in parameters.classes.names}
    if "grass" in crops:
        shares[crops["grass"].crop_class] += covers["grass"]
    for group, share in expected_shares(parameters).items():
        shares[crops[group].crop_class if group in crops else "other"] += covers["crop"] * share
    return shares


def draw_polygons(
    parameters: Parameters, land: Land, class_of: Integers, small: Booleans, *, rng: np.random.Generator
) -> Polygons:
    """Fields that are visited, and the errors made there.

    Parameters
    ----------
    parameters : Parameters () [1]
        The survey.
    land : Land () [1]
        Objects of the tile.
    class_of : ndarray (object + 1,) [1]
        True class, -1 where none.
    small : ndarray (object + 1,) [1]
        Fields too small to be visited.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    Polygons (object + 1,) [1]
        Shelterbelts are too narrow to be drawn.
    """
    survey, layout = parameters.survey, land.layout
    chance, move = rng.random((class_of.size, 3)).T, rng.normal(0, survey.shift_sd_m, (class_of.size, 2)).T
    names, rates = parameters.classes.names, visiting_rates(parameters)
    rate = np.array([*(rates[name] for name in names), 0.0])[class_of]
    rate[layout.belts] = 0
    visited = (chance[0] < rate) & ~small
    partner = np.append(_partners(survey.confused_with, names), -1)[class_of]
    confused = visited & (chance[1] < survey.class_error) & (partner >= 0)
    mono = (layout.cover == Cover.CROP) & ~layout.strips
    eroded = np.append(mono[layout.object_block], False) & (chance[2] < survey.eroded_share)
    return Polygons(visited, np.where(confused, partner, class_of), confused, move[0], move[1], eroded)


def polygon_pixels(
    parameters: Parameters, land: Land, polygons: Polygons, parcel: Integers, edge_m: Floats
) -> Integers:
    """Polygon that holds the centre of each pixel.

    Parameters
    ----------
    parameters : Parameters () [1]
        The survey, the size of cells.
    land : Land () [1]
        Where the true borders are.
    polygons : Polygons (object + 1,) [1]
        From `draw_polygons`.
    parcel : ndarray (y, x) [1]
        True object of each pixel, -1 on roads.
    edge_m : ndarray (y, x) [m]
        Distance to the nearest border.

    Returns
    -------
    ndarray (y, x) [1]
        Number of the object, -1 where no polygon is; of polygons that overlap, that of the true object.
    """
    pixel_m = 2 * parameters.scene.cell_m
    far = edge_m > _FAR_SD * parameters.survey.shift_sd_m + pixel_m
    found = np.where(far & polygons.visited[parcel], parcel, -1)
    east, north = np.meshgrid(*cell_centres(land.frame, len(parcel), pixel_m))
    padded = np.pad(parcel, 1, mode="edge")
    height, width = parcel.shape
    for row, column in _NEIGHBOURS:
        candidate = padded[1 + row : 1 + row + height, 1 + column : 1 + column + width]
        open_ = (found < 0) & ~far & polygons.visited[candidate]
        number = candidate[open_]
        place = (east[open_] - polygons.east_m[number], north[open_] - polygons.north_m[number])
        at, _ = objects_at(land.frame, land.blocks, land.layout, *place)
        found[open_] = np.where(at == number, number, -1)
    return _eroded(found, polygons.eroded)


def label_noise(true_class: Integers, surveyed_class: Integers, confused: Booleans) -> Integers:
    """Why labels differ from the truth.

    Parameters
    ----------
    true_class : ndarray (y, x) [1]
        Of the land.
    surveyed_class : ndarray (y, x) [1]
        Of the survey, -1 where it has no label.
    confused : ndarray (y, x) [1]
        True where the label comes from a field with the wrong class.

    Returns
    -------
    ndarray (y, x) [1]
        Numbers of `LabelNoise`.
    """
    differs = (surveyed_class >= 0) & (surveyed_class != true_class)
    noise = np.where(confused, LabelNoise.CLASS, LabelNoise.BORDER)
    return np.where(differs, noise, LabelNoise.NONE).astype(np.int8)


def emulated_map(
    true_class: Integers,
    mixed_fraction: Floats,
    survey: Survey,
    *,
    classes: tuple[str, ...],
    pixel_m: float,
    rng: np.random.Generator,
) -> Integers:
    """Map of all pixels, wrong at a given rate and mostly at borders.

    Parameters
    ----------
    true_class : ndarray (y, x) [1]
        Of the land, -1 where it has no class.
    mixed_fraction : ndarray (y, x) [1]
        Share of the point spread on another class.
    survey : Survey () [1]
        Rate of errors, share of them at borders, reach.
    classes : tuple (class,) [1]
        Names in the order of the numbers.
    pixel_m : float () [m]
        Pixel size.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    ndarray (y, x) [1]
        A wrong pixel has the class of a place nearby, or, where that is its own, the one it is confused with.
        No class where the land has none.
    """
    known, shape = true_class >= 0, true_class.shape
    mean = mixed_fraction[known].mean() if known.any() else 0.0
    at_edge = mixed_fraction / mean if mean > 0 else np.ones(shape)
    rate = survey.map_error * (1 - survey.map_edge_share + survey.map_edge_share * at_edge)
    wrong = known & (rng.random(shape, dtype=np.float32) < rate)
    y, x = np.nonzero(wrong)
    reach = round(survey.map_reach_m / pixel_m)
    step_y, step_x = rng.integers(-reach, reach + 1, (2, y.size))
    near = true_class[np.clip(y + step_y, 0, shape[0] - 1), np.clip(x + step_x, 0, shape[1] - 1)]
    own = true_class[wrong]
    mapped = true_class.copy()
    mapped[wrong] = np.where(
        (near >= 0) & (near != own), near, _partners(survey.map_confused_with, classes)[own]
    )
    return mapped


def _partners(pairs: dict[str, str], classes: tuple[str, ...]) -> Integers:
    """Class number by class number; -1 where the class is never confused."""
    return np.array([classes.index(pairs[name]) if name in pairs else -1 for name in classes])


def _eroded(number: Integers, eroded: Booleans) -> Integers:
    """Without the outermost pixels of some polygons."""
    padded = np.pad(number, 1, mode="edge")
    sides = (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])
    inner = np.logical_and.reduce([side == number for side in sides])
    return np.where(inner | ~eroded[number], number, -1)
