"""A run keeps its rows and its provenance together, whole, and cannot hide that a scene is simulated."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from cropnb import report
from cropnb.paths import project_root
from cropnb.report.provenance import git_state, package_version
from cropnb.report.results import write_json
from cropnb.schema import SchemaError
from cropnb.system import peak_memory_mb

ROW = {"metric": "kappa", "value": 0.5, "low": 0.4, "high": 0.6, "level": 0.95, "n_seed": 3}


@pytest.fixture(autouse=True)
def _own_run_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("CROPNB_RUN_FOLDER", str(tmp_path / "run"))


def scene(kind="simulated"):
    attrs = {"name": "county-smoke", "kind": kind, "fingerprint": "ab12", "sim_version": "1"}
    return xr.DataTree(xr.Dataset(attrs=attrs))


def test_saved_run_reads_back_as_it_was():
    run = report.start_run("first-light", {"scale": "laptop", "n_tree": np.int64(300)}, seeds=[1, 2])
    run.add(pd.DataFrame([ROW, {**ROW, "value": np.nan}]), model="random forest")
    done = run.finish()
    frame, record = report.read_results(done.path)
    pd.testing.assert_frame_equal(frame, run.frame)
    assert list(frame.columns) == list(report.ROW_FIELDS)
    assert frame["value"].isna().tolist() == [False, True]
    assert record == done.provenance
    assert record["parameters"] == {"scale": "laptop", "n_tree": 300}
    assert record["seeds"] == [1, 2]
    assert set(frame["scale"]) == {"laptop"}


def test_file_is_plain_json_beside_the_notebook(tmp_path):
    run = report.start_run("first-light", {"scale": "smoke"}, scene=scene())
    run.add(ROW)
    path = run.finish().path
    assert path == tmp_path / "run" / "results.json"
    content = json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert set(content) == {"provenance", "rows", "repetitions"}
    assert content["provenance"]["scene"]["fingerprint"] == "ab12"
    assert {"started", "seconds", "peak_memory_mb", "commit", "packages"} <= set(content["provenance"])


def test_simulated_scene_marks_all_its_rows_and_cannot_be_talked_out_of_it():
    run = report.start_run("first-light", {"scale": "smoke"}, scene=scene())
    run.add(ROW)
    run.add([{**ROW, "kind": "simulated"}], features="S1")
    assert set(run.frame["kind"]) == {"simulated"}
    assert set(run.frame["scene"]) == {"county-smoke"}
    with pytest.raises(SchemaError, match="kind is 'real'"):
        run.add({**ROW, "kind": "real"})
    with pytest.raises(SchemaError, match="kind is 'real'"):
        run.add(ROW, kind="real")
    with pytest.raises(SchemaError, match="scale is 'full'"):
        run.add(ROW, scale="full")
    assert len(run.frame) == 2


def test_unknown_field_names_the_nearest():
    run = report.start_run("first-light", {})
    with pytest.raises(SchemaError, match="'clas_name' unknown; the nearest is 'class_name'"):
        run.add({**ROW, "clas_name": "maize"})


@pytest.mark.parametrize(
    ("field", "value"), [("value", "high"), ("value", True), ("kind", "fake"), ("scale", "huge")]
)
def test_wrong_value_is_refused(field, value):
    with pytest.raises(SchemaError, match=field):
        report.start_run("first-light", {}).add({**ROW, field: value})


def test_infinite_value_is_refused():
    with pytest.raises(SchemaError, match="inf"):
        report.start_run("first-light", {}).add({**ROW, "value": np.inf})


def test_scene_without_fingerprint_is_refused():
    with pytest.raises(SchemaError, match="fingerprint"):
        report.start_run(
            "first-light", {}, scene=xr.DataTree(xr.Dataset(attrs={"name": "a", "kind": "real"}))
        )


def test_row_from_interval_keeps_all_of_it():
    @dataclass
    class Interval:
        estimate: float = 0.7
        low: float = 0.6
        high: float = 0.8
        level: float = 0.9
        method: str = "block bootstrap"
        n: int = 12

    row = report.row_from_interval(Interval(), metric="kappa")
    names = ("value", "low", "high", "level", "method", "metric")
    assert [row[n] for n in names] == [0.7, 0.6, 0.8, 0.9, "block bootstrap", "kappa"]


def test_interrupted_write_leaves_the_old_file_and_no_part(tmp_path, monkeypatch):
    path = tmp_path / "results.json"
    write_json(path, {"rows": [1]})
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_json(path, {"rows": [1, 2]})
    assert json.loads(path.read_text(encoding="utf-8")) == {"rows": [1]}
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "new" / "results.json", {"value": float("nan")})
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("text", ["", "[]", '{"rows": []}', "not json"])
def test_broken_result_file_is_named(tmp_path, text):
    path = tmp_path / "results.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError, match=r"results\.json.*Run the chapter again"):
        report.read_results(path)


def test_interactive_runs_have_a_folder_of_their_own(monkeypatch, tmp_path):
    monkeypatch.delenv("CROPNB_RUN_FOLDER")
    monkeypatch.setenv("CROPNB_RUNS", str(tmp_path))
    assert report.run_folder("first-light") == tmp_path / "interactive" / "first-light"


@pytest.mark.parametrize("slug", ["", "../elsewhere", "a/b"])
def test_chapter_is_a_slug(slug):
    with pytest.raises(SchemaError, match="slug"):
        report.start_run(slug, {})


def test_latest_committed_run_of_a_scene_and_scale(monkeypatch, tmp_path):
    monkeypatch.setattr("cropnb.report.results.data_folder", lambda: tmp_path)
    for i, (name, scale, started) in enumerate(
        [
            ("a", "full", "2026-01-02"),
            ("a", "full", "2026-03-01"),
            ("b", "full", "2026-05-01"),
            ("a", "laptop", "2026-06-01"),
        ]
    ):
        record = {"scene": {"name": name}, "parameters": {"scale": scale}, "started": started}
        write_json(tmp_path / "results" / "first-light" / f"{i}.json", {"provenance": record, "rows": [ROW]})
    frame, record = report.latest_committed("first-light", scene="a", scale="full")
    assert record["started"] == "2026-03-01"
    assert frame["value"].tolist() == [0.5]
    assert report.latest_committed("first-light", scene="c") is None
    assert report.latest_committed("another") is None


def test_page_shows_commit_parameters_seeds_and_fingerprint():
    run = report.start_run("first-light", {"scale": "smoke", "n_tree": 30}, scene=scene(), seeds=[7])
    html = run.finish()._repr_html_()
    for text in ("commit", "n tree", "30", "seeds", "7", "ab12", "simulated", "peak memory", "numpy"):
        assert text in html


def test_provenance_names_versions_and_machine():
    found = report.provenance()
    assert found["packages"]["numpy"] == np.__version__
    assert found["packages"]["xarray"] == xr.__version__
    assert found["device"]
    assert found["threads"] >= 1


def test_missing_package_and_missing_git_are_none(monkeypatch):
    assert package_version("no-such-distribution-here") is None
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert (report.provenance()["commit"], report.provenance()["dirty"]) == (None, None)


def git(folder, *arguments):
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", folder, *who, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_git_state_follows_commits_and_changes(tmp_path):
    git(tmp_path, "init", "-q")
    assert git_state(tmp_path) == (None, False)  # no commit yet
    (tmp_path / "a").write_text("1", encoding="utf-8")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-qm", "one")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert git_state(tmp_path) == (head, False)
    (tmp_path / "a").write_text("2", encoding="utf-8")
    assert git_state(tmp_path) == (head, True)
    (tmp_path / "inside").mkdir()
    assert git_state(tmp_path / "inside") == (None, None)  # installed within somebody else's checkout


def test_commit_is_that_of_the_checkout():
    try:
        head = git(project_root(), "rev-parse", "--verify", "HEAD")
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("no checkout with a commit")
    assert report.provenance()["commit"] == head


def test_peak_memory_is_the_kernels_high_water_mark():
    status = Path("/proc/self/status")
    if not status.is_file():
        pytest.skip("this system has no /proc")
    peak = peak_memory_mb()
    (kib,) = [int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    assert peak == pytest.approx(kib * 1024 / 1e6, rel=0.05)
