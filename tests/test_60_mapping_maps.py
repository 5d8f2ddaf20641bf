"""Maps: a pixel gets the numbers that a sample drawn there has; no-data stays; a cut-off run goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cropnb.mapping import MapSettings, map_scene, mapper, read_map
from cropnb.mapping.steps import values_at
from cropnb.sampling import Samples, radar_samples, select_days
from cropnb.sampling.radar_stack import stack_of
from cropnb.sampling.radar_steps import LeeSettings
from cropnb.scenes.examples import example_raster_scene
from cropnb.training import (
    FitConfig,
    ForestClassifier,
    ImputedClassifier,
    NetworkClassifier,
    load_fitted,
    save_fitted,
)

FEATURES = ("ps", "entropy", "vv_glcm_mean")
SPECKLE = LeeSettings(window=5, n_looks=4.0)
SETTINGS = MapSettings(speckle=SPECKLE, block=10, tile=128)
SMALL = ForestClassifier(n_tree=10, n_jobs=1)
NEVER, ONCE = (3, 5), (20, 2)  # pixels that were never seen, and seen on one date


def with_groups(scene: xr.DataTree, **groups: xr.Dataset) -> xr.DataTree:
    """Scene whose groups at `/sentinel1/<orbit>/c2` are those given."""
    paths = {f"/sentinel1/{orbit.removeprefix('orbit')}/c2": c2 for orbit, c2 in groups.items()}
    tree = xr.DataTree.from_dict({"/labels": scene["/labels"].to_dataset(), **paths})
    tree.attrs.update(scene.attrs)
    return tree


@pytest.fixture(scope="module")
def scene() -> xr.DataTree:
    """Two orbits whose dates alternate, with pixels missing on some dates and on all."""
    rng = np.random.default_rng(3)
    made = example_raster_scene(rng, size=24, n_time=3)
    c2 = made["/sentinel1/37/c2"].to_dataset()
    orbits = {"orbit37": c2, "orbit110": c2.assign_coords(time=c2.time + np.timedelta64(5, "D")) * 2.0}
    gone = {
        name: xr.DataArray(rng.random(c2.c_vv_vv.shape) < 0.1, coords=c2.c_vv_vv.coords) for name in orbits
    }
    for name, missing in gone.items():
        missing[:, *NEVER] = True
        missing[:, *ONCE] = np.arange(3) != (1 if name == "orbit37" else -1)
        orbits[name] = orbits[name].where(~missing.assign_coords(time=orbits[name].time))
    return with_groups(made, **orbits)


@pytest.fixture(scope="module")
def samples(scene: xr.DataTree) -> Samples:
    rng = np.random.default_rng(0)
    return radar_samples(scene, FEATURES, share=1.0, speckle=SPECKLE, rng=rng)


@pytest.fixture(scope="module")
def forest(samples: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_fitted(SMALL.fit(samples, samples, seed=1), tmp_path_factory.mktemp("forest"))


def labelled(scene: xr.DataTree) -> np.ndarray:
    """Pixels that became samples, in their order."""
    where: np.ndarray = scene["/labels"].class_id.values >= 0
    where[NEVER] = False
    return where


def same_bytes(one: Path, other: Path) -> None:
    names = sorted(path.name for path in one.glob("*.tif"))
    assert names == sorted(path.name for path in other.glob("*.tif"))
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


@pytest.mark.parametrize("block", [7, 24])
def test_a_pixel_has_the_numbers_of_a_sample_drawn_there(
    scene: xr.DataTree, samples: Samples, block: int
) -> None:
    stack = stack_of(scene)
    assert stack.day.tolist() == samples.day.tolist()
    y, x = (scene["/labels"][dim].values for dim in ("y", "x"))
    values = np.concatenate(
        [
            np.concatenate(
                [
                    values_at(stack, FEATURES, y=y[r : r + block], x=x[c : c + block], speckle=SPECKLE)
                    for c in range(0, 24, block)
                ],
                axis=1,
            )
            for r in range(0, 24, block)
        ]
    )
    at_samples = values[labelled(scene)]
    np.testing.assert_array_equal(np.isfinite(at_samples), samples.observed)
    np.testing.assert_array_equal(at_samples[samples.observed], samples.x[samples.observed])


@pytest.mark.parametrize("kind", ["forest", "imputed", "network"])
def test_mapped_and_sampled_predictions_are_equal(
    scene: xr.DataTree, samples: Samples, tmp_path: Path, kind: str
) -> None:
    network = NetworkClassifier(
        config=FitConfig(max_epoch=2, accelerator="cpu"), model={"n_filter": 4, "n_dense": 8}
    )
    whole = {"forest": SMALL, "imputed": ImputedClassifier(classifier=SMALL), "network": network}[kind]
    folder = save_fitted(whole.fit(samples, samples, seed=1), tmp_path / "fitted")
    probability = load_fitted(folder).predict_proba(samples)
    made = map_scene(scene, folder, tmp_path / "map", settings=SETTINGS, progress=False)
    where = labelled(scene)
    np.testing.assert_array_equal(read_map(made.classes).values[where], probability.argmax(axis=1))
    shares = read_map(made.probabilities).values[:, where].T
    np.testing.assert_allclose(shares, probability, atol=0.002001)


def test_a_classifier_of_some_days_takes_those(scene: xr.DataTree, samples: Samples, tmp_path: Path) -> None:
    early = select_days(samples, samples.day[:3])
    fitted = SMALL.fit(early, early, seed=1)
    made = map_scene(
        scene, save_fitted(fitted, tmp_path / "fitted"), tmp_path / "map", settings=SETTINGS, progress=False
    )
    expected = fitted.predict_proba(early).argmax(axis=1)
    np.testing.assert_array_equal(read_map(made.classes).values[labelled(scene)], expected)


def test_no_data_is_where_nothing_was_measured(scene: xr.DataTree, forest: Path, tmp_path: Path) -> None:
    made = map_scene(scene, forest, tmp_path / "map", settings=SETTINGS, progress=False)
    class_id = read_map(made.classes).values
    assert np.argwhere(class_id < 0).tolist() == [list(NEVER)]
    assert np.argwhere(np.isnan(read_map(made.probabilities)[0].values)).tolist() == [list(NEVER)]
    assert made.record["n_no_data"] == 1
    twice = MapSettings(speckle=SPECKLE, block=10, tile=128, min_date=2)
    strict = map_scene(scene, forest, tmp_path / "strict", settings=twice, progress=False)
    assert np.argwhere(read_map(strict.classes).values < 0).tolist() == [list(NEVER), list(ONCE)]


def test_blocks_of_any_size_give_the_same_map(scene: xr.DataTree, forest: Path, tmp_path: Path) -> None:
    small, large = (
        map_scene(
            scene,
            forest,
            tmp_path / str(block),
            settings=MapSettings(speckle=SPECKLE, block=block, tile=128, majority=5),
            progress=False,
        )
        for block in (5, 512)
    )
    assert (small.record["n_block"], large.record["n_block"]) == (25, 1)
    same_bytes(small.folder, large.folder)
    assert small.majority is not None
    assert (read_map(small.majority) != read_map(small.classes)).any()


class Interrupted(mapper.Mapper):
    """Breaks down at a block."""

    def make(self, number: int):
        if number == 5:
            raise KeyboardInterrupt
        return super().make(number)


def test_a_run_that_was_cut_off_goes_on_to_the_same_bytes(
    scene: xr.DataTree, forest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = MapSettings(speckle=SPECKLE, block=10, tile=128, majority=3)
    whole = map_scene(scene, forest, tmp_path / "whole", settings=settings, progress=False)
    with monkeypatch.context() as patch:
        patch.setattr(mapper, "Mapper", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            map_scene(scene, forest, tmp_path / "cut", settings=settings, progress=False)
    assert not (tmp_path / "cut").exists()
    rest = map_scene(scene, forest, tmp_path / "cut", settings=settings, progress=False)
    assert (rest.record["n_block"], rest.record["n_block_resumed"]) == (9, 5)
    same_bytes(whole.folder, rest.folder)
    assert rest.record["n_pixel_of_class"] == whole.record["n_pixel_of_class"]
    assert [path.name for path in tmp_path.iterdir()].count("cut.partial") == 0


def test_other_settings_begin_anew(
    scene: xr.DataTree, forest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(mapper, "Mapper", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            map_scene(scene, forest, tmp_path / "map", settings=SETTINGS, progress=False)
    other = MapSettings(block=10, tile=128)
    made = map_scene(scene, forest, tmp_path / "map", settings=other, progress=False)
    assert made.record["n_block_resumed"] == 0


def test_filters_end_at_the_seams_of_a_mosaic_and_gaps_have_no_data(
    scene: xr.DataTree, tmp_path: Path
) -> None:
    moved = scene.map_over_datasets(
        lambda group: (
            group.assign_coords(y=np.where(np.arange(24) < 12, group.y, group.y - 30.0))
            if "y" in group
            else group
        )
    )
    drawn = radar_samples(moved, FEATURES, share=1.0, speckle=SPECKLE, rng=np.random.default_rng(0))
    fitted = SMALL.fit(drawn, drawn, seed=1)
    made = map_scene(
        moved, save_fitted(fitted, tmp_path / "fitted"), tmp_path / "map", settings=SETTINGS, progress=False
    )
    class_id = read_map(made.classes)
    assert class_id.sizes["y"] == 27
    assert (class_id.values[12:15] == -1).all()
    at_pieces = np.delete(class_id.values, [12, 13, 14], axis=0)
    np.testing.assert_array_equal(at_pieces[labelled(moved)], fitted.predict_proba(drawn).argmax(axis=1))
    np.testing.assert_allclose(np.delete(class_id.y.values, [12, 13, 14]), moved["/labels"].y.values)


def test_an_orbit_that_ends_leaves_the_rest_to_the_other(
    scene: xr.DataTree, forest: Path, tmp_path: Path
) -> None:
    west = scene["/sentinel1/37/c2"].to_dataset().isel(x=slice(0, 10))
    cut = with_groups(scene, orbit37=west, orbit110=scene["/sentinel1/110/c2"].to_dataset())
    made = map_scene(cut, forest, tmp_path / "map", settings=SETTINGS, progress=False)
    class_id = read_map(made.classes)
    assert class_id.shape == (24, 24)
    both = map_scene(scene, forest, tmp_path / "both", settings=SETTINGS, progress=False)
    # The window of the filter is cut at the orbit's edge.
    np.testing.assert_array_equal(class_id.values[:, :5], read_map(both.classes).values[:, :5])
