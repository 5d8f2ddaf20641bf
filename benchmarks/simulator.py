"""Time and memory of the simulator: one preset in a process of its own, printed as JSON.

    python benchmarks/simulator.py smoke mini smoke_slc
    python benchmarks/simulator.py tile --tracks 105

`seconds` leaves out importing and compiling; `peak_mib` is the whole process's. Mpix x dates counts the
pixels of C2 of all tracks.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import replace

from cropnb.paths import data_folder
from cropnb.scenes.from_slc import with_products
from cropnb.simulation import load_parameters, simulate
from cropnb.simulation.parameters import Parameters

COUNTY = data_folder() / "scenes" / "county.toml"


def main() -> None:
    """Time each preset in a new process, or, with `--here`, the one preset in this process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("presets", nargs="+")
    parser.add_argument("--tracks", nargs="*", type=int, help="relative orbits; default: those of the preset")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(timed(options.presets[0], tuple(options.tracks or ()))))
        return
    for preset in options.presets:
        tracks = ["--tracks", *map(str, options.tracks)] if options.tracks else []
        subprocess.run([sys.executable, __file__, preset, "--here", *tracks], check=True)


def timed(preset: str, tracks: tuple[int, ...]) -> dict[str, object]:
    """Seconds and memory of one preset, simulated twice in this process."""
    parameters = load_parameters(COUNTY, preset=preset)
    if tracks:
        parameters = replace(parameters, preset=replace(parameters.preset, tracks=tracks))
    made(load_parameters(COUNTY, preset="smoke_slc" if parameters.preset.single_look else "smoke"))
    start, of_processor = time.perf_counter(), time.process_time()
    pixel_dates = made(parameters)
    seconds, of_processor = time.perf_counter() - start, time.process_time() - of_processor
    return {
        "preset": preset,
        "tracks": parameters.preset.tracks,
        "seconds": round(seconds, 2),
        "processor_seconds": round(of_processor, 2),
        "mpix_dates_per_s": round(pixel_dates / 1e6 / seconds, 2),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def made(parameters: Parameters) -> int:
    """Pixels of C2, times dates, of a simulated scene with its products."""
    scene = simulate(parameters, progress=False)
    if parameters.preset.single_look:
        scene = with_products(scene)
    stacks = [path for path in scene.groups if path.endswith("/c2")]
    return sum(scene[path]["c_vv_vv"].size for path in stacks)


if __name__ == "__main__":
    main()
