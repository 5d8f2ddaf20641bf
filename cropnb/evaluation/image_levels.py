r"""Level and spread of an image of radar backscatter in decibels, with and without its speckle.

Of speckle with :math:`L` looks, decibels have the variance of the logarithm of a gamma variable,

.. math::
    \sigma_s^2 = \left( \frac{10}{\ln 10} \right)^2 \psi_1(L)

with the trigamma function :math:`\psi_1`. It does not depend on the level, so that it can be taken off the
variance of an image: what is left is the ground's.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import polygamma

from cropnb.schema import require

_DB_PER_NEPER = 10 / np.log(10)
Floats = NDArray[np.float64]


class ImageLevel(NamedTuple):
    """Mean of decibels over an image, their standard deviation, and what is left of it without speckle."""

    mean: Floats
    sd: Floats
    sd_ground: Floats


def speckle_variance_db(n_looks: ArrayLike) -> Floats:
    r"""Variance that speckle gives to decibels.

    .. math::
        \sigma_s^2 = \left( \frac{10}{\ln 10} \right)^2 \psi_1(L)

    where :math:`L` is `n_looks` and :math:`\psi_1` the trigamma function.

    Parameters
    ----------
    n_looks : ndarray (...) [count]
        Equivalent number of looks of gamma distributed power.

    Returns
    -------
    ndarray (...) [dB^2]
        NaN for NaN, zero and negative numbers; 0 for infinity. For a ratio of two independent channels, add
        the variances of both.

    Notes
    -----
    Single look: 31.0, hence a standard deviation of 5.6 dB.

    Examples
    --------
    >>> round(float(speckle_variance_db(1)), 2)
    31.03
    """
    looks = np.asarray(n_looks, dtype=np.float64)
    variance: Floats = _DB_PER_NEPER**2 * polygamma(1, np.where(looks > 0, looks, np.nan))
    return variance


def image_level(decibels: ArrayLike, *, speckle_variance: ArrayLike) -> ImageLevel:
    r"""Mean and standard deviation of an image in decibels, the latter also without speckle.

    .. math::
        \sigma_g = \sqrt{\mathrm{var}(g) - \sigma_s^2}

    where :math:`g` is `decibels` and :math:`\sigma_s^2` is `speckle_variance`.

    Parameters
    ----------
    decibels : ndarray (time, y, x) [dB]
        VV, VH, or their difference, pixel by pixel.
    speckle_variance : ndarray (...) [dB^2]
        From `speckle_variance_db`: one number, or one for each date. For VV / VH the sum of both.

    Returns
    -------
    ImageLevel (time,) [dB]
        `mean`, `sd` (unbiased) and `sd_ground`. NaN on a date with fewer than two values; `sd_ground` also
        where speckle alone would vary more than the image does.

    Raises
    ------
    SchemaError
        If the image is not (time, y, x).

    Notes
    -----
    Values that are not finite are left out. The mean of decibels lies below the decibels of the mean: by
    2.5 dB for one look, 10 / ln 10 (ln L - psi(L)) in general.

    Examples
    --------
    >>> level = image_level([[[-13.0, -10.0, -7.0]]], speckle_variance=5.0)
    >>> [float(value[0]) for value in level]
    [-10.0, 3.0, 2.0]
    """
    images = np.asarray(decibels, dtype=np.float64)
    require(
        images.ndim == 3,
        f"image_level: decibels {images.shape}; expected (time, y, x). Add the missing dims.",
    )
    pairs = np.array([mean_and_sd(image.ravel()) for image in images]).reshape(-1, 2)
    mean, sd = pairs[:, 0], pairs[:, 1]
    rest = sd**2 - np.asarray(speckle_variance, dtype=np.float64)
    return ImageLevel(mean=mean, sd=sd, sd_ground=np.sqrt(np.where(rest >= 0, rest, np.nan)))


def mean_and_sd(values: ArrayLike) -> tuple[float, float]:
    """Mean and unbiased standard deviation of the finite values.

    Parameters
    ----------
    values : ndarray (value,) [any]
        NaN where missing.

    Returns
    -------
    tuple of float (2,) [any]
        In the unit of `values`. The mean is NaN without a value, the deviation with fewer than two.

    Examples
    --------
    >>> mean_and_sd([1.0, 3.0, float("nan"), 5.0])
    (3.0, 2.0)
    """
    numbers = np.asarray(values, dtype=np.float64)
    finite = numbers[np.isfinite(numbers)]
    mean = float(finite.mean()) if finite.size else float("nan")
    return mean, float(finite.std(ddof=1)) if finite.size > 1 else float("nan")
