"""Speckle against the moments of the Wishart law and against looks averaged one by one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from cropnb.simulation.wishart import wishart_c2

N, LOOKS = 200_000, 3
VV, VH, CROSS = 0.12, 0.015, 0.012 - 0.009j


def draw(seed: int = 0, n: int = N) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    full = [np.full(n, value, dtype) for value, dtype in ((VV, "f4"), (VH, "f4"), (CROSS, "c8"))]
    return wishart_c2(*full, n_looks=LOOKS, rng=np.random.default_rng(seed))


def looks_one_by_one(n: int = N) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(99)
    root = np.linalg.cholesky(np.array([[VV, CROSS], [np.conj(CROSS), VH]]))
    z = (rng.normal(size=(2, LOOKS, n)) + 1j * rng.normal(size=(2, LOOKS, n))) / np.sqrt(2)
    vv, vh = np.einsum("ij,jln->iln", root, z)
    return (abs(vv) ** 2).mean(0), (abs(vh) ** 2).mean(0), (vv * vh.conj()).mean(0)


@pytest.mark.parametrize(("element", "truth"), [(0, VV), (1, VH)])
def test_intensities_have_the_mean_and_the_variance_of_l_looks(element: int, truth: float) -> None:
    intensity = draw()[element].astype(float)
    assert intensity.mean() == pytest.approx(truth, rel=5 / np.sqrt(LOOKS * N))
    # the variance of a gamma sample's variance follows from its kurtosis 3 + 6 / L
    assert intensity.var() == pytest.approx(truth**2 / LOOKS, rel=5 * np.sqrt((2 + 6 / LOOKS) / N))


def test_covariance_has_the_true_mean_phase_included() -> None:
    cross = draw()[2].astype(complex)
    assert abs(cross.mean() - CROSS) < 5 * np.sqrt(VV * VH / (LOOKS * N))


def test_every_matrix_is_positive_semidefinite() -> None:
    vv, vh, cross = draw()
    assert vv.min() > 0
    assert vh.min() > 0
    assert ((abs(cross) ** 2) <= vv * vh * (1 + 1e-5)).all()


def test_sample_coherence_and_powers_are_distributed_as_looks_averaged_one_by_one() -> None:
    fast, slow = draw(n=40_000), looks_one_by_one(n=40_000)
    for statistic in (
        lambda c: abs(c[2]) / np.sqrt(c[0] * c[1]),
        lambda c: np.angle(c[2]),
        lambda c: c[0],
        lambda c: c[1] / c[0],
    ):
        assert ks_2samp(statistic(fast), statistic(slow)).pvalue > 1e-3


def test_single_precision_is_kept() -> None:
    vv, vh, cross = draw(n=10)
    assert (vv.dtype, vh.dtype, cross.dtype) == (np.float32, np.float32, np.complex64)
