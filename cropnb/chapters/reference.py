"""Reference notebooks: committed smoke-scale outputs that nbval compares with a new run."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from nbformat import NotebookNode
from PIL import Image

from cropnb import paths
from cropnb.chapters.notebook import read_notebook, write_notebook
from cropnb.chapters.run import RunResult, run_chapter
from cropnb.chapters.source import Chapter, load_chapter, slugs
from cropnb.schema import require

PNG = "image/png"
N_COLOUR = 16  # enough to recognise a figure; the book itself shows the figures of its own run


def update_reference(slug_or_path: str | Path, *, force: bool = False, progress: bool = True) -> RunResult:
    """Run a chapter at `smoke` on its smallest scene and keep the notebook as the reference.

    Parameters
    ----------
    slug_or_path : str or Path () [1]
        Slug, number, file stem or path of the chapter.
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
        write_notebook(_light(read_notebook(result.notebook)), path)
    return result


def _light(notebook: NotebookNode) -> NotebookNode:
    """The same notebook with its figures in few colours: the repository keeps every version of it."""
    for output in (output for cell in notebook.cells for output in cell.get("outputs", ())):
        if PNG in output.get("data", {}):
            output["data"][PNG] = _few_colours(output["data"][PNG])
    return notebook


def _few_colours(png: str) -> str:
    image = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    small = io.BytesIO()
    image.quantize(N_COLOUR, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return base64.b64encode(small.getvalue()).decode("ascii")


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
