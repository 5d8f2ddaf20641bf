"""A forest on a network's embedding: what it sees, what it learns from, and that it can be kept."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from cropnb.legends import Legend
from cropnb.models import Conv1D
from cropnb.sampling import Samples
from cropnb.schema import SchemaError
from cropnb.training import (
    FitConfig,
    FittedHybridForest,
    FittedNetwork,
    ForestClassifier,
    HybridForestClassifier,
    ImputedClassifier,
    NetworkClassifier,
    embedded,
    load_fitted,
    save_fitted,
)

SIZES = {"n_shallow": 4, "n_branch": 4, "n_middle": 6, "n_deep": 8, "n_dense": 12}
NETWORK = NetworkClassifier(
    name="Conv1D",
    config=FitConfig(max_epoch=6, batch_size=16, learning_rate=1e-2, accelerator="cpu", scaling="min_max"),
    model={**SIZES, "dropout_map": 0.1, "dropout": 0.2},
)
FOREST = ForestClassifier(n_tree=12, n_jobs=1, use_valid=False)
HYBRID = HybridForestClassifier(network=NETWORK, forest=FOREST)


def _samples(n_sample: int, *, seed: int) -> Samples:
    """Simulated: four classes whose series peak on different days, in noise, a tenth interpolated."""
    rng = np.random.default_rng(seed)
    class_id = np.arange(n_sample) % 4
    peak = np.exp(-0.5 * (np.arange(6)[None, :] - 0.5 - 1.5 * class_id[:, None]) ** 2)
    x = -15 + 4 * peak[..., None] + 0.7 * rng.normal(size=(n_sample, 6, 2))
    unit = np.arange(n_sample)
    return Samples(
        x=x.astype(np.float32),
        observed=rng.random(x.shape) > 0.1,
        day=np.arange(6) * 30,
        channel=("vv_db", "vh_db"),
        class_id=class_id,
        group=unit,
        block=unit,
        parcel=unit,
        legend=Legend.from_names(["maize", "soybean", "barley", "other"]),
    )


TRAIN, VALID, TEST = _samples(120, seed=0), _samples(40, seed=1), _samples(60, seed=2)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Small steps on idle OpenMP threads wait for each other many times longer than they compute."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def hybrid(_one_thread: None) -> FittedHybridForest:
    return HYBRID.fit(TRAIN, VALID, seed=3)


def _first_dense_layer(network: FittedNetwork, samples: Samples) -> NDArray[np.float32]:
    """Caught on its way to the classifier, not asked of `forward_features`."""
    caught: list[torch.Tensor] = []
    model = network.run.model
    assert isinstance(model, Conv1D)
    hook = model.classifier.register_forward_pre_hook(lambda _module, given: caught.append(given[0]))
    x = torch.from_numpy(network.run.scaler.transform(samples))
    with torch.no_grad():
        model(x, day=torch.zeros(x.shape[:2]).long(), valid_mask=torch.ones(x.shape[:2], dtype=torch.bool))
    hook.remove()
    return caught[0].numpy()


def test_the_forest_is_scikit_learns_on_exactly_the_first_dense_layer(hybrid: FittedHybridForest) -> None:
    seen, asked = (_first_dense_layer(hybrid.network, samples) for samples in (TRAIN, TEST))
    assert seen.shape == (120, 12)
    assert seen.min() == 0  # after the ReLU
    np.testing.assert_array_equal(embedded(hybrid.network, TRAIN).x[:, 0], seen)
    forest = RandomForestClassifier(n_estimators=12, min_samples_split=4, random_state=3)
    forest.fit(seen, TRAIN.class_id)
    np.testing.assert_array_equal(hybrid.predict_proba(TEST), forest.predict_proba(asked))


def test_it_is_the_source_s_by_default() -> None:
    default = HybridForestClassifier()
    assert (default.network.name, default.network.model) == ("Conv1D", {})
    assert (default.forest.n_tree, default.forest.min_samples_split) == (200, 4)
    assert not default.forest.use_valid
    assert default.network.build(TRAIN).config.n_dense == 512


def test_it_finds_the_classes(hybrid: FittedHybridForest) -> None:
    probability = hybrid.predict_proba(TEST)
    np.testing.assert_allclose(probability.sum(axis=1), 1.0)
    assert (probability.argmax(axis=1) == TEST.class_id).mean() > 0.8


def test_the_networks_own_classifier_has_no_say_and_its_dense_layer_has(hybrid: FittedHybridForest) -> None:
    expected = hybrid.predict_proba(TEST)
    for part, same in (("classifier", True), ("dense", False)):
        weights = {name: value.clone() for name, value in hybrid.network.run.model.state_dict().items()}
        with torch.no_grad():
            for value in getattr(hybrid.network.run.model, part).state_dict().values():
                value.mul_(-1)
        changed = hybrid.predict_proba(TEST)
        hybrid.network.run.model.load_state_dict(weights)
        assert np.array_equal(changed, expected) is same


def test_dropout_is_off_even_if_someone_switched_it_on(hybrid: FittedHybridForest) -> None:
    expected = embedded(hybrid.network, TEST).x
    hybrid.network.run.model.train()
    np.testing.assert_array_equal(embedded(hybrid.network, TEST).x, expected)
    assert not hybrid.network.run.model.training


def test_a_network_fitted_before_need_not_be_fitted_again(hybrid: FittedHybridForest) -> None:
    network = NETWORK.fit(TRAIN, VALID, seed=3)
    grown = HYBRID.grow(network, TRAIN, VALID, seed=3)
    np.testing.assert_array_equal(grown.predict_proba(TEST), hybrid.predict_proba(TEST))
    other = HYBRID.grow(network, TRAIN, VALID, seed=4)
    assert not np.array_equal(other.predict_proba(TEST), hybrid.predict_proba(TEST))


def test_the_forest_learns_from_the_training_samples_alone_unless_told(hybrid: FittedHybridForest) -> None:
    relabelled = dataclasses.replace(VALID, class_id=VALID.class_id[::-1].copy())
    greedy = dataclasses.replace(HYBRID, forest=dataclasses.replace(FOREST, use_valid=True))

    def probability(classifier: HybridForestClassifier, *, train: Samples, valid: Samples):
        return classifier.grow(hybrid.network, train, valid, seed=3).predict_proba(TEST)

    expected = hybrid.predict_proba(TEST)
    np.testing.assert_array_equal(probability(HYBRID, train=TRAIN, valid=relabelled), expected)
    assert not np.array_equal(probability(greedy, train=TRAIN, valid=relabelled), expected)
    fewer = TRAIN.take(np.arange(80))
    assert not np.array_equal(probability(HYBRID, train=fewer, valid=VALID), expected)


def test_validation_samples_stop_the_network() -> None:
    """With labels at odds with the training samples, the first epochs are the best ones."""
    patient = dataclasses.replace(NETWORK.config, max_epoch=30, patience=1)
    classifier = dataclasses.replace(HYBRID, network=dataclasses.replace(NETWORK, config=patient))
    against = dataclasses.replace(VALID, class_id=(VALID.class_id + 1) % 4)
    n_epoch = [classifier.fit(TRAIN, v, seed=3).record["n_epoch"] for v in (VALID, against)]
    assert n_epoch[1] < n_epoch[0]


def test_a_class_absent_from_training_keeps_its_column() -> None:
    train, valid = (s.take(s.class_id != 2) for s in (TRAIN, VALID))
    probability = HYBRID.fit(train, valid, seed=0).predict_proba(TEST)
    assert probability.shape == (60, 4)
    assert not probability[:, 2].any()


def test_the_settings_of_both_parts_are_read(hybrid: FittedHybridForest) -> None:
    for changes in ({"n_tree": 11}, {"min_samples_split": 40}):
        other = dataclasses.replace(HYBRID, forest=dataclasses.replace(FOREST, **changes))
        grown = other.grow(hybrid.network, TRAIN, VALID, seed=3)
        assert not np.allclose(grown.predict_proba(TEST), hybrid.predict_proba(TEST))
    tempcnn = dataclasses.replace(NETWORK, name="TempCNN", model={"n_filter": 4, "n_dense": 7})
    fitted = dataclasses.replace(HYBRID, network=tempcnn).fit(TRAIN, VALID, seed=3)
    assert fitted.forest.forest.n_features_in_ == 7


def test_the_record_adds_up_both_fits(hybrid: FittedHybridForest) -> None:
    record = hybrid.record
    assert record["fit_seconds"] == hybrid.network.run.seconds + record["forest_seconds"]
    assert record["forest_seconds"] >= hybrid.forest.seconds > 0
    assert record["n_parameter"] == hybrid.network.run.n_parameter
    assert record["n_node"] > 12


def test_embedded_samples_are_the_same_samples(hybrid: FittedHybridForest) -> None:
    part = embedded(hybrid.network, TEST)
    for name in ("class_id", "group", "block", "parcel"):
        np.testing.assert_array_equal(getattr(part, name), getattr(TEST, name))
    assert (part.n_time, part.channel[0], part.channel[-1]) == (1, "embedding_0", "embedding_11")
    shuffled = np.random.default_rng(0).permutation(60)
    again = embedded(hybrid.network, TEST.take(shuffled)).x
    np.testing.assert_allclose(again, part.x[shuffled], rtol=1e-5, atol=1e-6)


def test_what_is_not_in_the_layout_of_the_fit_is_refused(hybrid: FittedHybridForest) -> None:
    later = dataclasses.replace(TEST, day=TEST.day + 5)
    swapped = TEST.select_channels(["vh_db", "vv_db"])
    for wrong, name in ((later, "day"), (swapped, "channel")):
        for ask in (hybrid.predict_proba, lambda s: embedded(hybrid.network, s)):
            with pytest.raises(SchemaError, match=f"predict: {name}"):
                ask(wrong)


@pytest.mark.parametrize("imputed", [False, True], ids=["", "imputed"])
def test_a_loaded_one_gives_the_same_probabilities(imputed: bool, tmp_path) -> None:
    whole = ImputedClassifier(classifier=HYBRID) if imputed else HYBRID
    fitted = whole.fit(TRAIN, VALID, seed=3)
    folder = save_fitted(fitted, tmp_path / "kept")
    assert json.loads((folder / "classifier.json").read_text())["kind"] == "hybrid"
    again = load_fitted(folder)
    np.testing.assert_array_equal(again.predict_proba(TEST), fitted.predict_proba(TEST))
    assert again.record == fitted.record
    with pytest.raises(SchemaError, match="predict: day"):
        again.predict_proba(dataclasses.replace(TEST, day=TEST.day + 1))


def test_a_killed_fit_goes_on_from_the_networks_checkpoint(tmp_path) -> None:
    first = HYBRID.fit(TRAIN, VALID, seed=3, folder=tmp_path)
    assert len(list(tmp_path.glob("*.ckpt"))) == 1
    again = HYBRID.fit(TRAIN, VALID, seed=3, folder=tmp_path)
    np.testing.assert_array_equal(first.predict_proba(TEST), again.predict_proba(TEST))
