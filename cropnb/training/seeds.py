"""Seeds: one number in, a stream per source of chance; the caller's streams are left alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch


class Seeds(NamedTuple):
    """Seed of each source of chance in a fit."""

    python: int
    numpy: int
    torch: int
    loader: int


def seeds_from(seed: int, *key: int) -> Seeds:
    """Seeds of all sources, derived from one number.

    Parameters
    ----------
    seed : int () [1]
        Seed of a run, 0 or more.
    *key : int () [1]
        What the streams are for, such as the epoch: other keys, other streams.

    Returns
    -------
    Seeds
        Independent of each other, equal for equal arguments.

    Examples
    --------
    >>> seeds_from(0) == seeds_from(0), seeds_from(0) == seeds_from(1), seeds_from(0) == seeds_from(0, 1)
    (True, False, False)
    """
    state = np.random.SeedSequence(seed, spawn_key=key).generate_state(len(Seeds._fields))
    return Seeds(*(int(word) for word in state))


@contextmanager
def seeded(seeds: Seeds) -> Iterator[None]:
    """Set the global streams of python, numpy and torch inside the block; put them back after it.

    Parameters
    ----------
    seeds : Seeds
        What to set them to.
    """
    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002 - global, put back
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        try:
            set_seeds(seeds)
            yield
        finally:
            random.setstate(python_state)
            np.random.set_state(numpy_state)  # noqa: NPY002


def set_seeds(seeds: Seeds) -> None:
    """Set the global streams; call it inside `seeded` only.

    Parameters
    ----------
    seeds : Seeds
        What to set them to.
    """
    random.seed(seeds.python)
    np.random.seed(seeds.numpy)  # noqa: NPY002 - code inside a network may use the global stream
    torch.manual_seed(seeds.torch)
