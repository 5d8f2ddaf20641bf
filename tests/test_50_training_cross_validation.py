"""Cross-validation: each fold's test samples once per seed, and no finished fit done twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray

from cropnb.legends import Legend
from cropnb.sampling import Fold, Samples
from cropnb.schema import SchemaError
from cropnb.training import Classifier, FitConfig, Fitted, ForestClassifier, NetworkClassifier, cross_validate
from cropnb.training.module import Classification

N_SAMPLE = 48
FOREST = ForestClassifier(n_tree=5, n_jobs=1)
NETWORK = NetworkClassifier(
    config=FitConfig(max_epoch=3, batch_size=16, learning_rate=1e-2, accelerator="cpu"),
    model={"n_filter": 4, "n_dense": 8, "dropout": 0.2},
)


def _samples() -> Samples:
    """Simulated: three classes at different levels, in noise."""
    rng = np.random.default_rng(0)
    class_id, unit = np.arange(N_SAMPLE) % 3, np.arange(N_SAMPLE)
    x = class_id[:, None, None] + rng.normal(size=(N_SAMPLE, 5, 2))
    return Samples(
        x=x.astype(np.float32),
        observed=np.ones(x.shape, dtype=bool),
        day=np.arange(5) * 30,
        channel=("vv_db", "vh_db"),
        class_id=class_id,
        group=unit,
        block=unit,
        parcel=unit,
        legend=Legend.from_names(["maize", "soybean", "other"]),
    )


def _folds() -> list[Fold]:
    parts = np.array_split(np.random.default_rng(1).permutation(N_SAMPLE), 3)
    return [
        Fold(train=np.sort(parts[i]), valid=np.sort(parts[i - 1]), test=np.sort(parts[i - 2]))
        for i in range(3)
    ]


SAMPLES, FOLDS = _samples(), _folds()


class Counting:
    """A classifier that remembers its fits, and can be told to die at one of them."""

    def __init__(self, inner: Classifier, *, die_at: int = -1) -> None:
        self.inner, self.die_at = inner, die_at
        self.fits: list[int] = []

    def __repr__(self) -> str:
        return repr(self.inner)

    def fit(self, train: Samples, valid: Samples, *, seed: int, folder: Path | None = None) -> Fitted:
        if len(self.fits) == self.die_at:
            raise KeyboardInterrupt
        self.fits.append(seed)
        return self.inner.fit(train, valid, seed=seed, folder=folder)


def _run(classifier: Classifier, *, folder: Path | None = None, samples: Samples = SAMPLES) -> pd.DataFrame:
    return cross_validate(samples, FOLDS, lambda: classifier, seeds=[0, 1], folder=folder, progress=False)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Small steps on idle OpenMP threads wait for each other many times longer than they compute."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_each_sample_is_predicted_once_per_seed_by_the_fold_that_left_it_out() -> None:
    table = _run(FOREST)
    assert list(table.columns) == ["seed", "fold", "sample", "reference", "prediction"]
    for _, part in table.groupby("seed"):
        assert sorted(part["sample"]) == list(range(N_SAMPLE))
    for (_, fold), part in table.groupby(["seed", "fold"]):
        assert part["sample"].tolist() == FOLDS[fold].test.tolist()
    assert (table.reference == SAMPLES.class_id[table["sample"]]).all()


@pytest.mark.parametrize("classifier", [FOREST, NETWORK], ids=["forest", "network"])
def test_predictions_are_those_of_a_fit_by_hand(classifier: Classifier) -> None:
    table, fold = _run(classifier), FOLDS[2]
    fitted = classifier.fit(SAMPLES.take(fold.train), SAMPLES.take(fold.valid), seed=1)
    expected = fitted.predict_proba(SAMPLES.take(fold.test)).argmax(axis=1)
    got = table[(table.seed == 1) & (table.fold == 2)].prediction
    assert got.tolist() == expected.tolist()


def test_test_labels_never_reach_the_fit() -> None:
    fold = FOLDS[0]
    shuffled = SAMPLES.class_id.copy()
    shuffled[fold.test] = np.roll(shuffled[fold.test], 1)
    other = dataclasses.replace(SAMPLES, class_id=shuffled)
    one, two = (
        cross_validate(s, [fold], lambda: NETWORK, seeds=[0], progress=False) for s in (SAMPLES, other)
    )
    assert one.prediction.tolist() == two.prediction.tolist()
    assert one.reference.tolist() != two.reference.tolist()


def test_the_same_call_gives_the_same_table_and_every_fit_its_record() -> None:
    one, same = _run(NETWORK), _run(NETWORK)
    pd.testing.assert_frame_equal(one, same)
    fits = pd.DataFrame(one.attrs["fits"])
    assert fits[["seed", "fold"]].to_numpy().tolist() == [[s, f] for s in (0, 1) for f in range(3)]
    assert (fits[["n_train", "n_valid", "n_test"]] == 16).all(axis=None)
    assert (fits[["fit_seconds", "predict_seconds", "n_parameter", "n_epoch"]] > 0).all(axis=None)


def test_seeds_change_the_fit_and_not_the_folds() -> None:
    table = _run(ForestClassifier(n_tree=1, n_jobs=1))
    one, other = (table[table.seed == s].sort_values("sample") for s in (0, 1))
    assert one.prediction.tolist() != other.prediction.tolist()
    assert one.fold.tolist() == other.fold.tolist()


@pytest.mark.parametrize("inner", [FOREST, NETWORK], ids=["forest", "network"])
def test_a_killed_run_loses_no_finished_fit(tmp_path: Path, inner: Classifier) -> None:
    dying, living = Counting(inner, die_at=4), Counting(inner)
    with pytest.raises(KeyboardInterrupt):
        _run(dying, folder=tmp_path)
    resumed = _run(living, folder=tmp_path)
    assert (len(dying.fits), len(living.fits)) == (4, 2)
    pd.testing.assert_frame_equal(resumed, _run(inner))
    again = Counting(inner)
    found = _run(again, folder=tmp_path)
    assert not again.fits
    pd.testing.assert_frame_equal(found, resumed)
    assert found.attrs == resumed.attrs
    assert {path.suffix for path in tmp_path.iterdir()} == {".json"}  # no half-done work is left


def test_a_fit_killed_inside_goes_on_from_its_last_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = _run(NETWORK)
    epochs: list[int] = []
    step = Classification.training_step

    def dying(self: Classification, data: object) -> torch.Tensor:
        epochs.append(self.trainer.current_epoch)
        if len(epochs) == 3:  # one step an epoch: in the last one of the first fit
            raise SystemExit
        return step(self, data)

    monkeypatch.setattr(Classification, "training_step", dying)
    with pytest.raises(SystemExit):
        _run(NETWORK, folder=tmp_path)
    pd.testing.assert_frame_equal(_run(NETWORK, folder=tmp_path), expected)
    assert epochs[:4] == [0, 1, 2, 2]  # after the kill: epoch 2, not 0


def test_other_samples_settings_or_folds_are_fitted_anew(tmp_path: Path) -> None:
    _run(FOREST, folder=tmp_path)
    x: NDArray[np.float32] = SAMPLES.x.copy()
    x[0, 0, 0] += 1
    for classifier, samples in (
        (dataclasses.replace(FOREST, n_tree=6), SAMPLES),
        (FOREST, dataclasses.replace(SAMPLES, x=x)),
    ):
        counting = Counting(classifier)
        _run(counting, folder=tmp_path, samples=samples)
        assert len(counting.fits) == 6


def test_nothing_is_written_or_printed_without_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    cross_validate(SAMPLES, FOLDS, lambda: NETWORK, seeds=[0])  # progress on, but this is no terminal
    out = capfd.readouterr()
    assert (out.out, out.err, list(tmp_path.iterdir())) == ("", "", [])


@pytest.mark.parametrize(("n_fold", "seeds"), [(0, [0]), (3, []), (3, [0, 0])])
def test_no_folds_no_seeds_or_a_seed_twice_are_refused(n_fold: int, seeds: list[int]) -> None:
    with pytest.raises(SchemaError, match=f"{n_fold} folds"):
        cross_validate(SAMPLES, FOLDS[:n_fold], lambda: FOREST, seeds=seeds)
