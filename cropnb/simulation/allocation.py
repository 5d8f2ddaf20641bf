"""Which crop stands where: shares of the county, bent by local preference and by what the neighbour grows."""

from __future__ import annotations

import numpy as np

from cropnb.simulation.arrays import Booleans, Floats, Integers
from cropnb.simulation.blocks import Frame
from cropnb.simulation.layout import Cover, Layout, field_area_m2, within_tile
from cropnb.simulation.parameters import Allocation
from cropnb.simulation.rff import SmoothField

NO_CROP = -1


def allocate_crops(
    layout: Layout,
    frame: Frame,
    allocation: Allocation,
    crop_names: tuple[str, ...],
    *,
    preference: SmoothField,
    rng: np.random.Generator,
) -> Integers:
    """Crop of each object.

    Parameters
    ----------
    layout : Layout (block,) [m]
        From `lay_out`.
    frame : Frame () [m]
        Where the tile lies.
    allocation : Allocation () [1]
        Shares and preferences.
    crop_names : tuple (crop,) [1]
        The order of the numbers returned.
    preference : SmoothField () [1]
        Maize where high, soybean where low.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    ndarray (object,) [1]
        Index into `crop_names`, -1 where no crop stands.
    """
    crop = np.full(layout.object_block.size, NO_CROP)
    groups = tuple(allocation.priors)
    centre = (layout.inner[:, 0] + layout.inner[:, 1]) / 2, (layout.inner[:, 2] + layout.inner[:, 3]) / 2
    shares = block_shares(allocation, preference(*frame.absolute(*centre)), layout.strips)
    for b in np.flatnonzero(layout.cover == Cover.CROP):
        shape = (int(layout.n_strip[b]), int(layout.n_piece[b]))
        keep = allocation.keep_neighbour if layout.strips[b] else 0.0
        drawn = _draw_block(shape, shares[b], keep, rng=rng)
        names, chance = np.array(groups)[drawn].ravel(), rng.random(drawn.size)
        first = layout.first_object[b]
        others = draw_other(allocation, crop_names, chance)
        number = [
            other if n == "other" else crop_names.index(n) for n, other in zip(names, others, strict=True)
        ]
        crop[first : first + drawn.size] = number
    fields = np.arange(crop.size) < layout.n_field
    grassland = fields & (layout.cover[layout.object_block] == Cover.GRASS)
    crop[grassland] = crop_names.index("grass") if "grass" in crop_names else NO_CROP
    return crop


def block_shares(allocation: Allocation, preference: Floats, strips: Booleans) -> Floats:
    """Probability of each crop in each block: a logit of the prior plus preference.

    Parameters
    ----------
    allocation : Allocation () [1]
        Priors and slopes.
    preference : ndarray (block,) [1]
        Standard normal, smooth over the county.
    strips : ndarray (block,) [1]
        True where the block is cut into strips, which grow less wheat.

    Returns
    -------
    ndarray (block, group) [1]
        Rows sum to 1, columns in the order of the priors.
    """
    groups = list(allocation.priors)
    slope = np.array([{"maize": 1.0, "soybean": -1.0}.get(g, 0.0) for g in groups]) * allocation.preference
    in_strips = np.array([allocation.strip_wheat if g == "wheat" else 0.0 for g in groups])
    weight = np.array([allocation.priors[g] for g in groups]) * np.exp(
        preference[:, None] * slope + strips[:, None] * in_strips
    )
    shares: Floats = weight / weight.sum(axis=1, keepdims=True)
    return shares


def draw_other(allocation: Allocation, crop_names: tuple[str, ...], chance: Floats) -> Integers:
    """Crops of the class "other".

    Parameters
    ----------
    allocation : Allocation () [1]
        Their shares.
    crop_names : tuple (crop,) [1]
        The order of the numbers returned.
    chance : ndarray (field,) [1]
        Uniform draws.

    Returns
    -------
    ndarray (field,) [1]
        Index into `crop_names`; -1 if the scene has no such class.
    """
    if not allocation.other_shares:
        return np.full(chance.shape, NO_CROP)
    number = np.array([crop_names.index(name) for name in allocation.other_shares])
    limits = np.cumsum(list(allocation.other_shares.values()))[:-1]
    drawn: Integers = number[np.searchsorted(limits, chance, side="right")]
    return drawn


def show_all_crops(
    crop: Integers, layout: Layout, frame: Frame, side_m: float, shown: tuple[int, ...]
) -> Integers:
    """Crops such that a showcase tile holds at least two fields of each that is to be shown.

    Parameters
    ----------
    crop : ndarray (object,) [1]
        As drawn.
    layout : Layout (block,) [m]
        From `lay_out`.
    frame : Frame () [m]
        Axes of the tile.
    side_m : float () [m]
        Side of the tile.
    shown : tuple (shown,) [1]
        Crop numbers to be seen.

    Returns
    -------
    ndarray (object,) [1]
        The largest fields inside the tile take the shown crops in turn.
    """
    inside = within_tile(frame, layout.object_u, layout.object_v, side_m - 100)  # whole enough to be seen
    fields = np.flatnonzero(inside & (crop != NO_CROP))
    largest = fields[np.argsort(-field_area_m2(layout)[fields], kind="stable")][: 2 * len(shown)]
    changed = crop.copy()
    changed[largest] = np.resize(shown, largest.size)
    return changed


def _draw_block(shape: tuple[int, int], shares: Floats, keep: float, *, rng: np.random.Generator) -> Integers:
    """Draws by strip and piece; with probability `keep` a strip has the crop of the one before."""
    drawn = np.searchsorted(np.cumsum(shares)[:-1], rng.random(shape), side="right")
    kept = rng.random(shape) < keep
    for strip in range(1, shape[0]):
        drawn[strip] = np.where(kept[strip], drawn[strip - 1], drawn[strip])
    return drawn
