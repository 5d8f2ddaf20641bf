r"""Multilook speckle: complex Wishart matrices by Bartlett's decomposition.

For a 2 x 2 covariance :math:`\Sigma = L_c L_c^H` and L looks, draw the lower triangular
:math:`A = [[\sqrt{\Gamma(L)}, 0], [CN(0, 1), \sqrt{\Gamma(L - 1)}]]`; then
:math:`C = L_c A A^H L_c^H / L` has the mean :math:`\Sigma` and L independent looks [Goodman1963].
"""

from __future__ import annotations

import numpy as np

from cropnb.simulation.arrays import Complexes, Floats


def wishart_c2(
    c_vv_vv: Floats, c_vh_vh: Floats, c_vv_vh: Complexes, *, n_looks: float, rng: np.random.Generator
) -> tuple[Floats, Floats, Complexes]:
    """Draw one multilooked covariance matrix per pixel.

    Parameters
    ----------
    c_vv_vv : ndarray (...) [1, linear power]
        True power VV, positive.
    c_vh_vh : ndarray (...) [1, linear power]
        True power VH, positive.
    c_vv_vh : ndarray (...) [1, linear power]
        True mean of VV times conjugate VH.
    n_looks : float () [count]
        Independent looks, above 1.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    tuple (3, ...) [1, linear power]
        C2 elements in the order of the arguments, float32 and complex64.

    References
    ----------
    [Goodman1963]
    """
    l11 = np.sqrt(c_vv_vv)
    l21 = np.conj(c_vv_vh) / l11
    l22 = np.sqrt(c_vh_vh - np.abs(l21) ** 2)
    shape = l11.shape
    a11 = np.sqrt(rng.standard_gamma(n_looks, shape, dtype=np.float32))
    a22 = np.sqrt(rng.standard_gamma(n_looks - 1, shape, dtype=np.float32))
    real, imaginary = rng.standard_normal((2, *shape), dtype=np.float32) * np.float32(np.sqrt(0.5))
    b11, b22 = l11 * a11, l22 * a22
    b21 = l21 * a11 + l22 * (real + 1j * imaginary)
    return b11**2 / n_looks, (np.abs(b21) ** 2 + b22**2) / n_looks, b11 * np.conj(b21) / n_looks
