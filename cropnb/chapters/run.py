"""Run a chapter with papermill: once per key, whole or not at all; a failure keeps its partial notebook."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cropnb import paths
from cropnb.chapters.keys import hash_text, package_hash, run_key, versions
from cropnb.chapters.notebook import (
    Failure,
    clean,
    failure,
    missing_figure,
    notebook_from_page,
    read_notebook,
    write_notebook,
)
from cropnb.chapters.parameters import Value
from cropnb.chapters.resolve import resolve_parameters
from cropnb.chapters.source import Chapter, Page, load_chapter

NOTEBOOK, RESULTS, STATUS = "notebook.ipynb", "results.json", "run.json"
CELL_SECONDS = {"smoke": 600, "laptop": 3600, "full": 24 * 3600}  # one cell may take this long
_KERNEL = {
    "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin while they wait slow everything else down tenfold
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # no debugger warning in the outputs
    "PYTHONHASHSEED": "0",  # sets print in one order
    "PYTHONWARNINGS": "ignore:IProgress not found",  # progress bars are for terminals, not for pages
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # figures land in the notebook
}
_FOLDERS = {
    "CROPNB_DATA": paths.user_data,
    "CROPNB_CACHE": paths.cache_folder,
    "CROPNB_RUNS": paths.runs_folder,
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A run that has been checked and not started."""

    page: Page
    parameters: Mapping[str, Value]
    key: str
    folder: Path


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """What came out of a run."""

    slug: str
    notebook: Path
    results: Path | None
    ok: bool
    error: str = ""
    cell: str = ""  # number, line and first line of the cell that failed
    seconds: float = 0.0
    skipped: bool = False  # finished before, not done again
    parameters: Mapping[str, Value] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Folder of the run."""
        return self.notebook.parent


def run_chapter(
    slug_or_path: str | Path,
    *,
    scene: str | None = None,
    scale: str = "laptop",
    overrides: Mapping[str, Value] | None = None,
    force: bool = False,
    progress: bool = True,
    timeout: int | None = None,
) -> RunResult:
    """Execute a chapter, unless this very run is already there.

    Parameters
    ----------
    slug_or_path : str or Path () [1]
        Slug, number, file stem or path of the chapter.
    scene : str () [1], optional
        Name of a scene of the chapter, or folder of a Zarr scene; None leaves the choice to the chapter.
    scale : str () [1]
        `smoke`, `laptop` or `full`.
    overrides : Mapping () [1], optional
        Other parameters by name; text is read by the declared type.
    force : bool () [1]
        Run again even if the run is there.
    progress : bool () [1]
        Show a bar, on a terminal.
    timeout : int () [s], optional
        Longest time of one cell; None takes `CELL_SECONDS` of the scale.

    Returns
    -------
    RunResult () [1]
        A chapter that fails gives a result with `ok` False, its partial notebook, the cell and the reason.

    Raises
    ------
    SchemaError
        If the chapter or a parameter is wrong; nothing has run then.
    """
    plan = plan_run(load_chapter(slug_or_path), scene=scene, scale=scale, overrides=overrides)
    return execute(plan, force=force, progress=progress, timeout=timeout)


def plan_run(
    chapter: Chapter,
    *,
    scene: str | None = None,
    scale: str = "laptop",
    overrides: Mapping[str, Value] | None = None,
) -> Plan:
    """Check a run and say where it goes, without starting it.

    Raises
    ------
    SchemaError
        If a parameter is wrong.
    """
    values = resolve_parameters(chapter, scene=scene, scale=scale, overrides=overrides)
    name = f"{Path(str(values.get('scene', 'none'))).stem}-{values.get('scale', scale)}"
    return _plan(chapter, values, name)


def plan_page(page: Page) -> Plan:
    """Plan of a page that has no parameters."""
    return _plan(page, {}, "page")


def execute(
    plan: Plan, *, force: bool = False, progress: bool = True, timeout: int | None = None
) -> RunResult:
    """Execute a plan, unless its run is already there."""
    status = read_status(plan.folder)
    if status.get("status") == "finished" and not force:
        return _result(plan, plan.folder, ok=True, seconds=status["seconds"], skipped=True)
    part = Path(f"{plan.folder}.part")
    shutil.rmtree(part, ignore_errors=True)
    (part / "work").mkdir(parents=True)
    clock = time.perf_counter()
    failed = _execute_notebook(plan, part, progress=progress, timeout=timeout)
    seconds = round(time.perf_counter() - clock, 1)
    with contextlib.suppress(OSError):
        (part / "work").rmdir()  # stays if the chapter wrote into it
    _write_status(plan, part, failed, seconds)
    folder = _settle(part, plan.folder, failed)
    problem = {"error": failed.error, "cell": failed.cell} if failed else {}
    return _result(plan, folder, ok=failed is None, seconds=seconds, **problem)


def read_status(folder: Path) -> dict[str, Any]:
    """What `run.json` of a folder says; empty where there is no run."""
    path = folder / STATUS
    status: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return status


def _plan(page: Page, values: Mapping[str, Value], name: str) -> Plan:
    key = run_key(page.text, values)
    folder = paths.runs_folder() / page.slug / f"{name}-{key[:10]}"
    return Plan(page=page, parameters=values, key=key, folder=folder)


def _execute_notebook(plan: Plan, part: Path, *, progress: bool, timeout: int | None) -> Failure | None:
    """Run the notebook into `part`; None, or what stopped it."""
    import papermill  # noqa: PLC0415  (a second of imports that checks and finished runs do not need)
    from nbclient.exceptions import CellTimeoutError, DeadKernelError  # noqa: PLC0415

    out = part / NOTEBOOK
    problem: Exception | None = None
    with _environment(part):
        try:
            papermill.execute_notebook(
                notebook_from_page(plan.page),
                _literal(out),
                parameters=dict(plan.parameters),
                cwd=str(part / "work"),
                kernel_name="python3",
                progress_bar={"desc": plan.page.slug, "leave": False}
                if progress and _on_terminal()
                else False,
                execution_timeout=timeout or CELL_SECONDS.get(plan.parameters.get("scale", "laptop")),
                extra_arguments=["--IPKernelApp.log_level=ERROR"],
                coalesce_streams=True,  # chunks of one print arrive as the machine pleases
            )
        except (papermill.PapermillExecutionError, CellTimeoutError, DeadKernelError) as error:
            problem = error
    notebook = read_notebook(out)
    failed = failure(notebook, plan.page, problem) if problem else missing_figure(notebook, plan.page)
    write_notebook(clean(notebook, _record(plan, part)), out)
    return failed


@contextlib.contextmanager
def _environment(part: Path) -> Iterator[None]:
    """Environment of the kernel: quiet, reproducible, folders absolute as it works in a folder of its own."""
    before = dict(os.environ)
    folders = {name: str(folder()) for name, folder in _FOLDERS.items() if before.get(name, "").strip()}
    os.environ.update(_KERNEL | folders | {"CROPNB_RUN_FOLDER": str(part)})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _record(plan: Plan, part: Path) -> dict[str, Any]:
    """What the notebook says about its own run; no time stamps, so that it is the same each time."""
    provenance = _provenance(part)
    return {
        "slug": plan.page.slug,
        "scene": plan.parameters.get("scene", ""),
        "kind": (provenance.get("scene") or {}).get("kind", ""),
        "scale": plan.parameters.get("scale", ""),
        "parameters": dict(plan.parameters),
        "source": plan.page.path.name,
        "source_sha256": hash_text(plan.page.text),
        "package_sha256": package_hash(),
        "versions": versions(),
        "device": provenance.get("device") or platform.machine(),
    }


def _provenance(part: Path) -> dict[str, Any]:
    """What the chapter itself recorded; empty where it did not get that far."""
    path = part / RESULTS
    saved = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    provenance: dict[str, Any] = saved.get("provenance", {})
    return provenance


def _write_status(plan: Plan, part: Path, failed: Failure | None, seconds: float) -> None:
    status = {
        "status": "failed" if failed else "finished",
        "slug": plan.page.slug,
        "key": plan.key,
        "parameters": dict(plan.parameters),
        "seconds": seconds,
        "error": failed.error if failed else "",
        "cell": failed.cell if failed else "",
    }
    (part / STATUS).write_text(json.dumps(status, indent=2) + "\n", encoding="utf-8")


def _settle(part: Path, folder: Path, failed: Failure | None) -> Path:
    """Give the folder of a run its final name, in place of an older one."""
    wrong = Path(f"{folder}.failed")
    shutil.rmtree(wrong, ignore_errors=True)
    if failed:
        return part.rename(wrong)
    shutil.rmtree(folder, ignore_errors=True)
    return part.rename(folder)


def _result(plan: Plan, folder: Path, **rest: Any) -> RunResult:
    results = folder / RESULTS
    return RunResult(
        slug=plan.page.slug,
        notebook=folder / NOTEBOOK,
        results=results if results.is_file() else None,
        parameters=plan.parameters,
        **rest,
    )


def _on_terminal() -> bool:
    return sys.stderr.isatty()


def _literal(path: Path) -> str:
    """A path that papermill does not take for a template."""
    return str(path).replace("{", "{{").replace("}", "}}")
