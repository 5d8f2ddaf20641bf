r"""Which crop stands where, year after year, on the same land.

In the first year crops stand by the shares of the allocation. From then on the crop of a field depends on the
one before: with the shares :math:`s` and the matrix :math:`P` of `rotation.follows`,

.. math::
    s_{year + 1} = s_{year} P

and the shares of the county are those that stay: :math:`s = s P`. A crop without a row in the matrix is
followed by the shares of the allocation, whatever they are. A field that keeps the class "other" keeps
its crop; meadows and paddies last.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cropnb.simulation.allocation import NO_CROP, allocate_crops, block_shares, draw_other, show_all_crops
from cropnb.simulation.arrays import Floats, Integers
from cropnb.simulation.landscape import Land, tile_side_m
from cropnb.simulation.layout import Cover, Layout
from cropnb.simulation.parameters import Allocation, Parameters
from cropnb.simulation.recutting import inherited, standing
from cropnb.simulation.rff import smooth_field
from cropnb.simulation.rotation_parameters import Rotation
from cropnb.simulation.seeds import Stage, Tile, county_rng, tile_rng

_NODES = 20  # of the quadrature over local preference


def plant(parameters: Parameters, tile: Tile, land: Land) -> Integers:
    """Crop of each object of a tile in the scene's year.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    tile : Tile () [1]
        Which grid square.
    land : Land () [1]
        Its fields.

    Returns
    -------
    ndarray (object,) [1]
        Index into the crops of the parameters, -1 where none stands.
    """
    return crop_history(parameters, tile, land)[-1]


def crop_history(parameters: Parameters, tile: Tile, land: Land) -> list[Integers]:
    """Crop of each object of a tile, year by year from the first year of the rotation to the scene's.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    tile : Tile () [1]
        Which grid square.
    land : Land () [1]
        Its fields in all these years.

    Returns
    -------
    list of ndarray (object,) [1]
        Index into the crops of the parameters, -1 where none stands; later years may have more objects.
    """
    names, first = tuple(parameters.crops), parameters.rotation.first_year
    history: list[Integers] = []
    for year, layout in enumerate(land.layouts, start=first):
        rng = tile_rng(replace(parameters.scene, year=year), Stage.CROPS, tile)
        if year == first:
            crop = _first_crops(parameters, land, layout, rng=rng)
        else:
            before = inherited(history[-1], land.layouts[year - first - 1], layout)
            crop = follow(before, layout, parameters.rotation, parameters.allocation, names, rng=rng)
        if parameters.preset.showcase:
            crop = _shown(parameters, land, layout, crop)
        history.append(crop)
    return history


def previous_crop(history: list[Integers], land: Land) -> Integers:
    """Crop that stood a year before where each object is.

    Parameters
    ----------
    history : list of ndarray (object,) [1]
        From `crop_history`.
    land : Land () [1]
        Of the same tile.

    Returns
    -------
    ndarray (object,) [1]
        -1 where none stood, and everywhere in the first year.
    """
    if len(history) == 1:
        return np.full_like(history[0], NO_CROP)
    return inherited(history[-2], *land.layouts[-2:])


def follow(
    before: Integers,
    layout: Layout,
    rotation: Rotation,
    allocation: Allocation,
    crop_names: tuple[str, ...],
    *,
    rng: np.random.Generator,
) -> Integers:
    """Draw the crops that follow on the crops of the year before.

    Parameters
    ----------
    before : ndarray (object,) [1]
        Crop of the year before where each object is, -1 where none stood.
    layout : Layout (block,) [m]
        Of this year; grassland stays grassland.
    rotation : Rotation () [1]
        What follows what.
    allocation : Allocation () [1]
        Crops of the class "other".
    crop_names : tuple (crop,) [1]
        The order of the numbers.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    ndarray (object,) [1]
        Index into `crop_names`, -1 where no crop stands.
    """
    groups = rotation_groups(rotation, allocation)
    chance, other = transition_matrix(rotation, allocation), _other(groups)
    of_crop = [groups.index(name) if name in groups else other for name in crop_names]
    was = np.append(of_crop, 0)[before]
    drawn, choice = rng.random((before.size, 2)).T  # by object: more of them change no earlier one
    now = (drawn[:, None] >= np.cumsum(chance, axis=1)[was][:, :-1]).sum(axis=1)
    number = np.array([crop_names.index(name) if name in crop_names else NO_CROP for name in groups])
    crop: Integers = number[now]
    is_other = now == other
    crop[is_other] = draw_other(allocation, crop_names, choice[is_other])
    keeps = is_other & (was == other)
    crop[keeps] = before[keeps]
    grassland = layout.cover[layout.object_block] == Cover.GRASS
    crop[grassland] = before[grassland]
    crop[(before == NO_CROP) | ~standing(layout)] = NO_CROP
    return crop


def rotation_groups(rotation: Rotation, allocation: Allocation) -> tuple[str, ...]:
    """Crops, and the class "other", in the order of `transition_matrix`.

    Parameters
    ----------
    rotation : Rotation () [1]
        What follows what.
    allocation : Allocation () [1]
        Which crops there are.

    Returns
    -------
    tuple (group,) [1]
        Those with a row first.
    """
    return (*rotation.follows, *(name for name in allocation.priors if name not in rotation.follows))


def transition_matrix(rotation: Rotation, allocation: Allocation) -> Floats:
    """Chance of each crop after each other.

    Parameters
    ----------
    rotation : Rotation () [1]
        What follows what.
    allocation : Allocation () [1]
        What follows a crop without a row.

    Returns
    -------
    ndarray (before, after) [1]
        Rows sum to 1; both in the order of `rotation_groups`.
    """
    groups = rotation_groups(rotation, allocation)
    rows = [rotation.follows.get(before, allocation.priors) for before in groups]
    return np.array([[row[after] for after in groups] for row in rows])


def expected_shares(parameters: Parameters) -> dict[str, float]:
    """Shares of the crops of crop blocks that the scene's year should show over a large area.

    Parameters
    ----------
    parameters : Parameters () [1]
        Shares of the first year, local preference, rotation since.

    Returns
    -------
    dict (crop,) [1]
        Of the area of crop blocks, in the order of `rotation_groups`.
    """
    rotation, allocation = parameters.rotation, parameters.allocation
    groups = rotation_groups(rotation, allocation)
    in_order = [list(allocation.priors).index(group) for group in groups]
    shares = _first_shares(parameters)[in_order]
    for _ in range(parameters.scene.year - rotation.first_year):
        shares = shares @ transition_matrix(rotation, allocation)
    return dict(zip(groups, shares.tolist(), strict=True))


def _other(groups: tuple[str, ...]) -> int:
    """Place of the class "other"; -1 if there is none, which only grassland then is of, and that stays."""
    return groups.index("other") if "other" in groups else -1


def _first_shares(parameters: Parameters) -> Floats:
    """Mean of the blocks' shares over local preference, which is standard normal, and over strips."""
    preference, weight = np.polynomial.hermite_e.hermegauss(_NODES)
    allocation, strips = parameters.allocation, parameters.landscape.strip_share
    shares = np.zeros(len(allocation.priors))
    for divided, share in ((True, strips), (False, 1 - strips)):
        of_blocks = block_shares(allocation, preference, np.full(_NODES, divided))
        shares += share * (weight / weight.sum()) @ of_blocks
    return shares


def _first_crops(parameters: Parameters, land: Land, layout: Layout, *, rng: np.random.Generator) -> Integers:
    allocation = parameters.allocation
    preference = smooth_field(
        length_m=allocation.preference_m, rng=county_rng(parameters.scene, Stage.CROPS, by_year=False)
    )
    names = tuple(parameters.crops)
    return allocate_crops(layout, land.frame, allocation, names, preference=preference, rng=rng)


def _shown(parameters: Parameters, land: Land, layout: Layout, crop: Integers) -> Integers:
    """Crops of a showcase tile: each class is to be seen."""
    allocation, names = parameters.allocation, tuple(parameters.crops)
    commonest = max(allocation.other_shares, key=allocation.other_shares.__getitem__, default="other")
    present = [name for name, share in allocation.priors.items() if share > 0]
    shown = tuple(names.index(commonest if name == "other" else name) for name in present)
    return show_all_crops(crop, layout, land.frame, tile_side_m(parameters), shown)
