"""Forest and network behind one face."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier

from cropnb.legends import Legend
from cropnb.sampling import Samples
from cropnb.schema import SchemaError
from cropnb.training import (
    Classifier,
    FitConfig,
    FittedNetwork,
    ForestClassifier,
    NetworkClassifier,
    fit,
    seeded,
    seeds_from,
)

FOREST = ForestClassifier(n_tree=12, n_jobs=1)
NETWORK = NetworkClassifier(
    config=FitConfig(max_epoch=8, batch_size=16, learning_rate=1e-2, accelerator="cpu"),
    model={"n_filter": 8, "n_dense": 16, "dropout": 0.2},
)
both = pytest.mark.parametrize("classifier", [FOREST, NETWORK], ids=["forest", "network"])


def _samples(n_sample: int, *, seed: int) -> Samples:
    """Simulated: four classes whose series peak on different days, in noise."""
    rng = np.random.default_rng(seed)
    class_id = np.arange(n_sample) % 4
    peak = np.exp(-0.5 * (np.arange(6)[None, :] - 0.5 - 1.5 * class_id[:, None]) ** 2)
    x = -15 + 4 * peak[..., None] + rng.normal(size=(n_sample, 6, 2))
    unit = np.arange(n_sample)
    return Samples(
        x=x.astype(np.float32),
        observed=np.ones(x.shape, dtype=bool),
        day=np.arange(6) * 30,
        channel=("vv_db", "vh_db"),
        class_id=class_id,
        group=unit,
        block=unit,
        parcel=unit,
        legend=Legend.from_names(["maize", "soybean", "barley", "other"]),
    )


TRAIN, VALID, TEST = _samples(80, seed=0), _samples(40, seed=1), _samples(60, seed=2)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Small steps on idle OpenMP threads wait for each other many times longer than they compute."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@both
def test_probabilities_are_probabilities_and_find_the_classes(classifier: Classifier) -> None:
    probability = classifier.fit(TRAIN, VALID, seed=0).predict_proba(TEST)
    assert probability.shape == (60, 4)
    assert probability.min() >= 0
    np.testing.assert_allclose(probability.sum(axis=1), 1.0)
    assert (probability.argmax(axis=1) == TEST.class_id).mean() > 0.8


@both
def test_the_same_seed_gives_the_same_probabilities_and_another_seed_others(classifier: Classifier) -> None:
    one, same, other = (classifier.fit(TRAIN, VALID, seed=s).predict_proba(TEST) for s in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert not np.allclose(one, other)


@both
@pytest.mark.parametrize("absent", [0, 2])
def test_a_class_absent_from_training_keeps_its_column(classifier: Classifier, absent: int) -> None:
    train, valid = (s.take(s.class_id != absent) for s in (TRAIN, VALID))
    probability = classifier.fit(train, valid, seed=0).predict_proba(TEST)
    present = TEST.class_id != absent
    assert probability.shape == (60, 4)
    assert (probability[present].argmax(axis=1) == TEST.class_id[present]).mean() > 0.8
    assert probability[:, absent].mean() < 0.1


@both
def test_what_is_not_in_the_layout_of_the_fit_is_refused(classifier: Classifier) -> None:
    fitted = classifier.fit(TRAIN, VALID, seed=0)
    later = dataclasses.replace(TEST, day=TEST.day + 5)
    renamed = dataclasses.replace(TEST, legend=Legend.from_names(["a", "b", "c", "d"]))
    swapped = TEST.select_channels(["vh_db", "vv_db"])
    for wrong, name in ((later, "day"), (renamed, "class_name"), (swapped, "channel")):
        with pytest.raises(SchemaError, match=f"predict: {name}"):
            fitted.predict_proba(wrong)


@both
def test_the_record_says_how_long_and_where(classifier: Classifier) -> None:
    record = classifier.fit(TRAIN, VALID, seed=0).record
    assert record["fit_seconds"] > 0
    assert record["device"] == "cpu"
    assert record.keys() & {"n_node", "n_parameter"}


@both
def test_test_samples_do_not_change_each_others_probabilities(classifier: Classifier) -> None:
    fitted = classifier.fit(TRAIN, VALID, seed=0)
    whole, part = fitted.predict_proba(TEST), fitted.predict_proba(TEST.take(np.arange(7)))
    np.testing.assert_allclose(whole[:7], part, rtol=1e-4)


@pytest.mark.parametrize("use_valid", [True, False])
def test_the_forest_is_scikit_learns(use_valid: bool) -> None:
    ours = dataclasses.replace(FOREST, use_valid=use_valid).fit(TRAIN, VALID, seed=7).predict_proba(TEST)
    parts = [TRAIN, VALID] if use_valid else [TRAIN]
    x = np.vstack([np.hstack([p.x[:, t] for t in range(6)]) for p in parts])  # step after step
    forest = RandomForestClassifier(n_estimators=12, min_samples_split=4, random_state=7)
    forest.fit(x, np.hstack([p.class_id for p in parts]))
    np.testing.assert_array_equal(ours, forest.predict_proba(np.hstack([TEST.x[:, t] for t in range(6)])))


def test_the_forests_settings_are_read() -> None:
    default = FOREST.fit(TRAIN, VALID, seed=0).predict_proba(TEST)
    uneven = TRAIN.take(np.flatnonzero((TRAIN.class_id > 0) | (np.arange(80) < 20)))
    for changes in ({"n_tree": 11}, {"min_samples_split": 30}):
        other = dataclasses.replace(FOREST, **changes).fit(TRAIN, VALID, seed=0).predict_proba(TEST)
        assert not np.allclose(default, other)
    plain, balanced = (
        dataclasses.replace(FOREST, balanced=b, use_valid=False).fit(uneven, VALID, seed=0)
        for b in (False, True)
    )
    assert not np.allclose(plain.predict_proba(TEST), balanced.predict_proba(TEST))


def test_the_number_of_cores_changes_no_probability_and_no_name() -> None:
    two = dataclasses.replace(FOREST, n_jobs=2)
    ours, theirs = (c.fit(TRAIN, VALID, seed=0).predict_proba(TEST) for c in (FOREST, two))
    np.testing.assert_array_equal(ours, theirs)
    assert repr(FOREST) == repr(two)  # which is what a saved fit is found by


def test_the_network_is_fitted_with_the_seed_of_the_call() -> None:
    fitted = NETWORK.fit(TRAIN, VALID, seed=5)
    assert isinstance(fitted, FittedNetwork)
    with seeded(seeds_from(5)):
        model = NETWORK.build(TRAIN)
    by_hand = fit(model, TRAIN, VALID, dataclasses.replace(NETWORK.config, seed=5))
    np.testing.assert_array_equal(fitted.run.history.to_numpy(), by_hand.history.to_numpy())


def test_the_network_sees_scaled_values_so_that_units_do_not_matter() -> None:
    probability = NETWORK.fit(TRAIN, VALID, seed=0).predict_proba(TEST)
    stretched = [dataclasses.replace(s, x=s.x * 4 + 32) for s in (TRAIN, VALID, TEST)]
    other = NETWORK.fit(*stretched[:2], seed=0).predict_proba(stretched[2])
    np.testing.assert_allclose(probability, other, atol=0.02)


def test_an_unknown_network_or_size_is_refused() -> None:
    with pytest.raises(SchemaError, match="Did you mean 'TempCNN'"):
        NetworkClassifier(name="TempCnn").fit(TRAIN, VALID, seed=0)
    with pytest.raises(SchemaError, match="Did you mean 'n_filter'"):
        NetworkClassifier(model={"n_filters": 8}).fit(TRAIN, VALID, seed=0)
