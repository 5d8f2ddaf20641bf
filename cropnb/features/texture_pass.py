"""Compiled pass of grey-level co-occurrence moments: exact integer sums over pairs, sliding down the rows.

A level is stored as 1..n_level and a missing pixel as 0, so that the product of two levels is 0 exactly where
a pair is incomplete. Two integers hold the four sums of a pair (x, x'), each in its own bits: x + x' below
x^2 + x'^2, and x x' below the number of pairs. Integer sums are exact: they slide, and no bit depends on the
chunk.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cropnb.features.compiled import compiled
from cropnb.features.rows import add_three

TILE = 1024  # columns at a time: the rows of one window stay in the second-level cache
Plane: TypeAlias = NDArray[np.floating]
Row: TypeAlias = NDArray[Any]  # unsigned words or signed moments
Rows: TypeAlias = NDArray[Any]
RealRow: TypeAlias = NDArray[np.floating]


class PairBits(NamedTuple):
    """First bit of the upper of two sums in a word, and one pair in the count, as unsigned words."""

    square_shift: np.unsignedinteger
    count_shift: np.unsignedinteger
    one_pair: np.unsignedinteger
    signed: np.signedinteger  # any number of the type that holds differences of products of the sums


class Quantiser(NamedTuple):
    """Lower edge of level 0, levels per unit and highest level, in the precision of the image."""

    low: np.floating
    scale: np.floating
    highest: np.floating


@compiled
def texture_strip(
    image: Plane,
    out: tuple[Plane, Plane, Plane],
    extent: tuple[int, int, int, int],
    window: int,
    offsets: NDArray[np.int64],
    quantiser: Quantiser,
    bits: PairBits,
) -> None:
    """Fill mean, variance and correlation in a strip of the image.

    Parameters
    ----------
    image : ndarray (y, x) [any]
        Native and contiguous, NaN where missing.
    out : tuple of ndarray (y, x) [level]
        Filled: mean, variance and correlation.
    extent : tuple of int (4,) [pixel]
        First row and the row after the last, first column and the column after the last.
    window : int () [pixel]
        Odd width of the window.
    offsets : ndarray (direction, 2) [pixel]
        Rows down and columns right from a pixel to its partner.
    quantiser : Quantiser () [any]
        How values become levels.
    bits : PairBits () [1]
        How sums and counts share an integer.
    """
    start, stop, left, right = extent
    half, n_direction, n_column = window // 2, offsets.shape[0], right - left
    width = n_column + 2 * half
    level: Rows = np.zeros((2, window, width), np.full(1, bits.one_pair).dtype)
    kept: Rows = np.zeros((n_direction, 2, window, width), level.dtype)
    column: Rows = np.zeros((n_direction, 2, width), level.dtype)
    spare: Rows = np.zeros((2, width), level.dtype)
    total: Rows = np.zeros((2, n_column), level.dtype)
    signed: Row = np.full(1, bits.signed)
    feature: Plane = np.zeros((4, n_column), image.dtype)
    for row in range(start - half, stop + half):
        _ingest(image, row, left - half, level, quantiser, bits)
        y = row - half
        feature[:] = 0
        for d in range(n_direction):
            if row - (start - half) >= offsets[d, 0]:
                _slide(level, row, offsets[d], kept[d], column[d], bits)
            if y >= start:
                wide = window - abs(offsets[d, 1])
                for word in range(2):
                    _box(column[d, word, : n_column + wide - 1], wide, spare, total[word])
                _accumulate(total[0], total[1], bits, signed, feature)
        if y >= start:
            centre = level[0, y % window, half : half + n_column]
            for f in range(3):
                _finish(feature[f], feature[3], centre, out[f][y, left:right])


@compiled
def _ingest(image: Plane, row: int, first: int, level: Rows, quantiser: Quantiser, bits: PairBits) -> None:
    n_row, n_column = image.shape
    at, width = row % level.shape[1], level.shape[2]
    level[:, at] = 0  # outside of the image is missing
    if 0 <= row < n_row:
        start, stop = max(first, 0), min(first + width, n_column)
        inside = level[0, at, start - first : stop - first]
        _quantise(image[row, start:stop], quantiser, inside)
        _square(inside, bits.square_shift, level[1, at, start - first : stop - first])


@compiled
def _quantise(values: RealRow, quantiser: Quantiser, level: Row) -> None:
    for x in range(level.size):
        step = (values[x] - quantiser.low) * quantiser.scale
        known = (step - step) == 0
        step = step if step > 0 else values.dtype.type(0)
        step = step if step < quantiser.highest else quantiser.highest
        level[x] = np.int32(step) + 1 if known else 0


@compiled
def _square(level: Row, shift: np.integer, words: Row) -> None:
    for x in range(level.size):
        words[x] = level[x] + (level[x] * level[x] << (shift & (8 * level.itemsize - 1)))


@compiled
def _slide(
    level: Rows, row: int, offset: NDArray[np.int64], kept: Rows, column: Rows, bits: PairBits
) -> None:
    """Add the pairs whose lower pixel is in this row, subtract those that leave the window."""
    dy, dx = offset[0], offset[1]
    window, n_pair = level.shape[1], level.shape[2] - abs(dx)
    upper, left = (row - dy) % window, max(0, -dx)
    lower, right, slot = row % window, max(0, dx), row % (window - dy)
    products, sums = kept[1, slot, :n_pair], kept[0, slot, :n_pair]
    _slide_products(
        level[0, upper, left : left + n_pair],
        level[0, lower, right : right + n_pair],
        bits.one_pair,
        products,
        column[1, :n_pair],
    )
    _slide_sums(
        level[1, upper, left : left + n_pair],
        level[1, lower, right : right + n_pair],
        products,
        sums,
        column[0, :n_pair],
    )


@compiled
def _slide_products(first: Row, second: Row, one_pair: np.integer, kept: Row, column: Row) -> None:
    none = column.dtype.type(0)
    for x in range(column.size):
        product = column.dtype.type(first[x] * second[x])
        product = column.dtype.type(product + (one_pair if product != none else none))
        column[x] += product - kept[x]
        kept[x] = product


@compiled
def _slide_sums(first: Row, second: Row, products: Row, kept: Row, column: Row) -> None:
    none = column.dtype.type(0)
    for x in range(column.size):
        pair = column.dtype.type(first[x] + second[x]) if products[x] != none else none
        column[x] += pair - kept[x]
        kept[x] = pair


@compiled
def _box(column: Row, width: int, spare: Rows, out: Row) -> None:
    """Sums of `width` neighbours, doubling: a box of 7 is two boxes of 3 and one, a box of 3 three of one."""
    if width == 1:
        out[:] = column
    n_bit, done, box = 0, 1, column
    while width >> (n_bit + 1):
        n_bit += 1
    for bit in range(n_bit - 1, -1, -1):
        odd = (width >> bit) & 1
        n = column.size - (2 * done + odd) + 1
        target = spare[bit & 1, :n] if bit else out
        if odd:
            add_three(box[:n], box[done : done + n], column[2 * done : 2 * done + n], target)
        else:
            _add_two(box[:n], box[done : done + n], target)
        done, box = 2 * done + odd, target


@compiled
def _add_two(first: Row, second: Row, out: Row) -> None:
    for x in range(out.size):
        out[x] = first[x] + second[x]


@compiled
def _accumulate(sums: Row, products: Row, bits: PairBits, signed: Row, feature: Plane) -> None:
    """Add the features of one direction. `spread` and `joint` are (2n)^2 times variance and covariance."""
    mean, variance, correlation, n_direction = feature[0], feature[1], feature[2], feature[3]
    whole, real, word = signed.dtype.type, feature.dtype.type, sums.dtype.type
    one, none = real(1), real(0)
    last_bit = 8 * sums.itemsize - 1  # known to the compiler: a shift by less than the width needs no check
    square_shift, count_shift = word(bits.square_shift), word(bits.count_shift)
    sum_mask, product_mask = word((word(1) << square_shift) - 1), word((word(1) << count_shift) - 1)
    for x in range(sums.size):
        total = whole(sums[x] & sum_mask)
        square = whole(sums[x] >> (square_shift & last_bit))
        product = whole(products[x] & product_mask)
        n = whole(whole(products[x] >> (count_shift & last_bit)) * 2)
        square_of_total = whole(total * total)
        spread = whole(whole(n * square) - square_of_total)
        joint = whole(whole(whole(n + n) * product) - square_of_total)
        some = one if n != 0 else none
        flat = one if spread == 0 else none
        count = real(n) + (one - some)
        mean[x] += real(whole(total - n)) / count
        variance[x] += real(spread) / (count * count)
        correlation[x] += (real(joint) + flat) / (real(spread) + flat) * some
        n_direction[x] += some


@compiled
def _finish(feature: RealRow, n_direction: RealRow, centre: Row, out: RealRow) -> None:
    nothing = feature.dtype.type(np.nan)
    for x in range(out.size):
        out[x] = feature[x] / n_direction[x] if centre[x] != 0 else nothing
