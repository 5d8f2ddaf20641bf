"""Temperature scaling: one number that makes probabilities less sure, or more, and changes no class."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from cropnb.evaluation.probabilities import FLOOR, checked_probability, log_probability
from cropnb.schema import require

Floats = NDArray[np.float64]
TEMPERATURES = (0.05, 20.0)  # searched: probabilities to the 20th power, and to the 20th root


def fit_temperature(reference: ArrayLike, probability: ArrayLike, *, floor: float = FLOOR) -> float:
    r"""Temperature that makes probabilities fit the reference best, by the least negative log-likelihood.

    .. math::
        T = \arg\min_t -\frac{1}{n} \sum_i \log \frac{p_{i y_i}^{1/t}}{\sum_k p_{ik}^{1/t}}

    where :math:`p_{ik}` is `probability`, raised to `floor`, and :math:`y_i` is `reference`. The logarithm of
    a softmax differs from the logits by a number that is the same for all classes and cancels here, so that
    :math:`T` is that of the logits. The sum is convex in :math:`1/t`: it has one minimum.

    Parameters
    ----------
    reference : ndarray (sample,) [1]
        True `class_id` of samples that the model was neither trained nor will be judged on.
    probability : ndarray (sample, class) [1]
        Of each class; rows sum to 1.
    floor : float () [1]
        What stands for a smaller probability; for a forest of n trees half a vote, 1 / (2 n).

    Returns
    -------
    float () [1]
        Above 1 where the model is too sure, below 1 where it is not sure enough.

    Raises
    ------
    SchemaError
        If the arrays do not fit, a row is no distribution, or `floor` is out of its range.

    Notes
    -----
    Between 0.05 and 20, and near one of these ends where the likelihood rises all the way to it, as it does
    towards 0.05 where the model has every sample right.

    References
    ----------
    [Guo2017], section 4.2
    """
    truth, shares = checked_probability(reference, probability, name="fit_temperature")
    logs = log_probability(shares, floor=floor)
    own = logs[np.arange(truth.size), truth]

    def loss(log_temperature: float) -> float:
        inverse = np.exp(-log_temperature)
        return float(np.mean(special.logsumexp(inverse * logs, axis=1) - inverse * own))

    ends = tuple(np.log(TEMPERATURES))
    found = optimize.minimize_scalar(loss, bounds=ends, method="bounded", options={"xatol": 1e-7})
    return float(np.exp(found.x))


def scaled(probability: ArrayLike, temperature: float, *, floor: float = FLOOR) -> Floats:
    r"""Probabilities at another temperature.

    .. math::
        q_k = \frac{p_k^{1/T}}{\sum_j p_j^{1/T}}

    where :math:`p` is `probability`, raised to `floor`, and :math:`T` is `temperature`.

    Parameters
    ----------
    probability : ndarray (..., class) [1]
        Of each class; sums to 1 over the last dim.
    temperature : float () [1]
        From `fit_temperature`.
    floor : float () [1]
        As given to `fit_temperature`.

    Returns
    -------
    ndarray (..., class) [1]
        Sums to 1; the order of the classes stays, but for those below `floor`, which become equal.

    Raises
    ------
    SchemaError
        If `temperature` is not above 0, or `floor` is out of its range.

    Notes
    -----
    NaN in, NaN out: a missing pixel stays missing.

    References
    ----------
    [Guo2017], section 4.2

    Examples
    --------
    >>> scaled([0.8, 0.2], 0.5).round(3)
    array([0.941, 0.059])
    """
    require(
        temperature > 0 and bool(np.isfinite(temperature)),
        f"scaled: temperature {temperature}; expected above 0. Take that of fit_temperature.",
    )
    share: Floats = special.softmax(log_probability(probability, floor=floor) / temperature, axis=-1)
    return share
