"""Samples per second of each network of `cropnb.models` beside those of BreizhCrops: `make bench-networks`.

    python benchmarks/networks.py --breizhcrops FOLDER   # all networks; five minutes on 2 quiet cores
    python benchmarks/networks.py --smoke                # does it work? numbers worth nothing

Each network is a process of its own; random series and Adam are the same for all, and they take turns.
Only ratios travel between machines. benchmarks/README.md says how to get BreizhCrops.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from network_rows import COUNTERPART, MODES, Setting, peer, rows_of
from network_side import AS_PEER, N_CHANNEL, N_CLASS, N_TIME
from peers_networks import VARIABLE
from record import default_file, machine, provenance_of_bench, table_of, threads_words
from rich.console import Console
from timing import MismatchError, Process, largest_differences
from worker import Request

from cropnb.models import REGISTRY
from cropnb.paths import data_folder, runs_folder
from cropnb.report.provenance import provenance
from cropnb.report.results import write_json
from cropnb.report.rows import tidy_rows

SCENE = "random series"
ROUNDS, SECONDS = 5, 0.3  # of each measurement: rounds, and how long one shall take [s]
BATCHES, THREADS = (64, 256), (1, 2)
SMOKE_SECONDS = 0.05
QUIET = 0.5  # load average above which times are not worth keeping
TOLERANCE = {"log_probability": 1e-4}  # same weights on both sides
CAPTIONS = {
    "networks-size": f"size, for series of {N_TIME} dates and {N_CHANNEL} channels, {N_CLASS} classes",
    "networks": "speed; at 1 Mparam: times its million parameters, as GFLOP/s is times its FLOPs",
    "networks-ratio": "ours over the counterpart: above 1, ours is faster",
}


def chosen_networks(*, is_smoke: bool, only: Sequence[str], has_peers: bool) -> list[str]:
    """Networks to measure; to be quick, the pair that computes the same."""
    ours = [AS_PEER] if is_smoke else [*REGISTRY, AS_PEER]
    ours = [name for name in ours if not only or name in only]
    theirs = dict.fromkeys(peer(COUNTERPART[name]) for name in ours) if has_peers else {}
    return [*ours, *theirs]


def settings_of(*, is_smoke: bool) -> list[Setting]:
    """All combinations of mode, batch and threads."""
    batches, threads = (BATCHES[:1], THREADS[:1]) if is_smoke else (BATCHES, THREADS)
    return [Setting(mode, batch, n) for n in threads for mode in MODES for batch in batches]


class Bench:
    """Networks, each in a process of its own for as long as the block lasts."""

    def __init__(self, names: Iterable[str], *, folder: Path, peers: Path | str) -> None:
        self.folder, self.stack = folder, contextlib.ExitStack()
        self.sides: dict[str, Process] = {}
        for number, name in enumerate(names):
            say(f"start {name}")
            scratch = str(folder / f"side-{number}")
            request = Request(name, str(peers), scratch, N_TIME, max(THREADS))
            self.sides[name] = self.stack.enter_context(Process(sys.executable, "network_side.py", request))

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def check_equal(self) -> dict[str, float]:
        """Largest difference of the pair that computes the same, weights copied; an error if it does not."""
        ours, theirs = (self.sides.get(name) for name in (AS_PEER, peer(COUNTERPART[AS_PEER])))
        if ours is None or theirs is None:
            return {}
        weights = str(self.folder / "weights.pt")
        theirs.ask("give_weights", weights)
        ours.ask("take_weights", weights)
        folders = [self.folder / who for who in ("ours", "theirs")]
        for side, folder in zip((ours, theirs), folders, strict=True):
            side.ask("save_scores", str(folder), BATCHES[0])
        return largest_differences(*folders, tolerance=TOLERANCE, border=0)

    def facts(self, *, batches: Iterable[int]) -> dict[str, dict[str, Any]]:
        """Size of each network, and peaks of memory: what needs least first, as it is not given back."""
        found: dict[str, dict[str, Any]] = {}
        steps = [(mode, batch) for mode in reversed(MODES) for batch in sorted(batches)]
        for name, side in self.sides.items():
            say(f"size and memory of {name}")
            peaks = {f"{mode}-{batch}": side.ask("memory", mode, batch)["peak_mb"] for mode, batch in steps}
            found[name] = {**side.ask("describe"), "peak_mb": peaks}
        return found

    def speeds(self, setting: Setting, *, n_round: int, seconds: float) -> dict[str, list[float]]:
        """Samples per second; the networks take turns, so that other load on the machine meets all."""
        say(f"{setting.title}, {threads_words(setting.n_thread)}")
        steps = {name: n_step_of(side, setting, seconds=seconds) for name, side in self.sides.items()}
        found: dict[str, list[float]] = {name: [] for name in self.sides}
        for _ in range(n_round):
            for name, side in self.sides.items():
                took = side.ask(setting.mode, setting.batch, setting.n_thread, steps[name])["seconds"]
                found[name].append(steps[name] * setting.batch / took)
        return found


def n_step_of(side: Process, setting: Setting, *, seconds: float) -> int:
    """Steps that take about as long as a measurement shall; the first step is for caches and buffers."""
    for _ in range(2):
        once = float(side.ask(setting.mode, setting.batch, setting.n_thread, 1)["seconds"])
    return max(1, round(seconds / once))


def found_breizhcrops(option: str | None) -> Path | str:
    """Folder that holds the package, or the reason why its networks are skipped."""
    remedy = (
        f"benchmarks/README.md, 'BreizhCrops', says how to get it; then --breizhcrops FOLDER or {VARIABLE}"
    )
    named = option or os.environ.get(VARIABLE)
    if not named:
        return f"no folder with BreizhCrops was named; {remedy}"
    if not (Path(named) / "breizhcrops" / "models").is_dir():
        return f"{named} has no breizhcrops/models; {remedy}"
    return Path(named).resolve()


def say(words: str) -> None:
    """A line of progress, apart from the tables."""
    print(f"{time.strftime('%H:%M:%S')}  {words}", file=sys.stderr, flush=True)


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--smoke", action="store_true", help="one pair, one round: does it work at all?")
    names = list(COUNTERPART)
    parser.add_argument(
        "--only", metavar="NAME", action="append", choices=names, help=f"one of {'; '.join(names)}"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help=f"rounds ({ROUNDS})")
    parser.add_argument("--breizhcrops", metavar="FOLDER", help=f"else {VARIABLE} is read")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the result here")
    return parser.parse_args(given)


def is_whole(options: argparse.Namespace, peers: Path | str) -> bool:
    """Whether a run is worth keeping: everything, against the peers, often enough."""
    everything = isinstance(peers, Path) and not (options.smoke or options.only)
    return everything and options.rounds >= ROUNDS


def show(rows: Sequence[Mapping[str, Any]], skipped: str) -> None:
    """Print the tables."""
    console = Console(width=None if sys.stdout.isatty() else 170)
    for exhibit, caption in CAPTIONS.items():
        if any(row["exhibit"] == exhibit for row in rows):
            console.print(table_of(rows, exhibit=exhibit, caption=caption))
    if skipped:
        console.print(f"networks of BreizhCrops skipped: {skipped}.")


def main() -> int:
    """Measure, print, write."""
    options = arguments()
    peers = found_breizhcrops(options.breizhcrops)
    skipped = peers if isinstance(peers, str) else ""
    started, made_by, load = dt.datetime.now(dt.UTC), provenance(), [os.getloadavg()]
    if load[0][0] > QUIET:
        say(f"load average {load[0][0]:.2f}: the machine is busy; ratios hold roughly, times do not.")
    names = chosen_networks(is_smoke=options.smoke, only=options.only or (), has_peers=not skipped)
    settings = settings_of(is_smoke=options.smoke)
    n_round, seconds = (1, SMOKE_SECONDS) if options.smoke else (options.rounds, SECONDS)
    with (
        tempfile.TemporaryDirectory(prefix="cropnb-bench-") as folder,
        Bench(names, folder=Path(folder), peers=peers) as bench,
    ):
        try:
            differences = bench.check_equal()
        except MismatchError as error:
            print(f"FAILED {error}")
            return 1
        facts = bench.facts(batches={setting.batch for setting in settings})
        speeds = {s: bench.speeds(s, n_round=n_round, seconds=seconds) for s in settings}
    load.append(os.getloadavg())
    whole = is_whole(options, peers)
    scale = "laptop" if whole else "smoke"
    own = provenance_of_bench(
        parameters={
            "scale": scale,
            "n_round": n_round,
            "seconds": seconds,
            "n_time": N_TIME,
            "n_channel": N_CHANNEL,
        },
        scene={"name": SCENE, "kind": "simulated"},
        started=started,
        load=load,
    )
    rows = tidy_rows(rows_of(speeds, facts), scene=SCENE, scale=scale)
    kept = default_file(data_folder() / "results", found=machine(), name="networks")
    file = options.out or (kept if whole else runs_folder() / "benchmarks" / "networks.json")
    more = {"differences": differences, "skipped": skipped}
    write_json(file, {"provenance": {**own, **more, **made_by}, "rows": rows})
    show(rows, skipped)
    print(f"written: {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
