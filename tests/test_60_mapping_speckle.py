"""A map is filtered as the samples of its classifier were; its record says where the time went."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch
import xarray as xr

from cropnb.mapping import MapSettings, classify, map_scene, read_map, run
from cropnb.mapping.classify import Effort
from cropnb.mapping.stopwatch import Stopwatch
from cropnb.sampling import Samples, radar_samples
from cropnb.sampling.radar_steps import LeeSettings
from cropnb.scenes.examples import example_raster_scene
from cropnb.schema import SchemaError
from cropnb.training import FittedForest, ForestClassifier, save_fitted

FEATURES = ("ps", "entropy")
SPECKLE = LeeSettings(window=5, n_looks=4.0)
BLOCKS = {"block": 10, "tile": 128}


@pytest.fixture(scope="module")
def scene() -> xr.DataTree:
    return example_raster_scene(np.random.default_rng(3), size=24, n_time=2)


@pytest.fixture(scope="module")
def samples(scene: xr.DataTree) -> Samples:
    return radar_samples(scene, FEATURES, share=1.0, speckle=SPECKLE, rng=np.random.default_rng(0))


@pytest.fixture(scope="module")
def forest(samples: Samples) -> FittedForest:
    return ForestClassifier(n_tree=10, n_jobs=1).fit(samples, samples, seed=1)


def tags_of(path: Path) -> dict[str, str]:
    with rasterio.open(path) as raster:
        tags: dict[str, str] = raster.tags()
    return tags


def test_the_filter_is_that_of_the_classifiers_samples(
    scene: xr.DataTree, samples: Samples, forest: FittedForest, tmp_path: Path
) -> None:
    folder = save_fitted(forest, tmp_path / "fitted", speckle=SPECKLE)
    made = map_scene(scene, folder, tmp_path / "map", settings=MapSettings(**BLOCKS), progress=False)
    labelled = scene["/labels"].class_id.values >= 0
    expected = forest.predict_proba(samples).argmax(axis=1)
    np.testing.assert_array_equal(read_map(made.classes).values[labelled], expected)
    assert (made.record["speckle"], made.record["speckle_from"]) == ("lee window=5 n_looks=4", "classifier")
    assert "Note" not in made.summary
    same = MapSettings(speckle=SPECKLE, **BLOCKS)
    again = map_scene(scene, folder, tmp_path / "again", settings=same, progress=False)
    assert again.classes.read_bytes() == made.classes.read_bytes()


def test_another_filter_than_that_of_the_samples_is_refused(
    scene: xr.DataTree, forest: FittedForest, tmp_path: Path
) -> None:
    folder = save_fitted(forest, tmp_path / "fitted", speckle=SPECKLE)
    with pytest.raises(SchemaError, match=r"window=3.* asked for; expected .*window=5.*Leave it out"):
        map_scene(scene, folder, tmp_path / "map", settings=MapSettings(speckle=LeeSettings()))


def test_an_unknown_filter_is_assumed_with_a_note_or_taken_from_who_knows(
    scene: xr.DataTree, forest: FittedForest, tmp_path: Path
) -> None:
    folder = save_fitted(forest, tmp_path / "fitted")
    assumed = map_scene(scene, folder, tmp_path / "assumed", settings=MapSettings(**BLOCKS), progress=False)
    assert assumed.record["speckle_from"] == tags_of(assumed.classes)["speckle_from"] == "defaults"
    note = assumed.summary.splitlines()[-1]
    assert "assumed: lee window=3 n_looks=3. Say it with --lee" in note
    asked = MapSettings(speckle=SPECKLE, **BLOCKS)
    told = map_scene(scene, folder, tmp_path / "told", settings=asked, progress=False)
    assert told.record["speckle_from"] == "settings"
    assert "Note" not in told.summary
    assert (read_map(told.classes) != read_map(assumed.classes)).any()


@pytest.fixture
def three_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("three_threads")
def test_threads_change_no_byte(
    scene: xr.DataTree, forest: FittedForest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        classify, "_AT_ONCE_BY_FOREST", 17
    )  # parts of a block, so that there is work for three
    folder, settings = save_fitted(forest, tmp_path / "fitted", speckle=SPECKLE), MapSettings(**BLOCKS)
    three = map_scene(scene, folder, tmp_path / "three", settings=settings, progress=False)
    torch.set_num_threads(1)
    one = map_scene(scene, folder, tmp_path / "one", settings=settings, progress=False)
    for name in ("classes.tif", "probabilities.tif"):
        assert (three.folder / name).read_bytes() == (one.folder / name).read_bytes(), name


def test_a_part_that_fails_in_a_thread_is_not_lost() -> None:
    def work(part: np.ndarray) -> None:
        if part[0] == 2:
            raise ValueError("two")

    with pytest.raises(ValueError, match="two"):
        classify._for_each(work, [np.array([i]) for i in range(4)], n_thread=3)


def test_seconds_of_blocks_add_up_with_a_rest() -> None:
    def effort(seconds: float, **parts: float) -> Effort:
        return Effort(seconds=seconds, seconds_of=parts, peak_mb=1.0, n_pixel_of_class=[1])

    efforts = [effort(10.0, reading=1.0, classifier=6.0), effort(1.0), effort(5.0, classifier=5.0)]
    parts = run._seconds_of(efforts)
    assert parts == pytest.approx({"reading": 1.0, "classifier": 11.0, "rest": 4.0})


def test_the_record_names_all_parts_of_the_time(
    scene: xr.DataTree, forest: FittedForest, tmp_path: Path
) -> None:
    folder = save_fitted(forest, tmp_path / "fitted", speckle=SPECKLE)
    record = map_scene(scene, folder, tmp_path / "map", settings=MapSettings(**BLOCKS), progress=False).record
    parts = record["block_seconds"]
    assert set(parts) == {"reading", "features", "filling", "classifier", "rest"}
    assert record["share_in_classifier"] == pytest.approx(parts["classifier"] / sum(parts.values()))
    outside = record["writing_seconds"] + record["finishing_seconds"]
    assert sum(parts.values()) + outside <= record["seconds"]


def test_a_stopwatch_adds_up_and_survives_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([0.0, 1.0, 10.0, 12.0, 20.0, 23.0])
    monkeypatch.setattr("cropnb.mapping.stopwatch.time.perf_counter", lambda: next(ticks))
    clock = Stopwatch()
    with clock.on("a"):
        pass
    with clock.on("b"):
        pass
    with pytest.raises(KeyError), clock.on("a"):
        raise KeyError
    assert clock.seconds == {"a": 4.0, "b": 2.0}
