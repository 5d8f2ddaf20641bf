"""Growth curves against the calendar they were made from, and the thermal clock against hand sums."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cropnb.paths import data_folder
from cropnb.simulation import load_parameters
from cropnb.simulation.effects import FieldEffects
from cropnb.simulation.growth import Growth, grow, reap, thermal_curve, thermal_time
from cropnb.simulation.weather import normal_temperature

PARAMETERS = load_parameters(data_folder() / "scenes" / "county.toml", preset="smoke")
CLIMATE = normal_temperature(PARAMETERS.weather.temperature_c)
DAY = np.arange(365.0)
CROPS = tuple(PARAMETERS.crops)


def typical(name: str, **changed: float) -> FieldEffects:
    """One field without any random effect."""
    crop = PARAMETERS.crops[name]
    one, values = np.ones(1), {"sowing_day": crop.sow, "harvest_day": crop.harvest, "tilled_day": np.inf}
    values |= {"regrowth_lai": 0.0, "rate": 1.0, "maturity": 0.0, "vigour": 1.0} | changed
    return FieldEffects(
        **{key: value * one for key, value in values.items()},
        roughness_cm=one,
        moisture=0 * one,
        canopy_gain=np.ones((1, 2)),
        attenuation_gain=one,
        drift_gain=np.ones((1, 2, DAY.size)),
        rain_sensitivity=one,
        drying=one,
    )


def season(name: str, climate: np.ndarray = CLIMATE, **changed: float) -> Growth:
    crop = PARAMETERS.crops[name]
    curve = thermal_curve(crop, CLIMATE, cap_c=30)
    thermal = thermal_time(climate, base_c=crop.base_c, cap_c=30)
    return grow(crop, curve, thermal, typical(name, **changed), day=DAY)


def test_thermal_time_by_hand_and_never_falling() -> None:
    assert thermal_time(np.array([5.0, 12.0, 35.0]), base_c=8, cap_c=30).tolist() == [0, 4, 26]
    assert (np.diff(thermal_time(CLIMATE, base_c=2, cap_c=30)) >= 0).all()


@pytest.mark.parametrize("name", CROPS)
def test_half_of_the_leaf_area_stands_on_the_calendars_date(name: str) -> None:
    crop, lai = PARAMETERS.crops[name], season(name).lai[0]
    up, down = np.flatnonzero(np.diff(lai > crop.lai_max / 2))[[0, -1]]
    assert up == pytest.approx(crop.up50, abs=2)
    assert down == pytest.approx(crop.dn50, abs=2)


@pytest.mark.parametrize("name", CROPS)
def test_the_rise_takes_the_calendars_duration(name: str) -> None:
    crop, cover = PARAMETERS.crops[name], season(name).cover[0]
    first, last = (int(np.argmax(cover >= share)) for share in (0.1, 0.9))
    assert last - first == pytest.approx(crop.up_width_d, abs=3)


def test_stage_is_one_where_half_of_the_leaves_are_gone() -> None:
    stage = season("maize").stage[0]
    assert stage[PARAMETERS.crops["maize"].dn50] == pytest.approx(1)
    assert stage[PARAMETERS.crops["maize"].sow] == 0
    assert (np.diff(stage) >= 0).all()


def test_a_warm_year_a_fast_cultivar_and_early_sowing_all_hasten_growth() -> None:
    normal = season("soybean").cover[0]
    assert (season("soybean", climate=CLIMATE + 2).cover[0][131:200] > normal[131:200]).all()
    assert (season("soybean", rate=1.1).cover[0][150:200] > normal[150:200]).all()
    assert (season("soybean", sowing_day=120.0).cover[0][150:200] > normal[150:200]).all()


def test_vigour_scales_the_canopy() -> None:
    assert np.allclose(season("maize", vigour=1.5).lai, 1.5 * season("maize").lai)
    assert np.allclose(season("maize", vigour=1.5).vwc, 1.5 * season("maize").vwc)


def reaped(**changed: float) -> Growth:
    crop, after = PARAMETERS.crops["wheat"], PARAMETERS.after_harvest
    return reap(season("wheat", **changed), crop, typical("wheat", **changed), after, day=DAY)


def test_harvest_leaves_stubble_and_nothing_before_it_changes() -> None:
    cut, standing, harvest = reaped(), season("wheat"), PARAMETERS.crops["wheat"].harvest
    assert (cut.lai[0, :harvest] == standing.lai[0, :harvest]).all()
    assert np.allclose(cut.lai[0, harvest:], PARAMETERS.after_harvest.stubble_lai)
    assert (cut.cover[0, harvest:] == 0).all()


def test_regrowth_reaches_half_of_its_leaf_area_at_its_delay() -> None:
    harvest, after = PARAMETERS.crops["wheat"].harvest, PARAMETERS.after_harvest
    lai = reaped(regrowth_lai=1.2).lai[0]
    half = lai[harvest + int(after.regrowth_delay_d)] - after.stubble_lai
    assert half == pytest.approx(0.6)


def test_tillage_leaves_bare_soil() -> None:
    cut = reaped(tilled_day=230.0)
    assert (cut.lai[0, 230:] == 0).all()
    assert (cut.vwc[0, 230:] == 0).all()


def test_dates_of_another_base_temperature_are_kept() -> None:
    crop = replace(PARAMETERS.crops["maize"], base_c=5.0)
    thermal = thermal_time(CLIMATE, base_c=5.0, cap_c=30)
    curve = thermal_curve(crop, CLIMATE, cap_c=30)
    cover = grow(crop, curve, thermal, typical("maize"), day=DAY).cover[0]
    assert cover[crop.up50] == pytest.approx(0.5)
