"""The command line: exit codes, one clean message per error, nothing heavy imported for help."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cropnb import __version__
from cropnb.chapters.parameters import pairs, split_values
from cropnb.chapters.run import RunResult
from cropnb.cli import app
from cropnb.schema import SchemaError

MINI = str(Path(__file__).parent / "data" / "mini-chapter.md")


@pytest.fixture(autouse=True)
def _runs(tmp_path, monkeypatch):
    monkeypatch.setenv("CROPNB_RUNS", str(tmp_path / "runs"))


def call(*arguments):
    return CliRunner().invoke(app, list(arguments))


def result(**more):
    return RunResult(slug="mini", notebook=Path("absent.ipynb"), results=None, **{"ok": True, **more})


def test_version_and_help():
    assert call("--version").output.strip() == __version__
    shown = call("--help")
    assert shown.exit_code == 0
    for command in ("run", "sweep", "book", "scenes", "check", "accept"):
        assert command in shown.output


def test_help_imports_nothing_heavy():
    heavy = {"torch", "papermill", "xarray", "pandas", "matplotlib", "jupytext"}
    code = f"import sys, cropnb.cli; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "no-such-chapter"), "no chapter 'no-such-chapter'"),
        (("run", MINI, "-p", "n_seeds=3", "--scene", "county-smoke"), "Did you mean 'n_seed'?"),
        (("run", MINI, "-p", "n_seed"), "no `name=value`"),
        (("run", MINI, "-p", "n_seed=1", "-p", "n_seed=2"), "given twice"),
        (("run", MINI, "--scale", "huge", "--scene", "county-smoke"), "scale 'huge'"),
        (("sweep", MINI, "-p", "n_seed=1,99", "--scene", "county-smoke"), "99 is out of range"),
        (("sweep", MINI), "no parameter to vary"),
    ],
)
def test_wrong_input_is_one_message_and_exit_code_2(arguments, message, tmp_path):
    done = call(*arguments)
    assert done.exit_code == 2
    assert message in done.stderr
    assert "Traceback" not in done.output
    assert not (tmp_path / "runs").exists()


def test_a_failed_run_has_exit_code_1_and_says_where(monkeypatch):
    bad = result(ok=False, error="ValueError: no", cell="code cell 4 (line 9): x = y")
    monkeypatch.setattr("cropnb.chapters.run_chapter", lambda *_, **__: bad)
    done = call("run", MINI)
    assert done.exit_code == 1
    assert "FAILED in code cell 4 (line 9): x = y" in done.stderr
    assert "ValueError: no" in done.stderr


def test_run_passes_its_options_on(monkeypatch):
    seen = {}

    def run_chapter(chapter, **options):
        seen.update(options, chapter=chapter)
        return result(seconds=3.0)

    monkeypatch.setattr("cropnb.chapters.run_chapter", run_chapter)
    done = call("run", "mini", "--scene", "a", "--scale", "smoke", "-p", "n=1", "-p", "m=x=y", "--force")
    assert (done.exit_code, done.stdout) == (0, "mini: ok in 3 s: absent.ipynb\n")
    assert seen == {
        "chapter": "mini",
        "scene": "a",
        "scale": "smoke",
        "overrides": {"n": "1", "m": "x=y"},
        "force": True,
    }


def test_check_exits_with_1_on_a_finding_and_0_without(tmp_path):
    assert call("check", MINI).exit_code == 0
    path = tmp_path / "bad.md"
    path.write_text(Path(MINI).read_text().replace("## Limits\n", ""))
    done = call("check", str(path))
    assert done.exit_code == 1
    assert "section 'Limits' is missing" in done.stdout


def test_book_renders_what_is_there_and_exits_with_1_after_a_failure(monkeypatch, tmp_path):
    notebook = tmp_path / "notebook.ipynb"
    notebook.write_text("{}")
    built = {}

    def build_book(notebooks, out, *, pages, strict):
        built.update(notebooks=notebooks, pages=pages, strict=strict)
        return out / "html"

    runs = [
        RunResult(slug="one", notebook=notebook, results=None, ok=True),
        RunResult(slug="two", notebook=notebook, results=None, ok=False, error="E: why"),
        RunResult(slug="three", notebook=tmp_path / "absent", results=None, ok=False, error="E: broken"),
    ]
    monkeypatch.setattr("cropnb.chapters.run_chapters", lambda *_, **__: runs)
    monkeypatch.setattr("cropnb.chapters.run_pages", lambda **_: [])
    monkeypatch.setattr("cropnb.chapters.book.build_book", build_book)
    done = call("book")
    assert done.exit_code == 1
    assert "2 of 3 failed: two; three" in done.stderr
    assert built == {"notebooks": {"one": notebook, "two": notebook}, "pages": {}, "strict": False}
    runs[1:] = []
    assert call("book").exit_code == 0
    assert built["strict"] is True


def test_pairs_and_values():
    assert pairs(["a=1,2", " b = x"]) == {"a": "1,2", "b": " x"}
    assert split_values("[vv,vh],[vv]") == ["[vv,vh]", "[vv]"]
    assert split_values("1, 2,") == ["1", "2"]
    with pytest.raises(SchemaError):
        pairs(["=1"])
