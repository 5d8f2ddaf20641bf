"""Texture of the grey-level co-occurrence matrix by exact moments, without the matrix [Haralick1973]."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, cast

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.features.images import Image, as_image, require_window
from cropnb.features.texture_pass import TILE, PairBits, Quantiser, texture_strip
from cropnb.features.windows import float_type, window_pass
from cropnb.schema import require

DIRECTIONS: tuple[int, ...] = (0, 45, 90, 135)  # degrees; rows count downwards, as in scikit-image
LONG_NAMES = {
    "glcm_mean": "GLCM mean",
    "glcm_variance": "GLCM variance",
    "glcm_correlation": "GLCM correlation",
}


class CoOccurrence(NamedTuple):
    """What pairs a co-occurrence matrix counts, checked."""

    window: int
    n_level: int
    distance: int
    directions: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]  # (rows down, columns right) from a pixel to its partner
    value_range: tuple[float, float]

    @property
    def n_pair(self) -> int:
        """Pairs of a complete window, in the direction that has most."""
        return max((self.window - down) * (self.window - abs(right)) for down, right in self.offsets)

    def described(self) -> dict[str, object]:
        """What a result says in its attributes about how it was made.

        Returns
        -------
        dict (setting,) [any]
            Plain numbers and lists, as files can hold them.
        """
        return {
            "window": self.window,
            "n_level": self.n_level,
            "distance": self.distance,
            "directions": list(self.directions),
            "value_range": list(self.value_range),
        }


def glcm_texture(
    image: Image,
    *,
    value_range: tuple[float, float],
    window: int = 7,
    n_level: int = 32,
    distance: int = 1,
    directions: Sequence[int] = DIRECTIONS,
) -> xr.Dataset:
    r"""Mean, variance and correlation of the symmetric grey-level co-occurrence matrix around each pixel.

    .. math::
        \mu = \frac{\sum (x + x')}{2n}, \quad
        \sigma^2 = \frac{\sum (x^2 + x'^2)}{2n} - \mu^2, \quad
        \rho = \frac{\sum x x' / n - \mu^2}{\sigma^2}

    where :math:`x, x'` are the levels of `image` at the two ends of the :math:`n` pairs of one direction that
    lie inside the window, and each feature is the mean over `directions`. These are the moments of the
    matrix: it is never built. The level of a value :math:`v` is
    :math:`\lfloor L (v - a) / (b - a) \rfloor` with :math:`L` = `n_level` and :math:`(a, b)` =
    `value_range`, at least 0 and at most :math:`L - 1`.

    Parameters
    ----------
    image : DataArray or ndarray or dask Array (..., y, x) [any]
        Backscatter in decibels, or any real image; NumPy or Dask.
    value_range : tuple of float (2,) [of the image]
        Lower edge of level 0 and upper edge of the highest level; values outside count as the lowest or the
        highest level. (0, n_level) keeps whole levels as they are.
    window : int () [pixel]
        Odd width; wider than the distance.
    n_level : int () [count]
        Number of levels, 2 or more; up to 64 at a window of 7 run at full speed.
    distance : int () [pixel]
        Between the two pixels of a pair; a diagonal step is distance / sqrt(2) rows and columns, rounded, as
        in scikit-image.
    directions : sequence of int (direction,) [degree]
        Of 0 (along x), 45 (down and right), 90 (along y) and 135 (down and left).

    Returns
    -------
    Dataset (..., y, x) [1]
        `glcm_mean`, `glcm_variance`, `glcm_correlation`, with the dims and coordinates of `image`.

    Raises
    ------
    SchemaError
        If the window is even or not wider than the distance, the range is no pair of rising finite numbers, a
        direction is none of the four, the image is complex, or the sums would not fit 64 bits.

    Notes
    -----
    There is no default range: taken from the data it would differ between dates, scenes and chunks. For
    sigma0 in decibels (-25, 0) suits VV and (-32, -5) VH. SNAP, with which such features are usually made, by
    default fills its levels with equal shares of the image's pixels: its numbers are on another scale.

    Pairs with a missing pixel, or one outside the image, are left out; a direction without pairs is left out
    of the mean; a missing pixel, and one without any pair, is NaN. A window of equal levels has correlation
    1, as in scikit-image. Sums are of integers, hence exact.

    References
    ----------
    [Haralick1973]

    Examples
    --------
    >>> stripes = np.tile(np.array([0.0, 1.0], np.float32), (4, 2))
    >>> texture = glcm_texture(stripes, value_range=(0, 2), n_level=2, window=3, directions=[0])
    >>> [float(texture[name][1, 1]) for name in texture]
    [0.5, 0.25, -1.0]
    """
    array = as_image(image, name="glcm_texture")
    require(array.dtype.kind != "c", f"glcm_texture: a complex image ({array.dtype}); take its power in dB.")
    pairs = co_occurrence(
        value_range=value_range, window=window, n_level=n_level, distance=distance, directions=directions
    )
    wide = _word_bits(pairs) > 32
    values = array.astype(np.float64) if wide else array
    reach = (window // 2, window // 2)
    planes = window_pass(partial(_texture_rows, pairs=pairs), [values], reach=reach, n_output=len(LONG_NAMES))
    return xr.Dataset(
        {
            name: plane.astype(float_type(array), copy=False).assign_attrs(
                units="1", long_name=LONG_NAMES[name]
            )
            for name, plane in zip(LONG_NAMES, planes, strict=True)
        },
        attrs=pairs.described(),
    )


def co_occurrence(
    *,
    value_range: tuple[float, float],
    window: int,
    n_level: int,
    distance: int,
    directions: Sequence[int],
) -> CoOccurrence:
    """Checked definition of the pairs that a co-occurrence matrix counts.

    Parameters
    ----------
    value_range : tuple of float (2,) [of the image]
        Lower edge of level 0, upper edge of the highest level.
    window : int () [pixel]
        Odd width.
    n_level : int () [count]
        Number of levels.
    distance : int () [pixel]
        Between the pixels of a pair.
    directions : sequence of int (direction,) [degree]
        Of 0, 45, 90 and 135.

    Returns
    -------
    CoOccurrence () [pixel]
        The same, with the offset of each direction in rows and columns.

    Raises
    ------
    SchemaError
        As `glcm_texture`.
    """
    require_window("co-occurrence", window)
    edges = np.asarray(value_range if value_range is not None else (), dtype=object).ravel()
    numbers = len(edges) == 2 and all(isinstance(edge, (int, float, np.number)) for edge in edges)
    require(
        numbers and bool(np.isfinite(edges.astype(float)).all()) and float(edges[0]) < float(edges[1]),
        f"co-occurrence: value_range {value_range!r}; expected two finite numbers, the lower first. "
        "Take a fixed range, such as (-25, 0) for sigma0 VV in dB: it must not depend on the image.",
    )
    require(
        n_level >= 2 and n_level == int(n_level),
        f"co-occurrence: n_level {n_level}; expected a whole number of 2 or more. Take 32.",
    )
    chosen = tuple(directions)
    require(
        len(chosen) > 0 and set(chosen) <= set(DIRECTIONS) and len(set(chosen)) == len(chosen),
        f"co-occurrence: directions {chosen}; expected some of {DIRECTIONS} degrees, each once.",
    )
    require(
        1 <= distance < window and distance == int(distance),
        f"co-occurrence: distance {distance} in a window of {window}; expected 1, 2 .. {window - 1}. "
        "Take a wider window.",
    )
    diagonal = round(int(distance) / 2**0.5)
    steps = {
        0: (0, int(distance)),
        45: (diagonal, diagonal),
        90: (int(distance), 0),
        135: (diagonal, -diagonal),
    }
    offsets = tuple(steps[direction] for direction in chosen)
    low, high = (float(edge) for edge in edges)
    return CoOccurrence(window, int(n_level), int(distance), chosen, offsets, (low, high))


def quantiser_of(pairs: CoOccurrence, dtype: np.dtype[np.floating]) -> Quantiser:
    """Edges of the levels in the precision of an image.

    Parameters
    ----------
    pairs : CoOccurrence () [pixel]
        With the number of levels and the range.
    dtype : dtype () [1]
        Of the image.

    Returns
    -------
    Quantiser () [of the image]
        Lower edge, levels per unit, highest level.
    """
    low, high = pairs.value_range
    real = dtype.type
    return Quantiser(real(low), real(pairs.n_level / (high - low)), real(pairs.n_level - 1))


def level_of(values: NDArray[np.inexact], pairs: CoOccurrence) -> NDArray[np.uint16]:
    """Level of each value counted from 1, 0 where it is missing: the same as in the compiled pass.

    Parameters
    ----------
    values : ndarray (y, x) [of the image]
        Real, native.
    pairs : CoOccurrence () [pixel]
        With the number of levels and the range.

    Returns
    -------
    ndarray (y, x) [1]
        0..n_level.
    """
    real = cast(NDArray[np.floating], values)
    quantiser = quantiser_of(pairs, real.dtype)
    known = np.isfinite(real)
    steps = (np.where(known, real, quantiser.low) - quantiser.low) * quantiser.scale
    return np.where(known, np.clip(steps, 0, quantiser.highest) + 1, 0).astype(np.uint16)


def _word_bits(pairs: CoOccurrence) -> int:
    """Bits of the longest word of two sums; levels count from 1."""
    n_bit = _sum_bits(pairs)
    exact = (2 * pairs.n_pair * pairs.n_level) ** 2  # 2n times the sum of squares
    longest = max(n_bit["sum"] + n_bit["square"], n_bit["product"] + n_bit["count"], exact.bit_length() + 1)
    require(
        longest <= 64,
        f"glcm_texture: n_level {pairs.n_level} in a window of {pairs.window} needs sums of {longest} bits; "
        "expected 64 at most. Take fewer levels or a smaller window.",
    )
    return longest


def _sum_bits(pairs: CoOccurrence) -> dict[str, int]:
    n, level = pairs.n_pair, pairs.n_level
    largest = {"sum": 2 * n * level, "square": 2 * n * level**2, "product": n * level**2, "count": n}
    return {name: value.bit_length() for name, value in largest.items()}


def _texture_rows(
    planes: tuple[NDArray[np.inexact], ...],
    out: NDArray[np.floating],
    start: int,
    stop: int,
    *,
    pairs: CoOccurrence,
) -> None:
    image = cast(NDArray[np.floating], planes[0])
    wide = image.dtype == np.float64
    word, signed = (np.uint64, np.int64) if wide else (np.uint32, np.int32)
    n_bit = _sum_bits(pairs)
    bits = PairBits(word(n_bit["sum"]), word(n_bit["product"]), word(1 << n_bit["product"]), signed(0))
    quantiser, offsets = quantiser_of(pairs, image.dtype), np.array(pairs.offsets, np.int64)
    for left in range(0, image.shape[1], TILE):
        extent = (start, stop, left, min(left + TILE, image.shape[1]))
        texture_strip(image, (out[0], out[1], out[2]), extent, pairs.window, offsets, quantiser, bits)
