"""Scaled integers of the WorldCereal products: from digital numbers to power and reflectance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

NODATA = 65535
_POWER_SCALE = 10.0**-8.3  # from 20 log10(DN) - 83 dB
_REFLECTANCE_SCALE = 1e-4


def power_from_numbers(numbers: ArrayLike) -> NDArray[np.float32]:
    r"""Linear power from the digital numbers of the Sentinel-1 layers.

    .. math::
        \sigma^0_{dB} = 20 \log_{10} DN - 83 \quad\Rightarrow\quad \sigma^0 = 10^{-8.3} DN^2

    where :math:`DN` is `numbers`.

    Parameters
    ----------
    numbers : array (...) [1]
        65535 marks missing data; 0, which has no logarithm, counts as missing too.

    Returns
    -------
    ndarray (...) [1, linear power]
        NaN where missing.

    Examples
    --------
    >>> power_from_numbers([65535, 0, 10000])
    array([      nan,       nan, 0.5011872], dtype=float32)
    """
    values = np.asarray(numbers, np.float64)
    known = (values > 0) & (values < NODATA)
    return np.where(known, _POWER_SCALE * values**2, np.nan).astype(np.float32)


def reflectance_from_numbers(numbers: ArrayLike) -> NDArray[np.float32]:
    """Surface reflectance from the digital numbers of the Sentinel-2 layers.

    Parameters
    ----------
    numbers : array (...) [1]
        Ten thousand times the reflectance; 65535 marks missing data.

    Returns
    -------
    ndarray (...) [1, reflectance]
        NaN where missing.

    Examples
    --------
    >>> reflectance_from_numbers([65535, 2500])
    array([ nan, 0.25], dtype=float32)
    """
    values = np.asarray(numbers, np.float64)
    return np.where(values < NODATA, _REFLECTANCE_SCALE * values, np.nan).astype(np.float32)
