"""What a track does not see: land beyond its swath and missing pixels, through C2, coherence and features."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cropnb.features.polarimetry import m_chi
from cropnb.paths import data_folder
from cropnb.scenes import open_scene, validate
from cropnb.scenes.from_slc import at_pixels, with_products
from cropnb.scenes.tile_store import write_tiles
from cropnb.schema import SchemaError
from cropnb.simulation import Parameters, load_parameters, simulate
from cropnb.simulation.checks import check_parameters
from cropnb.simulation.coverage import beyond_swath
from cropnb.simulation.grid import scene_tiles
from cropnb.simulation.tracks import scene_tracks

FOLDER = data_folder() / "scenes"
EDGE_M = 325_000.0
SMOKE = load_parameters(FOLDER / "county.toml", preset="smoke")


def at_the_edge(**changes: int | bool) -> Parameters:
    """A tile whose middle the edge of track 32 runs through."""
    preset = {"n_row": 1, "n_column": 1, "n_pixel": 60, "first_row": 0, "first_column": -1}
    return replace(SMOKE, preset=replace(SMOKE.preset, **(preset | changes)))


def seeing_all(parameters: Parameters, *, missing_share: float = 0.0) -> Parameters:
    tracks = {name: replace(t, west_edge_m=0.0) for name, t in parameters.radar.tracks.items()}
    return replace(parameters, radar=replace(parameters.radar, tracks=tracks, missing_share=missing_share))


@pytest.fixture(scope="module")
def fast() -> xr.DataTree:
    return simulate(at_the_edge(), progress=False)


@pytest.fixture(scope="module")
def single_look() -> xr.DataTree:
    return with_products(simulate(at_the_edge(single_look=True), progress=False))


@pytest.mark.parametrize(
    ("file", "preset"),
    [
        *(("county", name) for name in ("smoke", "smoke_slc", "mini", "tile")),
        *((f"county-2018{site}", "tile") for site in ("", "-a", "-b")),
    ],
)
def test_all_presets_but_the_whole_county_are_seen_in_full(file: str, preset: str) -> None:
    parameters = load_parameters(FOLDER / f"{file}.toml", preset=preset)
    for track in scene_tracks(parameters):
        for tile in scene_tiles(parameters):
            assert not beyond_swath(parameters, tile, track, width_m=10.0).any()


def test_the_west_of_the_county_is_not_seen_by_the_far_range_track() -> None:
    county = load_parameters(FOLDER / "county.toml", preset="county")
    far, near = scene_tracks(county)
    lost = {tile: beyond_swath(county, tile, far, width_m=10.0).mean() for tile in scene_tiles(county)}
    assert {tile.column for tile, share in lost.items() if share == 1} == {-3, -2}
    assert {tile.column for tile, share in lost.items() if share == 0.5} == {-1}
    assert 0.1 < np.mean(list(lost.values())) < 0.25
    assert not any(beyond_swath(county, tile, near, width_m=10.0).any() for tile in lost)


def test_beyond_the_edge_nothing_is_measured_and_the_truth_stays(fast: xr.DataTree) -> None:
    c2 = fast["/sentinel1/32/c2"].to_dataset()
    beyond = c2.x.values < EDGE_M
    assert beyond.mean() == 0.5
    for name in ("c_vv_vv", "c_vh_vh", "c_vv_vh"):
        values = c2[name].values
        assert np.isnan(values.real[..., beyond]).all()
        assert np.isnan(values.imag[..., beyond]).all() or values.dtype.kind == "f"
        assert 0 < np.isnan(values[..., ~beyond]).mean() < 0.006
    assert np.isfinite(fast["/sentinel1/105/c2/c_vv_vv"].values).mean() > 0.99
    assert np.isfinite(fast["/truth/sigma0_vv"].values).all()
    assert (fast["/labels/class_id"].values[:, beyond] >= 0).any()


@pytest.mark.parametrize("name", ["c_vv_vv", "c_vv_vh"])
def test_seen_pixels_keep_their_bytes(fast: xr.DataTree, name: str) -> None:
    share = SMOKE.radar.missing_share
    whole = simulate(seeing_all(at_the_edge(), missing_share=share), progress=False)
    for orbit in (32, 105):
        got, expected = (scene[f"/sentinel1/{orbit}/c2/{name}"].values for scene in (fast, whole))
        seen = np.isfinite(got)
        assert got[seen].tobytes() == expected[seen].tobytes()


def test_single_look_images_miss_whole_pixels_and_keep_the_other_bytes(single_look: xr.DataTree) -> None:
    whole = simulate(seeing_all(at_the_edge(single_look=True)), progress=False)
    for orbit in (32, 105):
        got, expected = (s[f"/sentinel1/{orbit}/slc"].to_dataset() for s in (single_look, whole))
        lost = np.isnan(got.s_vv.values)
        assert (lost == np.isnan(got.s_vh.values)).all()
        assert np.isnan(got.s_vv.values.imag[lost]).all()
        threes = lost.reshape(*lost.shape[:2], -1, 3)  # three samples make a pixel
        assert (threes.any(axis=-1) == threes.all(axis=-1)).all()
        for name in ("s_vv", "s_vh"):
            assert got[name].values[~lost].tobytes() == expected[name].values[~lost].tobytes()


@pytest.mark.parametrize("orbit", [32, 105])
def test_products_miss_what_the_images_miss_and_no_more(single_look: xr.DataTree, orbit: int) -> None:
    c2, pairs = (single_look[f"/sentinel1/{orbit}/{name}"].to_dataset() for name in ("c2", "coherence"))
    seen = c2.x.values > (EDGE_M if orbit == 32 else 0)
    missing = np.isnan(c2.c_vv_vv.values)
    assert missing[..., ~seen].all()
    n = missing[..., seen].size
    share = SMOKE.radar.missing_share
    assert missing[..., seen].mean() == pytest.approx(share, abs=4 * np.sqrt(share / n))
    place = {str(time): k for k, time in enumerate(c2.time.values)}
    for vv, first, second in zip(pairs.vv.values, pairs.first_time, pairs.second_time, strict=True):
        either = missing[place[str(first.values)]] | missing[place[str(second.values)]]
        assert (np.isnan(vv) == either).all()


def test_no_feature_arises_beyond_the_edge(single_look: xr.DataTree, fast: xr.DataTree) -> None:
    labels = single_look["labels"]
    for scene in (single_look, fast):
        c2 = scene["/sentinel1/32/c2"].to_dataset()
        at_labels = at_pixels(c2, y=labels.y, x=labels.x)
        for group in (c2, at_labels):
            beyond = group.x.values < EDGE_M - 15
            features = m_chi(group)
            for name in features.data_vars:
                assert np.isnan(features[name].values[..., beyond]).all()
                assert np.isfinite(features[name].values[..., group.x.values > EDGE_M + 15]).mean() > 0.98


def test_scenes_with_an_edge_keep_the_contract(fast: xr.DataTree, single_look: xr.DataTree) -> None:
    validate(fast)
    validate(single_look)


def test_a_store_may_begin_with_a_tile_that_a_track_misses(tmp_path: Path) -> None:
    parameters = at_the_edge(n_pixel=40, first_column=-2, n_column=2)
    stored = open_scene(write_tiles(parameters, tmp_path / "west.zarr", progress=False))
    c2 = stored["/sentinel1/32/c2/c_vv_vv"]
    assert (np.isnan(c2.values).mean(axis=(0, 1)) == 1).sum() == 60
    expected = simulate(parameters, progress=False)
    assert c2.values.tobytes() == expected["/sentinel1/32/c2/c_vv_vv"].values.tobytes()
    assert stored["/labels/x"].values.tolist() == expected["/labels/x"].values.tolist()


def test_a_track_that_misses_the_whole_preset_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"radar\.tracks\.32\.west_edge_m: 325000 m.*leave the track out"):
        check_parameters(at_the_edge(first_column=-2))
