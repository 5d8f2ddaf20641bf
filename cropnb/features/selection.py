"""Which features matter on which days: Boruta, as in [Liu2024] 3.2.5.1 and its Figure S2."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from boruta import BorutaPy
from numpy.typing import ArrayLike, NDArray
from sklearn.ensemble import RandomForestClassifier

from cropnb.schema import require

CONFIRMED, TENTATIVE, REJECTED = "confirmed", "tentative", "rejected"
_DEPTH = 5  # trees of depth 3 to 7, as the authors of the package advise
Column = tuple[str, int]  # feature, day


def columns_of(features: Sequence[str], day: Sequence[int]) -> tuple[Column, ...]:
    """Names of the columns of `x.reshape(len(x), -1)` for series (sample, time, feature).

    Parameters
    ----------
    features : sequence of str (feature,) [1]
        Names along the last dim.
    day : sequence of int (time,) [day]
        Days along the middle dim.

    Returns
    -------
    tuple of tuple (column, 2) [1, day]
        Feature and day; all features of the first day come first.

    Examples
    --------
    >>> columns_of(["ps", "pv"], [126, 138])
    (('ps', 126), ('pv', 126), ('ps', 138), ('pv', 138))
    """
    return tuple((str(feature), int(number)) for number in day for feature in features)


def boruta_features(
    x: ArrayLike,
    class_id: ArrayLike,
    *,
    names: Sequence[Column],
    seed: int,
    n_estimators: int = 200,
    max_iter: int = 100,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Features that tell the classes apart better than the best of their own shuffled copies.

    In each round a random forest gets every column twice, once shuffled over the samples ("shadow"). A
    column scores where its Gini importance beats that of all shadows; a binomial test on the scores decides.

    Parameters
    ----------
    x : ndarray (sample, feature) [any]
        Training samples only: a selection that has seen test samples leaks them. Without NaN.
    class_id : ndarray (sample,) [1]
        Class of each sample.
    names : sequence of tuple (feature, 2) [1, day]
        Feature and day of each column, as `columns_of` gives them.
    seed : int () [1]
        Of forests and shuffling; the same seed gives the same table.
    n_estimators : int () [count]
        Trees of each forest.
    max_iter : int () [count]
        Rounds at most, less one; what is open then is tentative, or rejected where its median importance is
        not above that of the best shadow.
    alpha : float () [1]
        Level of the test, corrected for the number of columns and of rounds.

    Returns
    -------
    DataFrame (feature, 5) [1]
        `feature`, `day`, `rank` (1: confirmed), `decision` (confirmed, tentative, rejected), `importance`:
        the median over the rounds in which the column took part, as a share of the largest.

    Raises
    ------
    SchemaError
        If names and columns differ in number, a value is missing, there is only one class, or a setting is
        out of range.

    Notes
    -----
    Depth of the trees 5, classes weighted by their inverse frequency. Correlated columns share their
    importance, and all may be confirmed: that they repeat each other is for `spearman_matrix` to say.
    `joblib.parallel_config(n_jobs=-1)` around the call uses all cores, with the same result.

    References
    ----------
    [Kursa2010]; [Liu2024] 3.2.5.1
    """
    values, ids = np.asarray(x, dtype=np.float64), np.asarray(class_id)
    columns = checked_columns("boruta_features", values, names)
    n_bad = int(np.count_nonzero(~np.isfinite(values)))
    require(n_bad == 0, f"boruta_features: {n_bad} values are missing; expected none. Fill the gaps first.")
    require(
        ids.shape == values.shape[:1] and len(np.unique(ids)) > 1,
        f"boruta_features: class_id of shape {ids.shape}, classes {np.unique(ids)[:5].tolist()}; expected "
        f"one number for each of {len(values)} samples, of two classes or more.",
    )
    require(
        n_estimators >= 1 and max_iter >= 2 and 0 < alpha < 1,
        f"boruta_features: n_estimators {n_estimators}, max_iter {max_iter}, alpha {alpha}; expected "
        "1 or more, 2 or more (the last round is not run), between 0 and 1.",
    )
    forest = RandomForestClassifier(max_depth=_DEPTH, class_weight="balanced")
    boruta = BorutaPy(
        forest, n_estimators=n_estimators, max_iter=max_iter, alpha=alpha, random_state=seed
    ).fit(values, ids)
    history = np.asarray(boruta.importance_history_)[1:]  # the package begins it with a row of zeros
    importance = np.nanmedian(history, axis=0)  # a rejected column takes part no more: NaN in later rounds
    # Tentative goes first: where nothing is rejected, boruta 0.4.3 calls tentative columns confirmed, too.
    decision = np.where(boruta.support_weak_, TENTATIVE, np.where(boruta.support_, CONFIRMED, REJECTED))
    table = pd.DataFrame(columns, columns=["feature", "day"])
    largest = max(float(importance.max()), np.finfo(np.float64).tiny)
    return table.assign(rank=boruta.ranking_, decision=decision, importance=importance / largest)


def complete_features(table: pd.DataFrame, *, min_share: float = 1.0) -> tuple[str, ...]:
    """Features that Boruta confirmed over the whole season.

    Our reading of the stars in the thesis's Figure S2: there they were chosen by hand among the features
    "falling within the entire crop growth cycle" (3.3.2); here a feature is in if confirmed on every day.

    Parameters
    ----------
    table : DataFrame (feature, 5) [1]
        From `boruta_features`.
    min_share : float () [1]
        Share of its days on which a feature has to be confirmed.

    Returns
    -------
    tuple of str (feature,) [1]
        In the order of the table.

    Raises
    ------
    SchemaError
        If the table lacks a column, or the share is not above 0 and up to 1.
    """
    lacking = [name for name in ("feature", "day", "decision") if name not in table]
    require(not lacking, f"complete_features: no column {lacking}; expected the table of boruta_features.")
    require(
        0 < min_share <= 1,
        f"complete_features: min_share {min_share}; expected above 0, up to 1. Divide percentages by 100.",
    )
    share = (table["decision"] == CONFIRMED).groupby(table["feature"], sort=False).mean()
    return tuple(share.index[share >= min_share])


def checked_columns(asked: str, values: NDArray[np.float64], names: Sequence[Column]) -> list[Column]:
    """Names of columns as plain pairs, if there is a different one for each column.

    Parameters
    ----------
    asked : str () [1]
        The function that asks, for the error message.
    values : ndarray (sample, feature) [any]
        What the names are for.
    names : sequence of tuple (feature, 2) [1, day]
        Feature and day of each column.

    Returns
    -------
    list of tuple (feature, 2) [1, day]
        The same.

    Raises
    ------
    SchemaError
        If names and columns differ in number, or a name stands twice.
    """
    columns = [(str(feature), int(day)) for feature, day in names]
    require(
        values.ndim == 2 and values.shape[1] == len(columns) == len(set(columns)) > 0,
        f"{asked}: x of shape {values.shape}, {len(set(columns))} different names; expected (sample, "
        "feature), and (feature, day) of each column. Use x.reshape(len(x), -1) and columns_of.",
    )
    return columns
