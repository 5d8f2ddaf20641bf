r"""Reflectance of a canopy over any soil, interpolated in a table that PROSAIL filled once (decision 0009).

The table holds, by leaf, band and state of the canopy, what PROSPECT-D (Feret et al., 2017) and 4SAIL
(Verhoef et al., 2007) say of it before the soil is known: its reflectance over black soil :math:`\rho_0`, its
two-way transmittance :math:`\tau`, its reflectance from below :math:`\rho_b`, and the share h of the soil
that is seen just where it is lit (hot spot). A soil of reflectance :math:`r` below it gives

.. math::
    \rho = \rho_0 + h r + \frac{\tau r}{1 - \rho_b r}

which is 4SAIL's own sum over reflections between soil and canopy. Soil moisture, straw and standing water
therefore need no axis of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, reduce
from itertools import product
from operator import mul
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cropnb.paths import data_folder
from cropnb.schema import require
from cropnb.simulation.arrays import Booleans, Floats, Integers

TABLE = "canopy_spectra.npz"  # in data/tables
_EXTINCTION = 0.4  # reflectance is closer to linear in the gap fraction exp(-0.4 LAI) than in LAI


@dataclass(frozen=True, kw_only=True)
class Canopy:
    """State of canopies; arrays of one shape, or of shapes that broadcast."""

    lai: Floats | float  # leaves of any colour over ground [1]
    greenness: Floats | float  # 1 green, 0 dead
    pigment_gain: Floats | float = 1.0  # chlorophyll over that of the leaf
    water_gain: Floats | float = 1.0
    angle_offset_deg: Floats | float = 0.0  # added to the leaf's mean inclination
    sun_zenith_deg: Floats | float = 40.0


@dataclass(frozen=True)
class LeafTable:
    """What the table holds of one leaf."""

    terms: Floats  # (term, band, sun, angle, gain, greenness, lai): black, two-way, from below
    hot_spot: Floats  # (sun, angle, lai)


@dataclass(frozen=True)
class CanopySpectra:
    """Axes and bands of the table, the reflectance of what lies below canopies, and the leaves it knows."""

    axes: dict[str, Floats]
    bands: tuple[str, ...]
    pigment_band: Booleans  # True: feels chlorophyll, False: feels water
    soil_dry: Floats
    soil_wet: Floats
    straw: Floats
    leaves: tuple[str, ...]


_AXES = ("sun_zenith_deg", "angle_offset_deg", "gain", "greenness", "lai")  # the table's last dims
_WARPS: dict[str, Callable[[Floats], Floats]] = {  # linear in these; a polynomial in the angles
    "gain": np.log,
    "greenness": lambda x: -np.sqrt(1 - x),  # a little brown pigment darkens the near infrared much
    "lai": lambda x: -np.expm1(-_EXTINCTION * x),
}


@cache
def load_canopy_spectra() -> CanopySpectra:
    """Axes, bands and soils of the committed table.

    Returns
    -------
    CanopySpectra () [1]
        Read once.
    """
    with np.load(_path()) as file:
        leaves = tuple(name.removesuffix(".terms") for name in file.files if name.endswith(".terms"))
        axes, bands = {name: file[name] for name in _AXES}, tuple(map(str, file["bands"]))
        dry, wet, straw = (file[name] for name in ("soil_dry", "soil_wet", "straw"))
        return CanopySpectra(axes, bands, file["pigment_band"], dry, wet, straw, leaves)


def canopy_reflectance(leaf: str, canopy: Canopy, soil: Floats) -> Floats:
    """Reflectance of canopies of one leaf, in all bands of the table.

    Parameters
    ----------
    leaf : str () [1]
        One of `CanopySpectra.leaves`.
    canopy : Canopy (...) [1]
        State; outside of the table's axes the nearest node counts.
    soil : ndarray (..., band) [1, reflectance]
        What lies below, in the bands of the table.

    Returns
    -------
    ndarray (..., band) [1, reflectance]
        `soil` where there are no leaves.

    Raises
    ------
    SchemaError
        If the table does not have the leaf.
    """
    spectra, table = load_canopy_spectra(), leaf_table(leaf)
    state = np.broadcast_arrays(
        canopy.sun_zenith_deg,
        canopy.angle_offset_deg,
        canopy.pigment_gain,
        canopy.water_gain,
        canopy.greenness,
        canopy.lai,
    )
    sun, angle, pigment, water, green, lai = (np.asarray(x, dtype=float) for x in state)
    black, two_way, below = np.empty((3, *lai.shape, len(spectra.bands)))
    for of_band, gain in ((spectra.pigment_band, pigment), (~spectra.pigment_band, water)):
        found = _interpolate(
            table.terms[:, of_band], spectra, ("sun_zenith_deg", sun), ("angle_offset_deg", angle),
            ("gain", gain), ("greenness", green), ("lai", lai),
        )  # fmt: skip
        black[..., of_band], two_way[..., of_band], below[..., of_band] = np.moveaxis(found, 1, -1)
    hot_spot = _interpolate(
        table.hot_spot, spectra, ("sun_zenith_deg", sun), ("angle_offset_deg", angle), ("lai", lai)
    )
    reflectance: Floats = black + hot_spot[..., None] * soil + two_way * soil / (1 - below * soil)
    return reflectance


@cache
def leaf_table(leaf: str) -> LeafTable:
    """Table of one leaf.

    Parameters
    ----------
    leaf : str () [1]
        One of `CanopySpectra.leaves`.

    Returns
    -------
    LeafTable () [1]
        Read once; the stored integers are differences along the axes, in steps of 1e-4.

    Raises
    ------
    SchemaError
        If the table does not have the leaf.
    """
    known = load_canopy_spectra().leaves
    require(leaf in known, f"leaf {leaf!r} is not in {TABLE}; it has {', '.join(known)}. Use one of these.")
    with np.load(_path()) as file:
        step = float(file["step"])
        return LeafTable(_unpacked(file[f"{leaf}.terms"], step), _unpacked(file[f"{leaf}.hot_spot"], step))


def _path() -> Path:
    return data_folder() / "tables" / TABLE


def _unpacked(steps: Integers, step: float) -> Floats:
    for axis in range(-1, -min(steps.ndim, len(_AXES)) - 1, -1):
        steps = np.cumsum(steps, axis=axis, dtype=np.int16)
    return steps * step


def _interpolate(table: Floats, spectra: CanopySpectra, *axes: tuple[str, Floats]) -> Floats:
    """Values between the nodes of the table's last axes, which `axes` names; leading ones are kept."""
    weights = [list(_weights(spectra.axes[name], values, name)) for name, values in axes]
    found: NDArray[np.float64] = np.zeros((*table.shape[: -len(axes)], *axes[0][1].shape))
    for corner in product(*weights):
        weight: Any = reduce(mul, (of_axis for _, of_axis in corner))
        index: Any = (..., *(node for node, _ in corner))
        found += weight * table[index]
    return found


def _weights(nodes: Floats, values: Floats, name: str) -> Iterator[tuple[Integers, Floats]]:
    """Nodes to look at, and their weights: two linear ones, or all of a polynomial; clipped to the nodes."""
    x = np.clip(values, nodes[0], nodes[-1])
    if name in _WARPS:
        at, x = _WARPS[name](nodes), _WARPS[name](x)
        lower = np.clip(np.searchsorted(at, x, side="right") - 1, 0, nodes.size - 2)
        fraction = (x - at[lower]) / (at[lower + 1] - at[lower])
        yield from ((lower, 1 - fraction), (lower + 1, fraction))
    else:
        for k, node in enumerate(nodes):
            others = np.delete(nodes, k)
            factors = (x[..., None] - others) / (node - others)
            yield np.full(x.shape, k), np.prod(factors, axis=-1)
