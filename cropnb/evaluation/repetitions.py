"""Scores of each repetition by itself, so that two of them can be compared in pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from cropnb.evaluation.confusion import confusion_matrix
from cropnb.evaluation.metrics import f1_per_class
from cropnb.evaluation.scores import METRICS, check_predictions


def repetition_scores(
    predictions: pd.DataFrame,
    *,
    class_names: Sequence[str],
    means: Mapping[str, Sequence[str]] | None = None,
) -> pd.DataFrame:
    """Overall accuracy, kappa, macro F1, and F1 of each class, of each repetition.

    Parameters
    ----------
    predictions : DataFrame (prediction, column) [1]
        Columns `seed`, `sample`, `reference`, `prediction`, one row per seed and sample.
    class_names : sequence of str (n_class,) [1]
        Names in the order of `class_id`.
    means : mapping of str to sequence of str () [1], optional
        Groups of classes whose mean F1 is wanted too, by a name for the group.

    Returns
    -------
    DataFrame (seed and metric, column) [1]
        Columns `seed`, `metric`, `class_name` ("" for all classes), `value`; a class that occurs neither in
        the reference nor among the predictions of a repetition has no F1 there (NaN).

    Raises
    ------
    SchemaError
        If a column is missing, or a sample is predicted twice with one seed.

    Examples
    --------
    >>> rows = pd.DataFrame({"seed": 0, "sample": [0, 1], "reference": [0, 1], "prediction": [0, 0]})
    >>> repetition_scores(rows, class_names=["maize", "soybean"]).value.round(2).tolist()
    [0.5, 0.0, 0.33, 0.67, 0.0]
    """
    check_predictions(predictions)
    return pd.DataFrame(
        [
            {"seed": seed, **row}
            for seed, part in predictions.groupby("seed")
            for row in _rows_of(part, class_names, means or {})
        ]
    )


def _rows_of(
    part: pd.DataFrame, class_names: Sequence[str], means: Mapping[str, Sequence[str]]
) -> Iterator[dict[str, Any]]:
    matrix = confusion_matrix(part["reference"], part["prediction"], n_class=len(class_names)).astype(float)
    for metric, statistic in METRICS.items():
        yield {"metric": metric, "class_name": "", "value": float(statistic(matrix))}
    f1 = dict(zip(class_names, f1_per_class(matrix), strict=True))
    f1 |= {name: float(sum(f1[member] for member in group) / len(group)) for name, group in means.items()}
    for name, value in f1.items():
        yield {"metric": "f1", "class_name": name, "value": float(value)}
