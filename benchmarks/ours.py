"""Our side: functions of cropnb.features on the inputs that every side gets."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import dask
import numpy as np
import xarray as xr
from inputs import read_c2, read_decibels, write_envi
from worker import Job, Request, serve

from cropnb.features import RADAR_FEATURES, radar_features
from cropnb.features.coherence import coherence
from cropnb.features.filters import boxcar
from cropnb.features.polarimetry import polarimetry
from cropnb.features.speckle import lee
from cropnb.features.texture import glcm_texture
from cropnb.features.windows import use_threads
from cropnb.scenes import write_by_chunks

# Eight rasters: H and alpha count as one of seven.
SEVEN = ("m", "sin_2chi", "ps", "pd", "pv", "entropy", "alpha", "dprvi")


def c2_of(planes: list[np.ndarray]) -> xr.Dataset:
    """Dataset of the four planes in the order of `inputs.C2_FILES`."""
    names = ("c_vv_vv", "c_vh_vh", "c_vv_vh")
    vv, vh, real, imag = planes
    cross = np.empty(vv.shape, np.complex64)
    cross.real, cross.imag = real, imag
    return xr.Dataset({n: (("y", "x"), values) for n, values in zip(names, (vv, vh, cross), strict=True)})


def seven_in_memory(request: Request) -> Job:
    """From C2 in memory to the rasters in memory."""
    c2 = c2_of(read_c2(Path(request.inputs) / "C2", size=request.size))
    return _job(lambda: polarimetry(c2, features=SEVEN, window=3), request)


def from_files(*names: str) -> Callable[[Request], Job]:
    """Job from a C2 folder to a folder of ENVI rasters: what polsartools does."""

    def prepare(request: Request) -> Job:
        out = Path(request.scratch) / "rasters"
        out.mkdir()

        def work() -> Path:
            c2 = c2_of(read_c2(Path(request.inputs) / "C2", size=request.size))
            for name, values in polarimetry(c2, features=names, window=3).items():
                write_envi(out / f"{name}.bin", values.values)
            return out

        def arrays(folder: Path) -> Mapping[str, np.ndarray]:
            shape = (request.size, request.size)
            return {name: np.fromfile(folder / f"{name}.bin", "<f4").reshape(shape) for name in names}

        return _job(work, request, arrays=arrays)

    return prepare


def texture(request: Request) -> Job:
    """GLCM mean, variance and correlation, averaged over four directions."""
    image = xr.DataArray(read_decibels(Path(request.inputs), size=request.size), dims=("y", "x"))
    low_high = (-30.0, 0.0)  # [dB]
    return _job(lambda: glcm_texture(image, window=7, n_level=32, value_range=low_high), request)


def coherence_of_pair(request: Request) -> Job:
    """Coherence of two dates."""
    pair = [_image(request, name) for name in ("first", "second")]
    return _job(lambda: coherence(*pair, window=(3, 11)), request, arrays=lambda r: {"coherence": r.values})


def boxcar_of(name: str) -> Callable[[Request], Job]:
    """Job of the 3 x 3 mean of an image."""

    def prepare(request: Request) -> Job:
        image = _image(request, name)
        return _job(lambda: boxcar(image, window=3), request, arrays=lambda r: {"mean": r.values})

    return prepare


def lee_of_power(request: Request) -> Job:
    """Lee's filter, 3 x 3, four looks."""
    image = _image(request, "power")
    work = lambda: lee(image, window=3, n_looks=4)  # noqa: E731
    return _job(work, request, arrays=lambda r: {"filtered": r.values})


def stack_by_chunks(request: Request) -> Job:
    """A season from one Zarr store into another, never whole in memory."""
    out = Path(request.scratch) / "features.zarr"

    def work() -> Path:
        c2 = xr.open_zarr(Path(request.inputs) / "stack.zarr", consolidated=False)
        made = radar_features(c2, RADAR_FEATURES, window=3)
        shutil.rmtree(out, ignore_errors=True)
        with dask.config.set(scheduler="threads", num_workers=request.n_thread):
            return write_by_chunks(made, out, progress=False)

    return _job(work, request, arrays=lambda _: {})


def _image(request: Request, name: str) -> xr.DataArray:
    return xr.DataArray(np.load(Path(request.inputs) / f"{name}.npy"), dims=("y", "x"))


def _dataset_arrays(result: xr.Dataset) -> Mapping[str, np.ndarray]:
    return {str(name): values.values for name, values in result.items()}


def _job(
    work: Callable[[], Any],
    request: Request,
    *,
    arrays: Callable[[Any], Mapping[str, np.ndarray]] = _dataset_arrays,
) -> Job:
    threads = contextlib.ExitStack()
    threads.enter_context(use_threads(request.n_thread))  # for as long as the process lives
    return Job(work, arrays)


JOBS = {
    "seven": seven_in_memory,
    "seven_from_files": from_files(*SEVEN),
    "m_chi_from_files": from_files("m", "sin_2chi", "ps", "pd", "pv"),
    "h_alpha_from_files": from_files("entropy", "alpha"),
    "dprvi_from_files": from_files("dprvi"),
    "glcm": texture,
    "coherence": coherence_of_pair,
    "boxcar": boxcar_of("power"),
    "boxcar_gaps": boxcar_of("power_gaps"),
    "lee": lee_of_power,
    "stack": stack_by_chunks,
}

if __name__ == "__main__":
    serve(JOBS)
