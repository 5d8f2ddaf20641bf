"""Boruta finds what was planted and nothing else; whole-season features follow from its table."""

from __future__ import annotations

import joblib
import numpy as np
import pandas as pd
import pytest

from cropnb.features.selection import CONFIRMED, REJECTED, TENTATIVE, columns_of, complete_features
from cropnb.features.selection import boruta_features as boruta
from cropnb.schema import SchemaError

FEATURES, DAYS = ("dprvi", "pv", "noise", "constant"), (126, 138)
COLUMNS = columns_of(FEATURES, DAYS)
QUICK = {"n_estimators": 30, "max_iter": 20}


def planted(seed: int = 0, *, n_sample: int = 150) -> tuple[np.ndarray, np.ndarray]:
    """Series (sample, time, feature): dprvi follows the class on both days, pv on the second day only."""
    rng = np.random.default_rng(seed)
    class_id = rng.integers(0, 3, n_sample)
    x = rng.normal(size=(n_sample, 2, 4))
    x[:, :, 0] += 2 * class_id[:, None]
    x[:, 1, 1] += 3 * (class_id == 1)  # neither rising nor falling with the class
    x[..., 3] = 5.0
    return x, class_id


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    x, class_id = planted()
    return boruta(x.reshape(len(x), -1), class_id, names=COLUMNS, seed=1, n_estimators=50, max_iter=40)


def test_columns_are_named_in_the_order_of_reshape() -> None:
    x = np.array([[["a1", "b1", "c1"], ["a2", "b2", "c2"]]])
    names = [f"{feature}{day}" for feature, day in columns_of(["a", "b", "c"], [1, 2])]
    assert x.reshape(1, -1)[0].tolist() == names


def test_planted_features_are_confirmed_and_noise_is_rejected(table: pd.DataFrame) -> None:
    decision = table.set_index(["feature", "day"])["decision"]
    assert decision[decision == CONFIRMED].index.tolist() == [("dprvi", 126), ("dprvi", 138), ("pv", 138)]
    assert (decision[["noise", "constant"]] == REJECTED).all()


def test_importance_is_a_share_of_the_largest(table: pd.DataFrame) -> None:
    assert table["importance"].max() == 1.0
    assert table["importance"].between(0, 1).all()
    confirmed = table["decision"] == CONFIRMED
    assert table["importance"][confirmed].min() > 2 * table["importance"][~confirmed].max()
    assert (table["importance"][table["feature"] == "constant"] == 0).all()


def test_confirmed_has_rank_one_and_only_that(table: pd.DataFrame) -> None:
    np.testing.assert_array_equal(table["rank"] == 1, table["decision"] == CONFIRMED)


def test_the_seed_fixes_the_table_whatever_the_number_of_jobs() -> None:
    x, class_id = planted(n_sample=60)
    arguments = x.reshape(60, -1), class_id
    first = boruta(*arguments, names=COLUMNS, seed=3, n_estimators=10, max_iter=6)
    with joblib.parallel_config("threading", n_jobs=2):
        pd.testing.assert_frame_equal(
            boruta(*arguments, names=COLUMNS, seed=3, n_estimators=10, max_iter=6), first
        )
    other = boruta(*arguments, names=COLUMNS, seed=4, n_estimators=10, max_iter=6)
    assert not other["importance"].equals(first["importance"])


def test_without_time_to_decide_nothing_is_confirmed() -> None:
    """Two rounds can confirm nothing; the package alone would call these columns confirmed."""
    x, class_id = planted()
    strong = x[:, :, 0]
    found = boruta(strong, class_id, names=columns_of(["dprvi"], DAYS), seed=0, n_estimators=20, max_iter=3)
    assert found["decision"].tolist() == [TENTATIVE, TENTATIVE]
    assert complete_features(found) == ()


def test_with_nothing_to_find_nothing_is_confirmed() -> None:
    rng = np.random.default_rng(5)
    found = boruta(
        rng.normal(size=(80, 4)), rng.integers(0, 2, 80), names=columns_of("ab", DAYS), seed=0, **QUICK
    )
    assert CONFIRMED not in found["decision"].tolist()


def test_complete_features_are_confirmed_on_every_day(table: pd.DataFrame) -> None:
    assert complete_features(table) == ("dprvi",)
    assert complete_features(table, min_share=0.5) == ("dprvi", "pv")
    hand = pd.DataFrame(
        {
            "feature": ["b", "a", "b", "a", "c", "c"],
            "day": [1, 1, 2, 2, 1, 2],
            "decision": [CONFIRMED, CONFIRMED, CONFIRMED, CONFIRMED, CONFIRMED, TENTATIVE],
        }
    )
    assert complete_features(hand) == ("b", "a")


def test_bad_tables_and_shares_are_refused(table: pd.DataFrame) -> None:
    with pytest.raises(SchemaError, match=r"no column \['decision'\]"):
        complete_features(table.drop(columns="decision"))
    for share in (0.0, 100.0):
        with pytest.raises(SchemaError, match="min_share"):
            complete_features(table, min_share=share)


def test_bad_input_is_refused() -> None:
    x, class_id = planted(n_sample=20)
    flat = x.reshape(20, -1)
    gap = flat.copy()
    gap[3, 2] = np.nan
    with pytest.raises(SchemaError, match="1 values are missing"):
        boruta(gap, class_id, names=COLUMNS, seed=0)
    with pytest.raises(SchemaError, match="7 different names"):
        boruta(flat, class_id, names=COLUMNS[:7], seed=0)
    with pytest.raises(SchemaError, match="different names"):
        boruta(flat, class_id, names=[COLUMNS[0]] * 8, seed=0)
    with pytest.raises(SchemaError, match=r"x of shape \(20, 2, 4\)"):
        boruta(x, class_id, names=COLUMNS, seed=0)
    with pytest.raises(SchemaError, match="of two classes or more"):
        boruta(flat, np.zeros(20), names=COLUMNS, seed=0)
    with pytest.raises(SchemaError, match="one number for each of 20"):
        boruta(flat, class_id[:9], names=COLUMNS, seed=0)
    for setting in ({"max_iter": 1}, {"n_estimators": 0}, {"alpha": 5.0}):
        with pytest.raises(SchemaError, match="expected 1 or more, 2 or more"):
            boruta(flat, class_id, names=COLUMNS, seed=0, **setting)
