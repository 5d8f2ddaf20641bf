"""What is compared with whom, on what, and how equal the results must be."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inputs import N_DATE

from cropnb.features import RADAR_FEATURES

PEERS_VARIABLE = "CROPNB_PEERS"  # the Python that has polsartools, or the folder of its environment


@dataclass(frozen=True)
class Peer:
    """Someone who does the same work."""

    who: str
    file: str  # of this folder
    job: str
    threads: tuple[int, ...] = (1, 2)
    crop: int | None = None  # pixels a side, where it does a part of the image only
    is_apart: bool = False  # runs in an interpreter of its own


@dataclass(frozen=True)
class Published:
    """A figure from elsewhere, on another machine."""

    who: str
    mpix_per_s: float


@dataclass(frozen=True)
class Case:
    """One feature or family, ours and theirs."""

    name: str
    title: str
    inputs: str  # kind of inputs (inputs.py)
    job: str  # of ours.py
    tolerance: Mapping[str, float]  # largest absolute difference of each output, in its unit
    peers: tuple[Peer, ...]
    border: int  # pixels off the edge, where sides treat the border each in their way
    published: tuple[Published, ...] = ()
    in_quick: bool = True
    largest: int | None = None  # pixels a side at most, where it is timed by size


M_CHI = {"m": 2e-5, "sin_2chi": 1e-4, "ps": 1e-5, "pd": 1e-5, "pv": 1e-5}
# polsartools takes float32 arc cosines near 1 for alpha: 0.02 degrees.
SEVEN = {**M_CHI, "entropy": 2e-5, "alpha": 2e-2, "dprvi": 2e-5}
SCIPY, BANDS = "SciPy + NumPy, whole arrays", "SciPy + NumPy, bands of 64 rows"
POLSARTOOLS = "polsartools 0.13"


def scipy_peers(job: str) -> tuple[Peer, ...]:
    """SciPy as one writes it, and at its best: in bands that stay in the cache, on threads."""
    return (
        Peer(SCIPY, "peers_scipy.py", job, threads=(1,)),
        Peer(BANDS, "peers_scipy.py", f"{job}_bands"),
    )


def polsartools_peer(job: str) -> tuple[Peer, ...]:
    """polsartools; a thread of ours against a worker process of theirs."""
    return (Peer(POLSARTOOLS, "peers_polsartools.py", job, is_apart=True),)


CASES = (
    Case("c2", "7 C2 parameters, 3x3, in memory", "c2", "seven", SEVEN, scipy_peers("seven"), 2),
    Case(
        "c2-files",
        "7 C2 parameters, 3x3, files to files",
        "c2",
        "seven_from_files",
        SEVEN,
        polsartools_peer("seven"),
        6,
    ),
    Case(
        "m-chi-files",
        "m-chi (5 rasters), 3x3, files to files",
        "c2",
        "m_chi_from_files",
        M_CHI,
        polsartools_peer("m_chi"),
        6,
        in_quick=False,
    ),
    Case(
        "h-alpha-files",
        "H and alpha, 3x3, files to files",
        "c2",
        "h_alpha_from_files",
        {"entropy": 2e-5, "alpha": 2e-2},
        polsartools_peer("h_alpha"),
        6,
        in_quick=False,
    ),
    Case(
        "dprvi-files",
        "DpRVI, 3x3, files to files",
        "c2",
        "dprvi_from_files",
        {"dprvi": 2e-5},
        polsartools_peer("dprvi"),
        6,
        in_quick=False,
    ),
    Case(
        "glcm",
        "GLCM mean, variance, correlation, 7x7, 32 levels, 4 directions",
        "c2",
        "glcm",
        {"glcm_mean": 1e-4, "glcm_variance": 1e-3, "glcm_correlation": 1e-4},
        (
            Peer("NumPy cumulative sums, whole arrays", "peers_texture.py", "cumulative", threads=(1,)),
            Peer("NumPy cumulative sums, bands of 64 rows", "peers_texture.py", "cumulative_bands"),
            Peer("scikit-image, crop of 48x48", "peers_texture.py", "scikit_image", threads=(1,), crop=48),
        ),
        4,
        (Published("Orfeo Toolbox (published, not run here)", 0.12),),
    ),
    Case(
        "coherence", "coherence, 3x11", "slc", "coherence", {"coherence": 1e-5}, scipy_peers("coherence"), 6
    ),
    Case("boxcar", "boxcar, 3x3", "gaps", "boxcar", {"mean": 1e-6}, scipy_peers("boxcar"), 2),
    Case(
        "boxcar-gaps",
        "boxcar, 3x3, 5 % of pixels missing",
        "gaps",
        "boxcar_gaps",
        {"mean": 1e-6},
        scipy_peers("boxcar_gaps"),
        2,
    ),
    Case("lee", "Lee filter, 3x3", "gaps", "lee", {"filtered": 1e-5}, scipy_peers("lee"), 2),
    Case(
        "stack",
        f"{N_DATE} dates, all {len(RADAR_FEATURES)} features, Zarr to Zarr by chunks (pixels on the ground)",
        "stack",
        "stack",
        {},
        (),
        0,
        in_quick=False,
        largest=2000,
    ),
)
SCALING = ("c2", "glcm", "coherence", "stack")  # timed at several sizes
COMPILED = ("c2", "glcm", "coherence", "boxcar", "lee")  # first call timed


def peers_python(option: str | None) -> Path | None:
    """Interpreter that has polsartools: the option, else `CROPNB_PEERS`; None where neither is given."""
    given = (option or os.environ.get(PEERS_VARIABLE, "")).strip()
    if not given:
        return None
    path = Path(given).expanduser()
    return path / "bin" / "python" if path.is_dir() else path
