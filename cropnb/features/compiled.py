"""How the inner loops of this package are compiled: by Numba, without the interpreter's lock."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

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
    return _kept(function, numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=_ARITHMETIC))


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
    return _kept(function, compiler)


def _kept(function: F, compiler: Callable[[F], Any]) -> F:
    """Tie the machine code kept on disk to all sources of the folder.

    Numba compares the function's own file only: after an edit of a formula, the loops that call it from
    another file would run on as they were.
    """
    dispatcher = compiler(function)
    file = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if file is not None:  # there is none where NUMBA_DISABLE_JIT is set
        before = getattr(file, "_source_stamp", None)  # no public way; test_10_features_compiled watches it
        setattr(file, "_source_stamp", (before, _digest(Path(inspect.getfile(function)).parent)))  # noqa: B010
    return cast(F, dispatcher)


@cache
def _digest(folder: Path) -> str:
    sources = sorted(folder.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
