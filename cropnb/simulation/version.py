"""Version of the simulator: a hash of what decides its numbers."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from cropnb.paths import data_folder
from cropnb.simulation.canopy_spectra import TABLE

BASE = "county.toml"  # on which the files of all other scenes build


@cache
def sim_version() -> str:
    """First 16 hexadecimal digits of a SHA-256 over the simulator's source, the county's file and the table.

    Returns
    -------
    str () [1]
        Changes with any change of these; printed beside every simulated number. What the file of another
        scene sets anew is in that scene's fingerprint (`Parameters.fingerprint`), so that a new scene leaves
        the results of the others alone (decision 0011).
    """
    digest = hashlib.sha256()
    sources = sorted(Path(__file__).parent.glob("*.py"))
    for path in (*sources, data_folder() / "scenes" / BASE):
        digest.update(path.name.encode())
        digest.update(path.read_text(encoding="utf-8").encode())  # text: the same on all systems
    digest.update((data_folder() / "tables" / TABLE).read_bytes())
    return digest.hexdigest()[:16]
