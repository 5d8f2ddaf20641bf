"""One run of a chapter: its rows and its provenance, saved together in one file."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from cropnb.report.plain import plain
from cropnb.report.provenance import provenance
from cropnb.report.results import RESULTS, run_folder, write_json
from cropnb.report.rows import Rows, frame_of, tidy_rows
from cropnb.report.table import Table
from cropnb.schema import KINDS, require
from cropnb.system import peak_memory_mb

_SCENE_ATTRS = ("name", "kind", "fingerprint")


@dataclass(frozen=True)
class FinishedRun:
    """A saved run; on a page it shows where its numbers come from."""

    path: Path
    provenance: dict[str, Any]
    frame: pd.DataFrame

    @property
    def table(self) -> Table:
        """Provenance as a table of two columns."""
        items = [("rows saved", str(len(self.frame))), *_flat(self.provenance)]
        return Table(pd.DataFrame(items, columns=["what", "value"]), "Provenance of this page")

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return repr(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()

    def _repr_markdown_(self) -> str:
        return self.table._repr_markdown_()


@dataclass
class RunRecord:
    """Collects the rows of one run of a chapter."""

    chapter: str
    parameters: dict[str, Any]
    scene: dict[str, Any]
    seeds: list[int]
    started: dt.datetime
    clock: float = field(repr=False)
    rows: list[dict[str, Any]] = field(default_factory=list, repr=False)
    repetitions: list[dict[str, Any]] = field(default_factory=list, repr=False)

    @property
    def frame(self) -> pd.DataFrame:
        """The rows so far."""
        return frame_of(self.rows)

    def add(self, rows: Rows, **common: Any) -> None:
        """Append rows; scene, kind and scale come from the run and cannot be overridden.

        Parameters
        ----------
        rows : DataFrame, mapping or iterable of mappings
            Fields of `cropnb.report.ROW_FIELDS`.
        **common : str or float
            Fields that all these rows share.
        """
        self.rows += tidy_rows(tidy_rows(rows, **common), **self._own_fields())

    def add_repetitions(self, rows: pd.DataFrame, **common: Any) -> None:
        """Append scores of single repetitions, for claims that compare two of them in pairs.

        Parameters
        ----------
        rows : DataFrame
            Column `seed`, and fields of `cropnb.report.ROW_FIELDS`.
        **common : str or float
            Fields that all these rows share.
        """
        require(
            "seed" in rows, f"repetitions: columns {list(rows)}; expected a seed. Pass repetition_scores()."
        )
        tidy = tidy_rows(tidy_rows(rows.drop(columns="seed"), **common), **self._own_fields())
        self.repetitions += [{"seed": int(seed), **row} for seed, row in zip(rows["seed"], tidy, strict=True)]

    def finish(self) -> FinishedRun:
        """Save rows and provenance in one file, replaced whole or not at all.

        Returns
        -------
        FinishedRun
            Path of the file; displayed, it is the table of provenance.
        """
        path = run_folder(self.chapter) / RESULTS
        record = self.provenance()
        write_json(path, {"provenance": record, "rows": self.rows, "repetitions": self.repetitions})
        return FinishedRun(path, record, self.frame)

    def provenance(self) -> dict[str, Any]:
        """What this run is: chapter, parameters, scene, seeds, time, memory, commit, versions, machine.

        Returns
        -------
        dict
            Plain Python values.
        """
        run = {
            "chapter": self.chapter,
            "parameters": self.parameters,
            "scene": self.scene,
            "seeds": self.seeds,
            "started": self.started.isoformat(timespec="seconds"),
            "seconds": round(time.perf_counter() - self.clock, 1),
            "peak_memory_mb": peak_memory_mb(),
        }
        return {**run, **provenance()}

    def _own_fields(self) -> dict[str, str]:
        fields = {"scene": self.scene.get("name"), "kind": self.scene.get("kind")}
        fields["scale"] = self.parameters.get("scale")
        return {name: str(value) for name, value in fields.items() if value}


def start_run(
    chapter: str,
    parameters: Mapping[str, Any],
    *,
    scene: xr.DataTree | None = None,
    seeds: Iterable[int] = (),
) -> RunRecord:
    """Start the record of one run of a chapter.

    Parameters
    ----------
    chapter : str
        Slug of the chapter.
    parameters : mapping
        The chapter's parameters with the values in use.
    scene : DataTree, optional
        The scene all numbers are about; its name and kind go into every row.
    seeds : iterable of int
        Seeds in use.

    Returns
    -------
    RunRecord
        Empty; add rows with `.add`, save with `.finish`.
    """
    require(
        bool(chapter) and chapter == Path(chapter).name,
        f"run: chapter {chapter!r}; expected the slug of a chapter, a name without slashes. Give its slug.",
    )
    return RunRecord(
        chapter=chapter,
        parameters=plain(parameters),
        scene={} if scene is None else _scene_record(scene),
        seeds=[int(seed) for seed in seeds],
        started=dt.datetime.now(dt.UTC),
        clock=time.perf_counter(),
    )


def _scene_record(scene: xr.DataTree) -> dict[str, Any]:
    lacking = [name for name in _SCENE_ATTRS if not scene.attrs.get(name)]
    require(
        not lacking, f"run: the scene has no {lacking}; expected these root attrs. Open it with open_scene."
    )
    kind = scene.attrs["kind"]
    require(kind in KINDS, f"run: the scene's kind is {kind!r}; expected {' or '.join(KINDS)}. Open it anew.")
    names = (*_SCENE_ATTRS, "sim_version")
    return {name: str(scene.attrs[name]) for name in names if name in scene.attrs}


def _flat(record: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    items: list[tuple[str, str]] = []
    for name, value in record.items():
        if isinstance(value, Mapping):
            items += _flat(value, f"{prefix}{name}: ")
        else:
            items.append((f"{prefix}{name}".replace("_", " "), _shown(value)))
    return items


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "not known" if value is None or value == "" else str(value)
