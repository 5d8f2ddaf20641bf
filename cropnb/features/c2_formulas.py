"""Every polarimetric feature of one pixel of C2, once, and the loops that fill a row of pixels with it.

A loop writes one or two rows and reads few: with more arrays the compiler cannot tell that they do not
overlap, and leaves the vectors. Constants are `typed`, or float32 would become float64.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cropnb.features.compiled import compiled, inlined
from cropnb.features.elementary import arctan_unit, log2, typed
from cropnb.features.rows import copy_row
from cropnb.schema import LINEAR_POWER

Rows: TypeAlias = NDArray[np.floating]

# Name -> what it is, unit. The place in this table is the code of a feature inside of the compiled pass.
FEATURES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "s0": ("Stokes parameter s0, total power", LINEAR_POWER),
        "s1": ("Stokes parameter s1, VV minus VH", LINEAR_POWER),
        "s2": ("Stokes parameter s2, +45 minus -45 degrees", LINEAR_POWER),
        "s3": ("Stokes parameter s3, circular", LINEAR_POWER),
        "m": ("degree of polarisation", "1"),
        "anisotropy": ("anisotropy of the eigenvalues of C2", "1"),
        "sin_2chi": ("degree of circularity sin 2chi", "1"),
        "dprvi": ("dual-pol radar vegetation index DpRVI", "1"),
        "rvi": ("radar vegetation index RVI of dual-pol data", "1"),
        "ps": ("m-chi single-bounce amplitude", "1"),
        "pd": ("m-chi double-bounce amplitude", "1"),
        "pv": ("m-chi volume amplitude", "1"),
        "lambda_1": ("larger eigenvalue of C2", LINEAR_POWER),
        "lambda_2": ("smaller eigenvalue of C2", LINEAR_POWER),
        "entropy": ("dual-pol entropy H", "1"),
        "alpha": ("dual-pol mean alpha angle", "degree"),
    }
)
S0, S1, S2, S3, M, ANISOTROPY, SIN_2CHI, DPRVI, RVI, PS, PD, PV, LAMBDA_1, LAMBDA_2, ENTROPY, ALPHA = range(
    16
)

# Rows of sums over the window, and the rows made of them that all features start from: mean power s0; share
# of VH in it; s2 / s0; s3 / s0; degree of polarisation m; 1 - m, which loses its digits as a difference.
VV, VH, REAL, IMAG, COUNT = range(5)
POWER, SHARE, Q2, Q3, DEGREE, GAP = range(6)
N_SUM, N_BASE = 5, 6

_TINY = 1.2e-38  # smallest normal float32: in place of 0 where 0/0 or log 0 is multiplied by zero afterwards
_LIMIT = 1.00001  # m above 1 by less is rounding of a C2 kept in float32, by more is no covariance matrix


@inlined
def _above(x: float, floor: float) -> float:
    return x if x > typed(floor, x) else typed(floor, x)


@inlined
def _below(x: float, ceiling: float) -> float:
    return typed(ceiling, x) if x > typed(ceiling, x) else x


@inlined
def _q1(share: float) -> float:
    """s1 / s0."""
    return typed(1, share) - typed(2, share) * share


@inlined
def _degree(share: float, q2: float, q3: float) -> float:
    q1 = _q1(share)
    degree: float = np.sqrt(q1 * q1 + (q2 * q2 + q3 * q3))
    return degree


@inlined
def _gap(share: float, q2: float, q3: float, m: float) -> float:
    """1 - m = (1 - m^2) / (1 + m), where 1 - m^2 = 4 det C2 / s0^2."""
    one = typed(1, m)
    determinant = typed(4, m) * share * (one - share) - (q2 * q2 + q3 * q3)
    gap = determinant / (one + m)
    return typed(0, m) if gap < typed(0, m) else gap


@inlined
def _sin_2chi(q3: float, m: float) -> float:
    ratio = _below(-q3 / m, 1)
    return typed(-1, m) if ratio < typed(-1, m) else ratio


@inlined
def _dprvi(m: float, gap: float) -> float:
    """1 - m (1 + m) / 2, without the difference."""
    return typed(0.5, m) * gap * (typed(2, m) + m)


@inlined
def _rvi(share: float, m: float) -> float:
    return typed(4, m) * share if m == m else m  # noqa: PLR0124 - m is NaN where the ratio has no meaning


@inlined
def _amplitude(power: float, share: float) -> float:
    return np.sqrt(power * share) if power > typed(0, power) else power


@inlined
def _handed(share: float, q2: float, q3: float, m: float) -> float:
    """(m + q3) / 2, as (q1^2 + q2^2) / (m - q3) where the sum would cancel."""
    half, q1 = typed(0.5, m), _q1(share)
    large = m + abs(q3)
    small = (q1 * q1 + q2 * q2) / _above(large, _TINY)
    return half * large if q3 > typed(0, m) else half * small


@inlined
def _entropy(m: float, gap: float) -> float:
    half = typed(0.5, m)
    p_1, p_2 = half + half * m, half * gap
    return -(p_1 * log2(p_1) + p_2 * log2(_above(p_2, _TINY)))


@inlined
def _alpha(share: float, q2: float, q3: float, m: float) -> float:
    """p_1 alpha_1 + p_2 (90 - alpha_1), where tan alpha_1 = sqrt(q2^2 + q3^2) / (m + q1)."""
    q1, off_axis = _q1(share), np.sqrt(q2 * q2 + q3 * q3)
    angle = typed(57.29577951308232, m) * arctan_unit(_below(off_axis / _above(m + abs(q1), _TINY), 1))
    alpha_1 = angle if q1 > typed(0, m) else typed(90, m) - angle
    return typed(45, m) + m * (alpha_1 - typed(45, m))


@compiled
def fill_base(sums: Rows, inside: Rows, base: Rows) -> None:
    """Rows that the features start from, of a row of window sums.

    Parameters
    ----------
    sums : ndarray (5, x) [linear power]
        Sums over valid pixels of C_vv,vv, C_vh,vh, the real and the imaginary part of C_vv,vh, and of ones.
        The last is set to NaN where the mean is no covariance matrix.
    inside : ndarray (x,) [1]
        1 where the pixel itself is valid, 0 where it is missing.
    base : ndarray (6, x) [any]
        Filled: mean power, share of VH, s2 / s0, s3 / s0, m and 1 - m.
    """
    vv, vh, real, imag, count = sums[VV], sums[VH], sums[REAL], sums[IMAG], sums[COUNT]
    power, share, q2, q3, m, gap = base[POWER], base[SHARE], base[Q2], base[Q3], base[DEGREE], base[GAP]
    for x in range(share.size):
        share[x] = typed(1, vv[x]) / _above(vv[x] + vh[x], _TINY)
    for x in range(share.size):
        q2[x] = typed(2, real[x]) * real[x] * share[x]
        q3[x] = typed(-2, imag[x]) * imag[x] * share[x]
    for x in range(share.size):
        ratio = vh[x] * share[x]
        m[x] = _degree(ratio, q2[x], q3[x])
        share[x] = ratio
    for x in range(share.size):
        one, nan = typed(1, m[x]), typed(np.nan, m[x])
        powers = vv[x] if vv[x] < vh[x] else vh[x]
        present = inside[x] if powers >= typed(0, powers) else nan
        # Products, because a store under a condition is slow. 0 pixels and NaN alike leave no mean.
        count[x] = count[x] * (one if m[x] <= typed(_LIMIT, one) else nan) * (one if present == one else nan)
    for x in range(share.size):
        mean = (vv[x] + vh[x]) / count[x]
        degree = _below(m[x], 1)
        power[x] = mean
        m[x] = degree if mean > typed(0, mean) else typed(np.nan, mean)
    for x in range(share.size):
        gap[x] = _gap(share[x], q2[x], q3[x], m[x])


@compiled
def fill_feature(feature: int, sums: Rows, base: Rows, out: NDArray[np.floating]) -> None:
    """One feature of a row of pixels.

    Parameters
    ----------
    feature : int () [1]
        Position in `FEATURES`.
    sums : ndarray (5, x) [linear power]
        As `fill_base` leaves them.
    base : ndarray (6, x) [any]
        As `fill_base` fills them.
    out : ndarray (x,) [any]
        Filled.
    """
    if feature <= S3:
        _fill_stokes(feature, sums, base, out)
    elif feature <= RVI:
        _fill_ratio(feature, base, out)
    elif feature <= PV:
        _fill_amplitude(feature, base, out)
    else:
        _fill_eigen(feature, base, out)


@compiled
def _fill_stokes(feature: int, sums: Rows, base: Rows, out: NDArray[np.floating]) -> None:
    vv, vh, real, imag, count = sums[VV], sums[VH], sums[REAL], sums[IMAG], sums[COUNT]
    if feature == S0:
        copy_row(base[POWER], out)
    elif feature == S1:
        for x in range(out.size):
            out[x] = (vv[x] - vh[x]) / count[x]
    elif feature == S2:
        for x in range(out.size):
            out[x] = typed(2, real[x]) * real[x] / count[x]
    else:
        for x in range(out.size):
            out[x] = typed(-2, imag[x]) * imag[x] / count[x]


@compiled
def _fill_ratio(feature: int, base: Rows, out: NDArray[np.floating]) -> None:
    share, q3, m, gap = base[SHARE], base[Q3], base[DEGREE], base[GAP]
    if feature in (M, ANISOTROPY):
        copy_row(m, out)
    elif feature == SIN_2CHI:
        for x in range(out.size):
            out[x] = _sin_2chi(q3[x], m[x])
    elif feature == DPRVI:
        for x in range(out.size):
            out[x] = _dprvi(m[x], gap[x])
    else:
        for x in range(out.size):
            out[x] = _rvi(share[x], m[x])


@compiled
def _fill_amplitude(feature: int, base: Rows, out: NDArray[np.floating]) -> None:
    power, share, q2, q3, m, gap = base[POWER], base[SHARE], base[Q2], base[Q3], base[DEGREE], base[GAP]
    if feature == PS:
        for x in range(out.size):
            out[x] = _amplitude(power[x], _handed(share[x], q2[x], q3[x], m[x]))
    elif feature == PD:
        for x in range(out.size):
            out[x] = _amplitude(power[x], _handed(share[x], q2[x], -q3[x], m[x]))
    else:
        for x in range(out.size):
            out[x] = _amplitude(power[x], gap[x])


@compiled
def _fill_eigen(feature: int, base: Rows, out: NDArray[np.floating]) -> None:
    power, share, q2, q3, m, gap = base[POWER], base[SHARE], base[Q2], base[Q3], base[DEGREE], base[GAP]
    if feature == LAMBDA_1:
        for x in range(out.size):
            half = typed(0.5, power[x])
            out[x] = half * (power[x] + power[x] * m[x]) if power[x] > typed(0, power[x]) else power[x]
    elif feature == LAMBDA_2:
        for x in range(out.size):
            out[x] = typed(0.5, power[x]) * power[x] * gap[x] if power[x] > typed(0, power[x]) else power[x]
    elif feature == ENTROPY:
        for x in range(out.size):
            out[x] = _entropy(m[x], gap[x])
    else:
        for x in range(out.size):
            out[x] = _alpha(share[x], q2[x], q3[x], m[x])
