"""Canonical targets against geometry, closed forms and Monte Carlo; speckle against its own statistics."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from cropnb.features.targets import (
    SCATTERING_MATRICES,
    c2_of_target,
    mixture,
    random_volume,
    rotated_matrix,
    speckled_slc,
)
from cropnb.schema import C2, SchemaError

ANGLE = st.floats(-360, 360, allow_nan=False)
TARGET = st.sampled_from(sorted(SCATTERING_MATRICES))


def parts(c2: xr.Dataset) -> tuple[np.ndarray, ...]:
    return tuple(c2[name].values[0] for name in ("c_vv_vv", "c_vh_vh", "c_vv_vh"))


def matrix_of(c2: xr.Dataset, x: int = 0) -> np.ndarray:
    vv, vh, cross = (part[x] for part in parts(c2))
    return np.array([[vv, cross], [np.conj(cross), vh]])


def test_elements_have_the_names_dims_and_units_of_the_schema():
    c2 = c2_of_target("dipole", [0.0, 30.0])
    assert list(c2.data_vars) == list(C2.variables)
    assert dict(c2.sizes) == {"y": 1, "x": 2}
    assert {item.attrs["units"] for item in c2.values()} == {"1"}
    assert c2.orientation.values.tolist() == [0.0, 30.0]


@settings(deadline=None, max_examples=50)
@given(target=TARGET, angle=ANGLE)
def test_one_target_alone_has_rank_one(target: str, angle: float):
    values = np.linalg.eigvalsh(matrix_of(c2_of_target(target, angle)))
    assert abs(values[0]) < 1e-12


@settings(deadline=None, max_examples=50)
@given(target=TARGET, angle=ANGLE)
def test_turning_keeps_power_and_reciprocity(target: str, angle: float):
    turned = rotated_matrix(SCATTERING_MATRICES[target], angle)
    assert np.isclose(np.sum(np.abs(turned) ** 2), np.sum(np.abs(np.array(SCATTERING_MATRICES[target])) ** 2))
    assert np.isclose(turned[0, 1], turned[1, 0])


@pytest.mark.parametrize("angle", [0.0, 17.0, 45.0, 90.0])
def test_a_trihedral_looks_the_same_however_it_is_turned(angle: float):
    assert np.allclose(matrix_of(c2_of_target("trihedral", angle)), [[1, 0], [0, 0]])


def test_a_dihedral_upright_cannot_be_told_from_a_trihedral():
    assert np.allclose(matrix_of(c2_of_target("dihedral")), matrix_of(c2_of_target("trihedral")))


def test_a_dihedral_turned_by_theta_sends_sin_squared_of_two_theta_into_vh():
    theta = np.linspace(0, 90, 19)
    vv, vh, _ = parts(c2_of_target("dihedral", theta))
    assert np.allclose(vh, np.sin(np.deg2rad(2 * theta)) ** 2)
    assert np.allclose(vv + vh, 1)


def test_a_dipole_projects_twice():
    theta = np.linspace(0, 180, 19)
    c, s = np.cos(np.deg2rad(theta)), np.sin(np.deg2rad(theta))
    vv, vh, cross = parts(c2_of_target("dipole", theta))
    assert np.allclose(vv, c**4)
    assert np.allclose(vh, c**2 * s**2)
    assert np.allclose(cross, c**3 * s)


def test_a_helix_returns_a_circular_wave_at_any_turn():
    vv, vh, cross = parts(c2_of_target("helix", [0.0, 33.0]))
    assert np.allclose(vv, vh)
    assert np.allclose(cross, -1j * vv)  # S_vh = i S_vv


@pytest.mark.parametrize("lean", ["none", "vertical", "horizontal"])
def test_closed_forms_of_the_volume_meet_monte_carlo(lean: str):
    rng = np.random.default_rng(0)
    theta = rng.uniform(-90, 90, 400_000)
    density = {"none": 1.0, "vertical": np.cos(np.deg2rad(theta)) ** 2}
    weight = density.get(lean, np.sin(np.deg2rad(theta)) ** 2) * np.ones(theta.size)
    drawn = [np.average(part, weights=weight) for part in parts(c2_of_target("dipole", theta))]
    exact = [part[0] for part in parts(random_volume(lean))]
    assert np.allclose(drawn, exact, atol=3e-3)


def test_dipoles_uniform_in_space_have_the_same_ratio_as_in_the_plane():
    direction = np.random.default_rng(1).normal(size=(400_000, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    v, h = direction[:, 0], direction[:, 1]
    vv, vh, _ = (part[0] for part in parts(random_volume()))
    assert np.isclose(np.mean(v**2 * h**2) / np.mean(v**4), vh / vv, atol=5e-3)
    assert np.mean(v**4) < vv


def test_a_mixture_starts_with_the_first_and_ends_with_the_second_target():
    first, second = c2_of_target("dipole", 20.0), random_volume()
    mixed = mixture(first, second, [0.0, 0.25, 1.0])
    for x, part in ((0, first), (2, second)):
        expected = matrix_of(part) / np.trace(matrix_of(part))
        assert np.allclose(matrix_of(mixed, x), expected)
    assert np.allclose(mixed.c_vv_vv + mixed.c_vh_vh, 1)


def test_speckle_has_the_mean_it_was_asked_for_and_exponential_power():
    true = mixture(c2_of_target("dipole", 30.0), random_volume(), 0.5)
    slc = speckled_slc(true, shape=(400, 500), rng=np.random.default_rng(2))
    k = np.stack([slc.s_vv.values.ravel(), slc.s_vh.values.ravel()])
    assert np.allclose(k @ k.conj().T / k.shape[1], matrix_of(true), atol=0.01)
    power = np.abs(k[0]) ** 2
    assert np.isclose(power.std() / power.mean(), 1, atol=0.02)


def test_speckle_of_a_single_target_leaves_vh_proportional_to_vv():
    slc = speckled_slc(c2_of_target("dipole", 30.0), shape=(8, 9), rng=np.random.default_rng(3))
    ratio = slc.s_vh.values / slc.s_vv.values
    assert np.allclose(ratio, np.tan(np.deg2rad(30)), atol=1e-5)


def test_speckle_without_any_vv_is_all_vh():
    slc = speckled_slc(c2_of_target("dihedral", 45.0), shape=(8, 9), rng=np.random.default_rng(3))
    assert np.abs(slc.s_vv).max() < 1e-6
    assert np.abs(slc.s_vh).mean() > 0.1


def test_a_missing_angle_stays_missing():
    assert np.isnan(c2_of_target("dipole", [np.nan]).c_vv_vv.item())
    assert np.isnan(mixture(c2_of_target("dipole"), random_volume(), [np.nan]).c_vv_vv.item())


@pytest.mark.parametrize(
    "faulty",
    [
        lambda: c2_of_target("corner"),
        lambda: random_volume("sideways"),
        lambda: mixture(c2_of_target("dipole"), random_volume(), 1.5),
        lambda: mixture(c2_of_target("dipole", 90.0), c2_of_target("dipole", [0.0, 1.0]), 0.5),
        lambda: speckled_slc(
            random_volume().assign(c_vv_vh=random_volume().c_vv_vv), shape=(2, 2), rng=np.random.default_rng()
        ),
    ],
)
def test_what_is_no_target_is_refused_with_what_to_do(faulty):
    with pytest.raises(SchemaError, match="expected"):
        faulty()


def test_a_target_without_power_cannot_be_mixed():
    dark = xr.zeros_like(random_volume())
    with pytest.raises(SchemaError, match="power 0"):
        mixture(dark, random_volume(), 0.5)
