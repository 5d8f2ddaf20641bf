"""Calibration as a number: the expected calibration error, and the Brier score beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cropnb.evaluation.probabilities import Top, checked_probability, top_label
from cropnb.evaluation.reliability import N_BIN, confidence_edges
from cropnb.evaluation.resampling import block_sums, check_resampling, drawn_sums
from cropnb.evaluation.strata import bin_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def expected_calibration_error(
    reference: ArrayLike, probability: ArrayLike, *, bins: int | ArrayLike = N_BIN
) -> float:
    r"""Expected calibration error: gap between accuracy and confidence, mean over the samples' bins.

    .. math::
        ECE = \sum_m \frac{|B_m|}{n} \left| \mathrm{acc}(B_m) - \mathrm{conf}(B_m) \right|

    where :math:`B_m` are the samples whose confidence, the highest `probability` of a row, lies in bin
    :math:`m`, and acc and conf are their accuracy and mean confidence.

    Parameters
    ----------
    reference : ndarray (sample,) [1]
        True `class_id`.
    probability : ndarray (sample, class) [1]
        Of each class; rows sum to 1.
    bins : int () or ndarray (edge,) [1]
        Number of bins of equal width, or the edges of others.

    Returns
    -------
    float () [1]
        0 for a model that is right as often as it says. Above 0 by chance: see `calibration_scores`.

    Raises
    ------
    SchemaError
        If the arrays do not fit, a row is no distribution, or edges do not rise from 0 to 1.

    References
    ----------
    [Guo2017], Eq. (3)

    Examples
    --------
    >>> expected_calibration_error([0, 1], [[0.75, 0.25], [0.75, 0.25]])
    0.25
    """
    truth, shares = checked_probability(reference, probability, name="expected_calibration_error")
    gaps = _bin_gaps(top_label(truth, shares), confidence_edges(bins))
    return float(np.abs(gaps.sum(axis=0)).sum() / truth.size)


def brier_score(reference: ArrayLike, probability: ArrayLike) -> float:
    r"""Brier score of several classes: squared distance of the probabilities from the truth, mean of samples.

    .. math::
        BS = \frac{1}{n} \sum_i \sum_k (p_{ik} - [y_i = k])^2

    where :math:`p_{ik}` is `probability` and :math:`y_i` is `reference`.

    Parameters
    ----------
    reference : ndarray (sample,) [1]
        True `class_id`.
    probability : ndarray (sample, class) [1]
        Of each class; rows sum to 1.

    Returns
    -------
    float () [1]
        From 0 to 2; 1 - 1 / K for K classes of equal probability. Needs no bins, and falls with accuracy
        and with calibration both.

    Raises
    ------
    SchemaError
        If the arrays do not fit, or a row is no distribution.

    References
    ----------
    [Brier1950]

    Examples
    --------
    >>> brier_score([0], [[0.5, 0.5]])
    0.5
    """
    truth, shares = checked_probability(reference, probability, name="brier_score")
    return float(_squared_distance(truth, shares).mean())


def calibration_scores(
    reference: ArrayLike,
    probability: ArrayLike,
    *,
    block: ArrayLike,
    rng: np.random.Generator,
    bins: int | ArrayLike = N_BIN,
    n_resample: int = 2000,
    level: float = 0.95,
) -> pd.DataFrame:
    r"""Expected calibration error and Brier score, each with the interval of a bootstrap over blocks.

    Parameters
    ----------
    reference : ndarray (sample,) [1]
        True `class_id`.
    probability : ndarray (sample, class) [1]
        Of each class; rows sum to 1.
    block : ndarray (sample,) [1]
        Block of each sample: what may be taken as independent of the others.
    rng : Generator () [1]
        Source of the draws.
    bins : int () or ndarray (edge,) [1]
        Number of bins of equal width, or the edges of others.
    n_resample : int () [count]
        How often to draw.
    level : float () [1]
        Nominal coverage.

    Returns
    -------
    DataFrame (metric, column) [1]
        Columns `metric`, `value`, `low`, `high`, `level`, `method`, `n_sample`.

    Raises
    ------
    SchemaError
        If the arrays do not fit, a row is no distribution, edges do not rise from 0 to 1, there are fewer
        than two blocks, or `level` or `n_resample` make no interval.

    Notes
    -----
    The calibration error of a sample is too high, since chance makes gaps of either sign and all count; that
    of a resample is so once more, and percentiles alone would never reach down to a true 0. So the upper end
    is the percentile of resampled errors, and the lower one the estimate less what chance adds at most, the
    percentile of

    .. math::
        \sum_m |g_m^* - g_m|

    with the gaps :math:`g_m` of bins in the sample and :math:`g_m^*` in a resample; cut at 0. A lower end of
    0 says that a calibrated model would do as badly. The interval is cautious: on simulated errors of 0 to
    0.1 in 30 and 60 blocks of 30 and 300 samples, a nominal 0.95 covered 0.96 to 1.00. That of the Brier
    score is the percentile interval.

    References
    ----------
    [Guo2017], [Brier1950], [Efron1993]
    """
    truth, shares = checked_probability(reference, probability, name="calibration_scores")
    columns = (
        _bin_gaps(top_label(truth, shares), confidence_edges(bins)),
        _squared_distance(truth, shares)[:, None],
    )
    sums = block_sums(np.hstack([*columns, np.ones((truth.size, 1))]), block)
    check_resampling(len(sums), n_resample=n_resample, level=level)
    drawn = np.vstack([total for (total,) in drawn_sums(sums, n_resample=n_resample, rng=rng)])
    (gaps, brier), (drawn_gaps, briers) = _means(sums.sum(axis=0)), _means(drawn)
    tails = [(1 - level) / 2, (1 + level) / 2]
    error, chance = np.abs(gaps).sum(), np.abs(drawn_gaps - gaps).sum(axis=-1)
    low = max(error - np.quantile(chance, tails[1]), 0.0)
    high = np.quantile(np.abs(drawn_gaps).sum(axis=-1), tails[1])
    rows = [
        ("expected_calibration_error", error, low, high, "chance below, percentile above:"),
        ("brier_score", brier, *np.quantile(briers, tails), "percentile"),
    ]
    table = pd.DataFrame(rows, columns=["metric", "value", "low", "high", "method"])
    table["method"] += f" bootstrap over {len(sums)} blocks"
    return table.assign(level=level, n_sample=truth.size)


def _means(sums: Floats) -> tuple[Floats, Floats]:
    """Gaps of bins and squared distance per sample, from sums of gaps, of distances, and of samples."""
    return sums[..., :-2] / sums[..., -1:], sums[..., -2] / sums[..., -1]


def _bin_gaps(top: Top, edges: Floats) -> Floats:
    """Rightness less confidence of each sample, in the column of its bin."""
    gaps = np.zeros((top.right.size, edges.size - 1))
    gaps[np.arange(top.right.size), bin_of(top.confidence, edges)] = top.right - top.confidence
    return gaps


def _squared_distance(truth: Integers, shares: Floats) -> Floats:
    distance: Floats = ((shares - np.eye(shares.shape[1])[truth]) ** 2).sum(axis=1)
    return distance
