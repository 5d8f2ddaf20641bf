"""Rules that values of several tables have in common; each names key, value and remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cropnb.schema import require

_TOLERANCE = 1e-6


def require_known(where: str, given: Iterable[str], allowed: Iterable[str]) -> None:
    """Raise unless all names are allowed.

    Parameters
    ----------
    where : str () [1]
        Key in the parameter file.
    given : iterable (name,) [1]
        What it holds.
    allowed : iterable (name,) [1]
        What it may hold.

    Raises
    ------
    SchemaError
        Naming the unknown ones.
    """
    allowed = tuple(allowed)
    unknown = sorted(set(given) - set(allowed))
    require(not unknown, f"{where}: unknown {', '.join(unknown)}; use {', '.join(allowed)}.")


def require_sum_one(where: str, shares: Mapping[str, float], *, names: Iterable[str]) -> None:
    """Raise unless shares have known names, none is negative and they sum to 1.

    Parameters
    ----------
    where : str () [1]
        Key in the parameter file.
    shares : mapping (name,) [1]
        Share by name.
    names : iterable (name,) [1]
        Names that are allowed.

    Raises
    ------
    SchemaError
        With the sum.
    """
    require_known(where, shares, names)
    total = sum(shares.values())
    require(
        abs(total - 1) < _TOLERANCE and min(shares.values(), default=-1) >= 0,
        f"{where}: the shares {dict(shares)} sum to {total:.4g}; expected 1, none negative. Change one.",
    )


def require_share(where: str, value: float) -> None:
    """Raise unless a value lies between 0 and 1.

    Parameters
    ----------
    where : str () [1]
        Key in the parameter file.
    value : float () [1]
        What it holds.

    Raises
    ------
    SchemaError
        With the value.
    """
    require(0 <= value <= 1, f"{where}: {value:g}; expected 0 to 1. Correct the value.")
