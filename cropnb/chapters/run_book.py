"""The whole book: every chapter and executable page run, one failure stopping none of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from cropnb.chapters.run import NOTEBOOK, RunResult, execute, plan_page, run_chapter
from cropnb.chapters.source import Chapter, chapter_paths, find_chapter, load_chapter, load_page, page_paths
from cropnb.schema import SchemaError

Listener = Callable[[RunResult], None]


def run_chapters(
    names: Sequence[str] = (),
    *,
    scene: str | None = None,
    scale: str = "laptop",
    force: bool = False,
    progress: bool = True,
    on_run: Listener | None = None,
) -> list[RunResult]:
    """Run chapters one after the other.

    Parameters
    ----------
    names : Sequence () [1]
        Slugs, file stems or paths; empty for all chapters.
    scene : str () [1], optional
        Scene for the chapters that list it; the others choose for themselves.
    scale : str () [1]
        `smoke`, `laptop` or `full`.
    force : bool () [1]
        Do finished runs again.
    progress : bool () [1]
        Show a bar for each chapter, on a terminal.
    on_run : Callable () [1], optional
        Told about each chapter when it is done.

    Returns
    -------
    list () [1]
        One result per chapter; a chapter that broke its contract has `ok` False and no notebook.

    Raises
    ------
    SchemaError
        If a name is unknown; nothing has run then.
    """
    sources = [find_chapter(name) for name in names] or chapter_paths()
    results = []
    for path in sources:
        results.append(_run_one(path, scene=scene, scale=scale, force=force, progress=progress))
        if on_run:
            on_run(results[-1])
    return results


def run_pages(*, progress: bool = True, on_run: Listener | None = None) -> list[RunResult]:
    """Run the executable pages outside `chapters/`, each time: they are short and show this very disk."""
    results = []
    for path in page_paths():
        results.append(execute(plan_page(load_page(path)), force=True, progress=progress))
        if on_run:
            on_run(results[-1])
    return results


def notebooks(results: Sequence[RunResult]) -> dict[str, Path]:
    """Slug -> notebook of all runs that left one, the partial ones of failed chapters too."""
    return {result.slug: result.notebook for result in results if result.notebook.is_file()}


def _run_one(path: Path, *, scene: str | None, scale: str, force: bool, progress: bool) -> RunResult:
    try:
        chapter = load_chapter(path)
        chosen = scene if _can_use(chapter, scene) else None
        return run_chapter(path, scene=chosen, scale=scale, force=force, progress=progress)
    except SchemaError as error:
        # No cell ran; the result says so and the next chapter gets its turn.
        return RunResult(
            slug=path.stem, notebook=path.with_name(NOTEBOOK), results=None, ok=False, error=str(error)
        )


def _can_use(chapter: Chapter, scene: str | None) -> bool:
    return scene is not None and (scene in chapter.scenes or "/" in scene)
