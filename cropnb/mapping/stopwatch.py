"""Seconds, by what they were spent on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Adds up wall time under names.

    Attributes
    ----------
    seconds : dict of str to float () [s]
        By name, in the order in which they were first timed.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def on(self, name: str) -> Iterator[None]:
        """Time what happens inside the block.

        Parameters
        ----------
        name : str
            What it is; all blocks of a name are one sum.

        Yields
        ------
        None
            Once.
        """
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun
