"""Blocks on other processes or machines, in order, a few at a time."""

from __future__ import annotations

import importlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TypeVar

import torch

from cropnb.schema import SchemaError, require

Workers = int | str | Executor
_AHEAD = 2  # blocks handed out per worker: results wait in memory for their turn
_AHEAD_OF_EXECUTOR = 64

Result = TypeVar("Result")


@contextmanager
def executor_of(workers: Workers) -> Iterator[tuple[Executor | None, int]]:
    """Executor, and how many blocks to hand out at once.

    Parameters
    ----------
    workers : int or str or Executor
        Processes to start, address of a Dask scheduler such as `tcp://host:8786`, or an executor to use,
        which stays open.

    Yields
    ------
    tuple of (Executor or None, int)
        None where this process does the work.

    Raises
    ------
    SchemaError
        If it is below 1, or Dask's scheduler is not there.
    """
    if isinstance(workers, Executor):
        yield workers, _AHEAD_OF_EXECUTOR
    elif isinstance(workers, str) and not workers.isdecimal():
        with _dask_client(workers) as client:
            yield client.get_executor(), _AHEAD_OF_EXECUTOR
    else:
        n_process = int(workers)
        require(n_process >= 1, f"map: workers {workers}; expected 1 or more processes. Raise it.")
        if n_process == 1:
            yield None, 1
            return
        # Spawned, not forked: the parent may have threads (Numba, torch), which a fork would lose.
        spawn = get_context("spawn")
        with ProcessPoolExecutor(n_process, mp_context=spawn, initializer=_one_thread) as pool:
            yield pool, _AHEAD * n_process


def _dask_client(address: str) -> Any:
    try:
        # Not the default: a client that found nobody would take all later work of Dask, and never do it.
        return importlib.import_module("distributed").Client(address, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SchemaError(
            f"map: no Dask scheduler at {address!r} ({error}); expected an address such as tcp://host:8786. "
            "Start `dask scheduler`, or give a number of processes."
        ) from error


def _one_thread() -> None:
    torch.set_num_threads(1)  # a process per core: more threads would be in each other's way


def in_order(
    make: Callable[[int], Result], numbers: Sequence[int], executor: Executor | None, *, ahead: int
) -> Iterator[tuple[int, Result]]:
    """Number and result of each block, in order.

    Parameters
    ----------
    make : callable
        From the number of a block to its result; other processes have to be able to load it.
    numbers : sequence of int
        Blocks to make.
    executor : Executor or None
        Who makes them.
    ahead : int () [count]
        Blocks under way or waiting for their turn, at most.

    Yields
    ------
    tuple of (int, object)
        One by one, so that memory holds `ahead` results at most.
    """
    if executor is None:
        for number in numbers:
            yield number, make(number)
        return
    todo = deque(numbers)
    under_way: deque[tuple[int, Future[Result]]] = deque()
    try:
        while todo or under_way:
            while todo and len(under_way) < ahead:
                number = todo.popleft()
                under_way.append((number, executor.submit(make, number)))
            number, future = under_way.popleft()
            yield number, future.result()
    finally:
        for _, future in under_way:
            future.cancel()
