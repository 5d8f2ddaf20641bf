"""Result files: one JSON file per run, written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from cropnb.paths import data_folder, runs_folder
from cropnb.report.rows import frame_of
from cropnb.schema import SchemaError
from cropnb.system import replace_text

RESULTS = "results.json"
RUN_FOLDER = "CROPNB_RUN_FOLDER"  # set by `cropnb run` and `cropnb sweep`


def run_folder(chapter: str) -> Path:
    """Folder for the results of this run: `CROPNB_RUN_FOLDER`, else `interactive/<chapter>` among the runs.

    Parameters
    ----------
    chapter : str
        Slug of the chapter.

    Returns
    -------
    Path
        The folder; it need not exist yet.
    """
    given = os.environ.get(RUN_FOLDER, "").strip()
    return Path(given).expanduser() if given else runs_folder() / "interactive" / chapter


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file so that a reader finds the old content or the new, never a part.

    Parameters
    ----------
    path : Path
        The file; its folder is made.
    content : mapping
        Plain Python values.
    """
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, text)


def read_results(path: str | os.PathLike[str]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Rows and provenance of a saved run.

    Parameters
    ----------
    path : path
        A `results.json`.

    Returns
    -------
    tuple of (DataFrame, dict)
        Rows with the columns `ROW_FIELDS`, and the provenance.

    Raises
    ------
    SchemaError
        If the file is not what `RunRecord.finish` writes.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        return frame_of(content["rows"]), dict(content["provenance"])
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise SchemaError(
            f"{path}: not a result file ({type(error).__name__}: {error}); expected JSON "
            "with 'provenance' and 'rows'. Run the chapter again."
        ) from error


def read_repetitions(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Scores of the single repetitions of a saved run.

    Parameters
    ----------
    path : path
        A `results.json`.

    Returns
    -------
    DataFrame
        Rows with `seed` and the columns `ROW_FIELDS`; empty where the run kept none.

    Raises
    ------
    SchemaError
        If the file is not what `RunRecord.finish` writes.
    """
    try:
        rows = json.loads(Path(path).read_text(encoding="utf-8")).get("repetitions", [])
        values = [{name: value for name, value in row.items() if name != "seed"} for row in rows]
        return frame_of(values).assign(seed=[int(row["seed"]) for row in rows])
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise SchemaError(
            f"{path}: no readable repetitions ({type(error).__name__}: {error}). Run the chapter again."
        ) from error


def latest_committed(
    chapter: str, *, scene: str | None = None, scale: str | None = None
) -> tuple[pd.DataFrame, dict[str, Any]] | None:
    """Rows and provenance of the latest run of a chapter that the project keeps in `data/results`.

    Parameters
    ----------
    chapter : str
        Slug of the chapter.
    scene, scale : str, optional
        Only runs on this scene, at this scale.

    Returns
    -------
    tuple of (DataFrame, dict), or None
        None where the project keeps no such run.
    """
    files = sorted((data_folder() / "results" / chapter).glob("*.json"))
    wanted = [found for found in map(read_results, files) if _is_of(found[1], scene=scene, scale=scale)]
    return max(wanted, key=lambda found: str(found[1].get("started", "")), default=None)


def _is_of(record: Mapping[str, Any], *, scene: str | None, scale: str | None) -> bool:
    has_scene = scene is None or record.get("scene", {}).get("name") == scene
    return has_scene and (scale is None or record.get("parameters", {}).get("scale") == scale)
