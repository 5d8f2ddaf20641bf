r"""Single-look complex images of one tile and track, date by date.

Each cell of 5 m carries four circular Gaussian amplitudes of variance 1, for soil and canopy in VV and in VH,
that are chained in time:

.. math::
    Z(t + 1) = g \, Z(t) + \sqrt{1 - g^2} \, N

with :math:`g` of `decorrelation`. This has the covariance :math:`\prod g` between any two dates, at the cost
of two. The cells scatter

.. math::
    S_{vv} &= \sqrt{T} \left[ \sqrt{\sigma_{s,vv}} Z_1 + \sqrt{\sigma_{v,vv}} Z_3 \right] \\
    S_{vh} &= \sqrt{T} \left[ \sqrt{\sigma_{s,vh}} \left( r Z_1 + \sqrt{1 - |r|^2} Z_2 \right)
              + \sqrt{\sigma_{v,vh}} Z_4 \right] + \delta S_{vv}

with the texture :math:`T`, the share :math:`r = \rho (1 + i q)` of the soil's VH that goes with its VV, and
the cross-talk :math:`\delta`. Focusing sums cells along azimuth and takes every third; thermal noise comes
last. No covariance matrix and no coherence is painted: both have to be estimated from the images.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cropnb.simulation.arrays import Complexes, Floats, Integers
from cropnb.simulation.painting import cross_talk
from cropnb.simulation.radar_parameters import Radar, Track
from cropnb.simulation.scatterers import Scatterers, soil_correlation

_BAND = 16  # rows of cells worked on at a time, to stay in cache; another number gives other speckle
_CHAINS = 4


@dataclass(frozen=True)
class SingleLook:
    """One date (y, x), complex64: y is azimuth, x is range."""

    s_vv: Complexes
    s_vh: Complexes


@dataclass(frozen=True)
class _Amplitudes:
    """Roots of powers and polarimetric shares by time and row; float32."""

    ground_vv: Floats
    ground_vh: Floats
    canopy_vv: Floats
    canopy_vh: Floats
    with_vv: Floats  # in-phase part of r
    alone: Floats  # sqrt(1 - |r|^2)
    quadrature: np.complex64  # 1 + iq


def single_looks(
    scatterers: Scatterers, radar: Radar, track: Track, *, cell_m: float, rng: np.random.Generator
) -> Iterator[SingleLook]:
    """Images of all dates, one after the other; no more than one date is held.

    Parameters
    ----------
    scatterers : Scatterers () [1]
        Of one tile and track.
    radar : Radar () [1]
        Azimuth response and spacing, cross-talk.
    track : Track () [1]
        Thermal noise.
    cell_m : float () [m]
        Cell size, which is also the spacing in range.
    rng : Generator () [1]
        Source of randomness, of this tile and track alone.

    Yields
    ------
    SingleLook (y, x) [1]
        Squares are linear power; the first line's centre is that of the first cell with a whole response.
    """
    amplitudes = _amplitudes(scatterers)
    chains = _Chains(scatterers, rng=rng)
    for time in range(scatterers.components.cross.shape[1]):
        chains.advance(time)
        vv, vh = _scatter(scatterers, amplitudes, chains, time, leak=cross_talk(radar))
        yield SingleLook(*(_sensed(s, radar, track, cell_m=cell_m, rng=rng) for s in (vv, vh)))


def line_cells(n_cell: int, radar: Radar, *, cell_m: float) -> Integers:
    """Row of cells at the centre of each line.

    Parameters
    ----------
    n_cell : int () [count]
        Rows of the tile.
    radar : Radar () [1]
        Azimuth response and spacing.
    cell_m : float () [m]
        Cell size.

    Returns
    -------
    ndarray (y,) [1]
        Only lines whose response lies wholly inside the tile.
    """
    reach, step = len(radar.azimuth_weights) // 2, round(radar.azimuth_spacing_m / cell_m)
    return np.arange(reach, n_cell - reach, step)


class _Chains:
    """The four amplitudes of each cell, and the part of buildings that never changes."""

    def __init__(self, scatterers: Scatterers, *, rng: np.random.Generator) -> None:
        self._rng, self._row = rng, scatterers.row
        kept = scatterers.persistence
        self._ground, self._canopy = (table.T.astype(np.float32) for table in (kept.ground, kept.canopy))
        self._z = np.empty((_CHAINS, *self._row.shape), dtype=np.complex64)
        self._fixed = np.sqrt(kept.fixed).astype(np.float32)
        self._still = np.flatnonzero(kept.fixed[self._row])  # cells that have a fixed part
        self._u = _circular((2, self._still.size), rng=rng)

    def advance(self, time: int) -> None:
        """Draw the first date, or step from the date before."""
        for band in _bands(self._row.shape[0]):
            noise = _circular(self._z[:, band].shape, rng=self._rng)
            if time == 0:
                self._z[:, band] = noise
                continue
            rows = self._row[band]
            for z, table in ((slice(0, 2), self._ground), (slice(2, 4), self._canopy)):
                keep = table[time - 1].take(rows)
                self._z[z, band] *= keep
                noise[z] *= np.sqrt(1 - keep**2)
            self._z[:, band] += noise

    def band(self, band: slice) -> Complexes:
        """Amplitudes (4, y, x) of some rows of cells: soil VV and VH, canopy VV and VH."""
        width = self._row.shape[1]
        first, last = np.searchsorted(self._still, [band.start * width, band.stop * width])
        if first == last:
            return self._z[:, band]
        z, cell = self._z[:, band].copy(), self._still[first:last] - band.start * width
        soil = z[:2].reshape(2, -1)
        share = self._fixed[self._row[band].ravel()[cell]]
        soil[:, cell] = share * self._u[:, first:last] + np.sqrt(1 - share**2) * soil[:, cell]
        return z


def _amplitudes(scatterers: Scatterers) -> _Amplitudes:
    power, rho = scatterers.components, soil_correlation(scatterers.components)
    alone = np.sqrt(1 - rho**2 * (1 + scatterers.rho_quadrature**2))
    roots = (np.sqrt(p) for p in (power.ground_vv, power.ground_vh, power.canopy_vv, power.canopy_vh))
    vv, vh, canopy_vv, canopy_vh, with_vv, own = (
        np.ascontiguousarray(table.T, dtype=np.float32) for table in (*roots, rho, alone)
    )
    quadrature = np.complex64(1 + 1j * scatterers.rho_quadrature)
    return _Amplitudes(vv, vh, canopy_vv, canopy_vh, with_vv, own, quadrature)


def _scatter(
    scatterers: Scatterers, amplitudes: _Amplitudes, chains: _Chains, time: int, *, leak: np.complex64
) -> tuple[Complexes, Complexes]:
    """VV and VH of all cells at 5 m."""
    row, texture = scatterers.row, scatterers.texture
    vv, vh = np.empty((2, *row.shape), dtype=np.complex64)
    for band in _bands(row.shape[0]):
        rows, z = row[band], chains.band(band)
        total, canopy = np.sqrt(texture.total[band]), np.sqrt(texture.canopy[band])
        soil = amplitudes.with_vv[time].take(rows) * (amplitudes.quadrature * z[0])
        soil += amplitudes.alone[time].take(rows) * z[1]
        vv[band] = amplitudes.ground_vv[time].take(rows) * z[0]
        vv[band] += (canopy * amplitudes.canopy_vv[time].take(rows)) * z[2]
        vv[band] *= total
        soil *= amplitudes.ground_vh[time].take(rows)
        soil += (canopy * amplitudes.canopy_vh[time].take(rows)) * z[3]
        soil *= total
        vh[band] = soil + leak * vv[band]
    return vv, vh


def _sensed(
    cells: Complexes, radar: Radar, track: Track, *, cell_m: float, rng: np.random.Generator
) -> Complexes:
    """Lines of the sensor: weighted sums over cells in azimuth, then noise."""
    weights = np.sqrt(np.array(radar.azimuth_weights))
    weights = (weights / np.sqrt(np.sum(weights**2))).astype(np.float32)
    centre = line_cells(len(cells), radar, cell_m=cell_m)
    lines = np.zeros((centre.size, cells.shape[1]), dtype=np.complex64)
    for tap, weight in enumerate(weights):
        lines += weight * cells[centre + (tap - len(weights) // 2)]
    lines += np.float32(10 ** (track.nesz_db / 20)) * _circular(lines.shape, rng=rng)
    return lines


def _bands(n_row: int) -> Iterator[slice]:
    for start in range(0, n_row, _BAND):
        yield slice(start, min(start + _BAND, n_row))


def _circular(shape: tuple[int, ...], *, rng: np.random.Generator) -> Complexes:
    """Circular complex Gaussian numbers of variance 1, complex64."""
    parts = rng.standard_normal((*shape, 2), dtype=np.float32)
    parts *= np.float32(np.sqrt(0.5))
    numbers: Complexes = parts.view(np.complex64)[..., 0]
    return numbers
