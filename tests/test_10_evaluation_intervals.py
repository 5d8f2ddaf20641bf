"""Intervals: coverage on simulated clusters, limits, and scipy's own."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cropnb.evaluation import (
    Interval,
    block_bootstrap,
    block_matrices,
    confusion_matrix,
    f1_per_class,
    kappa,
    macro_f1,
    mcnemar,
    overall_accuracy,
    paired_interval,
    seed_interval,
)
from cropnb.schema import SchemaError


def clustered(rng: np.random.Generator, *, n_block: int = 30, n_each: int = 12) -> tuple[np.ndarray, ...]:
    """Two classes; each block has its own accuracy, on average 0.7 (simulated)."""
    accuracy = rng.beta(1.4, 0.6, n_block)
    block = np.repeat(np.arange(n_block), n_each)
    reference = rng.integers(2, size=block.size)
    right = rng.random(block.size) < accuracy[block]
    return reference, np.where(right, reference, 1 - reference), block


def bootstrap(reference, prediction, block, *, seed: int = 0, **options) -> Interval:
    settings = {"n_class": 2, "statistic": overall_accuracy, "n_resample": 500} | options
    return block_bootstrap(reference, prediction, block, rng=np.random.default_rng(seed), **settings)


def test_the_block_bootstrap_covers_and_the_sample_bootstrap_does_not() -> None:
    hits = {"block": 0, "sample": 0}
    n_trial = 150
    for trial in range(n_trial):
        reference, prediction, block = clustered(np.random.default_rng([1, trial]))
        for name, unit in (("block", block), ("sample", np.arange(block.size))):
            interval = bootstrap(reference, prediction, unit, level=0.9, n_resample=200, seed=trial)
            hits[name] += interval.low <= 0.7 <= interval.high
    assert 0.83 <= hits["block"] / n_trial <= 0.95  # nominal 0.90, standard error 0.025
    assert hits["sample"] / n_trial < 0.75


def test_blocks_of_equal_size_give_the_spread_of_block_means() -> None:
    reference, prediction, block = clustered(np.random.default_rng(5), n_block=60)
    means = (reference == prediction).reshape(60, -1).mean(1)
    interval = bootstrap(reference, prediction, block, n_resample=20_000)
    # Standard deviation of a mean of 60 draws with replacement from these 60 means; the rest is normal.
    half = 1.96 * means.std() / np.sqrt(60)
    assert interval.estimate == pytest.approx(means.mean())
    assert interval.high - interval.low == pytest.approx(2 * half, rel=0.05)


def test_the_sum_over_blocks_is_the_matrix_of_all_samples() -> None:
    reference, prediction, block = clustered(np.random.default_rng(2))
    matrices = block_matrices(reference, prediction, block * 7 - 3, n_class=2)
    np.testing.assert_array_equal(matrices.sum(0), confusion_matrix(reference, prediction, n_class=2))
    np.testing.assert_array_equal(
        matrices[4], confusion_matrix(reference[block == 4], prediction[block == 4], n_class=2)
    )


def test_a_perfect_model_has_an_interval_of_no_width() -> None:
    reference, _, block = clustered(np.random.default_rng(0))
    interval = bootstrap(reference, reference, block)
    assert (interval.low, interval.estimate, interval.high) == (1.0, 1.0, 1.0)
    assert interval.n == 30
    assert "30 blocks" in interval.method


def test_the_order_of_samples_and_the_names_of_blocks_do_not_matter() -> None:
    reference, prediction, block = clustered(np.random.default_rng(3))
    order = np.random.default_rng(4).permutation(block.size)
    plain = bootstrap(reference, prediction, block, statistic=kappa)
    assert plain == bootstrap(reference[order], prediction[order], 1000 + 5 * block[order], statistic=kappa)
    assert plain != bootstrap(reference, prediction, block, statistic=kappa, seed=1)


def test_resampling_in_pieces_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reference, prediction, block = clustered(np.random.default_rng(3))
    whole = bootstrap(reference, prediction, block, statistic=macro_f1)
    monkeypatch.setattr("cropnb.evaluation.resampling._MOST_WEIGHTS", 30 * 70)
    assert bootstrap(reference, prediction, block, statistic=macro_f1) == whole


def test_a_wider_level_gives_a_wider_interval() -> None:
    reference, prediction, block = clustered(np.random.default_rng(3))
    narrow, wide = (bootstrap(reference, prediction, block, level=level) for level in (0.5, 0.99))
    assert wide.low < narrow.low < narrow.estimate < narrow.high < wide.high


def test_undefined_resamples_are_left_out_and_counted() -> None:
    reference = np.array([0, 0, 0, 0, 1, 0])  # class 1 lives in one block of three
    interval = bootstrap(
        reference, reference, [0, 0, 1, 1, 2, 2], statistic=lambda m: f1_per_class(m)[..., 1]
    )
    assert (interval.low, interval.high) == (1.0, 1.0)
    n_undefined = int(interval.method.split("undefined in ")[1].split()[0])
    assert n_undefined / 500 == pytest.approx((2 / 3) ** 3, abs=0.08)


def test_a_statistic_undefined_everywhere_gives_nan() -> None:
    interval = bootstrap([0, 0, 0], [0, 0, 0], [0, 1, 2], statistic=lambda m: f1_per_class(m)[..., 1])
    assert np.isnan([interval.estimate, interval.low, interval.high]).all()
    assert not interval.excludes_zero


@pytest.mark.parametrize(
    ("block", "options", "message"),
    [
        ([3, 3, 3], {}, "1 block; expected at least 2"),
        ([0, 1], {}, r"shape \(2,\) for 3 samples"),
        ([0, 1, 2], {"level": 95}, "level 95; expected between 0 and 1"),
        ([0, 1, 2], {"n_resample": 10}, "n_resample 10; expected at least 40"),
        ([0, 1, 2], {"statistic": f1_per_class}, r"gives \(2,\) per matrix.*Pick a class"),
    ],
)
def test_what_makes_no_interval_is_refused(block: list, options: dict, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        bootstrap([0, 1, 1], [0, 1, 0], block, **options)


def test_pairing_removes_what_blocks_share() -> None:
    rng = np.random.default_rng(8)
    reference, prediction, block = clustered(rng, n_block=40, n_each=25)
    worse = np.where(rng.random(block.size) < 0.06, 1 - reference, prediction)  # a little worse everywhere
    first, second = (block_matrices(reference, p, block, n_class=2) for p in (prediction, worse))
    paired = paired_interval(first, second, statistic=overall_accuracy, rng=np.random.default_rng(0))
    alone = bootstrap(reference, prediction, block)
    assert paired.estimate == pytest.approx(np.mean(prediction == reference) - np.mean(worse == reference))
    assert paired.excludes_zero
    assert paired.high - paired.low < 0.5 * (alone.high - alone.low)


def test_a_model_does_not_differ_from_itself() -> None:
    matrices = block_matrices(*clustered(np.random.default_rng(0)), n_class=2)
    interval = paired_interval(matrices, matrices, statistic=kappa, rng=np.random.default_rng(0))
    assert (interval.low, interval.estimate, interval.high) == (0.0, 0.0, 0.0)


def test_pairing_other_samples_is_refused() -> None:
    matrices = block_matrices(*clustered(np.random.default_rng(0)), n_class=2)
    with pytest.raises(SchemaError, match="the same samples"):
        paired_interval(matrices, matrices[::-1], statistic=kappa, rng=np.random.default_rng(0))


def test_the_seed_interval_is_that_of_scipy() -> None:
    values = np.random.default_rng(0).normal(0.7, 0.02, 6)
    low, high = stats.ttest_1samp(values, 0.0).confidence_interval(0.9)
    interval = seed_interval(values, level=0.9)
    assert (interval.low, interval.high) == pytest.approx((low, high))
    assert (interval.estimate, interval.n) == (pytest.approx(values.mean()), 6)


def test_equal_seeds_give_no_width() -> None:
    interval = seed_interval([0.5, 0.5, 0.5])
    assert (interval.low, interval.high) == (0.5, 0.5)


@pytest.mark.parametrize("values", [[0.7], [], [0.7, np.nan], [[0.7, 0.8]]])
def test_too_few_or_missing_seeds_are_refused(values: list) -> None:
    with pytest.raises(SchemaError, match="Run more seeds"):
        seed_interval(values)


def test_mcnemar_is_the_binomial_test_of_the_disagreements() -> None:
    reference = np.zeros(30, dtype=int)
    first, second = reference.copy(), reference.copy()
    first[:2], second[2:10] = 1, 1  # 2 only the second has right, 8 only the first
    outcome = mcnemar(reference, first, second)
    assert (outcome.n_only_first, outcome.n_only_second) == (8, 2)
    # Two-sided: outcomes as far from 5 of 10 as 8, by the binomial coefficients: 2 * (45 + 10 + 1) / 1024.
    assert outcome.p_value == pytest.approx(2 * 56 / 1024)


def test_mcnemar_without_a_disagreement_has_p_one() -> None:
    assert mcnemar([0, 1], [0, 0], [0, 0]).p_value == 1.0


def test_mcnemar_refuses_other_samples() -> None:
    with pytest.raises(SchemaError, match="Predict the same samples"):
        mcnemar([0, 1], [0, 1], [0])
