r"""Start and end of a season: days on which a series with one peak crosses a share of its rise and fall.

With the peak :math:`p` of a series :math:`g`, its lowest value :math:`b` on one side of the peak and the
share :math:`s`, the season begins where the series, coming from its lowest value before the peak, first
reaches

.. math::
    g^* = b + s \, (p - b)

and it ends where it last leaves the level made with the lowest value after the peak.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cropnb.schema import require


class Season(NamedTuple):
    """Start and end of the season of each series."""

    start: NDArray[np.float64]
    end: NDArray[np.float64]


def season_dates(series: ArrayLike, day: ArrayLike, *, level: float) -> Season:
    r"""Start and end of the season of each series, by a threshold on the amplitude of its rise and its fall.

    .. math::
        g^* = b + s \, (p - b)

    where :math:`g` is `series`, :math:`p` its peak, :math:`b` its lowest value before the peak (for the
    start) or after it (for the end), and :math:`s` is `level`.

    Parameters
    ----------
    series : ndarray (..., time) [any]
        Greenness, or anything else that rises and falls once; NaN where missing.
    day : ndarray (time,) [day]
        Of each value, rising.
    level : float () [1]
        Share of the amplitude, above 0 and below 1; 0.5 for the middle of the rise and the fall.

    Returns
    -------
    Season (...) [day]
        `start`: where the series first reaches the threshold after its lowest value before the peak; `end`:
        where it last leaves it before its lowest value after the peak. Linear between the two values about
        the crossing, on the axis of `day`.

    Raises
    ------
    SchemaError
        If `day` does not fit `series` or does not rise, or `level` is out of its range.

    Notes
    -----
    Missing values are left out, so that a crossing inside a gap lies on the line across it. NaN where there
    is no rise (the series begins on its peak), or no fall, or no value at all. The first of equal peaks
    counts, and of equal lowest values the one nearest to the peak. Nothing is smoothed: of a noisy series the
    highest single value is the peak. A dip inside the season is no end of it, but neither is a second season,
    if the series has one, told from the first: cut the series to one season.

    Examples
    --------
    >>> season_dates([0.0, 2.0, 4.0, 0.0], [0, 10, 20, 30], level=0.5)
    Season(start=array(10.), end=array(25.))
    """
    values, days = np.asarray(series, dtype=np.float64), np.asarray(day, dtype=np.float64)
    require(
        values.ndim >= 1 and values.shape[-1:] == days.shape,
        f"season_dates: series {values.shape}, day {days.shape}; expected (..., time) and (time,). "
        "Put time last.",
    )
    require(bool(np.all(np.diff(days) > 0)), "season_dates: day does not rise; expected each day once. Sort.")
    require(
        0 < level < 1,
        f"season_dates: level {level}; expected above 0 and below 1. Divide percentages by 100.",
    )
    rows = values.reshape(-1, days.size)
    dates = np.array([_one_season(row, days, level) for row in rows], dtype=np.float64).reshape(-1, 2)
    return Season(*(dates[:, side].reshape(values.shape[:-1]) for side in (0, 1)))


def _one_season(values: NDArray[np.float64], day: NDArray[np.float64], level: float) -> tuple[float, float]:
    finite = np.isfinite(values)
    values, day = values[finite], day[finite]
    if not values.size:
        return np.nan, np.nan
    peak = int(values.argmax())
    start = _first_reached(values[: peak + 1], day[: peak + 1], level)
    return start, _first_reached(values[peak:][::-1], day[peak:][::-1], level)


def _first_reached(values: NDArray[np.float64], day: NDArray[np.float64], level: float) -> float:
    """Day on which a series that ends on its peak first reaches the threshold after its lowest value."""
    lowest = int(np.flatnonzero(values == values.min())[-1])
    threshold = values[lowest] + level * (values[-1] - values[lowest])
    if not values[lowest] < threshold:  # no rise: the peak alone, or a constant series
        return np.nan
    at = lowest + int(np.flatnonzero(values[lowest:] >= threshold)[0])
    share = (threshold - values[at - 1]) / (values[at] - values[at - 1])
    return float(day[at - 1] + share * (day[at] - day[at - 1]))
