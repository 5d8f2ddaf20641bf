"""Gap filling against np.interp, and the arithmetic of days."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from cropnb.sampling import Season, day_from_time, fill_gaps, season_of
from cropnb.sampling.days import within
from cropnb.sampling.gaps import Series
from cropnb.schema import SchemaError


def holes(seed: int, *, n_time: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Random series on random days, at least one value in each."""
    rng = np.random.default_rng(seed)
    day = np.sort(rng.choice(60, n_time, replace=False)) - 10
    values = rng.normal(size=(7, n_time, 3)).astype(np.float32)
    missing = rng.random(values.shape) < 0.6
    missing[:, rng.integers(n_time)] = False
    return np.where(missing, np.nan, values), day


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(-20, 60), min_size=1, max_size=12, unique=True))
def test_filling_is_np_interp_of_the_valid_values(seed: int, wanted: list[int]) -> None:
    values, day = holes(seed)
    onto = np.array(sorted(wanted))
    filled, observed = fill_gaps(values, day=day, onto=onto)
    for sample in range(7):
        for channel in range(3):
            valid = np.isfinite(values[sample, :, channel])
            expected = np.interp(onto, day[valid], values[sample, valid, channel])
            np.testing.assert_allclose(filled[sample, :, channel], expected, atol=1e-5)
            np.testing.assert_array_equal(observed[sample, :, channel], np.isin(onto, day[valid]))


def test_a_gap_worked_by_hand() -> None:
    values = np.array([np.nan, -10.0, np.nan, -4.0, np.nan]).reshape(1, 5, 1)
    day = np.array([0, 10, 14, 22, 30])
    filled, observed = fill_gaps(values, day=day, onto=day)
    # Edges held; a third of the way (4 of 12 days) from -10 to -4 dB is -8 dB.
    np.testing.assert_allclose(filled.ravel(), [-10, -10, -8, -4, -4])
    assert observed.ravel().tolist() == [False, True, False, True, False]


def test_without_gaps_nothing_changes() -> None:
    values = np.random.default_rng(0).normal(size=(4, 6, 2)).astype(np.float32)
    day = np.arange(0, 72, 12)
    filled, observed = fill_gaps(values, day=day, onto=day)
    np.testing.assert_array_equal(filled, values)
    assert observed.all()


def test_a_series_without_a_value_is_refused() -> None:
    values = np.zeros((2, 3, 1))
    values[1] = np.nan
    with pytest.raises(SchemaError, match="1 series without a single value"):
        fill_gaps(values, day=np.arange(3), onto=np.arange(3))


def test_no_acquisition_in_the_season_is_refused() -> None:
    nothing = np.zeros((2, 0, 1), np.float32)
    with pytest.raises(SchemaError, match=r"sentinel1: days \[\].*Widen"):
        Series(sensor="sentinel1", values=nothing, day=np.array([], dtype=int), channel=("vv_db",))


def scene(season: str) -> xr.DataTree:
    return xr.DataTree(xr.Dataset(attrs={"season": season}))


def test_days_count_from_the_first_of_january() -> None:
    season = season_of(scene("2017-05-01/2017-09-30"))
    time = np.array(["2017-01-01T00:00", "2017-01-01T23:59", "2017-12-31T12:00"], dtype="M8[ns]")
    assert day_from_time(time, season=season).tolist() == [0, 0, 364]


def test_days_run_on_across_the_new_year_and_a_leap_day() -> None:
    season = season_of(scene("2019-10-01/2020-07-31"))
    time = np.array(["2019-12-31", "2020-01-01", "2020-02-29", "2020-03-01"], dtype="M8[ns]")
    assert day_from_time(time, season=season).tolist() == [364, 365, 424, 425]


def test_first_and_last_day_belong_to_the_season() -> None:
    season = season_of(scene("2017-05-01/2017-09-30"))
    time = np.array(
        ["2017-04-30T23:59", "2017-05-01T00:00", "2017-09-30T23:59", "2017-10-01T00:00"], dtype="M8[ns]"
    )
    assert within(time, season=season).tolist() == [False, True, True, False]


def test_no_day_of_a_season_is_negative() -> None:
    assert Season(np.datetime64("2016-10-01"), np.datetime64("2017-07-31")).day_zero == np.datetime64(
        "2016-01-01"
    )


@pytest.mark.parametrize("text", ["", "2017", "2017-09-30/2017-05-01", "May/June", "2017-05-01/2017-06-01/x"])
def test_a_season_that_reads_otherwise_is_refused(text: str) -> None:
    with pytest.raises(SchemaError, match="expected 'YYYY-MM-DD/YYYY-MM-DD'"):
        season_of(scene(text))
