"""The simulator is frozen: what it was when results were kept is what it is now (decision 0011)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cropnb.parameter_files import base_files, parameter_files
from cropnb.paths import data_folder
from cropnb.simulation import sim_version, version
from cropnb.simulation.version import BASE

RESULTS = sorted((data_folder() / "results").glob("*/*.json"))


@pytest.mark.parametrize("file", parameter_files(data_folder() / "scenes"), ids=lambda file: file.stem)
def test_every_scene_builds_on_the_file_that_the_version_holds(file: Path) -> None:
    assert base_files(file)[-1].name == BASE


def test_the_version_follows_code_and_parameters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("scenes", "tables"):
        (tmp_path / folder).mkdir()
        for path in (data_folder() / folder).glob("c*.*"):
            (tmp_path / folder / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(version, "data_folder", lambda: tmp_path)
    monkeypatch.setattr(version, "sim_version", sim_version.__wrapped__)
    before = version.sim_version()
    assert before == sim_version()
    file = tmp_path / "scenes" / BASE
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("value = 4.6, unit", "value = 4.7, unit", 1), encoding="utf-8")
    assert version.sim_version() != before
    file.write_text(text, encoding="utf-8")
    monkeypatch.setattr(version, "__file__", str(tmp_path / "version.py"))
    assert version.sim_version() != before  # other sources: none


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_kept_results_are_those_of_this_simulator(path: Path) -> None:
    scene = json.loads(path.read_text(encoding="utf-8"))["provenance"]["scene"]
    if "sim_version" in scene:
        assert scene["sim_version"] == sim_version(), "the simulator changed: run again what it was used for"
