"""Seasonal profiles: what a class looks like over time."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cropnb.schema import require

QUARTILES: tuple[float, ...] = (0.25, 0.5, 0.75)


def class_quantiles(
    values: ArrayLike, class_id: ArrayLike, *, n_class: int, quantiles: tuple[float, ...] = QUARTILES
) -> NDArray[np.float64]:
    """Quantiles over the samples of each class, date by date.

    Parameters
    ----------
    values : ndarray (sample, time) [any]
        One channel; NaN where missing.
    class_id : ndarray (sample,) [1]
        Class of each sample.
    n_class : int () [count]
        Number of classes.
    quantiles : tuple of float (quantile,) [1]
        Between 0 and 1; the quartiles by default.

    Returns
    -------
    ndarray (quantile, n_class, time) [any]
        In the unit of `values`; NaN for a class or date without values.

    Raises
    ------
    SchemaError
        If the number of samples differs, or a quantile is outside 0 to 1.

    Examples
    --------
    >>> class_quantiles([[1.0], [3.0], [9.0]], [0, 0, 1], n_class=2, quantiles=(0.5,)).tolist()
    [[[2.0], [9.0]]]
    """
    series, ids = np.asarray(values, dtype=np.float64), np.asarray(class_id)
    require(
        series.ndim == 2 and ids.shape == series.shape[:1],
        f"class_quantiles: values {series.shape}, class_id {ids.shape}; expected (sample, time) and "
        "(sample,). Pass one channel.",
    )
    require(
        all(0 <= q <= 1 for q in quantiles),
        f"class_quantiles: quantiles {quantiles}; expected numbers from 0 to 1. Divide percentages by 100.",
    )
    result = np.full((len(quantiles), n_class, series.shape[1]), np.nan)
    for number in range(n_class):
        members = series[ids == number]
        for time in range(series.shape[1]):
            finite = members[np.isfinite(members[:, time]), time]
            if finite.size:
                result[:, number, time] = np.quantile(finite, quantiles)
    return result
