"""Reference notebooks: committed smoke-scale outputs that nbval compares with a new run."""

from __future__ import annotations

from pathlib import Path

from cropnb import paths
from cropnb.chapters.notebook import read_notebook, write_notebook
from cropnb.chapters.run import RunResult, run_chapter
from cropnb.chapters.source import Chapter, load_chapter, slugs
from cropnb.schema import require


def update_reference(slug_or_path: str | Path, *, force: bool = False, progress: bool = True) -> RunResult:
    """Run a chapter at `smoke` on its smallest scene and keep the notebook as the reference.

    Parameters
    ----------
    slug_or_path : str or Path () [1]
        Slug, file stem or path of the chapter.
    force : bool () [1]
        Run again even if the run is there.
    progress : bool () [1]
        Show a bar, on a terminal.

    Returns
    -------
    RunResult () [1]
        The run; where it failed the old reference is left alone.
    """
    chapter = load_chapter(slug_or_path)
    scene = reference_scene(chapter)
    result = run_chapter(chapter.path, scene=scene, scale="smoke", force=force, progress=progress)
    if result.ok:
        path = reference_path(chapter.slug)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_notebook(read_notebook(result.notebook), path)
    return result


def reference_scene(chapter: Chapter) -> str:
    """Scene of the reference: `reference: {scene: ...}` of the front matter, else the last scene listed."""
    named = (chapter.card.get("reference") or {}).get("scene")
    require(
        bool(named or chapter.scenes),
        f"{chapter.slug}: the front matter lists no `scenes`. List at least one.",
    )
    return str(named or chapter.scenes[-1])


def reference_path(slug: str) -> Path:
    """Where the reference of a chapter lies."""
    return paths.book_folder() / "reference" / f"{slug}.ipynb"


def reference_notebooks(only: tuple[str, ...] = ()) -> dict[str, Path]:
    """Slug -> reference notebook, of all chapters or of those named.

    Raises
    ------
    SchemaError
        If a chapter has no reference yet.
    """
    wanted = only or tuple(slugs())
    found = {slug: reference_path(slug) for slug in wanted}
    missing = [slug for slug, path in found.items() if not path.is_file()]
    require(
        not missing, f"no reference notebook of {', '.join(missing)}. Run `cropnb accept` for them first."
    )
    return found
