"""All radar features of a covariance matrix by name, in one lazy call: what a classifier is fed."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.features.filters import boxcar
from cropnb.features.planes import C2_ELEMENTS
from cropnb.features.polarimetry import POLARIMETRIC_FEATURES, polarimetry
from cropnb.features.radiometry import cross_ratio_db, db_from_linear
from cropnb.features.texture import glcm_texture
from cropnb.features.windows import float_type, use_threads, window_pass
from cropnb.schema import POLARISATIONS, require

_POWER = {"vv": "c_vv_vv", "vh": "c_vh_vh"}


def _backscatter_db(name: str) -> Callable[[xr.Dataset], xr.DataArray]:
    return lambda c2: db_from_linear(c2[name])


_FROM_MEAN: Mapping[str, Callable[[xr.Dataset], xr.DataArray]] = MappingProxyType(
    {
        "vv_db": _backscatter_db("c_vv_vv"),
        "vh_db": _backscatter_db("c_vh_vh"),
        "cross_ratio_db": lambda c2: cross_ratio_db(c2.c_vv_vv, c2.c_vh_vh),
        "c_vv_vv": lambda c2: c2.c_vv_vv,
        "c_vh_vh": lambda c2: c2.c_vh_vh,
        "c_vv_vh_real": lambda c2: c2.c_vv_vh.real,
        "c_vv_vh_imag": lambda c2: c2.c_vv_vh.imag,
    }
)
_LONG_NAMES = {
    "vv_db": "sigma0 VV",
    "vh_db": "sigma0 VH",
    "c_vv_vh_real": "real part of the C2 element VV VH*",
    "c_vv_vh_imag": "imaginary part of the C2 element VV VH*",
}
_TEXTURE = tuple(f"{p}_glcm_{name}" for p in POLARISATIONS for name in ("mean", "variance", "correlation"))
RADAR_FEATURES: tuple[str, ...] = (*_FROM_MEAN, *POLARIMETRIC_FEATURES, *_TEXTURE)


def _decibel_ranges() -> Mapping[str, tuple[float, float]]:
    # Wide enough for farmland from flooded soil to closed canopy; what lies outside takes the last level.
    return {"vv": (-25.0, 0.0), "vh": (-32.0, -7.0)}


@dataclass(frozen=True, kw_only=True)
class TextureSettings:
    """How the texture of sigma0 in decibels is measured; fixed ranges keep dates and places comparable."""

    window: int = 7  # [pixel]
    n_level: int = 32
    distance: int = 1  # [pixel]
    directions: tuple[int, ...] = (0, 45, 90, 135)  # [degree]
    range_db: Mapping[str, tuple[float, float]] = field(default_factory=_decibel_ranges)


def radar_features(
    c2: xr.Dataset, names: Sequence[str], *, window: int = 1, texture: TextureSettings | None = None
) -> xr.Dataset:
    """Features of every acquisition of a stack, by name.

    Parameters
    ----------
    c2 : Dataset (..., y, x) [1, linear power]
        `c_vv_vv`, `c_vh_vh`, `c_vv_vh`; NumPy, or Dask for stacks larger than memory: then nothing is
        computed before it is asked for, chunk by chunk; `cropnb.scenes.write_by_chunks` writes the result.
    names : sequence of str (feature,) [1]
        Out of `RADAR_FEATURES`, each made once; `feature_set` names the groups and scenarios of the thesis.
    window : int () [pixel]
        Odd width of the mean taken before any feature; 1 for a C2 that has been filtered already, with `lee`
        for one. The texture has a window of its own, over the decibels of this mean.
    texture : TextureSettings or None () [1]
        None takes the defaults.

    Returns
    -------
    Dataset (..., y, x) [any]
        One variable per name, in the order asked for, each with its unit.

    Raises
    ------
    SchemaError
        If a name is unknown, or none is given.

    Notes
    -----
    A missing pixel is missing in every feature. Where a mean power is not positive, decibels and ratios are
    missing as well.

    Examples
    --------
    >>> import numpy as np
    >>> from cropnb.features import c2_from_arrays
    >>> ones = np.ones((2, 2))  # a canopy of randomly oriented dipoles: VV three times VH, no correlation
    >>> made = radar_features(c2_from_arrays(3 * ones, ones, 0j * ones), ("cross_ratio_db", "m"))
    >>> round(made.cross_ratio_db.values[0, 0].item(), 4), made.m.values[0, 0].item()
    (-4.7712, 0.5)
    """
    _require_known(names)
    names, settings = tuple(dict.fromkeys(names)), texture or TextureSettings()
    wanted = {element for name in names for element in _elements_of(name)}
    elements = [element for element in C2_ELEMENTS if element in wanted]
    make = partial(_features, names=names, window=window, texture=settings)
    real = float_type(*(c2[element] for element in elements))  # one precision, as the pass over chunks has
    c2 = c2[elements].map(lambda image: image.astype(np.result_type(image.dtype, real), copy=False))
    made = make(c2)
    if all(c2[element].chunks is None for element in elements):
        return made
    # A chunk at a time with its halo, all features at once: many small tasks would keep more in memory.
    kernel = partial(_fill, elements=elements, make=make)
    reach = window // 2 + (settings.window // 2 if any(name in _TEXTURE for name in names) else 0)
    images = [c2[element] for element in elements]
    planes = window_pass(kernel, images, reach=(reach, reach), n_output=len(names))
    return made.copy(data={name: plane.data for name, plane in zip(names, planes, strict=True)})


def _elements_of(name: str) -> tuple[str, ...]:
    if name in POLARIMETRIC_FEATURES:
        return tuple(C2_ELEMENTS)
    if name == "cross_ratio_db":
        return tuple(_POWER.values())
    return ("c_vv_vh",) if name.startswith("c_vv_vh") else (_POWER[name.removeprefix("c_")[:2]],)


def _features(c2: xr.Dataset, *, names: Sequence[str], window: int, texture: TextureSettings) -> xr.Dataset:
    made: dict[str, xr.DataArray] = {}
    polarimetric = [name for name in names if name in POLARIMETRIC_FEATURES]
    if polarimetric:
        parameters = polarimetry(c2, features=polarimetric, window=window)
        made |= {name: parameters[name] for name in polarimetric}
    if len(polarimetric) < len(names):
        mean = c2.map(boxcar, window=window)
        made |= {name: make(mean) for name, make in _FROM_MEAN.items() if name in names}
        made |= _textures(mean, names, texture)
    return xr.Dataset({name: _named(made[name], name) for name in names})


def _fill(
    planes: tuple[NDArray[np.inexact], ...],
    out: NDArray[np.floating],
    start: int,
    stop: int,
    *,
    elements: Sequence[str],
    make: Callable[[xr.Dataset], xr.Dataset],
) -> None:
    c2 = xr.Dataset({name: (("y", "x"), plane) for name, plane in zip(elements, planes, strict=True)})
    with use_threads(1):  # Dask has its own
        made = make(c2)
    for plane, feature in zip(out, made.values(), strict=True):
        plane[start:stop] = feature.values[start:stop]


def _require_known(names: Sequence[str]) -> None:
    require(len(names) > 0, "radar_features: no names; expected at least one of RADAR_FEATURES. Add one.")
    for name in names:
        nearest = difflib.get_close_matches(name, RADAR_FEATURES, n=1, cutoff=0.0)
        require(
            name in RADAR_FEATURES,
            f"radar_features: {name!r} unknown; expected names of RADAR_FEATURES. Did you mean {nearest}?",
        )


def _textures(mean: xr.Dataset, names: Sequence[str], settings: TextureSettings) -> dict[str, xr.DataArray]:
    made: dict[str, xr.DataArray] = {}
    for polarisation, element in _POWER.items():
        wanted = [name for name in names if name in _TEXTURE and name.startswith(polarisation)]
        if not wanted:
            continue
        texture = glcm_texture(
            db_from_linear(mean[element]),
            window=settings.window,
            n_level=settings.n_level,
            distance=settings.distance,
            directions=settings.directions,
            value_range=settings.range_db[polarisation],
        )
        made |= {name: texture[name.removeprefix(f"{polarisation}_")] for name in wanted}
    return made


def _named(values: xr.DataArray, name: str) -> xr.DataArray:
    named = values.rename(name)
    if name in _LONG_NAMES:
        named.attrs["long_name"] = _LONG_NAMES[name]
    if name in _TEXTURE:
        named.attrs["long_name"] = f"{name[:2].upper()} {values.attrs['long_name']}"
    return named
