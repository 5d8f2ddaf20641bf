"""Cross-validation: every fold with every seed, one tidy row per test sample."""

from __future__ import annotations

import itertools
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from cropnb.sampling import Fold, Samples
from cropnb.schema import require
from cropnb.training.classifiers import Classifier
from cropnb.training.keys import key_of
from cropnb.training.storage import is_saved, save_fitted


def cross_validate(
    samples: Samples,
    folds: Sequence[Fold],
    make_classifier: Callable[[], Classifier],
    *,
    seeds: Sequence[int],
    progress: bool = True,
    folder: Path | None = None,
    keep: Path | None = None,
) -> pd.DataFrame:
    """Fit on each fold with each seed, and predict the samples it left out.

    Parameters
    ----------
    samples : Samples (sample, time, channel) [dB, or 1 for reflectance]
        All samples.
    folds : sequence of Fold
        Positions to train on, to stop early by, to test on.
    make_classifier : callable
        Makes the classifier of one fit.
    seeds : sequence of int () [1]
        Each gives a fit per fold; the folds stay the same, so the spread over seeds is the fit's alone.
    progress : bool
        Show a bar on a terminal (never in a file or on a page).
    folder : Path, optional
        Where each finished fit is saved at once. The same call finds them again: a killed one goes on,
        inside the fit too where the classifier can. Other samples, settings, code or versions: another file.
    keep : Path, optional
        Where each fitted classifier is written by `save_fitted`, in a folder of its own, which its record
        names as `kept`.

    Returns
    -------
    DataFrame (fit x test sample,) [1]
        `seed`, `fold`, `sample` (position), `reference`, `prediction` (class numbers). `attrs["fits"]`
        has one dict per fit: seed, fold, sizes, seconds, device and what else the classifier records.

    Raises
    ------
    SchemaError
        If there is no fold or seed, or a seed occurs twice.
    """
    require(
        len(folds) > 0 and len(seeds) > 0 and len(set(seeds)) == len(seeds),
        f"cross_validate: {len(folds)} folds, seeds {list(seeds)}; expected some of each, no seed twice.",
    )
    jobs = list(itertools.product(seeds, range(len(folds))))
    results = [
        _saved(
            _Job(samples, folds[fold], make_classifier(), seed=seed, name=f"seed{seed}-fold{fold}"),
            folder=folder,
            keep=keep,
        )
        for seed, fold in tqdm(jobs, desc="fits", disable=None if progress else True)
    ]
    frames = [
        _frame(samples, folds[fold], result, seed=seed, fold_number=fold)
        for (seed, fold), result in zip(jobs, results, strict=True)
    ]
    table = pd.concat(frames, ignore_index=True)
    table.attrs["fits"] = [
        {"seed": seed, "fold": fold, **result["record"]}
        for (seed, fold), result in zip(jobs, results, strict=True)
    ]
    return table


def _frame(
    samples: Samples, fold: Fold, result: dict[str, Any], *, seed: int, fold_number: int
) -> pd.DataFrame:
    columns = {
        "seed": seed,
        "fold": fold_number,
        "sample": fold.test,
        "reference": samples.class_id[fold.test],
    }
    return pd.DataFrame({**columns, "prediction": np.asarray(result["prediction"], dtype=np.int64)})


@dataclass(frozen=True)
class _Job:
    """One fit: what is fitted on what."""

    samples: Samples
    fold: Fold
    classifier: Classifier
    seed: int
    name: str

    @cached_property
    def file_name(self) -> str:
        """Of its own: other samples, settings, code or versions have another."""
        fold = self.fold
        key = key_of(self.samples, fold.train, fold.valid, fold.test, self.classifier, self.seed)
        return f"{self.name}-{key}"


def _saved(job: _Job, *, folder: Path | None, keep: Path | None) -> dict[str, Any]:
    """Result of one fit: read where it has been saved, else computed and saved."""
    kept = None if keep is None else Path(keep) / job.file_name
    if folder is None:
        return _computed(job, folder=None, kept=kept)
    path, working = Path(folder) / f"{job.file_name}.json", Path(folder) / f"{job.file_name}.part"
    if path.exists() and (kept is None or is_saved(kept)):
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return _with_kept(result, kept)
    working.mkdir(parents=True, exist_ok=True)
    result = _computed(job, folder=working, kept=kept)
    # Written beside and renamed: a kill leaves the whole file or none.
    (working / "result.json").write_text(json.dumps(result), encoding="utf-8")
    (working / "result.json").replace(path)
    shutil.rmtree(working)
    return result


def _with_kept(result: dict[str, Any], kept: Path | None) -> dict[str, Any]:
    if kept is not None:
        result["record"]["kept"] = str(kept)
    return result


def _computed(job: _Job, *, folder: Path | None, kept: Path | None) -> dict[str, Any]:
    fold = job.fold
    train, valid, test = (job.samples.take(part) for part in (fold.train, fold.valid, fold.test))
    fitted = job.classifier.fit(train, valid, seed=job.seed, folder=folder)
    if kept is not None:
        save_fitted(fitted, kept)
    start = time.perf_counter()
    prediction = fitted.predict_proba(test).argmax(axis=1)
    seconds = time.perf_counter() - start
    sizes = {f"n_{name}": len(part) for name, part in fold.parts.items()}
    result = {
        "record": {**sizes, "predict_seconds": seconds, **fitted.record},
        "prediction": prediction.tolist(),
    }
    return _with_kept(result, kept)
