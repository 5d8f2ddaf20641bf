"""Variants of a scene: what is asked for changes, nothing else, and nonsense is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from cropnb.paths import data_folder
from cropnb.schema import SchemaError
from cropnb.simulation import load_parameters, simulate, vary
from cropnb.simulation.parameters import Parameters


@pytest.fixture(scope="module")
def county() -> Parameters:
    return load_parameters(data_folder() / "scenes" / "county.toml", preset="smoke")


def test_named_values_change_and_no_others(county: Parameters) -> None:
    varied = vary(county, {"scene.seed": 7, "crops.maize.lai_max": 5.5, "preset.n_row": 1})
    assert (varied.scene.seed, varied.crops["maize"].lai_max, varied.preset.n_row) == (7, 5.5, 1)
    back = vary(
        varied,
        {
            "scene.seed": county.scene.seed,
            "crops.maize.lai_max": county.crops["maize"].lai_max,
            "preset.n_row": county.preset.n_row,
        },
    )
    assert dataclasses.asdict(back) == dataclasses.asdict(county)


def test_a_variant_has_a_fingerprint_of_its_own(county: Parameters) -> None:
    assert vary(county, {"effects.vigour_sd": 0.0}).fingerprint("v") != county.fingerprint("v")
    assert vary(county, {}).fingerprint("v") == county.fingerprint("v")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("effects.vigor_sd", "vigour_sd"),
        ("crops.maise.lai_max", "maize"),
        ("scene.seed.first", "scene.seed.first"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(county: Parameters, name: str, words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        vary(county, {name: 1})


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("landscape.strip_share", 1.5, "0 to 1"),
        ("effects.vigour_sd", -0.1, "standard deviation"),
        ("crops.maize.lai_max", float("nan"), "expected a number"),
        ("crops.maize.up50", 10, "not after sow"),
    ],
)
def test_values_that_do_not_fit_are_refused(county: Parameters, name: str, value: float, words: str) -> None:
    with pytest.raises(SchemaError, match=words) as caught:
        vary(county, {name: value})
    assert name in str(caught.value)


def test_fields_without_differences_can_be_simulated(county: Parameters) -> None:
    names = [field.name for field in dataclasses.fields(county.effects)]
    none = {f"effects.{name}": 0.0 for name in names if "_sd" in name}
    even = {
        "effects.texture_log10": 0.0,
        "effects.vigour_within": 0.0,
        "preset.n_row": 1,
        "preset.n_column": 1,
    }
    scene = simulate(vary(county, none | even), progress=False)
    truth, labels = scene["/truth"].to_dataset(), scene["/labels"].to_dataset()
    maize = (labels.class_id == 0).values & (truth.crop == 0).values
    sowing = truth.sowing_day.values[maize]
    assert np.unique(sowing[np.isfinite(sowing)]).size == 1
    seen = scene["/sentinel2"].to_dataset()
    assert np.isfinite(seen.reflectance.values[seen.valid_mask.values.nonzero()[0][0]]).any()
    assert np.isfinite(
        seen.reflectance.transpose("time", "y", "x", "band").values[seen.valid_mask.values]
    ).all()
