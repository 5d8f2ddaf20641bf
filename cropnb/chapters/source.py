"""Chapter sources: MyST notebooks with front matter, read into cells that know their line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import yaml
from jupytext import myst

from cropnb import paths
from cropnb.chapters.findings import Finding
from cropnb.chapters.parameters import ParameterSpec, spec_from_front_matter
from cropnb.schema import SchemaError, require

_BROKEN_MYST = (
    myst.MystMetadataParsingError,
    nbformat.ValidationError,
    yaml.YAMLError,
    AttributeError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell of a source."""

    kind: str  # "code" | "markdown" | "raw"
    source: str
    line: int  # 1-based line of the file where `source` starts
    number: int = 0  # 1-based among the code cells; 0 for the others
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags of the cell."""
        return tuple(self.metadata.get("tags", ()))

    @property
    def title(self) -> str:
        """What an error message calls the cell: number, line and first line of code."""
        first = next((line for line in self.source.splitlines() if line.strip()), "")
        return f"code cell {self.number} (line {self.line}): {first.strip()}"


@dataclass(frozen=True, kw_only=True)
class Page:
    """An executable page of the book: no contract, no parameters."""

    path: Path
    slug: str
    text: str
    front: Mapping[str, Any]  # the whole front matter
    cells: tuple[Cell, ...]

    @property
    def code(self) -> tuple[Cell, ...]:
        """The code cells, in reading order."""
        return tuple(cell for cell in self.cells if cell.kind == "code")

    @property
    def markdown(self) -> tuple[Cell, ...]:
        """The prose cells, in reading order."""
        return tuple(cell for cell in self.cells if cell.kind == "markdown")

    def finding(self, what: str, remedy: str, *, line: int = 1, cell: Cell | None = None) -> Finding:
        """A fault of this page, at a line or at (the `line`-th line of) a cell."""
        if cell is not None:
            line = cell.line + line - 1
        return Finding(path=self.path, line=line, cell=cell.number if cell else 0, what=what, remedy=remedy)


@dataclass(frozen=True, kw_only=True)
class Chapter(Page):
    """A chapter: a page that follows the chapter contract."""

    parameters: Mapping[str, ParameterSpec]

    @property
    def card(self) -> Mapping[str, Any]:
        """The `cropnb` block of the front matter."""
        card: Mapping[str, Any] = self.front["cropnb"]
        return card

    @property
    def title(self) -> str:
        """Title of the chapter."""
        return str(self.card.get("title", self.slug))

    @property
    def scenes(self) -> tuple[str, ...]:
        """Scenes the chapter can run on, the preferred one first."""
        return tuple(self.card.get("scenes") or ())

    @property
    def exhibits(self) -> tuple[str, ...]:
        """Tables and figures the chapter promises."""
        return tuple(self.card.get("exhibits") or ())


def load_page(path: Path) -> Page:
    """Read an executable page.

    Raises
    ------
    SchemaError
        If the file is missing or is no MyST notebook.
    """
    require(path.is_file(), f"{path}: no such file. Give a chapter's slug or the path of a MyST .md file.")
    text = path.read_text(encoding="utf-8")
    notebook = _notebook_from_text(path, text)
    front = {key: value for key, value in notebook.metadata.items() if key != "source_map"}
    cells = _cells(notebook, text.splitlines())
    return Page(path=path.resolve(), slug=path.stem, text=text, front=front, cells=cells)


def load_chapter(slug_or_path: str | Path) -> Chapter:
    """Read a chapter by slug, number, file stem or path.

    Raises
    ------
    SchemaError
        If there is no such chapter, or its front matter cannot be understood.
    """
    page = load_page(find_chapter(slug_or_path))
    card = page.front.get("cropnb")
    if not isinstance(card, Mapping) or not isinstance(card.get("parameters"), Mapping):
        raise SchemaError(
            f"{page.path.name}: the front matter has no `cropnb` block with `parameters`. "
            "Copy the block from another chapter and fill it in."
        )
    specs = {
        str(name): spec_from_front_matter(str(name), entry) for name, entry in card["parameters"].items()
    }
    slug = str(card.get("slug", page.slug))
    return Chapter(
        path=page.path, slug=slug, text=page.text, front=page.front, cells=page.cells, parameters=specs
    )


def is_chapter(path: Path) -> bool:
    """Whether a source declares the chapter contract; a page without it is just executed."""
    return "cropnb" in load_page(path).front


def chapter_paths() -> list[Path]:
    """Sources of all chapters, in the order of their numbers."""
    return sorted((paths.book_folder() / "chapters").glob("*.md"))


def page_paths() -> list[Path]:
    """Pages outside `chapters/` that name a kernel and so have to be executed."""
    found = sorted(paths.book_folder().glob("*.md"))
    return [path for path in found if "kernelspec" in _front_matter(path)]


def slugs() -> dict[str, Path]:
    """Slug of each chapter and where its source lies."""
    return {_slug(path): path for path in chapter_paths()}


def find_chapter(slug_or_path: str | Path) -> Path:
    """Source of a chapter named by slug, number, file stem or path.

    Raises
    ------
    SchemaError
        If nothing goes by that name.
    """
    name = str(slug_or_path)
    if name.endswith(".md"):
        return Path(name)
    known = slugs()
    others = {path.stem: path for path in known.values()}
    others |= {path.stem.partition("-")[0]: path for path in known.values()}
    match = known.get(name) or others.get(name) or others.get(name.zfill(2))
    if match is None:
        raise SchemaError(
            f"no chapter {name!r}.{did_you_mean(name, known)} Chapters: {', '.join(known) or 'none'}."
        )
    return match


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint with the nearest known name, or nothing."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def _front_matter(path: Path) -> Mapping[str, Any]:
    """Front matter alone, without parsing the body."""
    head, _, rest = path.read_text(encoding="utf-8").partition("---\n")
    if head.strip() or "\n---" not in rest:
        return {}
    try:
        front = yaml.safe_load(rest.partition("\n---")[0])
    except yaml.YAMLError as error:
        raise SchemaError(f"{path.name}: the front matter is no valid YAML ({error}). Mend it.") from error
    return front if isinstance(front, Mapping) else {}


def _slug(path: Path) -> str:
    card = _front_matter(path).get("cropnb")
    return str(card.get("slug", path.stem)) if isinstance(card, Mapping) else path.stem


def _notebook_from_text(path: Path, text: str) -> nbformat.NotebookNode:
    try:
        notebook: nbformat.NotebookNode = myst.myst_to_notebook(text, add_source_map=True)
    except _BROKEN_MYST as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SchemaError(
            f"{path.name}: no MyST notebook ({reason}). Mend the YAML of the front matter or cell named."
        ) from error
    return notebook


def _cells(notebook: nbformat.NotebookNode, lines: list[str]) -> tuple[Cell, ...]:
    cells, number = [], 0
    for node, start in zip(notebook.cells, notebook.metadata["source_map"], strict=True):
        number += node.cell_type == "code"
        cells.append(
            Cell(
                kind=node.cell_type,
                source=node.source,
                line=_first_line(node, lines, start),
                number=number if node.cell_type == "code" else 0,
                metadata=dict(node.metadata),
            )
        )
    return tuple(cells)


def _first_line(node: nbformat.NotebookNode, lines: list[str], start: int) -> int:
    """1-based line where the text of a cell starts: below its options, below blank lines."""
    source = node.source.splitlines()
    for index in range(start, len(lines) - len(source) + 1):
        if lines[index : index + len(source)] == source:
            return index + 1
    return start + 1
