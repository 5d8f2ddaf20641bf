"""What a fit remembers from epoch to epoch, and over a kill: history, best weights, time spent."""

from __future__ import annotations

import math
import time
from typing import Any

import lightning.pytorch as pl
from lightning.pytorch.callbacks import Callback, EarlyStopping
from torch import Tensor

from cropnb.training.module import Classification

METRICS = ("train_loss", "valid_loss", "valid_accuracy")


class DivergedError(RuntimeError):
    """A fit whose loss is no longer a number."""


class Keeper(Callback):
    """History of the epochs and the weights of the best one; saved in every checkpoint."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []
        self.best_weights: dict[str, Tensor] = {}
        self.best_epoch = -1
        self.seconds = 0.0  # of all sessions together
        self._last_tick = 0.0

    @property
    def best_loss(self) -> float:
        """Lowest validation loss so far."""
        return self.rows[self.best_epoch]["valid_loss"] if self.rows else math.inf

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        """Start the clock; do not go on where a resumed fit had stopped early already."""
        self._last_tick = time.perf_counter()
        early = trainer.early_stopping_callback
        if isinstance(early, EarlyStopping) and early.wait_count >= early.patience:
            trainer.should_stop = True

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the epoch's row, keep the weights if they are the best."""
        epoch = trainer.current_epoch
        row = {name: float(trainer.callback_metrics[name]) for name in METRICS}
        if not (math.isfinite(row["train_loss"]) and math.isfinite(row["valid_loss"])):
            raise DivergedError(
                f"fit: train_loss {row['train_loss']}, valid_loss {row['valid_loss']} in epoch {epoch}; "
                "expected finite numbers. Lower learning_rate, and look for extreme values in the samples."
            )
        if row["valid_loss"] < self.best_loss and isinstance(pl_module, Classification):
            self.best_epoch = len(self.rows)
            weights = pl_module.network.state_dict()
            self.best_weights = {name: value.detach().cpu().clone() for name, value in weights.items()}
        self.rows.append({"epoch": epoch, **row})
        self._tick()

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint holds of this callback."""
        return {name: getattr(self, name) for name in ("rows", "best_weights", "best_epoch", "seconds")}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Inverse of `state_dict`."""
        for name, value in state_dict.items():
            setattr(self, name, value)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.seconds += now - self._last_tick
        self._last_tick = now
