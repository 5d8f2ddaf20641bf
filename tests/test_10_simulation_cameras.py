"""Camera series: the curve, the true dates, and where cameras look."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cropnb.paths import data_folder
from cropnb.schema import SchemaError
from cropnb.simulation import load_parameters
from cropnb.simulation.cameras import green_chromatic_coordinate, season_dates, simulate_cameras

SMOKE = load_parameters(data_folder() / "scenes" / "county.toml", preset="smoke")
CAMERAS = SMOKE.optics.cameras


@pytest.fixture(scope="module")
def cameras() -> xr.Dataset:
    return simulate_cameras(SMOKE, n_site=8)


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
    many = simulate_cameras(SMOKE, n_site=14)
    old, new = ({*zip(d.x.values, d.y.values, strict=True)} for d in (cameras, many))
    assert old < new


def test_no_site_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"n_site 0.*Raise it"):
        simulate_cameras(SMOKE, n_site=0)
