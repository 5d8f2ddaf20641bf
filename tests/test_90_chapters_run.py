"""Running chapters: whole or not at all, once per key, a failure explained, a killed sweep resumed."""

import base64
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

from cropnb import report
from cropnb.chapters import keys, run_chapter, run_chapters, run_pages, sweep_chapter, update_reference
from cropnb.chapters import run as runner
from cropnb.chapters.reference import _few_colours
from cropnb.chapters.run import read_status

MINI = Path(__file__).parent / "data" / "mini-chapter.md"
GOOD = MINI.read_text()
# Without matplotlib a run takes a second less.
FAST = re.sub("---\nmystnb:.*?\n---\n", "", GOOD, flags=re.DOTALL)
for old, new in (("import matplotlib.pyplot as plt\n", ""), ("plt.plot(", "print("), (", label=", ", ")):
    FAST = FAST.replace(old, new)
BREAKS = 'raise ValueError("asked to fail")'
STEADY = "from cropnb.chapters import keys; keys.package_hash = lambda: ''; keys.hash_files = lambda *_: ''; "


@pytest.fixture(autouse=True)
def _runs(tmp_path, monkeypatch):
    """Runs of a test lie in its own folder, and nobody who edits the package meanwhile changes their keys."""
    monkeypatch.setenv("CROPNB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(keys, "package_hash", lambda: "")
    monkeypatch.setattr(keys, "hash_files", lambda *_: "")


@pytest.fixture
def fast(tmp_path):
    path = tmp_path / "mini.md"
    path.write_text(FAST)
    return path


def settings(**more):
    return {"scene": "county-smoke", "scale": "smoke", "progress": False, **more}


def test_a_run_leaves_notebook_results_and_status_and_is_not_done_twice(monkeypatch):
    monkeypatch.setenv("CROPNB_DATA", "some/folder")
    first = run_chapter(MINI, **settings())
    assert first.ok, first.error
    assert sorted(path.name for path in first.folder.iterdir()) == [
        "notebook.ipynb",
        "results.json",
        "run.json",
    ]
    assert first.folder.name.startswith("county-smoke-smoke-")
    assert len(json.loads(first.results.read_text())["rows"]) == 2
    assert read_status(first.folder)["status"] == "finished"
    notebook = nbformat.read(first.notebook, as_version=4)
    assert notebook.cells[-1].outputs[0].text == f"PASSIVE {Path('some/folder').resolve()}\n"
    assert "image/png" in str(notebook.cells)
    stamp = first.notebook.stat().st_mtime_ns
    again = run_chapter(MINI, **settings())
    assert (again.ok, again.skipped, again.notebook.stat().st_mtime_ns) == (True, True, stamp)


def test_a_forced_run_gives_the_same_bytes_without_time_stamps(fast):
    first = run_chapter(fast, **settings())
    before = first.notebook.read_bytes()
    second = run_chapter(fast, **settings(force=True))
    assert not second.skipped
    assert second.notebook.read_bytes() == before
    notebook = nbformat.reads(before.decode(), as_version=4)
    assert "papermill" not in notebook.metadata
    assert notebook.metadata["cropnb_run"]["parameters"]["n_seed"] == 2
    assert [cell.id for cell in notebook.cells if "remove-cell" in cell.metadata.get("tags", [])] == [
        "injected-parameters"
    ]


def test_another_source_value_or_package_has_another_key(monkeypatch):
    key = keys.run_key("text", {"n": 1})
    assert keys.run_key("text", {"n": 1}) == key
    assert len({key, keys.run_key("text.", {"n": 1}), keys.run_key("text", {"n": 2})}) == 3
    monkeypatch.setattr(keys, "package_hash", lambda: "changed")
    assert keys.run_key("text", {"n": 1}) != key


def test_a_failing_chapter_keeps_its_partial_notebook_and_names_the_cell(fast):
    result = run_chapter(fast, **settings(overrides={"fail": "yes"}))
    assert not result.ok
    assert result.error == "ValueError: asked to fail"
    number = next(i for i, line in enumerate(FAST.splitlines(), start=1) if line == "if fail:")
    assert result.cell == f"code cell 5 (line {number}): if fail:"
    assert result.folder.name.endswith(".failed")
    code = [cell for cell in nbformat.read(result.notebook, as_version=4).cells if cell.cell_type == "code"]
    assert [bool(cell.execution_count) for cell in code] == [True] * 6 + [False] * 3
    assert not Path(str(result.folder).removesuffix(".failed")).exists()


def test_a_promised_figure_that_does_not_come_out_fails_the_run(tmp_path):
    path = tmp_path / "mini.md"
    path.write_text(GOOD.replace("import matplotlib.pyplot as plt\n", "").replace("plt.plot(", "dict(x="))
    result = run_chapter(path, **settings())
    assert (result.ok, result.error[:30]) == (False, "the cell has a figure caption ")
    assert "code cell 6" in result.cell


@pytest.mark.parametrize(
    ("code", "timeout", "error"),
    [("import time; time.sleep(60)", 2, "CellTimeoutError"), ("os._exit(3)", None, "DeadKernelError")],
)
def test_a_cell_that_hangs_or_kills_the_kernel_is_named(tmp_path, code, timeout, error):
    path = tmp_path / "mini.md"
    path.write_text(FAST.replace(BREAKS, code))
    result = run_chapter(path, **settings(overrides={"fail": True}, timeout=timeout))
    assert result.error.startswith(error)
    assert result.cell.endswith("if fail:")


@pytest.mark.slow
def test_a_sweep_killed_in_the_middle_loses_no_finished_run(fast, tmp_path):
    arguments = {**settings(), "grid": {"n_seed": ["1", "2", "3"]}}
    code = (
        STEADY + f"from cropnb.chapters import sweep_chapter; sweep_chapter({str(fast)!r}, **{arguments!r})"
    )
    sweep = subprocess.Popen([sys.executable, "-c", code], env=dict(os.environ))
    runs = tmp_path / "runs" / "mini"
    deadline = time.monotonic() + 60
    while not (finished := [path for path in runs.glob("county-*[!t]") if (path / "run.json").is_file()]):
        assert time.monotonic() < deadline
        assert sweep.poll() is None
        time.sleep(0.05)
    sweep.send_signal(signal.SIGKILL)
    sweep.wait()
    stamps = {path: (path / "notebook.ipynb").stat().st_mtime_ns for path in finished}
    done = sweep_chapter(fast, **arguments)
    assert [run.skipped for run in done.runs] == [True, False, False]
    assert {path: (path / "notebook.ipynb").stat().st_mtime_ns for path in finished} == stamps
    assert not list(runs.glob("*.part"))
    lines = done.table.read_text().splitlines()
    assert len(lines) == 1 + 1 + 2 + 3
    assert [line.split(",")[3] for line in lines] == ["parameter_n_seed", "1", "2", "2", "3", "3", "3"]


def test_a_failing_run_does_not_stop_a_sweep(fast):
    told = []
    done = sweep_chapter(fast, {"fail": ["yes", "no"]}, **settings(on_run=told.append))
    assert [run.ok for run in told] == [False, True]
    assert [run.parameters["fail"] for run in done.failed] == [True]
    assert len(done.table.read_text().splitlines()) == 1 + 2


def test_the_book_goes_on_after_a_failed_and_after_a_broken_chapter(tmp_path, monkeypatch):
    monkeypatch.setattr("cropnb.paths.book_folder", lambda: tmp_path)
    (tmp_path / "chapters").mkdir()
    for name, old, new in (
        ("01-broken", '"value": rate', '"value": 0'),
        ("02-failing", "if fail:", "if not fail:"),
        ("03-good", "", ""),
    ):
        text = FAST.replace("slug: mini", f"slug: {name[3:]}").replace(old, new)
        (tmp_path / "chapters" / f"{name}.md").write_text(text)
    (tmp_path / "scenes.md").write_text(
        "---\nkernelspec: {name: python3, display_name: Python 3}\n---\n# S\n\n```{code-cell}\n1 + 1\n```\n"
    )
    (tmp_path / "plain.md").write_text("# Nothing to run\n")
    results = run_chapters(**settings())
    assert [(run.slug, run.ok, run.notebook.is_file()) for run in results] == [
        ("01-broken", False, False),
        ("failing", False, True),
        ("good", True, True),
    ]
    assert "parameter rate is never read" in results[0].error
    pages = run_pages(progress=False)
    assert [(page.slug, page.ok) for page in pages] == [("scenes", True)]
    assert '"2"' in pages[0].notebook.read_text()


def test_a_reference_is_the_smoke_run_on_the_last_scene(tmp_path, monkeypatch, fast):
    monkeypatch.setattr("cropnb.paths.book_folder", lambda: tmp_path)
    result = update_reference(fast, progress=False)
    assert (result.parameters["scene"], result.parameters["scale"]) == ("county-smoke", "smoke")
    assert (tmp_path / "reference" / "mini.ipynb").read_bytes() == result.notebook.read_bytes()


def test_figures_of_a_reference_have_few_colours_and_the_same_size():
    image = Image.fromarray(np.random.default_rng(1).integers(0, 255, (40, 60, 3), dtype=np.uint8))
    file = io.BytesIO()
    image.save(file, "PNG")
    small = Image.open(io.BytesIO(base64.b64decode(_few_colours(base64.b64encode(file.getvalue()).decode()))))
    assert small.size == image.size
    assert len(small.convert("RGB").getcolors()) <= 64
    assert np.abs(np.asarray(small.convert("RGB"), float) - np.asarray(image)).mean() < 40


def test_runner_and_report_agree_on_names():
    assert runner.RESULTS == report.RESULTS
    assert report.RUN_FOLDER == "CROPNB_RUN_FOLDER"
