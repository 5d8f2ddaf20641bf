"""Relative orbits from times, against products whose names give the absolute orbit."""

from __future__ import annotations

import numpy as np
import pytest

from cropnb.scenes.orbits import Pass, pass_from_time
from cropnb.schema import SchemaError


def relative_orbit_from_absolute(absolute: int, platform: str) -> int:
    """The mission's own rule, which shares nothing with the geometry under test."""
    return (absolute - {"S1A": 73, "S1B": 27}[platform]) % 175 + 1


# Start times and absolute orbits stand in the names of these products over Rome (sarsen's test data):
# S1B_IW_GRDH_1SDV_20211223T051122_..._030148, S1A_IW_SLC__1SDV_20211223T170557_..._041139,
# S1A_IW_SLC__1SDV_20220104T170557_..._041314.
@pytest.mark.parametrize(
    ("time", "direction", "absolute", "platform"),
    [
        ("2021-12-23T05:11:22", "descending", 30148, "S1B"),
        ("2021-12-23T17:05:57", "ascending", 41139, "S1A"),
        ("2022-01-04T17:05:57", "ascending", 41314, "S1A"),
    ],
)
def test_agrees_with_the_absolute_orbit_in_product_names(
    time: str, direction: str, absolute: int, platform: str
) -> None:
    expected = Pass(relative_orbit_from_absolute(absolute, platform), platform)
    assert pass_from_time(np.datetime64(time), lat=41.9, direction=direction) == expected


def test_anchor_is_itself() -> None:
    anchor = pass_from_time(np.datetime64("2023-03-31T05:50:32"), lat=52.37, direction="descending")
    assert anchor == Pass(37, "S1A")


def test_orbit_repeats_after_twelve_days_and_the_twin_after_six() -> None:
    start = np.datetime64("2018-08-02T17:31:51")
    passes = [
        pass_from_time(start + np.timedelta64(days, "D"), lat=50.7, direction="ascending")
        for days in (0, 6, 12, 1200)
    ]
    assert len({p.relative_orbit for p in passes}) == 1
    assert passes[0].platform != passes[1].platform
    assert passes[0] == passes[2] == passes[3]


def test_next_orbit_to_the_west_is_73_later() -> None:
    """73 revolutions are five days and eight minutes, and one track to the west: 12 x 73 = 5 x 175 + 1."""
    east = pass_from_time(np.datetime64("2017-08-01T17:32:36"), lat=50.8, direction="ascending")
    west = pass_from_time(np.datetime64("2017-08-06T17:40:43"), lat=50.8, direction="ascending")
    assert (west.relative_orbit - east.relative_orbit) % 175 == 73


def test_time_between_passes_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"2017-08-01T12:00:00 at latitude 50\.80.*UTC"):
        pass_from_time(np.datetime64("2017-08-01T12:00:00"), lat=50.8, direction="ascending")
