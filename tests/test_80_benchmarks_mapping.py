"""Arithmetic and words of the benchmark of maps; nothing here is timed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from cropnb.report.rows import tidy_rows
from cropnb.scenes import open_scene, validate

FOLDER = Path(__file__).parents[1] / "benchmarks"
NAMES = ("worker", "inputs", "cases", "timing", "record", "mapping_inputs", "mapping")

Bench = dict[str, ModuleType]


@pytest.fixture(scope="module")
def bench() -> Bench:
    """Its modules by name; they import one another as scripts of one folder do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        before = {name: sys.modules.pop(name, None) for name in NAMES}
        try:
            return {name: __import__(name) for name in NAMES}
        finally:
            for name, module in before.items():
                sys.modules.pop(name, None)
                if module is not None:
                    sys.modules[name] = module


RECORD = {
    "seconds": 10.0,
    "n_pixel": 250_000,
    "block_seconds": {"reading": 0.5, "features": 1.0, "filling": 0.25, "classifier": 6.0, "rest": 0.25},
    "writing_seconds": 0.5,
    "finishing_seconds": 1.0,
}


def test_shares_of_a_map_are_of_the_whole_time(bench: Bench):
    found = bench["mapping"].numbers_of(RECORD, peak=500.0)
    assert found["Mpix_per_s"] == pytest.approx(0.025)
    shares = {name: number for name, number in found.items() if name.startswith("share_")}
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["share_classifier"] == pytest.approx(0.6)
    assert shares["share_writing"] == pytest.approx(0.15)
    assert shares["share_rest"] == pytest.approx(0.075)  # of blocks, and between them


def test_growth_is_from_the_smallest_map_to_the_largest(bench: Bench):
    mapping = bench["mapping"]

    def runs(size: int, peak: float) -> list[dict[str, float]]:
        return [{**mapping.numbers_of(RECORD, peak=peak), "seconds": size**2 * 1e-5}]

    found = {
        mapping.Case("forest-50", size, n): runs(size, 400.0 + size / 10 + 7 * (n == 1))
        for size, n in ((500, 1), (500, 2), (1000, 2), (2000, 2))
    }
    rows = tidy_rows(mapping.rows_of(found), scene=mapping.SCENE, scale="smoke")
    title = mapping.TITLES["forest-50"]
    growth = {row["metric"]: row["value"] for row in rows if row["exhibit"] == "mapping-by-area"}
    assert growth == pytest.approx({"area_exponent": 1.0, "peak_MB_more": 150.0})
    assert {row["features"] for row in rows} == {title}
    one = {case: made for case, made in found.items() if case.size == 500}
    assert not [row for row in mapping.rows_of(one) if row["exhibit"] == "mapping-by-area"]


def test_larger_maps_and_those_of_the_network_are_made_with_most_threads_only(bench: Bench):
    mapping = bench["mapping"]
    cases = mapping.cases_of(["forest-50"], (500, 1000))
    assert [(case.size, case.n_thread) for case in cases] == [(500, 1), (500, 2), (1000, 2)]
    of_network = mapping.cases_of([bench["mapping_inputs"].NETWORK], (500, 1000))
    assert [(case.size, case.n_thread) for case in of_network] == [(500, 2), (1000, 2)]
    assert cases[0].on == "500 x 500, 1 thread"
    assert mapping.is_whole(mapping.arguments([]))
    for given in (["--smoke"], ["--repeats", "1"], ["--sizes", "500"], ["--only", "forest-50"]):
        assert not mapping.is_whole(mapping.arguments(given))


@pytest.mark.parametrize(("seconds", "n_run"), [(59.0, 3), (61.0, 1)])
def test_a_slow_map_is_not_repeated(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seconds: float, n_run: int
):
    mapping = bench["mapping"]

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, stdout=json.dumps({"seconds": seconds}) + "\n")

    monkeypatch.setattr(mapping.subprocess, "run", run)
    case = mapping.Case("forest-50", 500, 1)
    assert len(mapping.in_new_processes(case, tmp_path, n_repeat=3)) == n_run


def test_the_random_scene_is_a_valid_one(bench: Bench, tmp_path: Path):
    inputs = bench["mapping_inputs"]
    scene = open_scene(inputs.write_scene(tmp_path / "scene.zarr", size=50))
    validate(scene)
    days = []
    for orbit in inputs.ORBITS:
        c2 = scene[f"/sentinel1/{orbit}/c2"].to_dataset().load()
        assert (np.abs(c2.c_vv_vh) ** 2 <= c2.c_vv_vv * c2.c_vh_vh * (1 + 1e-5)).all()
        assert float(c2.c_vv_vv.min()) > 0
        days += c2.time.values.astype("datetime64[D]").tolist()
    assert len(set(days)) == bench["inputs"].N_DATE


def test_classes_of_the_random_scene_differ_and_its_parts_too(bench: Bench):
    inputs = bench["mapping_inputs"]
    class_id = np.repeat(np.arange(len(inputs.CLASSES)), 400).reshape(len(inputs.CLASSES), 400)
    made, same, other = (inputs.c2_of_classes(class_id, seed=s, orbit="32")["c_vv_vv"] for s in (0, 0, 1))
    np.testing.assert_array_equal(made, same)
    assert not np.array_equal(made, other)
    db = 10 * np.log10(made.mean(axis=2))  # time, class
    assert db.std(axis=1).mean() == pytest.approx(inputs.SPREAD_DB, rel=0.4)
