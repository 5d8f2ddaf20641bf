"""Metrics against scikit-learn, a matrix worked out by hand, and their limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as oracle

from cropnb.evaluation import (
    confusion_matrix,
    f1_per_class,
    iou,
    kappa,
    macro_f1,
    mean_iou,
    overall_accuracy,
    producers_accuracy,
    users_accuracy,
)
from cropnb.schema import SchemaError

PER_CLASS = (f1_per_class, iou, producers_accuracy, users_accuracy)
OVERALL = (overall_accuracy, kappa, macro_f1, mean_iou)

# Worked out by hand: 20 samples, rows are the reference.
#           maize soy wheat | row
#   maize     6    2    0   |  8
#   soy       1    5    1   |  7
#   wheat     0    1    4   |  5
#   column    7    8    5   | 20
HAND = np.array([[6, 2, 0], [1, 5, 1], [0, 1, 4]])


def pairs(seed: int, n: int = 500, n_class: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    reference = rng.integers(n_class, size=n)
    right = rng.random(n) < 0.6
    return reference, np.where(right, reference, rng.integers(n_class, size=n))


def test_overall_numbers_of_the_matrix_worked_by_hand() -> None:
    assert overall_accuracy(HAND) == pytest.approx(15 / 20)
    # chance agreement: (8*7 + 7*8 + 5*5) / 400 = 137 / 400
    assert kappa(HAND) == pytest.approx((0.75 - 137 / 400) / (1 - 137 / 400))
    assert macro_f1(HAND) == pytest.approx((12 / 15 + 10 / 15 + 8 / 10) / 3)
    assert mean_iou(HAND) == pytest.approx((6 / 9 + 5 / 10 + 4 / 6) / 3)


def test_numbers_per_class_of_the_matrix_worked_by_hand() -> None:
    np.testing.assert_allclose(producers_accuracy(HAND), [6 / 8, 5 / 7, 4 / 5])
    np.testing.assert_allclose(users_accuracy(HAND), [6 / 7, 5 / 8, 4 / 5])
    np.testing.assert_allclose(f1_per_class(HAND), [12 / 15, 10 / 15, 8 / 10])
    np.testing.assert_allclose(iou(HAND), [6 / 9, 5 / 10, 4 / 6])


@pytest.mark.parametrize("seed", range(5))
def test_all_metrics_agree_with_scikit_learn(seed: int) -> None:
    reference, prediction = pairs(seed)
    matrix = confusion_matrix(reference, prediction, n_class=5)
    np.testing.assert_array_equal(matrix, oracle.confusion_matrix(reference, prediction))
    assert overall_accuracy(matrix) == pytest.approx(oracle.accuracy_score(reference, prediction))
    assert kappa(matrix) == pytest.approx(oracle.cohen_kappa_score(reference, prediction))
    assert macro_f1(matrix) == pytest.approx(oracle.f1_score(reference, prediction, average="macro"))
    assert mean_iou(matrix) == pytest.approx(oracle.jaccard_score(reference, prediction, average="macro"))
    np.testing.assert_allclose(f1_per_class(matrix), oracle.f1_score(reference, prediction, average=None))
    np.testing.assert_allclose(iou(matrix), oracle.jaccard_score(reference, prediction, average=None))
    np.testing.assert_allclose(
        producers_accuracy(matrix), oracle.recall_score(reference, prediction, average=None)
    )
    np.testing.assert_allclose(
        users_accuracy(matrix), oracle.precision_score(reference, prediction, average=None)
    )


def test_macro_means_with_an_absent_class_agree_with_scikit_learn() -> None:
    reference, prediction = pairs(7)
    matrix = confusion_matrix(reference, prediction, n_class=9)  # four classes that nobody names
    assert macro_f1(matrix) == pytest.approx(oracle.f1_score(reference, prediction, average="macro"))
    assert mean_iou(matrix) == pytest.approx(oracle.jaccard_score(reference, prediction, average="macro"))


def test_a_perfect_prediction_scores_one_everywhere() -> None:
    matrix = np.diag([3, 1, 8])
    for metric in (*OVERALL, *PER_CLASS):
        np.testing.assert_array_equal(metric(matrix), 1.0)


def test_a_constant_prediction_has_kappa_zero() -> None:
    reference, _ = pairs(3)
    matrix = confusion_matrix(reference, np.zeros_like(reference), n_class=5)
    assert kappa(matrix) == pytest.approx(0.0, abs=1e-12)
    assert overall_accuracy(matrix) == pytest.approx(np.mean(reference == 0))


def test_kappa_is_undefined_where_all_is_one_class() -> None:
    assert np.isnan(kappa([[7, 0], [0, 0]]))


def test_a_class_in_neither_is_nan_and_leaves_the_macro_mean_alone() -> None:
    with_absent = np.pad(HAND, (0, 1))
    for metric in PER_CLASS:
        assert np.isnan(metric(with_absent)[3])
    assert macro_f1(with_absent) == macro_f1(HAND)
    assert mean_iou(with_absent) == mean_iou(HAND)


def test_a_class_never_predicted_counts_as_zero_in_the_macro_mean() -> None:
    matrix = [[4, 0], [2, 0]]
    np.testing.assert_allclose(f1_per_class(matrix), [0.8, 0.0])
    assert macro_f1(matrix) == pytest.approx(0.4)
    assert np.isnan(users_accuracy(matrix)[1])
    assert producers_accuracy(matrix)[1] == 0.0


def test_no_samples_give_nan_without_a_warning() -> None:
    matrix = confusion_matrix(np.array([], dtype=int), np.array([], dtype=int), n_class=3)
    for metric in (*OVERALL, *PER_CLASS):
        assert np.isnan(metric(matrix)).all()


@pytest.mark.parametrize("metric", [*OVERALL, *PER_CLASS])
def test_leading_dims_are_kept(metric) -> None:
    stack = np.random.default_rng(0).integers(0, 9, (2, 4, 3, 3))
    loop = [[metric(matrix) for matrix in row] for row in stack]
    np.testing.assert_array_equal(metric(stack), loop)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_the_matrix_counts_every_sample_once(samples: list[tuple[int, int]]) -> None:
    reference, prediction = np.array(samples).T
    matrix = confusion_matrix(reference, prediction, n_class=4)
    assert matrix.sum() == len(samples)
    np.testing.assert_array_equal(matrix.sum(1), np.bincount(reference, minlength=4))
    np.testing.assert_array_equal(matrix.sum(0), np.bincount(prediction, minlength=4))
    np.testing.assert_array_equal(matrix.T, confusion_matrix(prediction, reference, n_class=4))


@pytest.mark.parametrize(
    ("reference", "prediction", "message"),
    [
        ([0, -1], [0, 0], r"reference holds \[-1\].*void"),
        ([0, 1], [0, 3], r"prediction holds \[3\]; expected 0 to 2"),
        ([0, 1], [0.0, 1.0], "prediction has dtype float64.*argmax"),
        ([0, 1], [0], r"\(2,\), prediction \(1,\)"),
        ([[0, 1]], [[0, 1]], "flattened"),
    ],
)
def test_bad_ids_are_named_with_the_remedy(reference: list, prediction: list, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        confusion_matrix(reference, prediction, n_class=3)


def test_a_matrix_that_is_not_square_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"\(2, 3\).*Use confusion_matrix"):
        kappa(np.ones((2, 3)))


def test_the_number_of_one_matrix_is_a_number_that_tables_take() -> None:
    for metric in OVERALL:
        assert isinstance(metric(HAND), float)
