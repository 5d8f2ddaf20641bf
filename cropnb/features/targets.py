r"""Canonical targets, and what a radar that sends V and receives V and H measures of them.

A scattering matrix is written in the order V, H: :math:`S = [[S_{vv}, S_{vh}], [S_{hv}, S_{hh}]]`. Sentinel-1
sees its first row only.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from cropnb.schema import C2, LINEAR_POWER, SLC, require

Complexes = NDArray[np.complex128]
Lean = Literal["none", "vertical", "horizontal"]

# Unit span of the full matrix does not matter here: all that the features measure are shares and angles.
SCATTERING_MATRICES: Mapping[str, tuple[tuple[complex, complex], tuple[complex, complex]]] = MappingProxyType(
    {
        "trihedral": ((1, 0), (0, 1)),  # also: a sphere, a smooth surface
        "dihedral": ((1, 0), (0, -1)),  # fold line vertical or horizontal at orientation 0
        "dipole": ((1, 0), (0, 0)),  # vertical at orientation 0
        "helix": ((0.5, 0.5j), (0.5j, -0.5)),
    }
)
# Means of cos^4 and of sin^2 cos^2 of the angle from the vertical, for the densities of `random_volume`.
_MOMENTS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"none": (3 / 8, 1 / 8), "vertical": (5 / 8, 1 / 8), "horizontal": (1 / 8, 1 / 8)}
)


def rotated_matrix(matrix: ArrayLike, orientation: ArrayLike) -> Complexes:
    r"""Scattering matrix of a target turned about the line of sight.

    .. math::
        S(\theta) = R(\theta)\, S\, R(\theta)^T, \quad
        R(\theta) = \begin{pmatrix} \cos\theta & -\sin\theta \\ \sin\theta & \cos\theta \end{pmatrix}

    where :math:`S` is `matrix` and :math:`\theta` is `orientation`, counted from V towards H.

    Parameters
    ----------
    matrix : array (2, 2) [1]
        In the order V, H.
    orientation : array (...) [degree]
        Angle of the turn; NaN in -> NaN out.

    Returns
    -------
    ndarray (..., 2, 2) [1]
        One matrix per angle.

    Examples
    --------
    >>> rotated_matrix([[1, 0], [0, 0]], 90.0).real.round(12) + 0.0
    array([[0., 0.],
           [0., 1.]])
    """
    angle = np.deg2rad(np.asarray(orientation, dtype=np.float64))
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.stack([np.stack([cos, -sin], axis=-1), np.stack([sin, cos], axis=-1)], axis=-2)
    turned: Complexes = turn @ np.asarray(matrix, dtype=np.complex128) @ np.swapaxes(turn, -1, -2)
    return turned


def c2_of_target(target: str, orientation: ArrayLike = 0.0) -> xr.Dataset:
    r"""Covariance matrix of a canonical target, as a strip of pixels with one orientation each.

    .. math::
        k = (S_{vv}, S_{vh}), \quad C_2 = k k^H

    where :math:`S` is the matrix of `target`, turned by `orientation`.

    Parameters
    ----------
    target : str () [1]
        Name in `SCATTERING_MATRICES`.
    orientation : array (x,) [degree]
        Turn about the line of sight, from V towards H.

    Returns
    -------
    Dataset (y, x) [1, linear power]
        `c_vv_vv`, `c_vh_vh`, `c_vv_vh` with one row and a coordinate `orientation`. A NaN angle gives NaN.

    Raises
    ------
    SchemaError
        If there is no such target.

    Notes
    -----
    One target seen alone is a C2 of rank 1: its degree of polarisation is 1 whatever it is.

    Examples
    --------
    >>> c2_of_target("dihedral", 45.0).c_vh_vh.values.round(12)
    array([[1.]])
    """
    require(
        target in SCATTERING_MATRICES,
        f"c2_of_target: {target!r}; expected one of {sorted(SCATTERING_MATRICES)}. Use one of these.",
    )
    angles = np.atleast_1d(np.asarray(orientation, dtype=np.float64))
    s_vv, s_vh = np.moveaxis(rotated_matrix(SCATTERING_MATRICES[target], angles)[..., 0, :], -1, 0)
    c2 = _dataset(np.abs(s_vv) ** 2, np.abs(s_vh) ** 2, s_vv * np.conj(s_vh))
    units = {"units": "degree", "long_name": "orientation about the line of sight"}
    return c2.assign_coords(orientation=("x", angles, units))


def random_volume(lean: Lean = "none") -> xr.Dataset:
    r"""Covariance matrix of a cloud of thin dipoles at random orientations.

    .. math::
        C_2 = \begin{pmatrix} \langle \cos^4\theta \rangle & 0 \\
        0 & \langle \sin^2\theta \cos^2\theta \rangle \end{pmatrix}

    where :math:`\theta` is the angle from the vertical, uniform for `lean` "none", with a density that goes
    as :math:`\cos^2\theta` for "vertical" and as :math:`\sin^2\theta` for "horizontal".

    Parameters
    ----------
    lean : {"none", "vertical", "horizontal"} () [1]
        Where most of the dipoles point.

    Returns
    -------
    Dataset (y, x) [1, linear power]
        One pixel; the mean power of one dipole. VH / VV is 1/3, 1/5 and 1.

    Raises
    ------
    SchemaError
        If `lean` is another word.

    Notes
    -----
    The dipoles lie in the plane across the line of sight. Dipoles uniform in space have less power and the
    same ratio of 1/3.

    Examples
    --------
    >>> random_volume().c_vh_vh.item() / random_volume().c_vv_vv.item()
    0.3333333333333333
    """
    require(
        lean in _MOMENTS, f"random_volume: lean {lean!r}; expected one of {list(_MOMENTS)}. Use one of these."
    )
    vv, vh = (np.array([moment]) for moment in _MOMENTS[lean])
    return _dataset(vv, vh, np.zeros(1, dtype=np.complex128))


def mixture(first: xr.Dataset, second: xr.Dataset, share: ArrayLike) -> xr.Dataset:
    r"""Covariance matrix of two targets side by side that scatter independently.

    .. math::
        C_2 = (1 - f)\, A / \mathrm{tr}\, A + f\, B / \mathrm{tr}\, B

    where :math:`A` and :math:`B` are `first` and `second`, and :math:`f` is `share`, the part of the
    power that comes from `second`.

    Parameters
    ----------
    first, second : Dataset (y, x) [1, linear power]
        C2 of one pixel each.
    share : array (x,) [1]
        From 0, all `first`, to 1, all `second`.

    Returns
    -------
    Dataset (y, x) [1, linear power]
        One pixel per share, all of power 1, with a coordinate `share`.

    Raises
    ------
    SchemaError
        If a C2 has more than one pixel or no power, or a share is outside 0 to 1 (NaN gives NaN).

    Examples
    --------
    >>> mixture(c2_of_target("trihedral"), random_volume(), [0.0, 1.0]).c_vh_vh.values
    array([[0.  , 0.25]])
    """
    f = np.atleast_1d(np.asarray(share, dtype=np.float64))
    require(
        not bool(((f < 0) | (f > 1)).any()),
        f"mixture: shares from {f.min()} to {f.max()}; expected 0 to 1. Give parts of the power.",
    )
    parts = [_unit_power(c2) for c2 in (first, second)]
    vv, vh, cross = ((1 - f) * a + f * b for a, b in zip(*parts, strict=True))
    named = {"units": "1", "long_name": "share of the power from the second target"}
    return _dataset(vv, vh, cross).assign_coords(share=("x", f, named))


def speckled_slc(c2: xr.Dataset, *, shape: tuple[int, int], rng: np.random.Generator) -> xr.Dataset:
    r"""Single-look complex image of a uniform surface: every pixel has the same C2, and its own speckle.

    .. math::
        k = L z, \quad L L^H = C_2, \quad z_1, z_2 \sim \mathcal{CN}(0, 1)

    where :math:`C_2` is `c2` and :math:`k = (S_{vv}, S_{vh})` is drawn anew for every pixel.

    Parameters
    ----------
    c2 : Dataset (y, x) [1, linear power]
        True covariance matrix, of one pixel.
    shape : tuple of int (2,) [pixel]
        Rows and columns of the image.
    rng : Generator
        Source of randomness.

    Returns
    -------
    Dataset (y, x) [1]
        `s_vv`, `s_vh`, complex64.

    Raises
    ------
    SchemaError
        If `c2` has more than one pixel, no power, or is no covariance matrix.

    References
    ----------
    [Goodman1963]
    """
    co, ex, product = _elements(c2)
    vv, vh, cross = float(co[0].real), float(ex[0].real), complex(product[0])
    slack = np.spacing(np.float32(vv * vh))
    require(
        vv >= 0 and vh >= 0 and abs(cross) ** 2 <= vv * vh + slack,
        f"speckled_slc: powers {vv:g}, {vh:g} and |c_vv_vh| {abs(cross):g}; expected a covariance matrix, "
        "|c_vv_vh|^2 <= c_vv_vv c_vh_vh. Average more pixels.",
    )
    z1, z2 = rng.standard_normal((2, *shape, 2)).view(np.complex128)[..., 0] / np.sqrt(2)
    follows = np.conj(cross) / np.sqrt(vv) if vv else 0.0
    s_vv = np.sqrt(vv) * z1
    s_vh = follows * z1 + np.sqrt(max(0.0, vh - abs(follows) ** 2)) * z2
    data = {"s_vv": s_vv, "s_vh": s_vh}
    attrs = {name: {"units": "1", "long_name": SLC.variables[name].long_name} for name in data}
    return xr.Dataset({name: (("y", "x"), v.astype(np.complex64), attrs[name]) for name, v in data.items()})


def _unit_power(c2: xr.Dataset) -> tuple[NDArray[np.inexact], ...]:
    elements = _elements(c2)
    span = float(elements[0][0] + elements[1][0])
    require(span > 0, f"mixture: a C2 of power {span:g}; expected power above 0. Give another target.")
    return tuple(element / span for element in elements)


def _elements(c2: xr.Dataset) -> tuple[NDArray[np.inexact], ...]:
    elements = tuple(np.ravel(c2[name].values) for name in C2.variables)
    require(
        all(element.size == 1 for element in elements),
        f"targets: C2 of {dict(c2.sizes)} pixels; expected one. Select it with c2.isel(x=[0]).",
    )
    return elements[0], elements[1], elements[2]


def _dataset(
    vv: NDArray[np.floating], vh: NDArray[np.floating], cross: NDArray[np.complexfloating]
) -> xr.Dataset:
    values = dict(zip(("c_vv_vv", "c_vh_vh", "c_vv_vh"), (vv, vh, cross), strict=True))
    attrs = {name: {"units": LINEAR_POWER, "long_name": C2.variables[name].long_name} for name in values}
    return xr.Dataset({name: (("y", "x"), v[np.newaxis], attrs[name]) for name, v in values.items()})
