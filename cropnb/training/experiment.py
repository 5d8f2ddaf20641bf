"""Experiments: feature sets x classifiers x splits, repeated with several seeds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from tqdm import tqdm

from cropnb.sampling import Fold, Samples
from cropnb.schema import require
from cropnb.training.classifiers import Classifier
from cropnb.training.cross_validation import cross_validate

MakeFolds = Callable[..., list[Fold]]  # called as make_folds(samples, rng=generator)
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
        Folds from samples and a generator. All combinations of one seed share them, so that they can be
        compared in pairs.
    n_seed : int () [count]
        Repetitions, with seeds 0, 1, 2 ...
    only : collection of (classifier, split), optional
        Pairs to run, by name; all by default.
    n_job : int () [count]
        Combinations at once, each in a process of its own; -1 for one per processor core. It changes no
        number.
    progress : bool
        Show a bar on a terminal.

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
            samples.select_channels(features[feature]), splits[split], classifiers[model], seed=seed
        )
        for seed, feature, (model, split) in grid
    )
    results = Parallel(n_jobs=n_job, return_as="generator")(jobs)
    tables = tqdm(results, total=len(grid), desc="combinations", disable=None if progress else True)
    return _joined(list(tables), grid)


def _one(samples: Samples, make_folds: MakeFolds, make: MakeClassifier, *, seed: int) -> pd.DataFrame:
    folds = make_folds(samples, rng=np.random.default_rng(seed))
    return cross_validate(samples, folds, make, seeds=[seed], progress=False)


def _joined(tables: list[pd.DataFrame], grid: list[tuple[int, str, tuple[str, str]]]) -> pd.DataFrame:
    parts: list[pd.DataFrame] = []
    fits: list[dict[str, Any]] = []
    for table, (_, feature, (model, split)) in zip(tables, grid, strict=True):
        names = {"features": feature, "model": model, "split": split}
        fits += [{**names, **record} for record in table.attrs.pop("fits")]
        parts.append(table.assign(**names))
    joined = pd.concat(parts, ignore_index=True)
    joined.attrs["fits"] = fits
    return joined
