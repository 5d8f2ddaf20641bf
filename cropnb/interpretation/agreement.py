"""Whether a profile lies on some growth stages more than a profile of its form would by chance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cropnb.schema import require

FloatArray = NDArray[np.float64]
_ROUNDING = 1e-12  # of shares: equal weights, summed in another order


class StageAgreement(NamedTuple):
    """One entry per growth stage that occurs: its number, share of the weight and of the dates, p-value."""

    stage: FloatArray
    weight: FloatArray
    dates: FloatArray
    p_value: FloatArray


def stage_agreement(profile: ArrayLike, day: ArrayLike, stage: ArrayLike) -> StageAgreement:
    r"""Share of a profile's weight on the dates of each growth stage, against the share of dates.

    .. math::
        w_s(k) = \frac{\sum_{t : g_t = s} a_{(t + k) \bmod T}}{\sum_t a_t}, \qquad
        p_s = \frac{1}{T} \sum_{k=0}^{T-1} [w_s(k) \ge w_s(0)]

    where :math:`a` is `profile`, :math:`g` is `stage` and :math:`T` the number of dates. :math:`w_s(0)` is
    `weight`; a flat profile has the share of dates, `dates`. Shifting the profile around the season, by all
    :math:`T` steps and 0 among them, keeps its form and takes its tie to the stages away.

    Parameters
    ----------
    profile : ndarray (time,) [1]
        Weights of one class, 0 or more: mean attention, or a mean activation less its least value.
    day : ndarray (time,) [day]
        Of each date, rising; shifts go by dates, not by days.
    stage : ndarray (time,) [1]
        Number of the growth stage on each date, such as `modal_stages` gives; NaN where there is none.

    Returns
    -------
    StageAgreement (stage,) [1]
        By rising number of the stage. `p_value` is one-sided (as much weight or more) and exact; it is
        1 / T at least.

    Raises
    ------
    SchemaError
        If the arrays do not fit each other, days do not rise, or the profile is not finite, is negative or 0
        everywhere.

    Notes
    -----
    Dates without stage (before sowing, after harvest) belong to no entry but count in both totals: what
    `weight` lacks to 1 lies on them. With as many p-values as stages and classes, the least one is small by
    chance: mind how many were looked at. A shift joins the season's end to its beginning, which no season
    does; profiles that rise all season long then have few shifts that look like them.
    """
    weights, days, numbers = (np.asarray(a, dtype=np.float64) for a in (profile, day, stage))
    require(
        weights.ndim == 1 and weights.shape == days.shape == numbers.shape,
        f"stage_agreement: profile {weights.shape}, day {days.shape}, stage {numbers.shape}; expected "
        "(time,) each. Take one class.",
    )
    require(
        bool((np.diff(days) > 0).all()), f"stage_agreement: days {days.tolist()}; expected rising. Sort them."
    )
    require(
        bool((weights >= 0).all()) and 0 < weights.sum() < np.inf,
        f"stage_agreement: profile from {weights.min(initial=0.0):g}, sum {weights.sum():g}; expected 0 or "
        "more, finite, with a positive sum. Take off the least value, or leave the class out.",
    )
    known = np.unique(numbers[np.isfinite(numbers)])
    step = np.arange(weights.size)
    shifted = weights[(step[:, None] + step) % weights.size]
    inside = numbers[:, None] == known
    weight = shifted @ inside / weights.sum()
    as_much = weight >= weight[:1] - _ROUNDING
    return StageAgreement(known, weight[0], inside.mean(axis=0), as_much.mean(axis=0))
