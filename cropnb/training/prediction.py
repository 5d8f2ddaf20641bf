"""Probabilities from a fitted network, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from lightning.fabric import Fabric
from numpy.typing import NDArray
from torch import nn

from cropnb.sampling import Batch
from cropnb.training.quiet import quiet_lightning


def predict(model: nn.Module, batches: Iterable[Batch], *, accelerator: str = "auto") -> NDArray[np.float64]:
    """Class probabilities.

    Parameters
    ----------
    model : Module
        Network of the contract in `cropnb.models`; left in evaluation mode, on the CPU.
    batches : iterable of Batch (batch, time, channel) [1]
        What `make_loader` serves, in the order wanted.
    accelerator : str
        What Lightning calls so: `auto`, `cpu`, `gpu`, ...

    Returns
    -------
    ndarray (sample, class) [1]
        Softmax of the logits; each row sums to 1.
    """
    with quiet_lightning():
        device = Fabric(accelerator=accelerator, devices=1).device
    model = model.to(device).eval()
    with torch.inference_mode():
        parts = [_probabilities(model, Batch(*(t.to(device) for t in batch))) for batch in batches]
    model.cpu()
    return np.concatenate(parts)


def _probabilities(model: nn.Module, batch: Batch) -> NDArray[np.float64]:
    logits = model(batch.x, day=batch.day, valid_mask=batch.valid_mask)
    probabilities: NDArray[np.float64] = logits.cpu().double().softmax(dim=1).numpy()
    return probabilities
