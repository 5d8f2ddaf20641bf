"""One entry of the scene catalogue: what a scene is, where it comes from and under which licence."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from cropnb.scenes.build import fingerprint_of_text
from cropnb.scenes.errors import nearest, problem
from cropnb.schema import SchemaError, require


@dataclass(frozen=True, kw_only=True)
class SceneFile:
    """One file of a real scene."""

    path: str  # below the folder named by CROPNB_DATA, or below downloads/ in the cache
    url: str
    sha256: str
    size: int  # bytes
    address_checked: bool = True  # the file behind `url` was compared with the checksum by its git blob
    label: str = ""  # what the reader calls it, where names without folders are not unique

    @property
    def name(self) -> str:
        """Label, or the name without folders."""
        return self.label or Path(self.path).name


@dataclass(frozen=True, kw_only=True)
class SceneEntry:
    """One scene of the catalogue."""

    name: str
    title: str
    kind: str
    region: str
    season: str
    licence: str
    source: str
    reader: str = ""
    crs: str = ""
    legend: str = ""
    citation: str = ""
    notes: str = ""
    commit: str = ""
    preset: str = ""  # simulated scenes only
    options: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[SceneFile, ...] = ()

    @property
    def size(self) -> int:
        """Bytes to download."""
        return sum(file.size for file in self.files)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the checksums of the files, in their order."""
        return fingerprint_of_text(*(file.sha256 for file in self.files))

    def root(self) -> dict[str, str]:
        """Attributes for the root of the scene."""
        named = ("name", "kind", "crs", "season", "licence", "source", "title", "region", "citation", "notes")
        return {**{key: str(getattr(self, key)) for key in named}, "fingerprint": self.fingerprint}


def entry_from_toml(path: Path) -> SceneEntry:
    """Entry of a real scene, from its file in `data/scenes`.

    Parameters
    ----------
    path : Path
        TOML file; its stem is the name of the scene.

    Returns
    -------
    SceneEntry
        With its files.

    Raises
    ------
    SchemaError
        If the file is no TOML, or lacks a key or has one too many.
    """
    table = read_toml(path)
    files = tuple(_built(SceneFile, row, f"{path.name} [[files]]") for row in table.pop("files", []))
    entry: SceneEntry = _built(SceneEntry, {"name": path.stem, **table, "files": files}, path.name)
    return entry


def read_toml(path: Path) -> dict[str, Any]:
    """Content of a TOML file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict
        Its tables.

    Raises
    ------
    SchemaError
        If it cannot be parsed.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SchemaError(
            problem(str(path), f"no TOML ({error})", expected="TOML", remedy="Correct the line it names.")
        ) from error


def _built(cls: Any, table: Mapping[str, Any], where: str) -> Any:
    known = [f.name for f in fields(cls)]
    for key in table:
        require(
            key in known,
            problem(
                where,
                f"key {key!r} unknown",
                expected=", ".join(known),
                remedy=f"Did you mean {nearest(key, known)[0]!r}?",
            ),
        )
    try:
        return cls(**table)
    except TypeError as error:
        raise SchemaError(
            problem(where, str(error), expected=", ".join(known), remedy="Add the key.")
        ) from error
