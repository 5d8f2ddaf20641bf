"""Class probabilities as they come from networks and forests: checked, and their logarithms."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cropnb.schema import require

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
FLOOR = 1e-6  # stands for a smaller probability, whose logarithm would be of any size or none
_SUM_OFF = 1e-3  # by how much the sum of a row may miss 1: float32, or rounded on disk


class Top(NamedTuple):
    """Class of the highest probability of each sample: the first of equal ones."""

    confidence: Floats  # its probability
    prediction: Integers
    right: NDArray[np.bool_]


def checked_probability(
    reference: ArrayLike, probability: ArrayLike, *, name: str
) -> tuple[Integers, Floats]:
    """Reference and probabilities as arrays, after making sure that they belong together.

    Parameters
    ----------
    reference : ndarray (sample,) [1]
        True `class_id`.
    probability : ndarray (sample, class) [1]
        Of each class; rows sum to 1.
    name : str () [1]
        The function that asks, for the error message.

    Returns
    -------
    tuple of ndarray (sample,) and (sample, class) [1]
        Whole numbers, and float64.

    Raises
    ------
    SchemaError
        If there is no sample, the shapes do not fit, a class number is out of range, or a row is no
        distribution.
    """
    truth, shares = np.asarray(reference), np.asarray(probability, dtype=np.float64)
    require(
        shares.ndim == 2 and truth.shape == shares.shape[:1] and truth.size > 0,
        f"{name}: reference {truth.shape}, probability {shares.shape}; expected (sample,) and (sample, "
        "class). Pass the same samples, one at least.",
    )
    require(
        truth.dtype.kind in "iu" and bool(np.all((truth >= 0) & (truth < shares.shape[1]))),
        f"{name}: reference {truth.dtype}, such as {truth[:3].tolist()}; expected 0 to "
        f"{shares.shape[1] - 1}. Leave void samples out of both arrays.",
    )
    off = ~(np.all(shares >= 0, axis=1) & (np.abs(shares.sum(axis=1) - 1) <= _SUM_OFF))
    require(
        not off.any(),
        f"{name}: {int(off.sum())} rows of probability are none, such as {shares[off][:1].tolist()}; "
        "expected 0 or more, sum 1. Take the softmax of logits, and leave missing rows out of both arrays.",
    )
    return truth.astype(np.int64), shares


def top_label(reference: ArrayLike, probability: ArrayLike) -> Top:
    """Most probable class of each sample, and whether it is the true one.

    Parameters
    ----------
    reference : ndarray (sample,) [1]
        True `class_id`.
    probability : ndarray (sample, class) [1]
        Of each class.

    Returns
    -------
    Top (sample,) [1]
        `confidence`, `prediction`, `right`.
    """
    shares = np.asarray(probability, dtype=np.float64)
    prediction = shares.argmax(axis=1)
    return Top(np.minimum(shares.max(axis=1), 1.0), prediction, prediction == np.asarray(reference))


def log_probability(probability: ArrayLike, *, floor: float = FLOOR) -> Floats:
    """Natural logarithm of probabilities, with a floor for those that are 0 or next to it.

    Parameters
    ----------
    probability : ndarray (..., class) [1]
        Of each class.
    floor : float () [1]
        What stands for a smaller probability. A forest of n trees gives 0 where no tree votes for a class,
        which says no more than less than one vote: take half a vote, 1 / (2 n).

    Returns
    -------
    ndarray (..., class) [nat]
        NaN in, NaN out.

    Raises
    ------
    SchemaError
        If `floor` is not above 0 and below 1 / class.
    """
    shares = np.asarray(probability, dtype=np.float64)
    require(
        0 < floor < 1 / shares.shape[-1],
        f"log_probability: floor {floor}; expected above 0 and below 1 / {shares.shape[-1]}, the classes. "
        f"Take {FLOOR}.",
    )
    logs: Floats = np.log(np.maximum(shares, floor))
    return logs
