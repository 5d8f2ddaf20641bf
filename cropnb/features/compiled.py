"""How the inner loops of this package are compiled: by Numba, without the interpreter's lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])

# "contract" fuses a*b+c, "nsz" ignores the sign of zero: both leave NaN and infinity as they are. Nothing may
# reorder sums or replace a division: a pixel has the same bits whatever chunk it is computed in.
_ARITHMETIC = {"contract", "nsz"}


def compiled(function: F) -> F:
    """Compile a loop over NumPy arrays at its first call, and keep the machine code for the next process.

    Parameters
    ----------
    function : callable () [1]
        Plain loops over native NumPy arrays of one precision, as Numba's nopython mode takes them.

    Returns
    -------
    callable () [1]
        The same signature. It releases the interpreter's lock, so that threads run side by side; a division
        by zero gives infinity or NaN, as in NumPy.
    """
    return cast(F, numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=_ARITHMETIC)(function))


def inlined(function: F) -> F:
    """Compile a formula of one pixel into the loops that call it, so that they stay vectorised.

    Parameters
    ----------
    function : callable () [1]
        Arithmetic of scalars, without branches that a vector cannot take.

    Returns
    -------
    callable () [1]
        The same signature.
    """
    compiler = numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=_ARITHMETIC, inline="always")
    return cast(F, compiler(function))
