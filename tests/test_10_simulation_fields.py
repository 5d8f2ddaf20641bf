"""Random fields and effects: variance, correlation and continuity against their formulas."""

from __future__ import annotations

import numpy as np
import pytest

from cropnb.paths import data_folder
from cropnb.simulation import load_parameters
from cropnb.simulation.effects import field_effects, village_fields
from cropnb.simulation.rff import smooth_field
from cropnb.simulation.texture import gaussian_field

PARAMETERS = load_parameters(data_folder() / "scenes" / "county.toml", preset="smoke")


def test_smooth_field_has_variance_one_and_the_gaussian_covariance() -> None:
    x = np.array([0.0, 1000.0, 2000.0, 4000.0])
    draws = np.stack(
        [smooth_field(length_m=2000, rng=np.random.default_rng(s))(x, 0 * x) for s in range(8000)]
    )
    covariance = (draws[:, :1] * draws).mean(axis=0)
    assert np.allclose(covariance, np.exp(-(x**2) / (2 * 2000**2)), atol=5 / np.sqrt(8000))


def test_smooth_field_is_continuous_and_needs_no_neighbours() -> None:
    field = smooth_field(length_m=2000, rng=np.random.default_rng(0))
    x = 350_000 + np.arange(0, 5000, 1.0)
    whole = field(x, np.full_like(x, 5.3e6))
    assert np.abs(np.diff(whole)).max() < 5 / 2000  # slopes of a unit field are of the order 1 / length
    assert np.array_equal(field(x[100:101], np.array([5.3e6])), whole[100:101])


def test_texture_has_variance_one_and_falls_to_1_over_e_at_its_length() -> None:
    rng = np.random.default_rng(5)
    fields = [gaussian_field((400, 400), length_m=45, cell_m=5, rng=rng) for _ in range(4)]
    assert np.mean([f.var() for f in fields]) == pytest.approx(1, abs=0.05)
    lagged = np.mean([(f * np.roll(f, 9, axis=1)).mean() for f in fields])  # 9 cells of 5 m
    assert lagged == pytest.approx(np.exp(-1), abs=0.04)


def draw_effects(n: int = 4000, day: np.ndarray | None = None):
    crops = [PARAMETERS.crops["maize"]] * n
    rng = np.random.default_rng(1)
    position = rng.uniform(3.3e5, 4.2e5, n), rng.uniform(5.28e6, 5.37e6, n)
    shared = village_fields(PARAMETERS.scene, PARAMETERS.effects)
    day = np.array([142.0, 154.0, 166.0]) if day is None else day
    return field_effects(
        crops, position, PARAMETERS.effects, PARAMETERS.after_harvest, shared=shared, day=day, rng=rng
    )


def test_effects_have_the_stated_spreads() -> None:
    effects, n = draw_effects(), 4000
    assert effects.sowing_day.std() == pytest.approx(np.hypot(3.5, 2.0), rel=0.1)
    assert effects.harvest_day.mean() == pytest.approx(PARAMETERS.crops["maize"].harvest, abs=0.5)
    assert np.log(effects.vigour).std() == pytest.approx(0.18, rel=4 / np.sqrt(2 * n))
    assert np.log(effects.roughness_cm / 0.85).mean() == pytest.approx(0, abs=4 * 0.25 / np.sqrt(n))
    assert effects.moisture.std() == pytest.approx(0.03, rel=0.15)
    canopy_db = 10 * np.log10(effects.canopy_gain)
    assert canopy_db.std(axis=0) == pytest.approx([0.8, 0.8], rel=4 / np.sqrt(2 * n))
    assert np.corrcoef(canopy_db.T)[0, 1] == pytest.approx(0.6, abs=4 * 0.64 / np.sqrt(n))


def test_drift_forgets_exponentially_and_keeps_its_variance() -> None:
    drift = 10 * np.log10(draw_effects(day=np.array([142.0, 154.0, 178.0])).drift_gain[:, 0])
    assert drift.std(axis=0) == pytest.approx([0.8] * 3, rel=0.05)
    correlation = np.corrcoef(drift.T)[0, 1:]
    assert correlation == pytest.approx(np.exp([-12 / 15, -36 / 15]), abs=0.05)


def test_tilled_fields_do_not_grow_back() -> None:
    effects = draw_effects()
    tilled = np.isfinite(effects.tilled_day)
    assert tilled.mean() == pytest.approx(0.6, abs=4 * np.sqrt(0.24 / 4000))
    assert (effects.regrowth_lai[tilled] == 0).all()
    assert effects.regrowth_lai[~tilled].min() >= 0.8
