"""The crop calendar: against days worked out on paper, and against a thermal clock that is known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from cropnb.evaluation import GROWTH_STAGES, GrowthStage, crop_calendar, stage_starts
from cropnb.schema import SchemaError

TWO = (GrowthStage("young", "00-49", 0.0), GrowthStage("old", "50-99", 0.5))


def test_levels_are_reached_on_the_line_between_dates() -> None:
    found = stage_starts(
        [[0.0, 0.2, 0.2, 0.6, 1.0]], [100, 120, 122, 140, 160], sowing_day=[110], level=[0.1, 0.2, 0.4, 1.0]
    )
    # From 0 on the sowing day; where the clock stands still, the first day counts.
    np.testing.assert_allclose(found, [[115, 120, 130, 160]])


def test_a_clock_that_runs_evenly_is_read_exactly_whatever_the_dates() -> None:
    rng = np.random.default_rng(0)
    sown, rate = rng.uniform(110, 140, 50), rng.uniform(0.006, 0.012, 50)
    day = np.sort(rng.choice(np.arange(105, 270), 20, replace=False))
    age = np.maximum(0, (day[None] - sown[:, None]) * rate[:, None])
    age[rng.random(age.shape) < 0.3] = np.nan
    level = [stage.start for stage in GROWTH_STAGES]
    found = stage_starts(age, day, sowing_day=sown, level=level)
    np.testing.assert_allclose(found, sown[:, None] + np.array(level) / rate[:, None])


def test_a_field_that_is_never_seen_growing_has_no_days() -> None:
    found = stage_starts([[0.0, 0.0], [0.1, 0.2]], [100, 110], sowing_day=[120, np.nan], level=[0.0, 0.5])
    assert np.isnan(found).all()


def test_medians_and_quartiles_are_over_the_fields_of_each_crop() -> None:
    sown = np.array([100.0, 104, 120, 102, 98, 140])
    crop = ["maize", "maize", "maize", "maize", "maize", "rice"]
    day = np.arange(90, 260, 7)
    age = np.maximum(0, (day[None] - sown[:, None]) / 100)
    table = crop_calendar(age, day, crop, sowing_day=sown, harvest_day=sown + 130, stages=TWO)
    young, old, rice = table.iloc[0], table.iloc[1], table.iloc[2]
    assert (young.crop, young.stage, young.bbch, young.n_field) == ("maize", "young", "00-49", 5)
    # sown 98 100 102 104 120: quartiles 100 and 104
    assert (young.start_low, young.start, young.start_high) == (100, 102, 104)
    assert (young.end_low, young.end, young.end_high) == pytest.approx((150, 152, 154))
    assert (old.start, old.end) == pytest.approx((152, 232))
    assert (rice.crop, rice.start, rice.n_field) == ("rice", 140, 1)


def test_stages_follow_each_other_without_gap_up_to_harvest() -> None:
    day = np.arange(120, 270, 12)
    age = np.maximum(0, (day[None] - np.array([[121.0], [126], [131]])) / 130)
    harvest = [275.0, 268, 262]
    table = crop_calendar(age, day, ["maize"] * 3, sowing_day=[121, 126, 131], harvest_day=harvest)
    assert table.stage.tolist() == [stage.stage for stage in GROWTH_STAGES]
    np.testing.assert_allclose(table.end.values[:-1], table.start.values[1:])
    assert table.end.iloc[-1] == 268
    assert (table.end >= table.start).all()


def test_harvest_ends_all_stages() -> None:
    age = [[0.1, 0.2, 0.3, 0.4]]
    table = crop_calendar(age, [110, 120, 130, 140], ["hay"], sowing_day=[100], harvest_day=[125], stages=TWO)
    assert table[["start", "end"]].values.tolist() == [[100, 125], [125, 125]]


def test_fields_without_harvest_are_left_out() -> None:
    age = [[0.2, 1.0], [0.4, 1.0]]
    table = crop_calendar(
        age, [120, 200], ["maize", "maize"], sowing_day=[100, 100], harvest_day=[210, np.nan], stages=TWO
    )
    assert table.n_field.tolist() == [1, 1]
    nothing = crop_calendar(age, [120, 200], ["a", "b"], sowing_day=[np.nan] * 2, harvest_day=[210, 210])
    assert nothing.empty
    assert list(nothing) == list(table)


def test_bbch_codes_and_borders_rise() -> None:
    codes = [tuple(map(int, stage.bbch.split("-"))) for stage in GROWTH_STAGES]
    assert all(first <= last for first, last in codes)
    assert all(a[1] + 1 == b[0] for a, b in pairwise(codes))
    assert np.all(np.diff([stage.start for stage in GROWTH_STAGES]) > 0)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(SchemaError, match="Put fields first"):
        stage_starts([[0.1], [0.2]], [100, 110], sowing_day=[90], level=[0.1])
    with pytest.raises(SchemaError, match="one value for each field"):
        crop_calendar([[0.1]], [100], ["a", "b"], sowing_day=[90], harvest_day=[200])
    with pytest.raises(SchemaError, match="no stage"):
        crop_calendar([[0.1]], [100], ["a"], sowing_day=[90], harvest_day=[200], stages=())
