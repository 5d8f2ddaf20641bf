"""Version of the simulator: a hash of what decides its numbers."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from cropnb.parameter_files import parameter_files
from cropnb.paths import data_folder
from cropnb.simulation.canopy_spectra import TABLE


@cache
def sim_version() -> str:
    """First 16 hexadecimal digits of the SHA-256 over the simulator's source, parameter files and table.

    Returns
    -------
    str () [1]
        Changes with any change of these; printed beside every simulated number.
    """
    digest = hashlib.sha256()
    sources = sorted(Path(__file__).parent.glob("*.py"))
    for path in (*sources, *parameter_files(data_folder() / "scenes")):
        digest.update(path.name.encode())
        digest.update(path.read_text(encoding="utf-8").encode())  # text: the same on all systems
    digest.update((data_folder() / "tables" / TABLE).read_bytes())
    return digest.hexdigest()[:16]
