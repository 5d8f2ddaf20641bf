"""The other features of the grey-level co-occurrence matrix, window by window through scikit-image: slow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from skimage.feature import graycomatrix, graycoprops

from cropnb.features.images import Image, as_image
from cropnb.features.texture import DIRECTIONS, CoOccurrence, co_occurrence, level_of
from cropnb.features.windows import window_pass
from cropnb.schema import require

# Names of scikit-image's graycoprops, in its spelling.
HARALICK_FEATURES: tuple[str, ...] = (
    "contrast",
    "dissimilarity",
    "homogeneity",
    "ASM",
    "energy",
    "entropy",
    "correlation",
    "mean",
    "variance",
    "std",
)


def haralick(
    image: Image,
    *,
    names: Sequence[str],
    value_range: tuple[float, float],
    window: int = 7,
    n_level: int = 32,
    distance: int = 1,
    directions: Sequence[int] = DIRECTIONS,
) -> xr.Dataset:
    r"""Any feature of the symmetric co-occurrence matrix P around each pixel. Slow: minutes a megapixel.

    .. math::
        \mathrm{contrast} = \sum P_{ij} (i - j)^2, \quad
        \mathrm{ASM} = \sum P_{ij}^2, \quad
        \mathrm{entropy} = -\sum P_{ij} \ln P_{ij}

    where :math:`P_{ij}` is the share of the pairs of one direction in `window` whose levels are :math:`i, j`;
    the rest as `skimage.feature.graycoprops` defines them. Each feature is the mean over `directions`.

    Parameters
    ----------
    image : DataArray or ndarray or dask Array (..., y, x) [any]
        Backscatter in decibels, or any real image; NumPy or Dask.
    names : sequence of str (feature,) [1]
        Some of `HARALICK_FEATURES`.
    value_range : tuple of float (2,) [of the image]
        Lower edge of level 0 and upper edge of the highest level, as in `glcm_texture`.
    window : int () [pixel]
        Odd width; wider than the distance.
    n_level : int () [count]
        Number of levels, 2..256; time and memory grow with its square.
    distance : int () [pixel]
        Between the two pixels of a pair.
    directions : sequence of int (direction,) [degree]
        Of 0, 45, 90 and 135.

    Returns
    -------
    Dataset (..., y, x) [1]
        One variable for each name, `glcm_` before it in lower case, with the dims and coordinates of `image`.

    Raises
    ------
    SchemaError
        If a name is unknown or there are more than 256 levels, and as `glcm_texture`.

    Notes
    -----
    It builds one matrix for each pixel and direction, in the interpreter. For mean, variance and correlation
    take `glcm_texture`: the same numbers, four orders of magnitude faster. Cut out what you need before you
    call it, or pass a Dask array and compute under `dask.diagnostics.ProgressBar`.

    Missing pixels, borders and equal levels: as in `glcm_texture`.

    References
    ----------
    [Haralick1973]

    Examples
    --------
    >>> stripes = np.tile(np.array([0.0, 1.0]), (4, 2))
    >>> options = {"value_range": (0, 2), "n_level": 2, "window": 3, "directions": [0]}
    >>> haralick(stripes, names=["contrast"], **options).glcm_contrast.values[1, 1].item()
    1.0
    """
    array = as_image(image, name="haralick")
    require(array.dtype.kind != "c", f"haralick: a complex image ({array.dtype}); take its power in dB.")
    require(
        len(names) > 0 and set(names) <= set(HARALICK_FEATURES),
        f"haralick: names {list(names)}; expected some of {HARALICK_FEATURES}.",
    )
    pairs = co_occurrence(
        value_range=value_range, window=window, n_level=n_level, distance=distance, directions=directions
    )
    require(n_level <= 256, f"haralick: n_level {n_level}; expected 256 at most, to hold a matrix. Take 32.")
    kernel = partial(_matrix_rows, pairs=pairs, names=tuple(names))
    planes = window_pass(kernel, [array], reach=(window // 2, window // 2), n_output=len(names))
    features = {
        f"glcm_{name.lower()}": plane.assign_attrs(units="1", long_name=f"GLCM {name}")
        for name, plane in zip(names, planes, strict=True)
    }
    return xr.Dataset(features, attrs=pairs.described())


def _matrix_rows(
    planes: tuple[NDArray[np.inexact], ...],
    out: NDArray[np.floating],
    start: int,
    stop: int,
    *,
    pairs: CoOccurrence,
    names: tuple[str, ...],
) -> None:
    half, n_column = pairs.window // 2, planes[0].shape[1]
    first = max(0, start - half)
    level = level_of(planes[0][first : stop + half], pairs)
    for y, x in np.ndindex(stop - start, n_column):
        row = y + start - first
        out[:, y + start, x] = np.nan
        if level[row, x] > 0:
            rows, columns = slice(max(0, row - half), row + half + 1), slice(max(0, x - half), x + half + 1)
            out[:, y + start, x] = _matrix_features(level[rows, columns], pairs, names)


def _matrix_features(
    level: NDArray[np.uint16], pairs: CoOccurrence, names: tuple[str, ...]
) -> NDArray[np.float64]:
    """Mean over the directions that have a pair; NaN where none has."""
    angles = np.deg2rad(pairs.directions)
    counts = graycomatrix(  # type: ignore[no-untyped-call]
        level, [pairs.distance], angles, levels=pairs.n_level + 1, symmetric=True
    )
    counts = counts[1:, 1:]  # level 0 is missing: its pairs are left out
    some = counts.sum(axis=(0, 1))[0] > 0
    if not some.any():
        return np.full(len(names), np.nan)
    values = [graycoprops(counts[..., some], name) for name in names]  # type: ignore[no-untyped-call]
    return np.array([value[0].mean() for value in values])
