"""Experiments: feature sets x classifiers x splits, repeated with several seeds."""

from __future__ import annotations

import itertools
import re
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from tqdm import tqdm

from cropnb.sampling import Fold, Samples
from cropnb.schema import require
from cropnb.training.classifiers import Classifier
from cropnb.training.cross_validation import cross_validate

MakeFolds = Callable[..., list[Fold] | Fold]  # called as make_folds(samples, rng=generator)
MakeClassifier = Callable[[], Classifier]


def run_experiment(  # noqa: PLR0913 - the factors of one experiment, each with its name
    samples: Samples,
    *,
    features: Mapping[str, Sequence[str]],
    classifiers: Mapping[str, MakeClassifier],
    splits: Mapping[str, MakeFolds],
    n_seed: int,
    only: Collection[tuple[str, str]] | None = None,
    n_job: int = -1,
    progress: bool = True,
    folder: Path | None = None,
    keep: Path | None = None,
) -> pd.DataFrame:
    """Cross-validate every combination, each seed with its own folds and its own fits.

    Parameters
    ----------
    samples : Samples (sample, time, channel) [dB, or 1 for reflectance]
        All samples, with all channels.
    features : mapping of str to sequence of str
        Channels of each feature set, such as `{"S1": ["vv_db", "vh_db"]}`.
    classifiers : mapping of str to callable
        Makes the classifier of one fit; a function of a module or a `partial`, so that processes can share
        it.
    splits : mapping of str to callable
        Folds, or one, from samples and a generator. All combinations of one seed share them, so that they can
        be compared in pairs.
    n_seed : int () [count]
        Repetitions, with seeds 0, 1, 2 ...
    only : collection of (classifier, split), optional
        Pairs to run, by name; all by default.
    n_job : int () [count]
        Combinations at once, each in a process of its own; -1 for one per processor core. It changes no
        number.
    progress : bool
        Show a bar on a terminal.
    folder : Path, optional
        Where each finished fit is saved at once, as in `cross_validate`: a killed experiment goes on.
    keep : Path, optional
        Where the fitted classifiers of seed 0 are written, to be looked into or to make maps: each in a
        folder that its record names as `kept`.

    Returns
    -------
    DataFrame (combination x seed x sample,)
        `features`, `model`, `split`, `seed`, `fold`, `sample`, `reference`, `prediction`; `attrs["fits"]`
        has one dict per fit.

    Raises
    ------
    SchemaError
        If there is nothing to combine, or a channel is unknown.
    """
    pairs = [pair for pair in itertools.product(classifiers, splits) if only is None or pair in only]
    require(
        n_seed >= 1 and bool(features) and bool(pairs),
        f"run_experiment: n_seed={n_seed}, features {list(features)}, pairs {pairs} out of classifiers "
        f"{list(classifiers)} and splits {list(splits)}; expected at least one of each. Name one.",
    )
    grid = list(itertools.product(range(n_seed), features, pairs))
    jobs = (
        delayed(_one)(
            samples.select_channels(features[feature]),
            splits[split],
            classifiers[model],
            seed=seed,
            folder=folder and Path(folder) / _slug(feature, model, split),
            keep=Path(keep) / _slug(feature, model, split) if keep and seed == 0 else None,
        )
        for seed, feature, (model, split) in grid
    )
    results = Parallel(n_jobs=n_job, return_as="generator")(jobs)
    tables = tqdm(results, total=len(grid), desc="combinations", disable=None if progress else True)
    with warnings.catch_warnings():
        # Joblib replaces a worker whose memory has grown; no result is lost.
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs", category=UserWarning)
        named = [
            _named(table, {"features": feature, "model": model, "split": split})
            for table, (_, feature, (model, split)) in zip(tables, grid, strict=True)
        ]
    return join_experiments(named)


def join_experiments(tables: Iterable[pd.DataFrame], **columns: Sequence[Any]) -> pd.DataFrame:
    """Several tables of predictions as one, their records of fits joined too.

    Parameters
    ----------
    tables : iterable of DataFrame
        From `run_experiment`; left as they are.
    **columns : sequence
        One value per table, put into a column of that name and into its records: `split=["May", "June"]`.

    Returns
    -------
    DataFrame (combination x seed x sample,)
        As `run_experiment` gives it.

    Raises
    ------
    SchemaError
        If there is no table, or a column has not one value per table.
    """
    parts = list(tables)
    lengths = {name: len(values) for name, values in columns.items()}
    require(
        bool(parts) and set(lengths.values()) <= {len(parts)},
        f"join_experiments: {len(parts)} tables, columns of length {lengths}; expected one value per table. "
        "Give one for each.",
    )
    named = [
        _named(part, {name: values[number] for name, values in columns.items()})
        for number, part in enumerate(parts)
    ]
    fits = [fit for part in named for fit in part.attrs["fits"]]
    for part in named:
        part.attrs = {}  # pandas compares them all while it joins
    joined = pd.concat(named, ignore_index=True)
    joined.attrs["fits"] = fits
    return joined


def _one(
    samples: Samples, make_folds: MakeFolds, make: MakeClassifier, *, seed: int, **folders: Path | None
) -> pd.DataFrame:
    made = make_folds(samples, rng=np.random.default_rng(seed))
    folds = [made] if isinstance(made, Fold) else made
    return cross_validate(samples, folds, make, seeds=[seed], progress=False, **folders)


def _named(table: pd.DataFrame, names: Mapping[str, Any]) -> pd.DataFrame:
    named = table.assign(**names)
    named.attrs = {"fits": [{**record, **names} for record in table.attrs["fits"]]}
    return named


def _slug(*words: str) -> str:
    """Words as the name of a folder."""
    return "-".join(re.sub(r"[^A-Za-z0-9]+", "_", word) for word in words)
