"""Notes of long work: which parts of what are done, so that a run that was cut off goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cropnb.system import replace_text


def noted_parts(file: Path, *, identity: str) -> dict[int, dict[str, Any]] | None:
    """Parts that are done.

    Parameters
    ----------
    file : Path
        Where `note_parts` wrote them.
    identity : str
        Text that names all that the parts depend on.

    Returns
    -------
    dict of int to dict, or None
        What was noted of each part, by its number; None without a note, or if it is about something else.
    """
    if not file.exists():
        return None
    content = json.loads(file.read_text(encoding="utf-8"))
    if content["identity"] != identity:
        return None
    return {int(number): part for number, part in content["parts"].items()}


def note_parts(file: Path, parts: Mapping[int, Mapping[str, Any]], *, identity: str) -> None:
    """Note which parts are done, whole or not at all.

    Parameters
    ----------
    file : Path
        Where to.
    parts : mapping of int to mapping
        All that are done; plain values.
    identity : str
        Text that names all that the parts depend on.
    """
    replace_text(
        file, json.dumps({"identity": identity, "parts": {str(n): dict(part) for n, part in parts.items()}})
    )
