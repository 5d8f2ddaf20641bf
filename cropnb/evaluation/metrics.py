"""Accuracy of a classification, every number from its confusion matrix.

All functions work on the last two dims and keep the leading ones, so that thousands of resampled matrices
take one call.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cropnb.schema import require

FloatArray = NDArray[np.float64]
Score = np.float64 | FloatArray  # a number for one matrix, an array for a stack of them


def overall_accuracy(matrix: ArrayLike) -> Score:
    r"""Share of samples classified rightly.

    .. math::
        OA = \frac{\sum_k n_{kk}}{\sum_{ij} n_{ij}}

    where :math:`n_{ij}` is `matrix`.

    Parameters
    ----------
    matrix : ndarray (..., n_class, n_class) [count]
        Row: reference; column: prediction.

    Returns
    -------
    ndarray (...) [1]
        NaN for a matrix without samples.

    Examples
    --------
    >>> float(overall_accuracy([[3, 1], [0, 4]]))
    0.875
    """
    counts = _counts(matrix)
    return _score(_hits(counts).sum(-1), counts.sum((-2, -1)))


def kappa(matrix: ArrayLike) -> Score:
    r"""Cohen's kappa: agreement beyond what the class shares alone give.

    .. math::
        \kappa = \frac{p_o - p_e}{1 - p_e}, \quad
        p_e = \frac{\sum_k n_{k+} n_{+k}}{n^2}

    where :math:`p_o` is the overall accuracy of `matrix`, :math:`n_{k+}` its row and
    :math:`n_{+k}` its column sums, and :math:`n` the sum of all.

    Parameters
    ----------
    matrix : ndarray (..., n_class, n_class) [count]
        Row: reference; column: prediction.

    Returns
    -------
    ndarray (...) [1]
        0 for a constant prediction; NaN where reference and prediction are one and the same single class.

    References
    ----------
    [Cohen1960]

    Examples
    --------
    >>> float(kappa([[3, 1], [0, 4]]))
    0.75
    """
    counts = _counts(matrix)
    n = counts.sum((-2, -1))
    observed = _hits(counts).sum(-1) * n
    by_chance = (_reference(counts) * _predicted(counts)).sum(-1)
    return _score(observed - by_chance, n**2 - by_chance)


def producers_accuracy(matrix: ArrayLike) -> FloatArray:
    r"""Producer's accuracy, or recall: share of a reference class that the map found.

    .. math::
        PA_k = \frac{n_{kk}}{n_{k+}}

    where :math:`n_{kk}` is the diagonal of `matrix` and :math:`n_{k+}` its row sums.

    Parameters
    ----------
    matrix : ndarray (..., n_class, n_class) [count]
        Row: reference; column: prediction.

    Returns
    -------
    ndarray (..., n_class) [1]
        NaN for a class absent from the reference.

    Examples
    --------
    >>> producers_accuracy([[3, 1], [0, 4]])
    array([0.75, 1.  ])
    """
    counts = _counts(matrix)
    return _ratio(_hits(counts), _reference(counts))


def users_accuracy(matrix: ArrayLike) -> FloatArray:
    r"""User's accuracy, or precision: share of a mapped class that is right.

    .. math::
        UA_k = \frac{n_{kk}}{n_{+k}}

    where :math:`n_{kk}` is the diagonal of `matrix` and :math:`n_{+k}` its column sums.

    Parameters
    ----------
    matrix : ndarray (..., n_class, n_class) [count]
        Row: reference; column: prediction.

    Returns
    -------
    ndarray (..., n_class) [1]
        NaN for a class that is never predicted.

    Examples
    --------
    >>> users_accuracy([[3, 1], [0, 4]])
    array([1. , 0.8])
    """
    counts = _counts(matrix)
    return _ratio(_hits(counts), _predicted(counts))


def f1_per_class(matrix: ArrayLike) -> FloatArray:
    r"""F1 score of each class, the harmonic mean of producer's and user's accuracy.

    .. math::
        F_k = \frac{2 n_{kk}}{n_{k+} + n_{+k}}

    where :math:`n_{kk}` is the diagonal of `matrix`, :math:`n_{k+}` its row and :math:`n_{+k}` its
    column sums.

    Parameters
    ----------
    matrix : ndarray (..., n_class, n_class) [count]
        Row: reference; column: prediction.

    Returns
    -------
    ndarray (..., n_class) [1]
        NaN for a class in neither reference nor prediction; 0 for one that is never right.

    Examples
    --------
    >>> f1_per_class([[3, 1, 0], [1, 3, 0], [0, 0, 0]])
    array([0.75, 0.75,  nan])
    """
    counts = _counts(matrix)
    return _ratio(2 * _hits(counts), _reference(counts) + _predicted(counts))


def macro_f1(matrix: ArrayLike) -> Score:
    r"""Mean F1 score over the classes present, each counting the same however rare.

    .. math::
        F = \frac{1}{|P|} \sum_{k \in P} F_k

    where :math:`F_k` is `f1_per_class(matrix)` and :math:`P` the classes in reference or prediction.

    Parameters
    ----------
    matrix : ndarray (..., n_class, n_class) [count]
        Row: reference; column: prediction.

    Returns
    -------
    ndarray (...) [1]
        NaN for a matrix without samples.

    Examples
    --------
    >>> float(macro_f1([[3, 1, 0], [1, 3, 0], [0, 0, 0]]))
    0.75
    """
    return _mean_of_present(f1_per_class(matrix))


def iou(matrix: ArrayLike) -> FloatArray:
    r"""Intersection over union of each class.

    .. math::
        IoU_k = \frac{n_{kk}}{n_{k+} + n_{+k} - n_{kk}}

    where :math:`n_{kk}` is the diagonal of `matrix`, :math:`n_{k+}` its row and :math:`n_{+k}` its
    column sums.

    Parameters
    ----------
    matrix : ndarray (..., n_class, n_class) [count]
        Row: reference; column: prediction.

    Returns
    -------
    ndarray (..., n_class) [1]
        NaN for a class in neither reference nor prediction.

    Examples
    --------
    >>> iou([[3, 1], [1, 3]])
    array([0.6, 0.6])
    """
    counts = _counts(matrix)
    hits = _hits(counts)
    return _ratio(hits, _reference(counts) + _predicted(counts) - hits)


def mean_iou(matrix: ArrayLike) -> Score:
    r"""Mean intersection over union over the classes present.

    .. math::
        mIoU = \frac{1}{|P|} \sum_{k \in P} IoU_k

    where :math:`IoU_k` is `iou(matrix)` and :math:`P` the classes in reference or prediction.

    Parameters
    ----------
    matrix : ndarray (..., n_class, n_class) [count]
        Row: reference; column: prediction.

    Returns
    -------
    ndarray (...) [1]
        NaN for a matrix without samples.

    Examples
    --------
    >>> float(mean_iou([[3, 1], [1, 3]]))
    0.6
    """
    return _mean_of_present(iou(matrix))


def _counts(matrix: ArrayLike) -> FloatArray:
    counts = np.asarray(matrix, dtype=np.float64)
    require(
        counts.ndim >= 2 and counts.shape[-1] == counts.shape[-2],
        f"metrics: matrix of shape {counts.shape}; expected (..., n_class, n_class). Use confusion_matrix.",
    )
    return counts


def _hits(counts: FloatArray) -> FloatArray:
    diagonal: FloatArray = np.diagonal(counts, axis1=-2, axis2=-1)
    return diagonal


def _reference(counts: FloatArray) -> FloatArray:
    totals: FloatArray = counts.sum(-1)
    return totals


def _predicted(counts: FloatArray) -> FloatArray:
    totals: FloatArray = counts.sum(-2)
    return totals


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Part by whole, NaN where the whole is 0."""
    share: FloatArray = np.full(np.shape(whole), np.nan)
    np.divide(part, whole, out=share, where=np.asarray(whole) > 0)
    return share


def _score(part: FloatArray, whole: FloatArray) -> Score:
    """As `_ratio`, a plain number without dims: an array of none would turn a table's column into objects."""
    score: Score = _ratio(part, whole)[()]
    return score


def _mean_of_present(values: FloatArray) -> Score:
    present = np.isfinite(values)
    return _score(np.where(present, values, 0.0).sum(-1), present.sum(-1).astype(np.float64))
