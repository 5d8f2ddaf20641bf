"""Short functions, short files: the sizes that CONTRIBUTING.md promises."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "cropnb"
MAX_BODY, MAX_MEDIAN, MAX_FILE = 50, 10, 300  # lines


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function's body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def functions(source: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, body_lines(node)


def sources() -> dict[str, str]:
    return {str(p.relative_to(PACKAGE)): p.read_text(encoding="utf-8") for p in sorted(PACKAGE.rglob("*.py"))}


def test_body_is_counted_without_docstring_and_signature():
    long = 'def f(\n    a,\n):\n    """One.\n\n    Two.\n    """\n    b = a\n\n    return b\n'
    source = long + '\ndef g():\n    """Only words."""\n'
    assert dict(functions(source)) == {"f": 3, "g": 0}


def test_no_function_is_long():
    long = [f"{f}:{name} {n}" for f, text in sources().items() for name, n in functions(text) if n > MAX_BODY]
    assert not long, f"more than {MAX_BODY} lines of body, split them: {long}"


def test_no_file_is_long():
    long = {f: text.count("\n") for f, text in sources().items() if text.count("\n") > MAX_FILE}
    assert not long, f"more than {MAX_FILE} lines, split them by subject: {long}"


def test_functions_are_short_at_large(note: Callable[[str], None]):
    sizes = [n for text in sources().values() for _, n in functions(text)]
    median = statistics.median(sizes)
    note(f"{len(sizes)} functions in cropnb: median {median:g} lines, longest {max(sizes)}")
    assert median <= MAX_MEDIAN


@pytest.mark.parametrize(("n_line", "faulty"), [(MAX_BODY, False), (MAX_BODY + 1, True)])
def test_limit_is_the_promised_one(n_line: int, faulty: bool):
    source = "def f():\n" + "    pass\n" * n_line
    assert (dict(functions(source))["f"] > MAX_BODY) is faulty
