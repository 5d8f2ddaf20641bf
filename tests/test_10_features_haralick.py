"""Haralick features by definition on small windows, and agreement with the fast moments."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
import xarray as xr

from cropnb.features.haralick import HARALICK_FEATURES, haralick
from cropnb.features.texture import glcm_texture
from cropnb.schema import SchemaError

OPTIONS = {"value_range": (0, 8), "n_level": 8, "window": 5}


@pytest.fixture
def image() -> np.ndarray:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 8, (9, 10)).astype(np.float32)
    values[rng.random(values.shape) < 0.15] = np.nan
    return values


def test_mean_variance_and_correlation_are_those_of_the_exact_moments(image: np.ndarray):
    slow = haralick(image, names=["mean", "variance", "correlation"], **OPTIONS)
    xr.testing.assert_allclose(slow, glcm_texture(image, **OPTIONS), rtol=1e-5, atol=1e-5)


def test_features_of_a_listed_matrix(image: np.ndarray):
    result = haralick(image, names=HARALICK_FEATURES, **OPTIONS, directions=[0])
    cut = image[2:7, 3:8]
    left, right = cut[:, :-1].ravel(), cut[:, 1:].ravel()
    both = np.isfinite(left) & np.isfinite(right)
    assert np.isfinite(image[4, 5])
    first, second = np.r_[left[both], right[both]], np.r_[right[both], left[both]]
    _, counts = np.unique(np.stack([first, second]), axis=1, return_counts=True)
    share = counts / counts.sum()
    step = np.abs(first - second)
    expected = {
        "contrast": (step**2).mean(),
        "dissimilarity": step.mean(),
        "homogeneity": (1 / (1 + step**2)).mean(),
        "asm": (share**2).sum(),
        "energy": np.sqrt((share**2).sum()),
        "entropy": -(share * np.log(share)).sum(),
        "correlation": np.corrcoef(first, second)[0, 1],
        "mean": first.mean(),
        "variance": first.var(),
        "std": first.std(),
    }
    for name, value in expected.items():
        assert result[f"glcm_{name}"].values[4, 5] == pytest.approx(value, rel=1e-6), name
    assert len(result) == len(expected) == len(HARALICK_FEATURES)


def test_equal_levels_have_no_contrast_no_entropy_and_energy_1():
    result = haralick(np.full((6, 6), 3.0), names=["contrast", "entropy", "energy", "correlation"], **OPTIONS)
    assert (result.glcm_contrast == 0).all()
    assert (result.glcm_entropy == 0).all()
    assert (result.glcm_energy == 1).all()
    assert (result.glcm_correlation == 1).all()


def test_missing_pixels_and_pixels_without_pairs_are_missing(image: np.ndarray):
    contrast = haralick(image, names=["contrast"], **OPTIONS).glcm_contrast
    np.testing.assert_array_equal(np.isnan(contrast), np.isnan(image))
    lone = np.full((5, 5), np.nan)
    lone[2, 2] = 1
    assert np.isnan(haralick(lone, names=["contrast"], **OPTIONS).glcm_contrast).all()


def test_chunks_change_no_bit(image: np.ndarray):
    stack = np.stack([image, image[::-1]])
    whole = haralick(stack, names=["contrast", "entropy"], **OPTIONS)
    lazy = haralick(da.from_array(stack, chunks=(1, 4, 6)), names=["contrast", "entropy"], **OPTIONS)
    assert isinstance(lazy.glcm_contrast.data, da.Array)
    xr.testing.assert_identical(lazy.compute(), whole)


def test_an_unknown_feature_is_refused(image: np.ndarray):
    with pytest.raises(SchemaError, match="roughness"):
        haralick(image, names=["roughness"], **OPTIONS)
    with pytest.raises(SchemaError, match="window 4"):
        haralick(image, names=["contrast"], value_range=(0, 8), window=4)
    with pytest.raises(SchemaError, match="256 at most"):
        haralick(image, names=["contrast"], value_range=(0, 8), n_level=257)
    with pytest.raises(SchemaError, match="complex"):
        haralick(image.astype(complex), names=["contrast"], **OPTIONS)
