"""One pass over C2: mean over a window of the valid pixels, then any subset of the polarimetric features.

A strip of columns runs down the image with the rows of one window in a ring. Cleaned rows are summed from top
to bottom, then from left to right, always in that order: a pixel has the same bits wherever a chunk begins.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cropnb.features.c2_formulas import COUNT, IMAG, N_BASE, N_SUM, REAL, VH, VV, fill_base, fill_feature
from cropnb.features.compiled import compiled
from cropnb.features.elementary import typed
from cropnb.features.rows import add_three, copy_row

Reals: TypeAlias = NDArray[np.floating]
Complexes: TypeAlias = NDArray[np.complexfloating]
Planes: TypeAlias = tuple[NDArray[Any], ...]

_STRIP = 4096  # columns: the working rows stay in the second-level cache, and loops are long enough to start


@compiled
def c2_pass(
    planes: Planes, out: Reals, start: int, stop: int, features: NDArray[np.int64], window: int
) -> None:
    """Fill rows of features from the planes of C2.

    Parameters
    ----------
    planes : tuple of ndarray (y, x) [linear power]
        C_vv,vv and C_vh,vh real, C_vv,vh complex, of one precision, native and contiguous. Missing where one
        of them is not finite, and outside.
    out : ndarray (feature, y, x) [any]
        Filled in rows `start` to `stop`.
    start, stop : int () [pixel]
        First row to fill, and the row after the last.
    features : ndarray (feature,) [1]
        Positions in `FEATURES`, in the order of `out`.
    window : int () [pixel]
        Odd width of the window.
    """
    width, half = out.shape[2], window // 2
    for left in range(0, width, _STRIP):
        right = min(left + _STRIP, width)
        ring = np.zeros((window, N_SUM, right - left + 2 * half), out.dtype)
        columns = np.zeros((N_SUM, right - left + 2 * half), out.dtype)
        sums = np.zeros((N_SUM, right - left), out.dtype)
        base = np.zeros((N_BASE, right - left), out.dtype)
        for y in range(start - half, start + half):
            _enter_row(planes, y, left - half, ring[y % window])
        for y in range(start, stop):
            _enter_row(planes, y + half, left - half, ring[(y + half) % window])
            _sum_rows(ring, (y - half) % window, columns)
            _sum_columns(columns, window, sums)
            fill_base(sums, ring[y % window, COUNT, half : half + right - left], base)
            for index in range(features.size):
                fill_feature(features[index], sums, base, out[index, y, left:right])


@compiled
def _enter_row(planes: Planes, y: int, left: int, row: Reals) -> None:
    """Row y of the image from column `left` on, with zeros where a pixel is missing."""
    vv, vh, cross = planes
    low, high = max(left, 0), min(left + row.shape[1], vv.shape[1])
    a, b = low - left, high - left
    if y < 0 or y >= vv.shape[0]:
        row[:] = 0
        return
    row[:, :a] = 0
    row[:, b:] = 0
    valid = row[COUNT, a:b]
    _find_valid(vv[y, low:high], vh[y, low:high], cross[y, low:high], valid)
    _clean_powers(vv[y, low:high], vh[y, low:high], valid, row[VV, a:b], row[VH, a:b])
    _clean_cross(cross[y, low:high], valid, row[REAL, a:b], row[IMAG, a:b])


@compiled
def _find_valid(vv: Reals, vh: Reals, cross: Complexes, valid: Reals) -> None:
    for x in range(valid.size):
        total = (vv[x] + vh[x]) * typed(0, vv[x]) + (cross[x].real + cross[x].imag) * typed(0, vv[x])
        valid[x] = typed(1, total) if total == typed(0, total) else typed(0, total)


@compiled
def _clean_powers(vv: Reals, vh: Reals, valid: Reals, clean_vv: Reals, clean_vh: Reals) -> None:
    for x in range(valid.size):
        co, cross, keep = vv[x], vh[x], valid[x] > typed(0, vv[x])
        clean_vv[x] = co if keep else typed(0, co)
        clean_vh[x] = cross if keep else typed(0, co)


@compiled
def _clean_cross(cross: Complexes, valid: Reals, clean_real: Reals, clean_imag: Reals) -> None:
    for x in range(valid.size):
        real, imag, keep = cross[x].real, cross[x].imag, valid[x] > typed(0, cross[x].real)
        clean_real[x] = real if keep else typed(0, real)
        clean_imag[x] = imag if keep else typed(0, real)


@compiled
def _sum_rows(ring: Reals, oldest: int, columns: Reals) -> None:
    n = ring.shape[0]
    for plane in range(N_SUM):
        total = columns[plane]
        if n == 1:
            copy_row(ring[0, plane], total)
        else:
            add_three(
                ring[oldest, plane], ring[(oldest + 1) % n, plane], ring[(oldest + 2) % n, plane], total
            )
        for k in range(3, n, 2):
            _add_two(ring[(oldest + k) % n, plane], ring[(oldest + k + 1) % n, plane], total)


@compiled
def _sum_columns(columns: Reals, window: int, sums: Reals) -> None:
    n = sums.shape[1]
    for plane in range(N_SUM):
        row, total = columns[plane], sums[plane]
        if window == 1:
            copy_row(row, total)
        else:
            add_three(row[:n], row[1 : n + 1], row[2 : n + 2], total)
        for k in range(3, window, 2):
            _add_two(row[k : n + k], row[k + 1 : n + k + 1], total)


@compiled
def _add_two(first: Reals, second: Reals, total: Reals) -> None:
    # Not `add_three` with `total` among the terms: rows that overlap are not put in vectors.
    for x in range(total.size):
        total[x] = total[x] + first[x] + second[x]
