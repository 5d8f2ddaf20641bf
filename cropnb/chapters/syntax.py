"""What the code cells of a chapter say, read from their syntax tree without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from cropnb.chapters.source import Cell, Chapter
from cropnb.schema import SchemaError, require


def parse_cell(cell: Cell) -> ast.Module:
    """Syntax tree of a code cell.

    Raises
    ------
    SchemaError
        If the cell is no plain Python.
    """
    try:
        return ast.parse(cell.source)
    except SyntaxError as error:
        raise SchemaError(
            f"{cell.title}: no plain Python ({error.msg}). Mend it; magics are not allowed."
        ) from error


def parses(cell: Cell) -> bool:
    """Whether the cell is plain Python."""
    try:
        ast.parse(cell.source)
    except SyntaxError:
        return False
    return True


def parameters_cell(chapter: Chapter) -> Cell:
    """The one cell tagged `parameters`.

    Raises
    ------
    SchemaError
        If there is none, or more than one.
    """
    tagged = [cell for cell in chapter.code if "parameters" in cell.tags]
    require(
        len(tagged) == 1,
        f"{chapter.path.name}: {len(tagged)} code cells carry the tag `parameters`; tag exactly one.",
    )
    return tagged[0]


def literals(cell: Cell) -> dict[str, object]:
    """Names and values of a cell that holds nothing but `name = literal`.

    Raises
    ------
    SchemaError
        If a statement is anything else.
    """
    values: dict[str, object] = {}
    for statement in parse_cell(cell).body:
        name, node = _assignment(statement)
        try:
            values[name] = ast.literal_eval(node)
        except ValueError:
            line = ast.unparse(statement)
            raise SchemaError(
                f"{cell.title}: `{line}` is no literal. Write `name = value`; compute in a later cell."
            ) from None
    return values


def later_cells(chapter: Chapter) -> tuple[Cell, ...]:
    """The code cells below the parameters cell."""
    start = parameters_cell(chapter).number
    return tuple(cell for cell in chapter.code if cell.number > start)


def names_read(cell: Cell) -> set[str]:
    """Names a cell loads."""
    nodes = ast.walk(parse_cell(cell))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def overwritten(cell: Cell) -> set[str]:
    """Names a cell binds, those left out that it binds below an `if` on themselves."""
    tree = parse_cell(cell)
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name) and inner.id in _loaded(node.test)
    }
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in guarded
    }


def imports(chapter: Chapter) -> dict[str, str]:
    """Local name -> dotted name of everything the chapter imports."""
    found: dict[str, str] = {}
    trees = [parse_cell(cell) for cell in chapter.code if parses(cell)]
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Import):
            found |= {a.asname: a.name for a in node.names if a.asname}
        elif isinstance(node, ast.ImportFrom):
            found |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return found


def calls(cell: Cell, imported: dict[str, str]) -> Iterator[tuple[str, ast.Call]]:
    """Dotted name, with aliases undone, and node of each call in a cell."""
    for node in ast.walk(parse_cell(cell)):
        if isinstance(node, ast.Call):
            yield dotted(node.func, imported), node


def dotted(node: ast.expr, imported: dict[str, str]) -> str:
    """`a.b.c` of a chain of attributes, with the import alias of `a` undone; empty for anything else."""
    if isinstance(node, ast.Name):
        return imported.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        stem = dotted(node.value, imported)
        return f"{stem}.{node.attr}" if stem else ""
    return ""


def _loaded(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _assignment(statement: ast.stmt) -> tuple[str, ast.expr]:
    """Name and value of `name = value`; a value that is no literal for anything else."""
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
        return statement.target.id, statement.value
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Name):
            return target.id, statement.value
    return "", ast.Name(id="no_literal", ctx=ast.Load())
