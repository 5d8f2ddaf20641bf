"""Logarithm and arctangent for compiled loops: the library's in float64, polynomials in float32."""

from __future__ import annotations

import math

import numpy as np
from numba import types
from numba.extending import overload

from cropnb.features.compiled import inlined

# Minimax fits, lowest power first: log2(1 + f) / f on [sqrt(1/2) - 1, sqrt(2) - 1], and arctan(u) / u in u^2
# on [0, 1]. A call into libm costs as much as the rest of a pixel and keeps its loop from using vectors.
_LOG2 = np.array(
    [
        1.44269477,
        -0.721357122,
        0.480939396,
        -0.360088119,
        0.286708453,
        -0.250061104,
        0.236883039,
        -0.145758407,
    ],
    np.float32,
)
_ARCTAN = np.array(
    [
        0.99999934,
        -0.333298728,
        0.199466759,
        -0.139091,
        0.0964325794,
        -0.0559253654,
        0.0218712218,
        -0.00405668106,
    ],
    np.float32,
)
_SQRT_HALF = np.int32(0x3F3504F3)  # bits of the float32 nearest to sqrt(1/2)
_MANTISSA = np.int32(23)  # bits of a float32 below its exponent


@inlined
def typed(value: float, like: float) -> float:
    """Constant in the precision of another number, so that float32 stays float32.

    Parameters
    ----------
    value : float () [any]
        The constant.
    like : float () [any]
        A number of the wanted precision.

    Returns
    -------
    float () [any]
        `value`.
    """
    return type(like)(value)


def log2(x: float) -> float:
    """Binary logarithm of a positive, finite, normal number, inside of a compiled loop.

    Parameters
    ----------
    x : float () [1]
        float32 or float64. In float32 a NaN gives some finite number: multiply by the argument.

    Returns
    -------
    float () [1]
        In float64 the library's; in float32 within 1.3e-7 of max(1, abs(log2 x)), and exactly 0 at 1.
    """
    return math.log2(x)


def arctan_unit(u: float) -> float:
    """Angle whose tangent is between 0 and 1, inside of a compiled loop.

    Parameters
    ----------
    u : float () [1]
        Between 0 and 1, float32 or float64. NaN in -> NaN out.

    Returns
    -------
    float () [rad]
        In float64 the library's; in float32 within 1.3e-7.
    """
    return math.atan(u)


@overload(log2, inline="always")
def _log2_of_type(x):  # type: ignore[no-untyped-def]
    return _log2_single if x == types.float32 else _log2_double


@overload(arctan_unit, inline="always")
def _arctan_of_type(u):  # type: ignore[no-untyped-def]
    return _arctan_single if u == types.float32 else _arctan_double


def _log2_double(x):  # type: ignore[no-untyped-def]
    return math.log2(x)


def _arctan_double(u):  # type: ignore[no-untyped-def]
    return math.atan(u)


def _log2_single(x):  # type: ignore[no-untyped-def]
    # Each step back to int32: Numba would go on in int64, half as many to a vector.
    bits = np.float32(x).view(np.int32)
    exponent = np.int32(np.int32(bits - _SQRT_HALF) >> _MANTISSA)
    f = np.int32(bits - np.int32(exponent << _MANTISSA)).view(np.float32) - np.float32(1)
    high = ((_LOG2[7] * f + _LOG2[6]) * f + _LOG2[5]) * f + _LOG2[4]
    return np.float32(exponent) + f * ((((high * f + _LOG2[3]) * f + _LOG2[2]) * f + _LOG2[1]) * f + _LOG2[0])


def _arctan_single(u):  # type: ignore[no-untyped-def]
    z = u * u
    high = ((_ARCTAN[7] * z + _ARCTAN[6]) * z + _ARCTAN[5]) * z + _ARCTAN[4]
    return u * ((((high * z + _ARCTAN[3]) * z + _ARCTAN[2]) * z + _ARCTAN[1]) * z + _ARCTAN[0])
