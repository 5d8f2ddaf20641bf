"""Scores of many experiments at once: one group of predictions after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from cropnb.schema import require


def grouped_scores(
    predictions: pd.DataFrame,
    score: Callable[[pd.DataFrame], pd.DataFrame],
    *,
    by: Sequence[str] = ("features", "model", "split"),
) -> pd.DataFrame:
    """Scores of each combination of features, model and split.

    Parameters
    ----------
    predictions : DataFrame (prediction, column) [1]
        Columns named in `by`, and those that `score` asks for.
    score : callable () [1]
        Takes the predictions of one group and gives a table, as `block_scores` or `class_scores` do with
        their other arguments filled in.
    by : sequence of str () [1]
        Columns that make a group.

    Returns
    -------
    DataFrame (group and score, column) [1]
        The tables below each other with the columns `by` added; groups in the order of their first row.

    Raises
    ------
    SchemaError
        If a column is missing or there is no prediction.

    Examples
    --------
    >>> rows = pd.DataFrame({"model": ["a", "b", "a"], "right": [True, False, False]})
    >>> count = lambda part: pd.DataFrame({"value": [part.right.mean()]})
    >>> grouped_scores(rows, count, by=["model"]).value.tolist()
    [0.5, 0.0]
    """
    lacking = [name for name in by if name not in predictions]
    require(
        not lacking and len(predictions) > 0,
        f"grouped_scores: {len(predictions)} predictions without the columns {lacking}; expected some, with "
        f"{list(by)}. Pass what run_experiment returns.",
    )
    tables = [
        score(part).assign(**dict(zip(by, key, strict=True)))
        for key, part in predictions.groupby(list(by), sort=False)
    ]
    return pd.concat(tables, ignore_index=True)
