"""Statistics of scenes: against sums written out, on scenes whose numbers are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from cropnb.paths import data_folder
from cropnb.scenes import open_scene
from cropnb.scenes.examples import example_point_scene, example_raster_scene
from cropnb.scenes.real_statistics import CAMERAS, FILE, load_real_statistics, make_real_statistics
from cropnb.scenes.series_statistics import camera_statistics, coherence_statistics
from cropnb.scenes.statistics import COLUMNS, scene_statistics
from cropnb.schema import SchemaError

CROPS = ("maize", "winter wheat", "oats")


@pytest.fixture(scope="module")
def scene() -> xr.DataTree:
    return example_raster_scene(np.random.default_rng(5), size=48)


@pytest.fixture(scope="module")
def table(scene: xr.DataTree) -> pd.DataFrame:
    return scene_statistics(scene, crops=CROPS)


def one(table: pd.DataFrame, **where: object) -> pd.Series:
    for name, value in where.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_levels_are_means_over_fields_of_the_decibels_of_their_power(
    scene: xr.DataTree, table: pd.DataFrame
) -> None:
    c2, labels = scene["/sentinel1/37/c2"].to_dataset(), scene["/labels"].to_dataset()
    month = int(c2.time.dt.month[0])
    by_date = []
    for time in np.flatnonzero(c2.time.dt.month == month):
        fields = []
        for parcel in np.unique(labels.parcel_id.values[labels.class_id.values == 1]):
            power = c2.c_vv_vv.values[time][
                (labels.parcel_id.values == parcel) & (labels.class_id.values == 1)
            ]
            if np.isfinite(power).sum() >= 4:
                fields.append(10 * np.log10(np.nanmean(power)))
        by_date.append((np.mean(fields), np.std(fields, ddof=1)))
    row = one(table, orbit="37", class_name="maize", month=month, quantity="vv_db")
    assert (row.value, row.sd) == pytest.approx(np.mean(by_date, axis=0), abs=1e-5)
    assert row.n == len(fields)


def test_rows_name_scene_kind_and_only_the_classes_it_has(scene: xr.DataTree, table: pd.DataFrame) -> None:
    assert tuple(table.columns) == COLUMNS
    assert set(table.scene) == {scene.attrs["name"]}
    assert set(table.kind) == {"simulated"}
    assert set(table.class_name) == {"", "maize", "winter wheat"}
    assert set(table.orbit) == {"37", "88", ""}


def test_dates_outside_the_season_do_not_count(scene: xr.DataTree, table: pd.DataFrame) -> None:
    short = scene.copy()
    short.attrs["season"] = "2017-05-01/2017-05-31"
    assert set(table.month) > {0, 5}
    assert set(scene_statistics(short, crops=CROPS).month) == {0, 5}


def test_looks_and_spread_of_an_even_scene_are_those_that_were_drawn() -> None:
    rng = np.random.default_rng(1)
    even = example_raster_scene(rng, size=96)
    c2 = even["/sentinel1/37/c2"].to_dataset()
    shape = c2.c_vv_vv.shape
    for name in ("c_vv_vv", "c_vh_vh"):
        c2[name] = (c2[name].dims, rng.gamma(4.0, 0.1 / 4.0, shape).astype(np.float32))
    labels = even["/labels"].to_dataset()
    rows, columns = np.indices(labels.parcel_id.shape)
    labels["parcel_id"] = (labels.parcel_id.dims, (rows // 24 * 4 + columns // 24).astype(np.int32))
    labels["class_id"] = (labels.class_id.dims, np.ones(labels.class_id.shape, dtype=np.int16))
    even["/sentinel1/37/c2"], even["/labels"] = xr.DataTree(c2), xr.DataTree(labels)
    found = scene_statistics(even, crops=CROPS)
    whole = found[(found.orbit == "37") & (found.class_name == "")].set_index("quantity")
    assert whole.value["enl_vv"] == pytest.approx(4.0, rel=0.05)
    assert whole.sd["image_vv_db"] < 0.7  # of 2.3 dB in all
    # ln L - psi(L) is 0.1302 for four looks
    assert whole.value["image_vv_db"] == pytest.approx(-10 - 10 / np.log(10) * 0.1302, abs=0.05)
    assert whole.value["image_ratio_db"] == pytest.approx(0.0, abs=0.05)


def test_coarse_radar_takes_the_parcels_that_fill_its_pixels(scene: xr.DataTree) -> None:
    fine = scene.copy()
    fine["/sentinel1/37/c2"] = xr.DataTree(scene["/sentinel1/37/c2"].to_dataset().coarsen(y=2, x=2).mean())
    found = scene_statistics(fine, crops=CROPS)
    mean = found[(found.orbit == "37") & (found.quantity == "vv_db") & (found.class_name == "maize")]
    plain = scene_statistics(scene, crops=CROPS)
    plain = plain[(plain.orbit == "37") & (plain.quantity == "vv_db") & (plain.class_name == "maize")]
    np.testing.assert_allclose(mean.value.values, plain.value.values, atol=0.05)


def test_points_are_fields_of_one_pixel() -> None:
    scene = example_point_scene(np.random.default_rng(2))
    found = scene_statistics(scene, crops=("maize",))
    radar, class_id = scene["/points/sentinel1"].to_dataset(), scene["/points"].class_id.values
    month = int(radar.time.dt.month[3])
    values = radar.vv.transpose("sample", "time").values[class_id == 1][
        :, (radar.time.dt.month == month).values
    ]
    row = one(found, month=month, quantity="vv_db")
    assert row.value == pytest.approx(np.nanmean(10 * np.log10(values)), abs=1e-4)


def test_a_scene_without_radar_is_refused(scene: xr.DataTree) -> None:
    bare = xr.DataTree.from_dict({"/": scene.to_dataset(), "/labels": scene["/labels"].to_dataset()})
    bare.attrs.update(scene.attrs)
    with pytest.raises(SchemaError, match="no c2"):
        scene_statistics(bare, crops=CROPS)


def test_seasons_of_cameras_are_near_their_truth() -> None:
    scene = open_scene("cameras-2018-smoke")
    found = camera_statistics(scene)
    truth = scene["/truth/cameras"].to_dataset()
    assert len(found) == truth.sizes["site"]
    np.testing.assert_allclose(found.start, truth.sos50 + 1, atol=4)  # truth counts from 0
    np.testing.assert_allclose(found.end, truth.eos50 + 1, atol=4)
    assert found.amplitude.between(0.08, 0.14).all()


def test_estimated_coherence_lies_above_the_true_where_that_is_low() -> None:
    found = coherence_statistics(open_scene("county-smoke_slc"), crops=("maize", "water"))
    water = found[(found.class_name == "water") & (found.n > 0)]
    assert (water.true < 0.01).all()
    assert water.estimated.between(0.08, 0.32).all()  # the floor of about 21 looks
    assert set(found.orbit) == {"32", "105"}
    assert len(found) == 20 * 2 * 2


def test_the_kept_table_is_of_real_scenes_only() -> None:
    table = load_real_statistics()
    assert set(table.kind) == {"real"}
    assert {"vv_db", "vh_db", "ndvi", "enl_vv", "image_ratio_db", "sos50", "coherence_vv"} <= set(
        table.quantity
    )
    assert (data_folder() / FILE).stat().st_size < 100_000


@pytest.mark.realdata
def test_the_kept_table_is_what_the_data_give() -> None:
    kept, made = load_real_statistics(), make_real_statistics()
    keys = ["scene", "orbit", "class_name", "month", "quantity"]
    both = kept.merge(made, on=keys, suffixes=("_kept", "_made"))
    assert len(both) == len(kept) == len(made)
    np.testing.assert_allclose(both.value_kept, both.value_made, atol=6e-5)
    assert (both.n_kept == both.n_made).all()
    assert CAMERAS in set(both.scene)
