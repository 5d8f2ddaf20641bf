"""The training step: cross-entropy and Adam, as a Lightning module around any network of the contract."""

from __future__ import annotations

import lightning.pytorch as pl
import torch
from torch import Tensor, nn
from torch.nn import functional

from cropnb.sampling import Batch
from cropnb.training.config import FitConfig
from cropnb.training.seeds import seeds_from, set_seeds


class Classification(pl.LightningModule):
    """Network, loss and optimiser.

    Parameters
    ----------
    network : Module
        Takes `x`, `day`, `valid_mask`, gives logits.
    config : FitConfig
        Learning rate, weight decay and seed are read.
    class_weight : Tensor (class,) [1]
        Weight of each class in the loss.
    """

    class_weight: Tensor

    def __init__(self, network: nn.Module, config: FitConfig, class_weight: Tensor) -> None:
        super().__init__()
        self.network = network
        self.fit_config = config
        # Not persistent: it follows from the samples, and a checkpoint holds what was learned.
        self.register_buffer("class_weight", class_weight, persistent=False)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam, with weight decay on kernels only."""
        kernels = [p for p in self.network.parameters() if p.ndim > 1]
        others = [p for p in self.network.parameters() if p.ndim <= 1]
        groups = [
            {"params": kernels, "weight_decay": self.fit_config.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        return torch.optim.Adam(groups, lr=self.fit_config.learning_rate)

    def on_train_batch_start(self, _batch: Batch, batch_idx: int) -> None:
        """Draw dropout from seed and epoch alone, so that a resumed fit goes on as it would have.

        Done at the first batch and not at the epoch's start: Lightning skips that hook on resuming.
        """
        if batch_idx == 0:
            set_seeds(seeds_from(self.fit_config.seed, self.current_epoch))

    def training_step(self, batch: Batch) -> Tensor:
        """Loss of one batch."""
        loss = functional.cross_entropy(self._logits(batch), batch.target, weight=self.class_weight)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch.target))
        return loss

    def validation_step(self, batch: Batch) -> None:
        """Loss and accuracy on validation samples."""
        logits = self._logits(batch)
        loss = functional.cross_entropy(logits, batch.target)
        accuracy = (logits.argmax(dim=1) == batch.target).float().mean()
        self.log_dict({"valid_loss": loss, "valid_accuracy": accuracy}, batch_size=len(batch.target))

    def _logits(self, batch: Batch) -> Tensor:
        logits: Tensor = self.network(batch.x, day=batch.day, valid_mask=batch.valid_mask)
        return logits
