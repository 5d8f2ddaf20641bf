"""A fit: the same for the same seed, stopped early, resumed after a kill, and quiet."""

from __future__ import annotations

import dataclasses
import logging
import random
import warnings
from collections.abc import Iterator
from pathlib import Path

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch import nn

from cropnb.legends import Legend
from cropnb.models import build_model
from cropnb.sampling import Samples, Scaler, make_loader
from cropnb.schema import SchemaError
from cropnb.training import DivergedError, FitConfig, Run, fit, predict, seeded, seeds_from
from cropnb.training.fitting import class_weight
from cropnb.training.module import Classification

CONFIG = FitConfig(max_epoch=6, batch_size=16, learning_rate=1e-2, patience=6, seed=3, accelerator="cpu")
SIZES = {"n_channel": 2, "n_class": 3, "n_time": 6, "n_filter": 8, "n_dense": 16, "dropout": 0.2}


def _samples(n_sample: int, *, seed: int, noise: float = 1.0) -> Samples:
    """Simulated: three classes whose series peak on different days, in noise."""
    rng = np.random.default_rng(seed)
    class_id = np.arange(n_sample) % 3
    peak = np.exp(-0.5 * (np.arange(6)[None, :] - 1 - 1.5 * class_id[:, None]) ** 2)
    x = -15 + 4 * peak[..., None] + noise * rng.normal(size=(n_sample, 6, 2))
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
        legend=Legend.from_names(["maize", "soybean", "other"]),
    )


TRAIN, VALID = _samples(65, seed=0), _samples(30, seed=1)  # 65: one sample is left over of batches of 16


def _model(*, seed: int = 0) -> nn.Module:
    with seeded(seeds_from(seed)):
        return build_model("TempCNN", **SIZES)


def _fit(folder: Path | None = None, **changes: float) -> Run:
    return fit(_model(), TRAIN, VALID, dataclasses.replace(CONFIG, **changes), folder=folder)


def _assert_equal(one: Run, other: Run) -> None:
    pd.testing.assert_frame_equal(one.history, other.history, check_exact=True)
    assert one.best_epoch == other.best_epoch
    weights = other.model.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in one.model.state_dict().items())


class _Killed(KeyboardInterrupt):
    """As if the machine went away."""


def _kill_in_epoch(monkeypatch: pytest.MonkeyPatch, epoch: int, *, batch: int = 2) -> None:
    step = Classification.training_step

    def dying(self: Classification, data: object) -> torch.Tensor:
        if self.trainer.current_epoch == epoch and self.trainer.fit_loop.batch_idx == batch:
            raise _Killed
        return step(self, data)

    monkeypatch.setattr(Classification, "training_step", dying)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Small steps on idle OpenMP threads wait for each other many times longer than they compute."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def run() -> Run:
    return _fit()


def test_the_same_seed_gives_the_same_run(run: Run) -> None:
    _assert_equal(run, _fit())


def test_another_seed_gives_another_run(run: Run) -> None:
    assert not np.allclose(run.history.train_loss, _fit(seed=4).history.train_loss)


def test_the_network_learns(run: Run) -> None:
    assert run.history.valid_accuracy.iloc[-1] > 0.8
    assert run.history.train_loss.iloc[-1] < 0.7 * run.history.train_loss.iloc[0]


def test_every_epoch_has_its_row_and_the_run_its_facts(run: Run) -> None:
    assert list(run.history.columns) == ["epoch", "train_loss", "valid_loss", "valid_accuracy"]
    assert run.history.epoch.tolist() == list(range(CONFIG.max_epoch))
    assert run.n_parameter == sum(p.numel() for p in run.model.parameters())
    assert (run.device, run.seconds > 0, run.config) == ("cpu", True, CONFIG)
    assert run.seeds == seeds_from(CONFIG.seed)
    assert not run.model.training


def test_the_best_weights_are_restored_and_the_history_tells_the_truth(run: Run) -> None:
    probability = predict(run.model, make_loader(VALID, run.scaler, batch_size=7, shuffle=False))
    loss = -np.log(probability[np.arange(VALID.n_sample), VALID.class_id]).mean()
    accuracy = (probability.argmax(1) == VALID.class_id).mean()
    best = run.history.loc[run.history.valid_loss.idxmin()]
    assert run.best_epoch == best.epoch
    assert (loss, accuracy) == pytest.approx((best.valid_loss, best.valid_accuracy), rel=1e-5)


def test_it_stops_when_validation_no_longer_gets_better() -> None:
    # Pure noise as validation: what helps in training does not help there.
    valid = dataclasses.replace(VALID, class_id=np.random.default_rng(5).permutation(VALID.class_id))
    run = fit(_model(), TRAIN, valid, dataclasses.replace(CONFIG, max_epoch=40, patience=2))
    assert len(run.history) < 40
    assert run.history.valid_loss.idxmin() == run.best_epoch == len(run.history) - 1 - 2
    probability = predict(run.model, make_loader(valid, run.scaler, batch_size=30, shuffle=False))
    loss = -np.log(probability[np.arange(valid.n_sample), valid.class_id]).mean()
    assert loss == pytest.approx(run.history.valid_loss.min(), rel=1e-5)


@pytest.mark.parametrize("epoch", [1, 4])
def test_a_killed_fit_goes_on_to_the_same_result(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epoch: int
) -> None:
    with monkeypatch.context() as patch:
        _kill_in_epoch(patch, epoch)
        with pytest.raises((_Killed, SystemExit)):  # Lightning turns an interrupt into an exit
            _fit(tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    before = _count_steps(monkeypatch)
    _assert_equal(run, _fit(tmp_path))
    assert len(before) == (CONFIG.max_epoch - epoch) * 4  # the finished epochs were not done again


def _count_steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    steps: list[int] = []
    step = Classification.training_step

    def counting(self: Classification, data: object) -> torch.Tensor:
        steps.append(self.trainer.current_epoch)
        return step(self, data)

    monkeypatch.setattr(Classification, "training_step", counting)
    return steps


def test_a_finished_fit_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, steps = _fit(tmp_path), _count_steps(monkeypatch)
    _assert_equal(first, _fit(tmp_path))
    assert not steps


def test_a_fit_that_stopped_early_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    valid = dataclasses.replace(VALID, class_id=np.random.default_rng(5).permutation(VALID.class_id))
    config = dataclasses.replace(CONFIG, max_epoch=40, patience=2)
    first = fit(_model(), TRAIN, valid, config, folder=tmp_path)
    steps = _count_steps(monkeypatch)
    _assert_equal(first, fit(_model(), TRAIN, valid, config, folder=tmp_path))
    assert not steps


@pytest.mark.parametrize(
    "changes", [{"learning_rate": 2e-2}, {"batch_size": 8}, {"seed": 4}, {"weight_decay": 0.1}]
)
def test_every_setting_is_read_and_a_checkpoint_of_another_one_is_not(
    run: Run, tmp_path: Path, changes: dict[str, float]
) -> None:
    _fit(tmp_path, max_epoch=2)
    changed = _fit(tmp_path, **changes, max_epoch=2)
    _assert_equal(changed, _fit(**changes, max_epoch=2))
    assert not np.allclose(changed.history.train_loss, run.history.train_loss[:2])
    assert len(list(tmp_path.iterdir())) == 2


def test_weight_decay_spares_biases_and_normalisation() -> None:
    module = Classification(_model(), CONFIG, torch.ones(3))
    kernels, others = module.configure_optimizers().param_groups
    assert {p.ndim for p in kernels["params"]} == {2, 3}
    assert {p.ndim for p in others["params"]} == {1}
    assert (kernels["weight_decay"], others["weight_decay"]) == (CONFIG.weight_decay, 0.0)


def test_balanced_weights_are_scikit_learns() -> None:
    part = TRAIN.take(np.flatnonzero((TRAIN.class_id != 1) & (np.arange(65) % 5 > 0) | (np.arange(65) < 2)))
    ours = class_weight(part, balanced=True).numpy()
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=part.class_id)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    absent = TRAIN.take(np.flatnonzero(TRAIN.class_id != 1))
    assert class_weight(absent, balanced=True)[1] == 0
    assert np.isfinite(_fit_on(absent).history.to_numpy()).all()


def _fit_on(train: Samples) -> Run:
    config = dataclasses.replace(CONFIG, max_epoch=1, balanced=True)
    return fit(_model(), train, VALID, config)


def test_scaling_is_fitted_on_training_samples_alone(run: Run) -> None:
    np.testing.assert_allclose(run.scaler.offset, TRAIN.x.mean(axis=(0, 1)), rtol=1e-5)


def test_the_callers_random_streams_are_left_alone() -> None:
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()  # noqa: NPY002
    _fit(max_epoch=1)
    assert random.getstate() == states[0]
    assert np.random.get_state()[1].tolist() == states[1]  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), states[2])


def test_the_callers_random_streams_change_nothing() -> None:
    histories = []
    for seed in (1, 2):
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        torch.manual_seed(seed)
        histories.append(_fit(max_epoch=2).history)
    pd.testing.assert_frame_equal(*histories, check_exact=True)


def test_nothing_is_printed_written_or_warned(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    level = logging.getLogger("lightning.pytorch").level
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = _fit(max_epoch=2)
        predict(run.model, make_loader(VALID, run.scaler, batch_size=8, shuffle=False))
    out = capfd.readouterr()
    assert (out.out, out.err, caplog.text) == ("", "", "")
    assert not list(tmp_path.iterdir())
    assert logging.getLogger("lightning.pytorch").level == level


def test_a_fit_that_diverges_says_so() -> None:
    with pytest.raises(DivergedError, match="Lower learning_rate"):
        _fit(learning_rate=1e30)


@pytest.mark.parametrize(
    "wrong",
    [{"max_epoch": 0}, {"batch_size": 1}, {"learning_rate": 0.0}, {"weight_decay": -1.0}, {"patience": 0}],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SchemaError, match=next(iter(wrong))):
        FitConfig(**wrong)


def test_too_few_samples_or_other_days_are_refused() -> None:
    with pytest.raises(SchemaError, match="1 training and 30 validation"):
        fit(_model(), TRAIN.take(np.array([0])), VALID, CONFIG)
    with pytest.raises(SchemaError, match="to validate on"):
        fit(_model(), TRAIN, dataclasses.replace(VALID, day=VALID.day + 1), CONFIG)


def test_probabilities_do_not_depend_on_the_batch_and_sum_to_one(run: Run) -> None:
    one, many = (
        predict(run.model, make_loader(VALID, run.scaler, batch_size=b, shuffle=False)) for b in (1, 30)
    )
    np.testing.assert_allclose(one, many, rtol=1e-4)
    np.testing.assert_allclose(one.sum(axis=1), 1.0)
    assert one.shape == (30, 3)


def test_each_epoch_serves_each_sample_once_in_its_own_order(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[list[float]] = []
    step = Classification.training_step

    def noting(self: Classification, data: object) -> torch.Tensor:
        epoch = self.trainer.current_epoch
        served.extend([] for _ in range(epoch + 1 - len(served)))
        served[epoch].extend(data.x[:, 0, 0].tolist())
        return step(self, data)

    monkeypatch.setattr(Classification, "training_step", noting)
    train = TRAIN.take(np.arange(48))
    fit(_model(), train, VALID, dataclasses.replace(CONFIG, max_epoch=3))
    everything = sorted(Scaler().fit(train).transform(train)[:, 0, 0].tolist())
    assert [sorted(order) for order in served] == [everything] * 3
    assert served[0] != served[1] != served[2]


def test_lightning_is_told_of_one_device_and_no_logger(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, object] = {}
    init = pl.Trainer.__init__

    def noting(self: pl.Trainer, **keywords: object) -> None:
        told.update(keywords)
        init(self, **keywords)

    monkeypatch.setattr(pl.Trainer, "__init__", noting)
    _fit(max_epoch=1)
    assert (told["accelerator"], told["devices"], told["logger"]) == ("cpu", 1, False)
