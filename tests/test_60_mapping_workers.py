"""Maps are the same whoever makes the blocks; wrong input is refused; the command line maps, too."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import rasterio
import xarray as xr
from distributed import LocalCluster, default_client
from typer.testing import CliRunner

from cropnb.cli import app
from cropnb.mapping import MapSettings, map_scene, read_map
from cropnb.mapping.workers import Workers
from cropnb.sampling import Samples, merge_classes, radar_samples
from cropnb.sampling.radar_steps import LeeSettings
from cropnb.scenes import save_scene
from cropnb.scenes.examples import example_raster_scene
from cropnb.schema import SchemaError
from cropnb.training import ForestClassifier, save_fitted

FEATURES = ("ps", "entropy")
SETTINGS = MapSettings(block=9, tile=128)
SMALL = ForestClassifier(n_tree=10, n_jobs=1)


@pytest.fixture(scope="module")
def scene() -> xr.DataTree:
    """Two orbits whose dates alternate."""
    made = example_raster_scene(np.random.default_rng(3), size=24, n_time=2)
    c2 = made["/sentinel1/37/c2"].to_dataset()
    later = c2.assign_coords(time=c2.time + np.timedelta64(5, "D"))
    groups = {"/labels": made["/labels"].to_dataset(), "/sentinel1/37/c2": c2, "/sentinel1/110/c2": later}
    tree = xr.DataTree.from_dict(groups)
    tree.attrs.update(made.attrs)
    return tree


@pytest.fixture(scope="module")
def samples(scene: xr.DataTree) -> Samples:
    return radar_samples(scene, FEATURES, share=1.0, rng=np.random.default_rng(0))


@pytest.fixture(scope="module")
def forest(samples: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    fitted = SMALL.fit(samples, samples, seed=1)
    return save_fitted(fitted, tmp_path_factory.mktemp("forest"), speckle=LeeSettings())


def same_bytes(one: Path, other: Path) -> None:
    for name in ("classes.tif", "probabilities.tif"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


@pytest.fixture
def store(scene: xr.DataTree, tmp_path: Path) -> Path:
    return save_scene(scene, tmp_path / "scene.zarr")


def mapped(store: xr.DataTree | Path, forest: Path, path: Path, workers: Workers = 1) -> Path:
    return map_scene(store, forest, path, settings=SETTINGS, workers=workers, progress=False).folder


def test_an_executor_writes_the_same_bytes(
    scene: xr.DataTree, store: Path, forest: Path, tmp_path: Path
) -> None:
    one = mapped(scene, forest, tmp_path / "one")
    with ThreadPoolExecutor(2) as pool:
        same_bytes(one, mapped(store, forest, tmp_path / "many", pool))
    same_bytes(one, mapped(store, forest, tmp_path / "disk", "1"))


@pytest.mark.slow
def test_processes_write_the_same_bytes(store: Path, forest: Path, tmp_path: Path) -> None:
    same_bytes(mapped(store, forest, tmp_path / "one"), mapped(store, forest, tmp_path / "two", 2))


def test_a_dask_cluster_writes_the_same_bytes(store: Path, forest: Path, tmp_path: Path) -> None:
    one = mapped(store, forest, tmp_path / "one")
    kind = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(processes=False, local_directory=str(tmp_path / "dask"), **kind) as cluster:
        same_bytes(one, mapped(store, forest, tmp_path / "many", cluster.scheduler_address))
    with pytest.raises(SchemaError, match="no Dask scheduler"):
        mapped(store, forest, tmp_path / "none", "nowhere")
    with pytest.raises(ValueError, match="No client"):  # Dask is left as it was
        default_client()


def without_orbit(scene: xr.DataTree) -> xr.DataTree:
    groups = {path: scene[path].to_dataset() for path in ("/labels", "/sentinel1/37/c2")}
    tree = xr.DataTree.from_dict(groups)
    tree.attrs.update(scene.attrs)
    return tree


def test_wrong_input_is_refused_with_what_is_missing(
    scene: xr.DataTree, samples: Samples, forest: Path, tmp_path: Path
) -> None:
    def refuse(message: str, tree: xr.DataTree = scene, folder: Path = forest, **options: object) -> None:
        with pytest.raises(SchemaError, match=message):
            map_scene(tree, folder, tmp_path / "map", progress=False, **options)

    missing = [int(day) for day in samples.day[1::2]]
    refuse(rf"no c2 on days \[{', '.join(map(str, missing))}\]", without_orbit(scene))
    refuse("orbit 99; it has", settings=MapSettings(orbits=("37", "99")))
    refuse(
        "no c2 group",
        xr.DataTree.from_dict({"/": scene.to_dataset(), "/labels": scene["labels"].to_dataset()}),
    )
    renamed = Samples(**{**vars(samples), "channel": ("ps", "entropi")})
    odd = save_fitted(SMALL.fit(renamed, renamed, seed=1), tmp_path / "odd")
    refuse("'entropi' is no radar feature.*'entropy'", folder=odd)
    refuse("no .*classifier.json", folder=tmp_path)
    refuse("several workers", workers=2)
    refuse("workers 0", workers=0)
    off = scene.map_over_datasets(
        lambda g: g.assign_coords(y=np.where(np.arange(24) < 12, g.y, g.y - 33.0)) if "y" in g else g
    )
    refuse("no common grid", off)
    (tmp_path / "map").mkdir()
    refuse("exists")


@pytest.mark.parametrize(("name", "value"), [("block", 0), ("tile", 100), ("majority", 4), ("min_date", 0)])
def test_impossible_settings_are_refused(name: str, value: int) -> None:
    with pytest.raises(SchemaError, match=name):
        MapSettings(**{name: value})


def test_merged_classes_are_those_of_the_map(scene: xr.DataTree, samples: Samples, tmp_path: Path) -> None:
    merged = merge_classes(samples, {"grass": "winter wheat"})
    folder = save_fitted(SMALL.fit(merged, merged, seed=1), tmp_path / "fitted")
    made = map_scene(scene, folder, tmp_path / "map", settings=SETTINGS, progress=False)
    assert list(made.record["n_pixel_of_class"]) == ["maize", "winter wheat"]
    assert sum(made.record["n_pixel_of_class"].values()) == 24 * 24


def test_the_command_maps_and_says_what_it_took(store: Path, forest: Path, tmp_path: Path) -> None:
    folder = tmp_path / "map"
    done = CliRunner().invoke(app, ["map", str(store), str(forest), str(folder), "--majority", "3"])
    assert done.exit_code == 0, done.output
    lines = done.output.strip().splitlines()[-4:]
    names = ("classes", "classes-majority", "probabilities")
    assert lines[:3] == [str(folder / f"{name}.tif") for name in names]
    assert "24 x 24 pixels, 0.0% without data" in lines[3]
    same = map_scene(store, forest, tmp_path / "same", settings=SETTINGS, progress=False)
    np.testing.assert_array_equal(read_map(folder / "classes.tif"), read_map(same.classes))
    with rasterio.open(folder / "classes.tif") as raster:
        tags = raster.tags()
    defaults = LeeSettings()
    assert tags["speckle"] == f"lee window={defaults.window} n_looks={defaults.n_looks:g}"
    assert "commit" in tags


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--orbit", "99"), "orbit 99; it has 37, 110. Name one of these"),
        (("--orbit", "37"), "that the classifier was fitted on; orbits 37 have"),
        (("--lee", "5", "4"), "speckle filter LeeSettings(window=5, n_looks=4.0) asked for; expected"),
        (("--majority", "4"), "expected an odd number"),
    ],
)
def test_the_command_refuses_in_one_message(
    store: Path, forest: Path, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    done = CliRunner().invoke(app, ["map", str(store), str(forest), str(tmp_path / "map"), *options])
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stderr.count("Error:") == 1
    assert not list(tmp_path.glob("map*"))


def test_the_command_names_its_files_and_options_in_its_help() -> None:
    shown = CliRunner().invoke(app, ["map", "--help"], env={"COLUMNS": "200"}).output
    files = ("classes.tif", "probabilities.tif", "record.json", "classes-majority.tif", "255: never measured")
    options = ("--lee", "WINDOW LOOKS", "--orbit", "--majority", "--workers", "Example: cropnb map")
    assert [words for words in (*files, *options) if words not in shown] == []
