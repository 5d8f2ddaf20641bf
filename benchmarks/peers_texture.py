"""Grey-level co-occurrence by others: NumPy's cumulative sums, and scikit-image on a crop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from inputs import read_decibels
from peer_glcm import glcm_moments, grey_levels
from peers_scipy import Planes, banded, whole
from skimage.feature import graycomatrix, graycoprops
from worker import Job, Request, serve

WINDOW, N_LEVEL, LOW, HIGH = 7, 32, -30.0, 0.0  # [pixel], [count], [dB]
ANGLES = (0, np.pi / 4, np.pi / 2, 3 * np.pi / 4)
CROP = 48  # pixels a side: scikit-image takes a millisecond for each


def levels_of(image: np.ndarray) -> np.ndarray:
    """Levels in float32, as ours: in float64 a value at an edge may fall on its other side."""
    return grey_levels(image, n_level=N_LEVEL, low=LOW, high=HIGH)


def by_matrix(request: Request) -> Job:
    """scikit-image, one matrix a pixel, on the top left corner of the image; its border stays empty."""
    image = read_decibels(Path(request.inputs), size=request.size)
    crop = image[:CROP, :CROP]

    def work() -> dict[str, np.ndarray]:
        levels = levels_of(crop).astype(np.uint8)
        half = WINDOW // 2
        out = {name: np.full(crop.shape, np.nan, np.float32) for name in ("mean", "variance", "correlation")}
        for y, x in np.ndindex(*(size - WINDOW + 1 for size in crop.shape)):
            window = levels[y : y + WINDOW, x : x + WINDOW]
            matrix = graycomatrix(window, [1], ANGLES, levels=N_LEVEL, symmetric=True, normed=True)
            for name, plane in out.items():
                plane[y + half, x + half] = graycoprops(matrix, name).mean()
        return {f"glcm_{name}": plane for name, plane in out.items()}

    return Job(work, lambda result: result)


def moments(planes: Planes) -> dict[str, np.ndarray]:
    """Cumulative sums, from image to features; a border of half a window stays empty."""
    (image,) = planes
    half = WINDOW // 2
    inner = (slice(half, image.shape[0] - half), slice(half, image.shape[1] - half))
    out = {name: np.full(image.shape, np.nan) for name in ("mean", "variance", "correlation")}
    features = glcm_moments(levels_of(image), window=WINDOW)
    for plane, values in zip(out.values(), features, strict=True):
        plane[inner] = values
    return {f"glcm_{name}": plane for name, plane in out.items()}


def read(request: Request) -> Planes:
    """The image in decibels."""
    return [read_decibels(Path(request.inputs), size=request.size)]


JOBS = {
    "scikit_image": by_matrix,
    "cumulative": whole(moments, read),
    "cumulative_bands": banded(moments, read, halo=WINDOW // 2),
}

if __name__ == "__main__":
    serve(JOBS)
