"""Feature sets are those of the thesis, under names that the feature functions give."""

from __future__ import annotations

import importlib

import pytest

from cropnb.features.feature_sets import FEATURE_GROUPS, SCENARIOS, feature_set
from cropnb.schema import C2, SchemaError

N_FEATURE = {"backscatter": 4, "covariance": 4, "h_alpha": 2, "dprvi": 1, "glcm": 6, "m_chi": 3}
N_FEATURE |= {"scenario_a": 11, "scenario_b": 10, "scenario_c": 12}


@pytest.mark.parametrize("name", N_FEATURE)
def test_numbers_of_features(name: str) -> None:
    features = feature_set(name)
    assert len(features) == len(set(features)) == N_FEATURE[name]


def test_all_sets_are_counted_above() -> None:
    assert {*FEATURE_GROUPS, *SCENARIOS} == {*N_FEATURE}
    assert not set(FEATURE_GROUPS) & set(SCENARIOS)


def test_groups_do_not_overlap() -> None:
    names = [name for group in FEATURE_GROUPS.values() for name in group]
    assert len(names) == len(set(names)) == 20


def test_scenario_c_is_a_and_b_together() -> None:
    a, b, c = (set(feature_set(f"scenario_{letter}")) for letter in "abc")
    assert a | b == c
    assert a - b == {"entropy", "alpha"}
    assert b - a == {"dprvi"}


def test_names_are_those_of_the_polarimetric_features() -> None:
    polarimetry = pytest.importorskip("cropnb.features.polarimetry", reason="polarimetry is not there yet")
    made = {*polarimetry.POLARIMETRIC_FEATURES}
    for group in ("h_alpha", "dprvi", "m_chi"):
        assert set(feature_set(group)) <= made
    assert "rvi" in made


def test_names_are_those_of_backscatter_and_covariance() -> None:
    assert "cross_ratio_db" in feature_set("backscatter")
    assert hasattr(importlib.import_module("cropnb.features.radiometry"), "cross_ratio_db")
    assert {name.removesuffix("_real").removesuffix("_imag") for name in feature_set("covariance")} == {
        *C2.variables
    }


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [("mchi", "m_chi"), ("scenario_d", "scenario_"), ("h/alpha", "h_alpha"), ("GLCM", "glcm")],
)
def test_an_unknown_name_is_answered_with_the_nearest(wrong: str, nearest: str) -> None:
    with pytest.raises(SchemaError, match=f"Did you mean '{nearest}"):
        feature_set(wrong)
