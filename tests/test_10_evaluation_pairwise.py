"""Pairs of models: differences, tests that hold their level, and what several seeds do not prove."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, f1_score

from cropnb.evaluation import compare_models, holm, mcnemar
from cropnb.evaluation.pairwise import pooled_p_value
from cropnb.schema import SchemaError

RNG = np.random.default_rng
N_BLOCK = 30
BLOCK = np.repeat(np.arange(N_BLOCK), 10)
REFERENCE = RNG(0).integers(3, size=BLOCK.size)


def frame(accuracy: np.ndarray | float, *, rng: np.random.Generator, n_seed: int = 3) -> pd.DataFrame:
    """Predictions of a model that is right as often as `accuracy` says, for all samples or each of them."""
    parts = []
    for seed in range(n_seed):
        right = rng.random(BLOCK.size) < accuracy
        prediction = np.where(right, REFERENCE, (REFERENCE + rng.integers(1, 3, BLOCK.size)) % 3)
        columns = {"sample": np.arange(BLOCK.size), "reference": REFERENCE, "prediction": prediction}
        parts.append(pd.DataFrame({"seed": seed, **columns}))
    return pd.concat(parts, ignore_index=True)


def compared(predictions: dict, pairs: list, *, seed: int = 0, **options: int) -> pd.DataFrame:
    settings = {"n_class": 3, "n_resample": 400, **options}
    return compare_models(predictions, pairs, block=BLOCK, rng=RNG(seed), **settings)


MODELS = {"a": frame(0.8, rng=RNG(1)), "b": frame(0.7, rng=RNG(2)), "c": frame(0.7, rng=RNG(3))}


def test_differences_are_those_of_scikit_learn() -> None:
    table = compared(MODELS, [("a", "b"), ("b", "c")])
    for row in table.itertuples():
        one, two = MODELS[row.first], MODELS[row.second]
        for name, score in (
            ("accuracy", accuracy_score),
            ("f1", lambda truth, guess: f1_score(truth, guess, average="macro")),
        ):
            expected = score(one.reference, one.prediction) - score(two.reference, two.prediction)
            assert getattr(row, f"{name}_difference") == pytest.approx(expected)
            assert getattr(row, f"{name}_low") < expected < getattr(row, f"{name}_high")
    assert (table.n_seed.tolist(), table.n_sample.tolist(), table.n_block.tolist()) == (
        [3, 3],
        [300, 300],
        [30, 30],
    )
    per_seed = [
        m.groupby("seed").apply(lambda t: (t.reference == t.prediction).mean()) for m in MODELS.values()
    ]
    assert table.seed_sd[0] == pytest.approx((per_seed[0] - per_seed[1]).std())


def test_a_difference_is_found_and_none_is_not() -> None:
    table = compared(MODELS, [("a", "b"), ("b", "c")])
    assert table.accuracy_low[0] > 0
    assert table[["p_mcnemar", "p_block"]].max(axis=1)[0] < 0.05
    assert table.accuracy_low[1] < 0 < table.accuracy_high[1]
    assert table[["p_mcnemar", "p_block"]].min(axis=1)[1] > 0.05


def test_the_order_of_rows_does_not_matter_and_exchanged_names_change_the_sign() -> None:
    shuffled = {name: table.sample(frac=1, random_state=4) for name, table in MODELS.items()}
    there, same = compared(MODELS, [("a", "b")]), compared(shuffled, [("a", "b")])
    pd.testing.assert_frame_equal(there, same)
    back = compared(MODELS, [("b", "a")])
    assert back.accuracy_difference[0] == pytest.approx(-there.accuracy_difference[0])
    assert (back.n_only_first[0], back.p_mcnemar[0]) == (there.n_only_second[0], there.p_mcnemar[0])


def test_one_seed_gives_the_plain_test_and_the_same_seed_thrice_no_more_proof() -> None:
    one = {name: table[table.seed == 0] for name, table in MODELS.items()}
    thrice = {name: pd.concat([table.assign(seed=seed) for seed in range(3)]) for name, table in one.items()}
    plain = mcnemar(REFERENCE, one["a"].prediction, one["b"].prediction)
    single, repeated = compared(one, [("a", "b")]), compared(thrice, [("a", "b")])
    assert single.p_mcnemar[0] == plain.p_value
    assert np.isnan(single.seed_sd[0])
    assert repeated.p_mcnemar[0] == pytest.approx(1.5 * plain.p_value)
    assert repeated.p_block[0] == single.p_block[0]
    counts = ["n_only_first", "n_only_second", "accuracy_difference", "accuracy_low", "accuracy_high"]
    np.testing.assert_allclose(repeated[counts], single[counts])
    assert single.n_only_first[0] == plain.n_only_first


def test_the_exchange_of_blocks_is_that_of_all_exchanges() -> None:
    few = BLOCK < 8
    one, two = (MODELS[name][np.tile(few, 3)] for name in ("a", "b"))
    right = [(t.reference == t.prediction).groupby(BLOCK[t["sample"]]).sum().to_numpy() for t in (one, two)]
    difference = right[0] - right[1]
    sums = [abs(sum(np.multiply(signs, difference))) for signs in itertools.product([-1, 1], repeat=8)]
    exact = np.mean(np.array(sums) >= abs(difference.sum()))
    found = compared({"a": one, "b": two}, [("a", "b")], n_resample=20_000).p_block[0]
    assert found == pytest.approx(exact, abs=0.012)


def test_blocks_keep_the_level_where_single_samples_do_not() -> None:
    trials, wrong = 150, {"p_block": 0, "p_mcnemar": 0}
    for trial in range(trials):
        rng = RNG([7, trial])
        # Two models of equal accuracy, each with blocks that suit it.
        models = {name: frame(rng.beta(2, 1, N_BLOCK)[BLOCK], rng=rng, n_seed=1) for name in "ab"}
        table = compared(models, [("a", "b")], seed=trial, n_resample=199)
        for test in wrong:
            wrong[test] += table[test][0] <= 0.05
    assert wrong["p_block"] / trials <= 0.11  # nominal 0.05, standard error 0.018
    assert wrong["p_mcnemar"] / trials > 0.2


def test_holm_of_a_known_row() -> None:
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm([0.6, 0.5]), [1, 1])
    assert holm([0.2]).tolist() == [0.2]


@pytest.mark.parametrize("seed", range(5))
def test_holm_rejects_what_the_steps_reject(seed: int) -> None:
    p = RNG(seed).beta(0.4, 2, 7).round(2)
    adjusted = holm(p)
    for alpha in (0.011, 0.0501, 0.1007, 0.3003):
        rejected = set()
        for step, i in enumerate(np.argsort(p, kind="stable")):  # the smallest against alpha / m, and so on
            if p[i] > alpha / (p.size - step):
                break
            rejected.add(i)
        assert rejected == set(np.flatnonzero(adjusted <= alpha))


def test_pairs_are_adjusted_together() -> None:
    pairs = [("a", "b"), ("a", "c"), ("b", "c")]
    table = compared(MODELS, pairs)
    for test in ("p_mcnemar", "p_block"):
        np.testing.assert_allclose(table[f"{test}_holm"], holm(table[test]))
        assert (table[f"{test}_holm"] >= table[test]).all()
    assert list(zip(table["first"], table["second"], strict=True)) == pairs


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.99])
def test_the_pooled_p_value_keeps_its_level_at_any_dependence(correlation: float) -> None:
    rng, n = RNG(1), 4000
    common, own = rng.normal(size=(n, 1)), rng.normal(size=(n, 5))
    p = stats.norm.cdf(correlation**0.5 * common + (1 - correlation) ** 0.5 * own)
    pooled = np.array([pooled_p_value(row) for row in p])
    assert np.mean(pooled <= 0.05) <= 0.05 + 0.01
    assert np.mean(pooled <= 0.2) <= 0.2 + 0.015


def test_models_that_do_not_belong_together_are_refused() -> None:
    for change, message in (
        (MODELS["b"][MODELS["b"].seed < 2], "other seeds, samples"),
        (MODELS["b"].assign(reference=0), "references; expected the same"),
        (MODELS["b"].drop(columns="seed"), r"lack \['seed'\]"),
        (pd.concat([MODELS["b"]] * 2), "predicted twice"),
    ):
        with pytest.raises(SchemaError, match=message):
            compared({**MODELS, "b": change}, [("a", "b")])
    with pytest.raises(SchemaError, match=r"no predictions of \['d'\]"):
        compared(MODELS, [("a", "d")])
    with pytest.raises(SchemaError, match="no pair"):
        compared(MODELS, [])
    for function in (holm, pooled_p_value):
        with pytest.raises(SchemaError, match="from 0 to 1"):
            function([0.5, np.nan])
    with pytest.raises(SchemaError, match="no p value"):
        pooled_p_value([])
