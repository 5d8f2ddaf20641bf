"""All rules that parameters have to keep: ties between values, and ranges that follow from the names."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from cropnb.schema import require
from cropnb.simulation.checks import check_parameters
from cropnb.simulation.optical_checks import check_optics
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.practice_checks import check_practice

_SHARES = ("share", "shared")  # last word of the name of what lies between 0 and 1
_SPREADS = ("sd", "sd_db", "sd_d", "sd_c", "sd_deg")


def check_all(parameters: Parameters) -> None:
    """Raise where a value is out of range, or values contradict each other.

    Parameters
    ----------
    parameters : Parameters () [1]
        As read from the file.

    Raises
    ------
    SchemaError
        Naming the key, the value and the remedy.
    """
    for name, value in _numbers(parameters, ""):
        _check_range(name, value)
    for check in (check_parameters, check_optics, check_practice):
        check(parameters)


def _check_range(name: str, value: float) -> None:
    require(not np.isnan(value), f"{name}: {value}; expected a number. Write one.")
    key = name.rpartition(".")[2]
    if key.endswith(_SHARES):
        require(0 <= value <= 1, f"{name}: {value:g}; expected a share, 0 to 1. Divide percent by 100.")
    if key.endswith(_SPREADS):
        require(value >= 0, f"{name}: {value:g}; expected a standard deviation, 0 or more. Drop the sign.")


def _numbers(node: Any, name: str) -> Iterator[tuple[str, float]]:
    if dataclasses.is_dataclass(node):
        for field in dataclasses.fields(node):
            yield from _numbers(getattr(node, field.name), f"{name}.{field.name}".lstrip("."))
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _numbers(value, f"{name}.{key}")
    elif isinstance(node, (int, float)) and not isinstance(node, bool):
        yield name, float(node)
