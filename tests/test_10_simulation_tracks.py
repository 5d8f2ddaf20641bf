"""Two tracks: their calendars, their pairs, and what the steeper view changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from cropnb.paths import data_folder
from cropnb.schema import SchemaError
from cropnb.simulation import load_parameters, simulate
from cropnb.simulation.checks import check_parameters
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.tracks import pair_starts, scene_passes, scene_tracks, track_days

SMOKE = load_parameters(data_folder() / "scenes" / "county.toml", preset="smoke")


def in_year(year: int) -> Parameters:
    return replace(SMOKE, scene=replace(SMOKE.scene, year=year))


def carrying(*tracks: int) -> Parameters:
    return replace(SMOKE, preset=replace(SMOKE.preset, tracks=tracks, n_row=1, n_column=1))


@pytest.fixture(scope="module")
def county() -> xr.DataTree:
    return simulate(carrying(32, 105), progress=False)


@pytest.mark.parametrize(("year", "n_acquisition"), [(2017, {32: 12, 105: 11}), (2018, {32: 11, 105: 11})])
def test_each_track_makes_ten_pairs_of_twelve_days(year: int, n_acquisition: dict[int, int]) -> None:
    parameters = in_year(year)
    for track in scene_tracks(parameters):
        days = track_days(parameters, track)
        assert days.size == n_acquisition[track.relative_orbit]
        assert (np.diff(days) % 12 == 0).all()
        start = pair_starts(parameters, track)
        assert start.size == 10
        assert (days[start + 1] - days[start] == 12).all()


def test_the_interval_across_the_missing_date_makes_no_pair() -> None:
    track = scene_tracks(SMOKE)[0]
    days = track_days(SMOKE, track)
    (gap,) = np.flatnonzero(np.diff(days) == 24)
    assert gap not in pair_starts(SMOKE, track)


@pytest.mark.parametrize(("year", "first", "last", "n"), [(2017, 125, 269, 23), (2018, 120, 257, 22)])
def test_passes_of_both_tracks_rise_by_day(year: int, first: int, last: int, n: int) -> None:
    passes = scene_passes(in_year(year))
    assert (passes.day[0], passes.day[-1], passes.day.size) == (first, last, n)
    assert (np.diff(passes.day) > 0).all()


def test_tracks_interleave_differently_in_the_two_years() -> None:
    orbits = {year: scene_passes(in_year(year)).relative_orbit for year in (2017, 2018)}
    for of_year in orbits.values():
        assert of_year[:6].tolist() == [32, 32, 105, 32, 105, 32]
    assert (orbits[2017][:22] != orbits[2018]).any()


def test_truth_tells_the_track_of_each_date_and_pair(county: xr.DataTree) -> None:
    truth = county["truth"].to_dataset()
    for orbit, n in ((32, 12), (105, 11)):
        c2 = county[f"/sentinel1/{orbit}/c2"].to_dataset()
        own = truth.sel(time=truth.relative_orbit == orbit)
        assert own.time.values.tolist() == c2.time.values.tolist()
        assert c2.sizes["time"] == n
        pairs = truth.isel(pair=np.flatnonzero(truth.pair_orbit == orbit))
        assert set(pairs.first_time.values) | set(pairs.second_time.values) <= set(c2.time.values)
        assert pairs.sizes["pair"] == 10
    apart = (truth.second_time - truth.first_time).values
    assert (apart == np.timedelta64(12, "D")).all()


def test_the_steeper_track_sees_bare_soil_brighter(county: xr.DataTree) -> None:
    truth = county["truth"].to_dataset()
    bare = (truth.lai.isel(time=slice(0, 4)) < 0.1).all("time")
    may = truth.sigma0_vv.isel(time=slice(1, 4)).where(bare).mean(("y", "x"))
    orbit = truth.relative_orbit.values[1:4]
    assert may.values[orbit == 105].mean() > 1.2 * may.values[orbit == 32].mean()


def test_a_track_alone_gives_the_speckle_it_has_beside_another(county: xr.DataTree) -> None:
    alone = simulate(carrying(105), progress=False)
    assert "/sentinel1/32/c2" not in alone.groups
    # the drift of fields depends on all dates, so that powers differ; the speckle about them does not
    for name in ("c_vv_vv", "c_vh_vh"):
        pol = name[-2:]
        looks = [
            scene[f"/sentinel1/105/c2/{name}"].values.ravel() / _expected(scene, pol).ravel()
            for scene in (alone, county)
        ]
        seen = np.isfinite(looks[0])
        assert np.corrcoef(looks[0][seen], looks[1][seen])[0, 1] > 0.95


def _expected(scene: xr.DataTree, pol: str) -> np.ndarray:
    truth = scene["truth"].to_dataset()
    return truth[f"sigma0_{pol}"].sel(time=truth.relative_orbit == 105).values + 10**-2.55


@pytest.mark.parametrize(
    ("tracks", "words"), [((), "empty"), ((7,), r"7; the file has 32, 105.*\[radar.tracks.7\]")]
)
def test_bad_tracks_are_refused(tracks: tuple[int, ...], words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        check_parameters(carrying(*tracks))
