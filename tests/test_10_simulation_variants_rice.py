"""Rice regions: the dip of flooding, its length by practice, and three seasons on the same land."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
import xarray as xr

from cropnb.paths import data_folder
from cropnb.scenes import validate
from cropnb.schema import SchemaError
from cropnb.simulation import Parameters, load_parameters, simulate
from cropnb.simulation.effects import FieldEffects
from cropnb.simulation.flooding import under_water
from cropnb.simulation.practice_checks import check_practice

FOLDER = data_folder() / "scenes"
AR, SAC = "simta-ar-2017", "simta-sac-2019"
DARK_DB = -14.0  # no dry field is darker in VV in these scenes


def smoke(name: str) -> Parameters:
    parameters = load_parameters(FOLDER / f"{name}.toml", preset="smoke")
    return replace(parameters, preset=replace(parameters.preset, n_column=1))


def only(name: str, crop: str) -> Parameters:
    """The scene with one crop on all fields."""
    parameters = smoke(name)
    priors = {key: float(key == crop) for key in parameters.allocation.priors}
    return replace(parameters, allocation=replace(parameters.allocation, priors=priors))


@cache
def scene(name: str, crop: str = "") -> xr.DataTree:
    return simulate(only(name, crop) if crop else smoke(name), progress=False)


def by_field(tree: xr.DataTree, variable: str) -> np.ndarray:
    """Mean over the inner pixels of each crop field (field,) or (field, time)."""
    truth, parcel = tree["truth"], tree["labels"].parcel_id.values
    inner = (truth.edge_distance.values > 15) & (truth.crop.values >= 0)
    values, numbers = truth[variable].values, np.unique(parcel[inner])
    return np.array([values[..., inner & (parcel == n)].mean(axis=-1) for n in numbers])


def fields_alike(n: int, *, sowing_day: float, drying: np.ndarray) -> FieldEffects:
    """Fields that differ in nothing but how they keep their water."""
    same = {f.name: np.ones(n) for f in fields(FieldEffects)}
    return FieldEffects(**same | {"sowing_day": np.full(n, sowing_day), "drying": drying})


def dark_passes(name: str) -> np.ndarray:
    return np.asarray((10 * np.log10(by_field(scene(name, "rice"), "sigma0_vv")) < DARK_DB).sum(axis=1))


@pytest.mark.parametrize("name", [AR, SAC])
def test_scene_keeps_the_contract_and_shows_all_its_crops(name: str) -> None:
    tree = scene(name)
    validate(tree)
    legend = json.loads(tree["labels"].attrs["legend"])
    crops = {number for number, _, _, cropland in legend if cropland}
    assert crops <= set(np.unique(tree["labels"].class_id))
    assert tree["sentinel1/63/c2"].sizes["time"] == 13
    assert tree["sentinel1/63/c2"].attrs["orbit_direction"] == "ascending"


def test_the_dip_is_short_where_dry_seeded_rice_is_flooded_late_and_long_where_it_is_sown_into_water() -> (
    None
):
    dry_seeded, water_seeded = dark_passes(AR), dark_passes(SAC)
    assert len(dry_seeded) > 10
    assert dry_seeded.mean() < 2
    assert 2 <= water_seeded.mean() <= 4
    assert water_seeded.min() >= dry_seeded.min()


def test_hardly_any_other_field_is_as_dark() -> None:
    for name, crop in ((AR, "soybean"), (SAC, "tomato")):
        assert (10 * np.log10(by_field(scene(name, crop), "sigma0_vv")) < DARK_DB).mean() < 0.02


def test_dry_seeded_fields_are_flooded_38_days_after_their_own_sowing() -> None:
    """Against the same scene without water, which differs from the first pass over water on."""
    parameters, tree = only(AR, "rice"), scene(AR, "rice")
    dry = simulate(replace(parameters, flooding=replace(parameters.flooding, crops=())), progress=False)
    differs = by_field(tree, "sigma0_vh") != by_field(dry, "sigma0_vh")
    day = tree["truth"].time.dt.dayofyear.values - 1
    first = day[np.argmax(differs, axis=1)]
    start = by_field(tree, "sowing_day") + 38
    expected = [day[day >= field][0] for field in start]
    assert len(expected) > 10
    assert np.mean(first == expected) > 0.9  # the point spread lets a few neighbours in
    assert not differs[:, day > 231].any()


def test_seasons_share_the_land_and_differ_in_weather_and_crops() -> None:
    first, second = scene(AR), scene("simta-ar-2018")
    assert (first["labels"].parcel_id.values == second["labels"].parcel_id.values).all()
    assert (first["labels"].class_id.values != second["labels"].class_id.values).any()
    assert not np.allclose(first["truth"].soil_moisture.values, second["truth"].soil_moisture.values)
    assert load_parameters(FOLDER / "simta-ar-2019.toml", preset="patches").scene.year == 2019


def test_winter_wheat_is_green_in_april_and_gone_in_july() -> None:
    lai = by_field(scene(SAC, "wheat"), "lai").mean(axis=0)
    assert lai[0] > 3
    assert lai[7:].max() < 1.5


def test_alfalfa_is_cut_again_and_again() -> None:
    lai = by_field(scene(SAC, "alfalfa"), "lai")
    falls = (np.diff(lai) < -0.5).sum(axis=1)
    assert falls.mean() >= 3


def test_a_quarter_of_the_rice_falls_dry_for_days_and_is_wet_again() -> None:
    """Day by day over many fields sown by the calendar."""
    parameters, n = only(AR, "rice"), 4000
    rank = (np.arange(n) + 0.5) / n
    effects = fields_alike(n, sowing_day=float(parameters.crops["rice"].sow), drying=rank)
    day = np.arange(parameters.flooding.start - 5.0, parameters.flooding.end + 5.0, 0.25)
    wet = under_water(parameters, ["rice"] * n, effects, day=day)
    inside = wet[:, (day >= parameters.flooding.start) & (day <= parameters.flooding.end)]
    assert (~inside).any(axis=1).mean() == pytest.approx(0.25, abs=0.01)
    assert inside[rank > 0.25].all()
    assert wet[:, (day > parameters.flooding.start) & (day < parameters.flooding.start + 21)].all()
    late = wet[:, (day >= parameters.flooding.start + 31) & (day < parameters.flooding.start + 81)]
    assert late[rank < 0.25].mean() == pytest.approx(1 - 3.5 / 10, abs=0.01)


def test_rice_sown_into_water_stays_in_water() -> None:
    parameters = only(SAC, "rice")
    effects = fields_alike(50, sowing_day=float(parameters.crops["rice"].sow), drying=np.linspace(0, 1, 50))
    day = np.arange(float(parameters.flooding.start), parameters.flooding.end + 1.0)
    assert under_water(parameters, ["rice"] * 50, effects, day=day).all()


def test_bad_drying_is_named() -> None:
    flooding = only(AR, "rice").flooding
    for change, key in (({"dry_share": 1.5}, "dry_share"), ({"dry_days": 10.0}, "dry_days")):
        with pytest.raises(SchemaError, match=f"flooding.{key}"):
            check_practice(replace(only(AR, "rice"), flooding=replace(flooding, **change)))
