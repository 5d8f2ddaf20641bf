"""Polarimetric features: bounds, missing data, windows, precision, chunks and threads."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from cropnb.features import polarimetry as features_of
from cropnb.features.compiled import compiled
from cropnb.features.elementary import arctan_unit, log2
from cropnb.features.polarimetry import POLARIMETRIC_FEATURES
from cropnb.features.windows import use_threads
from cropnb.schema import SchemaError

EVERY = [*POLARIMETRIC_FEATURES]
RATIOS = ["m", "anisotropy", "sin_2chi", "dprvi", "rvi", "entropy", "alpha"]
POWERS = [name for name in EVERY if name not in RATIOS]
RTOL = {np.float32: 2e-6, np.float64: 4e-15}
HIGHEST = {"m": 1, "anisotropy": 1, "entropy": 1, "dprvi": 1, "alpha": 90, "rvi": 4}


def c2_of(vv, vh, cross, *, dtype=np.float32, dims=("time", "y", "x")):
    vv, vh, cross = (np.asarray(values) for values in np.broadcast_arrays(vv, vh, cross))
    vv, vh, cross = vv.astype(dtype), vh.astype(dtype), cross.astype(np.result_type(dtype, np.complex64))
    return xr.Dataset(
        {
            name: (dims[-vv.ndim :], values)
            for name, values in {"c_vv_vv": vv, "c_vh_vh": vh, "c_vv_vh": cross}.items()
        }
    )


def speckle(shape, *, dtype=np.float32, seed=0):
    """Single-look C2: rank 1 in every pixel."""
    rng = np.random.default_rng(seed)
    s_vv, s_vh = rng.normal(size=(2, *shape)) + 1j * rng.normal(size=(2, *shape))
    s_vh = 0.3 * s_vh + 0.2 * s_vv
    return c2_of(np.abs(s_vv) ** 2, np.abs(s_vh) ** 2, s_vv * s_vh.conj(), dtype=dtype)


def with_gaps(c2):
    """A missing pixel of every kind."""
    values = {name: array.values.copy() for name, array in c2.items()}
    values["c_vv_vv"][..., 2, 3] = np.nan
    values["c_vh_vh"][..., 5, 0] = np.inf
    values["c_vv_vh"][..., 6, 7] = complex(0, np.nan)
    values["c_vv_vh"][..., 6, 8] = complex(-np.inf, 0)
    return c2.copy(data=values)


def assert_same_bits(got, expected):
    assert list(got) == list(expected)
    for name in expected:
        assert got[name].dtype == expected[name].dtype
        assert_array_equal(got[name].values, expected[name].values, err_msg=name)


def slow_mean(values, window):
    """Mean over the pixels of a window that lie in the image and are finite in all planes."""
    half, out = window // 2, np.full(values.shape, np.nan, values.dtype)
    valid = np.isfinite(values).all(axis=0)
    for y, x in np.argwhere(valid):
        rows, columns = slice(max(0, y - half), y + half + 1), slice(max(0, x - half), x + half + 1)
        out[:, y, x] = values[:, rows, columns][:, valid[rows, columns]].mean(axis=1)
    return out


@pytest.mark.parametrize("window", [3, 5, 21])
def test_window_is_the_mean_of_the_valid_pixels_inside_of_the_image(window):
    c2 = with_gaps(speckle((11, 13), dtype=np.float64))
    planes = slow_mean(np.array([c2.c_vv_vv, c2.c_vh_vh, c2.c_vv_vh], complex), window)
    mean = c2_of(planes[0].real, planes[1].real, planes[2], dtype=np.float64)
    found, expected = features_of(c2, features=EVERY, window=window), features_of(mean, features=EVERY)
    for name in EVERY:
        assert_allclose(found[name], expected[name], rtol=0, atol=1e-11, err_msg=name)
        assert np.isnan(found[name].values).sum() == 4


@settings(deadline=None, max_examples=80)
@given(
    st.floats(1e-4, 1e4),
    st.floats(0, 1e4),
    st.floats(0, 1),
    st.floats(-np.pi, np.pi),
    st.sampled_from([np.float32, np.float64]),
)
def test_bounds_hold_for_every_covariance_matrix(vv, vh, coherence, phase, dtype):
    cross = coherence * np.sqrt(vv * vh) * np.exp(1j * phase)
    found = features_of(c2_of([[vv]], [[vh]], [[cross]], dtype=dtype), features=EVERY)
    for name, highest in HIGHEST.items():
        assert 0 <= found[name].item() <= highest, name
    assert not abs(found.sin_2chi.item()) > 1
    exact, total = (
        {name: found[name].item() for name in found},
        pytest.approx(found.s0.item(), rel=RTOL[dtype]),
    )
    assert exact["ps"] ** 2 + exact["pd"] ** 2 + exact["pv"] ** 2 == total
    assert exact["lambda_1"] + exact["lambda_2"] == total


@pytest.mark.parametrize(("dtype", "rounding"), [(np.float32, 3e-7), (np.float64, 1e-15)])
def test_a_single_look_is_fully_polarised(dtype, rounding):
    found = features_of(speckle((50, 60), dtype=dtype), features=EVERY)
    assert_allclose(found.m, 1, rtol=0, atol=rounding)
    assert_allclose(found.lambda_2 / found.s0, 0, rtol=0, atol=rounding)
    assert_allclose(found.pv**2 / found.s0, 0, rtol=0, atol=2 * rounding)
    assert_allclose(found.dprvi, 0, rtol=0, atol=2 * rounding)
    assert found.entropy.max() < 60 * rounding  # -p log2 p


def test_zero_power_has_powers_of_zero_and_no_ratios():
    found = features_of(c2_of([[0.0]], [[0.0]], [[0.0]]), features=EVERY)
    assert {name: found[name].item() for name in POWERS} == dict.fromkeys(POWERS, 0)
    assert all(np.isnan(found[name]) for name in RATIOS)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("vv", "vh", "cross"),
    [
        (-1, 1.5, 0),
        (1.5, -1, 0),
        (1, -1e-9, 0),
        (-1, -1, 0),
        (-1, 1, 0),  # total power zero
        (0, 0, 1e-3),  # correlation without power
        (1, 1, 1.001),  # |c_vv_vh|^2 > c_vv_vv c_vh_vh
        (1, 0, 0.01j),
    ],
)
def test_what_is_no_covariance_matrix_is_missing(vv, vh, cross, dtype):
    found = features_of(c2_of([[vv]], [[vh]], [[cross]], dtype=dtype), features=EVERY)
    assert all(np.isnan(found[name]) for name in EVERY)


def test_a_violation_of_rounding_size_counts_as_fully_polarised():
    found = features_of(c2_of([[1.0]], [[1.0]], [[1 + 1e-6j + 1e-6]], dtype=np.float64), features=EVERY)
    assert [found[name].item() for name in ("m", "entropy", "pv", "dprvi")] == [1, 0, 0, 0]


@pytest.mark.parametrize("window", [1, 3])
def test_a_missing_pixel_is_missing_alone_and_in_all_features(window):
    found = features_of(with_gaps(speckle((11, 13))), features=EVERY, window=window)
    gaps = {(2, 3), (5, 0), (6, 7), (6, 8)}
    for name in EVERY:
        assert {(int(y), int(x)) for y, x in np.argwhere(np.isnan(found[name].values))} == gaps, name


def test_window_larger_than_the_image_sees_all_of_it():
    c2 = speckle((4, 5), dtype=np.float64)
    whole = features_of(c2.mean(("y", "x")).expand_dims(y=1, x=1), features=EVERY)
    for array in (c2, c2.chunk(y=2)):
        found = features_of(array, features=EVERY, window=101)
        for name in EVERY:
            assert_allclose(found[name], np.full((4, 5), whole[name].item()), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("window", [1, 3, 7])
@pytest.mark.parametrize("chunks", [(1, 4, 5), (2, 11, 3), (1, 1, 41), (2, 50, 50)])
def test_chunks_do_not_change_a_bit(chunks, window):
    whole = with_gaps(speckle((2, 11, 41)))
    expected = features_of(whole, features=EVERY, window=window)
    found = features_of(
        whole.chunk(dict(zip(("time", "y", "x"), chunks, strict=True))), features=EVERY, window=window
    )
    assert all(isinstance(found[name].data, da.Array) for name in EVERY)
    assert_same_bits(found.compute(scheduler="synchronous"), expected)


def test_position_in_a_row_does_not_change_a_bit():
    """Rows are computed in vectors, their ends in single numbers: both have to round alike."""
    wide = speckle((3, 64), seed=3)
    expected = features_of(wide, features=EVERY)
    for left in range(1, 20):
        found = features_of(wide.isel(x=slice(left, left + 23)), features=EVERY)
        assert_same_bits(found, expected.isel(x=slice(left, left + 23)))


@pytest.mark.parametrize("window", [1, 3, 7])
def test_threads_and_strips_do_not_change_a_bit(window):
    wide = with_gaps(speckle((9, 4096 + 40)))  # wider than the strip that one sweep takes
    with use_threads(1):
        one = features_of(wide, features=EVERY, window=window)
    with use_threads(2):
        assert_same_bits(features_of(wide, features=EVERY, window=window), one)
    right = features_of(wide.isel(x=slice(4000, None)), features=EVERY, window=window)
    assert_same_bits(right.isel(x=slice(3, None)), one.isel(x=slice(4003, None)))


def test_the_dates_of_a_stack_are_computed_alone():
    stack = speckle((3, 9, 10))
    found = features_of(stack, features=EVERY, window=3)
    for time in range(3):
        assert_same_bits(found.isel(time=time), features_of(stack.isel(time=time), features=EVERY, window=3))


def test_byte_order_and_memory_order_do_not_matter():
    c2 = speckle((9, 10))
    expected = features_of(c2, features=EVERY, window=3)
    swapped = c2.map(lambda array: array.astype(array.dtype.newbyteorder(">")))
    fortran = c2.map(lambda array: array.copy(data=np.asfortranarray(array.values)))
    for other in (swapped, fortran, swapped.chunk(y=4)):
        assert_same_bits(features_of(other, features=EVERY, window=3).compute(), expected)


def test_integer_powers_become_float():
    counts = c2_of([[3, 4]], [[1, 2]], [[1, 1j]], dtype=np.float64)
    whole = counts.assign({name: counts[name].astype(np.int16) for name in ("c_vv_vv", "c_vh_vh")})
    found = features_of(whole, features=EVERY)
    assert_same_bits(found, features_of(counts, features=EVERY))


def test_precision_coordinates_and_attributes_are_kept():
    c2 = speckle((2, 4, 5)).assign_coords(time=[0, 12], y=np.arange(4.0)).assign_attrs(relative_orbit=32)
    for source, dtype in ((c2, np.float32), (speckle((4, 5), dtype=np.float64), np.float64)):
        found = features_of(source, features=EVERY, window=3)
        assert all(array.dtype == dtype for array in found.values())
    found = features_of(c2)
    assert found.attrs == {"relative_orbit": 32}
    assert list(found) == ["m", "sin_2chi", "ps", "pd", "pv", "entropy", "alpha", "dprvi"]
    xr.testing.assert_equal(found.coords.to_dataset(), c2.coords.to_dataset())
    assert found.alpha.attrs == {"long_name": "dual-pol mean alpha angle", "units": "degree"}
    assert found.alpha.name == "alpha"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"features": ["entropi"]}, "no feature 'entropi'. Did you mean 'entropy'"),
        ({"features": ["zzz"]}, "Take some of s0, s1"),
        ({"features": []}, "expected a sequence of names"),
        ({"features": "m"}, "expected a sequence of names"),
        ({"window": 4}, "window 4; expected an odd number"),
    ],
)
def test_wrong_arguments_are_named_with_a_remedy(arguments, said):
    with pytest.raises(SchemaError, match=said):
        features_of(speckle((3, 3)), **arguments)


def test_a_dataset_that_is_no_c2_is_refused():
    c2 = speckle((3, 3))
    with pytest.raises(SchemaError, match="c_vv_vh"):
        features_of(c2.drop_vars("c_vv_vh"))
    with pytest.raises(SchemaError, match="expected real, real, complex"):
        features_of(c2.assign(c_vv_vh=c2.c_vv_vh.real))


@compiled
def _fill(values, logarithm, angle):
    for index in range(values.size):
        logarithm[index] = log2(values[index])
        angle[index] = arctan_unit(values[index])


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1.3e-7), (np.float64, 1e-15)])
def test_elementary_functions_are_as_exact_as_they_say(dtype, tolerance):
    values = np.concatenate([np.linspace(1e-6, 1, 200_001), 2.0 ** np.linspace(-126, 0, 20_000)]).astype(
        dtype
    )
    logarithm, angle = np.empty_like(values), np.empty_like(values)
    _fill(values, logarithm, angle)
    exact = np.log2(values.astype(np.longdouble))
    assert np.max(np.abs(logarithm - exact) / np.maximum(1, np.abs(exact))) < tolerance
    assert np.max(np.abs(angle - np.arctan(values.astype(np.longdouble)))) < tolerance
    assert logarithm[200_000] == 0
