"""Relative orbits of Sentinel-1: which one an overpass belongs to, and which may be paired.

Products name their relative orbit; cubes cut from them often do not. The orbit repeats after 175 revolutions
in 12 days, so that one dated pass fixes all others: the anchor is the pair of images over Amsterdam whose
metadata name relative orbit 37 (sarxarray test data). A number from here is derived, not read.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from cropnb.scenes.errors import problem
from cropnb.schema import SchemaError, require

N_ORBIT = 175  # revolutions in one repeat cycle
REPEAT_DAYS = 12
INCLINATION_DEG = 98.18
UNKNOWN = "unknown"  # orbit and direction where the source does not tell them
DIRECTIONS = ("ascending", "descending", UNKNOWN)

_PERIOD_S = REPEAT_DAYS * 86400.0 / N_ORBIT
_ANCHOR_ORBIT = 37
_ANCHOR_TIME = np.datetime64("2023-03-31T05:50:32", "ns")
_ANCHOR_LAT = 52.37  # degrees north, descending
_TOLERANCE = 0.1  # revolutions; neighbouring passes of the two satellites lie half a revolution apart
_PAIR_DAYS = 6  # both satellites together; 12 with one
_PAIR_TOLERANCE_S = 120.0  # slices of one pass start at different seconds; the next orbit comes minutes later


@dataclass(frozen=True)
class Pass:
    """One overpass."""

    relative_orbit: int
    platform: str  # "S1A" or "S1B"


def pass_from_time(time: np.datetime64, *, lat: float, direction: str) -> Pass:
    r"""Relative orbit and satellite of an overpass, derived from its time and latitude.

    .. math::
        n = 37 + \mathrm{round}\left( \frac{t - u T / 2 \pi - t_0}{T} \right) \mod 175, \quad
        \sin u = \frac{\sin \varphi}{\sin i}

    where :math:`t` is `time`, :math:`\varphi` is `lat`, :math:`u` the angle flown since the equator,
    :math:`T` = 12 d / 175 the period, :math:`i` the inclination and :math:`t_0` the equator crossing of the
    anchor.

    Parameters
    ----------
    time : datetime64 () [UTC]
        Start or middle of the acquisition; half a minute does not matter.
    lat : float () [degrees_north]
        Latitude of the place.
    direction : str
        `ascending` or `descending`.

    Returns
    -------
    Pass
        S1B flies half a revolution behind S1A, and repeats its orbit six days later.

    Raises
    ------
    SchemaError
        If no pass of either satellite fits the time.

    Examples
    --------
    >>> pass_from_time(np.datetime64("2023-03-31T05:50:32"), lat=52.37, direction="descending")
    Pass(relative_orbit=37, platform='S1A')
    """
    start = _equator_crossing(_ANCHOR_TIME, lat=_ANCHOR_LAT, direction="descending")
    crossing = _equator_crossing(time, lat=lat, direction=direction)
    turns = (crossing - start) / np.timedelta64(1, "s") / _PERIOD_S
    for platform, shift in (("S1A", 0.0), ("S1B", N_ORBIT / 2)):
        whole = round(turns - shift)
        if abs(turns - shift - whole) < _TOLERANCE:
            return Pass((_ANCHOR_ORBIT + whole - 1) % N_ORBIT + 1, platform)
    raise SchemaError(
        problem(
            "orbit",
            f"{time} at latitude {lat:.2f}, {direction}, is no overpass of S1A or S1B",
            expected="a time within ten minutes of one",
            remedy="Check the direction, and that times are in UTC.",
        )
    )


def _equator_crossing(time: np.datetime64, *, lat: float, direction: str) -> np.datetime64:
    """Time at which the satellite last crossed the equator northwards."""
    ratio = np.sin(np.radians(lat)) / np.sin(np.radians(INCLINATION_DEG))
    angle = np.degrees(np.arcsin(np.clip(ratio, -1.0, 1.0)))
    flown = angle if direction == "ascending" else 180.0 - angle
    since = np.timedelta64(round(flown / 360.0 * _PERIOD_S * 1e9), "ns")
    crossing: np.datetime64 = time.astype("M8[ns]") - since
    return crossing


def check_orbit(group: xr.Dataset, *, path: str) -> None:
    """Check that a group says the orbit its path says.

    Parameters
    ----------
    group : Dataset
        A group under `/sentinel1/<relative_orbit>`.
    path : str
        Where it is.

    Raises
    ------
    SchemaError
        If path and attribute differ, or name no orbit.
    """
    segment, orbit = path.split("/")[2], group.attrs["relative_orbit"]
    is_number = segment.isdecimal() and 1 <= int(segment) <= N_ORBIT
    require(
        is_number or segment == UNKNOWN,
        problem(
            path,
            f"relative orbit {segment!r}",
            expected=f"a number from 1 to {N_ORBIT}, or {UNKNOWN!r}",
            remedy="Rename the group; cropnb.scenes.orbits.pass_from_time derives the number from a time.",
        ),
    )
    require(
        str(orbit) == segment,
        problem(
            path,
            f"attribute relative_orbit {orbit!r} in group {segment!r}",
            expected="the same orbit in both",
            remedy="Split the acquisitions by orbit, one group each, or correct the attribute.",
        ),
    )
    direction = group.attrs["orbit_direction"]
    require(
        direction in DIRECTIONS,
        problem(path, f"orbit_direction {direction!r}", expected=f"one of {DIRECTIONS}", remedy="Set it."),
    )


def check_pairs(group: xr.Dataset, *, path: str) -> None:
    """Check that both images of each coherence pair come from one orbit.

    Parameters
    ----------
    group : Dataset
        A coherence group with `first_time`, `second_time` and at will `relative_orbit` per pair.
    path : str
        Where it is.

    Raises
    ------
    SchemaError
        If an interval is no multiple of six days (twelve with one satellite), or a pair names another orbit.
    """
    seconds = (group["second_time"] - group["first_time"]).to_numpy() / np.timedelta64(1, "s")
    cycles = np.rint(seconds / (_PAIR_DAYS * 86400.0))
    off = (np.abs(seconds - cycles * _PAIR_DAYS * 86400.0) > _PAIR_TOLERANCE_S) | (cycles < 1)
    for pair in np.flatnonzero(off)[:1]:
        _refuse_pair(group, pair, f"images {seconds[pair] / 86400.0:.4f} days apart", path)
    if "relative_orbit" in group.coords:
        orbits = group["relative_orbit"].to_numpy()
        for pair in np.flatnonzero(orbits.astype(str) != str(group.attrs["relative_orbit"]))[:1]:
            _refuse_pair(group, pair, f"relative_orbit {orbits[pair]}", path)


def _refuse_pair(group: xr.Dataset, pair: int, what: str, path: str) -> None:
    first, second = (str(group[name].to_numpy()[pair])[:19] for name in ("first_time", "second_time"))
    raise SchemaError(
        problem(
            path,
            f"mixed orbits in pair {pair} ({first}, {second}): {what}",
            expected=f"orbit {group.attrs['relative_orbit']} in both, a multiple of {_PAIR_DAYS} days apart "
            f"({REPEAT_DAYS} with one satellite)",
            remedy="Pair images of one relative orbit only.",
        )
    )
