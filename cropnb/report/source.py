"""The package's own source on the page, so that text and code cannot drift apart."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from cropnb.schema import SchemaError


@dataclass(frozen=True)
class Source:
    """Source text under the name it is imported by; on a page, a highlighted block of code.

    Only Markdown and text are offered to the notebook: the page's own highlighter then colours the code,
    in light and in dark mode.
    """

    name: str
    code: str

    def __repr__(self) -> str:
        return f"# {self.name}\n{self.code}"

    def _repr_markdown_(self) -> str:
        fence = "`" * max(3, 1 + _longest_tick_run(self.code))
        return f"`{self.name}`\n\n{fence}python\n{self.code}\n{fence}\n"


def show_source(obj: Callable[..., Any] | type | ModuleType, *, docstring: bool = True) -> Source:
    """Source of a function, class or module as it runs here.

    Parameters
    ----------
    obj : function, class or module
        What to show.
    docstring : bool
        False leaves the docstring out, where the prose around says the same.

    Returns
    -------
    Source
        Displayed, it is a highlighted block of code with the name above it.

    Raises
    ------
    SchemaError
        If there is no source file to read from.
    """
    target = inspect.unwrap(obj) if callable(obj) else obj
    try:
        code = textwrap.dedent(inspect.getsource(target)).rstrip()
    except (OSError, TypeError) as error:
        raise SchemaError(
            f"show_source: no source for {obj!r} ({error}); expected a function, class or module in a file. "
            "Move it into the package."
        ) from error
    return Source(_import_name(target), code if docstring else _without_docstring(code))


def _import_name(obj: Any) -> str:
    if inspect.ismodule(obj):
        return str(obj.__name__)
    return f"{obj.__module__}.{obj.__qualname__}"


def _without_docstring(code: str) -> str:
    tree = ast.parse(code)
    node = tree.body[0] if isinstance(tree.body[0], (ast.FunctionDef, ast.ClassDef)) else tree
    first = node.body[0]
    if ast.get_docstring(node) is None or len(node.body) == 1:
        return code
    lines = code.splitlines()
    after = (first.end_lineno or first.lineno) if lines else 0
    while after < len(lines) and not lines[after].strip():
        after += 1
    return "\n".join(lines[: first.lineno - 1] + lines[after:])


def _longest_tick_run(code: str) -> int:
    return max((len(run) for run in re.findall(r"`+", code)), default=0)
