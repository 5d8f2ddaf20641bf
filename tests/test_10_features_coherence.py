"""Coherence of an image pair: against a slow loop and SciPy, its invariances, arrays of all kinds."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter

from cropnb.features.coherence import coherence, complex_coherence
from cropnb.features.windows import use_threads
from cropnb.schema import SchemaError

SHAPE = (23, 37)


def circular(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Circular Gaussian speckle of power 1."""
    return ((rng.normal(size=shape) + 1j * rng.normal(size=shape)) / np.sqrt(2)).astype(np.complex64)


def pair_of(truth: float, *, shape: tuple[int, ...] = SHAPE, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two images of one true coherence."""
    rng = np.random.default_rng(seed)
    one, other = circular(rng, shape), circular(rng, shape)
    return one, (truth * one + np.sqrt(1 - truth**2) * other).astype(np.complex64)


def by_uniform_filter(first: np.ndarray, second: np.ndarray, window: tuple[int, int]) -> np.ndarray:
    first, second = first.astype(complex), second.astype(complex)
    cross = first * second.conj()
    numerator = uniform_filter(cross.real, window) + 1j * uniform_filter(cross.imag, window)
    powers = [uniform_filter(np.abs(image) ** 2, window) for image in (first, second)]
    return numerator / np.sqrt(powers[0] * powers[1])


def by_loop(first: np.ndarray, second: np.ndarray, window: tuple[int, int]) -> np.ndarray:
    """Pixel by pixel, as the docstring says it: valid pixels of windows cut at the border."""
    out = np.full(first.shape, np.nan + 1j * np.nan)
    valid = np.isfinite(first) & np.isfinite(second)
    for y, x in np.argwhere(valid):
        rows = slice(max(0, y - window[0] // 2), y + window[0] // 2 + 1)
        columns = slice(max(0, x - window[1] // 2), x + window[1] // 2 + 1)
        keep = valid[rows, columns]
        a, b = (image[rows, columns][keep].astype(complex) for image in (first, second))
        power = np.sqrt(np.sum(np.abs(a) ** 2) * np.sum(np.abs(b) ** 2))
        out[y, x] = np.sum(a * b.conj()) / power if power > 0 else np.nan + 1j * np.nan
    return out


# --- the estimator
WINDOWS = [(1, 1), (3, 3), (3, 11), (5, 3), (1, 5), (7, 1), (9, 7), (5, 9), (3, 13), (1, 21), (3, 23)]


@pytest.mark.parametrize("window", [*WINDOWS, (99, 101)])
def test_equals_a_loop_over_the_valid_pixels_of_each_window(window: tuple[int, int]) -> None:
    first, second = pair_of(0.6)
    first[4, 5], second[4, 8] = np.nan, complex(1.0, np.inf)
    first[10:20, :12] = 0.0
    expected = by_loop(first, second, window)
    assert np.isnan(expected).sum() >= 2
    np.testing.assert_allclose(complex_coherence(first, second, window=window), expected, atol=2e-6)
    np.testing.assert_allclose(coherence(first, second, window=window), np.abs(expected), atol=2e-6)


def test_more_columns_than_one_tile_equal_scipy_inside() -> None:
    first, second = pair_of(0.4, shape=(9, 4500))
    found = complex_coherence(first, second, window=(3, 11)).values
    inside = np.s_[1:-1, 5:-5]
    np.testing.assert_allclose(found[inside], by_uniform_filter(first, second, (3, 11))[inside], atol=2e-6)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_precision_follows_the_input(dtype: type) -> None:
    first, second = (image.astype(dtype) for image in pair_of(0.6))
    result, cross = coherence(first, second), complex_coherence(first, second)
    assert (result.dtype, cross.dtype) == (np.empty(0, dtype).real.dtype, dtype)
    tolerance = 30 * np.finfo(dtype).eps
    np.testing.assert_allclose(cross, by_loop(first, second, (3, 11)), atol=tolerance)
    np.testing.assert_allclose(np.abs(cross), result, atol=tolerance)


def test_identical_images_are_fully_coherent() -> None:
    image, _ = pair_of(0.0)
    np.testing.assert_allclose(coherence(image, image), 1.0, atol=3e-7)
    np.testing.assert_allclose(complex_coherence(image, image), 1.0, atol=2e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(WINDOWS), st.floats(-12.0, 12.0))
def test_magnitude_is_between_0_and_1_at_any_scale(
    seed: int, window: tuple[int, int], exponent: float
) -> None:
    first, second = pair_of(1.0 if seed % 2 else 0.9999, seed=seed)
    first = (first * 10.0**exponent).astype(np.complex64)
    magnitude = coherence(first, second, window=window).values
    cross = complex_coherence(first, second, window=window).values
    assert magnitude.min() >= 0.0
    assert magnitude.max() <= 1.0
    assert np.abs(cross.astype(np.complex128)).max() <= 1.0


def test_scale_and_phase_of_an_image_do_not_matter() -> None:
    first, second = pair_of(0.7)
    plain = coherence(first, second)
    changed = coherence((1e-3 * np.exp(2j)) * first, 1e4j * second)
    np.testing.assert_allclose(changed, plain, atol=1e-6)
    np.testing.assert_array_equal(coherence(2**-20 * first, 2**30 * second), plain)


def test_swapped_images_give_the_conjugate() -> None:
    first, second = pair_of(0.7)
    forward, back = complex_coherence(first, second), complex_coherence(second, first)
    np.testing.assert_allclose(back, np.conj(forward), atol=1e-6)
    assert np.abs(forward.imag).max() > 0.01


def test_phase_is_that_of_first_times_conjugate_of_second() -> None:
    image, _ = pair_of(0.0)
    np.testing.assert_allclose(np.angle(complex_coherence(image * np.exp(0.3j), image)), 0.3, atol=1e-5)


# --- arrays of all kinds
@pytest.mark.parametrize("chunks", [(23, 37), (7, 10), (1, 3), (23, 1)])
def test_dask_chunks_and_threads_change_no_bit(chunks: tuple[int, int]) -> None:
    first, second = pair_of(0.5)
    second[6:9, 9:12] = np.nan
    lazy = da.from_array(first, chunks=chunks), da.from_array(second, chunks=(5, 8))
    for function in (coherence, complex_coherence):
        result = function(*lazy, window=(5, 11))
        assert result.chunks is not None
        whole = function(first, second, window=(5, 11)).values
        np.testing.assert_array_equal(result.compute().values, whole)
        with use_threads(3):
            np.testing.assert_array_equal(function(first, second, window=(5, 11)).values, whole)


def test_big_endian_images_equal_native_ones() -> None:
    first, second = pair_of(0.5)
    found = coherence(first.astype(">c8"), second.astype(">c8"))
    assert found.dtype == np.dtype("=f4")
    np.testing.assert_array_equal(found, coherence(first, second))


def test_parts_stored_as_integers() -> None:
    i, q = np.random.default_rng(0).integers(-900, 900, (2, *SHAPE)).astype(np.int16)
    found = coherence(i + 1j * q, q + 1j * i)
    np.testing.assert_allclose(found, np.abs(by_loop(i + 1j * q, q + 1j * i, (3, 11))), atol=1e-12)
    with pytest.raises(SchemaError, match=r"dtype int16; expected complex.*i \+ 1j \* q"):
        coherence(i, q)


@pytest.mark.parametrize("window", [2, 0, (3, 4), 3.0, (3, 3, 3)])
def test_even_or_odd_looking_windows_are_refused(window: object) -> None:
    with pytest.raises(SchemaError, match="window"):
        coherence(*pair_of(0.5), window=window)  # type: ignore[arg-type]


def test_images_that_do_not_belong_together_are_refused() -> None:
    first, second = (xr.DataArray(image, dims=("y", "x")) for image in pair_of(0.5))
    placed = first.assign_coords(x=np.arange(SHAPE[1]))
    with pytest.raises(SchemaError, match="expected the same of both"):
        coherence(first, second[:-1])
    with pytest.raises(SchemaError, match="coordinate x differs"):
        coherence(placed, second.assign_coords(x=np.arange(SHAPE[1]) + 0.5))
    with pytest.raises(SchemaError, match=r"orbits \[37, 110\]"):
        coherence(first.assign_attrs(relative_orbit=37), second.assign_attrs(relative_orbit=110))
