"""Polarimetric features against polsartools, NumPy's eigensolver, canonical targets, other closed forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose, assert_array_equal

from cropnb.features import polarimetry as features_of
from cropnb.features.polarimetry import (
    POLARIMETRIC_FEATURES,
    degree_of_polarisation,
    dprvi,
    h_alpha,
    m_chi,
    rvi,
    stokes_from_c2,
)

ORACLE_NAMES = {
    "H": ("entropy", 1e-5),
    "alpha": ("alpha", 0.02),  # polsartools takes the arc cosine in float32
    "dprvi": ("dprvi", 1e-5),
    "rvi": ("rvi", 1e-5),
    "m": ("m", 1e-5),
    "Ps": ("ps", 1e-5),
    "Pd": ("pd", 1e-5),
    "Pv": ("pv", 1e-5),
}
ROOT_HALF = np.sqrt(0.5)


def c2_of(vv, vh, cross, *, dtype=np.float64):
    """C2 with the values given in one row."""
    vv, vh, cross = np.broadcast_arrays(*map(np.atleast_2d, (vv, vh, cross)))
    complex_type = np.result_type(dtype, np.complex64)
    values = (vv.astype(dtype), vh.astype(dtype), cross.astype(complex_type))
    return xr.Dataset(
        {n: (("y", "x"), v) for n, v in zip(("c_vv_vv", "c_vh_vh", "c_vv_vh"), values, strict=True)}
    )


def c2_of_field(s_vv, s_vh, **options):
    return c2_of(np.abs(s_vv) ** 2, np.abs(s_vh) ** 2, s_vv * np.conj(s_vh), **options)


def random_matrices(n_look, *, n=2000, seed=0):
    """Mean of `n_look` outer products, VH some decibels below VV, with a random phase and correlation."""
    rng = np.random.default_rng(seed)
    looks = rng.normal(size=(2, n, n_look)) + 1j * rng.normal(size=(2, n, n_look))
    s_vv = looks[0]
    s_vh = rng.uniform(0.05, 1, (n, 1)) * (looks[1] + rng.uniform(0, 2, (n, 1)) * looks[0])
    return (np.abs(s_vv) ** 2).mean(1), (np.abs(s_vh) ** 2).mean(1), (s_vv * s_vh.conj()).mean(1)


@pytest.fixture
def manitoba(real_data: Path) -> tuple[Path, xr.Dataset]:
    folder = real_data / "manitoba-c2"
    names = ("C11", "C22", "C12_real", "C12_imag")
    vv, vh, real, imag = (read(folder / "C2_VVVH" / f"{name}.bin") for name in names)
    return folder, c2_of(vv, vh, real + 1j * imag, dtype=np.float32)


def read(path: Path) -> np.ndarray:
    return np.fromfile(path, "<f4").reshape(201, 101)


def inner(values, half):
    return np.asarray(values)[half:-half, half:-half]


@pytest.mark.realdata("manitoba-c2")
@pytest.mark.parametrize("window", [3, 7])
def test_polsartools_gives_the_same_on_manitoba(manitoba, window):
    folder, c2 = manitoba
    found = features_of(c2, features=[ours for ours, _ in ORACLE_NAMES.values()], window=window)
    with np.load(folder / "oracle_polsartools_0.13.npz") as oracle:
        for theirs, (ours, tolerance) in ORACLE_NAMES.items():
            expected = inner(oracle[f"w{window}_{theirs}"], window // 2)
            assert_allclose(inner(found[ours], window // 2), expected, rtol=0, atol=tolerance, err_msg=ours)


@pytest.mark.realdata("manitoba-c2")
def test_rasters_that_polsartools_once_shipped_are_the_same(manitoba):
    folder, c2 = manitoba
    found = features_of(c2, features=["m", "dprvi", "rvi"], window=3)
    for name, ours in (("DOP_DP", "m"), ("DpRVI", "dprvi"), ("RVI_dp", "rvi")):
        expected = inner(read(folder / "ref_polsartools_win3" / f"{name}.bin"), 5)
        assert_allclose(inner(found[ours], 5), expected, rtol=0, atol=1e-6, err_msg=name)


@pytest.mark.realdata("manitoba-c2")
def test_single_precision_is_within_a_few_roundings_of_double(manitoba):
    _, c2 = manitoba
    double = c2.astype({"c_vv_vv": "f8", "c_vh_vh": "f8", "c_vv_vh": "c16"})
    single, exact = (features_of(c, features=[*POLARIMETRIC_FEATURES], window=3) for c in (c2, double))
    for name in POLARIMETRIC_FEATURES:
        scale = 90 if name == "alpha" else 1
        assert_allclose(single[name] / scale, exact[name] / scale, rtol=0, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("n_look", [1, 2, 3, 9])
def test_numpy_eigensolver_gives_the_same_entropy_alpha_and_eigenvalues(n_look):
    vv, vh, cross = random_matrices(n_look)
    matrices = np.moveaxis(np.array([[vv, cross], [cross.conj(), vh]]), -1, 0)
    values, vectors = np.linalg.eigh(matrices)
    share = np.clip(values, 0, None) / values.sum(axis=1, keepdims=True)
    angles = np.degrees(np.arccos(np.clip(np.abs(vectors[:, 0, :]), 0, 1)))
    entropy = -(share * np.log2(np.where(share > 0, share, 1))).sum(axis=1)
    names = ["entropy", "alpha", "lambda_1", "lambda_2", "anisotropy"]
    found = features_of(c2_of(vv, vh, cross), features=names).isel(y=0)
    tolerance = 1e-12 if n_look > 1 else 1e-10  # log2 of an eigenvalue that is zero but for rounding
    assert_allclose(found.entropy, entropy, rtol=0, atol=tolerance)
    assert_allclose(found.alpha, (share * angles).sum(axis=1), rtol=0, atol=1e-6)  # arccos near 1
    assert_allclose(found.lambda_1, values[:, 1], rtol=1e-12)
    assert_allclose(found.lambda_2, values[:, 0], rtol=0, atol=1e-12 * values[:, 1].max())
    assert_allclose(found.anisotropy, share[:, 1] - share[:, 0], rtol=0, atol=1e-12)


def test_degree_of_polarisation_three_ways():
    vv, vh, cross = random_matrices(4, seed=1)
    c2 = c2_of(vv, vh, cross)
    stokes = stokes_from_c2(c2).isel(y=0)
    from_stokes = np.sqrt(stokes.s1**2 + stokes.s2**2 + stokes.s3**2) / stokes.s0
    matrices = np.moveaxis(np.array([[vv, cross], [cross.conj(), vh]]), -1, 0)
    low, high = np.linalg.eigvalsh(matrices).T
    from_determinant = np.sqrt(1 - 4 * (vv * vh - np.abs(cross) ** 2) / (vv + vh) ** 2)
    for other in (from_stokes, (high - low) / (high + low), from_determinant):
        assert_allclose(degree_of_polarisation(c2).isel(y=0), other, rtol=0, atol=1e-12)


def test_stokes_from_the_matrix_elements():
    vv, vh, cross = random_matrices(4, seed=2)
    found = stokes_from_c2(c2_of(vv, vh, cross)).isel(y=0)
    for name, value in (("s0", vv + vh), ("s1", vv - vh), ("s2", 2 * cross.real), ("s3", -2 * cross.imag)):
        assert_allclose(found[name], value, rtol=1e-15, err_msg=name)


def test_m_chi_after_the_equations_of_the_thesis():
    c2 = c2_of(*random_matrices(4, seed=3))
    s0, m, sin = (features_of(c2, features=["s0", "m", "sin_2chi"])[name] for name in ("s0", "m", "sin_2chi"))
    found = m_chi(c2)
    assert_allclose(sin, -stokes_from_c2(c2).s3 / (m * s0), rtol=0, atol=1e-12)
    assert_allclose(found.ps, np.sqrt(m * s0 * (1 - sin) / 2), rtol=0, atol=1e-12)
    assert_allclose(found.pd, np.sqrt(m * s0 * (1 + sin) / 2), rtol=0, atol=1e-12)
    assert_allclose(found.pv, np.sqrt(s0 * (1 - m)), rtol=0, atol=1e-12)
    assert_allclose(found.ps**2 + found.pd**2 + found.pv**2, s0, rtol=1e-14)


def test_small_m_chi_amplitude_keeps_its_digits_on_a_nearly_circular_wave():
    tilt = 1e-5  # the wave is circular but for this: with it, the weaker amplitude is tilt / sqrt(2)
    c2 = c2_of_field(np.array([1 + tilt]), np.array([1j * (1 - tilt)]))
    found = m_chi(c2)
    assert_allclose(found.pd, np.sqrt(2) * tilt, rtol=1e-9)
    assert_allclose(found.ps, np.sqrt(2), rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("field", "alpha"),
    [
        ((1, 0), 0),  # trihedral, plate, vertical dipole: no cross-polarised return
        ((1, 1), 45),  # dipole at 45 degrees: V and H alike
        ((ROOT_HALF, ROOT_HALF), 45),  # dihedral turned by 22.5 degrees: cos 45, sin 45
        ((0, 1), 90),  # dihedral turned by 45 degrees: all of it cross-polarised
        ((1, 1j), 45),  # circular
    ],
)
def test_canonical_targets_are_fully_polarised_with_their_alpha(dtype, field, alpha):
    c2 = c2_of_field(*(np.array([value], complex) for value in field), dtype=dtype)
    found = features_of(c2, features=["m", "entropy", "dprvi", "pv", "lambda_2"])
    assert [found[name].item() for name in found] == [1, 0, 0, 0, 0]
    assert h_alpha(c2).alpha.item() == pytest.approx(alpha, rel=3e-7 if dtype == np.float32 else 1e-15)


def test_random_volume_of_dipoles():
    c2 = c2_of(3.0, 1.0, 0)
    assert degree_of_polarisation(c2).item() == 0.5
    assert dprvi(c2).item() == 0.625
    assert rvi(c2).item() == 1
    found = h_alpha(c2)
    assert found.alpha.item() == 22.5
    assert found.entropy.item() == pytest.approx(2 - 0.75 * np.log2(3), abs=1e-15)
    assert [m_chi(c2)[name].item() for name in ("ps", "pd", "pv")] == [1, 1, pytest.approx(np.sqrt(2))]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_unpolarised_wave(dtype):
    found = features_of(c2_of(1, 1, 0, dtype=dtype), features=[*POLARIMETRIC_FEATURES])
    expected = {"m": 0, "entropy": 1, "alpha": 45, "dprvi": 1, "rvi": 2, "ps": 0, "pd": 0, "anisotropy": 0}
    assert {name: found[name].item() for name in expected} == expected
    assert np.isnan(found.sin_2chi)  # nothing polarised has no handedness


def test_handedness_of_a_circular_wave():
    odd = features_of(c2_of_field(np.array([1.0]), np.array([1j])), features=["s3", "sin_2chi", "ps", "pd"])
    assert [odd[name].item() for name in odd] == [2, -1, pytest.approx(np.sqrt(2)), 0]  # decision 0004


def test_vh_named_first_and_conjugated_flips_s1_and_s3_alone():
    vv, vh, cross = random_matrices(4, seed=5)
    mirrored = features_of(c2_of(vh, vv, cross.conj()), features=["s0", "s1", "s2", "s3", "m", "entropy"])
    found = features_of(c2_of(vv, vh, cross), features=[*mirrored])
    for name in found:
        sign = -1 if name in ("s1", "s3") else 1
        assert_allclose(sign * mirrored[name], found[name], rtol=0, atol=1e-14, err_msg=name)


@pytest.mark.realdata("manitoba-c2")
def test_ratios_do_not_depend_on_the_calibration(manitoba):
    _, c2 = manitoba
    names = ["entropy", "alpha", "dprvi", "m", "rvi", "sin_2chi"]
    found = features_of(c2, features=names, window=3)
    for factor, tolerance in ((1000, 2e-6), (1024, 0)):  # a power of two moves no bit
        scaled = features_of(c2 * np.float32(factor), features=names, window=3)
        for name in names:
            scale = 90 if name == "alpha" else 1
            assert_allclose(scaled[name], found[name], rtol=0, atol=tolerance * scale, err_msg=name)


def test_features_of_one_pass_are_those_of_single_passes():
    c2 = c2_of(*random_matrices(4, seed=6))
    together = features_of(c2, features=[*POLARIMETRIC_FEATURES], window=3)
    for name in POLARIMETRIC_FEATURES:
        assert_array_equal(features_of(c2, features=[name], window=3)[name], together[name], err_msg=name)
