r"""Multilook speckle: complex Wishart matrices by Bartlett's decomposition.

For a 2 x 2 covariance :math:`\Sigma = L_c L_c^H` and L looks, draw the lower triangular
:math:`A = [[\sqrt{\Gamma(L)}, 0], [CN(0, 1), \sqrt{\Gamma(L - 1)}]]`; then
:math:`C = L_c A A^H L_c^H / L` has the mean :math:`\Sigma` and L independent looks [Goodman1963].
"""

from __future__ import annotations

import numpy as np

from cropnb.simulation.arrays import Complexes, Floats

_PIXELS = 1 << 15  # drawn at a time, to stay in cache; another number gives other speckle


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
    shape, n = np.shape(c_vv_vv), np.size(c_vv_vv)
    vv, vh = np.empty((2, n), dtype=np.float32)
    cross = np.empty(n, dtype=np.complex64)
    co, crossed, both = np.ravel(c_vv_vv), np.ravel(c_vh_vh), np.ravel(c_vv_vh)
    for start in range(0, n, _PIXELS):
        part = slice(start, start + _PIXELS)
        vv[part], vh[part], cross[part] = _draw(co[part], crossed[part], both[part], n_looks, rng)
    return vv.reshape(shape), vh.reshape(shape), cross.reshape(shape)


def _draw(
    c_vv_vv: Floats, c_vh_vh: Floats, c_vv_vh: Complexes, n_looks: float, rng: np.random.Generator
) -> tuple[Floats, Floats, Complexes]:
    """Matrices of some pixels; real and imaginary parts apart, which is faster."""
    l11 = np.sqrt(c_vv_vv)
    real, imaginary = c_vv_vh.real / l11, -c_vv_vh.imag / l11
    l22 = np.sqrt(c_vh_vh - real**2 - imaginary**2)
    a11 = np.sqrt(rng.standard_gamma(n_looks, l11.size, dtype=np.float32))
    noise = l22 * (rng.standard_normal((2, l11.size), dtype=np.float32) * np.float32(np.sqrt(0.5)))
    b11, b22_squared = l11 * a11, l22**2 * rng.standard_gamma(n_looks - 1, l11.size, dtype=np.float32)
    b21 = np.stack([real * a11 + noise[0], imaginary * a11 + noise[1]])
    share = np.float32(1 / n_looks)
    cross = (share * b11) * (b21[0] - 1j * b21[1])
    return share * b11**2, share * (b21[0] ** 2 + b21[1] ** 2 + b22_squared), cross
