"""Gaps in time: series of one sensor, linearly interpolated onto common days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cropnb.sampling.samples import BoolArray, FloatArray, IntArray
from cropnb.schema import require


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """What one sensor saw of each sample, NaN where it saw nothing.

    Raises
    ------
    SchemaError
        If the days do not rise, or there are none.
    """

    sensor: str
    values: FloatArray  # (sample, time, channel), model units
    day: IntArray  # (time,)
    channel: tuple[str, ...]

    def __post_init__(self) -> None:
        rising = self.day.size > 0 and bool(np.all(np.diff(self.day) > 0))
        require(
            rising,
            f"{self.sensor}: days {self.day.tolist()} within the season; expected at least one, in rising "
            "order. Widen the scene's season, or sort its times.",
        )

    @property
    def seen(self) -> BoolArray:
        """Samples with at least one value in every channel: the ones that can be interpolated."""
        ever: BoolArray = np.all(np.any(np.isfinite(self.values), axis=1), axis=1)
        return ever


def fill_gaps(values: NDArray[np.floating], *, day: IntArray, onto: IntArray) -> tuple[FloatArray, BoolArray]:
    """Linear interpolation in time, per sample and channel; the first and last value are held outwards.

    Parameters
    ----------
    values : ndarray (sample, time, channel) [any]
        NaN where missing; each sample and channel has at least one value.
    day : ndarray (time,) [day]
        Days of `values`, rising.
    onto : ndarray (day,) [day]
        Days wanted, rising.

    Returns
    -------
    filled : ndarray (sample, day, channel) [any]
        float32, without NaN.
    observed : ndarray (sample, day, channel) [1]
        True where `values` has a measurement of that very day.

    Raises
    ------
    SchemaError
        If a sample has a channel without a single value.

    Examples
    --------
    >>> series = np.array([1.0, np.nan, 5.0, np.nan]).reshape(1, 4, 1)
    >>> filled, observed = fill_gaps(series, day=np.array([0, 1, 4, 6]), onto=np.array([0, 1, 4, 6]))
    >>> filled.ravel().tolist(), observed.ravel().tolist()
    ([1.0, 2.0, 5.0, 5.0], [True, False, True, False])
    """
    valid = np.isfinite(values)
    n_empty = int(np.count_nonzero(~valid.any(axis=1)))
    require(
        n_empty == 0,
        f"fill_gaps: {n_empty} series without a single value; expected at least one per sample and channel. "
        "Drop these samples first.",
    )
    before, after = _neighbours(valid, day=day, onto=onto)
    first, last = (np.take_along_axis(values, index, axis=1) for index in (before, after))
    span = day[after] - day[before]
    weight = (onto[None, :, None] - day[before]) / np.maximum(span, 1)  # span 0: first == last
    filled = np.where(span > 0, first + weight * (last - first), first)
    observed = (day[before] == onto[None, :, None]) & (span == 0)
    return filled.astype(np.float32), observed


def _neighbours(valid: BoolArray, *, day: IntArray, onto: IntArray) -> tuple[IntArray, IntArray]:
    """Positions in time of the last valid value up to each wanted day, and of the first one from it on."""
    n_time = len(day)
    position = np.arange(n_time)[None, :, None]
    previous = np.maximum.accumulate(np.where(valid, position, -1), axis=1)
    following = np.where(valid, position, n_time)[:, ::-1]
    following = np.minimum.accumulate(following, axis=1)[:, ::-1]
    start = np.searchsorted(day, onto, side="right") - 1
    stop = np.searchsorted(day, onto, side="left")
    before = np.where(start[None, :, None] >= 0, previous[:, np.maximum(start, 0)], -1)
    after = np.where(stop[None, :, None] < n_time, following[:, np.minimum(stop, n_time - 1)], n_time)
    # Beyond the first or last value there is one neighbour only: it stands for both.
    return np.where(before < 0, after, before), np.where(after == n_time, before, after)


def stack_series(series: Sequence[Series], *, onto: IntArray) -> tuple[FloatArray, BoolArray]:
    """All sensors' channels side by side on common days.

    Parameters
    ----------
    series : sequence of Series
        Same samples in the same order, all of them `seen`.
    onto : ndarray (day,) [day]
        Days wanted, rising.

    Returns
    -------
    x : ndarray (sample, day, channel) [dB, or 1 for reflectance]
        Filled values.
    observed : ndarray (sample, day, channel) [1]
        True where measured on that very day.
    """
    filled, observed = zip(*(fill_gaps(s.values, day=s.day, onto=onto) for s in series), strict=True)
    return np.concatenate(filled, axis=2), np.concatenate(observed, axis=2)
