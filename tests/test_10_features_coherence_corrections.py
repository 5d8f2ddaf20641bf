"""Corrections of coherence: the bias of few looks against simulation and series, the flat phase restored."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.special import beta

from cropnb.features import (
    coherence,
    debiased_coherence,
    expected_coherence,
    flat_phase,
    remove_flat_phase,
)
from cropnb.schema import SchemaError


def pair_of(truth: float, *, shape: tuple[int, ...], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two images of circular Gaussian speckle, of one true coherence."""
    rng = np.random.default_rng(seed)
    one, other = (rng.normal(size=(2, *shape)) + 1j * rng.normal(size=(2, *shape))).astype(np.complex64)
    return one, (truth * one + np.sqrt(1 - truth**2) * other).astype(np.complex64)


# --- the bias of few looks
@pytest.mark.parametrize("n_looks", [9, 25, 100])
@pytest.mark.parametrize("truth", [0.0, 0.3, 0.8])
def test_mean_estimate_of_simulated_looks_is_the_expected_one(n_looks: int, truth: float) -> None:
    side = {9: 3, 25: 5, 100: 11}[n_looks]
    first, second = pair_of(truth, shape=(60, side, 60, side), seed=n_looks)
    first[:, 0, :, : side * side - n_looks] = np.nan  # 100 looks are 121 less 21
    first[:, 1, :, : side * side - n_looks - side] = np.nan
    images = [image.reshape(60 * side, 60 * side) for image in (first, second)]
    # Every window once: windows that overlap would not be independent.
    found = coherence(*images, window=side)[side // 2 :: side, side // 2 :: side]
    mean, error = float(found.mean()), float(found.std()) / np.sqrt(found.size)
    expected = float(expected_coherence(xr.DataArray(truth), n_looks=n_looks))
    assert mean == pytest.approx(expected, abs=3.5 * error)
    if truth > 0:
        debiased = float(debiased_coherence(xr.DataArray(mean), n_looks=n_looks))
        assert debiased == pytest.approx(truth, abs=0.02)
    if truth < 0.5:
        assert mean - truth > 3.5 * error, "there is a bias to correct"


@pytest.mark.parametrize("n_looks", [1.5, 9, 33, 250.5])
def test_expected_coherence_at_its_ends(n_looks: float) -> None:
    ends = expected_coherence(xr.DataArray([0.0, 1.0]), n_looks=n_looks)
    np.testing.assert_allclose(ends, [beta(n_looks, 0.5) / 2, 1.0], rtol=1e-10)


@pytest.mark.parametrize("n_looks", [2.0, 9.0, 33.0, 100.0])
def test_expected_coherence_is_the_hypergeometric_series(n_looks: float) -> None:
    mpmath = pytest.importorskip("mpmath")
    truth = np.array([0.01, 0.1234, 0.5, 0.9])
    series = [
        mpmath.gamma(n_looks)
        * mpmath.gamma(1.5)
        / mpmath.gamma(n_looks + 0.5)
        * mpmath.hyp3f2(1.5, n_looks, n_looks, n_looks + 0.5, 1, g**2)
        * (1 - g**2) ** n_looks
        for g in truth
    ]
    found = expected_coherence(xr.DataArray(truth), n_looks=n_looks)
    np.testing.assert_allclose(found, np.array(series, dtype=float), atol=1e-6)


@pytest.mark.parametrize("n_looks", [1.2, 4, 33, 1000])
def test_debiasing_undoes_the_bias(n_looks: float) -> None:
    truth = xr.DataArray(np.linspace(0, 1, 333), attrs={"relative_orbit": 37})
    biased = expected_coherence(truth, n_looks=n_looks)
    assert (biased >= truth - 1e-6).all()
    found = debiased_coherence(biased, n_looks=n_looks)
    np.testing.assert_allclose(found, truth, atol=1e-6)
    assert (found.attrs["units"], found.attrs["relative_orbit"]) == ("1", 37)


def test_debiasing_at_the_floor_outside_and_without_data() -> None:
    image = xr.DataArray(np.array([0.1, 0.2995, np.nan, -0.1, 1.1, 1.0], np.float32), dims="x")
    found = debiased_coherence(image, n_looks=9)
    np.testing.assert_array_equal(found, np.array([0, 0, np.nan, np.nan, np.nan, 1], np.float32))
    assert found.dtype == np.float32
    lazy = debiased_coherence(image.chunk(x=2), n_looks=9)
    assert lazy.chunks is not None
    np.testing.assert_array_equal(lazy.compute(), found)
    for n_looks in (1.0, 0.5, np.nan, np.inf):
        with pytest.raises(SchemaError, match="independent looks"):
            debiased_coherence(image, n_looks=n_looks)


# --- the flat phase
RAMPS = [(0.0, 0.0), (0.031, -0.1234), (-0.25, 0.4), (0.45, 0.003)]


def with_fringes(down: float, across: float) -> tuple[xr.DataArray, xr.DataArray, np.ndarray]:
    one, two = pair_of(0.9, shape=(60, 90), seed=3)
    y, x = np.mgrid[:60, :90]
    phase = 2 * np.pi * (down * y + across * x)
    bent = (one * np.exp(1j * (phase + 1.0))).astype(np.complex64)
    return xr.DataArray(bent, dims=("y", "x")), xr.DataArray(two, dims=("y", "x")), phase


@pytest.mark.parametrize(("down", "across"), RAMPS)
@pytest.mark.parametrize("known", [True, False])
def test_removing_a_fringe_restores_the_coherence(down: float, across: float, known: bool) -> None:
    first, second, phase = with_fringes(down, across)
    second[20:30, 50:60] = np.nan
    straight = remove_flat_phase(first, second, phase=phase if known else None)
    restored = coherence(first, straight, window=7)
    one, two = pair_of(0.9, shape=(60, 90), seed=3)
    reference = coherence(one, np.where(np.isnan(second), np.nan, two), window=7)
    np.testing.assert_allclose(restored, reference, atol=0.003)
    if (down, across) != (0.0, 0.0):
        assert float(coherence(first, second, window=7).median()) < 0.75 * float(reference.median())


def test_fringe_lowers_coherence_by_the_known_factor() -> None:
    first = np.ones((9, 40), np.complex64) * np.exp(2j * np.pi * 0.06 * np.arange(40))
    found = float(coherence(first, np.ones((9, 40), complex), window=(1, 11))[4, 20])
    assert found == pytest.approx(abs(np.sin(np.pi * 11 * 0.06) / (11 * np.sin(np.pi * 0.06))), abs=1e-6)


def test_fringe_frequency_is_found_between_the_bins_of_the_spectrum() -> None:
    first, second, _ = with_fringes(0.031, -0.1234)
    found = flat_phase(first, second)
    assert found.attrs["cycles_per_row"] == pytest.approx(0.031, abs=2e-4)
    assert found.attrs["cycles_per_column"] == pytest.approx(-0.1234, abs=2e-4)
    assert found.attrs["units"] == "rad"


def test_flat_phase_of_dask_arrays_stays_lazy() -> None:
    first, second, phase = with_fringes(0.031, -0.1234)
    lazy = remove_flat_phase(first.chunk(y=20, x=30), second.chunk(y=20, x=30))
    assert lazy.chunks is not None
    np.testing.assert_allclose(lazy.compute(), remove_flat_phase(first, second), atol=1e-5)
    assert remove_flat_phase(first, second, phase=phase).dtype == np.complex64


def test_flat_phase_refuses_what_it_cannot_use() -> None:
    first, second, phase = with_fringes(0.1, 0.1)
    for bad in (first * np.nan, first * 0):
        with pytest.raises(SchemaError, match="no pixel of 5400 valid"):
            flat_phase(bad, second)
    with pytest.raises(SchemaError, match="phase of shape"):
        remove_flat_phase(first, second, phase=phase[1:])
    with pytest.raises(SchemaError, match="expected complex"):
        remove_flat_phase(first, second.real, phase=phase)
    with pytest.raises(SchemaError, match="one pair at a time"):
        flat_phase(first.expand_dims("time"), second.expand_dims("time"))
