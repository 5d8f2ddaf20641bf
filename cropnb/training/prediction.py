"""What a fitted network computes, batch by batch: probabilities, or what a stage makes of samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import numpy as np
import torch
from lightning.fabric import Fabric
from numpy.typing import NDArray
from torch import nn

from cropnb.sampling import Batch
from cropnb.training.quiet import quiet_lightning

T = TypeVar("T")


def each_batch(
    model: nn.Module,
    batches: Iterable[Batch],
    compute: Callable[[Any, Batch], T],
    *,
    accelerator: str = "auto",
) -> Iterator[T]:
    """Run something on each batch, dropout off and without gradients.

    Parameters
    ----------
    model : Module
        Network of the contract in `cropnb.models`; left in evaluation mode, on the CPU.
    batches : iterable of Batch (batch, time, channel) [1]
        What `make_loader` serves, in the order wanted.
    compute : callable
        Gets the network and a batch, both on the device; what it gives back should be on the CPU.
    accelerator : str
        What Lightning calls so: `auto`, `cpu`, `gpu`, ...

    Yields
    ------
    object
        What `compute` gives, batch after batch.
    """
    with quiet_lightning():
        device = Fabric(accelerator=accelerator, devices=1).device
    model = model.to(device).eval()
    try:
        for batch in batches:
            with torch.inference_mode():
                found = compute(model, Batch(*(t.to(device) for t in batch)))
            yield found
    finally:
        model.cpu()


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
    return np.concatenate(list(each_batch(model, batches, _probabilities, accelerator=accelerator)))


def _probabilities(model: nn.Module, batch: Batch) -> NDArray[np.float64]:
    logits = model(batch.x, day=batch.day, valid_mask=batch.valid_mask)
    probabilities: NDArray[np.float64] = logits.cpu().double().softmax(dim=1).numpy()
    return probabilities
