"""Power and decibels of radar backscatter: the one place where one becomes the other (decision 0003)."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cropnb.schema import DECIBEL, LINEAR_POWER


def db_from_linear(power: xr.DataArray) -> xr.DataArray:
    r"""Decibels from linear power.

    .. math::
        \sigma^0_{dB} = 10 \log_{10} \sigma^0

    where :math:`\sigma^0` is `power`.

    Parameters
    ----------
    power : DataArray (...) [1, linear power]
        Backscatter, or any other power ratio.

    Returns
    -------
    DataArray (...) [dB]
        Same dims and coordinates; the unit in `attrs`.

    Notes
    -----
    Zero and negative power have no logarithm and give NaN; NaN in -> NaN out.

    Examples
    --------
    >>> db_from_linear(xr.DataArray([0.1, 1.0, 0.0])).values
    array([-10.,   0.,  nan])
    """
    logarithm: xr.DataArray = xr.apply_ufunc(np.log10, power.where(power > 0), dask="allowed")
    decibels = 10.0 * logarithm
    return decibels.assign_attrs({**power.attrs, "units": DECIBEL})


def linear_from_db(decibels: xr.DataArray) -> xr.DataArray:
    r"""Linear power from decibels, the inverse of `db_from_linear`.

    .. math::
        \sigma^0 = 10^{\sigma^0_{dB} / 10}

    where :math:`\sigma^0_{dB}` is `decibels`.

    Parameters
    ----------
    decibels : DataArray (...) [dB]
        Backscatter in decibels.

    Returns
    -------
    DataArray (...) [1, linear power]
        Same dims and coordinates; the unit in `attrs`. NaN in -> NaN out.

    Examples
    --------
    >>> linear_from_db(xr.DataArray([-10.0, 0.0])).values
    array([0.1, 1. ])
    """
    power: xr.DataArray = 10.0 ** (decibels / 10.0)
    return power.assign_attrs({**decibels.attrs, "units": LINEAR_POWER})


def cross_ratio_db(vv: xr.DataArray, vh: xr.DataArray) -> xr.DataArray:
    r"""Cross ratio VH / VV in decibels, which grows with the volume of vegetation.

    .. math::
        CR = 10 \log_{10} \left( \sigma^0_{VH} / \sigma^0_{VV} \right)

    where the two powers are `vh` and `vv`.

    Parameters
    ----------
    vv : DataArray (...) [1, linear power]
        Co-polarised backscatter.
    vh : DataArray (...) [1, linear power]
        Cross-polarised backscatter, same dims.

    Returns
    -------
    DataArray (...) [dB]
        VH over VV; NaN where either power is missing, zero or negative.

    Examples
    --------
    >>> round(cross_ratio_db(xr.DataArray(0.1), xr.DataArray(0.01)).item(), 6)
    -10.0
    """
    ratio = db_from_linear(vh) - db_from_linear(vv)
    return ratio.rename("cross_ratio_db").assign_attrs(units=DECIBEL, long_name="cross ratio VH/VV")
