"""Feature maps of convolutions as pictures: one value per sample and date, in grey levels, in an order."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cropnb.schema import require

Real = TypeVar("Real", bound=np.floating)


def channel_mean(maps: NDArray[Real]) -> NDArray[Real]:
    """Mean of a convolution's maps over its channels.

    Parameters
    ----------
    maps : ndarray (sample, channel, time) [1]
        Output of a convolution, after its activation.

    Returns
    -------
    ndarray (sample, time) [1]
        What the thesis calls weights in its Figures 3-14 and 3-15: they are activations, not weights.

    Raises
    ------
    SchemaError
        If there are not three dims.

    Notes
    -----
    Where a channel stands among its like does not count, nor how much the layers after it make of it: a high
    mean says that many channels respond on that date, and not that the date decides.
    """
    require(
        maps.ndim == 3,
        f"channel_mean: maps of shape {maps.shape}; expected (sample, channel, time). Take a convolution.",
    )
    mean: NDArray[Real] = maps.mean(axis=1, dtype=maps.dtype)
    return mean


def rescaled(values: ArrayLike, *, top: float) -> NDArray[np.float64]:
    r"""Values moved and stretched so that their range is 0 to `top`.

    .. math::
        v' = v_{top} \, \frac{v - \min v}{\max v - \min v}

    where :math:`v` is `values`, :math:`v_{top}` is `top`, and least and greatest are taken over all that is
    passed at once.

    Parameters
    ----------
    values : ndarray (...) [any]
        For the thesis's Figures 3-14 and 3-15 the channel means of one depth, all classes and dates; for
        Figure 3-16 the mean attention of all classes and dates.
    top : float () [1]
        255 and 1 in the thesis.

    Returns
    -------
    ndarray (...) [1]
        float64; NaN stays NaN, and what is constant becomes 0.

    Raises
    ------
    SchemaError
        If `top` is not positive.

    Notes
    -----
    The thesis's captions do not say over what its ranges are taken ("within each channel", "for improved
    visualisation"). As read here, classes and dates of one depth can be compared, two depths cannot: each has
    a stretch of its own. A profile that hardly differs from a constant one fills the range all the same; show
    the raw range beside it.
    """
    raw = np.asarray(values, dtype=np.float64)
    require(top > 0, f"rescaled: top {top}; expected a positive number. Use 255 or 1.")
    finite = raw[np.isfinite(raw)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    return (raw - low) * (top / (high - low) if high > low else 0.0)


def rows_by_class(class_id: ArrayLike, *, n_class: int, by: ArrayLike) -> list[NDArray[np.int64]]:
    """Positions of the samples of each class, in an order to be shown in.

    Parameters
    ----------
    class_id : ndarray (sample,) [1]
        Class of each sample.
    n_class : int () [count]
        Classes of the legend.
    by : ndarray (sample,) [any]
        What a class is sorted by, such as the mean of a map over time.

    Returns
    -------
    list of ndarray (member,) [1]
        One per class, by rising `by`; samples that are equal in it keep their order.

    Raises
    ------
    SchemaError
        If `by` does not have a value for each sample.

    Notes
    -----
    Sort by a level, not by the date of the highest value: rows sorted by that date show a clean diagonal even
    of noise.
    """
    ids, key = np.asarray(class_id), np.asarray(by)
    require(
        key.shape == ids.shape and ids.ndim == 1,
        f"rows_by_class: by {key.shape}, class_id {ids.shape}; expected (sample,) both. Pass one "
        "number each.",
    )
    order = np.argsort(key, kind="stable")
    return [order[ids[order] == number] for number in range(n_class)]
