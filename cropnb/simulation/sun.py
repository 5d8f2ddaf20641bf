r"""Where the sun stands.

With the declination :math:`\delta = 23.45° \sin(2 \pi (284 + n) / 365)` on the n-th day of the year, the
latitude :math:`\varphi` and the hour angle :math:`h`, 15 degrees an hour from noon:

.. math::
    \cos \theta = \sin \varphi \sin \delta + \cos \varphi \cos \delta \cos h
"""

from __future__ import annotations

import numpy as np

_OBLIQUITY_DEG = 23.45


def sun_angles(day: float, *, latitude_deg: float, solar_time_h: float) -> tuple[float, float]:
    """Zenith angle and azimuth of the sun.

    Parameters
    ----------
    day : float () [day]
        Since 1 January.
    latitude_deg : float () [deg]
        North positive.
    solar_time_h : float () [h]
        Local solar time.

    Returns
    -------
    tuple (2,) [rad]
        Zenith angle, and azimuth clockwise from north; both to about a degree.
    """
    tilt = np.radians(_OBLIQUITY_DEG) * np.sin(2 * np.pi * (285 + day) / 365)
    latitude, hour = np.radians(latitude_deg), np.radians(15 * (solar_time_h - 12))
    east = -np.cos(tilt) * np.sin(hour)
    north = np.cos(latitude) * np.sin(tilt) - np.sin(latitude) * np.cos(tilt) * np.cos(hour)
    up = np.sin(latitude) * np.sin(tilt) + np.cos(latitude) * np.cos(tilt) * np.cos(hour)
    return float(np.arccos(up)), float(np.arctan2(east, north) % (2 * np.pi))
