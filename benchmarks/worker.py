"""One side of a comparison in a process of its own: prepared once, then run on command.

A side's file calls `serve` with its jobs. The parent process (`timing.py`) sends one JSON list a
line and reads one object back. Standard library and NumPy only: a peer's own interpreter runs this file too.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SAMPLE_S = 0.05  # between two looks at the memory of a tree of processes


@dataclass(frozen=True)
class Request:
    """What the parent asks of a side."""

    job: str
    inputs: str  # folder with the inputs, the same for all sides
    scratch: str  # folder of this side alone, for what it writes
    size: int  # pixels a side of the square image
    n_thread: int


@dataclass(frozen=True)
class Job:
    """A piece of work that is prepared: inputs read, nothing computed."""

    work: Callable[[], Any]  # what is timed
    arrays: Callable[[Any], Mapping[str, np.ndarray]]  # its result as arrays, to compare with the other side
    has_children: bool = False  # starts processes of its own, whose memory counts


def serve(jobs: Mapping[str, Callable[[Request], Job]]) -> None:
    """Time one of the jobs, whenever the parent says so."""
    answer(lambda request: _Side(jobs[request.job](request)))


def answer(side_of: Callable[[Request], Any]) -> None:
    """Answer each command of the parent by the method of that name, until it says stop."""
    # The work may print: its words go nowhere, the answers keep the real standard output.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    side = side_of(Request(**json.loads(sys.argv[1])))
    for line in sys.stdin:
        command, *rest = json.loads(line)
        answers.write(json.dumps(getattr(side, command)(*rest)) + "\n")
        answers.flush()
        if command == "stop":
            return


class _Side:
    """Keeps what lasts from one command to the next."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.tree_mb = self.held_mb = 0.0

    def first(self, folder: str | None) -> dict[str, Any]:
        """Run once, cold; keep the results in `folder` as .npy files."""
        with _TreeMemory(active=self.job.has_children) as memory:
            seconds, result = _timed(self.job.work)
        self.tree_mb = memory.peak_mb
        arrays = self.job.arrays(result) if folder else {}
        for name, values in arrays.items():
            np.save(Path(folder or "") / f"{name}.npy", values)
        names = sorted(arrays)
        del result, arrays
        gc.collect()
        forget_peak()
        self.held_mb = resident_mb()
        return {"seconds": seconds, "names": names}

    def time(self) -> dict[str, Any]:
        """Run once more."""
        seconds, result = _timed(self.job.work)
        del result
        gc.collect()
        return {"seconds": seconds}

    def stop(self) -> dict[str, Any]:
        """Last word: the largest memory held since the first run, and what is held between runs."""
        return {"peak_mb": max(self.tree_mb, peak_mb()), "held_mb": self.held_mb}


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def peak_mb() -> float:
    """Largest resident memory of this process [MB].

    `ru_maxrss` is the last resort: on Linux a child inherits its parent's, `VmHWM` is its own.
    """
    found = _field_mb(Path("/proc/self/status"), "VmHWM:")
    if found is not None:
        return found
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def resident_mb() -> float:
    """Resident memory of this process now [MB]; where the system does not tell, its peak so far."""
    found = _field_mb(Path("/proc/self/status"), "VmRSS:")
    return peak_mb() if found is None else found


def forget_peak() -> None:
    """Set the peak back to what is held now, so that compiling is not counted; Linux only."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


class _TreeMemory(threading.Thread):
    """Largest memory of this process and its children [MB], pages they share counted once; Linux only."""

    def __init__(self, *, active: bool) -> None:
        super().__init__(daemon=True)
        self.active, self.peak_mb, self.done = active, 0.0, threading.Event()

    def run(self) -> None:
        while not self.done.wait(SAMPLE_S):
            parts = [_field_mb(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") for pid in _tree(os.getpid())]
            total = sum(part or 0.0 for part in parts)
            self.peak_mb = max(self.peak_mb, total)

    def __enter__(self) -> _TreeMemory:
        if self.active:
            self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        if self.active:
            self.join()


def _tree(pid: int) -> list[int]:
    found = [pid]
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        for line in _lines(file):
            for child in line.split():
                found += _tree(int(child))
    return found


def _field_mb(file: Path, name: str) -> float | None:
    """A size [MB] that Linux writes in kibibytes."""
    for line in _lines(file):
        if line.startswith(name):
            return int(line.split()[1]) * 1024 / 1e6
    return None


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except OSError:  # no such file on this system, or the process has ended
        return []
