"""Spearman's coefficient against ranks worked by hand, scipy pair by pair, and monotone functions."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from cropnb.features.rank_correlation import spearman_between, spearman_matrix
from cropnb.features.selection import columns_of
from cropnb.schema import SchemaError

DAYS = (126, 138, 150)


def eq_3_12(a: np.ndarray, b: np.ndarray) -> float:
    """Equation (3-12) of the thesis, term by term."""
    top = sum((x - a.mean()) * (y - b.mean()) for x, y in zip(a, b, strict=True))
    return top / (np.sqrt(sum((x - a.mean()) ** 2 for x in a)) * np.sqrt(sum((y - b.mean()) ** 2 for y in b)))


def mean_ranks(values: np.ndarray) -> np.ndarray:
    """Rank from 1; ties get the mean of the ranks they take: smaller ones, and half of the equal ones."""
    return np.array([(values < v).sum() + ((values == v).sum() + 1) / 2 for v in values])


def made_up(seed: int = 0, *, n_sample: int = 40, n_column: int = 6) -> np.ndarray:
    """Correlated columns with ties: whole numbers."""
    rng = np.random.default_rng(seed)
    return np.round(3 * (rng.normal(size=(n_sample, 1)) + rng.normal(size=(n_sample, n_column))))


def test_five_samples_worked_by_hand() -> None:
    """Ranks 1 2 3 4 5 and 2 1 4 3 5: squared differences 1 1 1 1 0, so r_s = 1 - 6 x 4 / (5 x 24) = 0.8."""
    x = np.array([[10, 0.2], [20, 0.1], [30, 7.0], [40, 6.0], [1000, 8.0]])
    found = spearman_matrix(x, names=columns_of(["a", "b"], [1]))
    assert found.coefficient.loc[("a", 1), ("b", 1)] == pytest.approx(0.8, abs=1e-12)
    assert found.n_sample == 5


def test_it_is_equation_3_12_on_ranks_with_ties() -> None:
    x = made_up()
    found = spearman_matrix(x, names=columns_of(["a", "b"], DAYS)).coefficient.to_numpy()
    for i, j in itertools.product(range(6), repeat=2):
        assert found[i, j] == pytest.approx(eq_3_12(mean_ranks(x[:, i]), mean_ranks(x[:, j])), abs=1e-12)
    # On the values themselves the equation is Pearson's: this test can fail.
    assert abs(found[0, 1] - eq_3_12(x[:, 0], x[:, 1])) > 1e-3


@pytest.mark.parametrize("n_column", [1, 2, 3, 6])
def test_it_is_scipy_pair_by_pair(n_column: int) -> None:
    x = made_up(n_column=n_column)
    found = spearman_matrix(x, names=columns_of(["a"], range(n_column)))
    for i, j in itertools.product(range(n_column), repeat=2):
        peer = spearmanr(x[:, i], x[:, j])
        assert found.coefficient.iloc[i, j] == pytest.approx(peer.statistic, abs=1e-12)
        assert found.p_value.iloc[i, j] == pytest.approx(peer.pvalue, abs=1e-12)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_bounds_symmetry_and_diagonal(seed: int) -> None:
    found = spearman_matrix(made_up(seed), names=columns_of(["a", "b"], DAYS))
    r = found.coefficient.to_numpy()
    np.testing.assert_allclose(r, r.T, atol=1e-15)
    np.testing.assert_allclose(np.diag(r), 1.0)
    assert (np.abs(r) <= 1 + 1e-12).all()
    assert found.p_value.to_numpy().min() >= 0
    assert found.p_value.to_numpy().max() <= 1


def test_rising_functions_change_nothing_and_falling_ones_the_sign() -> None:
    x, names = np.random.default_rng(3).uniform(0.1, 5, (30, 2)), columns_of(["a", "b"], [1])
    r = spearman_matrix(x, names=names).coefficient.iloc[0, 1]
    for change, sign in ((np.log10, 1), (np.exp, 1), (np.sqrt, 1), (np.negative, -1), (np.reciprocal, -1)):
        changed = np.column_stack([change(x[:, 0]), x[:, 1]])
        found = spearman_matrix(changed, names=names).coefficient.iloc[0, 1]
        assert found == pytest.approx(sign * r, abs=1e-12)


def test_entropy_and_dprvi_are_one_feature_to_spearman() -> None:
    """Both are functions of m, the degree of polarisation: p = (1 +- m) / 2, DpRVI = 1 - m (1 + m) / 2."""
    m = np.random.default_rng(7).uniform(0.01, 0.99, (200, 3))
    p = np.stack([(1 + m) / 2, (1 - m) / 2])
    entropy, dprvi = -(p * np.log2(p)).sum(axis=0), 1 - m * (1 + m) / 2
    table = spearman_between({"dprvi": dprvi}, {"entropy": entropy, "m": m}, day=DAYS)
    assert table["r_s"].abs().to_numpy() == pytest.approx(1.0)
    assert table.groupby("second")["r_s"].first().to_dict() == pytest.approx({"entropy": 1.0, "m": -1.0})


def test_labels_give_the_block_of_two_features() -> None:
    x = made_up()
    found = spearman_matrix(x, names=columns_of(["dprvi", "entropy"], DAYS)).coefficient
    block = found.loc["dprvi", "entropy"]
    assert block.shape == (3, 3)
    assert block.loc[126, 138] == pytest.approx(spearmanr(x[:, 0], x[:, 3]).statistic)


def test_between_is_the_diagonal_of_the_matrix() -> None:
    x = made_up().reshape(40, 3, 2)
    matrix = spearman_matrix(x.reshape(40, -1), names=columns_of(["a", "b"], DAYS))
    table = spearman_between({"a": x[..., 0]}, {"b": x[..., 1]}, day=DAYS)
    assert table["day"].tolist() == list(DAYS)
    for found, column in ((matrix.coefficient, "r_s"), (matrix.p_value, "p_value")):
        np.testing.assert_allclose(table[column], np.diag(found.loc["a", "b"]), atol=1e-12)


def test_constant_columns_have_no_correlation_and_do_not_warn() -> None:
    x = made_up()
    x[:, 2] = 4.0
    r = spearman_matrix(x, names=columns_of(["a", "b"], DAYS))
    for frame in (r.coefficient, r.p_value):
        missing = frame.isna().to_numpy()
        assert missing[2].all()
        assert missing[:, 2].all()
        assert missing.sum() == 11
    assert spearman_matrix(np.ones((5, 2)), names=columns_of(["a"], [1, 2])).coefficient.isna().all(axis=None)
    table = spearman_between({"a": np.ones((5, 1))}, {"b": np.arange(5.0)[:, None]}, day=[1])
    assert table[["r_s", "p_value"]].isna().all(axis=None)


def test_a_sample_with_a_gap_leaves_the_whole_matrix() -> None:
    x, names = made_up(), columns_of(["a", "b"], DAYS)
    gap = x.copy()
    gap[4, 0], gap[9, 5] = np.nan, np.inf
    found, expected = spearman_matrix(gap, names=names), spearman_matrix(np.delete(x, [4, 9], 0), names=names)
    pd.testing.assert_frame_equal(found.coefficient, expected.coefficient)
    assert found.n_sample == 38


def test_a_sample_with_a_gap_leaves_one_day_of_one_pair() -> None:
    x = made_up().reshape(40, 3, 2)
    gap = x.copy()
    gap[4, 1, 0] = np.nan
    gap[3:, 2, 1] = np.nan
    gap[0, 2, 0] = np.nan
    whole, holed = (spearman_between({"a": v[..., 0]}, {"b": v[..., 1]}, day=DAYS) for v in (x, gap))
    assert holed["n_sample"].tolist() == [40, 39, 2]
    assert holed["r_s"][0] == whole["r_s"][0]
    rest = np.delete(x, 4, 0)[:, 1]
    assert holed["r_s"][1] == pytest.approx(spearmanr(rest[:, 0], rest[:, 1]).statistic)
    assert np.isnan(holed["r_s"][2])  # two samples are no evidence


def test_bad_input_is_refused() -> None:
    x, names = made_up(), columns_of(["a", "b"], DAYS)
    with pytest.raises(SchemaError, match="5 different names"):
        spearman_matrix(x, names=names[:5])
    with pytest.raises(SchemaError, match="0 of 40 samples"):
        spearman_matrix(np.where(np.arange(6) == 2, np.nan, x), names=names)
    with pytest.raises(SchemaError, match="expected one shape"):
        spearman_between({"a": x}, {"b": x[:9]}, day=range(6))
    with pytest.raises(SchemaError, match="for 3 days"):
        spearman_between({"a": x}, {"b": x}, day=DAYS)
    with pytest.raises(SchemaError, match="expected one shape"):
        spearman_between({}, {}, day=DAYS)
