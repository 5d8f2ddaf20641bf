"""The edge-aligned half windows of the refined Lee filter: which one a pixel takes, and sums over it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cropnb.features.compiled import compiled
from cropnb.features.rows import clear, column_sums, window_sums

# Sub-windows 0 1 2 / 3 4 5 / 6 7 8. An edge that runs down, across, along the diagonal from upper left to
# lower right, along the other one: the three means on either side of it, and the sub-window in their middle.
_PLUS_AND_MINUS = np.array([(0, 3, 6, 2, 5, 8), (0, 1, 2, 6, 7, 8), (1, 2, 5, 3, 6, 7), (0, 1, 3, 5, 7, 8)])
_SIDES = np.array([(3, 5), (1, 7), (2, 6), (0, 8)])


def halves(window: int) -> NDArray[np.int64]:
    """First column and length of each row of the eight half windows, the central line included.

    Parameters
    ----------
    window : int () [pixel]
        Odd width.

    Returns
    -------
    ndarray (half, row, 2) [pixel]
        Pairs of opposite halves: left and right, upper and lower, upper right and lower left, upper left and
        lower right.
    """
    row = np.arange(window)
    none, whole, middle = np.zeros_like(row), np.full_like(row, window), np.full_like(row, window // 2 + 1)
    upper = row <= window // 2
    runs = [
        (none, middle),
        (window - middle, middle),
        (none, np.where(upper, whole, none)),
        (none, np.where(upper[::-1], whole, none)),
        (row, window - row),
        (none, row + 1),
        (none, window - row),
        (window - 1 - row, row + 1),
    ]
    return np.array(runs, np.int64).transpose(0, 2, 1).copy()


@compiled
def sub_means(ring: NDArray[np.floating], row: int, reach: int, means: NDArray[np.floating]) -> None:
    """Mean span of the sub-windows centred on one row.

    Parameters
    ----------
    ring : ndarray (slot, line, column + 2 reach) [any]
        Rows as read by `read_power`.
    row : int () [pixel]
        Central row.
    reach : int () [pixel]
        Of a sub-window.
    means : ndarray (slot, column) [any]
        Row r goes to slot r modulo the number of slots; NaN where a sub-window has no valid pixel.
    """
    columns = np.zeros((2, ring.shape[2]), means.dtype)
    sums = np.zeros((2, means.shape[1]), means.dtype)
    column_sums(ring, row, reach, columns)
    window_sums(columns, reach, sums)
    _ratio(sums[1], sums[0], means[row % means.shape[0]])


@compiled
def nearest_half(
    means: NDArray[np.floating], row: int, work: NDArray[np.floating], half: NDArray[np.int64]
) -> None:
    """Half window on a pixel's side of the steepest edge, from the 3 x 3 means around it.

    Parameters
    ----------
    means : ndarray (2 step + 1, column + 2 step) [any]
        As filled by `sub_means`; sub-windows lie `step` pixels apart.
    row : int () [pixel]
        Of the pixels.
    work : ndarray (23, column) [any]
        Scratch.
    half : ndarray (column,) [1]
        Index into `halves`, filled in place.
    """
    n_slot, n_column = means.shape[0], half.size
    step = n_slot // 2
    gradient, distance = work[:9], work[9:18]  # of the sub-windows, row by row: 4 is the central one
    plus, minus, side, steepest, chosen = work[18], work[19], work[20], work[21], work[22]
    centre = means[row % n_slot, step : step + n_column]
    for k in range(9):
        shift = (k % 3) * step
        around = means[(row + (k // 3 - 1) * step) % n_slot, shift : shift + n_column]
        _compare(around, centre, gradient[k], distance[k])
    for edge in range(4):
        a, b, c, d, e, f = _PLUS_AND_MINUS[edge]
        _sum_of_three(gradient[a], gradient[b], gradient[c], plus)
        _sum_of_three(gradient[d], gradient[e], gradient[f], minus)
        first, second = _SIDES[edge]
        _closer(distance[first], distance[second], 2 * edge, side)
        _slope(plus, minus)
        _keep_steepest(edge == 0, plus, side, steepest, chosen)
    for x in range(n_column):
        half[x] = int(chosen[x])


@compiled
def window_prefixes(slot: NDArray[np.floating], prefixes: NDArray[np.floating]) -> None:
    """Sums of the next 0, 1, 2, ... pixels of a row, from each pixel on.

    Parameters
    ----------
    slot : ndarray (line, column) [any]
        A row as read by `read_power`.
    prefixes : ndarray (line, length, column) [any]
        Filled in place, from length 1.
    """
    n_column = slot.shape[1]
    for line in range(slot.shape[0]):
        for length in range(1, prefixes.shape[1]):
            stop = n_column - length + 1
            _sum(
                prefixes[line, length - 1, :stop],
                slot[line, length - 1 : n_column],
                prefixes[line, length, :stop],
            )


@compiled
def half_sums(
    prefixes: NDArray[np.floating],
    table: NDArray[np.int64],
    row: int,
    half: NDArray[np.int64],
    sums: NDArray[np.floating],
) -> None:
    """Sums over the half window that each pixel takes.

    Parameters
    ----------
    prefixes : ndarray (slot, line, length, column) [any]
        As filled by `window_prefixes`, row r in slot r modulo the number of slots.
    table : ndarray (half, row, 2) [pixel]
        From `halves`.
    row : int () [pixel]
        Of the pixels.
    half : ndarray (column,) [1]
        From `nearest_half`.
    sums : ndarray (line, column) [any]
        Filled in place.
    """
    n_slot, n_line, n_length, n_column = prefixes.shape
    places = np.empty(half.size, np.uint32)
    starts = np.empty(table.shape[0], np.uint32)
    for line in range(n_line):
        clear(sums[line])
    for k in range(n_slot):
        for index in range(starts.size):
            starts[index] = table[index, k, 1] * n_column + table[index, k, 0]
        _place(starts, half, places)
        for line in range(n_line):
            _gather(
                prefixes[(row - n_slot // 2 + k) % n_slot, line].reshape(n_length * n_column),
                places,
                sums[line],
            )


# One small loop per step, without branches, so that each becomes vector instructions.
@compiled
def _compare(
    mean: NDArray[np.floating],
    centre: NDArray[np.floating],
    gradient: NDArray[np.floating],
    distance: NDArray[np.floating],
) -> None:
    zero, infinite = mean.dtype.type(0), mean.dtype.type(np.inf)
    for x in range(gradient.size):
        difference = mean[x] - centre[x]
        known = np.isfinite(difference)
        # A sub-window without a valid pixel shows no gradient, and is never the closer side.
        gradient[x] = difference if known else zero
        distance[x] = abs(difference) if known else infinite


@compiled
def _place(starts: NDArray[np.uint32], half: NDArray[np.int64], places: NDArray[np.uint32]) -> None:
    for x in range(places.size):
        places[x] = starts[half[x]] + np.uint32(x)


@compiled
def _gather(source: NDArray[np.floating], places: NDArray[np.uint32], total: NDArray[np.floating]) -> None:
    for x in range(total.size):
        total[x] += source[places[x]]


@compiled
def _sum_of_three(
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    third: NDArray[np.floating],
    out: NDArray[np.floating],
) -> None:
    for x in range(out.size):
        out[x] = first[x] + second[x] + third[x]


@compiled
def _slope(plus: NDArray[np.floating], minus: NDArray[np.floating]) -> None:
    for x in range(plus.size):
        plus[x] = abs(plus[x] - minus[x])


@compiled
def _closer(
    first: NDArray[np.floating], second: NDArray[np.floating], index: int, side: NDArray[np.floating]
) -> None:
    this, opposite = side.dtype.type(index), side.dtype.type(index + 1)
    for x in range(side.size):
        side[x] = opposite if second[x] < first[x] else this


@compiled
def _keep_steepest(
    start: bool,
    slope: NDArray[np.floating],
    side: NDArray[np.floating],
    steepest: NDArray[np.floating],
    chosen: NDArray[np.floating],
) -> None:
    for x in range(slope.size):
        steeper = start or slope[x] > steepest[x]
        steepest[x] = slope[x] if steeper else steepest[x]
        chosen[x] = side[x] if steeper else chosen[x]


@compiled
def _ratio(total: NDArray[np.floating], n_valid: NDArray[np.floating], mean: NDArray[np.floating]) -> None:
    for x in range(mean.size):
        mean[x] = total[x] / n_valid[x]


@compiled
def _sum(first: NDArray[np.floating], second: NDArray[np.floating], out: NDArray[np.floating]) -> None:
    for x in range(out.size):
        out[x] = first[x] + second[x]
