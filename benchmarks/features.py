"""Time cropnb.features against its peers, in one run, as ratios: `make bench`, or see `--help`."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cases import CASES, COMPILED, PEERS_VARIABLE, POLSARTOOLS, SCALING, Case, Peer, peers_python
from inputs import make_inputs
from record import OURS, Pair, Run, default_file, machine, record_of, table_of
from rich.console import Console
from timing import MismatchError, Process, SideFailedError, alone, compare
from worker import Request

from cropnb.paths import data_folder, runs_folder
from cropnb.report.provenance import provenance
from cropnb.report.results import write_json

SIZE, QUICK_SIZE = 4000, 640  # pixels a side; polsartools is wrong on images of one block of 512
REPEATS, QUICK_REPEATS = 7, 2
COMPILE_SIZE = 128  # pixels a side, where the first call is timed: what it takes is the compiler's
QUIET = 0.5  # load average above which timings are not worth keeping
HOW_TO_INSTALL = "benchmarks/README.md, 'polsartools', says how to install it; then --polsartools-python PATH"


class Bench:
    """One run: inputs made once a size, sides started in folders of their own."""

    def __init__(self, folder: Path, *, size: int, n_repeat: int, peers: Path | str) -> None:
        self.folder, self.size, self.n_repeat = folder, size, n_repeat
        self.peers = peers  # interpreter with polsartools, or why there is none
        self.run = Run()
        self.n_process = 0
        self.made: set[tuple[str, int]] = set()

    def against_peers(self, case: Case, *, threads: tuple[int, ...]) -> None:
        """Ours against each peer of a case, on 1 and more threads."""
        for peer in case.peers:
            if peer.is_apart and not isinstance(self.peers, Path):
                self.run.skipped.append((case, peer.who, self.peers))
                continue
            chosen = peer.threads if peer.crop else [n for n in peer.threads if n in threads]
            for n_thread in chosen:
                say(f"{case.name}: {peer.who}, {n_thread} thread(s)")
                try:
                    self.run.pairs.append(self.pair(case, peer, n_thread=n_thread))
                except (MismatchError, SideFailedError) as error:
                    self.run.failed.append(f"{case.name}, {peer.who}, {n_thread} thread(s): {error}")
                    say(f"FAILED {self.run.failed[-1]}")

    def pair(self, case: Case, peer: Peer, *, n_thread: int) -> Pair:
        """Ours against one peer."""
        python = str(self.peers) if peer.is_apart else sys.executable
        with (
            self.started("ours.py", case.job, case, n_thread=n_thread) as ours,
            self.started(peer.file, peer.job, case, n_thread=n_thread, python=python) as theirs,
        ):
            result = compare(
                ours, theirs, tolerance=case.tolerance, border=case.border, n_repeat=self.n_repeat
            )
        for side in (ours, theirs):
            shutil.rmtree(side.request.scratch)
        return Pair(case, peer.who, n_thread, self.size**2, (peer.crop or self.size) ** 2, result)

    def by_size(self, case: Case) -> None:
        """Ours at three sizes, one thread."""
        timings = {}
        largest = min(self.size, case.largest or self.size)
        for size in (largest // 4, largest // 2, largest):
            say(f"{case.name}: {size} x {size}")
            with self.started("ours.py", case.job, case, n_thread=1, size=size) as side:
                timings[size] = alone(side, n_repeat=max(3, self.n_repeat))
        self.run.sizes[case.title] = timings

    def first_call(self, case: Case) -> None:
        """Seconds of the first call of all, of the first in a later process, and of a second call."""
        say(f"{case.name}: first call")
        cache = self.folder / f"numba-{case.name}"
        cold, later = (self.first_and_next(case, cache) for _ in range(2))
        self.run.first_calls[case.title] = (cold[0], later[0], later[1])

    def first_and_next(self, case: Case, cache: Path) -> tuple[float, float]:
        """First and second call of a new process."""
        with self.started("ours.py", case.job, case, n_thread=1, size=COMPILE_SIZE, cache=cache) as side:
            timing = alone(side, n_repeat=3)
        return timing.first_s, timing.median

    def started(
        self,
        file: str,
        job: str,
        case: Case,
        *,
        n_thread: int,
        size: int | None = None,
        python: str = sys.executable,
        cache: Path | None = None,
    ) -> Process:
        """A side in a process and a folder of its own, on inputs of its case."""
        size = size or self.size
        inputs = self.folder / f"inputs-{size}"
        if (case.inputs, size) not in self.made:
            make_inputs(inputs, kinds={case.inputs}, size=size)
            self.made.add((case.inputs, size))
        self.n_process += 1
        scratch = self.folder / f"side-{self.n_process}"
        request = Request(job, str(inputs), str(scratch), size, n_thread)
        return Process(python, file, request, cache=cache)


def say(words: str) -> None:
    """A line of progress, apart from the table."""
    print(f"{time.strftime('%H:%M:%S')}  {words}", file=sys.stderr, flush=True)


def found_peers(option: str | None) -> Path | str:
    """Interpreter with polsartools, or the reason why it is skipped."""
    python = peers_python(option)
    if python is None:
        return f"{POLSARTOOLS} has no interpreter here; {HOW_TO_INSTALL} or {PEERS_VARIABLE}=PATH"
    try:
        subprocess.run([python, "-c", "import polsartools"], check=True, capture_output=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        last = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip().splitlines()[-1:]
        return f"{python} cannot import polsartools ({last[0] if last else error}); {HOW_TO_INSTALL}"
    return python


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="small images, few repeats: does it work at all?"
    )
    parser.add_argument(
        "--only", metavar="NAME", action="append", choices=[case.name for case in CASES], help="this case"
    )
    parser.add_argument("--repeats", type=int, metavar="N", help=f"rounds ({REPEATS})")
    parser.add_argument("--size", type=int, metavar="N", help=f"pixels a side ({SIZE})")
    parser.add_argument("--polsartools-python", metavar="PATH", help=f"else {PEERS_VARIABLE} is read")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the result here")
    return parser.parse_args(given)


def measure(bench: Bench, cases: list[Case], *, is_quick: bool) -> None:
    """All that was asked for; to be quick, two threads only, and one case by size and at its first call."""
    n_other = 1 if is_quick else len(cases)
    for case in cases:
        bench.against_peers(case, threads=(2,) if is_quick else (1, 2))
    for case in [case for case in cases if case.name in SCALING][:n_other]:
        bench.by_size(case)
    for case in [case for case in cases if case.name in COMPILED][:n_other]:
        bench.first_call(case)


def show(content: dict[str, Any], run: Run) -> None:
    """Print the tables."""
    console = Console(width=None if sys.stdout.isatty() else 170)
    rows = content["rows"]
    size = content["provenance"]["parameters"]["size"]
    captions = {
        "features": f"{size} x {size} pixels; times faster: {OURS} against the peer of that row",
        "features-by-size": f"{OURS} by size of the image, 1 thread",
        "features-by-area": "time over area: 1 is linear",
        "features-first-call": "first call: compiled now; compiled before, in a new process; second call",
    }
    for exhibit, caption in captions.items():
        if any(row["exhibit"] == exhibit for row in rows):
            console.print(table_of(rows, exhibit=exhibit, caption=caption))
    for case, who, why in run.skipped:
        console.print(f"{case.title}: {who} skipped: {why}.")


def main() -> int:
    """Measure, print, write."""
    options = arguments()
    cases = [case for case in CASES if not options.only or case.name in options.only]
    if options.quick and not options.only:
        cases = [case for case in cases if case.in_quick]
    size = options.size or (QUICK_SIZE if options.quick else SIZE)
    n_repeat = options.repeats or (QUICK_REPEATS if options.quick else REPEATS)
    started, made_by, load = dt.datetime.now(dt.UTC), provenance(), [os.getloadavg()]
    if load[0][0] > QUIET:
        say(f"load average {load[0][0]:.2f}: the machine is busy; ratios hold roughly, times do not.")
    with tempfile.TemporaryDirectory(prefix="cropnb-bench-") as folder:
        bench = Bench(
            Path(folder), size=size, n_repeat=n_repeat, peers=found_peers(options.polsartools_python)
        )
        measure(bench, cases, is_quick=options.quick)
    load.append(os.getloadavg())
    whole = not (options.quick or options.only or options.size)
    parameters = {"scale": "laptop" if whole else "smoke", "size": size, "n_repeat": n_repeat}
    content = record_of(bench.run, parameters=parameters, started=started, made_by=made_by, load=load)
    show(content, bench.run)
    for failure in bench.run.failed:
        print(f"FAILED {failure}")
    if bench.run.failed:
        return 1
    kept = default_file(data_folder() / "results", found=machine())
    file = options.out or (kept if whole else runs_folder() / "benchmarks" / "features.json")
    write_json(file, content)
    print(f"written: {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
