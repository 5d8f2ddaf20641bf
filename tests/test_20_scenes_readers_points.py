"""Point tables, against numbers worked out once with other code (the data's own READMEs)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from cropnb.scenes import catalogue, legend_of, open_scene
from cropnb.scenes.build import group_at
from cropnb.scenes.entries import SceneEntry, SceneFile
from cropnb.scenes.readers import READERS
from cropnb.scenes.readers.points import read_long_points, read_wide_points
from cropnb.schema import SchemaError

Opener = Callable[[str], xr.DataTree]


@pytest.fixture(scope="module")
def opened() -> Opener:
    """Each scene is read once for all tests of this file."""
    kept: dict[str, xr.DataTree] = {}

    def get(name: str) -> xr.DataTree:
        if name not in kept:
            kept[name] = open_scene(name)
        return kept[name]

    return get


def decibels(power: np.ndarray) -> np.ndarray:
    return 10 * np.log10(power)


def counts(scene: xr.DataTree, path: str) -> dict[str, int]:
    """Samples or pixels per class name."""
    class_id = group_at(scene, path).class_id.to_numpy()
    legend = legend_of(scene)
    return {name: int((class_id == number).sum()) for number, name in enumerate(legend.names)}


# --- canada-2017: README "Load it" and "Classes"
CANADA_VV_DB = {
    "maize": [-10.2, -9.8, -9.6, -8.6, -9.2, -9.4, -8.1, -9.1, -9.2, -8.6, -8.3, -9.5],
    "soybean": [-10.0, -9.7, -9.4, -8.6, -9.4, -10.1, -8.0, -7.2, -7.5, -9.6, -9.5, -10.3],
    "winter wheat": [-11.2, -10.8, -10.4, -10.5, -12.5, -11.9, -10.5, -10.6, -10.1, -9.3, -8.2, -9.2],
    "potato": [-9.6, -10.3, -9.9, -9.8, -9.7, -9.6, -7.4, -7.2, -7.0, -10.1, -9.1, -11.1],
}


@pytest.mark.realdata("canada-2017")
@pytest.mark.parametrize("crop", CANADA_VV_DB)
def test_canada_medians_by_month(opened: Opener, crop: str) -> None:
    scene = opened("canada-2017")
    of_crop = group_at(scene, "/points").class_id.to_numpy() == legend_of(scene).class_id(crop)
    radar = group_at(scene, "/points/sentinel1").sel(time="2017")
    assert [str(t)[:7] for t in radar.time.to_numpy()] == [f"2017-{month:02d}" for month in range(1, 13)]
    medians = np.nanmedian(decibels(radar.vv.to_numpy()[of_crop]), axis=0)
    np.testing.assert_allclose(medians, CANADA_VV_DB[crop], atol=0.051)


@pytest.mark.realdata("canada-2017")
def test_canada_classes_and_places(opened: Opener) -> None:
    scene = opened("canada-2017")
    found = counts(scene, "/points")
    expected = {"grass": 859, "spring wheat": 652, "soybean": 562, "maize": 517, "non-crop": 200}
    expected |= {
        "winter wheat": 198,
        "perennial legumes": 115,
        "spring barley": 81,
        "potato": 79,
        "apples": 41,
    }
    assert {name: found[name] for name in expected} == expected
    assert sum(found.values()) == 3621
    points = group_at(scene, "/points")
    assert points.attrs["n_unlabelled"] == 0
    assert len(np.unique(points.parcel)) == 3612
    assert len(np.unique(points.group)) < len(np.unique(points.block)) < 3621
    assert [c.class_name for c in legend_of(scene).classes if not c.cropland] == ["non-crop"]


@pytest.mark.realdata("canada-2017")
def test_canada_ranges_and_missing_share(opened: Opener) -> None:
    scene = opened("canada-2017")
    radar, optics = group_at(scene, "/points/sentinel1"), group_at(scene, "/points/sentinel2")
    for name, percentiles in (("vv", [-15.9, -10.4, -4.5]), ("vh", [-25.0, -17.9, -12.6])):
        found = np.nanpercentile(decibels(radar[name].to_numpy()), [1, 50, 99])
        np.testing.assert_allclose(found, percentiles, atol=0.051)
    # 65 997 rows of the table, 0.5 % of them without radar and 5 % without a full spectrum
    assert 65997 * (1 - 0.006) < radar.valid_mask.sum() < 65997 * (1 - 0.004)
    assert 65997 * (1 - 0.055) < optics.valid_mask.sum() < 65997 * (1 - 0.045)
    assert np.isnan(radar.vv.to_numpy()[~radar.valid_mask.to_numpy()]).all()
    assert 0 < np.nanmedian(optics.reflectance) < 1


@pytest.mark.realdata("canada-2017")
def test_canada_winter_wheat_greens_first(opened: Opener) -> None:
    """Winter wheat peaks in May and is dry in July, when maize and soybean are green (README)."""
    scene = opened("canada-2017")
    optics = group_at(scene, "/points/sentinel2").sel(time="2017")
    red, infrared = (optics.reflectance.sel(band=band).to_numpy() for band in ("B04", "B08"))
    index = (infrared - red) / (infrared + red)
    peak = {}
    for crop in ("winter wheat", "maize", "soybean"):
        of_crop = group_at(scene, "/points").class_id.to_numpy() == legend_of(scene).class_id(crop)
        peak[crop] = int(np.nanmedian(index[of_crop], axis=0).argmax()) + 1
    assert peak["winter wheat"] < min(peak["maize"], peak["soybean"])


# --- worldcereal: README "Load it"
@pytest.mark.realdata("worldcereal-points")
@pytest.mark.parametrize(
    ("name", "n_sample", "median_db", "top"),
    [
        ("worldcereal-global", 500, -9.9, {"non-crop": 142, "other legumes": 35, "grass": 26}),
        ("worldcereal-east-africa", 500, -11.2, {"sorghum": 305, "maize": 97, "groundnut": 28, "forest": 23}),
        ("worldcereal-flanders", 50, -9.1, {"grass": 12, "non-crop": 8, "maize": 7}),
    ],
)
def test_worldcereal_tables(
    opened: Opener, name: str, n_sample: int, median_db: float, top: dict[str, int]
) -> None:
    scene = opened(name)
    radar = group_at(scene, "/points/sentinel1")
    assert radar.sizes["sample"] == n_sample
    assert np.nanmedian(decibels(radar.vv.to_numpy())) == pytest.approx(median_db, abs=0.06)
    found = counts(scene, "/points")
    assert {crop: found[crop] for crop in top} == top


@pytest.mark.realdata("worldcereal-points")
def test_worldcereal_unknown_code_is_unlabelled_and_counted(opened: Opener) -> None:
    points = group_at(opened("worldcereal-global"), "/points")
    assert points.attrs["n_unlabelled"] == 1  # one sample of code 9700, "unknown"
    assert int((points.class_id == -1).sum()) == 1


@pytest.mark.realdata("worldcereal-points")
def test_worldcereal_every_sample_has_its_own_twelve_months(opened: Opener) -> None:
    mask = group_at(opened("worldcereal-global"), "/points/sentinel1").valid_mask.to_numpy()
    assert mask.sum(axis=1).max() == 12
    n_month = [int(np.ptp(np.flatnonzero(row))) + 1 for row in mask if row.any()]
    assert max(n_month) == 12


@pytest.mark.realdata("worldcereal-points")
def test_worldcereal_ten_day_steps(opened: Opener) -> None:
    """The first step of the table, 1 August, has no value of either sensor."""
    time = group_at(opened("worldcereal-flanders"), "/points/sentinel1").time.to_numpy()
    assert [str(t)[:10] for t in time[:3]] == ["2020-08-11", "2020-08-21", "2020-09-01"]
    assert len(time) == 48
    assert str(time[-1])[:10] == "2021-12-01"


# --- damaged files
@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("canada-2017", "2017_CAN_AAFC-ACIGTD_long.parquet"),
    ],
)
def test_truncated_file(name: str, file: str, real_data: Path, tmp_path: Path) -> None:
    entry = catalogue()[name]
    files = {}
    for source in entry.files:
        files[source.name] = tmp_path / source.name
        shutil.copyfile(real_data / source.path, files[source.name])
    whole = files[file].read_bytes()
    files[file].write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SchemaError, match=rf"{len(whole) // 2} bytes.*[Ff]etch it again") as caught:
        READERS[entry.reader](entry, files)
    assert file in str(caught.value)


# --- the same readers on small tables made here, so that they are tested without the data
def table_entry(**options: str) -> SceneEntry:
    file = SceneFile(path="t/t.parquet", url="https://example.org/t.parquet", sha256="0" * 64, size=1)
    known = {"label": "CROPTYPE_LABEL", "group": "h3_l3_cell", "step": "month"}
    return SceneEntry(
        name="t",
        title="t",
        kind="real",
        region="r",
        season="2017-01-01/2017-12-31",
        crs="EPSG:4326",
        licence="l",
        source="s",
        legend="worldcereal-croptype",
        options=known | options,
        files=(file,),
    )


def long_table() -> pd.DataFrame:
    """Two samples, stamped at the end of the month before; one misses VV in June, one a band in January."""
    january, june = pd.to_datetime(["2016-12-31 23:00", "2017-05-31 22:00"])
    return pd.DataFrame(
        {
            "sample_id": ["a", "a", "b", "b"],
            "timestamp": [january, june, january, june],
            "S1-SIGMA0-VV": [10000, 65535, 5000, 5000],
            "S1-SIGMA0-VH": [4000, 4000, 2000, 2000],
            "S2-L2A-B04": [500, 600, 65535, 700],
            "S2-L2A-B08": [3000, 4000, 3000, 3000],
            "CROPTYPE_LABEL": [1200, 1200, 9700, 9700],
            "h3_l3_cell": ["x", "x", "y", "y"],
            "lat": [45.0, 45.0, 46.0, 46.0],
            "lon": [-75.0, -75.0, -76.0, -76.0],
        }
    )


def test_long_table_by_hand(tmp_path: Path) -> None:
    long_table().to_parquet(tmp_path / "t.parquet")
    scene = read_long_points(table_entry(), {"t.parquet": tmp_path / "t.parquet"})
    radar, optics = group_at(scene, "/points/sentinel1"), group_at(scene, "/points/sentinel2")
    assert [str(t)[:7] for t in radar.time.to_numpy()] == ["2017-01", "2017-06"]
    np.testing.assert_allclose(decibels(radar.vv[:, 0]), 20 * np.log10([10000, 5000]) - 83, rtol=1e-5)
    np.testing.assert_array_equal(radar.valid_mask, [[True, False], [True, True]])
    np.testing.assert_allclose(optics.reflectance[0, :, 1], [0.3, 0.4])
    np.testing.assert_array_equal(optics.valid_mask, [[True, True], [False, True]])
    np.testing.assert_array_equal(group_at(scene, "/points").class_id, [0, -1])
    assert group_at(scene, "/points").attrs["n_unlabelled"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: pd.concat([t, t.iloc[:1]]), "1 months twice"),
        (lambda t: t.drop(columns="S1-SIGMA0-VH"), r"\['S1-SIGMA0-VH'\] missing"),
        (lambda t: t.drop(columns="CROPTYPE_LABEL"), r"\['CROPTYPE_LABEL'\] missing"),
    ],
)
def test_malformed_long_table(
    change: Callable[[pd.DataFrame], pd.DataFrame], message: str, tmp_path: Path
) -> None:
    change(long_table()).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(SchemaError, match=message):
        read_long_points(table_entry(), {"t.parquet": tmp_path / "t.parquet"})


def test_wide_table_aligns_samples_of_different_years(tmp_path: Path) -> None:
    rows = {
        "sample_id": ["a", "b"],
        "start_date": ["2017-09-20", "2017-11-01"],
        "lat": [45.2, -3.5],
        "lon": [-75.3, 37.9],
        "CROPTYPE_LABEL": [1200, 1110],
        **{f"SAR-{p}-ts{k}-20m": [1000 * (k + 1), 2000 * (k + 1)] for p in ("VV", "VH") for k in range(2)},
        **{f"OPTICAL-B08-ts{k}-10m": [3000, 65535] for k in range(2)},
        **{f"OPTICAL-B8A-ts{k}-20m": [65535, 65535] for k in range(2)},
    }
    pd.DataFrame(rows).to_parquet(tmp_path / "t.parquet")
    scene = read_wide_points(table_entry(group="degree"), {"t.parquet": tmp_path / "t.parquet"})
    radar, optics = group_at(scene, "/points/sentinel1"), group_at(scene, "/points/sentinel2")
    assert [str(t)[:7] for t in radar.time.to_numpy()] == ["2017-10", "2017-11", "2017-12"]
    expected = 20 * np.log10([[1000, 2000, np.nan], [np.nan, 2000, 4000]]) - 83
    np.testing.assert_allclose(decibels(radar.vv.to_numpy()), expected, rtol=1e-5)
    assert list(optics.band.to_numpy()) == ["B08"], "a band without any value is left out"
    assert [str(t)[:7] for t in optics.time.to_numpy()] == ["2017-10", "2017-11"], "and so are such dates"
    assert len(np.unique(group_at(scene, "/points").group)) == 2


def test_ten_day_table_has_to_start_on_a_step(tmp_path: Path) -> None:
    rows = {"sample_id": ["a"], "start_date": ["2017-09-20"], "lat": [45.2], "lon": [-75.3]}
    rows |= {"CROPTYPE_LABEL": [1200], "SAR-VV-ts0-20m": [1000], "SAR-VH-ts0-20m": [500]}
    pd.DataFrame(rows).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(SchemaError, match=r"2017-09-20.*1st, 11th or 21st"):
        read_wide_points(table_entry(step="dekad"), {"t.parquet": tmp_path / "t.parquet"})


def test_truncated_table(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    long_table().to_parquet(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(SchemaError, match=r"t\.parquet: cannot be read, \d+ bytes.*fetch it again"):
        read_long_points(table_entry(), {"t.parquet": path})
