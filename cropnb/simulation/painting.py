"""From powers of objects to the covariance that a radar pixel averages over.

Each cell of 5 m takes the powers of its object, times its texture. The sensor's point spread, 15 m in
range and about 20 m in azimuth, then mixes neighbours; sampling averages the four cells of a pixel.
Cross-talk and thermal noise come last, being the sensor's own. First and second moments are those of
single-look images multilooked; speckle neither persists between dates nor correlates between pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cropnb.simulation.arrays import Complexes, Floats, Integers
from cropnb.simulation.mixing import Mixing, make_mixing
from cropnb.simulation.parameters import Covers, Effects
from cropnb.simulation.radar_parameters import Radar
from cropnb.simulation.raster import Ground
from cropnb.simulation.sigma0 import Components
from cropnb.simulation.texture import gaussian_field


@dataclass(frozen=True)
class Texture:
    """Factors on the power of each cell (y, x), the same on all dates."""

    total: Floats
    canopy: Floats


@dataclass(frozen=True)
class MeanC2:
    """True covariance of one date at 10 m (y, x), linear power."""

    c_vv_vv: Floats
    c_vh_vh: Floats
    c_vv_vh: Complexes


def make_texture(
    ground: Integers, effects: Effects, covers: Covers, *, cell_m: float, rng: np.random.Generator
) -> Texture:
    """Draw the persistent texture of a tile.

    Parameters
    ----------
    ground : ndarray (y, x) [1]
        Numbers of `Ground`; buildings are spiky.
    effects : Effects () [1]
        Size and grain within fields.
    covers : Covers () [1]
        Gamma order of buildings.
    cell_m : float () [m]
        Cell size.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    Texture (y, x) [1]
        float32.
    """
    total = 10 ** (
        effects.texture_log10
        * gaussian_field(ground.shape, length_m=effects.texture_m, cell_m=cell_m, rng=rng)
    )
    vigour = np.exp(
        effects.vigour_within
        * gaussian_field(ground.shape, length_m=effects.vigour_within_m, cell_m=cell_m, rng=rng)
    )
    spikes = rng.standard_gamma(covers.building_order, ground.shape, dtype=np.float32) / np.float32(
        covers.building_order
    )
    built = np.where(ground == Ground.BUILDING, spikes, np.float32(1))
    return Texture(total=(total * built).astype(np.float32), canopy=vigour.astype(np.float32))


def point_spread(radar: Radar) -> Floats:
    """Weights at 5 m about a pixel's centre: the sensor's point spread, then the mean of the pixel's cells.

    Parameters
    ----------
    radar : Radar () [1]
        Weights in azimuth and in range, odd in number.

    Returns
    -------
    ndarray (row, column) [1]
        Even in size, sum 1.
    """
    pair = np.array([0.5, 0.5])
    rows = np.convolve(np.array(radar.azimuth_weights) / sum(radar.azimuth_weights), pair)
    columns = np.convolve(np.array(radar.range_weights) / sum(radar.range_weights), pair)
    return np.outer(rows, columns)


def tile_mixing(row: Integers, texture: Texture, radar: Radar) -> Mixing:
    """How the powers of a tile's fields and covers mix in its pixels.

    Parameters
    ----------
    row : ndarray (y, x) [1]
        Row of the tables for each cell.
    texture : Texture (y, x) [1]
        From `make_texture`.
    radar : Radar () [1]
        Point spread.

    Returns
    -------
    Mixing (pixel, row) [1]
        At 10 m, for all dates and tracks.
    """
    return make_mixing(row, texture.total, texture.canopy, point_spread(radar))


def paint(components: Components, mixing: Mixing) -> Iterator[MeanC2]:
    """Covariance without cross-talk and noise, date by date.

    Parameters
    ----------
    components : Components (object, time) [1, linear power]
        Powers by object.
    mixing : Mixing (pixel, object) [1]
        From `tile_mixing`.

    Yields
    ------
    MeanC2 (y, x) [1, linear power]
        One per date, at 10 m.
    """
    power = components
    for t in range(power.cross.shape[1]):
        yield MeanC2(
            mixing.pixels(power.ground_vv[:, t], power.canopy_vv[:, t]),
            mixing.pixels(power.ground_vh[:, t], power.canopy_vh[:, t]),
            mixing.pixels(power.cross[:, t]).astype(np.complex64),
        )


def add_sensor(true: MeanC2, radar: Radar, *, nesz_db: float, rho_quadrature: float) -> MeanC2:
    r"""Covariance that the sensor measures on average: cross-talk of VV into VH, and thermal noise.

    With :math:`VH' = VH + \delta VV`, the elements become :math:`C_{12} + \delta^* C_{11}` and
    :math:`C_{22} + |\delta|^2 C_{11} + 2 \Re(\delta C_{12})`; noise adds its power to both channels.

    Parameters
    ----------
    true : MeanC2 (y, x) [1, linear power]
        `c_vv_vh` real: the in-phase part of the soil's covariance.
    radar : Radar () [1]
        Cross-talk.
    nesz_db : float () [dB]
        Thermal noise, -inf for none.
    rho_quadrature : float () [1]
        Quadrature part of VH over its in-phase part, as soil returns it.

    Returns
    -------
    MeanC2 (y, x) [1, linear power]
        Mean of the multilooked matrix.
    """
    noise = np.float32(10 ** (nesz_db / 10))
    delta = cross_talk(radar)
    own = true.c_vv_vh * np.complex64(1 - 1j * rho_quadrature)  # mean of VV times conjugate VH
    leaked = np.float32(abs(delta) ** 2) * true.c_vv_vv + 2 * (delta * own).real
    return MeanC2(true.c_vv_vv + noise, true.c_vh_vh + leaked + noise, own + np.conj(delta) * true.c_vv_vv)


def cross_talk(radar: Radar) -> np.complex64:
    """Amplitude of VV that leaks into VH.

    Parameters
    ----------
    radar : Radar () [1]
        Size and phase.

    Returns
    -------
    complex64 () [1]
        On all dates the same.
    """
    return np.complex64(radar.cross_talk * np.exp(1j * radar.cross_talk_rad))
