"""Models compared in pairs, over several seeds: how much they differ, and whether chance would do as much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cropnb.evaluation.comparisons import mcnemar
from cropnb.evaluation.confusion import IntArray, block_matrices
from cropnb.evaluation.intervals import paired_interval
from cropnb.evaluation.metrics import macro_f1, overall_accuracy
from cropnb.evaluation.scores import check_predictions
from cropnb.schema import require

Floats = NDArray[np.float64]


def compare_models(
    predictions: Mapping[str, pd.DataFrame],
    pairs: Sequence[tuple[str, str]],
    *,
    block: ArrayLike,
    n_class: int,
    rng: np.random.Generator,
    n_resample: int = 2000,
) -> pd.DataFrame:
    """Difference of two models in overall accuracy and macro F1, pair by pair, with intervals and tests.

    Parameters
    ----------
    predictions : mapping of str to DataFrame (prediction, column) [1]
        For each model `seed`, `sample`, `reference`, `prediction`, one row per seed and sample; the models of
        a pair with the same seeds and samples.
    pairs : sequence of tuple (pair,) [1]
        Names of the first and the second model: the difference is first less second.
    block : ndarray (sample,) [1]
        Block of each sample, by its number in `predictions`.
    n_class : int () [count]
        Number of classes.
    rng : Generator () [1]
        Source of the draws.
    n_resample : int () [count]
        How often to draw, for each interval and test.

    Returns
    -------
    DataFrame (pair, column) [1]
        `first`, `second`; `accuracy_difference`, `accuracy_low`, `accuracy_high`; `f1_difference`, `f1_low`,
        `f1_high`: with the 0.95 interval of `paired_interval`, all seeds in one matrix; `seed_sd`: standard
        deviation over seeds of the difference in accuracy, NaN for one seed; `n_only_first`, `n_only_second`:
        samples that just one model has right, mean over seeds; `p_mcnemar`, `p_block` and, adjusted for the
        number of pairs by `holm`, `p_mcnemar_holm`, `p_block_holm`; `n_seed`, `n_sample`, `n_block`.

    Raises
    ------
    SchemaError
        If there is no pair, a model is not in `predictions`, the two of a pair have other seeds, samples or
        references, a column is missing, or there are fewer than two blocks.

    Notes
    -----
    `p_mcnemar`: the exact test seed by seed. The seeds share their samples, so that neither may the counts be
    added up nor the p values be multiplied; they are pooled by `pooled_p_value`. The test takes samples as
    independent: with fields in blocks it is too sure of itself. `p_block` is not: it asks how often the
    difference would be as large, either way, if in each block the names of the two models were exchanged by
    the toss of a coin. With n blocks it is 2 / 2^n at least. Read it, and the intervals, first.

    References
    ----------
    [McNemar1947], [Efron1993], [Holm1979], [Meinshausen2009]
    """
    require(len(pairs) > 0, "compare_models: no pair; expected one or more. Name two models each.")
    names = sorted({name for pair in pairs for name in pair})
    lacking = [name for name in names if name not in predictions]
    require(
        not lacking,
        f"compare_models: no predictions of {lacking}; there are those of {sorted(predictions)}. Add them.",
    )
    tables = {name: _by_seed(predictions[name]) for name in names}
    rows = []
    for first, second in pairs:
        a, b = tables[first], tables[second]
        require(
            a.index.equals(b.index) and bool((a["reference"] == b["reference"]).all()),
            f"compare_models: {first} and {second} have other seeds, samples or references; expected the "
            "same. Take both from the same folds and seeds.",
        )
        numbers = _compared(a, b, block=block, n_class=n_class, rng=rng, n_resample=n_resample)
        rows.append({"first": first, "second": second, **numbers})
    table = pd.DataFrame(rows)
    for test in ("p_mcnemar", "p_block"):
        table.insert(table.columns.get_loc(test) + 1, f"{test}_holm", holm(table[test]))
    return table


def holm(p_values: ArrayLike) -> Floats:
    r"""P values adjusted for the number of tests, by Holm's steps.

    .. math::
        \tilde{p}_{(i)} = \max_{j \le i} \min(1, (m - j + 1) \, p_{(j)})

    where :math:`p_{(1)} \le \dots \le p_{(m)}` are `p_values` in rising order.

    Parameters
    ----------
    p_values : ndarray (test,) [1]
        Of all tests that one would have reported.

    Returns
    -------
    ndarray (test,) [1]
        In the order given. To call those below 0.05 different is wrong anywhere in 1 of 20 tables at most.

    Raises
    ------
    SchemaError
        If one is not between 0 and 1.

    References
    ----------
    [Holm1979]

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    p = _checked_p_values(p_values, "holm")
    order = np.argsort(p, kind="stable")
    steps = np.arange(p.size, 0, -1) * p[order]
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def pooled_p_value(p_values: ArrayLike) -> float:
    r"""One p value from those of the same test on dependent data, such as one per seed on the same samples.

    .. math::
        p = \min \left( 1, \frac{m}{k} p_{(k)} \right), \quad k = \lceil m / 2 \rceil

    where :math:`p_{(k)}` is the k-th smallest of the m `p_values`: their (lower) median, nearly doubled.

    Parameters
    ----------
    p_values : ndarray (test,) [1]
        Dependent on each other in any way.

    Returns
    -------
    float () [1]
        For one p value, itself. Cautious: right at any dependence, and so too large at most.

    Raises
    ------
    SchemaError
        If there is none, or one is not between 0 and 1.

    References
    ----------
    [Meinshausen2009]

    Examples
    --------
    >>> pooled_p_value([0.01, 0.02, 0.9])
    0.03
    """
    p = np.sort(_checked_p_values(p_values, "pooled_p_value"))
    require(p.size > 0, "pooled_p_value: no p value; expected one or more. Run a seed.")
    k = (p.size + 1) // 2
    return float(min(1.0, p.size / k * p[k - 1]))


def _by_seed(table: pd.DataFrame) -> pd.DataFrame:
    check_predictions(table)
    return table.set_index(["seed", "sample"])[["reference", "prediction"]].sort_index()


def _compared(
    first: pd.DataFrame,
    second: pd.DataFrame,
    *,
    block: ArrayLike,
    n_class: int,
    rng: np.random.Generator,
    n_resample: int,
) -> dict[str, Any]:
    sample = first.index.get_level_values("sample")
    blocks = np.asarray(block)[sample]
    a, b = (
        block_matrices(table["reference"], table["prediction"], blocks, n_class=n_class)
        for table in (first, second)
    )
    numbers: dict[str, Any] = {}
    for name, statistic in (("accuracy", overall_accuracy), ("f1", macro_f1)):
        found = paired_interval(a, b, statistic=statistic, n_resample=n_resample, rng=rng)
        numbers |= {
            f"{name}_difference": found.estimate,
            f"{name}_low": found.low,
            f"{name}_high": found.high,
        }
    return {
        **numbers,
        **_over_seeds(first, second),
        "p_block": _exchange_p_value(_right(a) - _right(b), n_resample=n_resample, rng=rng),
        "n_sample": sample.nunique(),
        "n_block": len(a),
    }


def _over_seeds(first: pd.DataFrame, second: pd.DataFrame) -> dict[str, Any]:
    tests, differences = [], []
    for seed, part in first.groupby("seed"):
        test = mcnemar(part["reference"], part["prediction"], second.loc[[seed], "prediction"])
        tests.append(test)
        differences.append((test.n_only_first - test.n_only_second) / len(part))
    return {
        "seed_sd": float(np.std(differences, ddof=1)) if len(tests) > 1 else np.nan,
        "n_only_first": float(np.mean([test.n_only_first for test in tests])),
        "n_only_second": float(np.mean([test.n_only_second for test in tests])),
        "p_mcnemar": pooled_p_value([test.p_value for test in tests]),
        "n_seed": len(tests),
    }


def _right(matrices: IntArray) -> IntArray:
    right: IntArray = matrices.trace(axis1=-2, axis2=-1)
    return right


def _exchange_p_value(difference: IntArray, *, n_resample: int, rng: np.random.Generator) -> float:
    """Share of exchanges by chance, the one that was observed among them, with as large a sum."""
    signs = rng.choice([-1, 1], size=(n_resample, difference.size))
    as_large = np.abs(signs @ difference) >= abs(int(difference.sum()))
    return float((1 + as_large.sum()) / (1 + n_resample))


def _checked_p_values(p_values: ArrayLike, name: str) -> Floats:
    p = np.asarray(p_values, dtype=np.float64)
    require(
        p.ndim == 1 and bool(np.all((p >= 0) & (p <= 1))),
        f"{name}: p_values {p.tolist()}; expected a row of numbers from 0 to 1. Leave out undefined ones.",
    )
    return p
