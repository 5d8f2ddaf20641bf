"""Rules on the code cells of a chapter: short, plain, portable, with alt text on every figure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from cropnb.chapters.contract import MAX_CELL_LINES, MAX_CODE_WIDTH, MAX_DEF_LINES, MAX_DEFS
from cropnb.chapters.findings import Finding
from cropnb.chapters.source import Cell, Chapter
from cropnb.chapters.syntax import calls, imports, later_cells, overwritten, parse_cell, parses
from cropnb.schema import SchemaError

_MAGIC = re.compile(r"^\s*(!|%%?[A-Za-z])")
# Roots of file systems; group paths of a scene such as "/sentinel1" are no files.
_ABSOLUTE = re.compile(
    r"^(~|file:|[A-Za-z]:[\\/]|/(home|root|work|tmp|data|mnt|media|usr|var|opt|etc|srv|scratch|Users|Volumes)(/|$))"
)
_WARNED = "Mend the cause of the warning, or silence it in the package, with the reason."
_FORBIDDEN = {
    "warnings.filterwarnings": _WARNED,
    "warnings.simplefilter": _WARNED,
    "os.system": "Do it in the package.",
    "get_ipython": "Use no magics; do it in the package.",
}
_FORBIDDEN_MODULES = {
    "pip": "List the package in pyproject.toml.",
    "subprocess": "Do it in the package.",
}
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_NO_FIGURE = {"style", "use_style"}  # context managers and set-up of plotting; they draw nothing


def check_layout(chapter: Chapter) -> Iterator[Finding]:
    """Cells fit a screen, lines fit a printed page."""
    for cell in chapter.code:
        lines = cell.source.splitlines()
        if len(lines) > MAX_CELL_LINES:
            yield chapter.finding(
                f"{len(lines)} lines in a cell, at most {MAX_CELL_LINES}",
                "Split it, or move the work into the package.",
                cell=cell,
            )
        for number, line in enumerate(lines, start=1):
            if len(line) > MAX_CODE_WIDTH:
                what = f"{len(line)} characters in a line, at most {MAX_CODE_WIDTH}"
                yield chapter.finding(what, "Break the line; print cuts it.", cell=cell, line=number)
            if _MAGIC.match(line):
                yield chapter.finding("a magic or shell command", "Use plain Python.", cell=cell, line=number)


def check_syntax(chapter: Chapter) -> Iterator[Finding]:
    """Every cell is plain Python."""
    for cell in chapter.code:
        try:
            parse_cell(cell)
        except SchemaError as error:
            yield chapter.finding(str(error).rstrip("."), "Make it valid Python.", cell=cell)


def check_statements(chapter: Chapter) -> Iterator[Finding]:
    """No class, no while, no loop over epochs, few and short functions, no absolute path."""
    n_def = 0
    for cell, node in _nodes(chapter):
        line = getattr(node, "lineno", 1)
        if isinstance(node, _FUNCTION):
            n_def += 1
            yield from _check_def(chapter, cell, node, n_def)
        for what, remedy in _faults(node):
            yield chapter.finding(what, remedy, cell=cell, line=line)


def check_calls(chapter: Chapter) -> Iterator[Finding]:
    """No silenced warnings, no changed import path, no shell, no pip."""
    imported = imports(chapter)
    for cell in filter(parses, chapter.code):
        for name, call in calls(cell, imported):
            if name in _FORBIDDEN:
                yield chapter.finding(f"call of {name}", _FORBIDDEN[name], cell=cell, line=call.lineno)
    yield from _check_modules(chapter, imported)


def _check_modules(chapter: Chapter, imported: dict[str, str]) -> Iterator[Finding]:
    for cell, node in _nodes(chapter):
        if isinstance(node, ast.Attribute) and (node.attr, _stem(node, imported)) == ("path", "sys"):
            yield chapter.finding("sys.path is touched", "Install the package.", cell=cell, line=node.lineno)
        for module in _imported_modules(node) & _FORBIDDEN_MODULES.keys():
            what = f"import of {module}"
            yield chapter.finding(
                what, _FORBIDDEN_MODULES[module], cell=cell, line=getattr(node, "lineno", 1)
            )


def check_figures(chapter: Chapter) -> Iterator[Finding]:
    """Every cell that plots has an alt text, a caption and a name in its metadata."""
    imported = imports(chapter)
    for cell in filter(parses, chapter.code):
        if not any(_plots(name) for name, _ in calls(cell, imported)):
            continue
        settings = cell.metadata.get("mystnb") or {}
        image, figure = settings.get("image") or {}, settings.get("figure") or {}
        given = {"image: alt": image.get("alt"), "figure: caption": figure.get("caption")}
        given["figure: name"] = figure.get("name")
        for key in (key for key, value in given.items() if not str(value or "").strip()):
            remedy = f"Add `mystnb: {{{key}}}` to the options of the cell."
            yield chapter.finding(f"figure without `{key}`", remedy, cell=cell)


def check_overwritten_parameters(chapter: Chapter) -> Iterator[Finding]:
    """No later cell gives a parameter another value, except under an `if` on itself."""
    try:
        cells = later_cells(chapter)
    except SchemaError:
        return  # reported by the check of the parameters
    for cell in filter(parses, cells):
        for name in sorted(overwritten(cell) & chapter.parameters.keys()):
            what = f"parameter {name} is overwritten"
            yield chapter.finding(what, "Use another name for the new value.", cell=cell)


def _nodes(chapter: Chapter) -> Iterator[tuple[Cell, ast.AST]]:
    for cell in filter(parses, chapter.code):
        for node in ast.walk(parse_cell(cell)):
            yield cell, node


def _check_def(
    chapter: Chapter, cell: Cell, node: ast.FunctionDef | ast.AsyncFunctionDef, n_def: int
) -> Iterator[Finding]:
    n_line = (node.end_lineno or node.lineno) - node.lineno + 1
    remedy = "Move it into the package, with a test."
    if n_line > MAX_DEF_LINES:
        what = f"function {node.name} has {n_line} lines, at most {MAX_DEF_LINES}"
        yield chapter.finding(what, remedy, cell=cell, line=node.lineno)
    if n_def > MAX_DEFS:
        what = f"function {node.name} is number {n_def}, at most {MAX_DEFS} in a chapter"
        yield chapter.finding(what, remedy, cell=cell, line=node.lineno)


def _faults(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.ClassDef):
        yield f"class {node.name} in a chapter", "Move it into the package, with a test."
    if isinstance(node, ast.While):
        yield "a while loop", "Move it into the package."
    if isinstance(node, ast.For) and "epoch" in ast.unparse(node.target).lower():
        yield "a loop over epochs", "Call the package's training."
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _ABSOLUTE.match(node.value):
        yield f"absolute path {node.value!r}", "Open scenes by name, or take a folder from cropnb.paths."


def _stem(node: ast.Attribute, imported: dict[str, str]) -> str:
    return imported.get(node.value.id, node.value.id) if isinstance(node.value, ast.Name) else ""


def _imported_modules(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.split(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").split(".")[0]}
    return set()


def _plots(name: str) -> bool:
    draws = name.startswith(("cropnb.plotting.", "plotting.", "matplotlib.pyplot."))
    return draws and name.rsplit(".", maxsplit=1)[-1] not in _NO_FIGURE
