"""What is asked for in three files agrees: pyproject.toml, environment.yml for conda, requirements.lock."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
# conda-forge's name -> the registry's name
CONDA_NAMES = {
    "boruta_py": "boruta",
    "dask-core": "dask",
    "matplotlib-base": "matplotlib",
    "pytorch": "torch",
}
CONDA_ONLY = {"python", "pip"}
CONDA_LINE = re.compile(r"([a-z0-9][a-z0-9._-]*)\s*((?:(?:>=|<=|==|!=|=|<|>)\s*[0-9][\w.*+]*,?\s*)*)")
Asked = dict[str, SpecifierSet]
# Packages whose metadata names no licence that a machine can read -> the licence, read by us in their files.
LICENCE_READ_BY_HAND: dict[str, str] = {}


def project() -> dict[str, object]:
    table: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def asked_by_project() -> Asked:
    table = project()
    lines = [*table["dependencies"], *(x for extra in table["optional-dependencies"].values() for x in extra)]
    return {canonicalize_name(r.name): r.specifier for r in map(Requirement, lines)}


def from_conda_line(line: str) -> tuple[str, SpecifierSet]:
    """Name and range of a line; raises where conda could not read it."""
    parsed = CONDA_LINE.fullmatch(line.strip())
    if parsed is None:
        raise ValueError(f"environment.yml: {line!r} is no conda requirement; expected 'name >=1.2,<3'.")
    name, range_ = parsed.groups()
    return canonicalize_name(CONDA_NAMES.get(name, name)), SpecifierSet(range_.replace(" ", ""))


def asked_by_conda(text: str) -> Asked:
    entries = yaml.safe_load(text)["dependencies"]
    asked = dict(from_conda_line(line) for line in entries if isinstance(line, str))
    pip = [line for entry in entries if isinstance(entry, dict) for line in entry["pip"]]
    asked |= {canonicalize_name(r.name): r.specifier for r in map(Requirement, pip)}
    return asked


def conda_text() -> str:
    return (ROOT / "environment.yml").read_text(encoding="utf-8")


def locked() -> Iterator[Requirement]:
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield Requirement(line)


def test_conda_asks_for_the_same_names_and_bounds():
    conda = {name: r for name, r in asked_by_conda(conda_text()).items() if name not in CONDA_ONLY}
    assert conda == asked_by_project()


def test_conda_asks_for_the_same_python():
    assert asked_by_conda(conda_text())["python"] == SpecifierSet(project()["requires-python"])


def test_formatting_of_environment_yml_does_not_matter():
    tidy = "dependencies:\n  - numpy >=2.0\n  - pytorch >=2.11,<2.14\n  - pip:\n      - jupyter-book==1.0\n"
    loose = "dependencies: ['numpy>=2.0', \"pytorch >= 2.11, < 2.14\", {pip: [jupyter_book == 1.0]}]  # x\n"
    assert asked_by_conda(tidy) == asked_by_conda(loose)
    assert set(asked_by_conda(tidy)) == {"numpy", "torch", "jupyter-book"}


@pytest.mark.parametrize("line", ["numpy 2.0 >=", "NumPy", "numpy[extra]", "numpy>=", "conda forge::numpy"])
def test_a_line_that_conda_cannot_read_is_found(line: str):
    with pytest.raises(ValueError, match="no conda requirement"):
        from_conda_line(line)


def test_a_changed_bound_is_found():
    planted = conda_text().replace("zarr >=3.0", "zarr >=2.0")
    assert planted != conda_text()
    assert asked_by_conda(planted)["zarr"] != asked_by_project()["zarr"]


def test_lock_holds_every_direct_dependency_within_its_range():
    pins = [(canonicalize_name(r.name), Version(str(r.specifier).removeprefix("=="))) for r in locked()]
    asked = asked_by_project()
    assert asked.keys() - {"torch"} <= {name for name, _ in pins}
    assert [f"{n}=={v}" for n, v in pins if n in asked and v not in asked[n]] == []


def test_lock_leaves_torch_and_gpu_libraries_alone():
    names = {canonicalize_name(r.name) for r in locked()}
    assert not {n for n in names if n == "torch" or n.startswith(("triton", "nvidia", "cuda"))}


def test_lock_holds_every_supported_python():
    for python in ("3.11", "3.12", "3.13"):
        markers = {"python_full_version": f"{python}.5", "python_version": python}
        active = {canonicalize_name(r.name) for r in locked() if not r.marker or r.marker.evaluate(markers)}
        assert asked_by_project().keys() - {"torch"} <= active


def runtime_distributions() -> Iterator[importlib.metadata.Distribution]:
    """What `pip install cropnb` without extras brings, as installed here."""
    todo, seen = [Requirement(line) for line in project()["dependencies"]], set()
    while todo:
        wanted = todo.pop()
        name = canonicalize_name(wanted.name)
        if name in seen:
            continue
        seen.add(name)
        found = importlib.metadata.distribution(name)
        yield found
        for need in map(Requirement, found.requires or []):
            extras = wanted.extras or {""}
            if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras):
                todo.append(need)


def licence_of(metadata: importlib.metadata.PackageMetadata) -> str:
    """Licence by the expression, else the classifiers, else the first line of the free text."""
    classifiers = [c.rpartition(" :: ")[2] for c in metadata.get_all("Classifier") or [] if "License ::" in c]
    text = (metadata.get("License") or "").strip()
    return metadata.get("License-Expression") or "; ".join(classifiers) or text.partition("\n")[0]


def forbids_our_licence(licence: str) -> bool:
    """GPL and AGPL in any version, alone or joined by AND; the lesser GPL and a choice (OR) are no bar."""
    choices = re.split(r"\bOR\b", licence)
    strong = re.compile(r"(?<!L)(?<!Lesser )\bA?GPL|(?<!Lesser )General Public License", re.IGNORECASE)
    return all(strong.search(choice) for choice in choices)


@pytest.mark.parametrize(
    ("licence", "forbidden"),
    [
        ("GPL-3.0-or-later", True),
        ("AGPL-3.0-only", True),
        ("MIT AND GPL-2.0-only", True),
        ("GNU General Public License v3 (GPLv3)", True),
        ("GNU Affero General Public License v3", True),
        ("MIT OR GPL-2.0-only", False),
        ("LGPL-2.1-or-later", False),
        ("GNU Lesser General Public License v3 (LGPLv3)", False),
        ("BSD-3-Clause AND 0BSD AND MIT", False),
        ("Mozilla Public License 2.0 (MPL 2.0)", False),
    ],
)
def test_strong_copyleft_is_recognised(licence: str, forbidden: bool):
    assert forbids_our_licence(licence) is forbidden


def test_no_runtime_dependency_is_under_strong_copyleft():
    licences = {d.metadata["Name"]: licence_of(d.metadata) for d in runtime_distributions()}
    licences |= LICENCE_READ_BY_HAND
    assert len(licences) > 30, "the walk through the dependencies found too few"
    assert {n: text for n, text in licences.items() if not text} == {}, "read them and list them by hand"
    assert {n: text for n, text in licences.items() if forbids_our_licence(text)} == {}
