"""Confusion matrices: what every accuracy is computed from."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cropnb.schema import require

IntArray = NDArray[np.int64]


def confusion_matrix(reference: ArrayLike, prediction: ArrayLike, *, n_class: int) -> IntArray:
    """Counts of each pair of reference and predicted class.

    Parameters
    ----------
    reference : ndarray (sample,) [1]
        True `class_id`, 0 ... `n_class` - 1.
    prediction : ndarray (sample,) [1]
        Predicted `class_id`.
    n_class : int () [count]
        Number of classes, absent ones included.

    Returns
    -------
    ndarray (n_class, n_class) [count]
        Row: reference; column: prediction.

    Raises
    ------
    SchemaError
        If the two differ in length, are no whole numbers, or leave 0 ... `n_class` - 1, as void (-1) does.

    Examples
    --------
    >>> confusion_matrix([0, 0, 1, 2], [0, 1, 1, 1], n_class=3)
    array([[1, 1, 0],
           [0, 1, 0],
           [0, 1, 0]])
    """
    rows, columns = _checked_ids(reference, prediction, n_class=n_class)
    pairs = np.bincount(n_class * rows + columns, minlength=n_class**2)
    return pairs.reshape(n_class, n_class).astype(np.int64)


def block_matrices(
    reference: ArrayLike, prediction: ArrayLike, block: ArrayLike, *, n_class: int
) -> IntArray:
    """One confusion matrix per block, by rising block number.

    Parameters
    ----------
    reference, prediction : ndarray (sample,) [1]
        True and predicted `class_id`.
    block : ndarray (sample,) [1]
        Block of each sample: what may be taken as independent of the others.
    n_class : int () [count]
        Number of classes.

    Returns
    -------
    ndarray (n_block, n_class, n_class) [count]
        Row: reference; column: prediction. Their sum is the confusion matrix of all samples.

    Raises
    ------
    SchemaError
        If the three differ in length, or a class number is out of range.

    Examples
    --------
    >>> block_matrices([0, 1, 1], [0, 1, 0], [7, 7, 9], n_class=2).tolist()
    [[[1, 0], [0, 1]], [[0, 0], [1, 0]]]
    """
    rows, columns = _checked_ids(reference, prediction, n_class=n_class)
    blocks = np.asarray(block)
    require(
        blocks.shape == rows.shape,
        f"blocks: shape {blocks.shape} for {rows.size} samples; expected one block each. Pass samples.block.",
    )
    names, which = np.unique(blocks, return_inverse=True)
    cell = (which * n_class + rows) * n_class + columns
    counts = np.bincount(cell, minlength=names.size * n_class**2)
    return counts.reshape(names.size, n_class, n_class).astype(np.int64)


def _checked_ids(reference: ArrayLike, prediction: ArrayLike, *, n_class: int) -> tuple[IntArray, IntArray]:
    """Both as int64 arrays, after making sure that they are class numbers of the same samples."""
    rows, columns = np.asarray(reference), np.asarray(prediction)
    require(
        rows.ndim == 1 and rows.shape == columns.shape,
        f"confusion_matrix: reference {rows.shape}, prediction {columns.shape}; expected one dim of equal "
        "length. Pass the same samples, maps flattened.",
    )
    for name, ids in (("reference", rows), ("prediction", columns)):
        require(
            ids.size == 0 or np.issubdtype(ids.dtype, np.integer),
            f"confusion_matrix: {name} has dtype {ids.dtype}; expected whole numbers. Take the argmax of "
            "probabilities.",
        )
        outside = np.unique(ids[(ids < 0) | (ids >= n_class)])
        require(
            outside.size == 0,
            f"confusion_matrix: {name} holds {outside[:5].tolist()}; expected 0 to {n_class - 1}. Leave void "
            "samples out of both arrays, or raise n_class.",
        )
    return rows.astype(np.int64), columns.astype(np.int64)
