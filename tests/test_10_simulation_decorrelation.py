"""Persistence of scatterers: worked values, one event at a time, and what never persists."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cropnb.paths import data_folder
from cropnb.simulation import load_parameters
from cropnb.simulation.decorrelation import (
    canopy_persistence,
    cover_persistence,
    dryness,
    persistence,
    soil_persistence,
)
from cropnb.simulation.effects import FieldEffects
from cropnb.simulation.growth import Growth
from cropnb.simulation.raster import Ground
from cropnb.simulation.season import Season
from cropnb.simulation.weather import Weather

PARAMETERS = load_parameters(data_folder() / "scenes" / "county.toml", preset="smoke")
NEVER = 1000.0  # day


def still_weather(*, rain_mm: float = 0.0, wind: float = 0.0, moisture: float = 0.2) -> Weather:
    flat = np.ones(365)
    return Weather(
        climate_c=15 * flat,
        temperature_c=15 * flat,
        rain_mm=rain_mm * flat,
        moisture=moisture * flat,
        wind=wind * flat,
        dew=0 * flat,
    )


def fields_of(
    crop: str = "maize",
    *,
    day: tuple[float, ...] = (150, 162),
    sowing: float = -NEVER,
    harvest: float = NEVER,
    tilled: float = NEVER,
    regrowth_lai: float = 0.0,
    stage: float = 0.5,
) -> Season:
    one, time = np.ones(1), np.array(day, dtype=float)
    effects = FieldEffects(
        sowing_day=sowing * one,
        harvest_day=harvest * one,
        tilled_day=tilled * one,
        regrowth_lai=regrowth_lai * one,
        rate=one,
        maturity=0 * one,
        vigour=one,
        roughness_cm=one,
        moisture=0 * one,
        canopy_gain=np.ones((1, 2)),
        attenuation_gain=one,
        drift_gain=np.ones((1, 2, time.size)),
        rain_sensitivity=one,
        drying=one,
    )
    state = np.full((1, time.size), stage)
    growth = Growth(lai=state, vwc=state, cover=state, stage=state)
    return Season(np.zeros(1, int), [PARAMETERS.crops[crop]], [crop], effects, growth, time)


def soil(season: Season, weather: Weather | None = None) -> np.ndarray:
    return soil_persistence(PARAMETERS, season, weather or still_weather())[0]


def canopy(season: Season, weather: Weather | None = None) -> np.ndarray:
    return canopy_persistence(PARAMETERS, season, weather or still_weather())[0]


def test_dry_undisturbed_soil_keeps_three_quarters_in_twelve_days() -> None:
    assert soil(fields_of()) == pytest.approx([0.93 * np.exp(-12 / 55)])
    assert soil(fields_of())[0] == pytest.approx(0.75, abs=0.005)


def test_rain_and_a_change_of_moisture_take_their_part() -> None:
    rainy, dry = still_weather(rain_mm=5.0), still_weather()
    assert soil(fields_of(), rainy) == pytest.approx(soil(fields_of()) * np.exp(-60 / 220))
    wetter = replace(dry, moisture=np.where(np.arange(365) < 155, 0.2, 0.31))
    dryer = replace(dry, moisture=np.where(np.arange(365) < 155, 0.31, 0.2))
    assert soil(fields_of(), wetter) == pytest.approx(soil(fields_of()) * np.exp(-0.5))
    assert soil(fields_of(), dryer) == pytest.approx(soil(fields_of(), wetter))


@pytest.mark.parametrize(
    ("events", "kept"),
    [
        ({"sowing": 160.0}, 0.1 * 0.25),  # seedbed six days before, then sowing
        ({"sowing": 152.0}, 0.25),  # seedbed before the first date
        ({"sowing": 165.0}, 0.1),  # seedbed only
        ({"sowing": 120.0}, 0.45),  # 35 days after
        ({"sowing": 105.0}, 0.55),  # 50 days after
        ({"harvest": 155.0}, 0.08),
        ({"harvest": 140.0, "tilled": 155.0}, 0.1),
        ({"sowing": 60.0, "harvest": 140.0, "tilled": 149.0}, 1.0),
    ],
)
def test_each_event_takes_its_share_of_the_soil_once(events: dict[str, float], kept: float) -> None:
    assert soil(fields_of(**events)) == pytest.approx(kept * soil(fields_of()))


def test_cereals_and_grass_are_not_cultivated_between_rows() -> None:
    for crop in ("wheat", "grass", "rice"):
        assert soil(fields_of(crop, sowing=260.0, day=(290, 302))) == pytest.approx(soil(fields_of()))
    for crop in ("maize", "soybean", "potato", "bean"):
        assert soil(fields_of(crop, sowing=260.0, day=(290, 302))) == pytest.approx(0.45 * soil(fields_of()))


def test_an_event_counts_in_the_step_that_holds_it_alone() -> None:
    whole = soil(fields_of(sowing=120.0, day=(126, 138, 150, 162, 174)))
    assert (whole / soil(fields_of())[0]).round(3).tolist() == [1.0, 1.0, 0.45, 0.55]


def test_water_on_either_date_leaves_a_paddy_nothing() -> None:
    start, end = PARAMETERS.flooding.start, PARAMETERS.flooding.end
    days = (start - 13.0, start - 1.0, start + 11.0, end - 1.0, end + 11.0, end + 23.0)
    kept = soil(fields_of("rice", day=days))
    assert (kept > 0).tolist() == [True, False, False, False, True]
    assert (soil(fields_of("bean", day=days)) > 0).all()


def test_canopies_keep_little_when_green_and_more_when_dry() -> None:
    assert canopy(fields_of()) == pytest.approx([np.exp(-12 / 4.5)])
    assert canopy(fields_of(), still_weather(wind=0.72))[0] == pytest.approx(0.027, abs=0.001)
    ripe = fields_of(stage=1.2)
    assert canopy(ripe) == pytest.approx([np.exp(-12 / 10.5)])
    assert 0.15 < canopy(ripe, still_weather(wind=0.72))[0] < 0.3


def test_a_harvest_takes_the_canopy_and_stubble_is_dry() -> None:
    assert canopy(fields_of(stage=1.2, harvest=155.0)) == pytest.approx(0.08 * canopy(fields_of(stage=1.2)))
    assert canopy(fields_of(harvest=140.0)) == pytest.approx(canopy(fields_of(stage=1.2)))


def test_weeds_make_stubble_green_again() -> None:
    season = fields_of("wheat", harvest=140.0, regrowth_lai=1.0, day=(141, 153, 165, 177, 189), stage=1.2)
    dry = dryness(season, PARAMETERS.after_harvest)[0]
    assert (np.diff(dry) < 0).all()
    assert dry[2] == pytest.approx(0.5)
    assert dry[0] > 0.99
    assert dry[-1] < 0.01


def test_covers_keep_what_is_stated() -> None:
    kept = cover_persistence(PARAMETERS, still_weather(), day=np.array([150.0, 162.0, 186.0]))
    of = {ground.name: (kept.ground[ground], kept.canopy[ground]) for ground in Ground if ground >= 0}
    assert of["FOREST"][1] == pytest.approx([0.18, 0.18**2])
    assert of["WATER"][0].tolist() == [0, 0]
    assert of["GARDEN"][1][0] == pytest.approx(np.exp(-12 / 4.5))
    assert of["ROAD"][0][0] == pytest.approx(soil(fields_of())[0])
    assert kept.of_ground()[Ground.BUILDING] == pytest.approx([0.75 + 0.25 * 0.3, 0.75 + 0.25 * 0.3**2])


def test_rows_are_fields_then_covers_and_all_lie_between_0_and_1() -> None:
    season = fields_of(day=tuple(range(126, 260, 12)))
    kept = persistence(PARAMETERS, season, still_weather(rain_mm=3.0, wind=1.0))
    assert kept.ground.shape == kept.canopy.shape == (1 + 5, season.day.size - 1)
    assert kept.fixed.shape == (6,)
    for table in (kept.ground, kept.canopy, kept.of_ground()):
        assert (table >= 0).all()
        assert (table < 1).all()
