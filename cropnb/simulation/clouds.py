r"""Clouds, their thin rims and their shadows, the same from whatever tile they are looked at.

A smooth field of three scales, known at every coordinate of the county, is cloud where it exceeds the
quantile that leaves the date's cover. Below it opacity falls to nothing over about the width of the rim: by
as much as the field typically changes over that distance, :math:`\sqrt{\sum_i w_i^2 / L_i^2}` per metre for
weights w and lengths L. Shadows are the same clouds, displaced away from the sun by the height of their base
times the tangent of the zenith angle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from cropnb.simulation.arrays import Booleans, Floats
from cropnb.simulation.optical_parameters import CloudParameters, OpticalSensor
from cropnb.simulation.rff import SmoothField, smooth_field

_BAND = 32  # rows worked on at a time, to stay in cache


@dataclass(frozen=True)
class Clouds:
    """Clouds of one date over the whole county."""

    cover: float  # share of the county under opaque cloud
    shape: tuple[SmoothField, ...]
    brightness: SmoothField
    base_m: float


@dataclass(frozen=True)
class Sky:
    """Clouds over the pixels of a tile (y, x)."""

    opacity: Floats  # 0 clear, 1 opaque
    shadow: Floats  # 0 sunlit, 1 in the shadow of an opaque cloud
    reflectance: Floats  # of the cloud, in the visible


def draw_clouds(sensor: OpticalSensor, clouds: CloudParameters, *, rng: np.random.Generator) -> Clouds:
    """Draw the clouds of one date.

    Parameters
    ----------
    sensor : OpticalSensor () [1]
        How often the sky is clear, and how much it is covered otherwise.
    clouds : CloudParameters () [1]
        Lengths and heights.
    rng : Generator () [1]
        Source of randomness, that of the county.

    Returns
    -------
    Clouds () [1]
        To be looked at from any tile.
    """
    low, high = sensor.cloud_range
    share = low + (high - low) * rng.beta(*sensor.cloud_beta)
    cover = 0.0 if rng.random() < sensor.clear_share else share
    base = rng.uniform(*clouds.base_m)
    shape = tuple(smooth_field(length_m=length, rng=rng) for length in clouds.length_m)
    return Clouds(cover, shape, smooth_field(length_m=clouds.reflectance_m, rng=rng), base)


def look_up(
    clouds: Clouds, parameters: CloudParameters, east: Floats, north: Floats, *, sun: tuple[float, float]
) -> Sky:
    """Clouds and shadows over the pixels of a tile.

    Parameters
    ----------
    clouds : Clouds () [1]
        Of the date.
    parameters : CloudParameters () [1]
        Weights, rim, brightness.
    east : ndarray (x,) [m]
        Eastings of the pixel centres.
    north : ndarray (y,) [m]
        Northings of the pixel centres.
    sun : tuple (2,) [rad]
        Zenith angle and azimuth.

    Returns
    -------
    Sky (y, x) [1]
        float32.
    """
    zenith, azimuth = sun
    reach = clouds.base_m * np.tan(zenith)
    opacity = _opacity(clouds, parameters, east, north)
    casting = _opacity(clouds, parameters, east + reach * np.sin(azimuth), north + reach * np.cos(azimuth))
    spread = parameters.reflectance_sd * on_grid(clouds.brightness, east, north)
    return Sky(opacity, casting * (1 - opacity), np.clip(parameters.reflectance + spread, 0.2, 1.0))


def under_sky(clear: Floats, sky: Sky, band: str, clouds: CloudParameters) -> Floats:
    """A band as it looks through the sky.

    Parameters
    ----------
    clear : ndarray (y, x) [1, reflectance]
        Under a clear sky.
    sky : Sky (y, x) [1]
        From `look_up`.
    band : str () [1]
        Clouds are darker in B11 and B12, where their droplets and ice absorb.
    clouds : CloudParameters () [1]
        How dark, and how dark shadows are.

    Returns
    -------
    ndarray (y, x) [1, reflectance]
        As a level-2 product gives it, which corrects for neither.
    """
    factor = {"B11": clouds.b11_factor, "B12": clouds.b12_factor}.get(band, 1.0)
    lit = clear * (1 - (1 - clouds.shadow) * sky.shadow)
    seen: Floats = (1 - sky.opacity) * lit + sky.opacity * factor * sky.reflectance
    return seen.astype(np.float32)


def usable(sky: Sky, clouds: CloudParameters) -> Booleans:
    """Mask of an imperfect cloud detection.

    Parameters
    ----------
    sky : Sky (y, x) [1]
        From `look_up`.
    clouds : CloudParameters () [1]
        Opacity and depth of shadow up to which the detection sees nothing.

    Returns
    -------
    ndarray (y, x) [1]
        True where usable; thin cloud slips through.
    """
    clear: Booleans = (sky.opacity <= clouds.mask_opacity) & (sky.shadow <= clouds.mask_shadow)
    return clear


def on_grid(field: SmoothField, east: Floats, north: Floats) -> Floats:
    """A smooth field on a grid, by the addition theorem: sines and cosines of rows and columns only.

    Parameters
    ----------
    field : SmoothField () [1]
        Frequencies and phases.
    east : ndarray (x,) [m]
        Eastings of columns.
    north : ndarray (y,) [m]
        Northings of rows.

    Returns
    -------
    ndarray (y, x) [1]
        float32; summed feature by feature, so that a pixel has the same bits on any grid.
    """
    column = np.multiply.outer(field.frequency[0], east) + field.phase[:, None]
    row = np.multiply.outer(field.frequency[1], north)
    cos_x, sin_x, cos_y, sin_y = (
        part(angle).astype(np.float32) for angle in (column, row) for part in (np.cos, np.sin)
    )
    total = np.zeros((north.size, east.size), dtype=np.float32)
    for start in range(0, north.size, _BAND):
        band = slice(start, start + _BAND)
        for k in range(field.phase.size):
            total[band] += np.multiply.outer(cos_y[k, band], cos_x[k])
            total[band] -= np.multiply.outer(sin_y[k, band], sin_x[k])
    values: Floats = total * np.float32(np.sqrt(2 / field.phase.size))
    return values


def _opacity(clouds: Clouds, parameters: CloudParameters, east: Floats, north: Floats) -> Floats:
    """1 where the field exceeds its quantile, falling to 0 over the rim."""
    weight = np.array(parameters.weight) / np.linalg.norm(parameters.weight)
    if clouds.cover == 0:
        return np.zeros((north.size, east.size), dtype=np.float32)
    field = sum(w * on_grid(one, east, north) for w, one in zip(weight, clouds.shape, strict=True))
    slope = np.linalg.norm(weight / np.array(parameters.length_m))
    above = (field - norm.ppf(1 - clouds.cover)) / (slope * parameters.rim_m)
    opacity: Floats = np.clip(above + 1, 0, 1).astype(np.float32)
    return opacity
