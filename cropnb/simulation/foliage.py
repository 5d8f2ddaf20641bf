r"""Foliage of fields as light sees it: all leaves, how green they are, and what lies below them.

Growth knows green leaf area. Light meets dead leaves too: with the cover :math:`up` and the greenness
:math:`dn` of `growth`, vigour v and the standing share s of the dead,

.. math::
    PAI = v \, L_{max} \, up \, (s + (1 - s) \, dn)

After harvest stubble stands until tillage, with regrowth in it. Before the canopy closes there are weeds,
which a satellite sees from above and a camera does not see over the crop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cropnb.simulation.arrays import Booleans, Floats
from cropnb.simulation.effects import FieldEffects
from cropnb.simulation.growth import Growth
from cropnb.simulation.optical_parameters import Surfaces
from cropnb.simulation.parameters import AfterHarvest, Crop


@dataclass(frozen=True)
class Foliage:
    """State of fields; each array (field, time)."""

    pai: Floats  # plant area index, dead leaves included [1]
    greenness: Floats  # 1 green, 0 dead [1]
    straw: Floats  # share of the ground under straw [1]


def make_foliage(
    crops: list[Crop],
    growth: Growth,
    effects: FieldEffects,
    after: AfterHarvest,
    surfaces: Surfaces,
    *,
    day: Floats,
) -> Foliage:
    """Foliage of fields through the season.

    Parameters
    ----------
    crops : list (field,) [1]
        Crop of each field.
    growth : Growth (field, time) [1]
        Of the whole season, from `growth.reap`.
    effects : FieldEffects (field,) [1]
        Vigour, harvest and tillage of each field.
    after : AfterHarvest () [1]
        Leaf area of stubble.
    surfaces : Surfaces () [1]
        Standing dead leaves, stubble and straw.
    day : ndarray (time,) [day]
        Days of `growth`.

    Returns
    -------
    Foliage (field, time) [1]
        Without clumping and weeds.
    """
    cut = day[None] >= effects.harvest_day[:, None]
    standing = cut & (day[None] < effects.tilled_day[:, None])
    pai, green = _standing_crop(crops, growth, effects, surfaces)
    stubble = _stubble(growth, after, surfaces, standing)
    return Foliage(
        pai=np.where(cut, stubble, pai),
        greenness=np.where(cut, _ratio(growth.lai, stubble), green),
        straw=surfaces.straw_share * standing,
    )


def with_weeds(
    foliage: Foliage, growth: Growth, effects: FieldEffects, surfaces: Surfaces, *, day: Floats
) -> Foliage:
    """Foliage with the weeds between rows that have not closed.

    Parameters
    ----------
    foliage : Foliage (field, time) [1]
        From `make_foliage`.
    growth : Growth (field, time) [1]
        Cover of the crop.
    effects : FieldEffects (field,) [1]
        Harvest, after which there are no more.
    surfaces : Surfaces () [1]
        How many weeds, and when.
    day : ndarray (time,) [day]
        Days of `foliage`.

    Returns
    -------
    Foliage (field, time) [1]
        All leaves that are seen from above.
    """
    season = np.exp(-(((day - surfaces.weed_peak) / surfaces.weed_width_d) ** 2) / 2)
    bare = (1 - growth.cover) * (day[None] < effects.harvest_day[:, None])
    weeds = surfaces.weed_pai * season[None] * bare
    total = foliage.pai + weeds
    return Foliage(total, _ratio(foliage.pai * foliage.greenness + weeds, total), foliage.straw)


def _standing_crop(
    crops: list[Crop], growth: Growth, effects: FieldEffects, surfaces: Surfaces
) -> tuple[Floats, Floats]:
    grown = np.array([crop.lai_max for crop in crops])[:, None] * effects.vigour[:, None] * growth.cover
    green = _ratio(growth.lai, grown)
    return grown * (surfaces.standing_dead + (1 - surfaces.standing_dead) * green), green


def _stubble(growth: Growth, after: AfterHarvest, surfaces: Surfaces, standing: Booleans) -> Floats:
    regrown = np.maximum(growth.lai - after.stubble_lai, 0.0)
    pai: Floats = (surfaces.stubble_pai + regrown) * standing
    return pai


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Greenness; leaves that are not there count as green."""
    share = np.divide(part, whole, out=np.ones_like(whole), where=whole > 0)
    return np.clip(share, 0.0, 1.0)
