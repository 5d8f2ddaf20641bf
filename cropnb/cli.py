"""The command line: run, sweep, book, map, scenes, check, accept."""

# ruff: noqa: PLC0415
# Imports stand inside the commands: `cropnb --help` must not wait for torch, xarray and papermill.

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from cropnb import __version__, paths
from cropnb.schema import SCALES, SchemaError

if TYPE_CHECKING:
    from cropnb.chapters import Finding, RunResult

FAILED, WRONG_INPUT = 1, 2  # exit codes


class CleanErrors(TyperGroup):
    """Shows our own errors as one message, without a traceback."""

    def invoke(self, ctx: Any) -> Any:  # typer's own copy of click's Context, or click's, by version
        """Run a command; a broken contract ends with exit code 2."""
        try:
            return super().invoke(ctx)
        except SchemaError as error:
            typer.echo(f"Error: {error}", err=True)
            raise typer.Exit(WRONG_INPUT) from error
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] == "cropnb":
                raise
            typer.echo(f"Error: {error}. Install it with: pip install 'cropnb[book,dev]'", err=True)
            raise typer.Exit(WRONG_INPUT) from error


app = typer.Typer(cls=CleanErrors, no_args_is_help=True, pretty_exceptions_enable=False)
scenes_app = typer.Typer(no_args_is_help=True, help="What there is to look at: list, describe, fetch.")
app.add_typer(scenes_app, name="scenes")

ChapterName = Annotated[str, typer.Argument(help="Slug, number or path of a chapter.", metavar="CHAPTER")]
ChapterNames = Annotated[
    list[str] | None, typer.Argument(help="Slugs or paths; all chapters without.", metavar="[CHAPTER]...")
]
SceneName = Annotated[
    str | None, typer.Option("--scene", help="A scene of the chapter, or the folder of your own Zarr scene.")
]
Scale = Annotated[str, typer.Option("--scale", help=f"One of {', '.join(SCALES)}.")]
Pairs = Annotated[list[str] | None, typer.Option("-p", "--parameter", metavar="NAME=VALUE")]
Lee = Annotated[
    tuple[int, float] | None,
    typer.Option(metavar="WINDOW LOOKS", help="Speckle filter of its samples, if its folder does not say."),
]
Force = Annotated[bool, typer.Option("--force", help="Do it again even if a finished run is there.")]


def show_version(*, wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version",
        is_eager=True,
        help="Show the version.",
        callback=lambda wanted: show_version(wanted=wanted),
    ),
]


@app.callback()
def main(*, version: Version = False) -> None:
    """Crop mapping with SAR and deep learning: a book that runs."""


@app.command()
def run(
    chapter: ChapterName,
    *,
    scene: SceneName = None,
    scale: Scale = "laptop",
    parameter: Pairs = None,
    force: Force = False,
) -> None:
    """Run one chapter and keep its notebook and results."""
    from cropnb.chapters import run_chapter
    from cropnb.chapters.parameters import pairs

    overrides = pairs(parameter or [])
    result = run_chapter(chapter, scene=scene, scale=scale, overrides=overrides, force=force)
    _tell(result)
    _finish([result])


@app.command()
def sweep(
    chapter: ChapterName,
    *,
    parameter: Pairs = None,
    scene: SceneName = None,
    scale: Scale = "laptop",
    force: Force = False,
) -> None:
    """Run a chapter once per combination of values (-p name=a,b,c); finished runs are not done again."""
    from cropnb.chapters import sweep_chapter
    from cropnb.chapters.parameters import pairs, split_values

    grid = {name: split_values(text) for name, text in pairs(parameter or []).items()}
    tell = partial(_tell, names=tuple(grid))
    done = sweep_chapter(chapter, grid, scene=scene, scale=scale, force=force, on_run=tell)
    typer.echo(f"table: {done.table}")
    _finish(done.runs, names=tuple(grid))


@app.command()
def book(
    *,
    chapter: Annotated[list[str] | None, typer.Option("--chapter", help="Only this chapter; repeat.")] = None,
    scene: SceneName = None,
    scale: Scale = "laptop",
    force: Force = False,
    reference: Annotated[
        bool, typer.Option("--reference", help="Render the committed reference notebooks; run no chapter.")
    ] = False,
) -> None:
    """Run the chapters and render the book."""
    from cropnb.chapters import notebooks, reference_notebooks, run_chapters, run_pages
    from cropnb.chapters.book import BookBuildError, build_book

    names = chapter or []
    done: list[RunResult] = []
    if not reference:
        typer.echo(f"running the chapters at {scale} scale; each is reported when it is done")
        done = run_chapters(names, scene=scene, scale=scale, force=force, on_run=_tell)
    shown = reference_notebooks(tuple(names)) if reference else notebooks(done)
    pages = run_pages(on_run=_tell)
    failed = any(not result.ok for result in (*done, *pages))
    typer.echo("rendering the book")
    try:
        # A partial notebook may lack a label that another page refers to: no reason to show nothing.
        html = build_book(
            shown, paths.book_folder() / "_build", pages=notebooks(pages), strict=not (failed or names)
        )
    except BookBuildError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(FAILED) from error
    typer.echo(f"open {html if html.suffix else html / 'index.html'}")
    _finish([*done, *pages])


@app.command()
def check(chapter: ChapterNames = None) -> None:
    """Check chapters against the chapter contract."""
    from cropnb.chapters import check_all, check_chapter

    found: list[Finding] = [f for name in chapter or [] for f in check_chapter(name)]
    if not chapter:
        found = check_all()
    for finding in found:
        typer.echo(str(finding))
    typer.echo(f"{len(found)} findings" if found else "the chapter contract is kept")
    raise typer.Exit(FAILED if found else 0)


@app.command()
def accept(chapter: ChapterNames = None, *, force: Force = False) -> None:
    """Run chapters at smoke scale and keep their notebooks as the reference that the tests compare with."""
    from cropnb.chapters import update_reference
    from cropnb.chapters.source import slugs

    done = []
    for name in chapter or list(slugs()):
        done.append(update_reference(name, force=force))
        _tell(done[-1])
    _finish(done)


@app.command("map")
def map_(
    scene: Annotated[str, typer.Argument(help="Name of a scene, or its Zarr folder.")],
    classifier: Annotated[Path, typer.Argument(help="Folder that cropnb.training.save_fitted wrote.")],
    folder: Annotated[Path, typer.Argument(help="To make, for the maps; it must not be there yet.")],
    *,
    lee: Lee = None,
    orbit: Annotated[list[str] | None, typer.Option(help="Orbit of its samples; repeat. Else all.")] = None,
    majority: Annotated[int, typer.Option(help="Odd width in pixels of a majority filter, 0: none.")] = 0,
    workers: Annotated[str, typer.Option(help="Processes, or a Dask scheduler: tcp://host:port.")] = "1",
) -> None:
    """Map a scene with a classifier that was fitted on its days, orbits and radar features.

    FOLDER gets classes.tif (255: never measured), probabilities.tif (a band per class, in steps of 0.004),
    record.json (time, memory, pixels of each class) and, with --majority, classes-majority.tif. A run that
    was cut off goes on when it is started again. Example: cropnb map county-tile fits/forest maps/tile
    """
    from cropnb.mapping import MapSettings, map_scene
    from cropnb.report import provenance

    settings = MapSettings.from_options(lee=lee, orbits=orbit, majority=majority)
    tags = {"commit": str(provenance()["commit"])}
    typer.echo(map_scene(scene, classifier, folder, settings=settings, workers=workers, tags=tags).summary)


@scenes_app.command("list")
def list_scenes() -> None:
    """All scenes of the catalogue and whether they are at hand."""
    from cropnb.scenes import catalogue, is_available

    rows = [
        (name, entry.kind, "at hand" if is_available(name) else "fetch it", entry.title)
        for name, entry in catalogue().items()
    ]
    _show_table(("scene", "kind", "here", "what"), rows)


@scenes_app.command()
def describe(name: Annotated[str, typer.Argument(help="Name of a scene, or its Zarr folder.")]) -> None:
    """What a scene holds."""
    from cropnb.scenes import describe as describe_scene
    from cropnb.scenes import open_scene

    with _download_errors():
        scene = open_scene(name)
    for key in ("name", "kind", "season", "crs", "licence", "source"):
        typer.echo(f"{key}: {scene.attrs.get(key, '')}")
    table = describe_scene(scene)
    _show_table([str(column) for column in table.columns], table.itertuples(index=False))


@scenes_app.command()
def fetch(name: Annotated[str, typer.Argument(help="Name of a scene.")]) -> None:
    """Download a scene, checked against its checksum, unless it is at hand."""
    from cropnb.scenes import fetch_scene

    with _download_errors():
        typer.echo(str(fetch_scene(name, progress=True)))


@contextlib.contextmanager
def _download_errors() -> Iterator[None]:
    """A download that fails ends with one message and exit code 1."""
    from cropnb.scenes import DownloadError

    try:
        yield
    except DownloadError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(FAILED) from error


def _tell(result: RunResult, *, names: Sequence[str] = ()) -> None:
    """One line about a run: what became of it, how long it took, where it lies."""
    label = _label(result, names)
    if result.ok:
        how = "finished before" if result.skipped else f"ok in {result.seconds:.0f} s"
        typer.echo(f"{label}: {how}: {result.notebook}")
        return
    where = f" in {result.cell}" if result.cell else ""
    kept = f"\n  partial notebook: {result.notebook}" if result.notebook.is_file() else ""
    typer.echo(f"{label}: FAILED{where}\n  {result.error}{kept}", err=True)


def _finish(results: Sequence[RunResult], *, names: Sequence[str] = ()) -> None:
    """End with exit code 1 if a run failed."""
    failed = [_label(result, names) for result in results if not result.ok]
    if failed:
        typer.echo(f"{len(failed)} of {len(results)} failed: {'; '.join(failed)}", err=True)
        raise typer.Exit(FAILED)


def _label(result: RunResult, names: Sequence[str]) -> str:
    """Slug of a run, with the values of the parameters that a sweep varies."""
    values = ", ".join(f"{name}={result.parameters.get(name)}" for name in names)
    return f"{result.slug} ({values})" if values else result.slug


def _show_table(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """A table for people on a terminal, tab-separated text for programs."""
    lines = [[str(value) for value in row] for row in rows]
    if not sys.stdout.isatty():
        for line in [list(columns), *lines]:
            typer.echo("\t".join(line))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns)
    for line in lines:
        table.add_row(*line)
    Console().print(table)
