"""The project's own files: sizes, links, licences, versions, and a reference for every chapter."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
LARGE = 1_000_000  # bytes
# With spaces, so that this file does not name them either.
REGISTRIES = [
    name.replace(" ", ".")
    for name in (
        "pypi org",
        "files pythonhosted org",
        "registry npmjs org",
        "deb debian org",
        "conda anaconda org",
        "download pytorch org",
        "proxy golang org",
        "crates io",
    )
]
REGISTRY = re.compile("|".join(rf"(?<![\w.]){re.escape(host)}\b" for host in REGISTRIES), re.IGNORECASE)
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


def project_files() -> list[Path]:
    """Files that are tracked or about to be: what git does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip(f"git cannot list the files of {ROOT}: {listed.stderr.strip()}")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def texts(*suffixes: str) -> dict[str, str]:
    chosen = (p for p in project_files() if not suffixes or p.suffix in suffixes)
    return {str(p.relative_to(ROOT)): p.read_text(encoding="utf-8", errors="replace") for p in chosen}


def decisions() -> list[Path]:
    return sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))


def test_a_large_file_is_named_in_a_decision():
    words = "\n".join(path.read_text(encoding="utf-8") for path in decisions())
    large = [p.relative_to(ROOT).as_posix() for p in project_files() if p.stat().st_size > LARGE]
    assert [name for name in large if name not in words] == []


def test_no_file_names_a_package_registry():
    own = {name: text for name, text in texts().items() if not name.startswith("book/_assets/mathjax/")}
    assert {name: found.group() for name, text in own.items() if (found := REGISTRY.search(text))} == {}


def test_a_named_registry_is_found():
    assert REGISTRY.search(f"see https://{REGISTRIES[0]}/project/x")
    assert not REGISTRY.search("https://docs.example.org/py" + "pi.orgchart")


def test_links_between_the_documents_lead_somewhere():
    broken = [
        f"{name} -> {target}"
        for name, text in texts(".md").items()
        if not name.startswith("book/")  # the book engine checks its own, and resolves them otherwise
        for target in LINK.findall(text)
        if "://" not in target and not (ROOT / name).parent.joinpath(target).exists()
    ]
    assert broken == []


def test_index_of_decisions_is_complete_and_in_order():
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    assert LINK.findall(index) == [path.name for path in decisions()]
    numbers = [path.name[:4] for path in decisions()]
    assert numbers == [f"{n:04d}" for n in range(1, len(numbers) + 1)]


@pytest.mark.parametrize("path", decisions(), ids=lambda path: path.stem)
def test_a_decision_has_number_context_decision_and_consequences(path: Path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.name[:4]} ")
    assert re.findall(r"^## (.*)$", text, flags=re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_code_refers_to_decisions_that_exist():
    named = {
        n for name, text in texts(".py", ".md").items() for n in re.findall(r"decision (\d{4})", text, re.I)
    }
    assert named <= {path.name[:4] for path in decisions()}


def test_one_version_everywhere():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert str(yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"]) == version


def test_citation_has_what_the_format_requires():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert citation["cff-version"] == "1.2.0"
    assert all({"name", "family-names"} & author.keys() for author in citation["authors"])
    assert citation["type"] in {"software", "dataset"}


def test_changelog_has_a_place_for_the_next_change():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", changelog, flags=re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", heading) for heading in headings[1:])


def test_licences_are_the_ones_the_project_names():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "BSD-3-Clause"
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("BSD 3-Clause License")
    assert "CC BY 4.0" in (ROOT / "LICENSE-TEXT.md").read_text(encoding="utf-8")


def chapter_slugs() -> list[str]:
    fronts = (
        p.read_text(encoding="utf-8").split("\n---\n")[0] for p in (ROOT / "book/chapters").glob("[0-9]*.md")
    )
    return sorted(yaml.safe_load(front.removeprefix("---"))["cropnb"]["slug"] for front in fronts)


def test_there_is_a_chapter():
    assert chapter_slugs()


@pytest.mark.parametrize("slug", chapter_slugs())
def test_every_chapter_has_an_executed_reference(slug: str):
    """nbval passes over a notebook without outputs, and pytest over a folder without notebooks: not here."""
    path = ROOT / "book" / "reference" / f"{slug}.ipynb"
    assert path.exists(), f"run `make accept`, look at {path.name}, and commit it"
    cells = [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    assert cells
    assert all(cell["execution_count"] for cell in cells)
    assert not [o for cell in cells for o in cell["outputs"] if o["output_type"] == "error"]


def sanitised(text: str) -> str:
    """As nbval does it: every rule of the file, in order."""
    rules = configparser.RawConfigParser()
    rules.read(ROOT / "tests" / "sanitize.cfg", encoding="utf-8")
    for section in rules.sections():
        text = re.sub(rules.get(section, "regex"), rules.get(section, "replace"), text)
    return text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<Axes at 0x7f3a12bc90>", "<Axes at 0x10bb8e2d40>"),
        ("saved /tmp/a1/results.json", "saved /var/folders/x/T/results.json"),
        ("/work/main/book/reference/x", "/srv/clone/book/reference/x"),
        ("/work/main/cropnb/x.py", "/home/me/clone/cropnb/x.py"),
        ("/work/main/cropnb/x.py", "/tmp/clone/cropnb/x.py"),
        ("started 2026-11-21T09:07:25+00:00", "started 2026-11-22 10:00:00"),
        ("took 12.4 s", "took 9 s"),
    ],
)
def test_comparison_ignores_what_differs_between_machines(one: str, other: str):
    assert sanitised(one) == sanitised(other) != one


@pytest.mark.parametrize("text", ["overall accuracy 0.710", "0.71 [0.66, 0.75]", "562 fields", "-12.4 dB"])
def test_comparison_does_not_ignore_results(text: str):
    assert sanitised(text) == text


PLANTED = """
import os, pytest
@pytest.mark.realdata
def test_marked(): assert False
@pytest.mark.realdata("canada-2017")
def test_named(): assert os.environ["CROPNB_DATA"]
def test_fixture(real_data): assert real_data.is_dir()
@pytest.mark.browser
def test_page(): pytest.skip("no Chromium")
def test_own(isolated_folders): assert (isolated_folders / "runs").samefile(os.environ["CROPNB_RUNS"])
"""


def run_planted(folder: Path, data: str) -> str:
    (folder / "test_planted.py").write_text(PLANTED, encoding="utf-8")
    shutil.copy(ROOT / "tests" / "conftest.py", folder)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  realdata: x\n  browser: x\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    environment = {**os.environ, "CROPNB_DATA": data, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return run.stdout


def test_without_real_data_the_report_says_what_was_skipped_and_why(tmp_path: Path):
    report = run_planted(tmp_path, "")
    assert "skipped: 2 realdata (CROPNB_DATA is not set)" in report
    assert "skipped: 1 browser (no Chromium)" in report
    assert "1 passed, 4 skipped" in report


def test_with_real_data_only_what_is_lacking_is_skipped(tmp_path: Path):
    data = tmp_path / "data"
    data.mkdir()
    report = run_planted(tmp_path, str(data))
    assert f"skipped: 1 realdata (no canada-2017 in CROPNB_DATA={data})" in report
    assert "1 failed, 2 passed, 2 skipped" in report
