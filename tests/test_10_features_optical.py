"""Optical indices against hand values, identities and limits; reflectance, masks and what is missing."""

from __future__ import annotations

import warnings

import dask.array as da
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from cropnb.features.optical import (
    BAND_SETS,
    OPTICAL_INDICES,
    RAPIDEYE_COLOURS,
    SENTINEL2_COLOURS,
    evi,
    gcc,
    ndvi,
    ndwi,
    optical_indices,
)
from cropnb.features.reflectance import masked, reflectance_from_digital, sentinel2_offset
from cropnb.schema import SENTINEL2_BANDS, SchemaError

COLOURS = ("blue", "green", "red", "near_infrared")
REFLECTANCE = st.floats(0.0, 1.6)
# Worked by hand. A maize canopy: blue .04, green .08, red .05, infrared .45.
CANOPY = {"blue": 0.04, "green": 0.08, "red": 0.05, "near_infrared": 0.45}
BY_HAND = {
    "ndvi": 0.40 / 0.50,
    "gcc": 0.08 / 0.17,
    "evi": 2.5 * 0.40 / (0.45 + 0.30 - 0.30 + 1.0),
    "ndwi": -0.37 / 0.53,
}


def value(name: str, **bands: float) -> float:
    function, colours = OPTICAL_INDICES[name]
    return float(function(*(xr.DataArray(bands[colour]) for colour in colours)))


def cube(seed: int = 0, *, dims: tuple[str, ...] = ("time", "band", "y", "x")) -> xr.DataArray:
    sizes = {"time": 3, "band": len(SENTINEL2_BANDS), "y": 7, "x": 5, "sample": 4}
    rng = np.random.default_rng(seed)
    values = rng.uniform(0.01, 0.6, [sizes[dim] for dim in dims]).astype(np.float32)
    return xr.DataArray(values, dims=dims, coords={"band": list(SENTINEL2_BANDS)})


@pytest.mark.parametrize("name", OPTICAL_INDICES)
def test_a_canopy_worked_by_hand(name: str) -> None:
    assert value(name, **CANOPY) == pytest.approx(BY_HAND[name], rel=1e-12)


@settings(deadline=None)
@given(st.tuples(REFLECTANCE, REFLECTANCE, REFLECTANCE))
def test_normalised_indices_keep_their_bounds(bands: tuple[float, float, float]) -> None:
    blue, green, red = bands
    for index, lowest in ((ndvi(red, green), -1), (ndwi(green, red), -1), (gcc(blue, green, red), 0)):
        assert bool(np.isnan(index)) or lowest <= float(index) <= 1


@settings(deadline=None)
@given(REFLECTANCE, REFLECTANCE)
def test_ndvi_and_ndwi_change_sign_with_their_bands(first: float, second: float) -> None:
    there = ndvi(first, second).item()
    for back in (ndvi(second, first).item(), ndwi(first, second).item()):
        assert back == -there or (np.isnan(back) and np.isnan(there))


def test_ratios_forget_brightness_and_evi_does_not() -> None:
    dim = {name: 0.5 * rho for name, rho in CANOPY.items()}
    for name in ("ndvi", "gcc", "ndwi"):
        assert value(name, **dim) == pytest.approx(value(name, **CANOPY), rel=1e-12)
    assert value("evi", **dim) < 0.7 * value("evi", **CANOPY)


def test_limits() -> None:
    grey = dict.fromkeys(COLOURS, 0.3)
    got = [value(name, **grey) for name in ("ndvi", "ndwi", "evi", "gcc")]
    np.testing.assert_allclose(got, [0, 0, 0, 1 / 3], atol=1e-15)
    assert value("ndvi", red=0.0, near_infrared=0.2) == 1
    assert value("ndwi", green=0.1, near_infrared=0.0) == 1
    assert value("gcc", blue=0.0, green=0.1, red=0.0) == 1
    # Black visible bands: 2.5 N / (N + 1).
    assert value("evi", blue=0.0, red=0.0, near_infrared=1.0) == 1.25


@pytest.mark.parametrize("name", OPTICAL_INDICES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -0.01])
def test_what_is_no_reflectance_gives_nan(name: str, bad: float) -> None:
    for colour in OPTICAL_INDICES[name][1]:
        assert np.isnan(value(name, **{**CANOPY, colour: bad}))


def test_a_denominator_that_is_not_positive_gives_nan() -> None:
    black = dict.fromkeys(COLOURS, 0.0)
    assert all(np.isnan(value(name, **black)) for name in ("ndvi", "gcc", "ndwi"))
    # Snow seen in the blue only: .1 + .6 - 7.5 + 1 < 0; and exactly 0 with blue .4, red .25, infrared .5.
    assert np.isnan(value("evi", blue=1.0, red=0.1, near_infrared=0.1))
    assert np.isnan(value("evi", blue=0.4, red=0.25, near_infrared=0.5))


def test_small_integers_do_not_wrap_around() -> None:
    red, infrared = np.array([3000], np.uint16), np.array([1000], np.uint16)
    index = ndvi(red, infrared)
    assert index.dtype == np.float32
    assert index.item() == -0.5


def test_byte_order_and_precision() -> None:
    red, infrared = np.array([0.1, 0.2], ">f4"), np.array([0.3, 0.5], ">f4")
    index = ndvi(red, infrared)
    assert index.dtype == np.dtype("=f4")
    np.testing.assert_array_equal(index, ndvi(red.astype("=f4"), infrared.astype("=f4")))
    assert ndvi(red.astype("f8"), infrared.astype("f8")).dtype == np.float64


def test_evi_refuses_digital_numbers() -> None:
    with pytest.raises(SchemaError, match="blue holds whole numbers"):
        evi(np.array([400]), np.array([500]), np.array([4500]))


def test_bands_on_different_grids_are_refused() -> None:
    here, there = (xr.DataArray(np.ones(3), dims="x", coords={"x": np.arange(3) + shift}) for shift in (0, 1))
    with pytest.raises(SchemaError, match="differ in coordinates"):
        ndvi(here, there)
    with pytest.raises(SchemaError, match="expected the same of all"):
        ndvi(np.ones((3, 4)), np.ones((6, 8)))
    with pytest.raises(SchemaError, match="expected the same of all"):
        ndvi(here, np.ones(3))  # a bare array beside named dims could be broadcast against them


@pytest.mark.parametrize("dims", [("time", "band", "y", "x"), ("sample", "time", "band")])
def test_indices_of_a_stack(dims: tuple[str, ...]) -> None:
    stack = cube(dims=dims)
    indices = optical_indices(stack)
    axis = dims.index("band")
    blue, green, red, infrared = np.moveaxis(stack.values, axis, 0)[[0, 1, 2, 6]].astype(float)
    below = infrared + 6 * red - 7.5 * blue + 1
    expected = {
        "ndvi": (infrared - red) / (infrared + red),
        "gcc": green / (blue + green + red),
        "evi": np.where(below > 0, 2.5 * (infrared - red) / below, np.nan),
        "ndwi": (green - infrared) / (green + infrared),
    }
    assert list(indices) == list(OPTICAL_INDICES)
    for name, values in expected.items():
        assert indices[name].dims == tuple(dim for dim in dims if dim != "band")
        assert indices[name].attrs["units"] == "1"
        np.testing.assert_allclose(indices[name], values, rtol=2e-4, atol=1e-6)


def test_the_near_infrared_band_can_be_chosen() -> None:
    stack = cube().sel(band=list(BAND_SETS["liu2024_sentinel2"]))
    narrow = optical_indices(stack, ["ndvi"], colours={**SENTINEL2_COLOURS, "near_infrared": "B8A"})["ndvi"]
    expected = ndvi(stack.sel(band="B04", drop=True), stack.sel(band="B8A", drop=True))
    xr.testing.assert_identical(narrow, expected)


def test_dask_is_lazy_and_gives_the_same_bits() -> None:
    stack = cube()
    lazy = optical_indices(stack.chunk(time=1, band=3, y=4, x=2))
    assert all(isinstance(index.data, da.Array) for index in lazy.values())
    xr.testing.assert_identical(lazy.compute(), optical_indices(stack))


def test_nothing_warns_on_missing_data() -> None:
    stack = cube()
    stack[0] = np.nan
    stack[1] = 0.0
    stack[2, :, 0] = -np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        indices = optical_indices(stack)
    assert int(indices["ndvi"].notnull().sum()) == 6 * 5


def test_unknown_names_and_missing_bands_are_refused() -> None:
    with pytest.raises(SchemaError, match=r"\['nvdi'\] unknown; expected some of ndvi"):
        optical_indices(cube(), ["nvdi"])
    with pytest.raises(SchemaError, match="evi needs blue, red, near_infrared; no band for blue"):
        optical_indices(cube().sel(band=["B04", "B08"]), ["evi"])
    with pytest.raises(SchemaError, match="without band names"):
        optical_indices(cube().drop_vars("band"))


def test_band_sets_of_the_seeds_exist() -> None:
    for name, bands in BAND_SETS.items():
        known = RAPIDEYE_COLOURS.values() if "rapideye" in name else SENTINEL2_BANDS
        assert set(bands) <= set(known), name
    assert len(BAND_SETS["garnot2022"]) == 10


def test_reflectance_before_and_after_the_offset_is_the_same() -> None:
    """A target of reflectance .0452 in products of three baselines; 0 is missing in all of them."""
    for baseline, number in (("03.01", 452), ("04.00", 1452), ("N0510", 1452)):
        values = reflectance_from_digital(
            np.array([0, number], np.uint16), offset=sentinel2_offset(baseline)
        ).values
        assert np.isnan(values[0])
        assert values[1] == pytest.approx(0.0452, rel=1e-6)
        assert values.dtype == np.float32


def test_reflectance_of_dark_noise_is_negative_not_huge() -> None:
    assert reflectance_from_digital(np.array([990], np.uint16), offset=-1000).item() == pytest.approx(-0.001)


def test_reflectance_options_and_missing_data() -> None:
    number = xr.DataArray([np.nan, 0.0, np.inf], dims="x", attrs={"units": "DN", "long_name": "red"})
    reflectance = reflectance_from_digital(number, scale=2.75e-5, offset=-7272.0, no_data=None)
    np.testing.assert_allclose(reflectance, [np.nan, -0.19998, np.nan])
    assert reflectance.attrs == {"units": "1", "long_name": "red"}
    with pytest.raises(SchemaError, match="scale -1"):
        reflectance_from_digital(number, scale=-1)
    with pytest.raises(SchemaError, match="baseline '4'"):
        sentinel2_offset("4")


def test_masked_values_are_nan_in_every_band() -> None:
    stack = cube()
    stack[0, 0, 0, 0] = np.inf
    usable = xr.DataArray(np.random.default_rng(1).random((3, 7, 5)) < 0.5, dims=("time", "y", "x"))
    kept = masked(stack, usable)
    assert kept.dims == stack.dims
    for band in range(stack.sizes["band"]):
        finite = np.isfinite(stack.values[:, band])
        expected = np.where(usable.values & finite, stack.values[:, band], np.nan)
        np.testing.assert_array_equal(kept.values[:, band], expected)


def test_a_mask_of_another_kind_or_grid_is_refused() -> None:
    stack = cube().assign_coords(x=np.arange(5))
    usable = xr.DataArray(np.ones((3, 7, 5), bool), dims=("time", "y", "x"))
    with pytest.raises(SchemaError, match="expected bool"):
        masked(stack, usable.astype(int))
    with pytest.raises(SchemaError, match="differ in coordinates"):
        masked(stack, usable.assign_coords(x=np.arange(5) + 10))
    with pytest.raises(SchemaError, match="differ in coordinates"):
        masked(stack, usable[:, :3])
    with pytest.raises(SchemaError, match="has dims"):
        masked(stack, usable.rename(x="sample"))
