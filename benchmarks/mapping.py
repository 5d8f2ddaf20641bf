"""Maps of random scenes on disk: speed, where the time goes, memory; `make bench-mapping`.

    python benchmarks/mapping.py             # all classifiers, 500 to 2000 pixels a side: an hour
    python benchmarks/mapping.py --smoke     # does it work? numbers worth nothing

Each map is made in a process of its own, by `cropnb.mapping.map_scene`, from a Zarr store of 22 dates to
finished GeoTIFFs. A small map before it compiles what is compiled and is not counted.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inputs import N_DATE
from mapping_inputs import FEATURES, FEW, FOREST_TREES, NETWORK, fit_classifiers, write_scene
from record import (
    METHOD,
    OURS,
    PEAK,
    SPEED,
    default_file,
    machine,
    provenance_of_bench,
    spread,
    table_of,
    threads_words,
)
from rich.console import Console
from timing import area_exponent, environment
from worker import forget_peak, peak_mb

from cropnb.mapping import map_scene
from cropnb.paths import data_folder, runs_folder
from cropnb.report.provenance import provenance
from cropnb.report.results import write_json
from cropnb.report.rows import tidy_rows

SCENE = "random C2"
SIZES, SMOKE_SIZE, WARM_SIZE = (500, 1000, 2000), 96, 64  # pixels a side
TRAIN_SIZE = 500  # of the scene that the classifiers are fitted on
THREADS = (1, 2)
REPEATS = 3
SLOW_S = 60.0  # a map that takes longer is made once
QUIET = 0.5  # load average above which times are not worth keeping
TITLES = {
    **{name: f"random forest, {n_tree} trees" for name, n_tree in FOREST_TREES.items()},
    NETWORK: f"Conv1D-LSTM, fitted on {FEW} pixels for one epoch",
}
PARTS = ("classifier", "features", "reading", "filling", "writing", "rest")
CAPTIONS = {
    "mapping": f"maps of {N_DATE} dates, features {', '.join(FEATURES)}; shares of the whole time",
    "mapping-by-area": "time over area, 1 is linear; memory of the largest map less that of the smallest",
}


@dataclass(frozen=True)
class Case:
    """A classifier, a scene, threads."""

    classifier: str
    size: int
    n_thread: int

    @property
    def on(self) -> str:
        """Such as "500 x 500, 1 thread"."""
        return f"{self.size} x {self.size}, {threads_words(self.n_thread)}"


def cases_of(names: Sequence[str], sizes: Sequence[int]) -> list[Case]:
    """Each classifier at each size on most threads; the forests at the first size on fewer, too."""
    return [
        Case(name, size, n)
        for name in names
        for size in sizes
        for n in (THREADS if size == sizes[0] and name in FOREST_TREES else THREADS[-1:])
    ]


def timed(scene: Path, classifier: Path, warm: Path) -> dict[str, float]:
    """Numbers of one map, after a small one."""
    with tempfile.TemporaryDirectory() as folder:
        map_scene(warm, classifier, Path(folder) / "warm", progress=False)
        forget_peak()
        record = map_scene(scene, classifier, Path(folder) / "map", progress=False).record
    return numbers_of(record, peak=peak_mb())


def numbers_of(record: Mapping[str, Any], *, peak: float) -> dict[str, float]:
    """Speed of the whole map, memory, and the share of the whole time that each part took."""
    seconds = float(record["seconds"])
    spent = {**record["block_seconds"], "writing": record["writing_seconds"] + record["finishing_seconds"]}
    known = {part: spent[part] for part in PARTS if part != "rest"}
    shares = {**known, "rest": seconds - sum(known.values())}
    return {
        "seconds": seconds,
        SPEED: record["n_pixel"] / 1e6 / seconds,
        PEAK: peak,
        **{f"share_{part}": shares[part] / seconds for part in PARTS},
    }


def in_new_processes(case: Case, folder: Path, *, n_repeat: int) -> list[dict[str, float]]:
    """Runs of a case; a slow one is not repeated."""
    runs: list[dict[str, float]] = []
    while len(runs) < n_repeat and not (runs and runs[0]["seconds"] > SLOW_S):
        print(f"{time.strftime('%H:%M:%S')}  {case.classifier}, {case.on}", file=sys.stderr, flush=True)
        places = [str(place) for place in (scene_in(folder, case.size), folder / case.classifier)]
        command = [sys.executable, __file__, "--here", *places, str(scene_in(folder, WARM_SIZE))]
        env = environment(case.n_thread, cache=None, scratch=folder)
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=env)
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    return runs


def scene_in(folder: Path, size: int) -> Path:
    """Store of a scene."""
    return folder / f"scene-{size}.zarr"


def rows_of(found: Mapping[Case, Sequence[Mapping[str, float]]]) -> Iterator[dict[str, Any]]:
    """Rows of each case, then how time and memory grow with the area."""
    for case, runs in found.items():
        for metric in runs[0]:
            values = [run[metric] for run in runs]
            row = {"exhibit": "mapping", "features": TITLES[case.classifier], "split": case.on, "model": OURS}
            yield {**row, "metric": metric, **spread(values), "method": METHOD}
    for name in dict.fromkeys(case.classifier for case in found):
        yield from growth_of(
            TITLES[name],
            {
                case.size: runs
                for case, runs in found.items()
                if case.classifier == name and case.n_thread == THREADS[-1]
            },
        )


def growth_of(title: str, by_size: Mapping[int, Sequence[Mapping[str, float]]]) -> Iterator[dict[str, Any]]:
    """Rows of how time and memory grow from the smallest map to the largest; none of one size alone."""
    if len(by_size) < 2:
        return
    medians = {
        metric: {size: statistics.median(run[metric] for run in runs) for size, runs in by_size.items()}
        for metric in ("seconds", PEAK)
    }
    common = {"exhibit": "mapping-by-area", "features": title, "model": OURS}
    method = "slope of log time over log area: 1 is linear"
    yield {**common, "metric": "area_exponent", "value": area_exponent(medians["seconds"]), "method": method}
    more = medians[PEAK][max(by_size)] - medians[PEAK][min(by_size)]
    yield {
        **common,
        "metric": f"{PEAK}_more",
        "value": more,
        "method": f"{max(by_size)} against {min(by_size)}",
    }


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--smoke", action="store_true", help="a small forest's map: does it work at all?")
    parser.add_argument("--only", action="append", choices=list(TITLES), help="this one; may be repeated")
    parser.add_argument("--sizes", type=int, nargs="+", metavar="N", help=f"pixels a side {SIZES}")
    parser.add_argument("--repeats", type=int, default=REPEATS, metavar="N", help=f"runs ({REPEATS})")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the result here")
    parser.add_argument("--here", nargs=3, type=Path, metavar="PATH", help=argparse.SUPPRESS)
    return parser.parse_args(given)


def is_whole(options: argparse.Namespace) -> bool:
    """Whether a run is worth keeping: everything, often enough."""
    return not (options.smoke or options.only or options.sizes) and options.repeats >= REPEATS


def main() -> int:
    """Make maps in new processes, print, write."""
    options = arguments()
    if options.here:
        print(json.dumps(timed(*options.here)))
        return 0
    started, made_by, load = dt.datetime.now(dt.UTC), provenance(), [os.getloadavg()]
    if load[0][0] > QUIET:
        print(
            f"load average {load[0][0]:.2f}: the machine is busy, times are not worth keeping.",
            file=sys.stderr,
        )
    sizes = options.sizes or ([SMOKE_SIZE] if options.smoke else list(SIZES))
    names = options.only or (list(FOREST_TREES)[:1] if options.smoke else list(TITLES))
    cases = cases_of(names, sizes)[: 1 if options.smoke else None]
    with tempfile.TemporaryDirectory(prefix="cropnb-bench-") as name:
        folder = Path(name)
        train_size = SMOKE_SIZE if options.smoke else TRAIN_SIZE
        for size in {WARM_SIZE, train_size, *sizes}:
            write_scene(scene_in(folder, size), size=size)
        samples = fit_classifiers(scene_in(folder, train_size), folder, names=names)
        n_repeat = 1 if options.smoke else options.repeats
        found = {case: in_new_processes(case, folder, n_repeat=n_repeat) for case in cases}
    load.append(os.getloadavg())
    whole = is_whole(options)
    scale = "laptop" if whole else "smoke"
    own = provenance_of_bench(
        parameters={"scale": scale, "n_repeat": n_repeat, "features": FEATURES, "n_train": samples.n_sample},
        scene={"name": SCENE, "kind": "simulated"},
        started=started,
        load=load,
    )
    rows = tidy_rows(rows_of(found), scene=SCENE, scale=scale)
    kept = default_file(data_folder() / "results", found=machine(), name="mapping")
    file = options.out or (kept if whole else runs_folder() / "benchmarks" / "mapping.json")
    write_json(file, {"provenance": {**own, **made_by}, "rows": rows})
    console = Console(width=None if sys.stdout.isatty() else 220)
    for exhibit, caption in CAPTIONS.items():
        if any(row["exhibit"] == exhibit for row in rows):
            console.print(table_of(rows, exhibit=exhibit, caption=caption))
    print(f"written: {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
