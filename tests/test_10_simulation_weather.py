"""Weather and soil moisture against sums, limits and hand examples."""

from __future__ import annotations

import numpy as np
import pytest

from cropnb.paths import data_folder
from cropnb.simulation import load_parameters
from cropnb.simulation.weather import Weather, make_weather, normal_temperature, soil_moisture

PARAMETERS = load_parameters(data_folder() / "scenes" / "county.toml", preset="smoke")


def year(seed: int) -> Weather:
    return make_weather(PARAMETERS.weather, PARAMETERS.moisture, rng=np.random.default_rng(seed))


def test_normals_keep_the_yearly_mean_and_the_effective_temperature_sum_of_the_county() -> None:
    climate = normal_temperature(PARAMETERS.weather.temperature_c)
    assert climate.mean() == pytest.approx(1.2, abs=0.3)  # published mean annual temperature
    assert 1830 < climate[climate >= 10].sum() < 2400  # published effective sum 1830 to 2350


def test_normals_of_a_constant_climate_are_constant() -> None:
    assert np.allclose(normal_temperature((7.0,) * 12), 7.0)


def test_rain_sums_to_the_yearly_amount_and_falls_in_summer() -> None:
    rain = year(1).rain_mm
    assert rain.sum() == pytest.approx(529)
    assert rain.min() >= 0
    shares = [year(seed).rain_mm[151:243].sum() / 529 for seed in range(40)]
    assert 0.6 < np.mean(shares) < 0.95


def test_temperature_anomalies_have_the_stated_spread() -> None:
    anomaly = np.stack([year(s).temperature_c - year(s).climate_c for s in range(200)])
    expected = np.hypot(2.4, 0.8 * np.sqrt(2 / 3))  # linear interpolation keeps 2/3 of the monthly variance
    assert anomaly.std() == pytest.approx(expected, rel=0.03)
    assert abs(anomaly.mean()) < 0.1


def test_dew_only_when_it_is_warm_enough() -> None:
    weather = year(3)
    assert (weather.dew[weather.temperature_c <= 5] == 0).all()
    assert weather.dew.max() <= 1


def test_dry_weather_dries_the_soil_to_the_wilting_point_and_never_below() -> None:
    level = soil_moisture(np.zeros(400), np.full(400, 20.0), PARAMETERS.moisture)
    assert (np.diff(level) <= 0).all()
    assert level[-1] == pytest.approx(PARAMETERS.moisture.wilting_point, abs=1e-6)


def test_frozen_soil_neither_dries_nor_leaks_below_field_capacity() -> None:
    level = soil_moisture(np.zeros(30), np.full(30, -10.0), PARAMETERS.moisture)
    assert np.allclose(level, PARAMETERS.moisture.start)


def test_one_shower_by_hand() -> None:
    # 10 mm on 0.30: + 0.7 * 10 / 50 = 0.44, no drying at 0 degC, drained 0.34 + 0.4 * 0.10 = 0.38
    assert soil_moisture(np.array([10.0]), np.array([0.0]), PARAMETERS.moisture)[0] == pytest.approx(0.38)


def test_a_season_of_soil_moisture_stays_in_the_expected_range() -> None:
    season = np.stack([year(seed).moisture[120:270] for seed in range(30)])
    assert season.min() >= 0.10
    assert season.max() < 0.45
    assert 0.22 < season.mean() < 0.34
