"""What one writes with SciPy's uniform_filter and NumPy, in float32: whole arrays, or bands of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from inputs import read_c2
from scipy.ndimage import uniform_filter
from worker import Job, Request, serve

Planes = Sequence[np.ndarray]
Function = Callable[[Planes], dict[str, np.ndarray]]
Read = Callable[[Request], Planes]
Prepare = Callable[[Request], Job]
ROWS = 64  # rows a band: what a band needs stays in the cache


def seven_parameters(planes: Planes, *, window: int = 3) -> dict[str, np.ndarray]:
    """The seven C2 parameters by the closed form of the 2 x 2 eigenproblem, with few temporary arrays."""
    vv, vh, real, imag = (uniform_filter(plane, window) for plane in planes)
    s0, s1, s3 = vv + vh, vv - vh, -2 * imag
    polarised = np.sqrt(s1 * s1 + 4 * real * real + s3 * s3)
    m = polarised / s0
    large = (1 + m) / 2
    small = (1 - m) / 2
    alpha_1 = np.degrees(np.arccos(s1 / polarised)) / 2
    return {
        "m": m,
        "sin_2chi": -s3 / polarised,
        "ps": np.sqrt((polarised + s3) / 2),
        "pd": np.sqrt((polarised - s3) / 2),
        "pv": np.sqrt(s0 - polarised),
        "entropy": -large * np.log2(large) - small * np.log2(small),
        "alpha": large * alpha_1 + small * (90 - alpha_1),
        "dprvi": 1 - m * large,
    }


def coherence(planes: Planes, *, window: tuple[int, int] = (3, 11)) -> dict[str, np.ndarray]:
    """Magnitude of the coherence over a window."""
    first, second = planes
    cross = uniform_filter(first * second.conj(), window)
    power = [uniform_filter(z.real * z.real + z.imag * z.imag, window) for z in (first, second)]
    return {"coherence": np.abs(cross) / np.sqrt(power[0] * power[1])}


def boxcar(planes: Planes, *, window: int = 3) -> dict[str, np.ndarray]:
    """Mean over a window; a missing pixel would spread."""
    return {"mean": uniform_filter(planes[0], window)}


def boxcar_with_gaps(planes: Planes, *, window: int = 3) -> dict[str, np.ndarray]:
    """Mean of the valid pixels of a window; a missing pixel stays missing."""
    (values,) = planes
    valid = np.isfinite(values)
    total = uniform_filter(np.where(valid, values, np.float32(0)), window, mode="constant")
    share = uniform_filter(valid.astype(np.float32), window, mode="constant")
    with np.errstate(invalid="ignore", divide="ignore"):
        return {"mean": np.where(valid, total / share, np.float32(np.nan))}


def lee(planes: Planes, *, window: int = 3, n_looks: float = 4) -> dict[str, np.ndarray]:
    """Lee's filter: mean + b (z - mean), b = 1 - mean^2 / (L var) from 0 to 1, var unbiased."""
    (values,) = planes
    mean = uniform_filter(values, window)
    # The variance as a difference of large numbers: float64, or the digits are gone.
    square = uniform_filter(np.square(values, dtype=np.float64), window)
    variance = np.maximum(square - np.square(mean, dtype=np.float64), 0).astype(np.float32)
    biased = np.float32((window**2 - 1) / window**2 / n_looks)
    weight = np.clip(1 - mean * mean * biased / variance, 0, 1)
    return {"filtered": mean + weight * (values - mean)}


def in_bands(function: Function, planes: Planes, *, halo: int, n_thread: int) -> dict[str, np.ndarray]:
    """Run `function` on bands of rows, side by side: SciPy and NumPy let go of the interpreter's lock."""
    n_row = planes[0].shape[0]
    outputs: dict[str, np.ndarray] = {}

    def fill(start: int) -> None:
        low, high = max(0, start - halo), min(n_row, start + ROWS + halo)
        stop = min(n_row, start + ROWS)
        for name, part in function([plane[low:high] for plane in planes]).items():
            # setdefault is atomic, and each band fills rows of its own.
            out = outputs.get(name)
            if out is None:
                out = outputs.setdefault(name, np.empty(planes[0].shape, part.dtype))
            out[start:stop] = part[start - low : stop - low]

    with ThreadPoolExecutor(n_thread) as pool:
        list(pool.map(fill, range(0, n_row, ROWS)))
    return outputs


def read_power(request: Request) -> Planes:
    """The image without gaps."""
    return [np.load(Path(request.inputs) / "power.npy")]


def read_power_with_gaps(request: Request) -> Planes:
    """The image with gaps."""
    return [np.load(Path(request.inputs) / "power_gaps.npy")]


def read_slc(request: Request) -> Planes:
    """Both dates."""
    return [np.load(Path(request.inputs) / f"{name}.npy") for name in ("first", "second")]


def read_c2_planes(request: Request) -> Planes:
    """The four planes of C2."""
    return read_c2(Path(request.inputs) / "C2", size=request.size)


def whole(function: Function, read: Read) -> Prepare:
    """Job on whole arrays, one thread."""

    def prepare(request: Request) -> Job:
        planes = read(request)
        return Job(lambda: function(planes), _same)

    return prepare


def banded(function: Function, read: Read, *, halo: int) -> Prepare:
    """Job on bands of rows, on as many threads as asked for."""

    def prepare(request: Request) -> Job:
        planes = read(request)
        return Job(lambda: in_bands(function, planes, halo=halo, n_thread=request.n_thread), _same)

    return prepare


def _same(result: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    return result


_FUNCTIONS: dict[str, tuple[Function, Read, int]] = {
    "seven": (seven_parameters, read_c2_planes, 1),
    "coherence": (coherence, read_slc, 1),
    "boxcar": (boxcar, read_power, 1),
    "boxcar_gaps": (boxcar_with_gaps, read_power_with_gaps, 1),
    "lee": (lee, read_power, 1),
}
JOBS: dict[str, Prepare] = {name: whole(f, read) for name, (f, read, _) in _FUNCTIONS.items()}
JOBS |= {f"{name}_bands": banded(f, read, halo=halo) for name, (f, read, halo) in _FUNCTIONS.items()}

if __name__ == "__main__":
    serve(JOBS)
