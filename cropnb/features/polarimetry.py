"""Polarimetric features of a VV-VH covariance matrix C2: Stokes, m-chi, H/alpha, vegetation indices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.features.c2_formulas import FEATURES
from cropnb.features.c2_pass import c2_pass
from cropnb.features.images import require_window
from cropnb.features.planes import C2_ELEMENTS, c2_planes
from cropnb.features.windows import window_pass
from cropnb.schema import require

POLARIMETRIC_FEATURES: Mapping[str, tuple[str, str]] = FEATURES  # name -> what it is, unit
DEFAULT_FEATURES = ("m", "sin_2chi", "ps", "pd", "pv", "entropy", "alpha", "dprvi")
_CODES = {name: code for code, name in enumerate(POLARIMETRIC_FEATURES)}


def polarimetry(c2: xr.Dataset, *, features: Sequence[str] = DEFAULT_FEATURES, window: int = 1) -> xr.Dataset:
    r"""Polarimetric features of the mean C2 in a window, any of them in one pass over the image.

    .. math::
        s_0 = C_{vv,vv} + C_{vh,vh}, \quad s_1 = C_{vv,vv} - C_{vh,vh}, \quad
        s_2 = 2\,\Re C_{vv,vh}, \quad s_3 = -2\,\Im C_{vv,vh}

        m = \frac{\sqrt{s_1^2 + s_2^2 + s_3^2}}{s_0}, \quad \sin 2\chi = -\frac{s_3}{m s_0}, \quad
        \lambda_{1,2} = \frac{s_0 (1 \pm m)}{2}, \quad p_i = \frac{\lambda_i}{s_0}

        P_s = \sqrt{\tfrac{1}{2} m s_0 (1 - \sin 2\chi)}, \quad
        P_d = \sqrt{\tfrac{1}{2} m s_0 (1 + \sin 2\chi)}, \quad P_v = \sqrt{s_0 (1 - m)}

        H = -\sum_i p_i \log_2 p_i, \quad
        \alpha = p_1 \alpha_1 + p_2 (90^\circ - \alpha_1), \quad
        \alpha_1 = \tfrac{1}{2} \operatorname{atan2}\bigl(\sqrt{s_2^2 + s_3^2},\, s_1\bigr)

        DpRVI = 1 - m \frac{\lambda_1}{s_0}, \quad RVI = \frac{4\,C_{vh,vh}}{s_0}

    where the elements of C2 are those of `c2`, averaged over the `window`, and
    :math:`\alpha_1 = \arccos |v_1|` is the angle of the first eigenvector from VV. Signs: decision 0004.

    Parameters
    ----------
    c2 : Dataset (..., y, x) [1, linear power]
        `c_vv_vv`, `c_vh_vh` real; `c_vv_vh` complex, the mean of S_vv S_vh*. NumPy or Dask, any byte order;
        integer powers become float.
    features : sequence of str (feature,) [1]
        Keys of `POLARIMETRIC_FEATURES`.
    window : int () [pixel]
        Odd width of the boxcar over C2; 1 for a matrix that is filtered already.

    Returns
    -------
    Dataset (..., y, x) [1; alpha: degree]
        One variable per feature, in that order; dims, coordinates and attributes of `c2`. float32 in,
        float32 out; float64 in, float64 out.

    Raises
    ------
    SchemaError
        If an element of C2 is missing or differs in dims or kind, a feature is unknown, or the window is even
        or below 1.

    Notes
    -----
    A pixel is missing, NaN, where any element of C2 is not finite; its neighbours average the rest of their
    windows. At the border the window is cut. All features are NaN where a mean power is negative, or where m
    is above 1 by more than 1e-5, which no covariance matrix allows; by less, it is rounding and counts as 1.
    At zero power the Stokes parameters, eigenvalues and amplitudes are 0 and the ratios NaN; sin 2chi is NaN
    at m = 0 too. A single look with `window=1` has rank 1: m = 1, H = 0. `anisotropy`, the difference of the
    eigenvalues over their sum, is m by another name. The bits do not depend on chunks or threads.

    References
    ----------
    [Liu2024], Eq. (3-1) to (3-11); [Raney2012]; [Cloude1997]; [Mandal2020]

    Examples
    --------
    >>> one = xr.DataArray([[1.0]], dims=("y", "x"))
    >>> volume = xr.Dataset({"c_vv_vv": 3 * one, "c_vh_vh": one, "c_vv_vh": 0j * one})
    >>> {name: round(value.item(), 3) for name, value in polarimetry(volume, features=["m", "dprvi"]).items()}
    {'m': 0.5, 'dprvi': 0.625}
    """
    require_window("polarimetry", window)
    names = _known(features)
    c2_planes(c2, name="polarimetry")  # for its checks only: the pass reads the complex element as it is
    kernel = partial(_fill_rows, features=np.array([_CODES[name] for name in names]), window=int(window))
    reach = (window // 2, window // 2)
    outputs = window_pass(kernel, [c2[element] for element in C2_ELEMENTS], reach=reach, n_output=len(names))
    return xr.Dataset(dict(map(_described, names, outputs)), attrs=c2.attrs)


def stokes_from_c2(c2: xr.Dataset, *, window: int = 1) -> xr.Dataset:
    r"""Stokes vector of the received wave, from the VV-VH covariance matrix.

    .. math::
        s_0 = C_{vv,vv} + C_{vh,vh}, \quad s_1 = C_{vv,vv} - C_{vh,vh}, \quad
        s_2 = 2\,\Re C_{vv,vh}, \quad s_3 = -2\,\Im C_{vv,vh}

    where :math:`C_{vv,vv}` is the mean of `c2.c_vv_vv` in the `window`, and so on. Signs: decision 0004.

    Parameters
    ----------
    c2 : Dataset (..., y, x) [1, linear power]
        See `polarimetry`.
    window : int () [pixel]
        Odd width of the boxcar over C2.

    Returns
    -------
    Dataset (..., y, x) [1, linear power]
        `s0`, `s1`, `s2`, `s3`. Missing data: see `polarimetry`.

    References
    ----------
    [Raney2012]
    """
    return polarimetry(c2, features=("s0", "s1", "s2", "s3"), window=window)


def degree_of_polarisation(c2: xr.Dataset, *, window: int = 1) -> xr.DataArray:
    r"""Degree of polarisation of the received wave.

    .. math::
        m = \frac{\sqrt{s_1^2 + s_2^2 + s_3^2}}{s_0} = \frac{\lambda_1 - \lambda_2}{\lambda_1 + \lambda_2}
        = \sqrt{1 - \frac{4 \det C_2}{(\operatorname{tr} C_2)^2}}

    where the Stokes parameters are those of `c2` averaged over the `window`.

    Parameters
    ----------
    c2 : Dataset (..., y, x) [1, linear power]
        See `polarimetry`.
    window : int () [pixel]
        Odd width of the boxcar over C2.

    Returns
    -------
    DataArray (..., y, x) [1]
        0 unpolarised to 1 fully polarised. Missing data: see `polarimetry`.

    References
    ----------
    [Liu2024], Eq. (3-3) and (3-8)
    """
    return polarimetry(c2, features=("m",), window=window)["m"]


def m_chi(c2: xr.Dataset, *, window: int = 1) -> xr.Dataset:
    r"""Amplitudes of single bounce, double bounce and volume of the m-chi decomposition.

    .. math::
        P_s = \sqrt{\tfrac{1}{2} m s_0 (1 - \sin 2\chi)}, \quad
        P_d = \sqrt{\tfrac{1}{2} m s_0 (1 + \sin 2\chi)}, \quad P_v = \sqrt{s_0 (1 - m)}

    where m, chi and s0 are those of `c2` averaged over the `window`. Their squares add up to s0.

    Parameters
    ----------
    c2 : Dataset (..., y, x) [1, linear power]
        See `polarimetry`.
    window : int () [pixel]
        Odd width of the boxcar over C2.

    Returns
    -------
    Dataset (..., y, x) [1, square root of linear power]
        `ps`, `pd`, `pv`. Missing data: see `polarimetry`.

    Notes
    -----
    The names come from circular transmission. With VV and VH, the two bounces are a convention of signs
    (decision 0004).

    References
    ----------
    [Liu2024], Eq. (3-5) to (3-7), after [Raney2012]
    """
    return polarimetry(c2, features=("ps", "pd", "pv"), window=window)


def h_alpha(c2: xr.Dataset, *, window: int = 1) -> xr.Dataset:
    r"""Entropy, mean alpha angle and anisotropy of the eigenvalues of C2.

    .. math::
        H = -\sum_i p_i \log_2 p_i, \quad \alpha = \sum_i p_i \arccos |v_i|, \quad
        A = \frac{\lambda_1 - \lambda_2}{\lambda_1 + \lambda_2}

    where :math:`\lambda_i` are the eigenvalues of `c2` averaged over the `window`, :math:`p_i` their
    shares of the sum, and :math:`v_i` the VV components of the eigenvectors.

    Parameters
    ----------
    c2 : Dataset (..., y, x) [1, linear power]
        See `polarimetry`.
    window : int () [pixel]
        Odd width of the boxcar over C2.

    Returns
    -------
    Dataset (..., y, x) [1; alpha: degree]
        `entropy`, `alpha`, `anisotropy`. Missing data: see `polarimetry`.

    References
    ----------
    [Liu2024], Eq. (3-1) and (3-2), after [Cloude1997]
    """
    return polarimetry(c2, features=("entropy", "alpha", "anisotropy"), window=window)


def dprvi(c2: xr.Dataset, *, window: int = 1) -> xr.DataArray:
    r"""Dual-pol radar vegetation index.

    .. math::
        DpRVI = 1 - m \frac{\lambda_1}{\lambda_1 + \lambda_2}

    where m is the degree of polarisation and :math:`\lambda_1` the larger eigenvalue of `c2` averaged over
    the `window`.

    Parameters
    ----------
    c2 : Dataset (..., y, x) [1, linear power]
        See `polarimetry`.
    window : int () [pixel]
        Odd width of the boxcar over C2.

    Returns
    -------
    DataArray (..., y, x) [1]
        0 for a pure target to 1 for an unpolarised wave. Missing data: see `polarimetry`.

    References
    ----------
    [Liu2024], Eq. (3-8) to (3-11), after [Mandal2020]
    """
    return polarimetry(c2, features=("dprvi",), window=window)["dprvi"]


def rvi(c2: xr.Dataset, *, window: int = 1) -> xr.DataArray:
    r"""Radar vegetation index of dual-pol data.

    .. math::
        RVI = \frac{4\,C_{vh,vh}}{C_{vv,vv} + C_{vh,vh}}

    where the elements are those of `c2` averaged over the `window`.

    Parameters
    ----------
    c2 : Dataset (..., y, x) [1, linear power]
        See `polarimetry`.
    window : int () [pixel]
        Odd width of the boxcar over C2.

    Returns
    -------
    DataArray (..., y, x) [1]
        0 without cross-polarised power, 1 for randomly oriented dipoles. Missing data: see `polarimetry`.
    """
    return polarimetry(c2, features=("rvi",), window=window)["rvi"]


def _known(features: Sequence[str]) -> tuple[str, ...]:
    require(
        len(features) > 0 and not isinstance(features, str),
        f"polarimetry: features {features!r}; expected a sequence of names, such as ['m', 'dprvi'].",
    )
    for name in features:
        near = get_close_matches(name, POLARIMETRIC_FEATURES, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Take some of {', '.join(POLARIMETRIC_FEATURES)}."
        require(name in POLARIMETRIC_FEATURES, f"polarimetry: no feature {name!r}. {hint}")
    return tuple(dict.fromkeys(features))


def _fill_rows(
    planes: tuple[NDArray[Any], ...],
    out: NDArray[np.floating],
    start: int,
    stop: int,
    *,
    features: NDArray[np.int64],
    window: int,
) -> None:
    c2_pass(planes, out, start, stop, features, window)


def _described(name: str, image: xr.DataArray) -> tuple[str, xr.DataArray]:
    long_name, units = POLARIMETRIC_FEATURES[name]
    return name, image.rename(name).assign_attrs(long_name=long_name, units=units)
