"""PhenoCam's summary products: small files made here, and the files of the book against their README."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cropnb.scenes import open_scene, save_scene, validate
from cropnb.scenes.build import group_at
from cropnb.scenes.entries import SceneEntry, SceneFile
from cropnb.scenes.readers import READERS
from cropnb.scenes.readers.phenocam import read_phenocam
from cropnb.scenes.store import open_store
from cropnb.schema import SchemaError

HEADER = """#
# 3-day summary product timeseries for {site}
#
# Site: {site}
# Veg Type: AG
# ROI ID Number: {region}
# Lat: {lat}
# Lon: -96.5
# Creation Time: 05:51:35
#
date,year,gcc_90,outlierflag_gcc_90,smooth_gcc_90,int_flag
"""
# A value on every third day; the curve begins before the first and goes on after the last. A gap, an outlier.
NEAR = """2017-01-01,2017,NA,0,0.33,1
2017-01-02,2017,0.34,0,0.34,NA
2017-01-03,2017,NA,0,0.35,NA
2017-01-04,2017,NA,0,0.36,1
2017-01-05,2017,0.50,1,0.37,NA
2017-01-06,2017,NA,NA,0.38,NA
2017-01-07,2017,NA,0,0.39,NA
2017-01-08,2017,0.40,0,0.40,NA
2017-01-09,2017,NA,0,0.41,1
"""
FAR = """2017-01-08,2017,0.31,0,0.31,NA
2017-01-09,2017,NA,0,0.32,NA
2017-01-10,2017,NA,0,0.33,NA
2017-01-11,2017,0.35,0,0.34,NA
"""
DATES = ["SOS_15", "SOS_25", "SOS_50", "Peak", "EOS_50", "EOS_25", "EOS_15"]
SEASONS = f"""Phenocam,Veg_Type,ROI,Year,{",".join(DATES)},{",".join(f"{name}_flag" for name in DATES)}
near,AG,1,2017,2016-12-30,2017-01-01,2017-01-03,2017-01-05,2017-01-07,2017-01-08,2017-01-09,3,0,0,0,0,0,15
near,AG,2000,2017,2017-01-01,2017-01-01,2017-01-01,2017-01-01,2017-01-01,2017-01-01,2017-01-01,0,0,0,0,0,0,0
far,AG,1000,2020,2020-02-01,2020-02-10,2020-03-01,2020-04-01,2020-05-01,2020-06-01,2020-12-31,0,0,0,0,0,0,0
"""


def written(folder: Path, **texts: str) -> dict[str, Path]:
    """The files of a scene of two sites, or what `texts` has in their place."""
    whole = {
        "near": HEADER.format(site="near", region="0001", lat=41.5) + NEAR,
        "far": HEADER.format(site="far", region="1000", lat=40.25) + FAR,
        "seasons": SEASONS,
    } | texts
    files = {f"{name}.csv": folder / f"{name}.csv" for name in whole}
    for name, text in whole.items():
        files[f"{name}.csv"].write_text(text)
    return files


def entry(**options: object) -> SceneEntry:
    known = {"reference": "seasons.csv", "crops": {"near": "maize"}}
    return SceneEntry(
        name="t",
        title="t",
        kind="real",
        region="r",
        season="2017-01-01/2017-12-31",
        crs="EPSG:4326",
        licence="l",
        source="s",
        options=known | options,
        files=(SceneFile(path="t/near.csv", url="https://example.org/near.csv", sha256="0" * 64, size=1),),
    )


@pytest.fixture
def scene(tmp_path: Path) -> xr.DataTree:
    return read_phenocam(entry(), written(tmp_path))


def test_series_by_hand(scene: xr.DataTree) -> None:
    cameras = group_at(scene, "/cameras")
    assert list(cameras.site.to_numpy()) == ["near_AG_0001", "far_AG_1000"]
    assert [str(t)[:10] for t in cameras.time.to_numpy()] == ["2017-01-02", "2017-01-08", "2017-01-11"]
    np.testing.assert_allclose(cameras.gcc, [[0.34, 0.40, np.nan], [np.nan, 0.31, 0.35]])


def test_outliers_are_left_out_and_counted(scene: xr.DataTree) -> None:
    cameras = group_at(scene, "/cameras")
    assert not (cameras.gcc == 0.50).any()
    assert np.datetime64("2017-01-05") not in cameras.time.to_numpy(), "no other site has a value on that day"
    np.testing.assert_array_equal(cameras.n_outlier, [1, 0])


def test_the_smooth_curve_ends_with_the_values_and_has_their_gaps(scene: xr.DataTree) -> None:
    curve = group_at(scene, "/cameras").gcc_smooth
    assert [str(t)[8:10] for t in curve.day.to_numpy()] == [f"{day:02d}" for day in range(2, 12)]
    gap = np.nan
    near = [0.34, 0.35, gap, 0.37, 0.38, 0.39, 0.40, gap, gap, gap]
    far = [gap] * 6 + [0.31, 0.32, 0.33, 0.34]
    np.testing.assert_allclose(curve, [near, far])


def test_places_and_crops(scene: xr.DataTree) -> None:
    cameras = group_at(scene, "/cameras")
    np.testing.assert_array_equal(cameras.lat, [41.5, 40.25])
    np.testing.assert_array_equal(cameras.y, cameras.lat)
    np.testing.assert_array_equal(cameras.lon, [-96.5, -96.5])
    np.testing.assert_array_equal(cameras.x, cameras.lon)
    assert list(cameras.crop.to_numpy()) == ["maize", "unknown"]


def test_reference_seasons_of_the_sites_in_days_of_their_year(scene: xr.DataTree) -> None:
    """The table's second row is another region of the same camera; its first begins in the year before."""
    reference = group_at(scene, "/reference")
    assert list(reference.site.to_numpy()) == ["far_AG_1000", "near_AG_0001"]
    assert list(reference.year.to_numpy()) == [2020, 2017]
    np.testing.assert_array_equal(reference.sos15, [31, -2])
    np.testing.assert_array_equal(reference.sos50, [31 + 29, 2])
    np.testing.assert_array_equal(reference.eos50, [31 + 29 + 31 + 30, 6])
    np.testing.assert_array_equal(reference.eos15, [365, 8])
    np.testing.assert_array_equal(reference.sos15_flag, [0, 3])
    np.testing.assert_array_equal(reference.eos15_flag, [0, 15])
    assert "truth" not in scene.children


def test_scene_obeys_the_contract_and_survives_the_store(scene: xr.DataTree, tmp_path: Path) -> None:
    validate(scene)
    kept = open_store(save_scene(scene, tmp_path / "t.zarr"))
    validate(kept)
    for path in ("/cameras", "/reference"):
        xr.testing.assert_identical(group_at(kept, path).load(), group_at(scene, path))


def test_without_a_table_there_is_no_reference(tmp_path: Path) -> None:
    files = written(tmp_path)
    del files["seasons.csv"]
    scene = read_phenocam(entry(reference=""), files)
    validate(scene)
    assert "reference" not in scene.children
    with pytest.raises(SchemaError, match=r"'seasons\.csv'; expected one of near\.csv"):
        read_phenocam(entry(), files)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("# Lat: 41.5\n", ""), r"header lines \['Lat'\] missing"),
        (("smooth_gcc_90", "smooth"), r"columns \['smooth_gcc_90'\] missing"),
        (("2017-01-03", "2017-01-02"), "1 days twice"),
        (("2017-01-09,2017,NA,0,0.41,1\n", "2017-0"), r"near\.csv: cannot be read"),
        ((NEAR, "2017-01-01,2017,NA,0,0.33,1\n"), "no value of gcc_90"),
    ],
)
def test_malformed_files(change: tuple[str, str], message: str, tmp_path: Path) -> None:
    text = HEADER.format(site="near", region="0001", lat=41.5) + NEAR
    assert change[0] in text
    with pytest.raises(SchemaError, match=message):
        read_phenocam(entry(), written(tmp_path, near=text.replace(*change)))


def test_empty_file_and_table_without_flags(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="near"):
        read_phenocam(entry(), written(tmp_path, near=""))
    with pytest.raises(SchemaError, match=r"columns \['Peak_flag'\] missing"):
        read_phenocam(entry(), written(tmp_path, seasons=SEASONS.replace("Peak_flag", "P")))


# --- the files of the book: README, table of counts and percentiles
@pytest.mark.realdata("phenocam")
def test_counts_and_percentiles_of_the_readme() -> None:
    scene = open_scene("phenocam")
    cameras = group_at(scene, "/cameras")
    expected = {
        "mead1_AG_1000": (1008, 0.338, 0.345, 0.441),
        "mead2_AG_1000": (813, 0.349, 0.355, 0.456),
        "mead2_AG_2000": (177, 0.318, 0.329, 0.423),
        "cafcookwestltar01_AG_1000": (808, 0.326, 0.335, 0.415),
        "humnokericea_AG_1000": (896, 0.343, 0.356, 0.500),
        "bouldincorn_AG_1000": (813, 0.302, 0.322, 0.416),
        "uiefmaize2_AG_1000": (753, 0.330, 0.335, 0.427),
    }
    assert READERS["phenocam"] is read_phenocam
    assert cameras.sizes["site"] == 12
    for site, (n_value, *percentiles) in expected.items():
        gcc = cameras.gcc.sel(site=site).to_numpy()
        assert np.isfinite(gcc).sum() + int(cameras.n_outlier.sel(site=site)) == n_value
        np.testing.assert_allclose(np.nanpercentile(gcc, [2, 50, 98]), percentiles, atol=0.0011)


@pytest.mark.realdata("phenocam")
def test_first_seasons_of_mead1_and_the_one_of_the_readme() -> None:
    reference = group_at(open_scene("phenocam"), "/reference")
    assert reference.sizes["season"] == 89
    mead1 = reference.isel(season=reference.site.to_numpy() == "mead1_AG_1000")
    days = {
        year: str(np.datetime64(f"{year}-01-01") + int(day))
        for year, day in zip(mead1.year.values, mead1.sos50.values, strict=True)
    }
    assert [days[year][5:] for year in (2017, 2018, 2019, 2020)] == ["06-01", "05-31", "06-05", "06-04"]
