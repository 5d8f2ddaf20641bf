"""From scenes to samples: values traced back by hand, counts that add up, seasons, orbits, windows."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import cropnb.scenes
from cropnb.sampling import samples_from_scene
from cropnb.scenes import example_point_scene, example_raster_scene
from cropnb.schema import SENTINEL2_BANDS, SchemaError

S1, S2 = "/points/sentinel1", "/points/sentinel2"


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def added(scene: xr.DataTree, path: str, **variables: xr.DataArray) -> xr.DataTree:
    """Copy of a scene with variables of one group added or replaced."""
    groups = {node.path: node.to_dataset(inherit=False) for node in scene.subtree}
    groups[path] = groups[path].assign(variables)
    return xr.DataTree.from_dict(groups)


def changed(scene: xr.DataTree, path: str, **values: np.ndarray) -> xr.DataTree:
    """Copy of a scene with the values of some variables of one group replaced."""
    return added(scene, path, **{name: scene[path][name].copy(data=new) for name, new in values.items()})


def without(scene: xr.DataTree, *paths: str) -> xr.DataTree:
    groups = {node.path: node.to_dataset(inherit=False) for node in scene.subtree}
    return xr.DataTree.from_dict({path: group for path, group in groups.items() if path not in paths})


def renamed_season(scene: xr.DataTree, season: str) -> xr.DataTree:
    other = scene.copy()
    other.attrs = {**scene.attrs, "season": season}
    return other


# ---- point scenes


def test_every_labelled_point_is_a_sample_in_its_order() -> None:
    scene = example_point_scene(rng(), missing=0.0)
    samples = samples_from_scene(scene, sensors=("sentinel1", "sentinel2"), rng=rng())
    assert samples.channel == ("vv_db", "vh_db", *SENTINEL2_BANDS)
    assert samples.day.tolist() == [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
    np.testing.assert_array_equal(samples.class_id, scene["/points/class_id"])
    np.testing.assert_array_equal(samples.group, scene["/points/group"])
    np.testing.assert_array_equal(samples.block, samples.group)
    assert np.unique(samples.parcel).size == samples.n_sample
    assert samples.observed.all()
    assert samples.dropped == {}
    np.testing.assert_allclose(samples.x[..., 1], 10 * np.log10(scene[f"{S1}/vh"].values), rtol=1e-5)
    np.testing.assert_allclose(samples.x[..., 2:], scene[f"{S2}/reflectance"].values)


def test_missing_months_are_interpolated_and_say_so() -> None:
    scene = example_point_scene(rng(), missing=0.2)
    samples = samples_from_scene(scene, rng=rng())
    valid = scene[f"{S1}/valid_mask"].values
    assert samples.share_interpolated == pytest.approx(1 - valid.mean())
    np.testing.assert_array_equal(samples.observed, np.stack([valid, valid], axis=-1))
    power = scene[f"{S1}/vv"].values
    for i in (0, 17, 60):
        db = 10 * np.log10(power[i, valid[i]])
        expected = np.interp(samples.day, samples.day[valid[i]], db)
        np.testing.assert_allclose(samples.x[i, :, 0], expected, rtol=1e-5)


def test_kept_and_dropped_points_add_up_by_reason() -> None:
    scene = example_point_scene(rng())
    class_id = scene["/points/class_id"].values.copy()
    class_id[[3, 8, 20]] = -1
    never = scene[f"{S1}/valid_mask"].values.copy()
    never[[3, 5]] = False  # sample 3 is unlabelled: it counts there, once
    clouded = scene[f"{S2}/valid_mask"].values.copy()
    clouded[[5, 6, 7]] = False  # sample 5 lacks both: it counts with the first sensor
    scene = changed(scene, "/points", class_id=class_id)
    scene = changed(changed(scene, S1, valid_mask=never), S2, valid_mask=clouded)
    samples = samples_from_scene(scene, sensors=("sentinel1", "sentinel2"), rng=rng())
    assert samples.dropped == {
        "unlabelled": 3,
        "never observed by sentinel1": 1,
        "never observed by sentinel2": 2,
    }
    assert samples.n_sample + sum(samples.dropped.values()) == 90
    assert samples.parcel.tolist() == [i for i in range(90) if i not in (3, 5, 6, 7, 8, 20)]


def test_zero_and_negative_power_are_missing() -> None:
    scene = example_point_scene(rng(), missing=0.0)
    vv = scene[f"{S1}/vv"].values.copy()
    vv[4, 2], vv[4, 3] = 0.0, -1e-3
    samples = samples_from_scene(changed(scene, S1, vv=vv), rng=rng())
    assert np.argwhere(~samples.observed).tolist() == [[4, 2, 0], [4, 3, 0]]


def test_only_the_season_counts_and_days_run_across_the_new_year() -> None:
    scene = renamed_season(example_point_scene(rng()), "2016-11-01/2017-03-01")
    assert samples_from_scene(scene, rng=rng()).day.tolist() == [366, 397, 425]  # 2016 is a leap year
    with pytest.raises(SchemaError, match="within the season"):
        samples_from_scene(renamed_season(scene, "2015-01-01/2015-12-31"), rng=rng())


def test_days_can_be_asked_for() -> None:
    scene = example_point_scene(rng(), missing=0.0)
    samples = samples_from_scene(scene, day=[0, 45, 400], rng=rng())
    own = samples_from_scene(scene, rng=rng())
    assert samples.observed[:, 0].all()
    assert not samples.observed[:, 1:].any()
    # Day 45 is half way between 31 and 59; day 400 holds December.
    np.testing.assert_allclose(samples.x[:, 1], (own.x[:, 1] + own.x[:, 2]) / 2, rtol=1e-5)
    np.testing.assert_array_equal(samples.x[:, 2], own.x[:, 11])


def test_given_blocks_and_parcels_are_kept() -> None:
    plain = example_point_scene(rng())
    like = plain["/points/group"]
    block, parcel = like.values // 2, np.arange(90, dtype=np.int32) // 2 + 500
    scene = added(plain, "/points", block=like.copy(data=block), parcel=like.copy(data=parcel))
    samples = samples_from_scene(scene, rng=rng())
    np.testing.assert_array_equal(samples.block, block)
    np.testing.assert_array_equal(samples.parcel, parcel)


def test_points_without_a_parcel_share_none() -> None:
    plain = example_point_scene(rng())
    parcel = np.where(np.arange(90) < 80, 4, -1).astype(np.int32)
    scene = added(plain, "/points", parcel=plain["/points/group"].copy(data=parcel))
    samples = samples_from_scene(scene, rng=rng())
    assert np.unique(samples.parcel).size == 1 + 10


# ---- raster scenes


def test_one_pixel_of_each_parcel_with_its_own_labels() -> None:
    scene = example_raster_scene(rng())
    labels = scene["/labels"]
    samples = samples_from_scene(scene, rng=rng(1))
    parcels = np.unique(labels.parcel_id.values[labels.parcel_id.values >= 0])
    assert sorted(samples.parcel) == parcels.tolist()
    for parcel, class_id, block in zip(samples.parcel, samples.class_id, samples.block, strict=True):
        inside = labels.parcel_id.values == parcel
        assert set(labels.class_id.values[inside]) == {class_id}
        assert set(labels.block_id.values[inside]) == {block}
    np.testing.assert_array_equal(samples.group, samples.block)


def test_without_window_a_sample_is_a_pixel_of_its_parcel() -> None:
    scene = without(example_raster_scene(rng()), "/sentinel1/88/sigma0", "/sentinel1/88")
    samples = samples_from_scene(scene, window=1, rng=rng(1))
    assert samples.channel == ("vv_db", "vh_db")
    c2 = scene["/sentinel1/37/c2"]
    both = np.stack([c2.c_vv_vv.values, c2.c_vh_vh.values])
    for i in range(samples.n_sample):
        inside = scene["/labels"].parcel_id.values == samples.parcel[i]
        candidates = 10 * np.log10(both[:, :, inside])  # channel, time, pixel
        distance = np.abs(candidates - samples.x[i].T[:, :, None]).max((0, 1))
        assert np.count_nonzero(distance < 1e-4) == 1


def test_the_window_averages_power_not_decibels() -> None:
    scene = without(example_raster_scene(rng()), "/sentinel1/88/sigma0", "/sentinel1/88")
    at = 8, 9  # one labelled pixel, away from the border
    class_id = np.full((24, 24), -1, np.int32)
    class_id[at] = 1
    samples = samples_from_scene(changed(scene, "/labels", class_id=class_id), window=5, rng=rng())
    power = scene["/sentinel1/37/c2"].c_vv_vv.values[:, 6:11, 7:12].astype(float)
    expected = 10 * np.log10(power.mean((1, 2)))
    np.testing.assert_allclose(samples.x[0, :, 0], expected, rtol=1e-4)
    assert np.abs(expected - (10 * np.log10(power)).mean((1, 2))).min() > 0.05  # the test can tell


def test_orbits_are_told_apart_by_their_number() -> None:
    scene = example_raster_scene(rng())
    samples = samples_from_scene(scene, sensors=("sentinel1", "sentinel2"), rng=rng())
    assert samples.channel[:4] == ("vv_db_37", "vh_db_37", "vv_db_88", "vh_db_88")
    assert samples.channel[4:] == SENTINEL2_BANDS
    assert samples.day.tolist() == [122, 134, 146, 158, 170, 182]  # orbit 37: 3 May 2017 and every 12 days
    assert samples.observed[..., :2].all()
    assert not samples.observed[..., 2:].any()  # seen on other days


def test_clouded_pixels_are_missing_whatever_they_hold() -> None:
    scene = example_raster_scene(rng())
    valid = scene["/sentinel2/valid_mask"].values
    values = np.where(valid[:, None], scene["/sentinel2/reflectance"].values, np.float32(9.9))
    samples = samples_from_scene(
        changed(scene, "/sentinel2", reflectance=values), sensors=("sentinel2",), rng=rng()
    )
    assert samples.x.max() < 1.0
    assert 0.0 < samples.share_interpolated < 0.3


def test_pixels_per_parcel_are_distinct_and_capped_by_the_parcel() -> None:
    scene = example_raster_scene(rng())
    n_labelled = int(np.count_nonzero(scene["/labels"].class_id.values >= 0))
    three = samples_from_scene(scene, per_parcel=3, window=1, rng=rng())
    assert set(np.unique(three.parcel, return_counts=True)[1]) == {3}
    assert len(np.unique(three.x.reshape(three.n_sample, -1), axis=0)) == three.n_sample
    assert samples_from_scene(scene, per_parcel=10**6, rng=rng()).n_sample == n_labelled


def test_without_parcels_pixels_are_drawn_per_class_and_block() -> None:
    scene = example_raster_scene(rng())
    scene["/labels"] = scene["/labels"].to_dataset().drop_vars("parcel_id")
    samples = samples_from_scene(scene, per_parcel=2, rng=rng())
    cells = set(zip(samples.class_id.tolist(), samples.block.tolist(), strict=True))
    assert samples.n_sample == 2 * len(cells) == 2 * np.unique(samples.parcel).size
    assert cells == {(k, b) for k in range(3) for b in range(4)}


def test_a_parcel_across_two_blocks_belongs_to_one() -> None:
    scene = example_raster_scene(rng())
    rows = np.indices((24, 24))[0]
    block = (rows >= 9).astype(np.int32)  # cuts the second row of parcels, rows 6 to 11, in two
    samples = samples_from_scene(changed(scene, "/labels", block_id=block), per_parcel=20, rng=rng())
    for parcel in np.unique(samples.parcel):
        assert np.unique(samples.block[samples.parcel == parcel]).size == 1
    assert set(samples.block) == {0, 1}


def test_the_same_generator_draws_the_same_pixels() -> None:
    scene = example_raster_scene(rng())
    first, again, other = (samples_from_scene(scene, rng=rng(seed)).x for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_lazy_scene_gives_the_same_samples() -> None:
    scene = example_raster_scene(rng())
    lazy = scene.chunk({"time": 2, "y": 7, "x": 7})
    options = {"sensors": ("sentinel1", "sentinel2"), "per_parcel": 2}
    plain, chunked = (samples_from_scene(s, **options, rng=rng(2)) for s in (scene, lazy))
    np.testing.assert_allclose(chunked.x, plain.x, rtol=1e-5)
    np.testing.assert_array_equal(chunked.parcel, plain.parcel)


def test_acquisitions_of_one_day_are_averaged_as_power() -> None:
    scene = example_point_scene(rng(), missing=0.0)
    radar = scene[S1].to_dataset(inherit=False)
    time = radar["time"].values.copy()
    time[5] = time[4] + np.timedelta64(6, "h")  # June's becomes a second one of 1 May
    seen = radar["valid_mask"].values.copy()
    seen[0, 4] = False  # one of the two is enough
    power = radar["vv"].values.copy()
    power[1, 4] = 0.0  # no measurement: it must not halve the mean
    changes = {"valid_mask": seen, "vv": power}
    radar = radar.assign({name: radar[name].copy(data=new) for name, new in changes.items()})
    radar = radar.assign_coords(time=time)
    groups = {node.path: node.to_dataset(inherit=False) for node in scene.subtree} | {S1: radar}
    samples = samples_from_scene(xr.DataTree.from_dict(groups), rng=rng())
    assert samples.day.tolist() == [0, 31, 59, 90, 120, 181, 212, 243, 273, 304, 334]
    vv = radar["vv"].values.astype(float)
    expected = 10 * np.log10(np.where(seen[:, 4] & (vv[:, 4] > 0), (vv[:, 4] + vv[:, 5]) / 2, vv[:, 5]))
    np.testing.assert_allclose(samples.x[:, 4, 0], expected, rtol=1e-5)
    np.testing.assert_allclose(samples.x[:, 5, 1], 10 * np.log10(radar["vh"].values[:, 6]), rtol=1e-5)


def test_a_coarser_grid_gives_the_pixel_that_holds_the_place() -> None:
    scene = example_raster_scene(rng())
    fine = scene["/sentinel2"].to_dataset()
    coarse = fine.isel(y=slice(0, None, 2), x=slice(0, None, 2))
    coarse = coarse.assign_coords(y=coarse["y"] - 5.0, x=coarse["x"] + 5.0)  # metres; pixels of 20 m
    groups = {node.path: node.to_dataset(inherit=False) for node in scene.subtree} | {"/sentinel2": coarse}
    blown_up = fine.isel(y=np.arange(24) // 2 * 2, x=np.arange(24) // 2 * 2)  # the same as pixels of 10 m
    same = groups | {"/sentinel2": blown_up.assign_coords(y=fine["y"], x=fine["x"])}
    options = {"sensors": ("sentinel2",), "per_parcel": 50}
    plain, held = (samples_from_scene(xr.DataTree.from_dict(g), **options, rng=rng()) for g in (same, groups))
    assert held.n_sample > 300
    np.testing.assert_array_equal(held.x, plain.x)


def test_a_sensor_that_does_not_cover_the_labels_is_refused() -> None:
    scene = example_raster_scene(rng())
    part = scene["/sentinel2"].to_dataset().isel(y=slice(0, 20))
    groups = {node.path: node.to_dataset(inherit=False) for node in scene.subtree} | {"/sentinel2": part}
    with pytest.raises(SchemaError, match=r"of 16 labelled pixels drawn lie outside y .*common block"):
        samples_from_scene(xr.DataTree.from_dict(groups), sensors=("sentinel2",), rng=rng(3))


# ---- what cannot be sampled


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sensors": ("landsat",)}, r"sensors \('landsat',\); expected at least one of sentinel1"),
        ({"sensors": ()}, "expected at least one"),
        ({"sensors": ("rapideye",)}, "no group /rapideye; it has .*sentinel2"),
        ({"per_parcel": 0}, "per_parcel 0"),
        ({"window": 4}, "window 4; expected an odd number"),
        ({"day": [30, 10]}, "rising day numbers"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(options: dict, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        samples_from_scene(example_raster_scene(rng()), rng=rng(), **options)


def test_scenes_without_labels_or_power_are_refused() -> None:
    scene = example_raster_scene(rng())
    nothing = np.full((24, 24), -1, np.int32)
    with pytest.raises(SchemaError, match="-1 everywhere"):
        samples_from_scene(changed(scene, "/labels", class_id=nothing), rng=rng())
    with pytest.raises(SchemaError, match="no group /labels"):
        samples_from_scene(without(scene, "/labels"), rng=rng())
    with pytest.raises(SchemaError, match=r"no c2 or sigma0 group under /sentinel1, orbits \['37'\]"):
        samples_from_scene(
            without(scene, "/sentinel1/37/c2", "/sentinel1/88", "/sentinel1/88/sigma0"), rng=rng()
        )


# ---- real points


@pytest.mark.realdata
def test_canada_gives_the_counts_of_its_data_card() -> None:
    folder = os.environ.get("CROPNB_DATA", "")
    if not folder or not (Path(folder) / "canada-2017").is_dir():
        pytest.skip("CROPNB_DATA is not set, or holds no canada-2017")
    scene = cropnb.scenes.open_scene("canada-2017")
    samples = samples_from_scene(scene, sensors=("sentinel1", "sentinel2"), rng=rng())
    assert samples.n_sample + sum(samples.dropped.values()) == scene["/points"].sizes["sample"] == 3621
    crops = samples.keep_classes(min_count=79, cropland_only=True)
    assert (crops.n_sample, crops.n_class, crops.n_time) == (3063, 8, 12)
    assert sorted(crops.class_counts) == [79, 81, 115, 198, 517, 562, 652, 859]
    assert crops.n_sample + sum(crops.dropped.values()) == 3621
    assert np.unique(crops.group).size == 58
    radar, optical = crops.select_channels(["vv_db", "vh_db"]), crops.select_channels(crops.channel[2:])
    assert radar.share_interpolated == pytest.approx(0.005, abs=0.002)
    # The card's 5 % are of all 17 to 20 months; the twelve of 2017 alone lack 7.5 %, most of it in January
    # and April.
    assert optical.share_interpolated == pytest.approx(0.075, abs=0.005)
