r"""Areas of classes from a map and a sample of the truth, by the stratified estimators of [Olofsson2014].

Counting the pixels of a map gives areas with the map's errors in them: what it finds too often is too large.
The sample says how often each mapped class is which true class, and so corrects the areas:

.. math::
    \hat{p}_{ij} = W_i \frac{n_{ij}}{n_{i \cdot}}

is the share of the map that is mapped as :math:`i` and is :math:`j`, where :math:`W_i` is the share mapped as
:math:`i`, and :math:`n_{ij}` of the :math:`n_{i \cdot}` samples there are :math:`j` (Eq. 4). The paper's rows
are the map; the confusion matrices of this package have the reference in the rows and the map in the columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cropnb.evaluation.map_strata import MapStrata, map_strata, normal_ends
from cropnb.evaluation.resampling import check_resampling, drawn_sums
from cropnb.schema import require

Floats = NDArray[np.float64]


def area_shares(matrix: ArrayLike, mapped_area: ArrayLike) -> Floats:
    r"""Confusion matrix in shares of the map's area.

    .. math::
        \hat{p}_{ij} = W_i \frac{n_{ij}}{n_{i \cdot}}, \quad W_i = A_i / \sum_k A_k

    where :math:`n_{ij}` is `matrix` in row :math:`j` (reference) and column :math:`i` (map), and :math:`A_i`
    is `mapped_area`.

    Parameters
    ----------
    matrix : ndarray (..., n_class, n_class) [count]
        Row: reference; column: prediction. Of samples drawn at random from each mapped class, or from all.
    mapped_area : ndarray (n_class,) [ha]
        Area of each class on the map, or its pixels.

    Returns
    -------
    ndarray (..., n_class, n_class) [1]
        Row: reference; column: map. Sums to 1. NaN in the column of a class that is mapped and not sampled.

    Raises
    ------
    SchemaError
        If the two do not fit, or a class without area on the map has samples there.

    References
    ----------
    [Olofsson2014], Eq. (4)
    """
    strata = map_strata(matrix, mapped_area)
    return strata.weight * strata.share


def adjusted_areas(matrix: ArrayLike, mapped_area: ArrayLike) -> Floats:
    r"""Area of each class, corrected by what the sample says of the map's errors.

    .. math::
        \hat{A}_j = A \sum_i W_i \frac{n_{ij}}{n_{i \cdot}}

    with the symbols of `area_shares`, and :math:`A` the whole area.

    Parameters
    ----------
    matrix : ndarray (..., n_class, n_class) [count]
        Row: reference; column: prediction.
    mapped_area : ndarray (n_class,) [ha]
        Area of each class on the map, or its pixels.

    Returns
    -------
    ndarray (..., n_class) [of `mapped_area`]
        NaN in all classes where a mapped class is not sampled: its area may be any of theirs.

    Raises
    ------
    SchemaError
        If the two do not fit, or a class without area on the map has samples there.

    References
    ----------
    [Olofsson2014], Eq. (9)

    Examples
    --------
    >>> adjusted_areas([[9, 0], [1, 10]], [200, 800])
    array([180., 820.])
    """
    total = np.asarray(mapped_area, dtype=np.float64).sum()
    areas: Floats = total * area_shares(matrix, mapped_area).sum(axis=-1)
    return areas


def area_table(
    matrix: ArrayLike, *, mapped_area: ArrayLike, class_names: Sequence[str], level: float = 0.95
) -> pd.DataFrame:
    r"""Mapped and adjusted area of each class, with standard error and interval.

    .. math::
        S(\hat{A}_j) = A \sqrt{\sum_i W_i^2 \frac{s_{ij} (1 - s_{ij})}{n_{i \cdot} - 1}}, \quad
        s_{ij} = \frac{n_{ij}}{n_{i \cdot}}

    with the symbols of `area_shares`; the interval is :math:`\hat{A}_j \pm z S(\hat{A}_j)`, with z = 1.96 at
    `level` 0.95, cut at 0 and at the whole area.

    Parameters
    ----------
    matrix : ndarray (n_class, n_class) [count]
        Row: reference; column: prediction.
    mapped_area : ndarray (n_class,) [ha]
        Area of each class on the map, or its pixels.
    class_names : sequence of str (n_class,) [1]
        Names in the order of `class_id`.
    level : float () [1]
        Nominal coverage.

    Returns
    -------
    DataFrame (n_class, column) [of `mapped_area`]
        Columns `class_name`, `mapped`, `adjusted`, `standard_error`, `low`, `high`, `level`, `method`,
        `n_sample` on that mapped class, and `reason`, which says why a number is NaN, or is empty.

    Raises
    ------
    SchemaError
        If the arrays do not fit, or a class without area on the map has samples there.

    Notes
    -----
    Samples count as independent draws from each mapped class. Samples of the same fields and blocks are not:
    then `block_area_table` is the one to read. A class that no sample holds has area 0 and no width: the
    sample is too small to say more. One sample on a mapped class gives no standard error.

    References
    ----------
    [Olofsson2014], Eq. (9) to (11)
    """
    strata = map_strata(matrix, mapped_area)
    variance = (strata.weight**2 * strata.variance).sum(axis=-1)
    areas, error = strata.total * strata.proportion, strata.total * np.sqrt(variance)
    low, high = normal_ends(areas, error, level=level, top=strata.total)
    return _area_frame(
        strata,
        class_names,
        method="normal, stratified sample",
        reason=strata.lacking(class_names, fewest=2),
        standard_error=error,
        low=low,
        high=high,
        level=level,
    )


def block_area_table(
    matrices: ArrayLike,
    *,
    mapped_area: ArrayLike,
    class_names: Sequence[str],
    rng: np.random.Generator,
    n_resample: int = 2000,
    level: float = 0.95,
) -> pd.DataFrame:
    """Mapped and adjusted area of each class, with the interval of a bootstrap over blocks.

    Parameters
    ----------
    matrices : ndarray (n_block, n_class, n_class) [count]
        From `block_matrices`.
    mapped_area : ndarray (n_class,) [ha]
        Area of each class on the map, or its pixels.
    class_names : sequence of str (n_class,) [1]
        Names in the order of `class_id`.
    rng : Generator () [1]
        Source of the draws.
    n_resample : int () [count]
        How often to draw.
    level : float () [1]
        Nominal coverage.

    Returns
    -------
    DataFrame (n_class, column) [of `mapped_area`]
        As of `area_table`; `standard_error` is the standard deviation over resamples, the interval lies
        between their percentiles.

    Raises
    ------
    SchemaError
        If the arrays do not fit, a class without area on the map has samples there, there are fewer than two
        blocks, or `level` or `n_resample` make no interval.

    Notes
    -----
    Resamples without a sample on a mapped class are left out; `method` says how many were.

    References
    ----------
    [Olofsson2014], [Efron1993]
    """
    counts = np.asarray(matrices, dtype=np.float64)
    require(
        counts.ndim == 3,
        f"block_area_table: matrices {counts.shape}; expected (n_block, n_class, n_class). "
        "Use block_matrices.",
    )
    check_resampling(len(counts), n_resample=n_resample, level=level)
    strata = map_strata(counts.sum(axis=0), mapped_area)
    pieces = drawn_sums(counts, n_resample=n_resample, rng=rng)
    drawn = np.vstack([adjusted_areas(total, mapped_area) for (total,) in pieces])
    defined = drawn[np.isfinite(drawn).all(axis=1)]
    method = f"percentile bootstrap over {len(counts)} blocks"
    if len(defined) < n_resample:
        method += f"; undefined in {n_resample - len(defined)} of {n_resample} resamples"
    if len(defined) < 2:
        defined = np.full((2, strata.weight.size), np.nan)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return _area_frame(
        strata,
        class_names,
        method=method,
        reason=strata.lacking(class_names, fewest=1),
        standard_error=defined.std(axis=0, ddof=1),
        low=low,
        high=high,
        level=level,
    )


def _area_frame(
    strata: MapStrata, class_names: Sequence[str], *, method: str, reason: str, **columns: Any
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "class_name": list(class_names),
            "mapped": strata.total * strata.weight,
            "adjusted": strata.total * strata.proportion,
            **columns,
            "method": method,
            "n_sample": strata.size.astype(np.int64),
            "reason": reason,
        }
    )
