from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from cropnb.features.covariance import c2_from_arrays
from cropnb.features.filters import boxcar
from cropnb.features.speckle import (
    equivalent_number_of_looks,
    lee,
    local_number_of_looks,
    modal_number_of_looks,
)
from cropnb.schema import SchemaError
from cropnb.simulation.wishart import wishart_c2


def gamma(shape: tuple[int, ...], n_looks: float, seed: int) -> np.ndarray:
    """Multilooked speckle of unit mean: gamma with variance 1 / n_looks."""
    return np.random.default_rng(seed).gamma(n_looks, 1 / n_looks, shape)


def image(values: np.ndarray) -> xr.DataArray:
    return xr.DataArray(values, dims=("time", "y", "x")[-values.ndim :], attrs={"units": "1"})


def wishart(shape: tuple[int, ...], n_looks: float, seed: int) -> xr.Dataset:
    vv, vh, cross = np.full(shape, 0.2), np.full(shape, 0.05), np.full(shape, 0.04 + 0.03j)
    drawn = wishart_c2(vv, vh, cross, n_looks=n_looks, rng=np.random.default_rng(seed))
    return c2_from_arrays(*[image(element) for element in drawn])


def windows(values: np.ndarray, half: int):
    for y, x in np.ndindex(values.shape):
        if np.isfinite(values[y, x]):
            cut = values[max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1]
            yield (y, x), cut[np.isfinite(cut)]


def slow_lee(values: np.ndarray, window: int, n_looks: float) -> np.ndarray:
    out = np.full(values.shape, np.nan)
    for place, inside in windows(values, window // 2):
        observed = np.std(inside, ddof=1) / np.mean(inside) if inside.size > 1 else 0.0
        speckle = n_looks**-0.5
        excess = 1 - (speckle / observed) ** 2 if observed > speckle else 0.0
        out[place] = np.mean(inside) + excess * (values[place] - np.mean(inside))
    return out


@pytest.fixture
def rough() -> np.ndarray:
    values = gamma((11, 14), 2.0, 0)
    values[:, 7:] *= 10
    values[2, 3], values[10, 0], values[5, 8], values[0:3, 11:14] = np.nan, np.inf, 300.0, np.nan
    values[1, 12] = 4.0  # alone in a window of 3
    return values


@pytest.mark.parametrize(("window", "n_looks"), [(1, 4.0), (3, 2.0), (5, 7.5), (33, 1.0)])
def test_lee_equals_the_slow_reference(rough: np.ndarray, window: int, n_looks: float) -> None:
    expected = slow_lee(rough, window, n_looks)
    np.testing.assert_allclose(lee(rough, window=window, n_looks=n_looks), expected, rtol=1e-9)
    single = lee(rough.astype(np.float32), window=window, n_looks=n_looks)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, expected, rtol=2e-4)


def test_lee_on_pure_speckle_gains_most_of_the_looks_of_the_window_and_keeps_the_mean() -> None:
    speckle = gamma((400, 400), 4.0, 1)
    smooth = lee(speckle, window=7, n_looks=4)
    looks = float(equivalent_number_of_looks(smooth))
    assert 0.5 * 49 * 4 < looks < 49 * 4
    assert looks > 2 * float(equivalent_number_of_looks(lee(speckle, window=3, n_looks=4)))
    assert float(smooth.mean()) == pytest.approx(speckle.mean(), rel=2e-3)


def test_lee_keeps_an_edge_that_boxcar_blurs() -> None:
    truth = np.where(np.arange(60) < 30, 1.0, 50.0) * np.ones((200, 1))
    noisy = truth * gamma(truth.shape, 16.0, 2)
    at_edge = np.s_[10:-10, 29:31]
    lee_error = np.abs(lee(noisy, window=7, n_looks=16).values - noisy)[at_edge]
    box_error = np.abs(boxcar(noisy, window=7).values - noisy)[at_edge]
    assert lee_error.mean() < 0.15 * box_error.mean()


def test_lee_leaves_a_constant_image_and_scales_with_power() -> None:
    constant = np.full((9, 9), 0.1, np.float32)
    np.testing.assert_allclose(lee(constant, n_looks=3), constant, rtol=3e-7)
    speckle = gamma((20, 20), 1.0, 3).astype(np.float32)
    scaled = lee(np.float32(2.0**-20) * speckle, n_looks=1)
    np.testing.assert_array_equal(scaled, lee(speckle, n_looks=1) * np.float32(2.0**-20))


def test_without_speckle_lee_returns_its_input() -> None:
    power, c2 = image(gamma((30, 30), 1.0, 4)), wishart((30, 30), 3.0, 4)
    xr.testing.assert_identical(lee(power, window=5, n_looks=np.inf), power)
    xr.testing.assert_identical(lee(c2, window=5, n_looks=np.inf), c2)


def test_all_elements_of_c2_get_the_weight_of_the_span() -> None:
    c2 = wishart((20, 25), 3.0, 5).astype(complex)
    c2 = c2_from_arrays(c2.c_vv_vv.real, c2.c_vh_vh.real, c2.c_vv_vh)
    c2.c_vh_vh[4, 5] = np.nan
    span = (c2.c_vv_vv + c2.c_vh_vh).values
    weight = np.where(np.isfinite(span), 0.0, np.nan)
    for place, inside in windows(span, 2):
        weight[place] = max(0.0, 1 - inside.mean() ** 2 / (3.0 * inside.var(ddof=1)))
    assert 0.1 < np.nanmean(weight > 0) < 0.9
    filtered, masked = lee(c2, window=5, n_looks=3), c2.where(np.isfinite(span))
    for name, element in filtered.items():
        mean = boxcar(masked[name], window=5)
        np.testing.assert_allclose(element, mean + weight * (masked[name] - mean), rtol=1e-9, atol=1e-12)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.sampled_from([3, 5]), st.floats(0.5, 30))
def test_filtered_c2_stays_a_covariance_matrix(seed: int, window: int, n_looks: float) -> None:
    rng = np.random.default_rng(seed)
    vector = rng.standard_normal((2, 9, 10)) * rng.lognormal(0, 2, (9, 10)) + 1j * rng.standard_normal(
        (2, 9, 10)
    )
    vv, vh = abs(vector[0]) ** 2, abs(vector[1]) ** 2
    filtered = lee(c2_from_arrays(vv, vh, vector[0] * vector[1].conj()), window=window, n_looks=n_looks)
    slack = 1e-12 * (filtered.c_vv_vv + filtered.c_vh_vh) ** 2
    assert bool((filtered.c_vv_vv * filtered.c_vh_vh - abs(filtered.c_vv_vh) ** 2 >= -slack).all())


@pytest.mark.parametrize("chunks", [{"time": 1, "y": 4, "x": 5}, {"y": 13, "x": 9}, {"y": 1, "x": 37}])
def test_bits_do_not_depend_on_the_chunks(chunks: dict[str, int]) -> None:
    c2 = wishart((2, 13, 37), 2.0, 6)
    c2.c_vv_vv[0, 4, 5] = np.nan
    for window in (3, 7):
        filtered = lee(c2.chunk(chunks), window=window, n_looks=2)
        assert all(element.chunks for element in filtered.values())
        xr.testing.assert_identical(filtered.compute(), lee(c2, window=window, n_looks=2))
    power = c2.c_vv_vv.astype(float)
    lazy = power.chunk(chunks)
    local = local_number_of_looks(lazy, window=5)
    assert local.chunks
    xr.testing.assert_identical(local.compute(), local_number_of_looks(power, window=5))
    xr.testing.assert_identical(boxcar(lazy, window=(3, 11)).compute(), boxcar(power, window=(3, 11)))
    for estimate in (equivalent_number_of_looks, modal_number_of_looks):
        xr.testing.assert_identical(estimate(lazy).compute(), estimate(power))


def test_other_inputs() -> None:
    counts = np.random.default_rng(7).integers(1, 200, (8, 9))
    expected = lee(counts.astype(float), n_looks=2)
    for dtype in (">f8", ">i8", np.int64):
        xr.testing.assert_equal(lee(counts.astype(dtype), n_looks=2), expected)
    assert lee(counts.astype(np.uint8), n_looks=2).dtype == np.float32
    scene = wishart((5, 5), 3.0, 8).assign(angle=("y", np.arange(5.0))).assign_attrs(relative_orbit=7)
    filtered = lee(scene, n_looks=3)
    assert filtered.attrs == {"relative_orbit": 7}
    assert filtered.angle.equals(scene.angle)
    assert filtered.c_vv_vh.attrs == scene.c_vv_vh.attrs


def test_number_of_looks_of_pure_speckle_within_its_standard_error() -> None:
    for n_looks in (1.0, 3.7, 20.0):
        stack = gamma((20, 100, 100), n_looks, int(n_looks))
        estimates = equivalent_number_of_looks(stack).values
        error = np.sqrt(2 * n_looks * (n_looks + 1) / 1e4)
        np.testing.assert_allclose(estimates, n_looks, atol=4.5 * error)
        assert estimates.std(ddof=1) == pytest.approx(error, rel=0.5)


def test_bias_in_a_small_area_is_the_one_stated() -> None:
    estimates = equivalent_number_of_looks(gamma((20000, 10, 10), 4.0, 9))
    assert float(estimates.mean()) - 4 == pytest.approx((2 * 4 + 3) / 100, rel=0.2)


def test_limits_of_the_number_of_looks() -> None:
    area = np.full((3, 2, 2), np.nan)
    area[1, 0, 0], area[2] = 5.0, 5.0
    np.testing.assert_array_equal(equivalent_number_of_looks(area), [np.nan, np.nan, np.inf])
    assert np.isnan(modal_number_of_looks(area)).all()
    np.testing.assert_array_equal(
        local_number_of_looks(area, window=3), np.where(area == 5, [[[0]], [[np.nan]], [[np.inf]]], np.nan)
    )


def test_local_looks_equal_the_slow_reference(rough: np.ndarray) -> None:
    expected = np.full(rough.shape, np.nan)
    for place, inside in windows(rough, 2):
        expected[place] = inside.mean() ** 2 / inside.var(ddof=1)
    np.testing.assert_allclose(local_number_of_looks(rough, window=5), expected, rtol=1e-9)


@pytest.mark.parametrize("n_looks", [1.0, 4.0, 30.0])
def test_the_mode_finds_the_looks_of_a_scene_of_many_fields(n_looks: float) -> None:
    levels = np.kron(np.random.default_rng(10).uniform(0.02, 0.3, (6, 6)), np.ones((60, 60)))
    scene = levels * gamma(levels.shape, n_looks, 11)
    scene[:100, :100] *= gamma((100, 100), 1.0, 12)  # a town: texture
    scene[200:203, :] = np.nan
    assert float(modal_number_of_looks(scene, window=15)) == pytest.approx(n_looks, rel=0.05)
    assert float(equivalent_number_of_looks(scene)) < 0.9 * n_looks


def test_wrong_input_is_refused() -> None:
    power = np.ones((5, 5))
    with pytest.raises(SchemaError, match="window 4; expected an odd number"):
        lee(power, window=4, n_looks=1)
    for wrong in (0, -1, np.nan):
        with pytest.raises(SchemaError, match="n_looks"):
            lee(power, n_looks=wrong)
    with pytest.raises(SchemaError, match="expected real power"):
        lee(power + 0j, n_looks=1)
    with pytest.raises(SchemaError, match="c_vv_vv"):
        lee(xr.Dataset({"vv": image(power)}), n_looks=1)
    with pytest.raises(SchemaError, match="expected 3 or more"):
        modal_number_of_looks(power, window=1)
