"""Time axes of tables that number their steps and date only the period."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cropnb.scenes.errors import problem
from cropnb.schema import require

_HALF_MONTH = np.timedelta64(15, "D")
_DEKAD_DAYS = np.array([0, 10, 20])  # days after the first of the month


def months_from_start(start: NDArray[np.datetime64], *, n_step: int) -> NDArray[np.datetime64]:
    """Month of each monthly step of periods that may begin on any day.

    Parameters
    ----------
    start : ndarray (sample,) [UTC]
        First day of each sample's period.
    n_step : int () [count]
        Steps in it.

    Returns
    -------
    ndarray (sample, step) [month]
        Successive months; the first is the one that holds the middle of the first step.

    Examples
    --------
    >>> months_from_start(np.array(["2020-10-30"], "M8[D]"), n_step=2)
    array([['2020-11', '2020-12']], dtype='datetime64[M]')
    """
    month = (start.astype("datetime64[D]") + _HALF_MONTH).astype("datetime64[M]")
    stamps: NDArray[np.datetime64] = month[:, None] + np.arange(n_step).astype("timedelta64[M]")
    return stamps


def dekads_from_start(start: NDArray[np.datetime64], *, n_step: int) -> NDArray[np.datetime64]:
    """First day of each ten-day step: the 1st, 11th and 21st of every month.

    Parameters
    ----------
    start : ndarray (sample,) [UTC]
        First day of each sample's period.
    n_step : int () [count]
        Steps in it.

    Returns
    -------
    ndarray (sample, step) [day]
        Dates.

    Raises
    ------
    SchemaError
        If a period does not start on the 1st, 11th or 21st.

    Examples
    --------
    >>> dekads_from_start(np.array(["2020-08-21"], "M8[D]"), n_step=2)
    array([['2020-08-21', '2020-09-01']], dtype='datetime64[D]')
    """
    day = start.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    offset = (day - month.astype("datetime64[D]")).astype(int)
    off = ~np.isin(offset, _DEKAD_DAYS)
    require(
        not off.any(),
        problem(
            "table",
            f"a period starts on {day[off][0] if off.any() else ''}",
            expected="the 1st, 11th or 21st of a month",
            remedy="Read tables with other steps as monthly ones.",
        ),
    )
    number = 3 * month.astype(int)[:, None] + (offset // 10)[:, None] + np.arange(n_step)
    first = (number // 3).astype("datetime64[M]").astype("datetime64[D]")
    stamps: NDArray[np.datetime64] = first + _DEKAD_DAYS[number % 3].astype("timedelta64[D]")
    return stamps
