"""Maize as second crop: a cereal until the end of May, then what stood there without it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import xarray as xr

from cropnb.paths import data_folder
from cropnb.schema import SchemaError
from cropnb.simulation import Parameters, load_parameters, simulate
from cropnb.simulation.days import Day
from cropnb.simulation.practice_checks import check_practice

CEREAL, MAIZE = "triticale", "maize_second"


@cache
def only(crop: str) -> Parameters:
    """One tile with one crop on all fields, without errors of the optical sensor."""
    whole = load_parameters(data_folder() / "scenes" / "catalonia-2018.toml", preset="smoke")
    clean = {"noise": 0.0, "noise_floor": 0.0, "bias_sd": 0.0, "directional": 0.0, "misregistration_m": 0.0}
    sentinel2 = replace(whole.optics.sentinel2, clear_share=1.0, **clean)
    priors = {name: float(name == crop) for name in whole.allocation.priors}
    return replace(
        whole,
        preset=replace(whole.preset, n_column=1, showcase=False),
        optics=replace(whole.optics, sentinel2=sentinel2),
        allocation=replace(whole.allocation, priors=priors),
    )


@cache
def scene(crop: str, *, earlier: bool = True) -> xr.DataTree:
    parameters = only(crop)
    return simulate(parameters if earlier else replace(parameters, earlier_crops={}), progress=False)


def series(tree: xr.DataTree, group: str, variable: str) -> tuple[np.ndarray, np.ndarray]:
    """Days of the year, and the values of pixels well inside fields (time, ..., pixel)."""
    truth, values = tree["truth"], tree[group][variable]
    inside = (truth.crop.values >= 0) & (truth.edge_distance.values > 15)
    return values.time.dt.dayofyear.values - 1, values.values[..., inside]


ARRAYS = (("truth", "lai"), ("truth", "vwc"), ("truth", "sigma0_vv"), ("truth", "sigma0_vh"))
ARRAYS += (("sentinel2", "reflectance"),)


@pytest.mark.parametrize(("group", "variable"), ARRAYS)
def test_until_the_end_of_april_the_field_is_one_of_cereal(group: str, variable: str) -> None:
    day, second = series(scene(MAIZE), group, variable)
    _, cereal = series(scene(CEREAL), group, variable)
    assert second[day < 120] == pytest.approx(cereal[day < 120], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(("group", "variable"), ARRAYS)
def test_from_june_the_cereal_has_left_no_trace(group: str, variable: str) -> None:
    day, second = series(scene(MAIZE), group, variable)
    _, alone = series(scene(MAIZE, earlier=False), group, variable)
    assert (second[day > 165] == alone[day > 165]).all()
    assert not np.allclose(second[day < 120], alone[day < 120])


def test_leaves_come_twice() -> None:
    day, lai = series(scene(MAIZE), "truth", "lai")
    mean = dict(zip(day.tolist(), lai.mean(axis=-1).tolist(), strict=True))
    april, june, august = (min(mean, key=lambda d: abs(d - near)) for near in (114, 174, 234))
    assert mean[april] > 2.5
    assert mean[june] < 1
    assert mean[august] > 2.5


def test_label_and_sowing_are_those_of_the_second_crop() -> None:
    truth = scene(MAIZE)["truth"]
    names = truth.crop.attrs["flag_meanings"].split()
    assert set(np.unique(truth.crop)) == {-1, names.index(MAIZE)}
    assert float(truth.sowing_day.mean()) == pytest.approx(only(MAIZE).crops[MAIZE].sow, abs=8)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"barley": {}}, "earlier_crops: unknown barley"),
        ({MAIZE: {"crop": MAIZE}}, f"earlier_crops.{MAIZE}.crop: unknown"),
        ({MAIZE: {"harvest": Day(180)}}, f"earlier_crops.{MAIZE}.harvest: day 180"),
    ],
)
def test_bad_earlier_crops_are_named(table: dict[str, dict[str, object]], message: str) -> None:
    parameters = only(MAIZE)
    usual = parameters.earlier_crops[MAIZE]
    changed = {name: replace(usual, **change) for name, change in table.items()}
    with pytest.raises(SchemaError, match=message):
        check_practice(replace(parameters, earlier_crops=changed))
