"""A saved classifier predicts what the fitted one predicted; imputing takes values from training alone."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from cropnb.legends import Legend
from cropnb.sampling import Samples
from cropnb.sampling.radar_steps import LeeSettings
from cropnb.schema import SchemaError
from cropnb.training import (
    FitConfig,
    ForestClassifier,
    ImputedClassifier,
    NetworkClassifier,
    load_fitted,
    save_fitted,
)
from cropnb.training.storage import load_speckle

FOREST = ForestClassifier(n_tree=8, n_jobs=1)
NETWORK = NetworkClassifier(
    config=FitConfig(max_epoch=2, batch_size=16, accelerator="cpu", scaling="min_max"),
    model={"n_filter": 4, "n_dense": 8},
)


def samples(n_sample: int, *, seed: int, shift: float = 0.0) -> Samples:
    """Simulated: two classes of different level, a tenth of the values interpolated."""
    rng = np.random.default_rng(seed)
    class_id = np.arange(n_sample) % 2
    x = rng.normal(size=(n_sample, 5, 2)) + 3 * class_id[:, None, None] + shift
    unit = np.arange(n_sample)
    return Samples(
        x=x.astype(np.float32),
        observed=rng.random(x.shape) > 0.1,
        day=np.arange(5) * 12,
        channel=("vv_db", "vh_db"),
        class_id=class_id,
        group=unit,
        block=unit,
        parcel=unit,
        legend=Legend.from_names(["maize", "soybean"]),
    )


TRAIN, VALID, TEST = samples(40, seed=0), samples(20, seed=1), samples(30, seed=2)


@pytest.mark.parametrize("classifier", [FOREST, NETWORK], ids=["forest", "network"])
@pytest.mark.parametrize("imputed", [False, True], ids=["", "imputed"])
def test_a_loaded_classifier_gives_the_same_probabilities(classifier, imputed, tmp_path):
    whole = ImputedClassifier(classifier=classifier) if imputed else classifier
    fitted = whole.fit(TRAIN, VALID, seed=3)
    again = load_fitted(save_fitted(fitted, tmp_path / "kept"))
    np.testing.assert_array_equal(again.predict_proba(TEST), fitted.predict_proba(TEST))
    assert again.record == fitted.record
    wrong = dataclasses.replace(TEST, day=TEST.day + 1)
    with pytest.raises(SchemaError, match="day"):
        again.predict_proba(wrong)


def test_scaling_is_stored_with_the_numbers_of_the_training_samples(tmp_path):
    fitted = NETWORK.fit(TRAIN, samples(20, seed=1, shift=50), seed=3)
    scaler = json.loads((save_fitted(fitted, tmp_path) / "classifier.json").read_text())["scaler"]
    assert scaler["method"] == "min_max"
    np.testing.assert_allclose(scaler["offset"], TRAIN.x.min(axis=(0, 1)), rtol=1e-6)


def test_scaling_changes_what_is_learned():
    standardised = dataclasses.replace(
        NETWORK, config=dataclasses.replace(NETWORK.config, scaling="standardise")
    )
    first, second = (c.fit(TRAIN, VALID, seed=3).predict_proba(TEST) for c in (NETWORK, standardised))
    assert not np.array_equal(first, second)
    with pytest.raises(SchemaError, match="scaling='log'"):
        FitConfig(scaling="log")


def test_gaps_are_filled_from_training_samples_alone():
    """What was interpolated, in any set, has no say; what the test set holds has none on other samples."""
    classifier = ImputedClassifier(classifier=FOREST)
    fitted = classifier.fit(TRAIN, VALID, seed=3)
    noise = np.where(TEST.observed, TEST.x, 1e3).astype(np.float32)
    spoilt = dataclasses.replace(TEST, x=noise)
    np.testing.assert_array_equal(fitted.predict_proba(TEST), fitted.predict_proba(spoilt))
    np.testing.assert_array_equal(
        fitted.predict_proba(TEST)[:5], fitted.predict_proba(TEST.take(np.arange(5)))
    )
    plain = FOREST.fit(TRAIN, VALID, seed=3)
    assert not np.array_equal(plain.predict_proba(TEST), plain.predict_proba(spoilt))


def test_an_empty_folder_and_a_stranger_are_refused(tmp_path):
    with pytest.raises(SchemaError, match=r"no .*classifier\.json"):
        load_fitted(tmp_path)

    class Stranger:
        record: dict[str, float] = {}  # noqa: RUF012

    with pytest.raises(SchemaError, match="a Stranger"):
        save_fitted(Stranger(), tmp_path)


def test_the_speckle_filter_of_the_samples_is_kept(tmp_path):
    fitted, speckle = FOREST.fit(TRAIN, VALID, seed=3), LeeSettings(window=5, n_looks=4.5)
    assert load_speckle(save_fitted(fitted, tmp_path / "told", speckle=speckle)) == speckle
    assert load_speckle(save_fitted(fitted, tmp_path / "untold")) is None
    with pytest.raises(SchemaError, match=r"no .*classifier\.json"):
        load_speckle(tmp_path)


def test_a_folder_older_than_the_filter_is_read(tmp_path):
    fitted = FOREST.fit(TRAIN, VALID, seed=3)
    path = save_fitted(fitted, tmp_path, speckle=LeeSettings()) / "classifier.json"
    described = json.loads(path.read_text())
    del described["speckle"]
    path.write_text(json.dumps(described))
    assert load_speckle(tmp_path) is None
    np.testing.assert_array_equal(load_fitted(tmp_path).predict_proba(TEST), fitted.predict_proba(TEST))
