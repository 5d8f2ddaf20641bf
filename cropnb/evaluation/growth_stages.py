"""The crop calendar of a season: when the fields of each crop pass from one growth stage to the next.

Stages are those of the general BBCH scale (Meier et al., 2009, The BBCH system to coding the phenological
growth stages of plants - history and publications, Journal für Kulturpflanzen 61, 41-52), which codes them
alike for all crops. Where on the thermal clock one begins is an assumption of this project.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cropnb.schema import require

Floats = NDArray[np.float64]
_QUARTILES = (0.25, 0.5, 0.75)
_COLUMNS = [
    *("crop", "stage", "bbch", "start", "end"),
    *("start_low", "start_high", "end_low", "end_high", "n_field"),
]


class GrowthStage(NamedTuple):
    """A stage between two borders on the thermal clock."""

    stage: str
    bbch: str  # first and last code
    start: float  # thermal age, as a share of that at maturity; the next stage ends it, harvest the last


# For annual crops that are grown for seeds; of tubers and grass only the first two hold. Emergence after some
# 90 degC d above a base of 2 (wheat) or 8 degC (maize, soybean), of 1150 to 1250 until maturity.
GROWTH_STAGES: tuple[GrowthStage, ...] = (
    GrowthStage("germination", "00-09", 0.0),
    GrowthStage("leaves, side shoots", "10-29", 0.08),
    GrowthStage("stem, buds", "30-59", 0.35),
    GrowthStage("flowering", "60-69", 0.60),
    GrowthStage("pods, grains", "70-79", 0.66),
    GrowthStage("ripening", "80-89", 0.80),
    GrowthStage("ripe, until harvest", "90-99", 1.0),
)


def stage_starts(age: ArrayLike, day: ArrayLike, *, sowing_day: ArrayLike, level: ArrayLike) -> Floats:
    """Day on which the thermal age of each field reaches each level.

    Parameters
    ----------
    age : ndarray (field, time) [1]
        Thermal age as a share of that at maturity; NaN where missing.
    day : ndarray (time,) [day]
        Of each column, rising.
    sowing_day : ndarray (field,) [day]
        On which the age is 0.
    level : ndarray (level,) [1]
        Shares, rising from 0.

    Returns
    -------
    ndarray (field, level) [day]
        NaN for a field without sowing day, or never seen after it.

    Raises
    ------
    SchemaError
        If the shapes do not fit.

    Notes
    -----
    Missing values are left out. Linear between sowing and the dates; beyond the last date the line through
    the last two goes on, so that levels reached long after it are a guess.

    Examples
    --------
    >>> stage_starts([[0.0, 0.2, 0.6]], [120, 140, 160], sowing_day=[130], level=[0.0, 0.4, 0.8])
    array([[130., 150., 170.]])
    """
    ages, days = np.asarray(age, dtype=np.float64), np.asarray(day, dtype=np.float64)
    sown, levels = np.asarray(sowing_day, dtype=np.float64), np.asarray(level, dtype=np.float64)
    require(
        ages.shape == (*sown.shape, *days.shape),
        f"stage_starts: age {ages.shape}, sowing_day {sown.shape}, day {days.shape}; expected (field, time), "
        "(field,), (time,). Put fields first.",
    )
    rows = [_reached(row, days, begun, levels) for row, begun in zip(ages, sown, strict=True)]
    return np.array(rows, dtype=np.float64).reshape(sown.size, levels.size)


def crop_calendar(
    age: ArrayLike,
    day: ArrayLike,
    crop: ArrayLike,
    *,
    sowing_day: ArrayLike,
    harvest_day: ArrayLike,
    stages: Sequence[GrowthStage] = GROWTH_STAGES,
) -> pd.DataFrame:
    """When the fields of each crop enter and leave each growth stage: median and quartiles.

    Parameters
    ----------
    age : ndarray (field, time) [1]
        Thermal age as a share of that at maturity.
    day : ndarray (time,) [day]
        Of each column, rising.
    crop : ndarray (field,) [1]
        Name of the crop of each field.
    sowing_day, harvest_day : ndarray (field,) [day]
        NaN where unknown.
    stages : sequence of GrowthStage (stage,) [1]
        In their order.

    Returns
    -------
    DataFrame (crop and stage, 10) [day]
        `crop`, `stage`, `bbch`, medians `start` and `end`, quartiles `start_low`, `start_high`, `end_low`,
        `end_high`, and the number of fields, `n_field`. Crops in the order of their names.

    Raises
    ------
    SchemaError
        If the shapes do not fit, or there is no stage.

    Notes
    -----
    Fields without sowing day or harvest day are left out. A stage that harvest comes before has no length.
    The medians of starts and ends are of the same fields, so that a stage ends where the next one begins.

    Examples
    --------
    >>> table = crop_calendar([[0.5, 1.0]], [170, 220], ["maize"], sowing_day=[120], harvest_day=[240])
    >>> table.loc[table.stage == "flowering", ["bbch", "start", "end"]].values.tolist()
    [['60-69', 180.0, 186.0]]
    """
    harvest, names = np.asarray(harvest_day, dtype=np.float64), np.asarray(crop)
    require(len(stages) > 0, "crop_calendar: no stage; expected one at least. Take GROWTH_STAGES.")
    require(
        harvest.shape == names.shape == np.shape(sowing_day),
        f"crop_calendar: crop {names.shape}, sowing_day {np.shape(sowing_day)}, harvest_day {harvest.shape}; "
        "expected one value for each field. Take all from the same fields.",
    )
    levels = [stage.start for stage in stages]
    starts = stage_starts(age, day, sowing_day=sowing_day, level=levels)
    borders = np.minimum(np.column_stack([starts, harvest]), harvest[:, None])
    known = np.isfinite(borders).all(axis=1)
    rows = [
        row
        for name in np.unique(names[known])
        for row in _crop_rows(str(name), stages, borders[known & (names == name)])
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _crop_rows(name: str, stages: Sequence[GrowthStage], borders: Floats) -> list[tuple[object, ...]]:
    low, middle, high = np.quantile(borders, _QUARTILES, axis=0)
    return [
        (
            name,
            s.stage,
            s.bbch,
            middle[i],
            middle[i + 1],
            low[i],
            high[i],
            low[i + 1],
            high[i + 1],
            len(borders),
        )
        for i, s in enumerate(stages)
    ]


def _reached(age: Floats, day: Floats, sown: float, level: Floats) -> Floats:
    grown = np.isfinite(age) & (age > 0) & (day > sown)
    ages, first = np.unique([0.0, *age[grown]], return_index=True)  # where nothing grows, the earliest day
    days = np.array([sown, *day[grown]])[first]
    if len(ages) < 2:
        return np.full(level.shape, np.nan)
    late = days[-1] + (level - ages[-1]) * (days[-1] - days[-2]) / (ages[-1] - ages[-2])
    reached: Floats = np.where(level > ages[-1], late, np.interp(level, ages, days))
    return reached
