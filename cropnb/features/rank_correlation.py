"""Which features repeat each other: Spearman's rank correlation, as in [Liu2024] 3.2.5.2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import spearmanr

from cropnb.features.selection import Column, checked_columns
from cropnb.schema import require

_LEAST = 3  # samples: with two, every correlation is 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Spearman:
    """Rank correlation of each column with each other.

    Attributes
    ----------
    coefficient : DataFrame (column, column) [1]
        r_s, labelled (feature, day) along both axes: `.loc["dprvi", "entropy"]` is a block day x day.
    p_value : DataFrame (column, column) [1]
        Two-sided, of no correlation; of one pair alone, not corrected for the number of pairs.
    n_sample : int () [count]
        Samples in use: those without a missing value.
    """

    coefficient: pd.DataFrame
    p_value: pd.DataFrame
    n_sample: int


def spearman_matrix(x: ArrayLike, *, names: Sequence[Column]) -> Spearman:
    r"""Spearman's rank correlation of all pairs of columns, as in the thesis's Figure 3-9.

    .. math::
        r_s = \frac{\sum_i (a_i - \bar a)(b_i - \bar b)}
                   {\sqrt{\sum_i (a_i - \bar a)^2} \sqrt{\sum_i (b_i - \bar b)^2}}

    where :math:`a_i, b_i` are ranks of sample :math:`i` in two columns of `x`; ties share their mean rank.

    Parameters
    ----------
    x : ndarray (sample, feature) [any]
        NaN or infinite where missing.
    names : sequence of tuple (feature, 2) [1, day]
        Feature and day of each column, as `columns_of` gives them.

    Returns
    -------
    Spearman (column, column) [1]
        Coefficients, p-values, number of samples.

    Raises
    ------
    SchemaError
        If names and columns differ in number, or fewer than three samples are complete.

    Notes
    -----
    A sample with a missing value is left out of all pairs, so that all numbers are of the same samples. A
    constant column has no ranks to compare: NaN with every column, itself included.

    References
    ----------
    [Liu2024], Eq. (3-12), where a and b have to be read as ranks
    """
    values = np.asarray(x, dtype=np.float64)
    columns = checked_columns("spearman_matrix", values, names)
    complete = values[np.isfinite(values).all(axis=1)]
    require(
        len(complete) >= _LEAST,
        f"spearman_matrix: {len(complete)} of {len(values)} samples without a missing value; expected "
        f"{_LEAST} or more. Fill the gaps, or leave out the columns that lack most.",
    )
    index = pd.MultiIndex.from_tuples(columns, names=["feature", "day"])
    coefficient, p_value = (pd.DataFrame(m, index=index, columns=index) for m in _rank_correlation(complete))
    return Spearman(coefficient=coefficient, p_value=p_value, n_sample=len(complete))


def spearman_between(
    first: Mapping[str, ArrayLike], second: Mapping[str, ArrayLike], *, day: Sequence[int]
) -> pd.DataFrame:
    """Rank correlation of two groups of features on the same days: the diagonals in the thesis's Figure 3-9.

    Parameters
    ----------
    first, second : mapping of str to ndarray (sample, time) [any]
        Series of each feature of a group, NaN or infinite where missing.
    day : sequence of int (time,) [day]
        Their days.

    Returns
    -------
    DataFrame (pair and day, 6) [1]
        `first`, `second` (names), `day`, `r_s`, `p_value`, `n_sample`, for each feature of the one group with
        each of the other.

    Raises
    ------
    SchemaError
        If the series differ in shape, or in their number of days from `day`.

    Notes
    -----
    A sample with a missing value leaves this pair on this day only; `n_sample` counts the rest. NaN where
    fewer than three samples are left or one of the two is constant.

    References
    ----------
    [Liu2024], Eq. (3-12)
    """
    left, right = ({name: np.asarray(v, dtype=np.float64) for name, v in g.items()} for g in (first, second))
    shapes = {values.shape for group in (left, right) for values in group.values()}
    require(
        len(shapes) == 1 and all(len(shape) == 2 and shape[1] == len(day) for shape in shapes),
        f"spearman_between: series of shapes {sorted(shapes)} for {len(day)} days; expected one shape "
        "(sample, time). Take the same samples and days for all.",
    )
    rows = [
        {"first": one, "second": other, "day": int(number), **_pair(a[:, time], b[:, time])}
        for one, a in left.items()
        for other, b in right.items()
        for time, number in enumerate(day)
    ]
    return pd.DataFrame(rows)


def _pair(a: NDArray[np.float64], b: NDArray[np.float64]) -> dict[str, float]:
    both = np.isfinite(a) & np.isfinite(b)
    n_sample = int(both.sum())
    if n_sample < _LEAST:
        return {"r_s": np.nan, "p_value": np.nan, "n_sample": n_sample}
    coefficient, p_value = _rank_correlation(np.column_stack([a[both], b[both]]))
    return {"r_s": coefficient[0, 1], "p_value": p_value[0, 1], "n_sample": n_sample}


def _rank_correlation(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients and p-values of all pairs of columns; NaN for constant ones, of which scipy warns."""
    n_column = values.shape[1]
    coefficient, p_value = (np.full((n_column, n_column), np.nan) for _ in range(2))
    varied = np.flatnonzero(np.ptp(values, axis=0) > 0)
    if varied.size:
        at = np.ix_(varied, varied)
        # A column twice more: scipy gives numbers in the place of matrices for two columns, and refuses one.
        columns = np.column_stack([values[:, varied], values[:, varied[[0, 0]]]])
        result = spearmanr(columns)
        coefficient[at], p_value[at] = result.statistic[:-2, :-2], result.pvalue[:-2, :-2]
    return coefficient, p_value
