"""Compiled loops of coherence: two complex images read once, four window sums, one formula.

Sums are taken from scratch for each pixel, in an order that depends on the window only: no sum runs along the
image, so that rounding does not build up beside bright targets, and a pixel has the same bits in any chunk.

Loops take whole arrays with offsets, not slices of them: a slice made in compiled code counts a reference,
which costs as much as summing fifty pixels. Offsets are unsigned, as negative indices would be looked for.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cropnb.features.compiled import compiled

Array: TypeAlias = NDArray[np.floating]
Pair: TypeAlias = tuple[int, int]

_TILE = 2048  # [pixel] columns at a time: the rows of all buffers stay in the nearer caches
_LANES = 32  # [pixel] compiled loops take so many at once: rows are filled up with zeros
_N_SUM = 4  # |a|^2, |b|^2, Re a b*, Im a b*


def coherence_rows(
    reach: Pair,
    planes: tuple[NDArray[np.inexact], ...],
    out: Array,
    start: int,
    stop: int,
) -> None:
    r"""Fill rows of the coherence of two complex planes.

    .. math::
        \gamma = \frac{\sum a b^*}{\sqrt{\sum |a|^2 \sum |b|^2}}

    where :math:`a` and :math:`b` are `planes`, and the sums go over the window.

    Parameters
    ----------
    reach : tuple of int (2,) [pixel]
        How far the window reaches along y and along x.
    planes : tuple of ndarray (2,) of (y, x) [any]
        Native, contiguous, complex64 or complex128.
    out : ndarray (output, y, x) [1]
        Filled in place: one plane takes the magnitude, two take real and imaginary part.
    start : int () [pixel]
        First row to fill.
    stop : int () [pixel]
        Row after the last.

    Notes
    -----
    A pixel with a part that is not finite, or a power that overflows, is missing: NaN, and in no sum.
    """
    first, second = (plane.view(out.dtype) for plane in planes)  # (y, 2 x): real, imaginary, real, ...
    just_below_one = out.dtype.type(1.0 - 4.0 * np.finfo(out.dtype).eps)
    _rows(first, second, out, (start, stop), reach, just_below_one)


@compiled
def _rows(
    first: Array, second: Array, out: Array, rows: Pair, reach: Pair, just_below_one: np.floating
) -> None:
    n_row, n_column = out.shape[1:]
    reach_y, reach_x = reach
    tile = min(_TILE, n_column)
    height, width = 2 * reach_y + 1, 2 * reach_x + 1
    length = -(-(tile + 2 * reach_x) // _LANES) * _LANES
    ring = np.zeros((height, _N_SUM, length), out.dtype)  # products of the last rows
    missing = np.zeros((height, length), out.dtype)  # 0, or NaN where a pixel is missing
    parts = np.zeros((4, length), out.dtype)
    # Row after row in one line, so that a loop runs over all four: what runs over into the next is not used.
    lines = ring.reshape(height, _N_SUM * length)
    column = np.zeros(_N_SUM * length + 2, out.dtype)
    triple = np.zeros(_N_SUM * length, out.dtype)
    line = np.zeros(_N_SUM * length, out.dtype)
    sums = line.reshape(_N_SUM, length)
    for left in range(0, n_column, tile):
        parts[:] = 0
        for row in range(rows[0] - reach_y, rows[1] + reach_y):
            slot = row % height
            if 0 <= row < n_row:
                _read(first, row, left - reach_x, parts, 0)
                _read(second, row, left - reach_x, parts, 2)
                _products(parts, ring, missing, slot)
            else:
                ring[slot] = 0
            centre = row - reach_y
            if centre >= rows[0]:
                _sum_rows(lines, centre - reach_y, column)
                _sum_columns(column, triple, width, line)
                _finish(sums, missing, (centre % height, reach_x), out, (centre, left), just_below_one)


@compiled
def _read(plane: Array, row: int, begin: int, parts: Array, p: int) -> None:
    """Split the pixels from `begin` on into their parts; outside of the plane these stay zero."""
    low = max(begin, 0)
    n = np.uint64(min(begin + parts.shape[1], plane.shape[1] // 2) - low)
    to, start, one = np.uint64(low - begin), np.uint64(2 * low), np.uint64(1)
    for x in range(n):
        parts[p, x + to] = plane[row, start + x + x]
        parts[p + 1, x + to] = plane[row, start + x + x + one]


@compiled
def _products(parts: Array, ring: Array, missing: Array, slot: int) -> None:
    for image in range(2):
        for x in range(parts.shape[1]):
            real, imaginary = parts[2 * image, x], parts[2 * image + 1, x]
            ring[slot, image, x] = real * real + imaginary * imaginary
    for x in range(parts.shape[1]):
        ring[slot, 2, x] = parts[0, x] * parts[2, x] + parts[1, x] * parts[3, x]
        ring[slot, 3, x] = parts[1, x] * parts[2, x] - parts[0, x] * parts[3, x]
    for x in range(parts.shape[1]):
        power = ring[slot, 0, x] + ring[slot, 1, x]
        missing[slot, x] = power - power
    found = False
    for x in range(parts.shape[1]):
        found = found | (missing[slot, x] != 0)
    if found:
        zero = ring.dtype.type(0)
        for q in range(_N_SUM):
            for x in range(parts.shape[1]):
                ring[slot, q, x] = ring[slot, q, x] if missing[slot, x] == 0 else zero


@compiled
def _sum_rows(lines: Array, oldest: int, column: Array) -> None:
    """Sums over the rows in the ring, oldest first."""
    n = lines.shape[0]
    if n == 1:
        for x in range(lines.shape[1]):
            column[x] = lines[0, x]
        return
    i, j, k = oldest % n, (oldest + 1) % n, (oldest + 2) % n
    for x in range(lines.shape[1]):
        column[x] = (lines[i, x] + lines[j, x]) + lines[k, x]
    for after in range(3, n, 2):
        i, j = (oldest + after) % n, (oldest + after + 1) % n
        for x in range(lines.shape[1]):
            column[x] += lines[i, x] + lines[j, x]


@compiled
def _sum_columns(column: Array, triple: Array, width: int, line: Array) -> None:
    """Sums over `width` columns, made of sums over three and of the one or two that are left."""
    n = np.uint64(line.size - width + 1)
    n_triple, rest = width // 3, width % 3
    for x in range(triple.size):
        triple[x] = (column[x] + column[x + 1]) + column[x + 2]
    _first_sums(column, triple, n_triple, n, line)
    for after in range(3 if n_triple >= 3 else 1, n_triple - 1, 2):
        _add_two(triple, 3 * after, 3, line, n)
    if n_triple > 0 and n_triple % 2 == 0:
        _add_one(triple, 3 * (n_triple - 1), line, n)
    if rest == 2:
        _add_two(column, width - 2, 1, line, n)
    elif rest == 1 and n_triple > 0:
        _add_one(column, width - 1, line, n)


@compiled
def _first_sums(column: Array, triple: Array, n_triple: int, n: np.uint64, line: Array) -> None:
    """Begin with three triples, with one, or, in a window of one or two columns, with a column."""
    if n_triple >= 3:
        for x in range(n):
            line[x] = (triple[x] + triple[x + np.uint64(3)]) + triple[x + np.uint64(6)]
    elif n_triple == 0:
        for x in range(n):
            line[x] = column[x]
    else:
        for x in range(n):
            line[x] = triple[x]


@compiled
def _add_one(source: Array, shift: int, line: Array, n: np.uint64) -> None:
    at = np.uint64(shift)
    for x in range(n):
        line[x] += source[x + at]


@compiled
def _add_two(source: Array, shift: int, step: int, line: Array, n: np.uint64) -> None:
    one, two = np.uint64(shift), np.uint64(shift + step)
    for x in range(n):
        line[x] += source[x + one] + source[x + two]


@compiled
def _finish(
    sums: Array, missing: Array, middle: Pair, out: Array, place: Pair, just_below_one: np.floating
) -> None:
    """Coherence from the sums: magnitude into one plane, or real and imaginary part into two."""
    if out.shape[0] == 1:
        _magnitude(sums, missing, middle, out, place)
    else:
        _factor(sums, just_below_one)
        for part in range(2):
            _scaled(sums, part, missing, middle, out, place)


@compiled
def _magnitude(sums: Array, missing: Array, middle: Pair, out: Array, place: Pair) -> None:
    # Divided by one power after the other: their product could overflow.
    one = out.dtype.type(1)
    slot, row = middle[0], place[0]
    at, to = np.uint64(middle[1]), np.uint64(place[1])
    for x in range(np.uint64(min(sums.shape[1] - 2 * middle[1], out.shape[2] - place[1]))):
        inverse = one / sums[0, x]
        square = (sums[2, x] * inverse) * sums[2, x] + (sums[3, x] * inverse) * sums[3, x]
        gamma = np.sqrt(square / sums[1, x])
        out[0, row, x + to] = (one if gamma > one else gamma) + missing[slot, x + at]


@compiled
def _factor(sums: Array, just_below_one: np.floating) -> None:
    """Put what makes coherence of the sums of products into the place of the first power."""
    one = sums.dtype.type(1)
    for x in range(sums.shape[1]):
        factor = one / (np.sqrt(sums[0, x]) * np.sqrt(sums[1, x]))
        real, imaginary = sums[2, x] * factor, sums[3, x] * factor
        gamma = np.sqrt(real * real + imaginary * imaginary)
        # Parts round on their own: below one by a margin, or their magnitude may exceed it.
        sums[0, x] = factor * (just_below_one / gamma if gamma > just_below_one else one)


@compiled
def _scaled(sums: Array, part: int, missing: Array, middle: Pair, out: Array, place: Pair) -> None:
    slot, row = middle[0], place[0]
    at, to = np.uint64(middle[1]), np.uint64(place[1])
    for x in range(np.uint64(min(sums.shape[1] - 2 * middle[1], out.shape[2] - place[1]))):
        out[part, row, x + to] = sums[part + 2, x] * sums[0, x] + missing[slot, x + at]
