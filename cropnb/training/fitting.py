"""Fitting a network: early stopping, best weights, checkpoints that a killed run goes on from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import lightning.pytorch as pl
import pandas as pd
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint
from torch import Tensor, nn

from cropnb.models import count_parameters
from cropnb.sampling import Samples, Scaler, make_loader
from cropnb.schema import require
from cropnb.training.config import FitConfig
from cropnb.training.keeper import METRICS, Keeper
from cropnb.training.keys import key_of
from cropnb.training.module import Classification
from cropnb.training.quiet import quiet_lightning
from cropnb.training.seeds import Seeds, seeded, seeds_from

PREDICT_BATCH = 1024  # samples; bounds memory, changes no number


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """A fitted network and how it came about.

    Attributes
    ----------
    model : Module
        With the weights of the best epoch, in evaluation mode, on the CPU.
    scaler : Scaler
        Fitted on the training samples; what the network is fed goes through it.
    config : FitConfig
        What was asked for.
    history : DataFrame (epoch,) [1]
        `epoch`, `train_loss`, `valid_loss`, `valid_accuracy`. `train_loss` is the mean over an epoch's steps
        with dropout on, `valid_loss` is taken after the epoch with dropout off.
    best_epoch : int () [count]
        Epoch of the lowest validation loss, from 0.
    seconds : float () [s]
        Wall time of the epochs; with a resumed fit, of all sessions.
    n_parameter : int () [count]
        Trainable parameters.
    device : str
        Where it was fitted.
    seeds : Seeds
        Seeds set at the start; epoch `i` draws from `seeds_from(config.seed, i)`.
    """

    model: nn.Module
    scaler: Scaler
    config: FitConfig
    history: pd.DataFrame
    best_epoch: int
    seconds: float
    n_parameter: int
    device: str
    seeds: Seeds


def fit(
    model: nn.Module,
    train: Samples,
    valid: Samples,
    config: FitConfig,
    *,
    folder: Path | None = None,
    progress: bool = False,
) -> Run:
    """Fit a network to samples, in place.

    Parameters
    ----------
    model : Module
        Network of the contract in `cropnb.models`; its weights are where the fit starts.
    train, valid : Samples (sample, time, channel) [dB, or 1 for reflectance]
        To learn from, and to stop early by. Scaling is fitted on `train` alone.
    config : FitConfig
        Batch size, learning rate, patience, seed, ...
    folder : Path, optional
        Where a checkpoint is written after each epoch. A fit of the same model, samples and config that was
        killed goes on from it, to the same result; any other fit does not touch it.
    progress : bool
        Show Lightning's progress bar.

    Returns
    -------
    Run
        The network with its best weights, history, time, device, seeds.

    Raises
    ------
    SchemaError
        If there are fewer than two training samples, no validation sample, or the days differ.
    DivergedError
        If the loss is no longer a number.
    """
    _check_samples(train, valid)
    scaler, seeds, keeper = Scaler(config.scaling).fit(train), seeds_from(config.seed), Keeper()
    checkpoint = None if folder is None else Path(folder) / f"{key_of(model, train, valid, config)}.ckpt"
    module = Classification(model.train(), config, class_weight(train, balanced=config.balanced))
    loaders = (
        make_loader(train, scaler, batch_size=config.batch_size, shuffle=True, seed=seeds.loader),
        make_loader(valid, scaler, batch_size=PREDICT_BATCH, shuffle=False),
    )
    with quiet_lightning(), seeded(seeds):
        trainer = _trainer(config, keeper, checkpoint=checkpoint, progress=progress)
        resume = checkpoint if checkpoint is not None and checkpoint.exists() else None
        trainer.fit(module, *loaders, ckpt_path=resume)
    model.load_state_dict(keeper.best_weights)
    return Run(
        model=model.cpu().eval(),
        scaler=scaler,
        config=config,
        history=pd.DataFrame(keeper.rows, columns=["epoch", *METRICS]).astype({"epoch": int}),
        best_epoch=keeper.best_epoch,
        seconds=keeper.seconds,
        n_parameter=count_parameters(model),
        device=str(trainer.strategy.root_device),
        seeds=seeds,
    )


def _trainer(config: FitConfig, keeper: Keeper, *, checkpoint: Path | None, progress: bool) -> pl.Trainer:
    """Lightning's trainer that writes nothing but the checkpoint asked for."""
    early = EarlyStopping("valid_loss", patience=config.patience, check_on_train_epoch_end=True)
    callbacks: list[Callback] = [keeper, early]
    if checkpoint is not None:
        callbacks.append(
            ModelCheckpoint(
                checkpoint.parent,
                filename=checkpoint.stem,
                save_on_train_epoch_end=True,
                enable_version_counter=False,  # the next epoch replaces it
            )
        )
    return pl.Trainer(
        accelerator=config.accelerator,
        devices=1,
        max_epochs=config.max_epoch,
        callbacks=callbacks,
        logger=False,
        enable_checkpointing=checkpoint is not None,
        enable_progress_bar=progress,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )


def class_weight(train: Samples, *, balanced: bool) -> Tensor:
    """Weight of each class in the loss.

    Parameters
    ----------
    train : Samples (sample, time, channel) [dB, or 1 for reflectance]
        Training samples.
    balanced : bool
        False: 1 for all. True: n_sample / (n_present x count), what scikit-learn calls balanced.

    Returns
    -------
    Tensor (class,) [1]
        With `balanced`, 0 for a class without training samples.
    """
    if not balanced:
        return torch.ones(train.n_class)
    count = torch.from_numpy(train.class_counts).float()
    weight = train.n_sample / ((count > 0).sum() * count.clamp(min=1))
    return torch.where(count > 0, weight, torch.zeros_like(weight))


def _check_samples(train: Samples, valid: Samples) -> None:
    require(
        train.n_sample >= 2 and valid.n_sample >= 1,
        f"fit: {train.n_sample} training and {valid.n_sample} validation samples; expected 2 and 1. "
        "Take fewer folds.",
    )
    require(
        train.day.tolist() == valid.day.tolist(),
        f"fit: days {train.day.tolist()} to train on, {valid.day.tolist()} to validate on; "
        "expected equal ones. Make both from one scene, or pass `day` to samples_from_scene.",
    )
