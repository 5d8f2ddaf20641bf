"""What a reader wants first, added to an executed chapter: badge, card and table of parameters."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import yaml

from cropnb.schema import SCALES

BADGES = {
    "simulated": "This page was computed on a **simulated** scene: it can check code and orderings, "
    "it proves nothing about a real place.",
    "real": "This page was computed on **real** data.",
}
_HEADING = re.compile(r"^# .+$", re.MULTILINE)

Notebook = Any  # nbformat has no types
_node: Any = nbformat.NotebookNode


def decorate(
    notebook: Notebook,
    *,
    slug: str,
    source: Path | None = None,
    run: Mapping[str, Any] | None = None,
    slugs: Iterable[str] = (),
) -> Notebook:
    """Add to an executed chapter what a reader wants first: the badge, the card, the table of parameters.

    Parameters
    ----------
    notebook : NotebookNode
        Executed chapter; changed in place.
    slug : str
        Name of the chapter.
    source : Path, optional
        Its MyST source, whose front matter fills the card, and which is offered for download.
    run : mapping, optional
        What is known about the run (`scene`, `kind`, `scale`, `seconds`, `parameters`), beside what the
        notebook says.
    slugs : iterable of str
        Chapters of the book; a prerequisite among them becomes a link.

    Returns
    -------
    NotebookNode
        `notebook`.
    """
    told = dict(notebook.metadata.get("cropnb") or {})
    front = {**told, **_front_matter(source)}
    run = {**(notebook.metadata.get("cropnb_run") or {}), **(run or {})}
    declared, used = _parted(front.get("parameters") or {})
    used = {**used, **_parted(told.get("parameters") or {})[1], **(run.get("parameters") or {})}
    run = {"scene": used.get("scene"), "scale": used.get("scale"), **run}
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    card = _card(front, run, links=set(slugs), text=text)
    if source:
        card += (
            f"\n\nSource\n: {{download}}`{slug}.md <../sources/{slug}.md>`, the notebook as it was written"
        )
    badge = BADGES.get(str(run.get("kind")), "")
    _insert_below_title(
        notebook,
        title=str(front.get("title", slug)),
        blocks=[
            f":::{{div}} kind-badge kind-{run.get('kind')}\n{badge}\n:::" if badge else "",
            f"::::{{admonition}} At a glance\n:class: at-a-glance\n\n{card}\n::::" if card else "",
        ],
    )
    _insert_parameter_table(notebook, declared=declared, used=used)
    return notebook


def _parted(parameters: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Declarations (mappings) and values among what is filed under `parameters`."""
    declared = {name: entry for name, entry in parameters.items() if isinstance(entry, Mapping)}
    return declared, {name: entry for name, entry in parameters.items() if name not in declared}


# --- the card ------------------------------------------------------------------------------------


def _card(front: Mapping[str, Any], run: Mapping[str, Any], *, links: set[str], text: str) -> str:
    known = [f"{{doc}}`{p}`" if p in links else str(p) for p in front.get("prerequisites") or []]
    exhibits = [_exhibit(str(e), text) for e in front.get("exhibits") or []]
    cost = front.get("cost") or {}
    rows = {
        "You will be able to": _list(front.get("objectives") or []),
        "You should know": _list(known),
        "Scenes": ", ".join(f"{{doc}}`{name} </scenes>`" for name in front.get("scenes") or []),
        "Cost": "; ".join(f"`{scale}`: {_plain(cost[scale])}" for scale in SCALES if scale in cost),
        "Exhibits": ", ".join(exhibits),
        "This run": _this_run(run),
    }
    return "\n\n".join(f"{term}\n: {value}" for term, value in rows.items() if value)


def _list(lines: Iterable[object]) -> str:
    return "\n".join(f"  - {line}" for line in lines).strip()


def _exhibit(name: str, text: str) -> str:
    label = f"exhibit-{name}"
    return f"{{ref}}`{name} <{label}>`" if f"({label})=" in text else name


def _this_run(run: Mapping[str, Any]) -> str:
    parts = [f"scale `{run['scale']}`"] if run.get("scale") else []
    if run.get("scene"):
        parts.append(f"scene `{run['scene']}`" + (f" ({run['kind']})" if run.get("kind") else ""))
    if isinstance(run.get("seconds"), int | float):
        parts.append(f"{run['seconds']:.0f} s")
    return ", ".join(parts)


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(entry)}" for key, entry in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(entry) for entry in value)
    return "" if value is None else str(value)


# --- the table of parameters -----------------------------------------------------------------------------


def _insert_parameter_table(
    notebook: Notebook, *, declared: Mapping[str, Any], used: Mapping[str, Any]
) -> None:
    place = _tagged(notebook, "parameters")
    injected = _tagged(notebook, "injected-parameters")
    if place is None:
        return
    default = _literals(notebook.cells[place].source)
    if injected is not None:
        cell = notebook.cells[injected]
        cell.metadata["tags"] = sorted({*cell.metadata["tags"], "remove-cell"})
        used = {**_literals(cell.source), **used}
    names = [*default, *(name for name in declared if name not in default)]  # JSON sorted the declared ones
    rows = [
        _parameter_row(name, default=default, used=used, declared=declared.get(name) or {}) for name in names
    ]
    if rows:
        head = "| Parameter | Value | Default | Range | Meaning |\n|---|---|---|---|---|"
        table = "\n".join([":::{dropdown} Parameters of this run\n:open:\n", head, *rows, ":::"])
        cell = _markdown_cell(table, name="parameters-of-this-run")
        notebook.cells.insert(max(place, -1 if injected is None else injected) + 1, cell)


def _parameter_row(
    name: str, *, default: Mapping[str, Any], used: Mapping[str, Any], declared: Mapping[str, Any]
) -> str:
    usual = default.get(name)
    value = used.get(name, usual)
    shown = f"**{_cell(value)}**" if value != usual else _cell(value)
    return f"| `{name}` | {shown} | {_cell(usual)} | {_range(declared)} | {declared.get('meaning', '')} |"


def _cell(value: object) -> str:
    return f"`{value!r}`".replace("|", r"\|")


def _range(declared: Mapping[str, Any]) -> str:
    if declared.get("choices"):
        return ", ".join(str(choice).replace("|", r"\|") for choice in declared["choices"])
    low, high = declared.get("min"), declared.get("max")
    if low is None and high is None:
        return _plain(declared.get("type"))
    return f"{'' if low is None else low} … {'' if high is None else high}".strip()


def _literals(code: str) -> dict[str, Any]:
    """Names that `code` assigns a literal to."""
    found: dict[str, Any] = {}
    for node in ast.parse(code).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if isinstance(targets[0], ast.Name) and isinstance(value, ast.expr):
            with contextlib.suppress(ValueError):  # not a literal: no parameter
                found[targets[0].id] = ast.literal_eval(value)
    return found


def _tagged(notebook: Notebook, tag: str) -> int | None:
    places = [i for i, cell in enumerate(notebook.cells) if tag in cell.metadata.get("tags", [])]
    return places[0] if places else None


def _insert_below_title(notebook: Notebook, *, title: str, blocks: list[str]) -> None:
    added = "\n\n".join(block for block in blocks if block)
    for cell in notebook.cells:
        heading = _HEADING.search(cell.source) if cell.cell_type == "markdown" else None
        if heading:
            rest = cell.source[heading.end() :]
            cell.source = f"{cell.source[: heading.end()]}\n\n{added}\n{rest}".rstrip("\n")
            return
    notebook.cells.insert(0, _markdown_cell(f"# {title}\n\n{added}", name="title"))


def _front_matter(source: Path | None) -> dict[str, Any]:
    text = source.read_text(encoding="utf-8") if source else ""
    if not text.startswith("---\n"):
        return {}
    return (yaml.safe_load(text.split("---\n", 2)[1]) or {}).get("cropnb") or {}


def _markdown_cell(source: str, *, name: str) -> Notebook:
    return _node(cell_type="markdown", id=name, metadata=_node(), source=source)
