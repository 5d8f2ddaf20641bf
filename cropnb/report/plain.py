"""Values as plain Python: what JSON can hold and what the prose can format."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any

from cropnb.schema import SchemaError


def plain(value: Any) -> Any:
    """`value` without numpy, pandas, xarray or torch types; a number that is NaN becomes None.

    Parameters
    ----------
    value : object
        A scalar, an array without dimensions, a path, a date, or a mapping or sequence of these.

    Returns
    -------
    object
        str, bool, int, float, None, or a dict or list of these.

    Raises
    ------
    SchemaError
        If a number is infinite, or a value is of a kind that cannot be written as JSON.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    return _plain_scalar(plain_scalar(value))


def plain_scalar(value: Any) -> Any:
    """A numpy, xarray or torch scalar as the Python number it holds; anything else unchanged.

    Parameters
    ----------
    value : object
        Any value.

    Returns
    -------
    object
        `value.item()` where `value` is an array scalar or an array without dimensions.
    """
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        return value.item()
    return value


def _plain_scalar(value: Any) -> Any:
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, PathLike):
        return fspath(value)
    if isinstance(value, float):
        return _finite(value)
    if value is None or isinstance(value, (str, bool, int)):
        return value
    raise SchemaError(
        f"cannot write {value!r} of type {type(value).__name__} into a result file; expected text, a number, "
        "a date, a path, or a list or mapping of these. Convert it first."
    )


def _finite(value: float) -> float | None:
    if math.isinf(value):
        raise SchemaError(
            f"cannot write {value} into a result file; expected a finite number, or NaN for a missing one. "
            "Look for a division by zero."
        )
    return None if math.isnan(value) else value
