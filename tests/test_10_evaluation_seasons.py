"""Start and end of a season: known curves, gaps, series without a season, and reference seasons."""

from __future__ import annotations

import numpy as np
import pytest

from cropnb.evaluation import season_dates
from cropnb.scenes import open_scene
from cropnb.scenes.build import group_at
from cropnb.schema import SchemaError
from cropnb.simulation import cameras

DAY = np.arange(0.0, 365.0)


def logistic(day: np.ndarray, *, rise: float, fall: float, slope: float = 4.0) -> np.ndarray:
    """Green-up at half its height on day `rise`, and senescence on day `fall`."""
    return 1 / (1 + np.exp(-(day - rise) / slope)) - 1 / (1 + np.exp(-(day - fall) / slope))


@pytest.mark.parametrize("level", [0.1, 0.25, 0.5, 0.9])
def test_a_triangle_is_crossed_at_the_share_of_its_sides(level: float) -> None:
    triangle = np.interp(DAY, [100, 200, 250], [0.0, 1.0, 0.0])
    season = season_dates(triangle, DAY, level=level)
    assert season.start == pytest.approx(100 + 100 * level)
    assert season.end == pytest.approx(250 - 50 * level)


@pytest.mark.parametrize("level", [0.2, 0.5, 0.8])
def test_a_logistic_is_crossed_where_its_inverse_says(level: float) -> None:
    season = season_dates(logistic(DAY, rise=150, fall=260), DAY, level=level)
    logit = 4.0 * np.log(level / (1 - level))
    assert season.start == pytest.approx(150 + logit, abs=0.02)
    assert season.end == pytest.approx(260 - logit, abs=0.02)


def test_level_and_scale_of_the_series_do_not_matter() -> None:
    curve = logistic(DAY, rise=150, fall=260)
    plain, scaled = (season_dates(c, DAY, level=0.3) for c in (curve, 0.33 + 0.1 * curve))
    np.testing.assert_allclose(plain, scaled, atol=1e-9)


def test_rise_and_fall_have_their_own_amplitudes() -> None:
    """Higher after harvest than before sowing: each threshold is taken from its own side."""
    uneven = np.interp(DAY, [100, 200, 300], [0.0, 1.0, 0.5])
    season = season_dates(uneven, DAY, level=0.5)
    assert (season.start, season.end) == pytest.approx((150, 250))


def test_a_gap_is_crossed_on_the_line_across_it() -> None:
    triangle = np.interp(DAY, [100, 200, 250], [0.0, 1.0, 0.0])
    triangle[(DAY > 120) & (DAY < 180)] = np.nan
    triangle[(DAY > 210) & (DAY < 240)] = np.nan
    season = season_dates(triangle, DAY, level=0.5)
    assert (season.start, season.end) == pytest.approx((150, 225))


def test_values_every_third_day_give_the_dates_of_daily_ones() -> None:
    curve = logistic(DAY, rise=151.3, fall=259.1)
    sparse = np.where(DAY % 3 == 0, curve, np.nan)
    np.testing.assert_allclose(
        season_dates(sparse, DAY, level=0.5), season_dates(curve, DAY, level=0.5), atol=0.2
    )


def test_a_dip_inside_the_season_is_no_end_of_it() -> None:
    curve = np.interp(DAY, [100, 150, 160, 170, 200, 210, 220, 250], [0, 0.9, 0.2, 0.9, 1, 0.2, 0.9, 0])
    season = season_dates(curve, DAY, level=0.5)
    assert season.start < 150
    assert season.end > 220


@pytest.mark.parametrize(
    ("series", "nan_start", "nan_end"),
    [
        ([3.0, 2.0, 1.0], True, False),
        ([1.0, 2.0, 3.0], False, True),
        ([2.0, 2.0, 2.0], True, True),
        ([np.nan, np.nan, np.nan], True, True),
        ([np.nan, 1.0, np.nan], True, True),
        ([np.nan, 3.0, 1.0], True, False),
    ],
)
def test_no_rise_or_no_fall_gives_nan(series: list[float], nan_start: bool, nan_end: bool) -> None:
    season = season_dates(series, [0, 1, 2], level=0.5)
    assert (np.isnan(season.start), np.isnan(season.end)) == (nan_start, nan_end)


def test_each_series_is_treated_by_itself() -> None:
    rises = np.array([[100.0, 120.0, 140.0], [160.0, 150.0, 130.0]])
    curves = np.stack([[logistic(DAY, rise=r, fall=250) for r in row] for row in rises])
    season = season_dates(curves, DAY, level=0.5)
    assert season.start.shape == season.end.shape == (2, 3)
    np.testing.assert_allclose(season.start, rises, atol=0.01)
    assert season_dates(np.empty((0, 365)), DAY, level=0.5).start.shape == (0,)


@pytest.mark.parametrize("level", [20, 50])
def test_simulated_truth_has_the_same_definition(level: int) -> None:
    """On a smooth curve: truth of the cameras and the estimate from a series are comparable."""
    curve = logistic(DAY, rise=150.7, fall=260.2, slope=6)
    true = cameras.season_dates(curve, DAY)
    found = season_dates(curve, DAY, level=level / 100)
    assert found.start == pytest.approx(true[f"sos{level}"])
    assert found.end == pytest.approx(true[f"eos{level}"])


@pytest.mark.parametrize(
    ("day", "level", "message"),
    [
        ([0, 1], 0.5, r"series \(3,\), day \(2,\)"),
        ([0, 2, 1], 0.5, "does not rise"),
        ([0, 1, 2], 50, "level 50"),
        ([0, 1, 2], 0.0, r"level 0\.0"),
    ],
)
def test_what_does_not_fit_is_refused(day: list[int], level: float, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        season_dates([1.0, 2.0, 1.0], day, level=level)


@pytest.mark.realdata("phenocam")
def test_reference_seasons_of_cameras_are_met() -> None:
    """Flag-free years with one season; README of the data: medians -1 and +1 day, of a first day above."""
    scene = open_scene("phenocam")
    cameras_group, reference = group_at(scene, "/cameras"), group_at(scene, "/reference")
    flags = ("sos50_flag", "peak_flag", "eos50_flag")
    clean = np.all([reference[name].to_numpy() == 0 for name in flags], axis=0)
    keys = list(zip(reference.site.to_numpy(), reference.year.to_numpy(), strict=True))
    off = []
    for number, (site, year) in enumerate(keys):
        if not clean[number] or keys.count((site, year)) > 1:
            continue
        series = cameras_group.gcc_smooth.sel(site=site, day=str(year))
        day = (series.day.to_numpy() - np.datetime64(f"{year}-01-01")) / np.timedelta64(1, "D")
        found = season_dates(series.to_numpy(), day, level=0.5)
        row = reference.isel(season=number)
        off.append((found.start - row.sos50.item(), found.end - row.eos50.item()))
    differences = np.array(off)
    assert len(differences) >= 60
    assert np.all(abs(np.nanmedian(differences, axis=0)) <= 2)
    within = (abs(differences) <= 5).mean(axis=0)
    assert np.all(within > 0.9), within
