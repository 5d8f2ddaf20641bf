"""The benchmarks' own arithmetic and words; nothing here is timed."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from cropnb.report import committed_table
from cropnb.report.results import write_json
from cropnb.schema import SCALES

FOLDER = Path(__file__).parents[1] / "benchmarks"
NAMES = ("worker", "inputs", "timing", "cases", "record", "features", "simulator")


@pytest.fixture(scope="module")
def bench() -> dict[str, ModuleType]:
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


def timing(bench: dict[str, ModuleType], *seconds: float, peak: float = 100.0) -> object:
    return bench["timing"].Timing(seconds=seconds, first_s=9.0, peak_mb=peak, held_mb=60.0)


def pair(
    bench: dict[str, ModuleType], *, name: str = "glcm", crop: int | None = None, n_thread: int = 1
) -> object:
    """A peer that takes twenty times as long as we do."""
    comparison = bench["timing"].Comparison(
        ours=timing(bench, 0.1, 0.2, 0.4),
        theirs=timing(bench, 4.0, 2.0, 8.0, peak=300.0),
        ratios=(40.0, 10.0, 20.0),
        differences={"m": 1e-7},
    )
    case = next(case for case in bench["cases"].CASES if case.name == name)
    return bench["record"].Pair(case, "a peer", n_thread, 1000**2, (crop or 1000) ** 2, comparison)


def values(rows: list[dict[str, object]], who: str, metric: str) -> list[object]:
    return [row["value"] for row in rows if row["model"] == who and row["metric"] == metric]


def test_ratio_is_the_median_of_the_rounds(bench: dict[str, ModuleType]):
    assert pair(bench).ratio == pytest.approx(20)


def test_ratio_is_pixel_for_pixel_where_a_peer_does_a_crop(bench: dict[str, ModuleType]):
    # A hundredth of the pixels in the same time: a hundred times slower still.
    assert pair(bench, crop=100).ratio == pytest.approx(2000)
    assert pair(bench, crop=100).ratios == pytest.approx([4000, 1000, 2000])


def test_rows_hold_speed_memory_and_ratio_of_both_sides(bench: dict[str, ModuleType]):
    rows = bench["record"].Run(pairs=[pair(bench, crop=100)]).rows(scale="smoke")
    assert values(rows, "cropnb", "Mpix_per_s") == pytest.approx([5.0])
    assert values(rows, "a peer", "Mpix_per_s") == pytest.approx([0.01 / 4])
    assert values(rows, "a peer", "peak_MB") == [300.0]
    assert values(rows, "a peer", "working_MB") == [240.0]
    assert values(rows, "cropnb", "times_faster") == []
    (row,) = (r for r in rows if r["model"] == "a peer" and r["metric"] == "times_faster")
    assert (row["low"], row["value"], row["high"]) == pytest.approx((1000, 2000, 4000))


def test_published_figure_says_that_it_was_not_run_here(bench: dict[str, ModuleType]):
    rows = bench["record"].Run(pairs=[pair(bench)]).rows(scale="smoke")
    (row,) = (r for r in rows if "Orfeo" in r["model"] and r["metric"] == "times_faster")
    assert row["value"] == pytest.approx(5.0 / 0.12)
    assert "not run here" in row["model"]
    assert "another machine" in row["method"]


def test_ours_beside_two_peers_is_one_row(bench: dict[str, ModuleType]):
    rows = bench["record"].Run(pairs=[pair(bench), pair(bench, crop=100)]).rows(scale="smoke")
    assert len(values(rows, "cropnb", "Mpix_per_s")) == 1


def test_skipped_peer_says_how_to_install_it(bench: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CROPNB_PEERS", raising=False)
    why = bench["features"].found_peers(None)
    assert "benchmarks/README.md" in why
    assert "--polsartools-python" in why
    assert (FOLDER / "README.md").read_text(encoding="utf-8").count("polsartools==0.13") >= 1


def test_interpreter_without_polsartools_is_named(bench: dict[str, ModuleType]):
    why = bench["features"].found_peers(sys.executable)
    assert sys.executable in why
    assert "No module named 'polsartools'" in why


def test_skipped_row_is_in_the_result_with_its_reason(bench: dict[str, ModuleType]):
    features, record = bench["features"], bench["record"]
    made = features.Bench(Path("unused"), size=64, n_repeat=1, peers="no interpreter; see README")
    case = next(case for case in bench["cases"].CASES if case.name == "c2-files")
    made.against_peers(case, threads=(1,))
    (row,) = made.run.rows(scale="smoke")
    assert row["value"] is None
    assert row["method"] == "skipped: no interpreter; see README"
    table = record.table_of([row], exhibit="features", caption="x")
    assert table.row_count == 1


def test_environment_variable_may_name_the_folder_of_an_environment(
    bench: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("CROPNB_PEERS", str(tmp_path))
    assert bench["cases"].peers_python(None) == tmp_path / "bin" / "python"
    assert bench["cases"].peers_python("/other/python") == Path("/other/python")


def test_area_exponent_of_linear_and_quadratic_time(bench: dict[str, ModuleType]):
    exponent = bench["timing"].area_exponent
    assert exponent({100: 1.0, 200: 4.0, 400: 16.0}) == pytest.approx(1)
    assert exponent({100: 1.0, 200: 16.0, 400: 256.0}) == pytest.approx(2)


def saved(folder: Path, values: np.ndarray) -> Path:
    folder.mkdir()
    np.save(folder / "m.npy", values)
    return folder


def test_mismatch_is_an_error_and_a_border_is_not(bench: dict[str, ModuleType], tmp_path: Path):
    ours = np.zeros((8, 8), np.float32)
    theirs = ours.copy()
    theirs[0, :] = 1
    a, b = saved(tmp_path / "a", ours), saved(tmp_path / "b", theirs)
    differences = bench["timing"].largest_differences
    assert differences(a, b, tolerance={"m": 1e-6}, border=1) == {"m": 0.0}
    with pytest.raises(bench["timing"].MismatchError, match="differ by 1"):
        differences(a, b, tolerance={"m": 1e-6}, border=0)


def test_pixel_missing_on_one_side_is_a_mismatch(bench: dict[str, ModuleType], tmp_path: Path):
    ours = np.zeros((8, 8), np.float32)
    theirs = ours.copy()
    theirs[4, 4] = np.nan
    a, b = saved(tmp_path / "a", ours), saved(tmp_path / "b", theirs)
    with pytest.raises(bench["timing"].MismatchError, match="missing on one side"):
        bench["timing"].largest_differences(a, b, tolerance={"m": 1.0}, border=1)


def test_book_shows_the_record(bench: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    record = bench["record"]
    run = record.Run(pairs=[pair(bench), pair(bench, name="coherence", n_thread=2)])
    run.sizes["coherence, 3x11"] = {size: timing(bench, size**2 * 1e-9) for size in (100, 200)}
    parameters = {"scale": "laptop", "size": 1000, "n_repeat": 3}
    load = [(0.1, 0.2, 0.3)] * 2
    made_by = {"packages": {"numpy": "2"}, "commit": "abc"}
    started = dt.datetime.now(dt.UTC)
    content = record.record_of(run, parameters=parameters, started=started, made_by=made_by, load=load)
    write_json(tmp_path / "results" / "benchmarks" / "features-x.json", json.loads(json.dumps(content)))
    monkeypatch.setattr("cropnb.report.results.data_folder", lambda: tmp_path)
    table = committed_table("benchmarks", scene=record.SCENE, scale="laptop", exhibit="features")
    assert {"Mpix per s", "times faster", "peak MB"} <= set(table.frame.columns)
    assert "20.00 [10.00, 40.00]" in set(table.frame["times faster"])
    kept = {"machine", "load_before", "load_after", "differences", "packages", "commit"}
    assert kept <= set(content["provenance"])


def test_machine_gives_a_plain_file_name(bench: dict[str, ModuleType]):
    found = {"cpu": "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz", "n_core": 2}
    assert bench["record"].machine_slug(found) == "intel-xeon-platinum-8481c-2-cores"


def test_cases_have_names_titles_and_peers_of_their_own(bench: dict[str, ModuleType]):
    cases = bench["cases"].CASES
    for found in ([case.name for case in cases], [case.title for case in cases]):
        assert len(set(found)) == len(found)
    for case in cases:
        for peer in case.peers:
            assert (FOLDER / peer.file).is_file(), f"{case.name}: {peer.file}"
    assert {"smoke", "laptop"} <= set(SCALES)


def test_only_a_separate_program_imports_polsartools():
    importers = {p.name for p in FOLDER.glob("*.py") if "import polsartools" in p.read_text(encoding="utf-8")}
    assert importers <= {"peers_polsartools.py", "features.py"}  # features.py asks the other interpreter
    package = FOLDER.parent / "cropnb"
    assert not [p for p in package.rglob("*.py") if "import polsartools" in p.read_text(encoding="utf-8")]


def test_side_answers_in_a_process_of_its_own(bench: dict[str, ModuleType], tmp_path: Path):
    (tmp_path / "side.py").write_text(
        f"import sys; sys.path.insert(0, {str(FOLDER)!r})\n"
        "import numpy as np\nfrom worker import Job, serve\n"
        "def job(request):\n"
        "    print('noise')\n"
        "    return Job(lambda: print('more') or {'m': np.full((4, 4), request.n_thread)}, dict)\n"
        "serve({'job': job})\n",
        encoding="utf-8",
    )
    request = bench["worker"].Request("job", "", str(tmp_path / "scratch"), 4, 2)
    with bench["timing"].Process(sys.executable, str(tmp_path / "side.py"), request) as side:
        assert side.ask("first", str(tmp_path))["names"] == ["m"]
        assert side.ask("time")["seconds"] >= 0
        memory = side.ask("stop")
        assert memory["peak_mb"] >= memory["held_mb"] > 1
    assert np.load(tmp_path / "m.npy").tolist() == [[2] * 4] * 4


def test_side_that_dies_tells_its_last_words(bench: dict[str, ModuleType], tmp_path: Path):
    (tmp_path / "side.py").write_text("raise SystemExit('no such library')\n", encoding="utf-8")
    request = bench["worker"].Request("job", "", str(tmp_path / "scratch"), 4, 1)
    side = bench["timing"].Process(sys.executable, str(tmp_path / "side.py"), request)
    side.process.wait()
    with side, pytest.raises(bench["timing"].SideFailedError, match="no such library"):
        side.ask("first", None)


def test_runs_of_a_preset_become_rows_beside_the_prototypes(bench: dict[str, ModuleType]):
    simulator = bench["simulator"]
    case = next(case for case in simulator.CASES if case.name == "tile-105")
    numbers = (simulator.SECONDS, simulator.PEAK, simulator.SPEED)
    runs = [dict(zip(numbers, run, strict=True)) for run in ((30.0, 1800.0, 0.4), (36.0, 1700.0, 0.3))]
    rows = list(simulator.rows_of(case, runs))
    assert values(rows, "cropnb", "seconds") == [33.0]
    assert values(rows, "prototype", "seconds") == [17.0]
    assert values(rows, "prototype", "Mpix_dates_per_s") == []
    seconds = next(row for row in rows if row["metric"] == "seconds")
    assert (seconds["low"], seconds["high"], seconds["n_sample"]) == (30.0, 36.0, 2)


def test_speed_counts_pixels_of_all_dates(bench: dict[str, ModuleType]):
    numbers = bench["simulator"].numbers_of(2.0, 23_000_000, who=0)
    assert numbers["Mpix_dates_per_s"] == pytest.approx(11.5)
    assert numbers["peak_MB"] > 50
