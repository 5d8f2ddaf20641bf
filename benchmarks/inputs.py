"""Inputs of the benchmarks: random images with the statistics of multilooked dual-pol Sentinel-1."""

from __future__ import annotations

from pathlib import Path

import numpy as np

N_DATE, CHUNK = 22, 500  # of the stack: a season of both tracks; pixels a side
N_LOOK = 2  # of the C2; with the 3 x 3 window no pixel comes near rank 1
SIGMA_VV, SIGMA_VH = (
    0.1,
    0.02,
)  # mean power [1, linear]: below 1 everywhere, where polsartools clips eigenvalues
RHO = 0.3 * np.exp(0.7j)  # correlation of VV and VH
COHERENCE = 0.6  # of the two dates
MISSING = 0.05  # share of missing pixels in the image with gaps
C2_FILES = ("C11", "C22", "C12_real", "C12_imag")

HEADER = """ENVI
description = {{random C2}}
samples = {size}
lines   = {size}
bands   = 1
header offset = 0
file type = ENVI Standard
data type = 4
interleave = bsq
byte order = 0
band names = {{{name}}}
"""


def make_inputs(folder: Path, *, kinds: set[str], size: int) -> None:
    """Write inputs as files that every side reads, of the kinds `c2`, `slc`, `gaps` and `stack`."""
    folder.mkdir(parents=True, exist_ok=True)
    if "c2" in kinds:
        write_c2(folder / "C2", size=size)
    if "slc" in kinds:
        write_slc(folder, size=size)
    if "gaps" in kinds:
        write_gaps(folder, size=size)
    if "stack" in kinds:
        write_stack(folder, size=size)


def write_c2(folder: Path, *, size: int) -> None:
    """PolSARpro folder of a Wishart C2; written band by band of rows, to stay small in memory."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(2)
    files = {name: (folder / f"{name}.bin").open("wb") for name in C2_FILES}
    for start in range(0, size, 500):
        vv, vh, cross = wishart(rng, (min(500, size - start), size))
        parts = (vv, vh, cross.real, cross.imag)
        for file, part in zip(files.values(), parts, strict=True):
            file.write(np.ascontiguousarray(part, dtype=np.float32).tobytes())
    for name, file in files.items():
        file.close()
        text = HEADER.format(size=size, name=name)
        (folder / f"{name}.bin.hdr").write_text(text, encoding="ascii")
    parts = (f"Nrow\n{size}", f"Ncol\n{size}", "PolarCase\nmonostatic", "PolarType\npp1\n")
    text = "\n---------\n".join(parts)
    (folder / "config.txt").write_text(text, encoding="ascii")


def write_slc(folder: Path, *, size: int) -> None:
    """Two single-look complex64 images of one place on two dates."""
    rng = np.random.default_rng(3)
    first, other = _circular(rng, (size, size)), _circular(rng, (size, size))
    np.save(folder / "first.npy", first)
    second = np.float32(COHERENCE) * first + np.float32(np.sqrt(1 - COHERENCE**2)) * other
    np.save(folder / "second.npy", second)


def write_gaps(folder: Path, *, size: int) -> None:
    """Power of four looks with missing pixels, and the same without."""
    rng = np.random.default_rng(4)
    power = rng.standard_gamma(4, size=(size, size), dtype=np.float32) * np.float32(SIGMA_VV / 4)
    np.save(folder / "power.npy", power)
    power[rng.random(power.shape, dtype=np.float32) < MISSING] = np.nan
    np.save(folder / "power_gaps.npy", power)


def read_c2(folder: Path, *, size: int) -> list[np.ndarray]:
    """The four planes in the order of `C2_FILES`."""
    return [np.fromfile(folder / f"{name}.bin", dtype="<f4").reshape(size, size) for name in C2_FILES]


def read_decibels(folder: Path, *, size: int) -> np.ndarray:
    """Power of VV in decibels, float32: what texture is computed from."""
    vv = np.fromfile(folder / "C2" / "C11.bin", dtype="<f4").reshape(size, size)
    return np.float32(10) * np.log10(vv)


def write_envi(file: Path, plane: np.ndarray) -> None:
    """One float32 raster and its header."""
    plane.astype("<f4", copy=False).tofile(file)
    text = HEADER.format(size=plane.shape[0], name=file.stem)
    file.with_name(file.name + ".hdr").write_text(text, encoding="ascii")


def write_stack(folder: Path, *, size: int) -> None:
    """Zarr store of the Wishart C2 of a season, date by date, to stay small in memory."""
    import xarray as xr  # noqa: PLC0415  a peer's interpreter reads this file too, and has none

    rng = np.random.default_rng(5)
    for date in range(N_DATE):
        planes = zip(("c_vv_vv", "c_vh_vh", "c_vv_vh"), wishart(rng, (size, size)), strict=True)
        stored = xr.Dataset({name: (("time", "y", "x"), values[None]) for name, values in planes})
        chunks = {"time": 1, "y": CHUNK, "x": CHUNK}
        where = {"mode": "w"} if date == 0 else {"append_dim": "time"}
        stored.chunk(chunks).to_zarr(folder / "stack.zarr", zarr_format=2, consolidated=False, **where)


def wishart(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Power of VV, of VH, and VV VH*, the mean of `N_LOOK` looks."""
    vv, other = _circular(rng, (N_LOOK, *shape)), _circular(rng, (N_LOOK, *shape))
    vh = np.conj(RHO) * vv + np.float32(np.sqrt(1 - abs(RHO) ** 2)) * other
    vv, vh = vv * np.float32(np.sqrt(SIGMA_VV)), vh * np.float32(np.sqrt(SIGMA_VH))
    cross = (vv * vh.conj()).mean(axis=0).astype(np.complex64)
    return (abs(vv) ** 2).mean(axis=0), (abs(vh) ** 2).mean(axis=0), cross


def _circular(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Circular complex normal of power 1, complex64."""
    parts = rng.standard_normal((*shape, 2), dtype=np.float32) * np.float32(np.sqrt(0.5))
    return parts.view(np.complex64)[..., 0]
