"""Growth stages from the truth of a scene, and whether a profile lies on some of them by chance."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import xarray as xr

from cropnb.interpretation import growth_stages, modal_stages, stage_agreement, stage_of_age
from cropnb.interpretation.growth import _simulator_day
from cropnb.paths import data_folder
from cropnb.sampling import Samples, radar_samples, samples_from_arrays, season_of
from cropnb.schema import SchemaError
from cropnb.simulation import load_parameters, simulate
from cropnb.simulation.days import calendar_dates

NAN = np.nan


def _brute_force(profile: list[float], stage: list[float]) -> dict[float, tuple[float, float, float]]:
    n, found = len(profile), {}
    for s in sorted({g for g in stage if not np.isnan(g)}):
        shares = []
        for k in range(n):
            moved = profile[k:] + profile[:k]
            shares.append(sum(a for a, g in zip(moved, stage, strict=True) if g == s) / sum(profile))
        n_as_much = sum(share >= shares[0] - 1e-9 for share in shares)
        found[s] = (shares[0], sum(g == s for g in stage) / n, n_as_much / n)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_agreement_equals_brute_force_over_all_shifts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    profile = rng.integers(0, 4, size=11).astype(float).tolist()  # with ties
    stage = rng.choice([0.0, 1.0, 4.0, NAN], size=11).tolist()
    found = stage_agreement(profile, np.arange(11) * 6, stage)
    expected = _brute_force(profile, stage)
    assert found.stage.tolist() == list(expected)
    np.testing.assert_allclose(
        np.stack([found.weight, found.dates, found.p_value], axis=1), list(expected.values())
    )


def test_all_weight_on_one_stage_has_the_least_p_value_there_is() -> None:
    stage = [0, 0, 0, 3, 3, 4, 4, 4, NAN, NAN]
    found = stage_agreement([0, 0, 0, 0.5, 0.5, 0, 0, 0, 0, 0], np.arange(10), stage)
    assert found.stage.tolist() == [0, 3, 4]
    assert found.weight.tolist() == [0, 1, 0]
    assert found.dates.tolist() == [0.3, 0.2, 0.3]
    assert found.p_value.tolist() == [1, 0.1, 1]


def test_a_flat_profile_agrees_with_the_dates() -> None:
    found = stage_agreement(np.full(7, 1 / 7), np.arange(7), [0, 0, 1, 1, 1, NAN, NAN])
    np.testing.assert_allclose(found.weight, found.dates)
    assert found.p_value.tolist() == [1, 1]


def test_p_values_of_unrelated_profiles_are_uniform() -> None:
    """Exactness: over all shifts of one profile, P(p <= a) is at most a."""
    profile, stage = np.random.default_rng(0).random(20), np.repeat([0, 1, 2, 3], 5)
    p = np.array([stage_agreement(np.roll(profile, k), np.arange(20), stage).p_value for k in range(20)])
    for level in (0.05, 0.1, 0.5):
        assert ((p <= level).mean(axis=0) <= level + 1e-12).all()
    assert (np.sort(p, axis=0) == np.arange(1, 21)[:, None] / 20).all()


def test_dates_without_any_stage_give_no_entry() -> None:
    assert stage_agreement([1.0, 2.0], [0, 1], [NAN, NAN]).stage.size == 0


@pytest.mark.parametrize(
    ("profile", "day", "said"),
    [
        ([1.0, -0.1, 0.3], [0, 1, 2], "from -0.1"),
        ([0.0, 0.0, 0.0], [0, 1, 2], "sum 0"),
        ([1.0, NAN, 0.0], [0, 1, 2], "finite"),
        ([1.0, 1.0, 1.0], [0, 2, 1], "rising"),
        ([1.0, 1.0], [0, 1], "expected"),
    ],
)
def test_profiles_without_meaning_are_refused(profile: list[float], day: list[int], said: str) -> None:
    with pytest.raises(SchemaError, match=said):
        stage_agreement(profile, day, [0, 1, 1])


def test_stages_begin_at_their_ages() -> None:
    ages = [0, 0.079, 0.08, 0.35, 0.6, 0.659, 0.66, 0.8, 0.999, 1, 3]
    np.testing.assert_array_equal(stage_of_age(ages), [0, 0, 1, 2, 3, 3, 4, 5, 5, 6, 6])
    assert np.isnan(stage_of_age(NAN))


@pytest.mark.parametrize("year", [2019, 2020])
def test_the_simulators_days_are_found_again_in_leap_years_too(year: int) -> None:
    scene = xr.DataTree()
    scene.attrs["season"] = f"{year - 1}-09-01/{year}-11-30"
    days = list(range(-122, 334))
    found = _simulator_day(calendar_dates(year, days), season_of(scene))
    assert found.tolist() == days


def _scene(*, year: int = 2017) -> tuple[xr.DataTree, list[int]]:
    """Two fields, sown on day 130 and 140, harvested on 250 and 200, a wood, and a road."""
    day = [120, 135, 160, 199, 200, 240, 250]
    parcel = np.array([[7, 7, 3], [-1, 3, 9]])
    age = {7: np.linspace(0, 1.2, 7), 3: np.linspace(0, 0.72, 7), 9: np.full(7, NAN), -1: np.full(7, NAN)}
    sown, cut = {7: 130.0, 3: 140.0, 9: NAN, -1: NAN}, {7: 250.0, 3: 199.5, 9: NAN, -1: NAN}

    def paint(of_parcel: dict[int, float]) -> np.ndarray:
        return np.vectorize(of_parcel.get)(parcel).astype(np.float32)

    time = [np.datetime64(f"{year}-01-01", "ns") + np.timedelta64(24 * d + 10, "h") for d in day]
    coords = {"y": [20.0, 10.0], "x": [0.0, 10.0, 20.0]}
    stage = np.stack([paint({p: a[t] for p, a in age.items()}) for t in range(7)])
    truth = {"stage": (("time", "y", "x"), stage)}
    truth |= {"sowing_day": (("y", "x"), paint(sown)), "harvest_day": (("y", "x"), paint(cut))}
    tree = xr.DataTree.from_dict(
        {
            "/labels": xr.Dataset({"parcel_id": (("y", "x"), parcel)}, coords=coords),
            "/truth": xr.Dataset(truth, coords={**coords, "time": time}),
        }
    )
    tree.attrs["season"] = f"{year}-05-01/{year}-09-30"
    return tree, day


def _samples(parcel: list[int], day: list[int]) -> Samples:
    n = len(parcel)
    plain = samples_from_arrays(np.zeros((n, len(day), 1)), np.zeros(n), group=np.zeros(n))
    return dataclasses.replace(plain, parcel=np.array(parcel), day=np.array(day))


def test_stages_are_those_of_the_field_between_sowing_and_harvest() -> None:
    scene, day = _scene()
    found = growth_stages(scene, _samples([3, 7, 9, 7, -4], day))
    nan = NAN
    expected = {
        7: [nan, 1, 2, 3, 5, 6, nan],  # ages 0, 0.2, 0.4, 0.6, 0.8, 1, 1.2
        3: [nan, nan, 1, 2, nan, nan, nan],  # ages 0, 0.12, 0.24, 0.36, ...
    }
    np.testing.assert_array_equal(found, [expected[3], expected[7], [nan] * 7, expected[7], [nan] * 7])
    some = growth_stages(scene, _samples([7], [135, 240]))
    np.testing.assert_array_equal(some, [[1, 6]])


def test_other_days_other_scenes_and_scenes_without_dates_are_refused() -> None:
    scene, day = _scene()
    with pytest.raises(SchemaError, match=r"no truth on days \[121\]"):
        growth_stages(scene, _samples([7], [121]))
    with pytest.raises(SchemaError, match=r"no parcels \[8\]"):
        growth_stages(scene, _samples([8, 7], day))
    scene["/truth"] = xr.DataTree(scene["/truth"].to_dataset().drop_vars("stage"))
    with pytest.raises(SchemaError, match="tile by tile"):
        growth_stages(scene, _samples([7], day))
    with pytest.raises(SchemaError, match="no group /truth"):
        growth_stages(scene.drop_nodes("truth"), _samples([7], day))


def test_the_most_frequent_stage_wins_none_among_them_the_earlier_of_equals() -> None:
    stage = [
        [0, 1, NAN, 2, 5],
        [0, 3, NAN, 2, NAN],
        [1, 3, 4, 1, 5],
        [1, 1, 4, NAN, NAN],
        [6, 3, NAN, NAN, 6],
    ]
    found = modal_stages(stage, [0, 0, 0, 0, 2], n_class=3)
    np.testing.assert_array_equal(found[0], [0, 1, 4, 2, 5])
    np.testing.assert_array_equal(modal_stages(stage, [0] * 5, n_class=1)[0], [0, 3, NAN, 2, 5])
    assert np.isnan(found[1]).all()
    np.testing.assert_array_equal(found[2], stage[4])
    with pytest.raises(SchemaError, match="modal_stages"):
        modal_stages(stage, [0, 0], n_class=1)


@pytest.mark.slow
def test_maize_of_a_simulated_county_goes_through_its_stages_in_order() -> None:
    """Hand-made truth above may age; this one is written by the simulator."""
    scene = simulate(
        load_parameters(data_folder() / "scenes" / "county.toml", preset="smoke"), progress=False
    )
    samples = radar_samples(scene, ["ps"], share=0.05, rng=np.random.default_rng(0))
    stage = growth_stages(scene, samples)
    modal = modal_stages(stage, samples.class_id, n_class=samples.n_class)
    names = samples.legend.names
    assert np.isnan(modal[names.index("forest")]).all()
    maize, july = modal[names.index("maize")], np.searchsorted(samples.day, 196)
    assert maize[0] <= 1
    assert 2 <= maize[july] <= 4
    standing = maize[np.isfinite(maize)]
    assert (np.diff(standing) >= 0).all()
    assert standing[-1] >= 5
