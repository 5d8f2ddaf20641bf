"""Two sides timed in turn, each in a process of its own, after their results were compared."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import select
import statistics
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from worker import Request

HERE = Path(__file__).resolve().parent
LIMIT_S = 1800.0  # for one answer: the slowest peer on a loaded machine
SLOW_S = 5.0  # a run longer than this is repeated SLOW_REPEATS times only
SLOW_REPEATS = 3
FAST_SHARE = 5  # where the other side takes this many times longer, ours runs FAST_RUNS times a round
FAST_RUNS = 3


class MismatchError(Exception):
    """Two sides do not compute the same."""


class SideFailedError(RuntimeError):
    """A side's process ended before it answered."""


@dataclass(frozen=True)
class Timing:
    """Wall times of one side [s] and its memory [MB]."""

    seconds: tuple[float, ...]
    first_s: float  # the first call, with whatever compiles or loads
    peak_mb: float  # of the process: interpreter, libraries, inputs, what the work takes, results
    held_mb: float  # the same between two runs: without what the work takes, without results

    @property
    def median(self) -> float:
        """Median wall time [s]."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Comparison:
    """Ours and theirs from one alternation, and how far apart their results were."""

    ours: Timing
    theirs: Timing
    ratios: tuple[float, ...]  # theirs / ours, round by round
    differences: Mapping[str, float]  # largest absolute difference of each output


class Process:
    """One side: a Python file that serves its jobs (`worker.py`)."""

    def __init__(self, python: str, file: str, request: Request, *, cache: Path | None = None) -> None:
        self.request = request
        self.errors = tempfile.TemporaryFile(mode="w+", encoding="utf-8")  # noqa: SIM115  lives as long as we do
        Path(request.scratch).mkdir(parents=True, exist_ok=True)
        command = [python, str(HERE / file), json.dumps(dataclasses.asdict(request))]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=environment(request.n_thread, cache=cache, scratch=Path(request.scratch)),
        )

    def ask(self, command: str, *arguments: str | int | None) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps([command, *arguments]) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            self._fail("ended early")
        ready, _, _ = select.select([self.process.stdout], [], [], LIMIT_S)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self._fail("ended early" if ready else f"gave no answer for {LIMIT_S:.0f} s")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):  # a command it did not live to read
                    stream.close()

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _fail(self, what: str) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=10)
        status = self.process.poll()  # below 0: ended by that signal, such as 9 where memory ran out
        self.errors.seek(0)
        tail = self.errors.read()[-2000:]
        raise SideFailedError(f"{self.process.args}: {what}, exit status {status}. Its last words:\n{tail}")


def environment(n_thread: int, *, cache: Path | None, scratch: Path) -> dict[str, str]:
    """Environment of a side: as many threads for every library, temporary files beside its output."""
    libraries = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    changed = dict.fromkeys(libraries, str(n_thread)) | {"OMP_WAIT_POLICY": "PASSIVE"}
    changed["TMPDIR"] = str(scratch)
    if cache is not None:
        changed["NUMBA_CACHE_DIR"] = str(cache)
    return {**os.environ, **changed}


def largest_differences(
    ours: Path, theirs: Path, *, tolerance: Mapping[str, float], border: int
) -> dict[str, float]:
    """Largest absolute difference of each output that both sides have, `border` pixels off the edge.

    Raises
    ------
    MismatchError
        If an output differs by more than its tolerance, or in which pixels are missing.
    """
    found = {}
    for name, limit in tolerance.items():
        a, b = (np.load(folder / f"{name}.npy", mmap_mode="r") for folder in (ours, theirs))
        inner = (slice(border, -border or None),) * 2
        rows, columns = (min(sizes) for sizes in zip(a.shape, b.shape, strict=True))
        # A slow peer does a crop: the top left corner of the image.
        a, b = (np.asarray(values[:rows, :columns][inner]) for values in (a, b))
        if not np.array_equal(np.isnan(a), np.isnan(b)):
            n_pixel = int((np.isnan(a) != np.isnan(b)).sum())
            raise MismatchError(f"{name}: {n_pixel} pixels are missing on one side only; expected none.")
        difference = float(np.nanmax(np.abs(a - b)))
        if not difference <= limit:
            raise MismatchError(f"{name}: results differ by {difference:.3g}; expected at most {limit:g}.")
        found[name] = difference
    return found


def compare(
    ours: Process,
    theirs: Process,
    *,
    tolerance: Mapping[str, float],
    border: int,
    n_repeat: int,
) -> Comparison:
    """Compare the results of both sides, then time them in turn."""
    sides, first, folders = (ours, theirs), [], []
    for side in sides:
        folder = Path(side.request.scratch) / "result"
        folder.mkdir()
        folders.append(folder)
        first.append(float(side.ask("first", str(folder))["seconds"]))
    differences = largest_differences(*folders, tolerance=tolerance, border=border)
    for file in (file for folder in folders for file in folder.iterdir()):
        file.unlink()
    seconds, ratios = alternate(ours, theirs, slow_s=first[1], n_repeat=n_repeat)
    memory = [side.ask("stop") for side in sides]
    timings = [Timing(tuple(s), f, **m) for s, f, m in zip(seconds, first, memory, strict=True)]
    return Comparison(timings[0], timings[1], tuple(ratios), differences)


def alternate(
    ours: Process, theirs: Process, *, slow_s: float, n_repeat: int
) -> tuple[tuple[list[float], list[float]], list[float]]:
    """Rounds of ours, then theirs, so that other load on the machine meets both."""
    warm = float(ours.ask("time")["seconds"])
    n_round = min(n_repeat, SLOW_REPEATS) if slow_s > SLOW_S else n_repeat
    n_ours = FAST_RUNS if slow_s > FAST_SHARE * warm else 1
    mine: list[float] = []
    other: list[float] = []
    ratios: list[float] = []
    for _ in range(n_round):
        block = [float(ours.ask("time")["seconds"]) for _ in range(n_ours)]
        other.append(float(theirs.ask("time")["seconds"]))
        mine += block
        ratios.append(other[-1] / statistics.median(block))
    return (mine, other), ratios


def alone(side: Process, *, n_repeat: int) -> Timing:
    """One side by itself."""
    first = float(side.ask("first", None)["seconds"])
    n_round = min(n_repeat, SLOW_REPEATS) if first > SLOW_S else n_repeat
    seconds = tuple(float(side.ask("time")["seconds"]) for _ in range(n_round))
    return Timing(seconds, first, **side.ask("stop"))


def area_exponent(sizes: Mapping[int, float]) -> float:
    """Slope of log time against log area: 1 where time is linear in area.

    `sizes` maps pixels a side to seconds.
    """
    area = np.log([float(size) ** 2 for size in sizes])
    slope: float = np.polyfit(area, np.log(list(sizes.values())), 1)[0]
    return float(slope)
