"""GLCM moments against scikit-image's matrices, a slow loop over pairs, and what theory says of them."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.feature import graycomatrix, graycoprops

from cropnb.features.texture import DIRECTIONS, _word_bits, co_occurrence, glcm_texture
from cropnb.features.windows import use_threads
from cropnb.schema import SchemaError

OFFSETS = [(0, 1), (1, 1), (1, 0), (1, -1)]
NAMES = ("glcm_mean", "glcm_variance", "glcm_correlation")


def random_levels(n_level: int, shape: tuple[int, ...] = (13, 17), seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, n_level, shape).astype(np.float32)


def texture(image: object, n_level: int, **options: object) -> np.ndarray:
    """(feature, ..., y, x), levels as they are."""
    result = glcm_texture(image, value_range=(0, n_level), n_level=n_level, **options)
    return np.stack([result[name].values for name in NAMES])


def from_matrix(
    level: np.ndarray,
    *,
    window: int,
    n_level: int,
    distance: int = 1,
    directions: tuple[int, ...] = DIRECTIONS,
) -> np.ndarray:
    """The features by definition, from scikit-image's matrix of every window cut at the border."""
    half, i = window // 2, np.arange(n_level)
    out = np.empty((3, *level.shape))
    for y, x in np.ndindex(*level.shape):
        cut = level[max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1].astype(np.uint8)
        P = graycomatrix(cut, [distance], np.deg2rad(directions), n_level, symmetric=True, normed=True)
        mean = np.einsum("ijda,i->a", P, i)
        variance = np.einsum("ijda,i->a", P, i**2) - mean**2
        out[:, y, x] = mean.mean(), variance.mean(), graycoprops(P, "correlation").mean()
    return out


def from_pairs(image: np.ndarray, *, window: int, offsets: list[tuple[int, int]]) -> np.ndarray:
    """The features by listing the pairs of finite pixels inside window and image, one after the other."""
    half, out = window // 2, np.full((3, *image.shape), np.nan)
    for y, x in np.argwhere(np.isfinite(image)):
        each = []
        for dy, dx in offsets:
            near = [
                (image[a, b], image[a + dy, b + dx])
                for a in range(max(0, y - half), min(image.shape[0], y + half + 1) - dy)
                for b in range(max(0, x - half), min(image.shape[1], x + half + 1))
                if max(0, x - half) <= b + dx < min(image.shape[1], x + half + 1)
            ]
            pairs = np.array([p for p in near if np.isfinite(p).all()])
            if len(pairs):
                both = np.concatenate([pairs, pairs[:, ::-1]])
                flat = both[:, 0].std() == 0
                each.append((both[:, 0].mean(), both[:, 0].var(), 1 if flat else np.corrcoef(both.T)[0, 1]))
        if each:
            out[:, y, x] = np.mean(each, axis=0)
    return out


@pytest.mark.parametrize(("window", "n_level"), [(3, 4), (5, 16), (7, 32), (9, 64), (11, 8)])
def test_equals_the_matrices_of_scikit_image(window: int, n_level: int):
    level = random_levels(n_level)
    expected = from_matrix(level, window=window, n_level=n_level)
    np.testing.assert_allclose(texture(level, n_level, window=window), expected, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("distance", [1, 2, 3])
def test_each_direction_and_distance_equals_scikit_image(direction: int, distance: int):
    level = random_levels(16, (9, 10), seed=distance)
    options = {"window": 7, "distance": distance, "directions": (direction,)}
    expected = from_matrix(level, n_level=16, **options)
    np.testing.assert_allclose(texture(level, 16, **options), expected, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.8])
def test_pairs_with_a_missing_pixel_are_left_out(share: float):
    image = random_levels(8)
    image[np.random.default_rng(1).random(image.shape) < share] = np.nan
    image[:6, 9:] = np.inf
    expected = from_pairs(np.where(np.isfinite(image), image, np.nan), window=5, offsets=OFFSETS)
    np.testing.assert_allclose(texture(image, 8, window=5), expected, atol=1e-5)


def test_a_direction_without_pairs_is_left_out_of_the_mean():
    row = random_levels(8, (1, 20))
    np.testing.assert_array_equal(texture(row, 8), texture(row, 8, directions=[0]))
    assert np.isnan(texture(row, 8, directions=[90])).all()


def test_a_lone_pixel_has_no_pair():
    image = np.full((9, 9), np.nan, np.float32)
    image[4, 4] = 3
    assert np.isnan(texture(image, 8)).all()


@pytest.mark.parametrize("value", [0, 7, 29, 31])
def test_equal_levels_have_their_mean_no_variance_and_correlation_1(value: int):
    mean, variance, correlation = texture(np.full((8, 9), value, np.float32), 32)
    assert (mean == value).all()
    assert (variance == 0).all()
    assert (correlation == 1).all()


def test_a_window_larger_than_the_image_sees_all_of_it():
    level = random_levels(8, (4, 5))
    whole = from_pairs(level, window=99, offsets=OFFSETS)
    np.testing.assert_allclose(texture(level, 8, window=99), whole, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_chunks_change_no_bit(dtype: type):
    image = np.random.default_rng(2).normal(-12, 4, (2, 37, 41)).astype(dtype)
    image[0, 3:9, 30:] = np.nan
    options = {"value_range": (-25.0, 0.0), "window": 7, "distance": 2}
    whole = glcm_texture(image, **options)
    lazy = glcm_texture(da.from_array(image, chunks=(1, 8, 13)), **options)
    assert all(isinstance(lazy[name].data, da.Array) for name in NAMES)
    xr.testing.assert_identical(lazy.compute(), whole)
    with use_threads(3):
        xr.testing.assert_identical(glcm_texture(image, **options), whole)


def test_strips_of_columns_change_no_bit(monkeypatch: pytest.MonkeyPatch):
    image = random_levels(32, (9, 50))
    whole = texture(image, 32)
    monkeypatch.setattr("cropnb.features.texture.TILE", 7)
    np.testing.assert_array_equal(texture(image, 32), whole)


@pytest.mark.parametrize("dtype", [">f4", "int16", "uint8", "float64"])
def test_the_type_of_the_input_changes_no_value(dtype: str):
    level = random_levels(32)
    result = texture(level.astype(dtype), 32)
    assert result.dtype == (np.float64 if dtype == "float64" else np.float32)
    np.testing.assert_allclose(result, texture(level, 32), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("n_level", [64, 79, 80, 1000, 60000])
def test_integer_sums_stay_exact_up_to_the_limit_of_their_words(n_level: int):
    level = np.where(random_levels(2, (15, 15)) > 0, n_level - 1, n_level - 2).astype(np.float32)
    mean, variance, correlation = texture(level, n_level)
    shifted = from_pairs(level - (n_level - 2), window=7, offsets=OFFSETS)
    np.testing.assert_allclose(mean - (n_level - 2), shifted[0], atol=3e-7 * n_level)
    np.testing.assert_allclose(variance, shifted[1], rtol=1e-6)
    np.testing.assert_allclose(correlation, shifted[2], atol=1e-6)


def test_a_window_of_7_with_64_levels_needs_no_wide_words():
    options = {"value_range": (0, 1), "window": 7, "distance": 1, "directions": DIRECTIONS}
    assert _word_bits(co_occurrence(n_level=64, **options)) == 32
    assert _word_bits(co_occurrence(n_level=80, **options)) > 32


def test_bins_are_equal_closed_below_and_clipped():
    steps = np.array([-1e30, -20.001, -20, -17.6, -17.5, -15.0, -10.001, -10, 50], np.float32)
    image = np.repeat(steps[:, None], 2, axis=1)
    mean = glcm_texture(image, value_range=(-20, -10), n_level=4, window=3, directions=[0]).glcm_mean
    middle = glcm_texture(image[4:5], value_range=(-20, -10), n_level=4, window=3).glcm_mean
    assert middle.values[0].tolist() == [1, 1]
    level = np.array([0, 0, 0, 0, 1, 2, 3, 3, 3])
    padded = np.convolve(level, [1, 1, 1], mode="same") / np.array([2, 3, 3, 3, 3, 3, 3, 3, 2])
    np.testing.assert_allclose(mean.values[:, 0], padded, rtol=1e-6)


IMAGES = hnp.arrays(np.float32, (7, 8), elements=st.integers(0, 15) | st.just(np.nan))


@settings(max_examples=60, deadline=None)
@given(image=IMAGES, window=st.sampled_from([3, 5, 7]), distance=st.integers(1, 2))
def test_bounds(image: np.ndarray, window: int, distance: int):
    mean, variance, correlation = texture(image, 16, window=window, distance=distance)
    for values, low, high in ((mean, 0, 15), (variance, 0, 15**2 / 4), (correlation, -1, 1)):
        known = values[np.isfinite(values)]
        assert ((low <= known) & (known <= high * (1 + 2e-7))).all()


@settings(max_examples=30, deadline=None)
@given(image=IMAGES)
def test_a_quarter_turn_swaps_rows_with_columns_and_the_diagonals(image: np.ndarray):
    for direction, turned in ((0, 90), (45, 135)):
        once = np.rot90(texture(image, 16, window=5, directions=[direction]), axes=(1, 2))
        np.testing.assert_array_equal(texture(np.rot90(image), 16, window=5, directions=[turned]), once)


@settings(max_examples=30, deadline=None)
@given(image=IMAGES, step=st.integers(1, 16))
def test_raising_all_levels_raises_the_mean_alone(image: np.ndarray, step: int):
    low, high = texture(image, 32), texture(image + step, 32)
    np.testing.assert_allclose(high[0], low[0] + step, rtol=3e-7)
    np.testing.assert_array_equal(high[1:], low[1:])


def test_result_keeps_coordinates_and_says_how_it_was_made():
    image = xr.DataArray(
        random_levels(8), dims=("y", "x"), coords={"y": np.arange(13.0), "x": np.arange(17.0)}
    )
    result = glcm_texture(image, value_range=(0, 8), n_level=8, window=5, directions=[0, 90])
    xr.testing.assert_equal(result.coords.to_dataset(), image.coords.to_dataset())
    assert result.glcm_variance.attrs == {"units": "1", "long_name": "GLCM variance"}
    assert result.attrs == {
        "window": 5,
        "n_level": 8,
        "distance": 1,
        "directions": [0, 90],
        "value_range": [0.0, 8.0],
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"window": 4}, "window 4"),
        ({"window": 3, "distance": 3}, "distance 3 in a window of 3"),
        ({"distance": 0}, "distance 0"),
        ({"distance": 1.5}, "distance 1.5"),
        ({"value_range": None}, "value_range None"),
        ({"value_range": (0, 0)}, "the lower first"),
        ({"value_range": (0, np.nan)}, "two finite numbers"),
        ({"value_range": ("a", "b")}, "two finite numbers"),
        ({"n_level": 1}, "n_level 1"),
        ({"n_level": 8.5}, "whole number"),
        ({"n_level": 10**6}, "64 at most"),
        ({"directions": ()}, "directions"),
        ({"directions": (0, 0)}, "each once"),
        ({"directions": (30,)}, "directions"),
        ({"image": np.zeros((9, 9), complex)}, "complex image"),
    ],
)
def test_what_cannot_be_meant_is_refused(change: dict, said: str):
    options = {"image": np.zeros((9, 9)), "value_range": (0, 8), **change}
    with pytest.raises(SchemaError, match=said):
        glcm_texture(options.pop("image"), **options)
