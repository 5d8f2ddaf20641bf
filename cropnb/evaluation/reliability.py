"""Reliability: whether a model that gives a class the probability 0.8 is right in 8 of 10 such cases.

All here is about the class of the highest probability: its probability is the confidence [Guo2017].
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cropnb.evaluation.probabilities import checked_probability, top_label
from cropnb.evaluation.strata import accuracy_by
from cropnb.schema import require

Floats = NDArray[np.float64]
N_BIN = 15  # as in [Guo2017], section 5


def equal_mass_edges(probability: ArrayLike, *, n_bin: int = N_BIN) -> Floats:
    """Edges of bins of the confidence that hold equally many samples.

    Parameters
    ----------
    probability : ndarray (sample, class) [1]
        Of each class.
    n_bin : int () [count]
        Number of bins wanted.

    Returns
    -------
    ndarray (edge,) [1]
        From 0 to 1. Fewer bins where many samples share a confidence, as those of a forest do.

    Raises
    ------
    SchemaError
        If there is no sample, or `n_bin` is below 1.

    Examples
    --------
    >>> equal_mass_edges([[0.5, 0.5], [0.6, 0.4], [0.8, 0.2], [0.1, 0.9]], n_bin=2)
    array([0. , 0.7, 1. ])
    """
    shares = np.asarray(probability, dtype=np.float64)
    require(
        shares.ndim == 2 and len(shares) > 0 and n_bin >= 1,
        f"equal_mass_edges: probability {shares.shape}, n_bin {n_bin}; expected (sample, class) and 1 or "
        "more. Pass some samples.",
    )
    inner = np.quantile(shares.max(axis=1), np.linspace(0, 1, n_bin + 1)[1:-1])
    return np.unique(np.concatenate([[0.0], inner[inner < 1], [1.0]]))


def reliability(
    reference: ArrayLike,
    probability: ArrayLike,
    *,
    bins: int | ArrayLike = N_BIN,
    block: ArrayLike,
    rng: np.random.Generator,
    n_resample: int = 2000,
    level: float = 0.95,
) -> pd.DataFrame:
    """Accuracy against confidence, bin by bin: what a reliability diagram shows.

    Parameters
    ----------
    reference : ndarray (sample,) [1]
        True `class_id`.
    probability : ndarray (sample, class) [1]
        Of each class; rows sum to 1.
    bins : int () or ndarray (edge,) [1]
        Number of bins of equal width, or the edges of others, such as those of `equal_mass_edges`.
    block : ndarray (sample,) [1]
        Block of each sample: what may be taken as independent of the others.
    rng : Generator () [1]
        Source of the draws.
    n_resample : int () [count]
        How often to draw.
    level : float () [1]
        Nominal coverage.

    Returns
    -------
    DataFrame (n_bin, column) [1]
        Columns `bin_low`, `bin_high`, mean `confidence`, `accuracy` with `low` and `high`, and the rest of
        `accuracy_by`. An empty bin stays.

    Raises
    ------
    SchemaError
        If the arrays do not fit, a row is no distribution, or edges do not rise from 0 to 1.

    References
    ----------
    [Guo2017], section 2
    """
    truth, shares = checked_probability(reference, probability, name="reliability")
    top, edges = top_label(truth, shares), confidence_edges(bins)
    table = accuracy_by(
        top.confidence,
        edges,
        truth,
        top.prediction,
        block=block,
        rng=rng,
        n_resample=n_resample,
        level=level,
    )
    return table.rename(columns={"mean": "confidence"})


def confidence_edges(bins: int | ArrayLike) -> Floats:
    """Edges of bins that hold any confidence.

    Parameters
    ----------
    bins : int () or ndarray (edge,) [1]
        Number of bins of equal width, or the edges of others.

    Returns
    -------
    ndarray (edge,) [1]
        From 0 to 1.

    Raises
    ------
    SchemaError
        If the number is below 1, or edges do not rise from 0 to 1.

    Examples
    --------
    >>> confidence_edges(4)
    array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    given = np.asarray(bins)
    if given.ndim == 0:
        require(int(given) >= 1, f"calibration: bins {int(given)}; expected 1 or more. Take {N_BIN}.")
        return np.linspace(0.0, 1.0, int(given) + 1)
    edges = given.astype(np.float64)
    require(
        edges.ndim == 1 and edges[0] == 0 and edges[-1] == 1 and bool(np.all(np.diff(edges) > 0)),
        f"calibration: bins {edges.tolist()}; expected edges that rise from 0 to 1. "
        "Take those of equal_mass_edges.",
    )
    return edges
