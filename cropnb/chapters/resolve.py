"""Values of a run: the cell's literal, then the value of the scale, then the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from cropnb.chapters.findings import Finding
from cropnb.chapters.parameters import ParameterSpec, Value, check_value, parse_text
from cropnb.chapters.source import Chapter, did_you_mean
from cropnb.chapters.syntax import later_cells, literals, names_read, parameters_cell
from cropnb.schema import SCALES, SchemaError, require


def resolve_parameters(
    chapter: Chapter,
    *,
    scene: str | None = None,
    scale: str = "laptop",
    overrides: Mapping[str, Value] | None = None,
) -> dict[str, Value]:
    """Value of every parameter of a run, checked before anything runs.

    Parameters
    ----------
    chapter : Chapter () [1]
        The chapter.
    scene : str () [1], optional
        Name of a scene the chapter lists, or folder of a Zarr scene; None leaves the chapter's own choice.
    scale : str () [1]
        `smoke`, `laptop` or `full`.
    overrides : Mapping () [1], optional
        Values by name; text is read by the declared type.

    Returns
    -------
    dict () [1]
        Name -> value, with `scene` resolved to a name that is available.

    Raises
    ------
    SchemaError
        If a parameter is unknown, ill-typed, out of range, never read, or declared in one place only.
    """
    faults = parameter_faults(chapter)
    require(not faults, "\n".join(map(str, faults)))
    given = dict(overrides or {})
    if scene is not None:
        given.setdefault("scene", scene)
    scale = str(given.setdefault("scale", scale))
    require(scale in SCALES, f"scale {scale!r}; choose one of {', '.join(SCALES)}.")
    if "scale" not in chapter.parameters:
        given.pop("scale")
    values = _defaults(chapter, scale)
    for name, value in given.items():
        values[name] = _override(chapter, name, value)
    if values.get("scene") == "auto":
        values["scene"] = _first_available(chapter)
    return values


def parameter_faults(chapter: Chapter) -> list[Finding]:
    """Faults in how the parameters are declared, set and read."""
    try:
        cell = parameters_cell(chapter)
        values = literals(cell)
        read = {name for later in later_cells(chapter) for name in names_read(later)}
    except SchemaError as error:
        return [chapter.finding(str(error), "See the chapter contract in CONTRIBUTING.md.")]
    undeclared = sorted(values.keys() - chapter.parameters.keys())
    remedy = "Declare it in the front matter."
    found = [
        chapter.finding(f"parameter {name} is set but not declared", remedy, cell=cell) for name in undeclared
    ]
    for spec in chapter.parameters.values():
        found += [chapter.finding(what, remedy, cell=cell) for what, remedy in _faults(spec, values, read)]
    return found


def _faults(spec: ParameterSpec, values: Mapping[str, object], read: set[str]) -> Iterator[tuple[str, str]]:
    if spec.name not in values:
        yield f"parameter {spec.name} is declared but not set", "Set it in the parameters cell, or drop it."
        return
    if spec.name not in read:
        yield (
            f"parameter {spec.name} is never read by the chapter's code",
            "Use it in a later cell, or drop it.",
        )
    try:
        check_value(spec, values[spec.name])
    except SchemaError as error:
        yield str(error).rstrip("."), "Mend the literal or the declaration."


def _defaults(chapter: Chapter, scale: str) -> dict[str, Value]:
    values = literals(parameters_cell(chapter))
    return {
        name: spec.values.get(scale, check_value(spec, values[name]))
        for name, spec in chapter.parameters.items()
    }


def _override(chapter: Chapter, name: str, value: Value) -> Value:
    spec = chapter.parameters.get(name)
    if spec is None:
        raise SchemaError(
            f"{chapter.slug}: unknown parameter {name!r}.{did_you_mean(name, chapter.parameters)} "
            f"Declared are {', '.join(chapter.parameters)}."
        )
    if name == "scene" and _is_folder(value):
        return str(Path(value).expanduser().resolve())
    return parse_text(spec, value) if isinstance(value, str) else check_value(spec, value)


def _is_folder(value: Value) -> bool:
    """Whether a scene is given as a folder: the door for a reader's own data."""
    if "/" not in str(value) and "\\" not in str(value):
        return False
    folder = Path(str(value)).expanduser()
    require(
        folder.is_dir(), f"scene {value!r}: no such folder. Give a name from the catalogue or a Zarr folder."
    )
    return True


def _first_available(chapter: Chapter) -> str:
    from cropnb.scenes import first_available  # noqa: PLC0415  (pulls in xarray and zarr; only `auto` needs it)

    require(bool(chapter.scenes), f"{chapter.slug}: scene is auto but the front matter lists no `scenes`.")
    name: str = first_available(*chapter.scenes)
    return name
