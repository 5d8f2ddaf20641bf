import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from cropnb.features import cross_ratio_db, db_from_linear, linear_from_db, ndvi


@given(st.floats(min_value=1e-6, max_value=1e3))
def test_db_and_back_is_the_identity(power: float) -> None:
    there_and_back = linear_from_db(db_from_linear(xr.DataArray(power))).item()
    assert there_and_back == pytest.approx(power, rel=1e-12)


def test_doubling_power_adds_three_decibels() -> None:
    step = db_from_linear(xr.DataArray(0.2)) - db_from_linear(xr.DataArray(0.1))
    assert step.item() == pytest.approx(3.0103, abs=1e-4)


def test_zero_and_negative_power_have_no_decibels() -> None:
    decibels = db_from_linear(xr.DataArray([0.0, -1.0, np.nan, 1.0]))
    np.testing.assert_array_equal(np.isnan(decibels), [True, True, True, False])


def test_units_follow_the_number() -> None:
    power = xr.DataArray([0.1], attrs={"units": "1", "long_name": "sigma0 VV"})
    assert db_from_linear(power).attrs == {"units": "dB", "long_name": "sigma0 VV"}
    assert linear_from_db(db_from_linear(power)).attrs["units"] == "1"


def test_chunked_gives_what_unchunked_gives() -> None:
    power = xr.DataArray(np.linspace(0.01, 1, 12).reshape(3, 4), dims=("y", "x"))
    xr.testing.assert_identical(db_from_linear(power.chunk({"x": 2})).compute(), db_from_linear(power))


def test_cross_ratio_is_free_of_a_common_factor() -> None:
    vv, vh = xr.DataArray([0.1, 0.3]), xr.DataArray([0.02, 0.01])
    xr.testing.assert_allclose(cross_ratio_db(7 * vv, 7 * vh), cross_ratio_db(vv, vh))
    assert cross_ratio_db(vv, vh).values[0] == pytest.approx(-6.9897, abs=1e-4)


def test_ndvi_limits() -> None:
    red = xr.DataArray([0.0, 0.2, 0.2, 0.0, np.nan])
    near_infrared = xr.DataArray([0.5, 0.2, 0.0, 0.0, 0.4])
    np.testing.assert_array_equal(ndvi(red, near_infrared), [1.0, 0.0, -1.0, np.nan, np.nan])
