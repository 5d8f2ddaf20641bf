"""Profiles over the season: what the samples of a class have in common, date by date."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import entr

from cropnb.evaluation import class_quantiles
from cropnb.schema import require

FloatArray = NDArray[np.float64]
_SUM_TOLERANCE = 1e-3  # of weights in single precision that were averaged


class ActivationProfile(NamedTuple):
    """Mean and standard deviation of each class on each date, and of how many samples."""

    mean: FloatArray
    sd: FloatArray
    n_sample: NDArray[np.int64]


class AttentionProfile(NamedTuple):
    """Mean of each class on each date, and its quartiles (3, class, time)."""

    mean: FloatArray
    quartiles: FloatArray


def activation_profile(maps: ArrayLike, class_id: ArrayLike, *, n_class: int) -> ActivationProfile:
    """Mean activation of each class on each date, as in the thesis's Figure 3-15.

    Parameters
    ----------
    maps : ndarray (sample, time) [1]
        Channel means, raw or `rescaled`.
    class_id : ndarray (sample,) [1]
        Class of each sample.
    n_class : int () [count]
        Classes of the legend.

    Returns
    -------
    ActivationProfile (class, time) [1]
        `mean` and `sd` over the samples of a class, `n_sample` of each class. NaN for a class without
        samples; `sd` (with n - 1) is NaN for a class of one.

    Raises
    ------
    SchemaError
        If the arrays do not fit each other, or a class is outside 0 to n_class - 1.
    """
    series, ids = _series_of_classes("activation_profile", maps, class_id, n_class)
    mean, sd = (np.full((n_class, series.shape[1]), np.nan) for _ in range(2))
    n_sample = np.bincount(ids, minlength=n_class)
    for number in range(n_class):
        members = series[ids == number]
        if len(members) > 0:
            mean[number] = members.mean(axis=0)
        if len(members) > 1:
            sd[number] = members.std(axis=0, ddof=1)
    return ActivationProfile(mean=mean, sd=sd, n_sample=n_sample)


def attention_profile(attention: ArrayLike, class_id: ArrayLike, *, n_class: int) -> AttentionProfile:
    """Attention of each class on each date, not scaled; the thesis's Figure 3-16 shows it `rescaled`.

    Parameters
    ----------
    attention : ndarray (sample, time) [1]
        Weights of sum 1 for each sample.
    class_id : ndarray (sample,) [1]
        Class of each sample.
    n_class : int () [count]
        Classes of the legend.

    Returns
    -------
    AttentionProfile (class, time) [1]
        Mean, and the quartiles 0.25, 0.5, 0.75. Means of a class sum to 1 over time, quartiles do not. NaN
        for a class without samples.

    Raises
    ------
    SchemaError
        If the arrays do not fit each other, a class is outside 0 to n_class - 1, or weights are negative or
        do not sum to 1.

    Notes
    -----
    A network that attends to no date more than to another has 1 / n_time everywhere: compare with that line.
    The weight of a recurrent network's step is not the weight of that date's image, as its hidden features
    hold what came before and, read backwards, after.
    """
    series, ids = _series_of_classes("attention_profile", attention, class_id, n_class)
    _require_weights("attention_profile", series)
    mean = activation_profile(series, ids, n_class=n_class).mean
    return AttentionProfile(mean=mean, quartiles=class_quantiles(series, ids, n_class=n_class))


def effective_dates(attention: ArrayLike) -> FloatArray:
    r"""Number of dates that share the attention, by its entropy.

    .. math::
        N = \exp\left(-\sum_t a_t \ln a_t\right)

    where :math:`a_t` is `attention`: 1 if one date has all of it, n_time if all have the same.

    Parameters
    ----------
    attention : ndarray (..., time) [1]
        Weights of sum 1, of samples or of a mean over samples.

    Returns
    -------
    ndarray (...) [count]
        1 to n_time; NaN where a weight is NaN.

    Raises
    ------
    SchemaError
        If weights are negative or do not sum to 1.

    Notes
    -----
    That of a mean profile is at least the geometric mean of those of its samples: samples that each attend to
    one date, but not to the same, have a flat mean. Look at both.

    Examples
    --------
    >>> effective_dates([[1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0]]).tolist()
    [1.0, 2.0]
    """
    weights = np.asarray(attention, dtype=np.float64)
    _require_weights("effective_dates", weights)
    return np.asarray(np.exp(entr(weights).sum(axis=-1)))


def _series_of_classes(
    who: str, values: ArrayLike, class_id: ArrayLike, n_class: int
) -> tuple[FloatArray, NDArray[np.int64]]:
    series, ids = np.asarray(values, dtype=np.float64), np.asarray(class_id, dtype=np.int64)
    require(
        series.ndim == 2 and ids.shape == series.shape[:1],
        f"{who}: values {series.shape}, class_id {ids.shape}; expected (sample, time) and (sample,). Take "
        "the mean over other dims first.",
    )
    require(
        ids.size == 0 or (int(ids.min()) >= 0 and int(ids.max()) < n_class),
        f"{who}: class_id up to {ids.max(initial=-1)} for {n_class} classes; expected 0 to {n_class - 1}. "
        "Give n_class of the legend.",
    )
    return series, ids


def _require_weights(who: str, weights: FloatArray) -> None:
    total = np.asarray(weights.sum(axis=-1))
    far = np.abs(total[np.isfinite(total)] - 1).max(initial=0.0)
    require(
        far <= _SUM_TOLERANCE and not bool((weights < 0).any()),
        f"{who}: weights from {weights.min(initial=0.0):g}, sums up to {far:g} away from 1; expected 0 or "
        "more, sum 1 over time. Pass the stage `attention`, not scaled.",
    )
