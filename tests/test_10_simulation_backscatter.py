"""Soil, canopy and covers against other models, limits and amplitudes drawn one by one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import convolve1d

from cropnb.paths import data_folder
from cropnb.simulation import load_parameters
from cropnb.simulation.canopy import canopy_sigma0, transmissivity
from cropnb.simulation.painting import MeanC2, Texture, add_sensor, paint, point_spread, tile_mixing
from cropnb.simulation.sigma0 import Components, cover_components
from cropnb.simulation.soil import co_cross_correlation, oh2004, row_gain

PARAMETERS = load_parameters(data_folder() / "scenes" / "county.toml", preset="smoke")
RADAR, SOIL = PARAMETERS.radar, PARAMETERS.soil
NESZ_DB = -25.5


def db(power: np.ndarray) -> np.ndarray:
    return 10 * np.log10(power)


@pytest.mark.parametrize(("angle", "vv", "vh"), [(35, -9.3, -21.2), (44, -11.3, -22.5)])
def test_oh_model_gives_the_worked_values(angle: float, vv: float, vh: float) -> None:
    got = oh2004(np.array(0.2), np.array(1.13), incidence_rad=np.radians(angle))
    assert db(np.array(got)) == pytest.approx([vv, vh], abs=0.06)


@pytest.mark.parametrize("moisture", [0.1, 0.15, 0.2, 0.25, 0.3])
def test_oh_model_agrees_with_baghdadi_within_3_db(moisture: float) -> None:
    ks, angle = 0.96, np.radians(35)  # the county's median roughness at C-band
    wet = 100 * moisture / np.tan(angle)
    vv = 10**-1.138 * np.cos(angle) ** 1.528 * 10 ** (0.008 * wet) * ks ** (0.71 * np.sin(angle))
    vh = 10**-2.325 * np.cos(angle) ** -0.01 * 10 ** (0.011 * wet) * ks ** (0.44 * np.sin(angle))
    got = oh2004(np.array(moisture), np.array(ks), incidence_rad=angle)
    assert db(np.array(got)) == pytest.approx(db(np.array([vv, vh])), abs=3)


def test_soil_brightens_with_moisture_and_roughness() -> None:
    m, ks = np.meshgrid(np.linspace(0.05, 0.45, 9), np.linspace(0.4, 2.5, 9), indexing="ij")
    for power in oh2004(m, ks, incidence_rad=np.radians(35)):
        assert (np.diff(power, axis=0) > 0).all()
        assert (np.diff(power, axis=1) > 0).all()


def test_canopy_vanishes_without_water_and_saturates_with_much() -> None:
    angle = np.radians(35)
    none, much = (transmissivity(np.array(v), b=0.4, incidence_rad=angle) for v in (0.0, 1e3))
    assert none == 1
    assert canopy_sigma0(none, a=0.13, incidence_rad=angle) == 0
    assert much == 0
    assert canopy_sigma0(much, a=0.13, incidence_rad=angle) == pytest.approx(0.13 * np.cos(angle))


def test_rows_across_the_look_direction_gain_and_growth_hides_them() -> None:
    angle, bare = np.array([[90.0], [-90.0], [270.0], [0.0], [180.0]]), np.zeros((5, 1))
    assert row_gain(angle, bare, SOIL)[:3] == pytest.approx(np.full((3, 1), 1.45))
    assert row_gain(angle, bare, SOIL)[3:] == pytest.approx(np.ones((2, 1)))
    assert (row_gain(angle, bare + 1, SOIL) == 1).all()


def test_ridges_turn_the_correlation_with_the_sign_of_their_angle() -> None:
    left, right = co_cross_correlation(np.array([45.0, -45.0]), np.zeros(2), SOIL)
    assert (left + right) / 2 == pytest.approx(SOIL.rho_base)
    assert (left - right) / 2 == pytest.approx(SOIL.rho_ridge)


def test_covers_follow_leaves_and_wind() -> None:
    power = cover_components(PARAMETERS.covers, SOIL, np.array([0.0, 2.0]), day=np.array([100.0, 200.0]))
    forest, water = 0, 1
    assert db(power.canopy_vv[forest]) == pytest.approx([-10.2, -9.0], abs=0.05)
    assert db(power.ground_vv[water]) == pytest.approx([-20, -15], abs=1e-6)
    assert power.ground_vv[forest].max() == power.canopy_vv[water].max() == 0


def test_sensor_covariance_is_that_of_amplitudes_drawn_one_by_one() -> None:
    rng, n = np.random.default_rng(7), 400_000
    soil_vv, soil_vh, canopy_vv, canopy_vh, rho = 0.09, 0.02, 0.05, 0.012, 0.16
    z1, z2, z3, z4, n1, n2 = (rng.normal(size=(6, n)) + 1j * rng.normal(size=(6, n))) / np.sqrt(2)
    vv = np.sqrt(soil_vv) * z1 + np.sqrt(canopy_vv) * z3
    vh = (
        np.sqrt(soil_vh) * (rho * (1 + 0.5j) * z1 + np.sqrt(1 - 1.25 * rho**2) * z2) + np.sqrt(canopy_vh) * z4
    )
    vh = vh + 0.03 * np.exp(0.7j) * vv
    noise = np.sqrt(10 ** (NESZ_DB / 10))
    vv, vh = vv + noise * n1, vh + noise * n2
    one = np.ones((1, 1), dtype=np.float32)
    true = MeanC2(
        (soil_vv + canopy_vv) * one,
        (soil_vh + canopy_vh) * one,
        (rho * np.sqrt(soil_vv * soil_vh) * one).astype(np.complex64),
    )
    got = add_sensor(true, RADAR, nesz_db=NESZ_DB, rho_quadrature=SOIL.rho_quadrature)
    tolerance = 5 / np.sqrt(n)
    assert got.c_vv_vv.item() == pytest.approx(np.mean(abs(vv) ** 2), rel=tolerance)
    assert got.c_vh_vh.item() == pytest.approx(np.mean(abs(vh) ** 2), rel=tolerance)
    spread = np.sqrt(got.c_vv_vv.item() * got.c_vh_vh.item())
    assert abs(got.c_vv_vh.item() - np.mean(vv * vh.conj())) < tolerance * spread


def test_without_a_target_only_noise_is_left() -> None:
    dark = np.zeros((2, 2), dtype=np.float32)
    nothing = MeanC2(dark, dark, dark.astype(np.complex64))
    got = add_sensor(nothing, RADAR, nesz_db=NESZ_DB, rho_quadrature=0.5)
    assert db(got.c_vv_vv) == pytest.approx(np.full((2, 2), NESZ_DB), abs=1e-4)
    assert db(got.c_vh_vh) == pytest.approx(np.full((2, 2), NESZ_DB), abs=1e-4)
    assert (got.c_vv_vh == 0).all()


def paint_once(row: np.ndarray, powers: list[float]) -> MeanC2:
    table = np.array(powers)[:, None]
    flat = Texture(np.ones(row.shape, np.float32), np.ones(row.shape, np.float32))
    powers_of = Components(table, table / 10, 0 * table, 0 * table, 0 * table)
    return next(paint(powers_of, tile_mixing(row, flat, RADAR)))


def test_pixels_mix_what_a_spread_image_would() -> None:
    """Against an image of powers at 5 m, convolved and averaged."""
    rng, n_row, n_cell = np.random.default_rng(6), 7, 38
    row = rng.integers(0, n_row, (n_cell, n_cell))
    texture = Texture(*rng.gamma(5, 0.2, (2, n_cell, n_cell)).astype(np.float32))
    table = Components(*rng.gamma(2, 0.05, (5, n_row, 3)))
    azimuth, across = (np.array(w) / sum(w) for w in (RADAR.azimuth_weights, RADAR.range_weights))

    def expected(cells: np.ndarray) -> np.ndarray:
        spread = convolve1d(
            convolve1d(cells, azimuth, axis=0, mode="nearest"), across, axis=1, mode="nearest"
        )
        return spread.reshape(n_cell // 2, 2, n_cell // 2, 2).mean(axis=(1, 3))

    for time, got in enumerate(paint(table, tile_mixing(row, texture, RADAR))):
        ground_vv, ground_vh, canopy_vv, canopy_vh, cross = (t[row, time] for t in vars(table).values())
        vv = expected(texture.total * (ground_vv + texture.canopy * canopy_vv))
        vh = expected(texture.total * (ground_vh + texture.canopy * canopy_vh))
        for image, truth in (
            (got.c_vv_vv, vv),
            (got.c_vh_vh, vh),
            (got.c_vv_vh, expected(texture.total * cross)),
        ):
            np.testing.assert_allclose(image, truth, rtol=2e-5)
    assert got.c_vv_vv.dtype == got.c_vh_vh.dtype == np.float32
    assert got.c_vv_vh.dtype == np.complex64


def test_point_spread_conserves_power_and_is_symmetric() -> None:
    spread = point_spread(RADAR)
    assert spread.sum() == pytest.approx(1)
    assert np.allclose(spread, spread[::-1, ::-1])
    assert np.allclose(paint_once(np.zeros((40, 40), int), [0.3]).c_vv_vv, 0.3)


def test_painting_an_impulse_gives_the_point_spread() -> None:
    row = np.zeros((40, 40), dtype=int)
    row[20, 20] = 1
    power = paint_once(row, [0.0, 1.0]).c_vv_vv
    assert power.sum() == pytest.approx(0.25, rel=1e-5)  # one cell of a pixel's four
    near = point_spread(RADAR)
    # pixel (10, 10) holds cells 20 and 21; the impulse is the third row and second column of its spread
    assert power[10, 10] == pytest.approx(near[2, 1], rel=1e-5)
