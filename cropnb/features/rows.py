"""Rows of a compiled window pass: read and cleaned, then added over the window.

Every sum runs from the oldest row to the newest, from left to right, over the whole window with zeros for
what is missing: a pixel has the same bits whatever chunk, band or tile it is computed in.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cropnb.features.compiled import compiled

_Plane: TypeAlias = NDArray[np.inexact]
Planes: TypeAlias = tuple[_Plane, _Plane, _Plane, _Plane]


def four(planes: tuple[NDArray[np.inexact], ...]) -> Planes:
    """Repeat one, two or four planes to four: one machine code for all, which takes seconds to compile.

    Parameters
    ----------
    planes : tuple of ndarray (y, x) [any]
        Real planes of one precision; passes take the first ones only.

    Returns
    -------
    tuple of ndarray (4, y, x) [any]
        The same arrays.
    """
    first, second, third, fourth = (planes * 4)[:4]
    return first, second, third, fourth


@compiled
def read_row(planes: Planes, n_plane: int, row: int, first_column: int, slot: NDArray[np.floating]) -> None:
    """Copy one row of all planes, zero where any plane is missing, and mark what is valid.

    Parameters
    ----------
    planes : tuple of ndarray (y, x) [any]
        Real planes of one precision.
    n_plane : int () [count]
        How many of them are read.
    row : int () [pixel]
        Which row; outside of the planes everything is missing.
    first_column : int () [pixel]
        Column of the planes that falls on column 0 of `slot`; may be negative.
    slot : ndarray (line, column) [any]
        Filled in place: the planes in its last lines, and in its first line 1 where all of them are finite,
        else 0. Lines between are left alone.
    """
    n_row, n_column = planes[0].shape
    first_line = slot.shape[0] - n_plane
    clear(slot[0])
    for plane in range(n_plane):
        clear(slot[first_line + plane])
    if row < 0 or row >= n_row:
        return
    left = max(first_column, 0)
    right = min(first_column + slot.shape[1], n_column)
    start, stop = left - first_column, right - first_column
    valid = slot[0, start:stop]
    for plane in range(n_plane):
        _copy(planes[plane][row, left:right], slot[first_line + plane, start:stop], valid)
    _mark(valid)
    for plane in range(n_plane):
        _clean(slot[first_line + plane, start:stop], valid)


@compiled
def clear(values: NDArray[np.floating]) -> None:
    """Set a row to zero.

    Parameters
    ----------
    values : ndarray (column,) [any]
        Filled in place.
    """
    zero = values.dtype.type(0)
    for x in range(values.size):
        values[x] = zero


@compiled
def column_sums(ring: NDArray[np.floating], row: int, reach: int, sums: NDArray[np.floating]) -> None:
    """Add each column over the rows `row - reach` to `row + reach`.

    Parameters
    ----------
    ring : ndarray (slot, line, column) [any]
        Row r lies in slot r modulo the number of slots.
    row : int () [pixel]
        Central row.
    reach : int () [pixel]
        Rows on either side.
    sums : ndarray (line, column) [any]
        Filled in place, from the first lines of `ring`, as many as it has.
    """
    n_slot = ring.shape[0]
    for line in range(sums.shape[0]):
        clear(sums[line])
        for other in range(row - reach, row + reach + 1):
            _add(ring[other % n_slot, line], sums[line])


@compiled
def window_sums(columns: NDArray[np.floating], reach: int, sums: NDArray[np.floating]) -> None:
    """Add the column sums from `reach` to the left of a pixel to `reach` to its right.

    Parameters
    ----------
    columns : ndarray (line, column + 2 reach) [any]
        Sums of columns, with `reach` columns more on either side.
    reach : int () [pixel]
        Columns on either side.
    sums : ndarray (line, column) [any]
        Filled in place.
    """
    n_column = sums.shape[1]
    for line in range(sums.shape[0]):
        clear(sums[line])
        for shift in range(2 * reach + 1):
            _add(columns[line, shift : shift + n_column], sums[line])


@compiled
def copy_row(row: NDArray[np.floating], out: NDArray[np.floating]) -> None:
    """Copy a row; faster than a slice assignment, which asks for overlap and broadcasting first.

    Parameters
    ----------
    row : ndarray (column,) [any]
        Source.
    out : ndarray (column,) [any]
        Filled in place.
    """
    for x in range(out.size):
        out[x] = row[x]


@compiled
def add_three(first: NDArray[Any], second: NDArray[Any], third: NDArray[Any], total: NDArray[Any]) -> None:
    """Sum of three rows, from left to right.

    Parameters
    ----------
    first, second, third : ndarray (column,) [any]
        Terms, floating point or unsigned words.
    total : ndarray (column,) [any]
        Filled in place.
    """
    for x in range(total.size):
        total[x] = first[x] + second[x] + third[x]


# The compiler gives up on vectors where a loop touches many arrays: hence one small loop per step. Assigning
# whole slices would take it seconds more.
@compiled
def _copy(source: NDArray[np.inexact], target: NDArray[np.floating], doubt: NDArray[np.floating]) -> None:
    for x in range(source.size):
        value = source[x]
        target[x] = value
        doubt[x] += value - value  # 0, or NaN for NaN and infinity


@compiled
def _mark(doubt: NDArray[np.floating]) -> None:
    zero, one = doubt.dtype.type(0), doubt.dtype.type(1)
    for x in range(doubt.size):
        doubt[x] = one if doubt[x] == zero else zero


@compiled
def _clean(values: NDArray[np.floating], valid: NDArray[np.floating]) -> None:
    zero = values.dtype.type(0)
    for x in range(values.size):
        values[x] = values[x] if valid[x] > zero else zero


@compiled
def _add(source: NDArray[np.floating], target: NDArray[np.floating]) -> None:
    for x in range(source.size):
        target[x] += source[x]
