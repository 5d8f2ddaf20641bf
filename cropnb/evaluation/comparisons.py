"""Tests of whether two models differ on the same samples."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from cropnb.schema import require


class McNemar(NamedTuple):
    """Outcome of `mcnemar`."""

    n_only_first: int  # samples that only the first model has right
    n_only_second: int
    p_value: float


def mcnemar(reference: ArrayLike, first: ArrayLike, second: ArrayLike) -> McNemar:
    """Exact McNemar test of equal accuracy, on the samples that just one of two models has right.

    It takes samples as independent. Neighbouring fields are not: then the p value comes out too small, and
    `paired_interval` over blocks is the one to read.

    Parameters
    ----------
    reference : ndarray (sample,) [1]
        True `class_id`.
    first, second : ndarray (sample,) [1]
        Predictions of the two models.

    Returns
    -------
    McNemar () [1]
        The two counts and the two-sided p value; 1 where the models are right on the same samples.

    Raises
    ------
    SchemaError
        If the three differ in shape.

    References
    ----------
    [McNemar1947]

    Examples
    --------
    >>> mcnemar([0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]).p_value
    0.5
    """
    truth, a, b = (np.asarray(array) for array in (reference, first, second))
    require(
        truth.shape == a.shape == b.shape,
        f"mcnemar: shapes {truth.shape}, {a.shape}, {b.shape}; expected equal ones. "
        "Predict the same samples with both.",
    )
    only_a = int(np.count_nonzero((a == truth) & (b != truth)))
    only_b = int(np.count_nonzero((b == truth) & (a != truth)))
    p_value = float(stats.binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
    return McNemar(only_a, only_b, p_value)
