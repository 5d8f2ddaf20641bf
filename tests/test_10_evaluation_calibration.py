"""Calibration: slow counts by hand, known temperatures, and intervals that cover."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from cropnb.evaluation import (
    brier_score,
    calibration_scores,
    equal_mass_edges,
    expected_calibration_error,
    fit_temperature,
    reliability,
    scaled,
)
from cropnb.evaluation.resampling import block_sums
from cropnb.schema import SchemaError

RNG = np.random.default_rng
TREES = np.array([[0.75, 0.25, 0.0], [1.0, 0.0, 0.0], [0.25, 0.25, 0.5], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]])


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def drawn(probability: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A class for each row, drawn from it: the row is calibrated by construction."""
    return (rng.random((len(probability), 1)) > probability.cumsum(axis=1)).sum(axis=1)


def logits_and_truth(n: int, *, temperature: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits of a model that has to be divided by `temperature` to be calibrated."""
    rng = RNG(seed)
    logits = rng.normal(0, 2, (n, 4))
    return logits * temperature, drawn(softmax(logits), rng)


def slow_error(reference: np.ndarray, probability: np.ndarray, edges: list[float]) -> float:
    total = 0.0
    for m, (low, high) in enumerate(itertools.pairwise(edges)):
        members = [
            (max(row), list(row).index(max(row)) == truth)
            for row, truth in zip(probability.tolist(), reference.tolist(), strict=True)
            if low < max(row) <= high or (m == 0 and max(row) == low)
        ]
        if members:
            accuracy = sum(right for _, right in members) / len(members)
            confidence = sum(sure for sure, _ in members) / len(members)
            total += len(members) / len(reference) * abs(accuracy - confidence)
    return total


@pytest.mark.parametrize("n_bin", [1, 4, 10, 15])
def test_the_error_is_the_slow_sum_over_bins(n_bin: int) -> None:
    rng = RNG(n_bin)
    probability = np.vstack([rng.dirichlet([0.5] * 3, 200), TREES])  # trees put confidences on edges
    reference = rng.integers(3, size=len(probability))
    edges = [m / n_bin for m in range(n_bin + 1)]
    found = expected_calibration_error(reference, probability, bins=n_bin)
    assert found == pytest.approx(slow_error(reference, probability, edges))
    uneven = equal_mass_edges(probability, n_bin=n_bin)
    found = expected_calibration_error(reference, probability, bins=uneven)
    assert found == pytest.approx(slow_error(reference, probability, uneven.tolist()))


def test_a_calibrated_model_has_next_to_no_error_and_one_too_sure_has() -> None:
    logits, reference = logits_and_truth(100_000, temperature=2.0)
    assert expected_calibration_error(reference, softmax(logits / 2)) < 0.01
    assert expected_calibration_error(reference, softmax(logits)) > 0.08


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_known_temperature_is_found_and_calibrates_other_samples(temperature: float) -> None:
    logits, reference = logits_and_truth(40_000, temperature=temperature)
    probability = softmax(logits)
    fitted = fit_temperature(reference[:20_000], probability[:20_000], floor=1e-300)
    assert fitted == pytest.approx(temperature, rel=0.04)
    after = scaled(probability[20_000:], fitted)
    assert expected_calibration_error(reference[20_000:], after) < 0.012
    np.testing.assert_array_equal(after.argmax(axis=1), logits[20_000:].argmax(axis=1))


def test_no_other_temperature_has_a_smaller_loss() -> None:
    logits, reference = logits_and_truth(500, temperature=1.7, seed=3)
    probability = softmax(logits)
    fitted = fit_temperature(reference, probability, floor=1e-300)
    others = np.array([0.97, 0.999, 1.001, 1.03]) * fitted
    least, *losses = (log_loss(reference, softmax(logits / t)) for t in (fitted, *others))
    assert least < min(losses)


def test_logarithms_of_probabilities_do_as_logits() -> None:
    logits = RNG(1).normal(0, 3, (50, 5)) + 7.0  # whatever is added to all classes cancels
    for temperature in (0.5, 3.0):
        found = scaled(softmax(logits), temperature, floor=1e-300)
        np.testing.assert_allclose(found, softmax(logits / temperature), rtol=1e-9)


def test_temperature_one_changes_nothing_but_what_lies_below_the_floor() -> None:
    np.testing.assert_allclose(scaled(TREES, 1.0), TREES, atol=3e-6)
    np.testing.assert_allclose(scaled(TREES, 1.0, floor=1 / 8)[1], np.array([8, 1, 1]) / 10)


def test_votes_of_a_forest_with_zeros_have_a_temperature() -> None:
    rng = RNG(5)
    share = rng.dirichlet([1.0] * 4, 2000)
    votes = rng.multinomial(20, share**3 / (share**3).sum(axis=1, keepdims=True)) / 20  # too sure
    reference = drawn(share, rng)
    assert (votes[np.arange(2000), reference] == 0).sum() > 100
    fitted = fit_temperature(reference, votes, floor=1 / 40)
    after = scaled(votes, fitted, floor=1 / 40)
    assert fitted > 1.5
    np.testing.assert_allclose(after.sum(axis=1), 1)
    assert expected_calibration_error(reference, after) < 0.5 * expected_calibration_error(reference, votes)
    assert fit_temperature(reference, votes, floor=1e-9) > 2 * fitted  # zeros taken at their word


def test_a_model_that_is_always_right_is_made_as_sure_as_allowed() -> None:
    assert fit_temperature([0, 1], [[0.9, 0.1], [0.2, 0.8]]) == pytest.approx(0.05, rel=0.01)


def test_a_missing_pixel_stays_missing() -> None:
    cube = np.array([[[0.5, 0.5], [np.nan, np.nan]]])
    assert np.isnan(scaled(cube, 2.0)[0, 1]).all()
    np.testing.assert_allclose(scaled(cube, 2.0)[0, 0], 0.5)


def test_brier_of_two_classes_is_twice_scikit_learns() -> None:
    rng = RNG(2)
    probability = rng.dirichlet([1, 1], 300)
    reference = rng.integers(2, size=300)
    assert brier_score(reference, probability) == pytest.approx(
        2 * brier_score_loss(reference, probability[:, 1])
    )
    assert brier_score([0, 3], np.full((2, 4), 0.25)) == pytest.approx(1 - 1 / 4)


def test_bins_of_the_diagram_hold_all_samples_and_empty_ones_stay() -> None:
    logits, reference = logits_and_truth(600, temperature=1.0)
    probability = softmax(logits)
    table = reliability(reference, probability, bins=10, block=np.arange(600) // 20, rng=RNG(0))
    confidence, right = probability.max(axis=1), probability.argmax(axis=1) == reference
    assert table.n_sample.sum() == 600
    assert table.n_sample.tolist()[:2] == [0, 0]  # of four classes the highest has 0.25 at least
    assert table.loc[:1, ["confidence", "accuracy", "low", "high"]].isna().all(axis=None)
    for row in table[table.n_sample > 0].itertuples():
        members = (confidence > row.bin_low) & (confidence <= row.bin_high)
        assert row.n_sample == members.sum()
        assert row.confidence == pytest.approx(confidence[members].mean())
        assert row.accuracy == pytest.approx(right[members].mean())
        assert row.low <= row.accuracy <= row.high


def test_bins_of_equal_mass_hold_equally_many_unless_confidences_are_shared() -> None:
    probability = softmax(RNG(0).normal(0, 2, (1000, 3)))
    edges = equal_mass_edges(probability, n_bin=8)
    assert np.histogram(probability.max(axis=1), edges)[0].tolist() == [125] * 8
    assert equal_mass_edges(np.tile([0.5, 0.25, 0.25], (9, 1)), n_bin=5).tolist() == [0, 0.5, 1]
    assert equal_mass_edges(np.tile([1.0, 0.0], (9, 1)), n_bin=5).tolist() == [0, 1]


def clustered(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Confidences 0.6, 0.8, 0.95 of two classes; on average right in 0.5, 0.7, 0.9, more or less by block."""
    block = np.repeat(np.arange(40), 30)
    level = rng.integers(3, size=block.size)
    confidence, accuracy = np.array([0.6, 0.8, 0.95])[level], np.array([0.5, 0.7, 0.9])[level]
    right = rng.random(block.size) < accuracy + rng.uniform(-0.1, 0.1, 40)[block]
    return np.where(right, 0, 1), np.c_[confidence, 1 - confidence], block


def test_the_interval_covers_the_true_error() -> None:
    true, trials, hits = (0.1 + 0.1 + 0.05) / 3, 200, 0
    for trial in range(trials):
        reference, probability, block = clustered(RNG([1, trial]))
        row = calibration_scores(reference, probability, block=block, rng=RNG(trial), n_resample=200).iloc[0]
        hits += row.low <= true <= row.high
    assert hits / trials >= 0.92  # nominal 0.95, standard error 0.015; cautious


def test_chance_alone_leaves_the_lower_end_at_zero() -> None:
    found = []
    for trial in range(100):
        logits, reference = logits_and_truth(900, temperature=1.0, seed=trial)
        block = np.arange(900) // 30
        table = calibration_scores(reference, softmax(logits), block=block, rng=RNG(trial), n_resample=200)
        found.append(table.iloc[0])
    assert np.mean([row.low > 0 for row in found]) <= 0.08  # nominal 0.025, standard error 0.016
    assert np.mean([row.value for row in found]) > 0.02  # which percentiles of resamples would call certain


def test_scores_are_those_of_the_single_functions_and_hold_their_intervals() -> None:
    reference, probability, block = clustered(RNG(0))
    table = calibration_scores(reference, probability, block=block, rng=RNG(1), bins=10).set_index("metric")
    error = expected_calibration_error(reference, probability, bins=10)
    assert table.value["expected_calibration_error"] == pytest.approx(error)
    assert table.value["brier_score"] == pytest.approx(brier_score(reference, probability))
    assert (table.low < table.value).all()
    assert (table.value < table.high).all()
    assert table.method["brier_score"] == "percentile bootstrap over 40 blocks"


def test_sums_of_blocks_are_those_of_a_loop() -> None:
    values, block = RNG(0).normal(size=(50, 2)), RNG(1).integers(5, size=50) * 3
    found = block_sums(values, block)
    for row, name in zip(found, sorted(set(block.tolist())), strict=True):
        np.testing.assert_allclose(row, sum(values[i] for i in range(50) if block[i] == name))


@pytest.mark.parametrize(
    ("reference", "probability", "message"),
    [
        ([0, 1], [[0.5, 0.5]], r"reference \(2,\), probability \(1, 2\).*same samples"),
        ([], np.zeros((0, 2)), "one at least"),
        ([2], [[0.5, 0.5]], "expected 0 to 1"),
        ([-1], [[0.5, 0.5]], "Leave void samples out"),
        ([0], [[2.0, -1.0]], "1 rows of probability are none.*softmax"),
        ([0], [[np.nan, np.nan]], "leave missing rows out"),
        ([0.0], [[0.5, 0.5]], "float64"),
    ],
)
def test_what_is_no_distribution_is_refused(reference: list, probability: list, message: str) -> None:
    for function in (expected_calibration_error, brier_score, fit_temperature):
        with pytest.raises(SchemaError, match=message):
            function(reference, probability)


def test_settings_out_of_range_are_refused() -> None:
    for bins, message in ((0, "bins 0"), ([0.2, 1.0], "from 0 to 1"), ([0, 0.5, 0.5, 1], "rise from 0 to 1")):
        with pytest.raises(SchemaError, match=message):
            expected_calibration_error([0], [[0.5, 0.5]], bins=bins)
    with pytest.raises(SchemaError, match="temperature 0"):
        scaled([0.5, 0.5], 0.0)
    with pytest.raises(SchemaError, match=r"floor 0\.5; expected above 0 and below 1 / 2"):
        scaled([0.5, 0.5], 1.0, floor=0.5)
    with pytest.raises(SchemaError, match="1 block"):
        calibration_scores([0, 0], [[0.5, 0.5]] * 2, block=[3, 3], rng=RNG(0))
    with pytest.raises(SchemaError, match="n_bin 0"):
        equal_mass_edges([[0.5, 0.5]], n_bin=0)
