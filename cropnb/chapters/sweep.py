"""Sweeps: one run per combination of values, resumed where it stopped, gathered in one tidy table."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cropnb import paths
from cropnb.chapters.keys import hash_text
from cropnb.chapters.parameters import Value
from cropnb.chapters.run import Plan, RunResult, execute, plan_run
from cropnb.chapters.source import load_chapter
from cropnb.schema import require

PREFIX = "parameter_"  # results rows have columns scene, scale and n_seed of their own


@dataclass(frozen=True, kw_only=True)
class SweepResult:
    """What came out of a sweep."""

    folder: Path
    runs: tuple[RunResult, ...]

    @property
    def table(self) -> Path:
        """Tidy table: one line per results row of a run, its parameters in front."""
        return self.folder / "sweep.csv"

    @property
    def failed(self) -> tuple[RunResult, ...]:
        """The runs that failed."""
        return tuple(run for run in self.runs if not run.ok)


def sweep_chapter(
    slug_or_path: str | Path,
    grid: Mapping[str, Sequence[Value]],
    *,
    scene: str | None = None,
    scale: str = "laptop",
    force: bool = False,
    progress: bool = True,
    on_run: Callable[[RunResult], None] | None = None,
) -> SweepResult:
    """Run a chapter once for each combination of parameter values; finished runs are not done again.

    Parameters
    ----------
    slug_or_path : str or Path () [1]
        Slug, number, file stem or path of the chapter.
    grid : Mapping () [1]
        Values to try for each parameter; text is read by the declared type.
    scene : str () [1], optional
        As in `run_chapter`.
    scale : str () [1]
        As in `run_chapter`.
    force : bool () [1]
        Do finished runs again.
    progress : bool () [1]
        Show a bar for each run, on a terminal.
    on_run : Callable () [1], optional
        Told about each run when it is done.

    Returns
    -------
    SweepResult () [1]
        All runs, the failed ones too, and the table, which is written anew after each run.

    Raises
    ------
    SchemaError
        If a value of the grid is wrong; nothing has run then.
    """
    plans = plan_sweep(slug_or_path, grid, scene=scene, scale=scale)
    folder = _folder(plans)
    _write_definition(folder, grid, plans)
    runs: list[RunResult] = []
    for plan in plans:
        runs.append(execute(plan, force=force, progress=progress))
        write_table(folder / "sweep.csv", runs)
        if on_run:
            on_run(runs[-1])
    return SweepResult(folder=folder, runs=tuple(runs))


def plan_sweep(
    slug_or_path: str | Path,
    grid: Mapping[str, Sequence[Value]],
    *,
    scene: str | None = None,
    scale: str = "laptop",
) -> list[Plan]:
    """The runs of a sweep, all checked, in the order of the grid.

    Raises
    ------
    SchemaError
        If the grid is empty or a value is wrong.
    """
    require(bool(grid), "sweep: no parameter to vary. Give at least one, such as -p n_tree=100,300.")
    for name, values in grid.items():
        require(len(values) > 0, f"sweep: parameter {name} has no values. Give some, separated by commas.")
    chapter = load_chapter(slug_or_path)
    combinations = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    plans = [plan_run(chapter, scene=scene, scale=scale, overrides=chosen) for chosen in combinations]
    return list({plan.key: plan for plan in plans}.values())  # a value given twice is run once


def write_table(path: Path, runs: Iterable[RunResult]) -> None:
    """Write the results rows of all finished runs, each with the parameters of its run."""
    lines = [line for run in runs if run.ok and run.results for line in _lines(run, run.results)]
    names = list(dict.fromkeys(name for line in lines for name in line))
    part = path.with_suffix(".part")
    with part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(lines)
    part.replace(path)


def _lines(run: RunResult, results: Path) -> list[dict[str, Any]]:
    rows = json.loads(results.read_text(encoding="utf-8"))["rows"]
    chosen = {f"{PREFIX}{name}": _flat(value) for name, value in run.parameters.items()}
    return [{"run": run.folder.name, **chosen, **row} for row in rows]


def _flat(value: Value) -> Value:
    """A value that fits one field of the table."""
    return " ".join(map(str, value)) if isinstance(value, list) else value


def _folder(plans: Sequence[Plan]) -> Path:
    key = hash_text("\n".join(sorted(plan.key for plan in plans)))
    folder = paths.runs_folder() / plans[0].page.slug / "sweeps" / key[:10]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write_definition(folder: Path, grid: Mapping[str, Sequence[Value]], plans: Sequence[Plan]) -> None:
    definition = {
        "chapter": plans[0].page.slug,
        "grid": {name: list(values) for name, values in grid.items()},
        "runs": [plan.folder.name for plan in plans],
    }
    (folder / "sweep.json").write_text(json.dumps(definition, indent=2) + "\n", encoding="utf-8")
