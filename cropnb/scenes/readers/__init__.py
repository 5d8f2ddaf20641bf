"""Readers: foreign files in, scenes that obey the contract out. Foreign names and units end here."""

from collections.abc import Callable, Mapping
from pathlib import Path

import xarray as xr

from cropnb.scenes.entries import SceneEntry
from cropnb.scenes.readers.flanders import read_cube
from cropnb.scenes.readers.phenocam import read_phenocam
from cropnb.scenes.readers.points import read_long_points, read_wide_points
from cropnb.scenes.readers.polsarpro import read_polsarpro
from cropnb.scenes.readers.snap_slc import read_slc_pair

Reader = Callable[[SceneEntry, Mapping[str, Path]], xr.DataTree]

READERS: dict[str, Reader] = {
    "long-points": read_long_points,
    "wide-points": read_wide_points,
    "worldcereal-cube": read_cube,
    "polsarpro-c2": read_polsarpro,
    "snap-slc-pair": read_slc_pair,
    "phenocam": read_phenocam,
}

__all__ = [
    "READERS",
    "Reader",
    "read_cube",
    "read_long_points",
    "read_phenocam",
    "read_polsarpro",
    "read_slc_pair",
    "read_wide_points",
]
