"""Folds: units stay whole, and a planted leak is found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cropnb.legends import Legend
from cropnb.sampling import Fold, LeakageError, Samples, check_disjoint, group_folds, random_folds
from cropnb.schema import SchemaError


def made_up(seed: int, *, n_sample: int = 120, n_group: int = 12, per_parcel: int = 2) -> Samples:
    """Samples in parcels, parcels in groups; the three classes are 60, 30 and 10 in 100."""
    rng = np.random.default_rng(seed)
    parcel = np.arange(n_sample) // per_parcel
    group = rng.integers(n_group, size=n_sample // per_parcel + 1)[parcel]
    group[: n_group * per_parcel] = np.repeat(np.arange(n_group), per_parcel)  # none is empty
    class_id = np.repeat([0, 1, 2], [int(0.6 * n_sample), int(0.3 * n_sample), n_sample // 10])
    x = rng.normal(size=(n_sample, 3, 1)).astype(np.float32)
    return Samples(
        x=x,
        observed=np.ones(x.shape, bool),
        day=np.arange(3),
        channel=("vv_db",),
        class_id=rng.permutation(class_id),
        group=group,
        block=group // 2,
        parcel=parcel,
        legend=Legend.from_names(["maize", "soybean", "rice"]),
    )


def units_shared(fold: Fold, ids: np.ndarray) -> set[int]:
    train, valid, test = (set(ids[part].tolist()) for part in (fold.train, fold.valid, fold.test))
    return (train & valid) | (train & test) | (valid & test)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6), st.integers(2, 5), st.sampled_from(["group", "block", "parcel"]), st.integers(1, 3)
)
def test_folds_by_unit_share_none_and_test_each_sample_once(
    seed: int, n_fold: int, unit: str, per_parcel: int
) -> None:
    samples = made_up(seed, per_parcel=per_parcel)
    folds = group_folds(samples, n_fold=n_fold, unit=unit, rng=np.random.default_rng(seed))
    assert len(folds) == n_fold
    tested = np.concatenate([fold.test for fold in folds])
    assert sorted(tested) == list(range(samples.n_sample))
    for fold in folds:
        assert units_shared(fold, getattr(samples, unit)) == set()
        assert units_shared(fold, samples.parcel) == set()
        assert sum(part.size for part in fold.parts.values()) == samples.n_sample


def test_random_folds_share_out_each_class_evenly_and_test_each_sample_once() -> None:
    samples = made_up(0)
    folds = random_folds(samples, n_fold=5, rng=np.random.default_rng(0))
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(120))
    for fold in folds:
        counts = np.bincount(samples.class_id[fold.test], minlength=3)
        np.testing.assert_allclose(counts, samples.class_counts / 5, atol=1)
        assert fold.valid.size == pytest.approx(0.15 * 96, abs=3)
        assert units_shared(fold, np.arange(120)) == set()


def test_random_folds_leak_parcels_and_the_check_says_so() -> None:
    samples = made_up(0)
    fold = random_folds(samples, n_fold=5, rng=np.random.default_rng(0))[0]
    assert units_shared(fold, samples.parcel)
    with pytest.raises(LeakageError, match="parcel"):
        check_disjoint(fold, samples.parcel, "parcel")


def test_a_planted_leak_names_up_to_five_units_and_both_parts() -> None:
    fold = Fold(train=np.arange(10), valid=np.arange(10, 12), test=np.arange(12, 22))
    ids = np.concatenate([np.arange(10), [50, 51], np.arange(10)])
    with pytest.raises(LeakageError) as caught:
        check_disjoint(fold, ids, "block")
    message = str(caught.value)
    assert "block 0, 1, 2, 3, 4 and 5 more in both train and test" in message
    assert "group_folds" in message
    ids[12:] += 100
    check_disjoint(fold, ids, "block")
    ids[10] = ids[21]
    with pytest.raises(LeakageError, match=r"block 109 in both valid and test"):
        check_disjoint(fold, ids, "block")


def test_a_parcel_in_two_groups_is_found_by_group_folds() -> None:
    samples = made_up(0)
    parcel = samples.parcel.copy()
    parcel[:60] = 7  # one field that lies in most groups
    with pytest.raises(LeakageError, match="parcel 7 in both"):
        group_folds(replace(samples, parcel=parcel), n_fold=3, rng=np.random.default_rng(0))


def test_a_sample_in_two_parts_makes_no_fold() -> None:
    with pytest.raises(LeakageError, match="sample 3 in both train and test"):
        Fold(train=np.array([1, 3]), valid=np.array([2]), test=np.array([3, 4]))


def test_an_empty_part_makes_no_fold() -> None:
    with pytest.raises(SchemaError, match="valid is empty"):
        Fold(train=np.array([1, 3]), valid=np.array([], dtype=int), test=np.array([4]))


@pytest.mark.parametrize("split", [random_folds, group_folds])
def test_the_same_generator_gives_the_same_folds(split) -> None:
    samples = made_up(0)
    first, again, other = (split(samples, n_fold=4, rng=np.random.default_rng(seed)) for seed in (1, 1, 2))
    for a, b in zip(first, again, strict=True):
        for name, part in a.parts.items():
            np.testing.assert_array_equal(part, b.parts[name])
    assert any(a.test.tolist() != b.test.tolist() for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_fold": 1}, "n_fold 1; expected at least 2"),
        ({"n_fold": 15}, "rice with fewer samples than n_fold=15.*min_count=15"),
        ({"n_fold": 6, "unit": "block"}, "6 different block; expected more than n_fold=6"),
        ({"n_fold": 3, "unit": "tile"}, "unit 'tile'"),
        ({"n_fold": 3, "valid_share": 0.0}, "valid_share 0.0"),
    ],
)
def test_impossible_folds_are_refused_with_the_remedy(options: dict, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        group_folds(made_up(0), rng=np.random.default_rng(0), **options)
