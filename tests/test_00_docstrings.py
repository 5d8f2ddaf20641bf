"""Docstrings of `features` and `evaluation` state dimensions, units, errors, and sources that exist."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BIBLIOGRAPHY = ROOT / "book" / "references.bib"
CHECKED = ("features", "evaluation")
CITATION = re.compile(r"\[([A-Z][A-Za-z]+\d{4}[a-z]?)\]")
# A random generator and a function hold no numbers; everything else says its dims and unit, also 0-d: () [1].
TYPE_LINE = re.compile(r"\(.*\) \[.*\]|: (Generator|callable)(, optional)?$")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def bib_keys(text: str) -> set[str]:
    return set(re.findall(r"^@\w+\{\s*([^,\s]+),", text, flags=re.MULTILINE))


def sections(docstring: str) -> dict[str, list[str]]:
    """Lines of each section, by its title."""
    found: dict[str, list[str]] = {"": []}
    title, lines = "", docstring.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.strip() and set(following.strip()) == {"-"}:
            title = line.strip()
            found[title] = []
        elif set(line.strip()) != {"-"}:
            found[title].append(line)
    return found


def type_lines(section: list[str]) -> list[str]:
    return [line for line in section if line.strip() and not line.startswith(" ")]


def documented_names(section: list[str]) -> list[str]:
    heads = (line.partition(" : ")[0] for line in type_lines(section))
    return [name.strip().lstrip("*") for head in heads for name in head.split(",")]


def argument_names(function: Function) -> list[str]:
    a = function.args
    star = [x for x in (a.vararg,) if x], [x for x in (a.kwarg,) if x]
    names = [x.arg for x in (*a.posonlyargs, *a.args, *star[0], *a.kwonlyargs, *star[1])]
    return [name for name in names if name not in {"self", "cls"}]


def may_raise(function: Function) -> bool:
    calls = (n.func for n in ast.walk(function) if isinstance(n, ast.Call))
    names = {c.id if isinstance(c, ast.Name) else getattr(c, "attr", "") for c in calls}
    return "require" in names or any(isinstance(n, ast.Raise) for n in ast.walk(function))


def returns_something(function: Function) -> bool:
    none = isinstance(function.returns, ast.Constant) and function.returns.value is None
    return not none


def public_functions(tree: ast.Module) -> Iterator[Function]:
    """Functions of a module and methods of its classes; a property is described by its one line."""
    for node in tree.body:
        for function in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(function, Function) and not function.name.startswith("_"):
                decorators = [ast.unparse(d) for d in function.decorator_list]
                if not {"property", "overload", "typing.overload"} & set(decorators):
                    yield function


def function_faults(function: Function) -> Iterator[str]:
    text = ast.get_docstring(function, clean=False)
    if text is None:
        yield "no docstring"
        return
    parts = sections(inspect.cleandoc(text))
    arguments = argument_names(function)
    documented = documented_names(parts.get("Parameters", []))
    if documented != arguments:
        yield f"Parameters are {documented}, the signature has {arguments}"
    if returns_something(function) and not {"Returns", "Yields"} & set(parts):
        yield "no Returns section"
    if may_raise(function) and "Raises" not in parts:
        yield "raises, but has no Raises section"
    for title in ("Parameters", "Returns", "Yields"):
        for line in type_lines(parts.get(title, [])):
            if not TYPE_LINE.search(line):
                yield f"{title}: {line!r} lacks (dims) [unit]"


def docstring_faults(source: str) -> list[str]:
    return [f"{f.name}: {fault}" for f in public_functions(ast.parse(source)) for fault in function_faults(f)]


def unknown_citations(source: str, keys: set[str]) -> set[str]:
    nodes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    texts = (ast.get_docstring(n) or "" for n in ast.walk(ast.parse(source)) if isinstance(n, nodes))
    return {key for text in texts for key in CITATION.findall(text)} - keys


def files(*packages: str) -> list[Path]:
    return sorted(p for name in packages for p in (ROOT / "cropnb" / name).rglob("*.py"))


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", files(*CHECKED), ids=short)
def test_docstrings_state_dims_units_errors_and_every_argument(path: Path):
    assert docstring_faults(path.read_text(encoding="utf-8")) == []


def test_every_cited_key_is_in_the_bibliography():
    keys = bib_keys(BIBLIOGRAPHY.read_text(encoding="utf-8"))
    cited = {short(p): unknown_citations(p.read_text(encoding="utf-8"), keys) for p in files("")}
    assert {where: unknown for where, unknown in cited.items() if unknown} == {}


GOOD = '''
def mean_power(c2, *, window):
    """Mean power.

    Parameters
    ----------
    c2 : Dataset (..., y, x) [1, linear power]
        Covariance.
    window : int () [pixel]
        Width, odd.

    Returns
    -------
    DataArray (..., y, x) [1, linear power]
        The mean.

    Raises
    ------
    SchemaError
        If the window is even.

    References
    ----------
    [Known2012], after [Known2013b]
    """
    require(window % 2 == 1, "even")
    return c2
'''


def test_a_good_docstring_has_no_fault():
    assert docstring_faults(GOOD) == []
    assert unknown_citations(GOOD, {"Known2012", "Known2013b"}) == set()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[1, linear power]\n        Covariance", "\n        Covariance", "lacks (dims) [unit]"),
        ("DataArray (..., y, x) [1, linear power]", "DataArray [1, linear power]", "lacks (dims) [unit]"),
        ("window : int () [pixel]", "window : int", "lacks (dims) [unit]"),
        ("window : int () [pixel]", "window : Generatorial", "lacks (dims) [unit]"),
        ("window : int", "width : int", "the signature has ['c2', 'window']"),
        ("*, window", "*, window, n_looks", "the signature has ['c2', 'window', 'n_looks']"),
        ("Raises\n    ------", "Errors\n    ------", "no Raises section"),
        ("Returns\n    -------", "Gives\n    -------", "no Returns section"),
        ('"""Mean power.', 'x = """Mean power.', "no docstring"),
    ],
)
def test_a_planted_fault_is_found(old: str, new: str, said: str):
    assert GOOD.count(old) == 1
    assert any(said in fault for fault in docstring_faults(GOOD.replace(old, new)))


def test_a_generator_needs_no_unit():
    assert docstring_faults(GOOD.replace("window : int () [pixel]", "window : Generator, optional")) == []


def test_raise_without_require_needs_a_section_too():
    planted = GOOD.replace('require(window % 2 == 1, "even")', "raise ValueError").replace("Raises", "Errors")
    assert docstring_faults(planted) == ["mean_power: raises, but has no Raises section"]


def test_an_invented_source_is_found():
    assert unknown_citations(GOOD, {"Known2012"}) == {"Known2013b"}


def test_keys_are_read_from_bibtex():
    assert bib_keys("@article{Known2012,\n title = {A [Other2013] B}}\n@book{ Known2013b,\n}") == {
        "Known2012",
        "Known2013b",
    }
