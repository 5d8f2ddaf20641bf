"""The book from executed chapters: everything staged in one folder, then Jupyter Book run on it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import yaml

from cropnb.chapters.decoration import decorate
from cropnb.chapters.run_book import notebooks as notebooks_of
from cropnb.chapters.run_book import run_pages
from cropnb.chapters.source import slugs
from cropnb.paths import book_folder
from cropnb.scenes import catalogue

LOG_LINES = 40  # of a failed build, shown in the error
KEPT_VARIABLES = ("PATH", "HOME", "TMPDIR", "TEMP", "SYSTEMROOT", "VIRTUAL_ENV", "JUPYTER_PATH")
_nbformat: Any = nbformat  # has no types
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_BUILD = "from jupyter_book.cli.main import main; main()"


class BookBuildError(RuntimeError):
    """Jupyter Book failed; the message ends with the last lines of its log."""


def build_book(
    notebooks: Mapping[str, Path], out: Path, *, pages: Mapping[str, Path] | None = None, strict: bool = True
) -> Path:
    """Render the book from executed chapters.

    Parameters
    ----------
    notebooks : mapping of str to Path
        Executed notebook of each chapter, by slug. A chapter of the contents that is not here is left out.
    out : Path
        Folder to build in. The pages land in `html/` in it; those of an earlier build stay until a new one is
        whole.
    pages : mapping of str to Path, optional
        Executed notebooks of pages that compute something, such as `scenes`; None runs them now.
    strict : bool
        Whether a warning of Sphinx fails the build.

    Returns
    -------
    Path
        Folder of the HTML pages; open its `index.html`.

    Raises
    ------
    BookBuildError
        If Jupyter Book fails, or a page that had to be run.
    """
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    pages = _executed_pages() if pages is None else pages
    source = stage_site(notebooks, pages, out / "source")
    site = out / "site"
    shutil.rmtree(site, ignore_errors=True)
    log = _run_jupyter_book(source, site, strict=strict)
    (out / "build.log").write_text(log.text, encoding="utf-8")
    built = site / "_build" / "html"
    if log.failed or not (built / "index.html").is_file():
        raise BookBuildError(_explain(log.text, out / "build.log"))
    shutil.rmtree(out / "html", ignore_errors=True)
    built.rename(out / "html")
    shutil.rmtree(site)
    return out / "html"


def stage_site(notebooks: Mapping[str, Path], pages: Mapping[str, Path], out: Path) -> Path:
    """Copy the book's sources and executed chapters into one folder that Jupyter Book can build.

    Parameters
    ----------
    notebooks : mapping of str to Path
        Executed notebook of each chapter, by slug.
    pages : mapping of str to Path
        Executed notebooks that take the place of a page's Markdown, by the page's name.
    out : Path
        Folder to make; what an earlier call left there is removed.

    Returns
    -------
    Path
        `out`.
    """
    shutil.rmtree(out, ignore_errors=True)
    (out / "chapters").mkdir(parents=True)
    (out / "sources").mkdir()
    _copy_pages(out, executed=pages)
    sources = slugs()
    for slug, path in notebooks.items():
        source = sources.get(slug)
        if source:
            shutil.copyfile(source, out / "sources" / f"{slug}.md")
        notebook = _nbformat.read(path, as_version=4)
        decorate(notebook, slug=slug, source=source, run=_run_record(path, notebook), slugs=notebooks)
        _nbformat.write(notebook, out / "chapters" / f"{slug}.ipynb")
    contents = yaml.safe_load((book_folder() / "_toc.yml").read_text(encoding="utf-8"))
    text = yaml.safe_dump(_filled_contents(contents, list(notebooks)), sort_keys=False)
    (out / "_toc.yml").write_text(text, encoding="utf-8")
    return out


def _executed_pages() -> dict[str, Path]:
    runs = run_pages(progress=False)
    failed = [run for run in runs if not run.ok]
    if failed:
        raise BookBuildError(
            f"page {failed[0].slug} stopped in {failed[0].cell}: {failed[0].error}. "
            "Correct the page and build again."
        )
    return notebooks_of(runs)


def _run_record(path: Path, notebook: Any) -> dict[str, Any]:
    """Scene, kind and time of a run: from the results beside its notebook, else from its parameters."""
    results = path.with_name("results.json")
    if path.stem == "notebook" and results.is_file():
        saved = json.loads(results.read_text(encoding="utf-8")).get("provenance", {})
        scene = saved.get("scene") or {}
        known = {"scene": scene.get("name"), "kind": scene.get("kind"), "seconds": saved.get("seconds")}
    else:
        name = ((notebook.metadata.get("cropnb") or {}).get("parameters") or {}).get("scene")
        entry = catalogue().get(name) if isinstance(name, str) else None
        known = {"kind": entry.kind if entry else None}
    return {name: value for name, value in known.items() if value is not None}


def _copy_pages(out: Path, *, executed: Mapping[str, Path]) -> None:
    skipped = shutil.ignore_patterns("chapters", "reference", "_build", "__pycache__", ".*", "_toc.yml")
    shutil.copytree(book_folder(), out, dirs_exist_ok=True, ignore=skipped)
    for name, path in executed.items():
        (out / f"{name}.md").unlink(missing_ok=True)
        shutil.copyfile(path, out / f"{name}.ipynb")


def _filled_contents(contents: dict[str, Any], slugs: list[str]) -> dict[str, Any]:
    """The contents with the chapters that were executed, each in its numbered part; others end the first."""
    numbered = [part for part in contents["parts"] if part.get("numbered")]
    listed = [[Path(entry["file"]).name for entry in part["chapters"]] for part in numbered]
    known = {slug for names in listed for slug in names}
    if listed:
        listed[0] += [slug for slug in slugs if slug not in known]
    for part, names in zip(numbered, listed, strict=True):
        part["chapters"] = [{"file": f"chapters/{slug}"} for slug in names if slug in slugs]
    contents["parts"] = [part for part in contents["parts"] if part["chapters"]]
    return contents


@dataclass(frozen=True)
class _Log:
    text: str
    failed: bool


def _run_jupyter_book(source: Path, site: Path, *, strict: bool) -> _Log:
    flags = ["--all", "-W", "--keep-going"] if strict else ["--all"]
    run = subprocess.run(
        [sys.executable, "-c", _BUILD, "build", str(source), "--path-output", str(site), *flags],
        env=_clean_environment(),
        cwd=source,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return _Log(_COLOURS.sub("", run.stdout + run.stderr), failed=run.returncode != 0)


def _clean_environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {**kept, "PYTHONUTF8": "1", "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}


def _explain(log: str, path: Path) -> str:
    tail = "\n".join(log.strip().splitlines()[-LOG_LINES:])
    return (
        f"Jupyter Book stopped or gave a warning; expected a clean build. The whole log is {path}. "
        f"Correct the pages it names and build again; its last lines:\n{tail}"
    )
