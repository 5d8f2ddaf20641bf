"""Level and spread of radar backscatter: inside parcels, and between the parcels of a class."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cropnb.evaluation.image_levels import mean_and_sd
from cropnb.schema import require

Floats = NDArray[np.float64]
Integers = NDArray[np.integer]


class Level(NamedTuple):
    """Mean and standard deviation of decibels."""

    mean: Floats
    sd: Floats


def parcel_looks(power: ArrayLike, parcel_id: ArrayLike, *, n_pixel: int) -> Floats:
    r"""Equivalent number of looks inside parcels, median over the parcels of each date.

    .. math::
        L = \operatorname{median}_k \frac{\bar{z}_k^2}{\mathrm{var}_k(z)}

    where :math:`z` is `power`, with its mean and unbiased variance over the pixels of parcel :math:`k`.

    Parameters
    ----------
    power : ndarray (time, y, x) [1, linear power]
        One polarisation.
    parcel_id : ndarray (y, x) [1]
        Number of the parcel, negative outside; leave out the pixels on borders.
    n_pixel : int () [count]
        Fewest valid pixels of a parcel that is counted, 2 or more.

    Returns
    -------
    ndarray (time,) [count]
        NaN on a date without such a parcel.

    Raises
    ------
    SchemaError
        If the shapes do not fit, or `n_pixel` is below 2.

    Notes
    -----
    Missing pixels are left out. Texture inside a parcel lowers the number. Few pixels raise it: the median
    over parcels of N independent pixels is too high by some 7 to 10 percent for N = 16 and by 1 to 2 percent
    for N = 100 (drawn, 2.5 to 7 looks); pixels that share looks count for fewer.

    Examples
    --------
    >>> parcel_looks([[[1.0, 3.0, 1.0, 3.0, 50.0]]], [[0, 0, 0, 0, -1]], n_pixel=2)
    array([3.])
    """
    images, parcel = _images(power, parcel_id, "parcel_looks")
    require(n_pixel >= 2, f"parcel_looks: n_pixel {n_pixel}; expected 2 or more. Raise it.")
    looks = [_parcel_looks(image, parcel) for image in images]
    return np.array([_median(number[count >= n_pixel]) for number, count in looks])


def parcel_db(power: ArrayLike, parcel_id: ArrayLike, *, n_pixel: int = 1) -> Floats:
    r"""Decibels of the mean power of each parcel.

    .. math::
        g_k = 10 \log_{10} \bar{z}_k

    where :math:`\bar{z}_k` is the mean of `power` over the pixels of parcel :math:`k`.

    Parameters
    ----------
    power : ndarray (time, y, x) [1, linear power]
        One polarisation.
    parcel_id : ndarray (y, x) [1]
        Number of the parcel, negative outside.
    n_pixel : int () [count]
        Fewest valid pixels of a parcel that gets a value.

    Returns
    -------
    ndarray (time, parcel) [dB]
        A column for each parcel on the map, by rising number. NaN for too few pixels, and for a mean of
        zero or less.

    Raises
    ------
    SchemaError
        If the shapes do not fit.

    Notes
    -----
    Missing pixels are left out. The mean is taken of power, so that speckle shifts no level.

    Examples
    --------
    >>> parcel_db([[[0.5, 1.5, 10.0]]], [[3, 3, 70]])
    array([[ 0., 10.]])
    """
    images, parcel = _images(power, parcel_id, "parcel_db")
    means = np.full((len(images), int(parcel.max(initial=-1)) + 1), np.nan)  # renumbered without holes
    for mean, image in zip(means, images, strict=True):
        count, total = _sums(image, parcel, mean.size)
        enough = count >= max(n_pixel, 1)
        mean[enough] = total[enough] / count[enough]
    return _decibels(means)


def class_of_parcel(class_id: ArrayLike, parcel_id: ArrayLike) -> NDArray[np.int64]:
    """Class of each parcel.

    Parameters
    ----------
    class_id : ndarray (y, x) [1]
        Class of each pixel, -1 where unlabelled.
    parcel_id : ndarray (y, x) [1]
        Number of the parcel, negative outside.

    Returns
    -------
    ndarray (parcel,) [1]
        For each parcel on the map, by rising number: in the order of `parcel_db`.

    Raises
    ------
    SchemaError
        If the shapes differ, or a parcel has two classes.

    Examples
    --------
    >>> class_of_parcel([[4, 4, 2]], [[0, 0, 9]])
    array([4, 2])
    """
    classes, numbers = np.asarray(class_id), np.asarray(parcel_id)
    require(
        classes.shape == numbers.shape,
        f"class_of_parcel: class_id {classes.shape}, parcel_id {numbers.shape}; expected maps of one shape. "
        "Take both from one grid.",
    )
    inside = numbers >= 0
    _, first, at = np.unique(numbers[inside], return_index=True, return_inverse=True)
    of_parcel = classes[inside][first].astype(np.int64)
    mixed = np.unique(numbers[inside][of_parcel[at] != classes[inside]])
    require(
        mixed.size == 0,
        f"class_of_parcel: {mixed.size} parcels with two classes, such as {mixed[:3].tolist()}; expected one "
        "each. Divide them.",
    )
    return of_parcel


def class_levels(decibels: ArrayLike, class_id: ArrayLike, *, n_class: int) -> Level:
    """Mean and standard deviation over the parcels of each class, date by date.

    Parameters
    ----------
    decibels : ndarray (time, parcel) [dB]
        From `parcel_db`.
    class_id : ndarray (parcel,) [1]
        From `class_of_parcel`.
    n_class : int () [count]
        Number of classes.

    Returns
    -------
    Level (n_class, time) [dB]
        Unbiased standard deviation. The mean is NaN without a parcel, the deviation with fewer than two.

    Raises
    ------
    SchemaError
        If the number of parcels differs.

    Notes
    -----
    Missing values are left out. Each parcel counts once, however large it is. The deviation holds what
    speckle is left in the mean of a parcel.

    Examples
    --------
    >>> class_levels([[-10.0, -12.0, -8.0]], [0, 0, 1], n_class=2).mean.tolist()
    [[-11.0], [-8.0]]
    """
    values, ids = np.asarray(decibels, dtype=np.float64), np.asarray(class_id)
    require(
        values.ndim == 2 and values.shape[1:] == ids.shape,
        f"class_levels: decibels {values.shape}, class_id {ids.shape}; expected (time, parcel) and "
        "(parcel,). Pass what parcel_db and class_of_parcel return.",
    )
    levels = [[mean_and_sd(row[ids == number]) for row in values] for number in range(n_class)]
    pairs = np.array(levels, dtype=np.float64).reshape(n_class, len(values), 2)
    return Level(mean=pairs[..., 0], sd=pairs[..., 1])


def _images(power: ArrayLike, parcel_id: ArrayLike, name: str) -> tuple[Floats, Integers]:
    """Checked inputs, the parcels renumbered from 0 by rising number, -1 outside."""
    images, numbers = np.asarray(power), np.asarray(parcel_id)
    require(
        images.ndim == 3 and images.shape[1:] == numbers.shape,
        f"{name}: power {images.shape}, parcel_id {numbers.shape}; expected (time, y, x) and (y, x). "
        "Take both from one grid.",
    )
    parcel = np.full(numbers.shape, -1, np.int64)
    inside = numbers >= 0
    parcel[inside] = np.unique(numbers[inside], return_inverse=True)[1]
    return images, parcel


def _sums(image: NDArray[np.floating], parcel: Integers, n_parcel: int) -> tuple[Floats, Floats]:
    """Valid pixels of each parcel, and the sum over them."""
    usable = (parcel >= 0) & np.isfinite(image)
    at = parcel[usable]
    count = np.bincount(at, minlength=n_parcel).astype(np.float64)
    total: Floats = np.bincount(at, weights=image[usable], minlength=n_parcel).astype(np.float64)
    return count, total


def _parcel_looks(image: NDArray[np.floating], parcel: Integers) -> tuple[Floats, Floats]:
    """Looks of each parcel with two valid pixels that differ, else NaN; and how many pixels it has."""
    n_parcel = int(parcel.max(initial=-1)) + 1
    count, total = _sums(image, parcel, n_parcel)
    mean: Floats = np.divide(total, count, out=np.full(n_parcel, np.nan), where=count > 0)
    # Deviations, not squares: a bright parcel loses no digits.
    _, squares = _sums((image - np.append(mean, np.nan)[parcel]) ** 2, parcel, n_parcel)
    looks: Floats = np.full(n_parcel, np.nan)
    np.divide(mean**2 * (count - 1), squares, out=looks, where=(count > 1) & (squares > 0))
    return looks, count


def _median(values: Floats) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else float("nan")


def _decibels(power: Floats) -> Floats:
    decibels: Floats = 10 * np.log10(np.where(power > 0, power, np.nan))
    return decibels
