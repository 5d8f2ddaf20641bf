r"""Smooth random fields over the whole county from random Fourier features [Rahimi2007].

.. math::
    g(x) = \sqrt{2 / n} \sum_{i=1}^{n} \cos(w_i \cdot x + p_i), \quad
    w_i \sim N(0, 1 / L^2), \quad p_i \sim U(0, 2 \pi)

has mean 0, variance 1 and the covariance :math:`\exp(-r^2 / 2 L^2)`. It is evaluated at absolute
coordinates, so tiles agree on it without talking to each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cropnb.simulation.arrays import Floats

N_FEATURE = 64


@dataclass(frozen=True)
class SmoothField:
    """Frequencies and phases of one field."""

    frequency: Floats  # (2, n_feature) [rad m-1]
    phase: Floats  # (n_feature,) [rad]

    def __call__(self, east_m: Floats, north_m: Floats) -> Floats:
        """Field at points.

        Parameters
        ----------
        east_m : ndarray (point,) [m]
            Eastings.
        north_m : ndarray (point,) [m]
            Northings.

        Returns
        -------
        ndarray (point,) [1]
            Values of variance 1.
        """
        # no matrix product: its rounding would depend on how many points are asked for at once
        angle = east_m[..., None] * self.frequency[0] + north_m[..., None] * self.frequency[1] + self.phase
        field: Floats = np.sqrt(2 / self.phase.size) * np.cos(angle).sum(axis=-1)
        return field


def smooth_field(*, length_m: float, rng: np.random.Generator) -> SmoothField:
    """Draw a field of a given length scale.

    Parameters
    ----------
    length_m : float () [m]
        L in the covariance.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    SmoothField () [1]
        To be evaluated anywhere.
    """
    frequency = rng.standard_normal((2, N_FEATURE)) / length_m
    return SmoothField(frequency, rng.uniform(0, 2 * np.pi, N_FEATURE))
