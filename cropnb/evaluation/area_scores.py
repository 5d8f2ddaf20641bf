"""Accuracy of a map as shares of its area, with the standard errors of [Olofsson2014]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cropnb.evaluation.map_strata import MapStrata, map_strata, normal_ends

Floats = NDArray[np.float64]
_METHOD = "normal, stratified sample"


def area_scores(
    matrix: ArrayLike, *, mapped_area: ArrayLike, class_names: Sequence[str], level: float = 0.95
) -> pd.DataFrame:
    r"""Overall, user's and producer's accuracy, weighted by area, with standard errors and intervals.

    .. math::
        \hat{O} = \sum_i \hat{p}_{ii}, \quad
        \hat{U}_i = \frac{\hat{p}_{ii}}{\hat{p}_{i \cdot}}, \quad
        \hat{P}_j = \frac{\hat{p}_{jj}}{\hat{p}_{\cdot j}}

    .. math::
        V(\hat{O}) = \sum_i W_i^2 v_{ii}, \quad V(\hat{U}_i) = v_{ii}, \quad
        V(\hat{P}_j) = \frac{1}{\hat{p}_{\cdot j}^2} \Big[ W_j^2 (1 - \hat{P}_j)^2 v_{jj}
        + \hat{P}_j^2 \sum_{i \ne j} W_i^2 v_{ij} \Big]

    where :math:`\hat{p}_{ij}` is `area_shares`, :math:`W_i` the share of the map mapped as :math:`i`, and
    :math:`v_{ij} = s_{ij} (1 - s_{ij}) / (n_{i \cdot} - 1)` the variance of the share :math:`s_{ij}` of its
    :math:`n_{i \cdot}` samples that are :math:`j`.

    Parameters
    ----------
    matrix : ndarray (n_class, n_class) [count]
        Row: reference; column: prediction. Of samples drawn at random from each mapped class, or from all.
    mapped_area : ndarray (n_class,) [ha]
        Area of each class on the map, or its pixels.
    class_names : sequence of str (n_class,) [1]
        Names in the order of `class_id`.
    level : float () [1]
        Nominal coverage.

    Returns
    -------
    DataFrame (metric and class, column) [1]
        Columns `metric` (`overall_accuracy`, `users_accuracy`, `producers_accuracy`), `class_name`, `value`,
        `standard_error`, `low`, `high`, `level`, `method`, `n_sample` (all, or on that mapped class), and
        `reason`, which says why a number is NaN, or is empty.

    Raises
    ------
    SchemaError
        If the arrays do not fit, or a class without area on the map has samples there.

    Notes
    -----
    No user's accuracy for a class that is never mapped, no producer's accuracy for one that no sample holds;
    the overall and all producer's accuracies need samples on every mapped class. Intervals are cut at 0 and
    1, and have no width where all samples of a class are right: then the number of samples says more. Samples
    count as independent.

    References
    ----------
    [Olofsson2014], Eq. (1) to (7)
    """
    strata = map_strata(matrix, mapped_area)
    parts = [
        ("overall_accuracy", [""], *_overall(strata), [strata.lacking(class_names, fewest=2)]),
        ("users_accuracy", class_names, *_users(strata), _users_reasons(strata)),
        ("producers_accuracy", class_names, *_producers(strata), _producers_reasons(strata, class_names)),
    ]
    frames = []
    for metric, names, value, variance, reason in parts:
        error = np.sqrt(variance)
        low, high = normal_ends(value, error, level=level, top=1.0)
        n_sample = strata.size if names is class_names else [strata.size.sum()]
        columns: dict[str, Any] = {"class_name": list(names), "value": value, "standard_error": error}
        columns |= {"low": low, "high": high, "n_sample": np.asarray(n_sample, dtype=np.int64)}
        frames.append(pd.DataFrame({"metric": metric, **columns, "reason": reason}))
    return pd.concat(frames, ignore_index=True).assign(level=level, method=_METHOD)


def _overall(strata: MapStrata) -> tuple[Floats, Floats]:
    right, variance = strata.share.diagonal(), strata.variance.diagonal()
    return np.array([strata.weight @ right]), np.array([strata.weight**2 @ variance])


def _users(strata: MapStrata) -> tuple[Floats, Floats]:
    mapped = np.where(strata.weight > 0, 1.0, np.nan)
    return mapped * strata.share.diagonal(), mapped * strata.variance.diagonal()


def _producers(strata: MapStrata) -> tuple[Floats, Floats]:
    whole = np.where(strata.proportion > 0, strata.proportion, np.nan)
    found = strata.weight * strata.share.diagonal() / whole
    by_stratum = strata.weight**2 * strata.variance  # row j, column i
    own = by_stratum.diagonal()
    others = (by_stratum * (1 - np.eye(own.size))).sum(axis=-1)
    return found, ((1 - found) ** 2 * own + found**2 * others) / whole**2


def _users_reasons(strata: MapStrata) -> list[str]:
    words = {0: "no sample where mapped so", 1: "one sample only where mapped so"}
    return [
        words.get(int(size), "") if weight > 0 else "never mapped"
        for size, weight in zip(strata.size, strata.weight, strict=True)
    ]


def _producers_reasons(strata: MapStrata, class_names: Sequence[str]) -> list[str]:
    lacking = strata.lacking(class_names, fewest=2)
    return [lacking or ("" if share > 0 else "no sample of this class") for share in strata.proportion]
