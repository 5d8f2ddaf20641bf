"""Days of a season: the clock that models see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.sampling.samples import BoolArray, IntArray
from cropnb.schema import SchemaError, require

_ONE_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Season:
    """First and last day of a season, both included."""

    start: np.datetime64
    end: np.datetime64

    @property
    def day_zero(self) -> np.datetime64:
        """1 January of the year in which the season starts, so that no day of a season is negative."""
        return np.datetime64(str(self.start.astype("datetime64[Y]")), "D")


def season_of(scene: xr.DataTree) -> Season:
    """Season that a scene declares.

    Parameters
    ----------
    scene : DataTree
        Its root attribute `season` reads `2017-05-01/2017-09-30`.

    Returns
    -------
    Season
        First and last day.

    Raises
    ------
    SchemaError
        If the attribute is missing or reads otherwise.
    """
    text = str(scene.attrs.get("season", ""))
    expected = "expected 'YYYY-MM-DD/YYYY-MM-DD', first day first. Set the root attribute `season`."
    try:
        start, end = (np.datetime64(part, "D") for part in text.split("/"))
    except ValueError as error:
        raise SchemaError(f"scene: season {text!r}; {expected}") from error
    require(bool(start <= end), f"scene: season {text!r}; {expected}")
    return Season(start, end)


def day_from_time(time: NDArray[np.datetime64], *, season: Season) -> IntArray:
    """Day number of each time.

    Parameters
    ----------
    time : ndarray (time,) [UTC]
        Acquisition times.
    season : Season
        Fixes day 0: 1 January of the year in which it starts.

    Returns
    -------
    ndarray (time,) [day]
        Whole days since day 0; they run on past 365 when a season crosses the New Year.

    Examples
    --------
    >>> winter = Season(np.datetime64("2016-10-01"), np.datetime64("2017-07-31"))
    >>> day_from_time(np.array(["2016-12-31T18:00", "2017-01-01T06:00"], dtype="M8[ns]"), season=winter)
    array([365, 366])
    """
    return ((time.astype("datetime64[D]") - season.day_zero) // _ONE_DAY).astype(np.int64)


def within(time: NDArray[np.datetime64], *, season: Season) -> BoolArray:
    """Whether each time falls in the season.

    Parameters
    ----------
    time : ndarray (time,) [UTC]
        Acquisition times.
    season : Season
        First and last day, both included.

    Returns
    -------
    ndarray (time,) [1]
        True inside.
    """
    date = time.astype("datetime64[D]")
    inside: BoolArray = (date >= season.start) & (date <= season.end)
    return inside
