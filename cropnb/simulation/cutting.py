r"""Meadows and forage that are cut several times a year and grow back.

After a cut the share l of the canopy is left; it is back to half of the rest after the delay d:

.. math::
    f = l + (1 - l) \, S\left(\frac{t - t_{cut} - d}{w / (2 \ln 9)}\right)

with the width w from 10 to 90 percent. A field that is early at sowing is early at each cut.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import expit

from cropnb.simulation.arrays import Floats
from cropnb.simulation.cutting_parameters import Cuts
from cropnb.simulation.growth import LOGISTIC_10_90, Growth


def cut_growth(growth: Growth, cuts: Cuts, *, shift_d: Floats, day: Floats) -> Growth:
    """Growth of fields with their cuts.

    Parameters
    ----------
    growth : Growth (field, time) [1]
        As if never cut.
    cuts : Cuts () [1]
        Of their crop.
    shift_d : ndarray (field,) [day]
        By how much a field is later than the calendar.
    day : ndarray (time,) [day]
        When to look.

    Returns
    -------
    Growth (field, time) [1]
        Leaves, water and cover are cut; the stage goes on.
    """
    share = cut_share(cuts, shift_d=shift_d, day=day)
    return replace(growth, lai=growth.lai * share, vwc=growth.vwc * share, cover=growth.cover * share)


def cut_share(cuts: Cuts, *, shift_d: Floats, day: Floats) -> Floats:
    """Share of the canopy that stands, for the latest cut.

    Parameters
    ----------
    cuts : Cuts () [1]
        Calendar and regrowth.
    shift_d : ndarray (field,) [day]
        By how much a field is later than the calendar.
    day : ndarray (time,) [day]
        When to look.

    Returns
    -------
    ndarray (field, time) [1]
        1 before the first cut.
    """
    share = np.ones((shift_d.size, day.size))
    for cut in cuts.days:
        since = day[None] - (cut + shift_d)[:, None]
        back = expit((since - cuts.delay_d) * LOGISTIC_10_90 / cuts.width_d)
        share = np.where(since >= 0, cuts.left + (1 - cuts.left) * back, share)
    return share
