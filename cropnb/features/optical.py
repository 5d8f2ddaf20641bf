"""Optical vegetation indices from surface reflectance, and the bands that the seed papers use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import xarray as xr

from cropnb.features.images import Image, aligned
from cropnb.schema import SENTINEL2_BANDS, require

# Colour -> band. B08 and B04 have 10 m pixels; B8A (20 m) is the narrow near infrared.
SENTINEL2_COLOURS: Mapping[str, str] = MappingProxyType(
    {"blue": "B02", "green": "B03", "red": "B04", "near_infrared": "B08"}
)
RAPIDEYE_COLOURS: Mapping[str, str] = MappingProxyType(
    {name: name for name in ("blue", "green", "red", "red_edge", "near_infrared")}
)

# Bands that the seeds feed to their models, as far as their text names them.
BAND_SETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # [Liu2024] 4.3.1 and Table 5-1: red, narrow near infrared ("vegetation red edge" there), short wave.
        "liu2024_sentinel2": ("B04", "B8A", "B11"),
        # [Liu2024] Table 5-1: 630-685, 690-730, 760-850 nm.
        "liu2024_rapideye": ("red", "red_edge", "near_infrared"),
        # [Teimouri2023] 4.1: "red, green, blue, and near-infrared" at 10 m, B4, B3, B2 by number (Fig. 3).
        "teimouri2023": ("B02", "B03", "B04", "B08"),
        # [Zhao2022] 2.2.2: "bands 2, 3, 4, and 8". Its Table 1 writes the NDVI with B7 in the place of B8.
        "zhao2022": ("B02", "B03", "B04", "B08"),
        # [Garnot2022] names no bands; PASTIS holds the ten without the 60 m bands 1, 9 and 10.
        "garnot2022": SENTINEL2_BANDS,
    }
)
# [Huete2002]: gain, aerosol resistance of red and of blue, canopy background. For reflectance from 0 to 1.
_EVI_GAIN, _EVI_RED, _EVI_BLUE, _EVI_BACKGROUND = 2.5, 6.0, 7.5, 1.0


def ndvi(red: Image, near_infrared: Image) -> xr.DataArray:
    r"""Normalised difference vegetation index.

    .. math::
        NDVI = \frac{\rho_{NIR} - \rho_{red}}{\rho_{NIR} + \rho_{red}}

    where the reflectances are `near_infrared` (Sentinel-2 band B08) and `red` (B04).

    Parameters
    ----------
    red : DataArray or ndarray or dask Array (...) [1, reflectance]
        Red reflectance.
    near_infrared : DataArray or ndarray or dask Array (...) [1, reflectance]
        Near-infrared reflectance, same dims and coordinates.

    Returns
    -------
    DataArray (...) [1]
        Between -1 and 1. float32 from float32 and from 16-bit integers, without their overflow.

    Raises
    ------
    SchemaError
        If the bands differ in dims or coordinates.

    Notes
    -----
    NaN where a band is missing (NaN or infinite) or negative, as over dark surfaces after too strong an
    atmospheric correction, and where both are zero. `reflectance.clip(min=0)` first keeps dark water.

    References
    ----------
    [Tucker1979]

    Examples
    --------
    >>> round(ndvi(xr.DataArray(0.1), xr.DataArray(0.3)).item(), 6)
    0.5
    """
    red, near_infrared = _clean("ndvi", red=red, near_infrared=near_infrared)
    return _index("NDVI", near_infrared - red, near_infrared + red)


def ndwi(green: Image, near_infrared: Image) -> xr.DataArray:
    r"""Normalised difference water index of McFeeters: open water is positive, vegetation and soil negative.

    .. math::
        NDWI = \frac{\rho_{green} - \rho_{NIR}}{\rho_{green} + \rho_{NIR}}

    where the reflectances are `green` (Sentinel-2 band B03) and `near_infrared` (B08).

    Parameters
    ----------
    green : DataArray or ndarray or dask Array (...) [1, reflectance]
        Green reflectance.
    near_infrared : DataArray or ndarray or dask Array (...) [1, reflectance]
        Near-infrared reflectance, same dims and coordinates.

    Returns
    -------
    DataArray (...) [1]
        Between -1 and 1.

    Raises
    ------
    SchemaError
        If the bands differ in dims or coordinates.

    Notes
    -----
    Gao's index of the same name and year compares two infrared bands, for the water in leaves: not this one.
    Missing, negative and zero reflectance as in `ndvi`.

    References
    ----------
    [McFeeters1996]
    """
    green, near_infrared = _clean("ndwi", green=green, near_infrared=near_infrared)
    return _index("NDWI (McFeeters)", green - near_infrared, green + near_infrared)


def gcc(blue: Image, green: Image, red: Image) -> xr.DataArray:
    r"""Green chromatic coordinate: the share of green in visible brightness.

    .. math::
        GCC = \frac{\rho_{green}}{\rho_{blue} + \rho_{green} + \rho_{red}}

    where the reflectances are `blue`, `green`, `red` (Sentinel-2 bands B02, B03, B04), or a camera's digital
    numbers.

    Parameters
    ----------
    blue : DataArray or ndarray or dask Array (...) [1, reflectance]
        Blue reflectance.
    green : DataArray or ndarray or dask Array (...) [1, reflectance]
        Green reflectance, same dims and coordinates.
    red : DataArray or ndarray or dask Array (...) [1, reflectance]
        Red reflectance, same dims and coordinates.

    Returns
    -------
    DataArray (...) [1]
        Between 0 and 1; a third for grey.

    Raises
    ------
    SchemaError
        If the bands differ in dims or coordinates.

    Notes
    -----
    Missing, negative and zero reflectance as in `ndvi`.

    References
    ----------
    [Zhao2022], Table 1; [Richardson2018]
    """
    blue, green, red = _clean("gcc", blue=blue, green=green, red=red)
    return _index("GCC", green, blue + green + red)


def evi(blue: Image, red: Image, near_infrared: Image) -> xr.DataArray:
    r"""Enhanced vegetation index, with the coefficients of MODIS.

    .. math::
        EVI = 2.5\,\frac{\rho_{NIR} - \rho_{red}}{\rho_{NIR} + 6 \rho_{red} - 7.5 \rho_{blue} + 1}

    where the reflectances are `near_infrared`, `red`, `blue` (Sentinel-2 bands B08, B04, B02).

    Parameters
    ----------
    blue : DataArray or ndarray or dask Array (...) [1, reflectance]
        Blue reflectance.
    red : DataArray or ndarray or dask Array (...) [1, reflectance]
        Red reflectance, same dims and coordinates.
    near_infrared : DataArray or ndarray or dask Array (...) [1, reflectance]
        Near-infrared reflectance, same dims and coordinates.

    Returns
    -------
    DataArray (...) [1]
        Without bounds: where blue is bright (snow, cloud) the denominator comes near zero.

    Raises
    ------
    SchemaError
        If a band holds integers, which are no reflectance, or the bands differ in dims or coordinates.

    Notes
    -----
    The background term 1 has the unit of reflectance: floats that hold digital numbers give a wrong EVI.
    Missing and negative reflectance as in `ndvi`; NaN too where the denominator is not positive.

    References
    ----------
    [Huete2002]
    """
    for name, band in (("blue", blue), ("red", red), ("near_infrared", near_infrared)):
        kind = np.dtype(getattr(band, "dtype", type(band))).kind
        require(
            kind == "f",
            f"evi: {name} holds whole numbers (dtype kind {kind!r}); expected reflectance from 0 to 1. "
            "Use reflectance_from_digital first.",
        )
    blue, red, near_infrared = _clean("evi", blue=blue, red=red, near_infrared=near_infrared)
    denominator = near_infrared + _EVI_RED * red - _EVI_BLUE * blue + _EVI_BACKGROUND
    return _index("EVI", _EVI_GAIN * (near_infrared - red), denominator)


# Index -> (function, colours in the order of its arguments).
OPTICAL_INDICES: Mapping[str, tuple[Callable[..., xr.DataArray], tuple[str, ...]]] = MappingProxyType(
    {
        "ndvi": (ndvi, ("red", "near_infrared")),
        "gcc": (gcc, ("blue", "green", "red")),
        "evi": (evi, ("blue", "red", "near_infrared")),
        "ndwi": (ndwi, ("green", "near_infrared")),
    }
)


def optical_indices(
    reflectance: xr.DataArray,
    names: Sequence[str] = tuple(OPTICAL_INDICES),
    *,
    colours: Mapping[str, str] = SENTINEL2_COLOURS,
) -> xr.Dataset:
    """Several indices from a stack of bands.

    Parameters
    ----------
    reflectance : DataArray (..., band, ...) [1, reflectance]
        With a coordinate `band` that names the bands: (time, band, y, x), (sample, time, band), ...
    names : sequence of str (index,) [1]
        Keys of `OPTICAL_INDICES`.
    colours : mapping of str to str (colour,) [1]
        Band of each colour that an index needs; `{**SENTINEL2_COLOURS, "near_infrared": "B8A"}` takes the
        narrow near infrared, the only one of [Liu2024].

    Returns
    -------
    Dataset (...) [1]
        One variable per index, with the dims of `reflectance` but `band`.

    Raises
    ------
    SchemaError
        If an index is unknown, a colour has no band, or the band is not there.
    """
    require(
        "band" in reflectance.indexes,
        f"optical_indices: dims {reflectance.dims} without band names; expected a coordinate 'band'. "
        "Use reflectance.assign_coords(band=[...]).",
    )
    unknown = [name for name in names if name not in OPTICAL_INDICES]
    require(
        not unknown, f"optical_indices: {unknown} unknown; expected some of {', '.join(OPTICAL_INDICES)}."
    )
    return xr.Dataset({name: _by_name(reflectance, name, colours) for name in names})


def _by_name(reflectance: xr.DataArray, name: str, colours: Mapping[str, str]) -> xr.DataArray:
    function, needed = OPTICAL_INDICES[name]
    here = reflectance["band"].values.tolist()
    lacking = [colour for colour in needed if colours.get(colour) not in here]
    require(
        not lacking,
        f"optical_indices: {name} needs {', '.join(needed)}; no band for {', '.join(lacking)} among {here}. "
        "Leave the index out, or name the bands in `colours`.",
    )
    return function(*(reflectance.sel(band=colours[colour], drop=True) for colour in needed))


def _clean(index: str, **bands: Image) -> tuple[xr.DataArray, ...]:
    """Bands of equal dims as native floats, NaN where they are no reflectance."""
    arrays = {name: b if isinstance(b, xr.DataArray) else xr.DataArray(b) for name, b in bands.items()}
    dims = {name: dict(array.sizes) for name, array in arrays.items()}
    first, *others = dims.values()
    require(
        all(tuple(sizes.items()) == tuple(first.items()) for sizes in others),
        f"{index}: bands of dims {dims}; expected the same of all. Resample them to one grid first.",
    )
    return tuple(_reflectance(array) for array in aligned(index, *arrays.values()))


def _reflectance(values: xr.DataArray) -> xr.DataArray:
    # Integers become float before any arithmetic: unsigned ones would wrap around at zero.
    floats = values.astype(np.result_type(values.dtype, np.float32).newbyteorder("="))
    return floats.where((floats >= 0) & (floats < np.inf))


def _index(long_name: str, numerator: xr.DataArray, denominator: xr.DataArray) -> xr.DataArray:
    index: xr.DataArray = numerator / denominator.where(denominator > 0)
    index.attrs = {"units": "1", "long_name": long_name}
    return index.rename(long_name.split(maxsplit=1)[0].lower())
