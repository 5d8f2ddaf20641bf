"""Scenes on disk: what goes in comes out, wholly or not at all, and lazily."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cropnb.scenes import (
    describe,
    example_point_scene,
    example_raster_scene,
    open_scene,
    open_store,
    save_scene,
    take_block,
    validate,
)
from cropnb.scenes import store as store_module
from cropnb.scenes.build import group_at
from cropnb.scenes.store import MANIFEST
from cropnb.schema import SchemaError


@pytest.fixture
def raster() -> xr.DataTree:
    return example_raster_scene(np.random.default_rng(3))


@pytest.mark.parametrize("chunks", [None, {}])
@pytest.mark.parametrize("make", [example_raster_scene, example_point_scene])
def test_round_trip_is_identical(make: object, chunks: dict[str, int] | None, tmp_path: Path) -> None:
    scene = make(np.random.default_rng(3))  # type: ignore[operator]
    reopened = open_store(save_scene(scene, tmp_path / "s.zarr"), chunks=chunks)
    validate(reopened)
    xr.testing.assert_identical(reopened.load(), scene)


def test_lazy_scene_is_saved_like_a_loaded_one(raster: xr.DataTree, tmp_path: Path) -> None:
    lazy = raster.chunk({"time": 1, "y": 5})
    xr.testing.assert_identical(open_scene(save_scene(lazy, tmp_path / "s.zarr")).load(), raster)


def test_open_with_chunks_gives_dask(raster: xr.DataTree, tmp_path: Path) -> None:
    reopened = open_store(save_scene(raster, tmp_path / "s.zarr"), chunks={})
    assert all(group_at(reopened, node.path).chunks for node in reopened.leaves)


def test_existing_store_is_kept_unless_told(raster: xr.DataTree, tmp_path: Path) -> None:
    path = save_scene(raster, tmp_path / "s.zarr")
    other = example_raster_scene(np.random.default_rng(4))
    with pytest.raises(SchemaError, match=r"s\.zarr: exists.*overwrite=True"):
        save_scene(other, path)
    xr.testing.assert_identical(open_store(path).load(), raster)
    save_scene(other, path, overwrite=True)
    xr.testing.assert_identical(open_store(path).load(), other)
    assert [p.name for p in tmp_path.iterdir()] == ["s.zarr"]


def test_failure_while_writing_leaves_nothing(
    raster: xr.DataTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The manifest is the last thing to be written: all arrays are on the disk by then.
    monkeypatch.setattr(store_module.Path, "write_text", _raise_os_error)
    with pytest.raises(OSError, match="no space"):
        save_scene(raster, tmp_path / "s.zarr")
    assert list(tmp_path.iterdir()) == []


def test_failed_overwrite_keeps_the_old_scene(
    raster: xr.DataTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_scene(raster, tmp_path / "s.zarr")
    monkeypatch.setattr(store_module, "_write", _raise_os_error)
    with pytest.raises(OSError, match="no space"):
        save_scene(raster, path, overwrite=True)
    xr.testing.assert_identical(open_store(path).load(), raster)


def _raise_os_error(*_: object) -> None:
    raise OSError("no space left")


def chunk_files(path: Path) -> list[Path]:
    return [file for file in (path / "sentinel1/88/sigma0/vv").iterdir() if not file.name.startswith(".")]


def test_lost_chunk_is_found_on_opening(raster: xr.DataTree, tmp_path: Path) -> None:
    path = save_scene(raster, tmp_path / "s.zarr")
    chunk_files(path)[0].unlink()
    with pytest.raises(SchemaError, match=r"sentinel1/88/sigma0/vv/0\.0\.0 missing.*Remove the folder"):
        open_store(path)


def test_truncated_chunk_is_found_on_opening(raster: xr.DataTree, tmp_path: Path) -> None:
    path = save_scene(raster, tmp_path / "s.zarr")
    chunk = chunk_files(path)[0]
    whole = chunk.read_bytes()
    chunk.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SchemaError, match=f"has {len(whole) // 2} bytes; expected {len(whole)} bytes"):
        open_store(path)


def test_truncated_chunk_without_manifest_is_found_by_validate(raster: xr.DataTree, tmp_path: Path) -> None:
    path = save_scene(raster, tmp_path / "s.zarr")
    (path / MANIFEST).unlink()
    chunk = chunk_files(path)[0]
    chunk.write_bytes(chunk.read_bytes()[:100])
    with pytest.raises(SchemaError, match=r"/sentinel1/88/sigma0/vv: cannot be read.*damaged or cut off"):
        validate(open_store(path, chunks={}))


@pytest.mark.parametrize("name", [".zmetadata", MANIFEST])
def test_truncated_metadata(raster: xr.DataTree, tmp_path: Path, name: str) -> None:
    path = save_scene(raster, tmp_path / "s.zarr")
    text = (path / name).read_text()
    (path / name).write_text(text[: len(text) // 2])
    with pytest.raises(SchemaError, match="Remove the folder"):
        open_store(path)


def test_foreign_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(SchemaError, match=r"photos: cannot be opened"):
        open_store(tmp_path / "photos")


def test_absent_folder_names_the_nearest(raster: xr.DataTree, tmp_path: Path) -> None:
    save_scene(raster, tmp_path / "county.zarr")
    with pytest.raises(SchemaError, match=r"no such folder.*Did you mean county\.zarr"):
        open_scene(tmp_path / "contry.zarr")


def test_manifest_counts_every_file(raster: xr.DataTree, tmp_path: Path) -> None:
    path = save_scene(raster, tmp_path / "s.zarr")
    listed = json.loads((path / MANIFEST).read_text())
    there = {str(f.relative_to(path)): f.stat().st_size for f in path.rglob("*") if f.is_file()}
    del there[MANIFEST]
    assert listed == there


def test_block_is_lazy_and_touches_only_its_chunks(
    raster: xr.DataTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store is cut into 8 x 8 pixels; all chunks outside the block are destroyed before it is read."""
    monkeypatch.setattr(store_module, "CHUNKS", {"time": 6, "y": 8, "x": 8})
    path = save_scene(raster, tmp_path / "s.zarr")
    block = take_block(open_store(path, chunks={}), y=slice(8, 16), x=slice(10, 20))
    assert group_at(block, "/sentinel1/88/sigma0").vv.chunks is not None
    for chunk in chunk_files(path):
        _, row, column = chunk.name.split(".")
        if row != "1" or column == "0":
            chunk.write_bytes(b"no longer a chunk")
    expected = group_at(raster, "/sentinel1/88/sigma0").isel(y=slice(8, 16), x=slice(10, 20))
    xr.testing.assert_identical(group_at(block, "/sentinel1/88/sigma0").vv.compute(), expected.vv)
    with pytest.raises((RuntimeError, ValueError, OSError)):
        open_store_unchecked(path).vv.load()


def open_store_unchecked(path: Path) -> xr.Dataset:
    return xr.open_zarr(path, group="sentinel1/88/sigma0", chunks={})


def test_block_of_all_groups_covers_one_piece_of_ground(raster: xr.DataTree) -> None:
    block = take_block(raster, y=slice(6, 12), x=slice(0, 6))
    for path in ("/labels", "/sentinel2", "/sentinel1/37/c2", "/sentinel1/37/coherence"):
        group = group_at(raster, path)
        xr.testing.assert_identical(group_at(block, path), group.isel(y=slice(6, 12), x=slice(0, 6)))
    validate(block)


def coarsened(scene: xr.DataTree, path: str) -> xr.DataTree:
    """The scene with one group at half the resolution."""
    groups = {name: group_at(scene, name, inherit=False) for name in scene.groups}
    with xr.set_options(keep_attrs=True):
        groups[path] = groups[path].coarsen(y=2, x=2).mean()
    return xr.DataTree.from_dict(groups)


def test_block_of_a_coarser_group_is_the_same_ground(raster: xr.DataTree) -> None:
    path = "/sentinel1/88/sigma0"
    scene = coarsened(raster, path)
    block = take_block(scene, y=slice(8, 16), x=slice(4, 24))
    expected = group_at(scene, path).isel(y=slice(4, 8), x=slice(2, 12))
    xr.testing.assert_identical(group_at(block, path), expected)
    assert dict(group_at(block, "/labels").sizes) == {"y": 8, "x": 20}


def test_blocks_tile_the_scene_without_gap_or_overlap(raster: xr.DataTree) -> None:
    path = "/sentinel1/88/sigma0"
    scene = coarsened(raster, path)
    rows = [
        group_at(take_block(scene, y=slice(a, b), x=slice(0, 24)), path).y.to_numpy()
        for a, b in ((0, 5), (5, 11), (11, 24))
    ]
    np.testing.assert_array_equal(np.concatenate(rows), group_at(scene, path).y.to_numpy())


@pytest.mark.parametrize("window", [slice(30, 40), slice(4, 4), slice(0, 10, 2)])
def test_empty_or_stepped_block_is_refused(raster: xr.DataTree, window: slice) -> None:
    with pytest.raises(SchemaError, match="of 24 pixels"):
        take_block(raster, y=window, x=slice(0, 4))


def test_point_scene_has_no_block() -> None:
    with pytest.raises(SchemaError, match=r"no dim 'y'.*isel\(sample"):
        take_block(example_point_scene(np.random.default_rng(0)), y=slice(0, 1), x=slice(0, 1))


def test_description_says_what_there_is(raster: xr.DataTree) -> None:
    table = describe(raster).set_index("group")
    assert set(table.index) == {
        "/",
        "/labels",
        "/sentinel2",
        "/sentinel1/37/c2",
        "/sentinel1/37/coherence",
        "/sentinel1/88/sigma0",
    }
    assert table.loc["/", "what"] == "example-raster (simulated)"
    assert table.attrs["season"] == "2017-05-01/2017-09-30"
    assert table.loc["/sentinel1/37/c2", "size"] == "time 6, y 24, x 24"
    assert table.loc["/sentinel1/37/c2", "dates"] == "2017-05-03 to 2017-07-02"
    assert table.loc["/labels", "valid"] == pytest.approx(1 - 4 / 24, abs=1e-3)  # a track each six pixels
    valid = group_at(raster, "/sentinel2").valid_mask.to_numpy()
    assert table.loc["/sentinel2", "valid"] == pytest.approx(valid.mean(), abs=1e-3)


def test_description_of_points() -> None:
    table = describe(example_point_scene(np.random.default_rng(0))).set_index("group")
    assert table.loc["/points", "size"] == "sample 90"
    assert "3 classes" in table.loc["/points", "what"]
