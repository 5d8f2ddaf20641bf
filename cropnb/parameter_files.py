"""Parameter files that build on another: `base = "county.toml"`, and the values that differ.

What a file says replaces what its base says, value by value; the rest is inherited. A value always comes with
its own unit, tag and source, so that provenance cannot be inherited by accident. Of the presets of its base a
file keeps those it names in `only_presets`, or all; whole tables of the base that it names in `without`, such
as "crops" or "allocation.priors", are not inherited.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from cropnb.schema import SchemaError, require

_BASE, _ONLY, _PRESETS, _WITHOUT = "base", "only_presets", "presets", "without"


def read_parameter_file(path: Path) -> dict[str, Any]:
    """Tables of a parameter file, merged into those of its base.

    Parameters
    ----------
    path : Path () [1]
        A TOML file; the base lies in the same folder, and may have a base itself.

    Returns
    -------
    dict (table,) [1]
        Without the keys `base`, `only_presets` and `without`; the caller may change its tables.

    Raises
    ------
    SchemaError
        If a file is missing or no TOML, bases run in a circle, a preset to be kept or a table to be left
        out is unknown, or a table would replace a value.
    """
    table: dict[str, Any] = {}
    for file in reversed(base_files(path)):
        own = dict(_read(file))
        own.pop(_BASE, None)
        kept = own.pop(_ONLY, None)
        for name in own.pop(_WITHOUT, ()):
            table = _without(table, name, file.name)
        table = merged(table, own, where="")
        if kept is not None:
            table[_PRESETS] = _only(kept, table.get(_PRESETS, {}), file.name)
    return _own(table)


def parameter_files(folder: Path) -> list[Path]:
    """Parameter files of simulated scenes, among other files of a catalogue.

    Parameters
    ----------
    folder : Path () [1]
        With TOML files.

    Returns
    -------
    list of Path (file,) [1]
        Those that have presets or a base, in alphabetical order.

    Raises
    ------
    SchemaError
        If a file is no TOML.
    """
    return [path for path in sorted(folder.glob("*.toml")) if {_BASE, _PRESETS} & set(_read(path))]


def base_files(path: Path) -> list[Path]:
    """A parameter file, its base, the base of that, and so on.

    Parameters
    ----------
    path : Path () [1]
        A TOML file.

    Returns
    -------
    list of Path (file,) [1]
        The file itself first.

    Raises
    ------
    SchemaError
        If a file is missing or no TOML, or bases run in a circle.
    """
    files = [path]
    while _BASE in (table := _read(files[-1])):
        name = table[_BASE]
        require(
            isinstance(name, str),
            f'{files[-1].name}: base is {name!r}; expected the name of a file. Write base = "county.toml".',
        )
        base = files[-1].parent / name
        require(
            base not in files,
            f"{files[-1].name}: base {name!r} builds on this file in turn. Name another base.",
        )
        files.append(base)
    return files


def merged(base: Mapping[str, Any], own: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """Tables with some values replaced.

    Parameters
    ----------
    base : mapping (key,) [1]
        What is inherited.
    own : mapping (key,) [1]
        What replaces it.
    where : str () [1]
        Key that both stand under, for messages.

    Returns
    -------
    dict (key,) [1]
        Keys of the base first, in their order.

    Raises
    ------
    SchemaError
        If one has a table where the other has a value.
    """
    result = dict(base)
    for key, entry in own.items():
        before = result.get(key)
        if before is None or (_is_value(before) and _is_value(entry)):
            result[key] = entry
            continue
        require(
            not _is_value(before) and not _is_value(entry),
            f"{where}{key}: a value in one file and a table in its base, or the reverse. Write it as the "
            "base does.",
        )
        result[key] = merged(before, entry, where=f"{where}{key}.")
    return result


def _only(kept: Any, presets: Mapping[str, Any], file: str) -> dict[str, Any]:
    require(
        isinstance(kept, list) and set(kept) <= set(presets),
        f"{file}: only_presets is {kept!r}; expected a list out of {', '.join(presets)}. Name these.",
    )
    return {name: preset for name, preset in presets.items() if name in kept}


def _without(table: Mapping[str, Any], name: str, file: str) -> dict[str, Any]:
    """Tables without that of a dotted name."""
    key, _, rest = name.partition(".")
    inner: Any = table.get(key)
    require(
        isinstance(inner, Mapping) and not _is_value(inner),
        f"{file}: without names {name!r}; expected a table of the base ({', '.join(table)}). Name one.",
    )
    left = {k: entry for k, entry in table.items() if k != key}
    return left | {key: _without(inner, rest, file)} if rest else left


def _is_value(entry: object) -> bool:
    return not isinstance(entry, Mapping) or "value" in entry


def _read(path: Path) -> dict[str, Any]:
    require(path.is_file(), f"parameter file {str(path)!r} is not there. Give the path of a TOML file.")
    try:
        return _parsed(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SchemaError(f"{path.name}: not TOML ({error}). Correct the file at that place.") from error


def _own(table: Mapping[str, Any]) -> dict[str, Any]:
    """A copy whose inner tables are copies as well."""
    return {key: _own(entry) if isinstance(entry, Mapping) else entry for key, entry in table.items()}


@lru_cache(maxsize=64)
def _parsed(text: str) -> dict[str, Any]:
    """A file's table, shared: the catalogue asks for it often, and reading TOML is slow."""
    return tomllib.loads(text)
