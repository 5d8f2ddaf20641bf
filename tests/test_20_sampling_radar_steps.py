"""Radar features at pixels: order of steps, seams, draws, against the plain way over the whole image."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cropnb import features
from cropnb.sampling import merge_classes, radar_samples, share_split
from cropnb.sampling.pieces import pieces
from cropnb.sampling.radar_steps import LeeSettings
from cropnb.scenes import take_block
from cropnb.scenes.examples import example_raster_scene
from cropnb.schema import SchemaError


@pytest.fixture(scope="module")
def scene() -> xr.DataTree:
    """Two orbits whose dates alternate."""
    scene = example_raster_scene(np.random.default_rng(3))
    c2 = scene["/sentinel1/37/c2"].to_dataset()
    later = c2.assign_coords(time=c2.time + np.timedelta64(5, "D"))
    tree = xr.DataTree.from_dict(
        {
            "/": scene.to_dataset(),
            "/labels": scene["/labels"].to_dataset(),
            "/sentinel1/37/c2": c2,
            "/sentinel1/110/c2": later * 2.0,
        }
    )
    tree.attrs.update(scene.attrs)
    return tree


def test_steps_are_the_dates_of_all_orbits_in_order(scene: xr.DataTree) -> None:
    samples = radar_samples(scene, ["c_vv_vv"], share=1.0, rng=np.random.default_rng(0))
    assert samples.n_time == 2 * scene["/sentinel1/37/c2"].sizes["time"]
    assert np.diff(samples.day).tolist() == [5, 7] * 5 + [5]
    power = samples.x[:, :, 0]
    np.testing.assert_allclose(power[:, 1::2], 2 * power[:, ::2], rtol=1e-5)


def test_values_are_those_of_the_filtered_image(scene: xr.DataTree) -> None:
    samples = radar_samples(scene, ["ps", "entropy"], share=1.0, rng=np.random.default_rng(0))
    c2 = scene["/sentinel1/37/c2"].to_dataset()
    filtered = features.lee(c2, window=3, n_looks=3.0)
    assert isinstance(filtered, xr.Dataset)
    whole = features.radar_features(filtered, ["ps", "entropy"])
    labelled = scene["/labels"].class_id.values >= 0
    np.testing.assert_array_equal(samples.x[:, ::2, 0], whole.ps.values[:, labelled].T)
    np.testing.assert_array_equal(samples.x[:, ::2, 1], whole.entropy.values[:, labelled].T)


def test_no_filter_reaches_across_a_seam(scene: xr.DataTree) -> None:
    upper, lower = (
        take_block(scene, y=slice(0, 12), x=slice(0, 24)),
        take_block(scene, y=slice(12, 24), x=slice(0, 24)),
    )
    moved = scene.map_over_datasets(
        lambda group: (
            group.assign_coords(y=np.where(np.arange(24) < 12, group.y, group.y - 1e5))
            if "y" in group
            else group
        )
    )
    rng = np.random.default_rng
    whole = radar_samples(moved, ["c_vv_vv"], share=1.0, rng=rng(0)).x
    parts = [radar_samples(part, ["c_vv_vv"], share=1.0, rng=rng(0)).x for part in (upper, lower)]
    np.testing.assert_array_equal(whole, np.concatenate(parts))
    assert not np.array_equal(whole, radar_samples(scene, ["c_vv_vv"], share=1.0, rng=rng(0)).x)
    assert [piece.sizes["y"] for piece in pieces(moved["/sentinel1/37/c2"].to_dataset())] == [12, 12]


def test_each_class_gives_its_share(scene: xr.DataTree) -> None:
    total = np.bincount(scene["/labels"].class_id.values[scene["/labels"].class_id.values >= 0])
    samples = radar_samples(scene, ["ps"], share=0.25, rng=np.random.default_rng(0))
    assert samples.class_counts.tolist() == np.round(0.25 * total).astype(int).tolist()


def test_a_missing_date_is_marked_and_a_pixel_never_seen_is_dropped(scene: xr.DataTree) -> None:
    holes = scene.copy(deep=True)
    (y, *_, other_y), (x, *_, other_x) = np.nonzero(scene["/labels"].class_id.values >= 0)
    for orbit in ("37", "110"):
        c2 = holes[f"/sentinel1/{orbit}/c2"].to_dataset()
        c2["c_vv_vv"][:, y, x] = np.nan
        c2["c_vv_vv"][2, other_y, other_x] = np.nan
        holes[f"/sentinel1/{orbit}/c2"] = xr.DataTree(c2)
    samples = radar_samples(holes, ["ps"], share=1.0, rng=np.random.default_rng(0))
    assert sum(samples.dropped.values()) == 1
    assert int((~samples.observed).sum()) == 2


def test_two_orbits_on_one_day_are_refused(scene: xr.DataTree) -> None:
    same = scene.copy()
    same["/sentinel1/110/c2"] = xr.DataTree(scene["/sentinel1/37/c2"].to_dataset())
    with pytest.raises(SchemaError, match="one a day"):
        radar_samples(same, ["ps"], rng=np.random.default_rng(0))


@pytest.mark.parametrize("share", [0.0, 1.5])
def test_impossible_shares_are_refused(scene: xr.DataTree, share: float) -> None:
    with pytest.raises(SchemaError, match="share"):
        radar_samples(scene, ["ps"], share=share, rng=np.random.default_rng(0))


def test_a_scene_without_matrices_is_refused(scene: xr.DataTree) -> None:
    bare = xr.DataTree.from_dict({"/": scene.to_dataset(), "/labels": scene["/labels"].to_dataset()})
    with pytest.raises(SchemaError, match="no c2 group"):
        radar_samples(bare, ["ps"], rng=np.random.default_rng(0))


def test_labels_beyond_the_images_are_refused(scene: xr.DataTree) -> None:
    cut = scene.copy()
    cut["/sentinel1/37/c2"] = xr.DataTree(scene["/sentinel1/37/c2"].to_dataset().isel(y=slice(0, 12)))
    with pytest.raises(SchemaError, match="outside the radar images"):
        radar_samples(cut, ["ps"], share=1.0, rng=np.random.default_rng(0))


def test_merged_classes_keep_their_samples_and_names(scene: xr.DataTree) -> None:
    samples = radar_samples(scene, ["ps"], share=1.0, rng=np.random.default_rng(0))
    merged = merge_classes(samples, {"grass": "winter wheat"})
    assert merged.legend.names == ("maize", "winter wheat")
    assert merged.class_counts.tolist() == [
        samples.class_counts[1],
        samples.class_counts[0] + samples.class_counts[2],
    ]
    with pytest.raises(SchemaError, match="merged itself"):
        merge_classes(samples, {"grass": "maize", "maize": "winter wheat"})
    with pytest.raises(SchemaError, match="no class"):
        merge_classes(samples, {"oats": "maize"})


def test_a_split_takes_whole_units_in_their_shares(scene: xr.DataTree) -> None:
    samples = radar_samples(scene, ["ps"], share=1.0, rng=np.random.default_rng(0))
    n_unit = np.unique(samples.parcel).size
    fold = share_split(samples, shares=(0.5, 0.25, 0.25), unit="parcel", rng=np.random.default_rng(1))
    sizes = [np.unique(samples.parcel[part]).size for part in fold.parts.values()]
    assert sizes == [n_unit // 2, n_unit // 4, n_unit // 4]
    assert sum(part.size for part in fold.parts.values()) == samples.n_sample


@pytest.mark.parametrize("shares", [(0.5, 0.5, 0.5), (1.0, 0.0, 0.0)])
def test_shares_that_make_no_split_are_refused(
    scene: xr.DataTree, shares: tuple[float, float, float]
) -> None:
    samples = radar_samples(scene, ["ps"], share=1.0, rng=np.random.default_rng(0))
    with pytest.raises(SchemaError, match="shares"):
        share_split(samples, shares=shares, unit="parcel", rng=np.random.default_rng(1))


def test_more_looks_mean_less_filtering(scene: xr.DataTree) -> None:
    rng = np.random.default_rng
    raw = radar_samples(scene, ["c_vv_vv"], share=1.0, speckle=LeeSettings(n_looks=1e9), rng=rng(0))
    labelled = scene["/labels"].class_id.values >= 0
    power = scene["/sentinel1/37/c2"].c_vv_vv.values[:, labelled].T
    np.testing.assert_allclose(raw.x[:, ::2, 0], power, rtol=1e-6)
