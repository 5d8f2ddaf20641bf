"""Variants of a scene: other values for single parameters, checked like those of a file."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any, TypeVar

from cropnb.schema import SchemaError
from cropnb.simulation.all_checks import check_all
from cropnb.simulation.parameters import Parameters

T = TypeVar("T")


def vary(parameters: Parameters, changes: Mapping[str, Any]) -> Parameters:
    """Parameters with some values changed, for replicates and for questions of the kind "what if".

    Parameters
    ----------
    parameters : Parameters () [1]
        From `load_parameters`; left as they are.
    changes : mapping of str to any
        Name, as `parameter_table` prints it -> value: `{"scene.seed": 2, "crops.maize.lai_max": 5.0}`. Of
        the preset, `preset.n_row` and so on. Dates are days since 1 January of the year.

    Returns
    -------
    Parameters () [1]
        With a fingerprint of their own.

    Raises
    ------
    SchemaError
        If a name is unknown, or the values no longer fit each other.
    """
    varied = parameters
    for name, value in changes.items():
        varied = _changed(varied, name.split("."), value, name)
    check_all(varied)
    return varied


def _changed(node: T, path: list[str], value: Any, name: str) -> T:
    key, *rest = path
    entries = node if isinstance(node, dict) else _fields(node)
    if key not in entries:
        nearest = difflib.get_close_matches(key, list(map(str, entries)), n=1, cutoff=0.0)
        raise SchemaError(
            f"{name}: no {key!r}; there are {', '.join(map(str, entries)) or 'none'}. "
            f"Did you mean {nearest[0] if nearest else 'another name'!r}?"
        )
    new = _changed(entries[key], rest, value, name) if rest else value
    if isinstance(node, dict):
        return {**node, key: new}  # type: ignore[return-value]
    return dataclasses.replace(node, **{key: new})  # type: ignore[type-var]


def _fields(node: Any) -> dict[str, Any]:
    if not dataclasses.is_dataclass(node):
        return {}
    return {f.name: getattr(node, f.name) for f in dataclasses.fields(node)}
