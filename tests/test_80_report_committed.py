import json
from pathlib import Path

import pytest

from cropnb.report import committed_table
from cropnb.report import results as results_module

ROW = {"exhibit": "scores", "scene": "somewhere", "kind": "real", "scale": "laptop", "model": "forest"}
ROW |= {"features": "S1", "split": "spatial", "metric": "overall_accuracy", "value": 0.7}
RECORD = {"scene": {"name": "somewhere"}, "parameters": {"scale": "laptop"}, "started": "2026-01-02"}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(results_module, "data_folder", lambda: tmp_path)
    folder = tmp_path / "results" / "chapter"
    folder.mkdir(parents=True)
    return folder


def write(folder: Path, name: str, *, value: float, started: str) -> None:
    content = {"provenance": RECORD | {"started": started, "commit": "abc"}, "rows": [ROW | {"value": value}]}
    (folder / name).write_text(json.dumps(content), encoding="utf-8")


def test_the_latest_stored_run_is_shown_as_not_this_run(data: Path) -> None:
    write(data, "b.json", value=0.6, started="2026-01-01")
    write(data, "a.json", value=0.8, started="2026-03-01")
    table = committed_table("chapter", scene="somewhere", scale="laptop", exhibit="scores")
    assert "0.80" in table.frame.to_string()
    assert "0.60" not in table.frame.to_string()
    assert table.caption.startswith(
        "Not this run: stored run of somewhere, laptop scale, 2026-03-01, commit abc"
    )


@pytest.mark.usefixtures("data")
def test_nothing_stored_says_so() -> None:
    table = committed_table("chapter", scene="somewhere", scale="full", exhibit="scores")
    assert table.frame["result"].tolist() == ["not run"]


def test_only_the_metrics_asked_for_are_shown(data: Path) -> None:
    rows = [ROW, ROW | {"metric": "kappa", "value": 0.51234}]
    content = {"provenance": RECORD | {"commit": "abc"}, "rows": rows}
    (data / "a.json").write_text(json.dumps(content), encoding="utf-8")
    chosen = {"scene": "somewhere", "scale": "laptop", "exhibit": "scores"}
    table = committed_table("chapter", **chosen, metrics=("kappa",), decimals=3)
    assert "0.512" in table.frame.to_string()
    assert "0.7" not in table.frame.to_string()
