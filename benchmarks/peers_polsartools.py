"""polsartools 0.13 (GPL-3) as a separate program, run by an interpreter of its own; never imported by cropnb.

End to end: it reads a C2 folder, averages with its window and writes its rasters into that folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from inputs import C2_FILES
from worker import Job, Request, serve

WINDOW = 3
# Where each function writes what. Its chi is asin(...)/2 [rad] times 180 pi, not 180 / pi.
RASTERS = {
    "m_chi": {"ps": "Ps_m_chi", "pd": "Pd_m_chi", "pv": "Pv_m_chi", "m": "m_cp", "sin_2chi": "chi_cp"},
    "h_alpha_dp": {"entropy": "Hdp", "alpha": "alphadp"},
    "dprvi": {"dprvi": "dprvi"},
}


def folder_of_links(request: Request) -> Path:
    """A C2 folder of its own, since it writes beside what it reads."""
    folder = Path(request.scratch) / "C2"
    folder.mkdir()
    source = Path(request.inputs) / "C2"
    for name in (*(f"{n}.bin{end}" for n in C2_FILES for end in ("", ".hdr")), "config.txt"):
        (folder / name).symlink_to(source / name)
    return folder


def job_of(*functions: str) -> Callable[[Request], Job]:
    """Job that runs some of its functions one after another."""

    def prepare(request: Request) -> Job:
        import polsartools  # noqa: PLC0415  only in its own interpreter

        folder = folder_of_links(request)

        def work() -> Path:
            for name in functions:
                function = getattr(polsartools, name)
                function(str(folder), win=WINDOW, fmt="bin", max_workers=request.n_thread)
            return folder

        def arrays(folder: Path) -> Mapping[str, np.ndarray]:
            files = {key: stem for name in functions for key, stem in RASTERS[name].items()}
            planes = {key: np.fromfile(folder / f"{stem}.bin", "<f4") for key, stem in files.items()}
            if "sin_2chi" in planes:
                planes["sin_2chi"] = np.sin(2 * planes["sin_2chi"] / (180 * np.pi))
            return {key: plane.reshape(request.size, request.size) for key, plane in planes.items()}

        return Job(work, arrays, has_children=True)

    return prepare


JOBS = {
    "seven": job_of("m_chi", "h_alpha_dp", "dprvi"),
    "m_chi": job_of("m_chi"),
    "h_alpha": job_of("h_alpha_dp"),
    "dprvi": job_of("dprvi"),
}

if __name__ == "__main__":
    os.environ.setdefault("TQDM_DISABLE", "1")
    serve(JOBS)
