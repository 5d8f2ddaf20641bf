"""From cells of 5 m to the pixels of an optical sensor: point spread, sampling, displacement, errors.

A band's pixel sees a box about its centre, larger than the pixel. The box is cut out of the cells exactly,
also where the scene is displaced by a part of a cell, so that strips mix in as they do on real images. Bands
of 20 m are sampled at 20 m and brought to 10 m by bilinear interpolation, their noise with them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cropnb.simulation.arrays import Floats
from cropnb.simulation.optical_parameters import OpticalSensor


@dataclass(frozen=True)
class SceneErrors:
    """What one acquisition gets wrong everywhere."""

    gain: float  # bidirectional reflectance, one orbit against another
    bias: Floats  # (band,) residual of the atmospheric correction [1, reflectance]
    shift_m: tuple[float, float]  # southwards, eastwards


def draw_scene_errors(sensor: OpticalSensor, *, rng: np.random.Generator) -> SceneErrors:
    """Draw the errors of one acquisition.

    Parameters
    ----------
    sensor : OpticalSensor () [1]
        Their sizes.
    rng : Generator () [1]
        Source of randomness, that of the county: all tiles of a date share its errors.

    Returns
    -------
    SceneErrors () [1]
        Gain, bias, displacement.
    """
    south, east = rng.normal(0, sensor.misregistration_m, 2)
    gain = 1 + rng.uniform(-sensor.directional, sensor.directional)
    return SceneErrors(gain, rng.normal(0, sensor.bias_sd, len(sensor.bands)), (float(south), float(east)))


def take_band(
    cells: Floats,
    sensor: OpticalSensor,
    errors: SceneErrors,
    *,
    band: int,
    cell_m: float,
    rng: np.random.Generator,
) -> Floats:
    """One band of one acquisition under a clear sky.

    Parameters
    ----------
    cells : ndarray (y, x) [1, reflectance]
        What is on the ground.
    sensor : OpticalSensor () [1]
        Resolution and noise.
    errors : SceneErrors () [1]
        Of the acquisition.
    band : int () [1]
        Place in the sensor's bands.
    cell_m : float () [m]
        Cell size.
    rng : Generator () [1]
        Source of the noise.

    Returns
    -------
    ndarray (y, x) [1, reflectance]
        float32, at the sensor's pixel size; noise can take dark water below zero, as in real products.
    """
    coarse = sensor.bands[band] in sensor.coarse_bands
    pixel_m = sensor.pixel_m * (2 if coarse else 1)
    width_m = sensor.coarse_response_m if coarse else sensor.response_m
    seen = box_sample(cells, cell_m=cell_m, pixel_m=pixel_m, width_m=width_m, shift_m=errors.shift_m)
    noise = rng.standard_normal((2, *seen.shape), dtype=np.float32)
    seen = seen * (errors.gain + sensor.noise * noise[0]) + errors.bias[band] + sensor.noise_floor * noise[1]
    return (doubled(seen) if coarse else seen).astype(np.float32)


def box_sample(
    cells: Floats, *, cell_m: float, pixel_m: float, width_m: float, shift_m: tuple[float, float]
) -> Floats:
    """Means of cells over squares about pixel centres.

    Parameters
    ----------
    cells : ndarray (y, x) [1]
        Constant within a cell; the outermost continue beyond the border.
    cell_m : float () [m]
        Cell size.
    pixel_m : float () [m]
        Distance of pixel centres.
    width_m : float () [m]
        Side of the square.
    shift_m : tuple (2,) [m]
        Displacement of the squares along y and x.

    Returns
    -------
    ndarray (y, x) [1]
        As many pixels as fit the cells.
    """
    rows = _means_along_last(cells.swapaxes(0, 1), cell_m, pixel_m, width_m, shift_m[0])
    return _means_along_last(rows.swapaxes(0, 1), cell_m, pixel_m, width_m, shift_m[1])


def doubled(values: Floats) -> Floats:
    """Pixels half as large, bilinear between centres.

    Parameters
    ----------
    values : ndarray (y, x) [1]
        Coarse pixels.

    Returns
    -------
    ndarray (2 y, 2 x) [1]
        The mean is kept but for the border.
    """
    for axis in (0, 1):
        padded = np.pad(values, [(1, 1) if k == axis else (0, 0) for k in (0, 1)], mode="edge")
        before, own, after = (np.roll(padded, -k, axis=axis).swapaxes(0, axis)[:-2] for k in range(3))
        both = np.stack([(before + 3 * own) / 4, (3 * own + after) / 4], axis=1)
        values = both.reshape(-1, both.shape[-1]).swapaxes(0, axis)
    return values


def _means_along_last(cells: Floats, cell_m: float, pixel_m: float, width_m: float, shift_m: float) -> Floats:
    """Means over boxes along the last axis, as differences of the integral, which is linear within a cell."""
    n_pixel = round(cells.shape[-1] * cell_m / pixel_m)
    margin = int(np.ceil((width_m / 2 + abs(shift_m)) / cell_m)) + 1
    padded = np.pad(cells, ((0, 0), (margin, margin)), mode="edge").astype(float)
    integral = np.concatenate([np.zeros((len(cells), 1)), np.cumsum(padded, axis=-1)], axis=-1)
    centre = margin + ((np.arange(n_pixel) + 0.5) * pixel_m + shift_m) / cell_m
    half = width_m / cell_m / 2
    means: Floats = (_at(integral, centre + half) - _at(integral, centre - half)) / (2 * half)
    return means


def _at(integral: Floats, place: Floats) -> Floats:
    """Linear interpolation along the last axis at fractional places."""
    lower = np.floor(place).astype(int)
    fraction = place - lower
    value: Floats = (1 - fraction) * integral[:, lower] + fraction * integral[:, lower + 1]
    return value
