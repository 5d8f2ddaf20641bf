"""Days of a season."""

from __future__ import annotations

from calendar import isleap
from typing import NewType

import numpy as np

Day = NewType("Day", int)  # whole days since 1 January of the season's year; "05-01" in the file
_MARCH = 59  # first day after February


def calendar_dates(year: int, days: list[int]) -> np.ndarray:
    """Dates of days of a season, whose year has no 29 February.

    Parameters
    ----------
    year : int () [year]
        Of the season.
    days : list (time,) [day]
        Since 1 January.

    Returns
    -------
    ndarray (time,) [1]
        datetime64, in whole days.

    Examples
    --------
    >>> calendar_dates(2020, [58, 59]).astype(str).tolist()
    ['2020-02-28', '2020-03-01']
    """
    since = np.array(days, dtype=np.int64)
    since += isleap(year) * (since >= _MARCH)
    dates: np.ndarray = np.datetime64(f"{year}-01-01") + since.astype("timedelta64[D]")
    return dates
