"""Score tables of cross-validated predictions: one row per metric, each with its interval."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cropnb.evaluation.confusion import IntArray, confusion_matrix
from cropnb.evaluation.intervals import Interval, Statistic, block_bootstrap, seed_interval
from cropnb.evaluation.metrics import (
    f1_per_class,
    iou,
    kappa,
    macro_f1,
    overall_accuracy,
    producers_accuracy,
    users_accuracy,
)
from cropnb.schema import require

METRICS: Mapping[str, Statistic] = {
    "overall_accuracy": overall_accuracy,
    "kappa": kappa,
    "macro_f1": macro_f1,
}
CLASS_METRICS: Mapping[str, Statistic] = {
    "producers_accuracy": producers_accuracy,
    "users_accuracy": users_accuracy,
    "f1": f1_per_class,
    "iou": iou,
}
_COLUMNS = ("seed", "sample", "reference", "prediction")


def pooled_confusion(predictions: pd.DataFrame, *, n_class: int) -> IntArray:
    """Confusion matrix of all seeds together.

    Parameters
    ----------
    predictions : DataFrame (prediction, column) [1]
        Columns `seed`, `sample`, `reference`, `prediction`, one row per seed and sample.
    n_class : int () [count]
        Number of classes.

    Returns
    -------
    ndarray (n_class, n_class) [count]
        Row: reference; column: prediction. Each sample counts once per seed.

    Raises
    ------
    SchemaError
        If a column is missing, or a sample is predicted twice with one seed.
    """
    check_predictions(predictions)
    return confusion_matrix(predictions["reference"], predictions["prediction"], n_class=n_class)


def block_scores(
    predictions: pd.DataFrame,
    *,
    block: ArrayLike,
    n_class: int,
    rng: np.random.Generator,
    n_resample: int = 2000,
) -> pd.DataFrame:
    """Overall accuracy, kappa and macro F1, each with the interval of a bootstrap over blocks.

    Parameters
    ----------
    predictions : DataFrame (prediction, column) [1]
        Columns `seed`, `sample`, `reference`, `prediction`, one row per seed and sample.
    block : ndarray (sample,) [1]
        Block of each sample, by its number in `predictions`.
    n_class : int () [count]
        Number of classes.
    rng : Generator
        Source of the draws.
    n_resample : int () [count]
        How often to draw.

    Returns
    -------
    DataFrame (metric, column) [1]
        Columns `metric`, `value`, `low`, `high`, `level`, `method`, `n_seed`, `n_sample`. The seeds are
        pooled, so that `value` is their mean (exactly so for the accuracy) and the interval is about the
        blocks alone.

    Raises
    ------
    SchemaError
        If a column is missing, a sample is predicted twice with one seed, or there are too few blocks.
    """
    check_predictions(predictions)
    blocks = np.asarray(block)[predictions["sample"]]
    intervals = {
        name: block_bootstrap(
            predictions["reference"],
            predictions["prediction"],
            blocks,
            n_class=n_class,
            statistic=statistic,
            n_resample=n_resample,
            rng=rng,
        )
        for name, statistic in METRICS.items()
    }
    return _rows(intervals, predictions)


def seed_scores(predictions: pd.DataFrame, *, n_class: int) -> pd.DataFrame:
    """Overall accuracy, kappa and macro F1, each with Student's interval over the seeds.

    Parameters
    ----------
    predictions : DataFrame (prediction, column) [1]
        Columns `seed`, `sample`, `reference`, `prediction`, one row per seed and sample.
    n_class : int () [count]
        Number of classes.

    Returns
    -------
    DataFrame (metric, column) [1]
        As of `block_scores`; the interval is about folds and weights on these same fields alone.

    Raises
    ------
    SchemaError
        If a column is missing, a sample is predicted twice with one seed, or there is one seed only.
    """
    check_predictions(predictions)
    matrices = np.stack(
        [
            confusion_matrix(part["reference"], part["prediction"], n_class=n_class)
            for _, part in predictions.groupby("seed")
        ]
    ).astype(np.float64)
    intervals = {name: seed_interval(statistic(matrices)) for name, statistic in METRICS.items()}
    return _rows(intervals, predictions)


def class_scores(
    predictions: pd.DataFrame,
    *,
    block: ArrayLike,
    class_names: Sequence[str],
    rng: np.random.Generator,
    n_resample: int = 1000,
    metrics: Collection[str] = tuple(CLASS_METRICS),
) -> pd.DataFrame:
    """Producer's and user's accuracy, F1 and IoU of each class, with intervals of a bootstrap over blocks.

    Parameters
    ----------
    predictions : DataFrame (prediction, column) [1]
        Columns `seed`, `sample`, `reference`, `prediction`, one row per seed and sample.
    block : ndarray (sample,) [1]
        Block of each sample, by its number in `predictions`.
    class_names : sequence of str (n_class,) [1]
        Names in the order of `class_id`.
    rng : Generator
        Source of the draws.
    n_resample : int () [count]
        How often to draw.
    metrics : collection of str () [1]
        Out of `producers_accuracy`, `users_accuracy`, `f1`, `iou`; all by default.

    Returns
    -------
    DataFrame (class and metric, column) [1]
        As of `block_scores`, with `class_name`; a class that is never predicted has no user's accuracy (NaN).

    Raises
    ------
    SchemaError
        If a column is missing, a sample is predicted twice with one seed, there are too few blocks, or a
        metric is unknown.
    """
    check_predictions(predictions)
    unknown = sorted(set(metrics) - set(CLASS_METRICS))
    require(
        bool(metrics) and not unknown,
        f"class_scores: metrics {tuple(metrics)}; expected some of {tuple(CLASS_METRICS)}. Name these.",
    )
    blocks = np.asarray(block)[predictions["sample"]]
    parts = []
    for class_id, class_name in enumerate(class_names):
        intervals = {
            name: block_bootstrap(
                predictions["reference"],
                predictions["prediction"],
                blocks,
                n_class=len(class_names),
                statistic=_of_class(statistic, class_id),
                n_resample=n_resample,
                rng=rng,
            )
            for name, statistic in CLASS_METRICS.items()
            if name in metrics
        }
        members = predictions[predictions["reference"] == class_id]
        parts.append(_rows(intervals, members).assign(class_name=class_name))
    return pd.concat(parts, ignore_index=True)


def seed_class_scores(predictions: pd.DataFrame, *, class_names: Sequence[str]) -> pd.DataFrame:
    """F1 of each class with Student's interval over the seeds, where each seed has samples of its own.

    Parameters
    ----------
    predictions : DataFrame (prediction, column) [1]
        Columns `seed`, `sample`, `reference`, `prediction`, one row per seed and sample.
    class_names : sequence of str (n_class,) [1]
        Names in the order of `class_id`.

    Returns
    -------
    DataFrame (class, column) [1]
        As of `block_scores`, with `class_name`.

    Raises
    ------
    SchemaError
        If a column is missing, or a sample is predicted twice with one seed.

    Notes
    -----
    A seed that neither has nor predicts a class says nothing about it and is left out there: `n_seed` counts
    the others. With fewer than two of them there is no interval, and with none no value.
    """
    check_predictions(predictions)
    matrices = [
        confusion_matrix(part["reference"], part["prediction"], n_class=len(class_names))
        for _, part in predictions.groupby("seed")
    ]
    scores = np.stack([f1_per_class(matrix) for matrix in matrices])
    rows = []
    for number, name in enumerate(class_names):
        n_sample = int((predictions["reference"] == number).sum())
        rows.append({"class_name": name, **_seed_row("f1", scores[:, number]), "n_sample": n_sample})
    return pd.DataFrame(rows)


def _seed_row(metric: str, scores: NDArray[np.float64]) -> dict[str, Any]:
    finite = scores[np.isfinite(scores)]
    row = {"metric": metric, "value": finite.mean() if finite.size else np.nan, "n_seed": finite.size}
    if finite.size < 2:
        return {**row, "low": np.nan, "high": np.nan}
    return {**row, **_interval_fields(seed_interval(finite))}


def _of_class(statistic: Statistic, class_id: int) -> Statistic:
    return lambda matrix: statistic(matrix)[..., class_id]


def _rows(intervals: Mapping[str, Interval], predictions: pd.DataFrame) -> pd.DataFrame:
    counts = {"n_seed": predictions["seed"].nunique(), "n_sample": predictions["sample"].nunique()}
    rows = [
        {"metric": name, "value": interval.estimate, **_interval_fields(interval), **counts}
        for name, interval in intervals.items()
    ]
    return pd.DataFrame(rows)


def _interval_fields(interval: Interval) -> dict[str, Any]:
    return {name: getattr(interval, name) for name in ("low", "high", "level", "method")}


def check_predictions(predictions: pd.DataFrame) -> None:
    """Refuse what is not one prediction per seed and sample.

    Parameters
    ----------
    predictions : DataFrame (prediction, column) [1]
        What `cross_validate` returns.

    Raises
    ------
    SchemaError
        If a column is missing, or a sample is predicted twice with one seed.
    """
    lacking = [name for name in _COLUMNS if name not in predictions]
    require(
        not lacking,
        f"scores: predictions lack {lacking}; they have {list(predictions)}. "
        "Pass what cross_validate returns.",
    )
    n_twice = int(predictions.duplicated(["seed", "sample"]).sum())
    require(
        n_twice == 0,
        f"scores: {n_twice} samples predicted twice with one seed; expected once each. "
        "Pass one model, one feature set and one split at a time.",
    )
