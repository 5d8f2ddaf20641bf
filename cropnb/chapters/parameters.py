"""Parameters of a chapter: declared with type, range and meaning; parsed and checked before anything runs."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cropnb.schema import SCALES, SchemaError, require

Value = Any  # int | float | str | bool | list of one of them; the declared type decides

_ELEMENTS: dict[str, type] = {"int": int, "float": float, "str": str, "bool": bool}
TYPES: tuple[str, ...] = (*_ELEMENTS, "list[int]", "list[float]", "list[str]")
_KEYS = {"type", "meaning", "min", "max", "choices", *SCALES}
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True, kw_only=True)
class ParameterSpec:
    """What the front matter declares about one parameter."""

    name: str
    type: str
    meaning: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Value, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)  # scale -> value; the cell's literal elsewhere

    def expects(self) -> str:
        """Type and range in words, for messages and tables."""
        parts = [self.type]
        if self.choices:
            parts.append("one of " + ", ".join(map(str, self.choices)))
        if self.minimum is not None:
            parts.append(f"at least {self.minimum:g}")
        if self.maximum is not None:
            parts.append(f"at most {self.maximum:g}")
        return ", ".join(parts)


def spec_from_front_matter(name: str, entry: object) -> ParameterSpec:
    """Read one entry below `cropnb: parameters:`.

    Parameters
    ----------
    name : str () [1]
        Name of the parameter.
    entry : object () [1]
        Mapping with `type` and `meaning`, and optionally `min`, `max`, `choices` and values per scale.

    Returns
    -------
    ParameterSpec () [1]
        The declaration; its own values per scale are checked.

    Raises
    ------
    SchemaError
        If a key is missing or unknown, the type is unknown, or a value breaks the declaration.
    """
    if not isinstance(entry, Mapping):
        raise SchemaError(f"parameter {name}: got {entry!r}; write {{type: ..., meaning: ...}}.")
    unknown = sorted(set(map(str, entry)) - _KEYS)
    require(not unknown, f"parameter {name}: unknown key {unknown}; known are {sorted(_KEYS)}.")
    require(entry.get("type") in TYPES, f"parameter {name}: type {entry.get('type')!r}; use one of {TYPES}.")
    require(
        bool(str(entry.get("meaning") or "").strip()), f"parameter {name}: no meaning. Say what it changes."
    )
    spec = ParameterSpec(
        name=name,
        type=entry["type"],
        meaning=str(entry["meaning"]),
        minimum=entry.get("min"),
        maximum=entry.get("max"),
        choices=tuple(entry.get("choices") or ()),
    )
    values = {scale: check_value(spec, entry[scale]) for scale in SCALES if scale in entry}
    return ParameterSpec(**{**spec.__dict__, "values": values})


def parse_text(spec: ParameterSpec, text: str) -> Value:
    """Value of a parameter given as text on the command line, read by its declared type.

    Raises
    ------
    SchemaError
        If the text does not read as the type, or the value is out of range or not among the choices.
    """
    try:
        if spec.type.startswith("list"):
            parse = _PARSERS[spec.type[5:-1]]
            value: Value = [parse(item) for item in _list_items(text)]
        else:
            value = _PARSERS[spec.type](text.strip())
    except ValueError as error:
        raise SchemaError(_ill_typed(spec, text)) from error
    return check_value(spec, value)


def check_value(spec: ParameterSpec, value: Value) -> Value:
    """Return `value` in its declared type, or say what is wrong with it.

    Raises
    ------
    SchemaError
        If the value has another type, is out of range or is not among the choices.
    """
    if spec.type.startswith("list"):
        require(isinstance(value, list | tuple), _ill_typed(spec, value))
        return [_check_element(spec, item, spec.type[5:-1]) for item in value]
    return _check_element(spec, value, spec.type)


def pairs(given: Iterable[str]) -> dict[str, str]:
    """`name=value` pairs of the command line.

    Raises
    ------
    SchemaError
        If a pair has no name or no `=`, or a name comes twice.
    """
    found: dict[str, str] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        require(
            bool(name.strip() and equals), f"-p {pair!r}: no `name=value`. Write for example -p n_tree=100."
        )
        require(name.strip() not in found, f"-p {pair!r}: {name.strip()} is given twice. Give it once.")
        found[name.strip()] = value
    return found


def split_values(text: str) -> list[str]:
    """Values of a sweep: cut at the commas outside brackets.

    Examples
    --------
    >>> split_values("1,2")
    ['1', '2']
    >>> split_values("[vv,vh],[vv]")
    ['[vv,vh]', '[vv]']
    """
    return [value.strip() for value in re.split(r",(?![^\[]*\])", text) if value.strip()]


def _check_element(spec: ParameterSpec, value: Value, kind: str) -> Value:
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    require(type(value) is _ELEMENTS[kind], _ill_typed(spec, value))
    require(kind != "float" or math.isfinite(value), _ill_typed(spec, value))
    allowed = not spec.choices or value in spec.choices
    low = spec.minimum is None or value >= spec.minimum
    high = spec.maximum is None or value <= spec.maximum
    require(
        allowed and low and high,
        f"parameter {spec.name}: {value!r} is out of range; expected {spec.expects()}. Choose another value.",
    )
    return value


def _ill_typed(spec: ParameterSpec, value: object) -> str:
    return f"parameter {spec.name}: {value!r} does not read as {spec.type}; expected {spec.expects()}."


def _bool(text: str) -> bool:
    if text.lower() in _TRUE + _FALSE:
        return text.lower() in _TRUE
    raise ValueError(text)


def _text(text: str) -> str:
    return text.strip("\"'")


_PARSERS: dict[str, Callable[[str], Value]] = {"int": int, "float": float, "str": _text, "bool": _bool}


def _list_items(text: str) -> list[str]:
    inner = text.strip().removeprefix("[").removesuffix("]")
    if not inner.strip():
        return []
    return [item.strip() for item in next(csv.reader([inner], skipinitialspace=True))]
