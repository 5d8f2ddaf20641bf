"""Camera series: the curve, the true dates, and where cameras look."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from cropnb.paths import data_folder
from cropnb.schema import SchemaError
from cropnb.simulation import load_parameters, simulate, simulate_cameras
from cropnb.simulation.cameras import green_chromatic_coordinate, season_dates

SMOKE = load_parameters(data_folder() / "scenes" / "county.toml", preset="smoke")
CAMERAS = SMOKE.optics.cameras


@pytest.fixture(scope="module")
def cameras() -> xr.Dataset:
    return simulate_cameras(SMOKE, n_site=24)


def test_green_canopies_are_greener_than_soil_and_dead_ones_less_green() -> None:
    soil, green, dead = green_chromatic_coordinate(np.array([0, 6.0, 6.0]), np.array([1, 1, 0.0]), CAMERAS)
    assert soil == pytest.approx(0.335)
    assert green == pytest.approx(0.440, abs=1e-4)
    assert dead == pytest.approx(0.317, abs=1e-4)


def test_dates_of_a_triangle_are_those_of_geometry() -> None:
    day = np.arange(101.0)
    curve = np.interp(day, [0, 40, 100], [0.3, 0.4, 0.35])
    found = season_dates(curve, day)
    assert found == pytest.approx({"sos20": 8.0, "sos50": 20.0, "eos50": 70.0, "eos20": 88.0})


def test_a_series_that_ends_at_its_peak_has_no_end_of_season() -> None:
    found = season_dates(np.linspace(0, 1, 11), np.arange(11.0))
    assert np.isnan([found["eos20"], found["eos50"]]).all()
    assert found["sos50"] == pytest.approx(5)


def test_series_are_true_curve_plus_noise_of_the_stated_size(cameras: xr.Dataset) -> None:
    noise = (cameras.gcc - cameras.gcc_true).values
    assert noise.std() == pytest.approx(0.004, rel=0.1)
    assert abs(noise.mean()) < 5e-4
    assert cameras.gcc_true.min() > 0.31
    assert cameras.gcc_true.max() < 0.445


def test_dates_are_in_order_and_match_the_crop(cameras: xr.Dataset) -> None:
    order = np.stack([cameras[name].values for name in ("sos20", "sos50", "eos50", "eos20")])
    assert (np.diff(order, axis=0) > 0).all()
    wheat = cameras.crop.values == "wheat"
    assert wheat.any()
    assert (~wheat).any()
    assert cameras.sos50.values[wheat].max() < cameras.sos50.values[~wheat].min()


def test_units_and_names_are_stated(cameras: xr.Dataset) -> None:
    for name in ("gcc", "gcc_true", "sos20", "eos50", "x", "azimuth"):
        assert {"units", "long_name"} <= set(cameras[name].attrs)
    assert cameras.attrs["kind"] == "simulated"


def test_cameras_can_see_another_crop_than_the_one_they_stand_in() -> None:
    many = simulate_cameras(SMOKE, n_site=60)
    assert (many.crop != many.crop_at_site).any()
    assert (many.crop == many.crop_at_site).any()


def test_more_sites_keep_the_places_of_fewer(cameras: xr.Dataset) -> None:
    many = simulate_cameras(SMOKE, n_site=30)
    old, new = ({*zip(d.x.values, d.y.values, strict=True)} for d in (cameras, many))
    assert old < new


@pytest.fixture(scope="module")
def network() -> dict[int, xr.DataTree]:
    """Two tiles of the network in two of its years, under few pictures."""
    scenes = {}
    for year in (2018, 2020):
        whole = load_parameters(data_folder() / "scenes" / f"cameras-{year}.toml", preset="network")
        assert (whole.preset.n_row * whole.preset.n_column, whole.optics.cameras.n_per_tile) == (60, 1)
        assert len(whole.optics.sentinel2.acquisitions) == 42
        sentinel2 = replace(whole.optics.sentinel2, acquisitions=whole.optics.sentinel2.acquisitions[::14])
        optics = replace(whole.optics, sentinel2=sentinel2)
        preset = replace(whole.preset, n_row=1, n_column=3)
        scenes[year] = simulate(replace(whole, preset=preset, optics=optics), progress=False)
    return scenes


def test_the_network_keeps_its_places_while_crops_and_weather_change(network: dict[int, xr.DataTree]) -> None:
    first, last = (network[year]["cameras"].to_dataset() for year in (2018, 2020))
    for name in ("x", "y", "row", "column", "azimuth"):
        assert (first[name].values == last[name].values).all()
    assert (first.crop.values != last.crop.values).any()
    assert abs(first.gcc.values - last.gcc.values).max() > 0.02
    assert str(last.time.values[0])[:10] == "2020-04-01"  # of a leap year
    assert network[2020].attrs["season"] == "2020-04-01/2020-10-31"


def test_patches_about_the_cameras_lie_in_their_tiles(network: dict[int, xr.DataTree]) -> None:
    scene = network[2018]
    cameras, block = scene["cameras"].to_dataset(), scene["labels/block_id"]
    for site in range(3):
        row, column = int(cameras.row[site]), int(cameras.column[site])
        patch = block.isel(y=slice(row - 9, row + 9), x=slice(column - 9, column + 9))
        assert patch.shape == (18, 18)
        assert (patch == site).all()
        assert abs(block.x.values[column] - cameras.x.values[site]) < 5
        assert abs(block.y.values[row] - cameras.y.values[site]) < 5
        crop = scene["truth/crop"].values[row, column]
        names = scene["truth/crop"].attrs["flag_meanings"].split()
        assert crop == -1 or names[crop] == cameras.crop_at_site.values[site]


def test_series_and_their_truth_stand_apart(network: dict[int, xr.DataTree]) -> None:
    scene = network[2018]
    assert set(scene["cameras"].data_vars) == {"gcc"}
    assert {"gcc_true", "sos20", "sos50", "eos50", "eos20"} == set(scene["truth/cameras"].data_vars)
    noise = scene["cameras/gcc"].values - scene["truth/cameras/gcc_true"].values
    assert noise.std() == pytest.approx(0.004, rel=0.1)


def test_no_site_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"n_site 0.*Raise it"):
        simulate_cameras(SMOKE, n_site=0)
