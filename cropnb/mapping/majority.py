"""Majority filter of a map of classes: single pixels give way to what surrounds them."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from cropnb.features.images import require_window
from cropnb.schema import require

_WINDOWS_AT_ONCE = 65536  # windows that touch no-data, looked at one by one


def majority_filter(class_id: NDArray[np.uint8], *, window: int, no_data: int = 255) -> NDArray[np.uint8]:
    r"""Most frequent class in the window around each pixel.

    .. math::
        \hat{c} = \arg\max_k \sum_{j \in W} [c_j = k]

    where :math:`c` is `class_id` and :math:`W` are the pixels of the window that are joined to its centre by
    steps over common sides that stay in the window and off no-data.

    Parameters
    ----------
    class_id : ndarray (y, x) [1]
        Class numbers.
    window : int () [pixel]
        Odd width; 1 changes nothing.
    no_data : int () [1]
        Number of pixels without a class: they stay, have no vote, and let no vote across.

    Returns
    -------
    ndarray (y, x) [1]
        Where several classes are most frequent, the pixel keeps its own. Outside the image is no-data.

    Raises
    ------
    SchemaError
        If the window is even, or the image is not one of bytes.

    Examples
    --------
    >>> lone = np.array([[1, 1, 1], [1, 2, 1], [1, 1, 255]], np.uint8)
    >>> majority_filter(lone, window=3)
    array([[  1,   1,   1],
           [  1,   1,   1],
           [  1,   1, 255]], dtype=uint8)
    """
    require_window("majority_filter", window)
    require(
        class_id.ndim == 2 and class_id.dtype == np.uint8,
        f"majority_filter: an array {class_id.shape} of {class_id.dtype}; expected (y, x) of uint8. "
        "Convert it.",
    )
    reach = window // 2
    padded = np.pad(class_id, reach, constant_values=no_data)
    filtered = _most_frequent(padded, class_id, window=window, no_data=no_data)
    missing = padded == no_data
    touched = (_sums(missing, window) > 0) & (class_id != no_data)
    rows, columns = np.nonzero(touched)
    views = sliding_window_view(padded, (window, window))
    for start in range(0, rows.size, _WINDOWS_AT_ONCE):
        here = rows[start : start + _WINDOWS_AT_ONCE], columns[start : start + _WINDOWS_AT_ONCE]
        filtered[here] = _elected(views[here], class_id[here], no_data=no_data)
    filtered[class_id == no_data] = no_data
    return filtered


def _most_frequent(
    padded: NDArray[np.uint8], class_id: NDArray[np.uint8], *, window: int, no_data: int
) -> NDArray[np.uint8]:
    """Vote of whole windows; windows that touch no-data are counted anew by the caller."""
    winner, most, tied = class_id.copy(), np.zeros(class_id.shape, np.int32), np.zeros(class_id.shape, bool)
    for number in np.unique(class_id[class_id != no_data]):
        votes = _sums(padded == number, window)
        tied = np.where(votes > most, False, tied | (votes == most))
        winner = np.where(votes > most, number, winner)
        most = np.maximum(votes, most)
    return np.where(tied, class_id, winner)


def _sums(flags: NDArray[np.bool_], window: int) -> NDArray[np.int32]:
    """Number of True in each window, from sums over rows and then columns."""
    counts = flags.astype(np.int32)
    for _ in ("y", "x"):  # transposed each time, so that rows of memory are added up
        total = np.cumsum(np.pad(counts, ((1, 0), (0, 0))), axis=0, dtype=np.int32)
        counts = (total[window:] - total[:-window]).T
    return counts


def _elected(views: NDArray[np.uint8], own: NDArray[np.uint8], *, no_data: int) -> NDArray[np.uint8]:
    """Vote of the pixels that are joined to the centre, window by window."""
    joined = _joined(views != no_data).reshape(len(views), -1)
    votes = np.where(joined, views.reshape(joined.shape), no_data).astype(np.int64)
    counts = np.zeros((len(views), 256), np.int32)
    np.add.at(counts, (np.arange(len(views))[:, None], votes), 1)
    counts[:, no_data] = 0
    most = counts.max(axis=1)
    alone = (counts == most[:, None]).sum(axis=1) == 1
    return np.where(alone, counts.argmax(axis=1), own).astype(np.uint8)


def _joined(valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels (window, y, x) reached from the centre by steps over sides that stay on valid pixels."""
    reached = np.zeros_like(valid)
    centre = valid.shape[1] // 2
    reached[:, centre, centre] = True
    n_reached = 0
    while n_reached != (n_now := int(reached.sum())):
        n_reached = n_now
        wider = reached.copy()
        wider[:, 1:] |= reached[:, :-1]
        wider[:, :-1] |= reached[:, 1:]
        wider[:, :, 1:] |= reached[:, :, :-1]
        wider[:, :, :-1] |= reached[:, :, 1:]
        reached = wider & valid
    return reached
