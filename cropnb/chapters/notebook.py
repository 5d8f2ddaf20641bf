"""Notebooks before and after a run: stable cell ids in, no time stamps out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from cropnb.chapters.source import Cell, Page

_nbformat: Any = nbformat  # has type marks, but few types
_cells: Any = nbformat.v4

INJECTED = "injected-parameters"
_BANNERS = {"papermill-error-cell-tag", "papermill-error-cell"}


@dataclass(frozen=True)
class Failure:
    """Where and why an execution stopped."""

    cell: str
    error: str


def notebook_from_page(page: Page) -> NotebookNode:
    """Notebook of a page, ready to be executed, byte for byte the same for the same source."""
    seen: Counter[str] = Counter()
    nodes = [_node(cell, seen) for cell in page.cells]
    metadata = {key: value for key, value in page.front.items() if key != "jupytext"}
    notebook: NotebookNode = _cells.new_notebook(cells=nodes, metadata=_nbformat.from_dict(metadata))
    return notebook


def clean(notebook: NotebookNode, record: Mapping[str, Any]) -> NotebookNode:
    """Strip what papermill adds, give the injected cell its name, keep `record` as `cropnb_run`."""
    notebook.metadata.pop("papermill", None)
    notebook.metadata["cropnb_run"] = _nbformat.from_dict(dict(record))
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        tags = cell.metadata.get("tags", [])
        if INJECTED in tags:
            cell["id"] = INJECTED
            cell.metadata["tags"] = [INJECTED, "remove-cell"]
        elif _BANNERS & set(tags):
            cell["id"] = tags[0] + "-" + str(notebook.cells.index(cell))
    _nbformat.validate(notebook)
    return notebook


def failure(notebook: NotebookNode, page: Page, error: Exception) -> Failure:
    """The cell that stopped a run and why, read from the partial notebook."""
    index = _stopped_at(notebook)
    number = sum(_is_own_code(cell) for cell in notebook.cells[: index + 1])
    title = page.code[number - 1].title if number else "before the first cell"
    return Failure(cell=title, error=_reason(notebook.cells[index], error) if notebook.cells else str(error))


def read_notebook(path: Path) -> NotebookNode:
    """Notebook of a file."""
    notebook: NotebookNode = _nbformat.read(path, as_version=4)
    return notebook


def write_notebook(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook, replaced whole or not at all."""
    part = path.with_suffix(".ipynb.part")
    _nbformat.write(notebook, part)
    part.replace(path)


def missing_figure(notebook: NotebookNode, page: Page) -> Failure | None:
    """The first cell that promises a figure and showed none: caption and label would silently be missing."""
    own = (cell for cell in notebook.cells if _is_own_code(cell))
    for source, cell in zip(page.code, own, strict=True):
        kinds = {kind for output in cell.outputs for kind in output.get("data", {})}
        if "figure" in cell.metadata.get("mystnb", {}) and not any(
            kind.startswith("image/") for kind in kinds
        ):
            return Failure(
                cell=source.title, error="the cell has a figure caption but no figure came out of it"
            )
    return None


def _node(cell: Cell, seen: Counter[str]) -> NotebookNode:
    make = {"code": _cells.new_code_cell, "raw": _cells.new_raw_cell}.get(cell.kind, _cells.new_markdown_cell)
    name = f"{cell.kind}-{hashlib.sha256(cell.source.encode()).hexdigest()[:12]}"
    seen[name] += 1
    if seen[name] > 1:  # the same text twice in a page
        name = f"{name}-{seen[name]}"
    node: NotebookNode = make(cell.source, metadata=_nbformat.from_dict(dict(cell.metadata)), id=name)
    return node


def _is_own_code(cell: NotebookNode) -> bool:
    return bool(cell.cell_type == "code" and INJECTED not in cell.metadata.get("tags", []))


def _stopped_at(notebook: NotebookNode) -> int:
    """Index of the cell with an error output; else (dead kernel) of the last one that was started."""
    started = 0
    for index, cell in enumerate(notebook.cells):
        if any(output.output_type == "error" for output in cell.get("outputs", [])):
            return index
        if cell.cell_type == "code" and cell.metadata.get("papermill", {}).get("start_time"):
            started = index
    return started


def _reason(cell: NotebookNode, error: Exception) -> str:
    timed_out = isinstance(error, TimeoutError)  # the kernel's own error is then our interrupt
    for output in [] if timed_out else cell.get("outputs", []):
        if output.output_type == "error":
            return f"{output.ename}: {output.evalue}"
    first = next((line for line in str(error).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {first}"
