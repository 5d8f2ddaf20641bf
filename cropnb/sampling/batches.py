"""Batches of tensors, in an order fixed by seed and epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from cropnb.sampling.samples import Samples
from cropnb.sampling.scaling import Scaler
from cropnb.schema import require


class Batch(NamedTuple):
    """What a model is fed at once."""

    x: Float[Tensor, "batch time channel"]  # scaled, float32
    day: Int[Tensor, "batch time"]  # days since 1 January of the season's year
    valid_mask: Bool[Tensor, "batch time"]  # True where usable
    target: Int[Tensor, " batch"]  # class_id


class SampleDataset(Dataset[Batch]):
    """Scaled samples as tensors, fetched by whole batches.

    All steps are usable: gaps have been filled, and every model sees the same filled values.

    Parameters
    ----------
    samples : Samples (sample, time, channel) [dB, or 1 for reflectance]
        What to serve.
    scaler : Scaler
        Fitted on the training samples.
    """

    def __init__(self, samples: Samples, scaler: Scaler) -> None:
        self.x = torch.from_numpy(scaler.transform(samples))
        self.day = torch.from_numpy(samples.day.copy())
        self.target = torch.from_numpy(samples.class_id.copy())

    def __len__(self) -> int:
        return len(self.target)

    def __getitem__(self, index: Sequence[int]) -> Batch:
        chosen = torch.as_tensor(index)
        x = self.x[chosen]
        return Batch(
            x=x,
            day=self.day.expand(len(x), -1),
            valid_mask=torch.ones(x.shape[:2], dtype=torch.bool),
            target=self.target[chosen],
        )


class BatchOrder(Sampler[list[int]]):
    """Positions of each batch, from seed and epoch alone: a resumed run goes on as it would have.

    Lightning calls `set_epoch`; without it every pass counts as the next epoch.

    Parameters
    ----------
    n_sample, batch_size : int () [count]
        Samples in all, and in one batch.
    shuffle : bool
        Whether to go through them in random order. A single leftover sample is then left to the next epoch,
        because batch normalisation cannot train on one.
    seed : int () [1]
        Seed of the order.
    """

    def __init__(self, n_sample: int, *, batch_size: int, shuffle: bool, seed: int) -> None:
        self.n_sample, self.batch_size = n_sample, batch_size
        self.shuffle, self.seed, self.epoch = shuffle, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch the next pass is."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(range(0, self._n_served, self.batch_size))

    def __iter__(self) -> Iterator[list[int]]:
        order = np.arange(self.n_sample)
        if self.shuffle:
            order = np.random.default_rng([self.seed, self.epoch]).permutation(self.n_sample)
        self.epoch += 1
        for start in range(0, self._n_served, self.batch_size):
            yield order[: self._n_served][start : start + self.batch_size].tolist()

    @property
    def _n_served(self) -> int:
        one_left = self.n_sample > self.batch_size > 1 and self.n_sample % self.batch_size == 1
        return self.n_sample - int(self.shuffle and one_left)


def make_loader(
    samples: Samples, scaler: Scaler, *, batch_size: int, shuffle: bool, seed: int = 0
) -> DataLoader[Batch]:
    """Loader of batches.

    Parameters
    ----------
    samples : Samples (sample, time, channel) [dB, or 1 for reflectance]
        What to serve.
    scaler : Scaler
        Fitted on the training samples.
    batch_size : int () [count]
        Samples in one batch.
    shuffle : bool
        True to train, False to predict: then the order of the samples is kept.
    seed : int () [1]
        Seed of the order.

    Returns
    -------
    DataLoader of Batch (batch, time, channel) [1]
        The same batches for the same seed and epoch.

    Raises
    ------
    SchemaError
        If `batch_size` is below 1.
    """
    require(batch_size >= 1, f"make_loader: batch_size {batch_size}; expected at least 1. Take 64.")
    dataset = SampleDataset(samples, scaler)
    order = BatchOrder(len(dataset), batch_size=batch_size, shuffle=shuffle, seed=seed)
    return DataLoader(dataset, sampler=order, batch_size=None)
