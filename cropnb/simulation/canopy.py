r"""Vegetation: the water-cloud model [Attema1978], per polarisation.

.. math::
    \tau^2 = \exp(-2 B V / \cos\theta), \quad \sigma_{veg} = A \cos\theta \, (1 - \tau^2), \quad
    \sigma = \sigma_{veg} + \tau^2 \sigma_{soil}
"""

from __future__ import annotations

import numpy as np

from cropnb.simulation.arrays import Floats


def transmissivity(vwc: Floats, *, b: Floats | float, incidence_rad: Floats | float) -> Floats:
    """Two-way transmissivity of the canopy.

    Parameters
    ----------
    vwc : ndarray (...) [kg m-2]
        Vegetation water content V.
    b : ndarray (...) [m2 kg-1]
        Attenuation per water content B.
    incidence_rad : ndarray (...) [rad]
        Incidence angle.

    Returns
    -------
    ndarray (...) [1]
        1 without vegetation, 0 under a dense canopy.
    """
    tau2: Floats = np.exp(-2 * b * vwc / np.cos(incidence_rad))
    return tau2


def canopy_sigma0(tau2: Floats, *, a: Floats | float, incidence_rad: Floats | float) -> Floats:
    """Backscatter of the canopy itself.

    Parameters
    ----------
    tau2 : ndarray (...) [1]
        From `transmissivity`.
    a : ndarray (...) [1, linear power]
        Saturated canopy at normal incidence A.
    incidence_rad : ndarray (...) [rad]
        Incidence angle.

    Returns
    -------
    ndarray (...) [1, linear power]
        Without the soil; add `tau2` times that of the soil.
    """
    sigma0: Floats = a * np.cos(incidence_rad) * (1 - tau2)
    return sigma0
