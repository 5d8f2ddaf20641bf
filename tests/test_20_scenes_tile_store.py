"""Scenes written tile by tile: the bytes of the scene in memory, whoever writes, after any interruption."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from distributed import Client

from cropnb.paths import data_folder
from cropnb.scenes import open_scene, tile_store
from cropnb.scenes.build import group_at
from cropnb.scenes.from_slc import with_products
from cropnb.scenes.tile_canvas import PROGRESS
from cropnb.scenes.tile_store import without_truth_series, write_tiles
from cropnb.schema import SchemaError
from cropnb.simulation import Parameters, load_parameters, simulate
from cropnb.simulation.parameters import County
from cropnb.simulation.scene import simulate_square

COUNTY = data_folder() / "scenes" / "county.toml"
SMOKE = load_parameters(COUNTY, preset="smoke")


def with_preset(**changes: int | bool) -> Parameters:
    return replace(SMOKE, preset=replace(SMOKE.preset, **changes))


SMALL = with_preset(n_row=1, n_column=3, n_pixel=40)


@pytest.fixture(scope="module")
def whole() -> xr.DataTree:
    return simulate(SMALL, progress=False)


def same(stored: xr.DataTree, scene: xr.DataTree) -> None:
    """Every byte, but for the mean cloud over the scene: one sums pixels, the other tiles."""
    assert set(stored.groups) == set(scene.groups)
    assert stored.attrs == scene.attrs
    for path in scene.groups:
        got, expected = (group_at(tree, path, inherit=False) for tree in (stored, scene))
        assert set(got.variables) == set(expected.variables), path
        assert got.attrs == expected.attrs
        for name, variable in expected.variables.items():
            assert got[name].dims == variable.dims
            assert got[name].dtype == variable.dtype, name
            assert got[name].attrs == variable.attrs
            if str(name).endswith("cloud_fraction"):
                np.testing.assert_allclose(got[name].values, variable.values, rtol=1e-12, atol=1e-15)
            else:
                assert got[name].values.tobytes() == variable.values.tobytes(), f"{path}/{name}"


def test_store_holds_the_bytes_of_the_scene_in_memory(tmp_path: Path, whole: xr.DataTree) -> None:
    path = write_tiles(SMALL, tmp_path / "deep" / "small.zarr", progress=False)
    same(open_scene(path), whole)
    assert [file.name for file in path.parent.iterdir()] == ["small.zarr"]


@pytest.mark.slow
def test_two_processes_write_the_same_bytes(tmp_path: Path, whole: xr.DataTree) -> None:
    same(open_scene(write_tiles(SMALL, tmp_path / "small.zarr", workers=2, progress=False)), whole)


def test_any_executor_will_do_and_stays_open(tmp_path: Path, whole: xr.DataTree) -> None:
    with ThreadPoolExecutor(2) as pool:
        same(open_scene(write_tiles(SMALL, tmp_path / "small.zarr", workers=pool, progress=False)), whole)
        assert pool.submit(int, 3).result() == 3


@pytest.mark.slow
def test_a_dask_cluster_writes_the_same_bytes(tmp_path: Path, whole: xr.DataTree) -> None:
    cluster = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with Client(processes=True, local_directory=str(tmp_path / "dask"), **cluster) as client:
        pool = client.get_executor()
        path = write_tiles(SMALL, tmp_path / "small.zarr", workers=pool, progress=False)
    same(open_scene(path), whole)


class Interrupted:
    """Simulates tiles, counts them, and breaks down after so many."""

    def __init__(self, limit: int) -> None:
        self.limit, self.numbers = limit, []

    def __call__(self, parameters: Parameters, number: int) -> xr.DataTree:
        if len(self.numbers) == self.limit:
            raise KeyboardInterrupt
        self.numbers.append(number)
        return simulate_square(parameters, number)


@pytest.mark.parametrize("limit", [0, 1, 2])
def test_a_run_that_was_cut_off_goes_on_behind_its_last_tile(
    tmp_path: Path, whole: xr.DataTree, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    path, cut, rest = tmp_path / "small.zarr", Interrupted(limit), Interrupted(10)
    monkeypatch.setattr(tile_store, "simulate_square", cut)
    with pytest.raises(KeyboardInterrupt):
        write_tiles(SMALL, path, progress=False)
    assert not path.exists()
    monkeypatch.setattr(tile_store, "simulate_square", rest)
    write_tiles(SMALL, path, progress=False)
    assert cut.numbers + rest.numbers == [0, 1, 2]
    same(open_scene(path), whole)


def test_a_tile_that_was_cut_in_half_is_written_anew(
    tmp_path: Path, whole: xr.DataTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "small.zarr"
    monkeypatch.setattr(tile_store, "simulate_square", Interrupted(2))
    with pytest.raises(KeyboardInterrupt):
        write_tiles(SMALL, path, progress=False)
    monkeypatch.undo()
    noted = path.with_name("small.zarr.partial") / PROGRESS
    content = json.loads(noted.read_text())
    del content["parts"]["1"]  # its maps are there, and the note is not
    noted.write_text(json.dumps(content))
    same(open_scene(write_tiles(SMALL, path, progress=False)), whole)


def test_tiles_of_another_scene_are_not_kept(
    tmp_path: Path, whole: xr.DataTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "small.zarr"
    other = replace(SMALL, scene=replace(SMALL.scene, seed=2))
    monkeypatch.setattr(tile_store, "simulate_square", Interrupted(2))
    with pytest.raises(KeyboardInterrupt):
        write_tiles(other, path, progress=False)
    monkeypatch.undo()
    same(open_scene(write_tiles(SMALL, path, progress=False)), whole)


def test_cameras_of_all_tiles_stand_in_the_store(tmp_path: Path) -> None:
    preset = with_preset(n_row=2, n_column=2, n_pixel=40)
    optics = replace(preset.optics, cameras=replace(preset.optics.cameras, n_per_tile=2))
    parameters = replace(preset, optics=optics)
    stored = open_scene(write_tiles(parameters, tmp_path / "cameras.zarr", progress=False))
    assert stored["cameras"].sizes["site"] == 8
    same(stored, simulate(parameters, progress=False))


def test_work_decides_what_is_kept(tmp_path: Path, whole: xr.DataTree) -> None:
    path = write_tiles(SMALL, tmp_path / "a.zarr", work=without_truth_series, progress=False)
    stored = open_scene(path)
    same(stored, without_truth_series(whole))
    assert {"sowing_day", "edge_distance", "soil_moisture"} <= set(stored["truth"].data_vars)
    assert not {"lai", "sigma0_vv", "coherence_vv", "sentinel2_cloud_opacity"} & set(
        stored["truth"].data_vars
    )


def test_single_look_scenes_get_their_products_tile_by_tile(tmp_path: Path) -> None:
    parameters = with_preset(n_row=1, n_column=2, single_look=True)
    stored = open_scene(write_tiles(parameters, tmp_path / "slc.zarr", progress=False))
    same(stored, with_products(simulate(parameters, progress=False)))


def test_squares_outside_the_county_are_missing(tmp_path: Path) -> None:
    preset = {"n_row": 2, "n_column": 2, "n_pixel": 40, "first_row": -1, "first_column": -1}
    rectangle = with_preset(**preset)
    county = County(first_row=-1, first_column=-1, outline=("#.", ".#"))
    inside = replace(with_preset(**preset, inside_county=True), county=county)
    stored = open_scene(write_tiles(inside, tmp_path / "county.zarr", progress=False))
    full = simulate(rectangle, progress=False)
    labels, hole = stored["labels"], np.s_[..., :40, 40:]
    assert (labels.class_id.values[hole] == -1).all()
    assert (labels.parcel_id.values[hole] == -1).all()
    assert not labels.cropland.values[hole].any()
    assert np.unique(labels.block_id.values).tolist() == [-1, 0, 1]
    for path in ("/sentinel1/105/c2/c_vv_vh", "/sentinel1/32/c2/c_vv_vv", "/truth/lai", "/labels/class_id"):
        for part in (np.s_[..., :40, :40], np.s_[..., 40:, 40:]):
            assert stored[path].values[part].tobytes() == full[path].values[part].tobytes(), path
    assert np.isnan(stored["/sentinel1/105/c2/c_vv_vh"].values[hole]).all()
    assert np.isnan(stored["/sentinel2/reflectance"].values[hole]).all()
    assert not stored["/sentinel2/valid_mask"].values[hole].any()
    parcel = labels.parcel_id.values
    assert parcel.min() == -1
    blocks = [np.unique(parcel[(labels.block_id.values == k) & (parcel >= 0)]) for k in (0, 1)]
    assert not set(blocks[0]) & set(blocks[1])
    assert stored.attrs["n_parcel"] < full.attrs["n_parcel"]


def test_chunks_end_where_tiles_end(tmp_path: Path) -> None:
    stored = open_scene(write_tiles(SMALL, tmp_path / "small.zarr", progress=False), chunks={})
    for path in ("/labels/class_id", "/sentinel1/105/c2/c_vv_vv", "/rapideye/reflectance"):
        n = stored[path].sizes["x"]
        assert {n // 3, 2 * n // 3, n} <= set(np.cumsum(stored[path].chunksizes["x"]).tolist())


def test_a_scene_in_memory_has_no_holes() -> None:
    with pytest.raises(SchemaError, match=r"inside_county.*write_tiles"):
        simulate(with_preset(inside_county=True), progress=False)


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="Choose another"):
        write_tiles(SMALL, tmp_path)
    with pytest.raises(SchemaError, match="workers: 0"):
        write_tiles(SMALL, tmp_path / "new.zarr", workers=0)
