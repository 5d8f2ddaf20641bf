"""Folds of cross-validation: at random, or with whole units kept together, and the check that they are."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import BaseCrossValidator, StratifiedGroupKFold, StratifiedKFold

from cropnb.sampling.samples import IntArray, Samples
from cropnb.schema import SchemaError, require

Unit = Literal["group", "block", "parcel"]
UNITS: tuple[Unit, ...] = ("group", "block", "parcel")
_N_SHOWN = 5  # shared units that an error names


class LeakageError(SchemaError):
    """A unit that a split has to keep whole lies in two of its parts."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Fold:
    """Positions of the samples to train on, to stop early by, and to test on.

    Attributes
    ----------
    train, valid, test : ndarray (part,) [1]
        Positions in the samples, rising; no sample in two parts. Scaling, model choice and early stopping
        may look at `train` and `valid`, never at `test`.

    Raises
    ------
    LeakageError
        If a sample is in two parts.
    SchemaError
        If a part is empty.
    """

    train: IntArray
    valid: IntArray
    test: IntArray

    def __post_init__(self) -> None:
        for name, part in self.parts.items():
            require(part.size > 0, f"fold: {name} is empty; expected samples. Take fewer folds.")
        n_sample = 1 + max(int(part.max()) for part in self.parts.values())
        check_disjoint(self, np.arange(n_sample), "sample")

    @property
    def parts(self) -> dict[str, IntArray]:
        """The three parts by name."""
        return {"train": self.train, "valid": self.valid, "test": self.test}


def check_disjoint(fold: Fold, unit_ids: NDArray[Any], name: str) -> None:
    """Make sure that no unit lies in two parts of a fold.

    Parameters
    ----------
    fold : Fold
        Positions of train, valid and test.
    unit_ids : ndarray (sample,) [1]
        Unit of every sample.
    name : str
        What the unit is, for the message.

    Raises
    ------
    LeakageError
        Naming up to five shared units and the parts that share them.
    """
    for (first, a), (second, b) in combinations(fold.parts.items(), 2):
        shared = np.intersect1d(unit_ids[a], unit_ids[b])
        if shared.size:
            shown = ", ".join(str(unit) for unit in shared[:_N_SHOWN])
            more = f" and {shared.size - _N_SHOWN} more" if shared.size > _N_SHOWN else ""
            raise LeakageError(
                f"fold: {name} {shown}{more} in both {first} and {second}; expected each {name} in one part. "
                f"Use group_folds with this unit, or with one that contains it."
            )


def random_folds(
    samples: Samples, *, n_fold: int, valid_share: float = 0.15, rng: np.random.Generator
) -> list[Fold]:
    """Folds of single samples at random, each class in equal shares.

    Neighbours, and pixels of one parcel, fall into train and test alike, so a score on these folds is
    optimistic for any place without training samples. It is here to be compared with `group_folds`.

    Parameters
    ----------
    samples : Samples (sample,)
        What to split.
    n_fold : int () [count]
        Number of folds; every sample is tested in exactly one.
    valid_share : float () [1]
        Share of the training samples set aside for early stopping, rounded to one in a whole number.
    rng : Generator
        Source of the shuffle.

    Returns
    -------
    list of Fold
        `n_fold` folds.

    Raises
    ------
    SchemaError
        If a class has fewer samples than there are folds.

    References
    ----------
    [Ploton2020]
    """
    _check_sizes(samples, n_fold=n_fold, valid_share=valid_share)
    outer = StratifiedKFold(n_fold, shuffle=True, random_state=_state(rng))
    folds = []
    for train, test in _splits(outer, samples.class_id):
        n_inner = _n_inner(samples.class_id[train], train, valid_share=valid_share)
        inner = StratifiedKFold(n_inner, shuffle=True, random_state=_state(rng))
        fit, valid = next(_splits(inner, samples.class_id[train]))
        folds.append(Fold(train=train[fit], valid=train[valid], test=test))
    return folds


def group_folds(
    samples: Samples,
    *,
    n_fold: int,
    unit: Unit = "group",
    valid_share: float = 0.15,
    rng: np.random.Generator,
) -> list[Fold]:
    """Folds that keep every unit whole, classes in shares as equal as the units allow.

    Parameters
    ----------
    samples : Samples (sample,)
        What to split.
    n_fold : int () [count]
        Number of folds; every sample is tested in exactly one.
    unit : str
        `group`, `block` or `parcel`. Folds by group or block are checked for shared parcels too.
    valid_share : float () [1]
        Share of the training samples set aside for early stopping, by whole units as well: about one in a
        whole number.
    rng : Generator
        Source of the shuffle.

    Returns
    -------
    list of Fold
        `n_fold` folds, checked by `check_disjoint`.

    Raises
    ------
    SchemaError
        If there are too few units, or a class has fewer samples than there are folds.
    LeakageError
        If a parcel lies in two of the units.

    References
    ----------
    [Roberts2017]
    """
    require(unit in UNITS, f"group_folds: unit {unit!r}; expected one of {UNITS}. Name one of these.")
    _check_sizes(samples, n_fold=n_fold, valid_share=valid_share)
    ids: IntArray = getattr(samples, unit)
    n_unit = np.unique(ids).size
    require(
        n_unit > n_fold,
        f"group_folds: {n_unit} different {unit}; expected more than n_fold={n_fold}, so that each fold can "
        f"set one aside for validation. Take fewer folds or a smaller unit than {unit}.",
    )
    outer = StratifiedGroupKFold(n_fold, shuffle=True, random_state=_state(rng))
    folds = []
    for train, test in _splits(outer, samples.class_id, ids):
        n_inner = _n_inner(samples.class_id[train], ids[train], valid_share=valid_share)
        inner = StratifiedGroupKFold(n_inner, shuffle=True, random_state=_state(rng))
        fit, valid = next(_splits(inner, samples.class_id[train], ids[train]))
        fold = Fold(train=train[fit], valid=train[valid], test=test)
        check_disjoint(fold, ids, unit)
        check_disjoint(fold, samples.parcel, "parcel")
        folds.append(fold)
    return folds


def share_split(
    samples: Samples,
    *,
    shares: tuple[float, float, float] = (0.6, 0.2, 0.2),
    unit: Unit = "block",
    rng: np.random.Generator,
) -> Fold:
    """One split into train, valid and test by whole units, in shares of the units.

    Parameters
    ----------
    samples : Samples (sample,)
        What to split.
    shares : tuple of float (3,) [1]
        Of the units that train, validate and test; the 10 km squares of [Liu2024], 3.2.5, fall 60/20/20.
    unit : str
        `group`, `block` or `parcel`.
    rng : Generator
        Source of the shuffle.

    Returns
    -------
    Fold
        Checked by `check_disjoint`, parcels too.

    Raises
    ------
    SchemaError
        If the shares do not sum to 1 or there are too few units for them.
    LeakageError
        If a parcel lies in two of the units.
    """
    require(unit in UNITS, f"share_split: unit {unit!r}; expected one of {UNITS}. Name one of these.")
    require(
        bool(np.isclose(sum(shares), 1)) and min(shares) > 0,
        f"share_split: shares {shares}; expected three positive numbers that sum to 1. Take (0.6, 0.2, 0.2).",
    )
    ids: IntArray = getattr(samples, unit)
    units = rng.permutation(np.unique(ids))
    ends = np.round(np.cumsum(shares) * units.size).astype(int)
    require(
        bool(np.all(np.diff([0, *ends]) > 0)),
        f"share_split: {units.size} different {unit} for shares {shares}; expected one for each part. Take "
        "a smaller unit or other shares.",
    )
    parts = np.split(units, ends[:-1])
    train, valid, test = (np.flatnonzero(np.isin(ids, part)) for part in parts)
    fold = Fold(train=train, valid=valid, test=test)
    check_disjoint(fold, ids, unit)
    check_disjoint(fold, samples.parcel, "parcel")
    return fold


def _check_sizes(samples: Samples, *, n_fold: int, valid_share: float) -> None:
    require(n_fold >= 2, f"folds: n_fold {n_fold}; expected at least 2. Take 5.")
    require(
        0 < valid_share <= 0.5,
        f"folds: valid_share {valid_share}; expected above 0 and at most 0.5. Take 0.15.",
    )
    counts = samples.class_counts
    rare = [name for name, n in zip(samples.legend.names, counts, strict=True) if 0 < n < n_fold]
    require(
        not rare,
        f"folds: {', '.join(rare)} with fewer samples than n_fold={n_fold}; expected one per fold at least. "
        f"Use samples.keep_classes(min_count={n_fold}).",
    )


def _n_inner(class_id: IntArray, ids: IntArray, *, valid_share: float) -> int:
    """Parts to cut the training samples into, one of which validates; no more than units or samples allow."""
    most = min(int(np.unique(ids).size), int(np.bincount(class_id).max()))
    return max(2, min(round(1 / valid_share), most))


def _splits(
    folds: BaseCrossValidator, class_id: IntArray, ids: IntArray | None = None
) -> Iterator[tuple[IntArray, IntArray]]:
    with warnings.catch_warnings():
        # A class rarer than the parts of the inner cut cannot be in each of them; `_check_sizes` has made
        # sure of the outer cut.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        yield from list(folds.split(np.zeros(len(class_id)), class_id, ids))


def _state(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))
