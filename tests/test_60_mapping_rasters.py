"""Files of a map: cloud-optimised, with colours, legend, scale and origin; read back in parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import xarray as xr

from cropnb.legends import Legend, class_colour
from cropnb.mapping import MapResult, MapSettings, map_scene, read_map
from cropnb.sampling import Samples, radar_samples
from cropnb.scenes.examples import example_raster_scene
from cropnb.schema import SchemaError
from cropnb.training import ForestClassifier, save_fitted

SIZE = 300


@pytest.fixture(scope="module")
def scene() -> xr.DataTree:
    made = example_raster_scene(np.random.default_rng(1), size=SIZE, n_time=1)
    groups = {path: made[path].to_dataset() for path in ("/labels", "/sentinel1/37/c2")}
    groups["/sentinel1/37/c2"] = groups["/sentinel1/37/c2"].where(made["/labels"].x > 500_200)
    tree = xr.DataTree.from_dict(groups)
    tree.attrs.update(made.attrs)
    return tree


@pytest.fixture(scope="module")
def samples(scene: xr.DataTree) -> Samples:
    return radar_samples(scene, ["vv_db", "vh_db"], share=0.01, rng=np.random.default_rng(0))


@pytest.fixture(scope="module")
def made(scene: xr.DataTree, samples: Samples, tmp_path_factory: pytest.TempPathFactory) -> MapResult:
    folder = tmp_path_factory.mktemp("map")
    forest = ForestClassifier(n_tree=5, n_jobs=1).fit(samples, samples, seed=1)
    settings = MapSettings(majority=3, tile=128, block=200)
    return map_scene(
        scene,
        save_fitted(forest, folder / "forest"),
        folder / "map",
        settings=settings,
        tags={"commit": "abc"},
        progress=False,
    )


@pytest.mark.parametrize("name", ["classes", "classes-majority", "probabilities"])
def test_files_are_cloud_optimised_and_in_their_place(made: MapResult, scene: xr.DataTree, name: str) -> None:
    with rasterio.open(made.folder / f"{name}.tif") as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.block_shapes == [(128, 128)] * raster.count
        assert raster.overviews(1) == [2, 4]
        assert raster.nodata == 255
        assert raster.crs.to_epsg() == 32631
        y, x = scene["/labels"].y.values, scene["/labels"].x.values
        assert raster.xy(0, 0) == (x[0], y[0])
        assert raster.xy(SIZE - 1, SIZE - 1) == (x[-1], y[-1])


@pytest.mark.parametrize("name", ["classes", "classes-majority"])
def test_classes_have_colours_and_legend(made: MapResult, samples: Samples, name: str) -> None:
    with rasterio.open(made.folder / f"{name}.tif") as raster:
        colours, tags, band = raster.colormap(1), raster.tags(), raster.tags(1)
    for c in samples.legend.classes:
        assert "#{:02X}{:02X}{:02X}".format(*colours[c.class_id]) == class_colour(c.class_name).upper()
        assert band[f"class_{c.class_id}"] == c.class_name
    assert colours[255][3] == 0
    assert Legend.from_json(tags["legend"]).names == samples.legend.names
    assert tags["post_classification"] == ("none" if name == "classes" else "majority 3 x 3")


def test_tags_say_where_a_map_comes_from(made: MapResult, scene: xr.DataTree) -> None:
    with rasterio.open(made.probabilities) as raster:
        tags, scales, names = raster.tags(), raster.scales, raster.descriptions
    assert tags["scene_fingerprint"] == scene.attrs["fingerprint"]
    assert tags["scene_kind"] == "simulated"
    assert tags["features"] == "vv_db vh_db"
    assert tags["commit"] == "abc"
    assert len(tags["classifier_sha256"]) == 64
    assert scales == (1 / 250,) * 3
    assert names == ("grass", "maize", "winter wheat")


def test_no_data_has_no_probability_and_the_rest_sums_to_one(made: MapResult) -> None:
    class_id, share = read_map(made.classes), read_map(made.probabilities)
    np.testing.assert_array_equal(np.isnan(share).any("class"), class_id < 0)
    assert (class_id[:, :20] < 0).all()
    assert (class_id[:, 21:] >= 0).all()
    total = share.sum("class").values[class_id.values >= 0]
    np.testing.assert_allclose(total, 1.0, atol=3 * 0.002001)


def test_a_part_and_a_coarse_picture_are_read(made: MapResult) -> None:
    whole = read_map(made.classes)
    y, x = whole.y.values, whole.x.values
    bounds = (x[50] - 5, y[39] - 5, x[79] + 5, y[10] + 5)
    xr.testing.assert_equal(read_map(made.classes, bounds=bounds), whole[10:40, 50:80])
    coarse = read_map(made.classes, step=4)
    assert coarse.shape == (75, 75)
    assert coarse.y.values[0] == pytest.approx(y[:4].mean())


def test_what_is_no_map_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="map of map_scene"):
        read_map(tmp_path / "absent.tif")


def test_the_record_counts_and_times(made: MapResult) -> None:
    record = made.record
    class_id = read_map(made.classes).values
    assert list(record["n_pixel_of_class"].values()) == [int((class_id == k).sum()) for k in range(3)]
    assert record["n_no_data"] == int((class_id < 0).sum())
    assert record["n_block"] == 4
    assert 0 < record["share_in_classifier"] < 1
    assert record["mpix_per_s"] > 0
    assert record["peak_mb"] > 100
