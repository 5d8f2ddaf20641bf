"""Time and memory of the simulator by preset, each run in a process of its own: `make bench-simulator`.

    python benchmarks/simulator.py                           # all presets that fit into memory, 3 runs each
    python benchmarks/simulator.py --only smoke --repeats 1  # one of them
    python benchmarks/simulator.py --county FOLDER           # and the whole county, streamed to a store there

Seconds leave out importing and compiling; the peak of memory is that of the whole process. Speed counts the
pixels of C2 of all tracks and dates.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from record import OURS, machine, machine_slug, provenance_of_bench
from rich.console import Console
from rich.table import Table

from cropnb.paths import data_folder, runs_folder
from cropnb.report.provenance import provenance
from cropnb.report.results import write_json
from cropnb.report.rows import tidy_rows
from cropnb.scenes.from_slc import with_products
from cropnb.scenes.tile_store import without_truth_series, write_tiles
from cropnb.simulation import load_parameters, sim_version, simulate, vary
from cropnb.simulation.parameters import Parameters

COUNTY = data_folder() / "scenes" / "county.toml"
SCENE = "county"
REPEATS = 3
PROTOTYPE = "prototype"
SECONDS, PEAK, SPEED = "seconds", "peak_MB", "Mpix_dates_per_s"


@dataclass(frozen=True)
class Case:
    """A preset, some of its tracks, and what the prototype took for it, on another machine."""

    preset: str
    what: str
    tracks: tuple[int, ...] = (32, 105)
    prototype_s: float | None = None
    prototype_mb: float | None = None

    @property
    def name(self) -> str:
        """Such as `tile-105`."""
        return self.preset if len(self.tracks) > 1 else f"{self.preset}-{self.tracks[0]}"


CASES = (
    Case("smoke", "6 tiles of 64 x 64 pixels, C2 drawn, optics", prototype_s=1.0),
    Case("smoke_slc", "2 tiles of 64 x 64 pixels, single-look to C2 and coherence, optics"),
    Case("mini", "20 tiles of 200 x 200 pixels, C2 drawn, optics", prototype_s=20.0),
    Case(
        "tile", "1000 x 1000 pixels, one track, single-look to C2 and coherence, optics", (105,), 17.0, 1900
    ),
    Case("tile", "1000 x 1000 pixels, both tracks, single-look to C2 and coherence, optics"),
)
WHOLE = Case("county", "72 tiles of 1000 x 1000 pixels, C2 drawn, optics, streamed to Zarr by 2 processes")


def main() -> int:
    """Time each preset in new processes, print, write."""
    options = arguments()
    if options.here:
        whole_county = options.here == WHOLE.preset
        found_here = county(options.county) if whole_county else timed(options.here, tuple(options.tracks))
        print(json.dumps(found_here))
        return 0
    started, made_by, load = dt.datetime.now(dt.UTC), provenance(), [os.getloadavg()]
    cases = [case for case in CASES if not options.only or case.name in options.only]
    found = {case: [in_new_process(case) for _ in range(options.repeats)] for case in cases}
    if options.county:
        found[WHOLE] = [in_new_process(WHOLE, "--county", str(options.county))]
    load.append(os.getloadavg())
    whole = bool(options.county) and not options.only and options.repeats >= REPEATS
    scale = "laptop" if whole else "smoke"
    own = provenance_of_bench(
        parameters={"scale": scale, "n_repeat": options.repeats},
        scene={"name": SCENE, "kind": "simulated", "sim_version": sim_version()},
        started=started,
        load=load,
    )
    rows = tidy_rows(
        [row for case, runs in found.items() for row in rows_of(case, runs)], scene=SCENE, scale=scale
    )
    kept = data_folder() / "results" / "benchmarks" / f"simulator-{machine_slug(machine())}.json"
    file = options.out or (kept if whole else runs_folder() / "benchmarks" / "simulator.json")
    write_json(file, {"provenance": {**own, **made_by}, "rows": rows})
    show(rows)
    print(f"written: {file}")
    return 0


def arguments() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [case.name for case in CASES]
    parser.add_argument("--only", action="append", choices=names, help="this preset; may be repeated")
    parser.add_argument("--repeats", type=int, default=REPEATS, metavar="N", help=f"runs ({REPEATS})")
    parser.add_argument(
        "--county", type=Path, metavar="FOLDER", help="also write the county, 31 GB, to FOLDER"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the result here")
    parser.add_argument("--here", metavar="PRESET", help=argparse.SUPPRESS)
    parser.add_argument("--tracks", nargs="*", type=int, default=(), help=argparse.SUPPRESS)
    return parser.parse_args()


def in_new_process(case: Case, *more: str) -> dict[str, float]:
    """One run of a preset, so that its memory is not that of a run before it."""
    print(f"{time.strftime('%H:%M:%S')}  {case.name}", file=sys.stderr, flush=True)
    command = [sys.executable, __file__, "--here", case.preset, "--tracks", *map(str, case.tracks), *more]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    numbers: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return numbers


def timed(preset: str, tracks: tuple[int, ...]) -> dict[str, float]:
    """Seconds, memory and speed of one preset, after a small scene that compiles all it needs."""
    parameters = vary(load_parameters(COUNTY, preset=preset), {"preset.tracks": tracks})
    made(load_parameters(COUNTY, preset="smoke_slc" if parameters.preset.single_look else "smoke"))
    start = time.perf_counter()
    n_pixel_date = made(parameters)
    return numbers_of(time.perf_counter() - start, n_pixel_date, who=resource.RUSAGE_SELF)


def made(parameters: Parameters) -> int:
    """Pixels of C2, times dates, of a simulated scene with its products."""
    scene = simulate(parameters, progress=False)
    if parameters.preset.single_look:
        scene = with_products(scene)
    stacks = [path for path in scene.groups if path.endswith("/c2")]
    return sum(scene[path]["c_vv_vv"].size for path in stacks)


def county(folder: Path) -> dict[str, float]:
    """The county, streamed to a store; memory is that of the largest process."""
    parameters = load_parameters(COUNTY, preset="county")
    start = time.perf_counter()
    write_tiles(parameters, folder, work=without_truth_series, workers=2)
    seconds = time.perf_counter() - start
    n_square = "".join(parameters.county.outline).count("#")
    n_date = sum(
        len(track.acquisitions[str(parameters.scene.year)]) for track in parameters.radar.tracks.values()
    )
    return numbers_of(seconds, n_square * parameters.preset.n_pixel**2 * n_date, who=resource.RUSAGE_CHILDREN)


def numbers_of(seconds: float, n_pixel_date: int, *, who: int) -> dict[str, float]:
    """The three numbers of a run."""
    peak_mb = resource.getrusage(who).ru_maxrss * 1024 / 1e6
    return {SECONDS: seconds, PEAK: peak_mb, SPEED: n_pixel_date / 1e6 / seconds}


def rows_of(case: Case, runs: Sequence[Mapping[str, float]]) -> Iterator[dict[str, Any]]:
    """Rows of one preset: ours, and the prototype's where it has been timed."""
    common = {"exhibit": "simulator", "features": case.name, "split": case.what}
    for metric in (SECONDS, PEAK, SPEED):
        values = [run[metric] for run in runs]
        spread = {"value": statistics.median(values), "low": min(values), "high": max(values)}
        method = "median [min, max] of the runs"
        yield {**common, "model": OURS, "metric": metric, **spread, "n_sample": len(values), "method": method}
    for metric, value in ((SECONDS, case.prototype_s), (PEAK, case.prototype_mb)):
        if value is not None:
            method = "stated for the prototype, another machine, no optics"
            yield {**common, "model": PROTOTYPE, "metric": metric, "value": value, "method": method}


def show(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the numbers."""
    table = Table(title="the simulator, by preset")
    for name in ("preset", "what", "who", "number", "value"):
        table.add_column(name)
    for row in rows:
        table.add_row(row["features"], row["split"], row["model"], row["metric"], f"{row['value']:.3g}")
    Console(width=None if sys.stdout.isatty() else 170).print(table)


if __name__ == "__main__":
    sys.exit(main())
