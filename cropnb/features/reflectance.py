"""Reflectance from the digital numbers of optical products, and its usable part."""

from __future__ import annotations

import re

import numpy as np
import xarray as xr

from cropnb.features.images import Image, aligned
from cropnb.schema import SchemaError, require

_FIRST_WITH_OFFSET = (4, 0)  # processing baseline of 25 January 2022
_OFFSET = -1000  # BOA_ADD_OFFSET and RADIO_ADD_OFFSET of all bands since then
_BASELINE = re.compile(r"N?(\d{2})\.?(\d{2})")


def sentinel2_offset(processing_baseline: str) -> int:
    """Number to add to the digital numbers of a Sentinel-2 product, by its processing baseline.

    Parameters
    ----------
    processing_baseline : str () [1]
        `04.00`, or `N0400` as in the name of a product.

    Returns
    -------
    int () [digital number]
        -1000 from baseline 04.00 on, 0 before.

    Raises
    ------
    SchemaError
        If it is no baseline.

    Notes
    -----
    The baseline counts, not the date: old scenes are processed again. Copies of the archive in the cloud may
    have the offset taken out already; a product's own metadata (BOA_ADD_OFFSET) has the last word.

    Examples
    --------
    >>> sentinel2_offset("N0400"), sentinel2_offset("02.14")
    (-1000, 0)
    """
    found = _BASELINE.fullmatch(processing_baseline)
    if found is None:
        message = f"sentinel2_offset: baseline {processing_baseline!r}; expected one like '04.00' or 'N0400'."
        raise SchemaError(message)
    return _OFFSET if (int(found[1]), int(found[2])) >= _FIRST_WITH_OFFSET else 0


def reflectance_from_digital(
    digital_number: Image, *, scale: float = 1e-4, offset: float = 0, no_data: float | None = 0
) -> xr.DataArray:
    r"""Reflectance from digital numbers, as Sentinel-2 products store them.

    .. math::
        \rho = s\,(DN + o)

    where :math:`s` is `scale` (one over QUANTIFICATION_VALUE) and :math:`o` is `offset` (BOA_ADD_OFFSET).

    Parameters
    ----------
    digital_number : DataArray or ndarray or dask Array (...) [digital number]
        Whole numbers, or floats that hold them.
    scale : float () [1]
        Reflectance of one step.
    offset : float () [digital number]
        Added before scaling: `sentinel2_offset(baseline)`.
    no_data : float () [digital number], optional
        Number that means missing: 0 in Sentinel-2 products, whatever the offset; None where all count.

    Returns
    -------
    DataArray (...) [1, reflectance]
        NaN where missing; float32 from 16-bit numbers. With an offset, noise of dark surfaces is negative.

    Raises
    ------
    SchemaError
        If `scale` is not positive.

    Examples
    --------
    >>> number = np.array([0, 1452], dtype=np.uint16)
    >>> reflectance_from_digital(number, offset=-1000).values
    array([   nan, 0.0452], dtype=float32)
    """
    require(
        scale > 0, f"reflectance_from_digital: scale {scale}; expected one above 0, as 1e-4 for Sentinel-2."
    )
    number = digital_number if isinstance(digital_number, xr.DataArray) else xr.DataArray(digital_number)
    values = number.astype(np.result_type(number.dtype, np.float32).newbyteorder("="))
    usable = np.isfinite(values) if no_data is None else np.isfinite(values) & (values != no_data)
    reflectance: xr.DataArray = (values + float(offset)).where(usable) * float(scale)
    reflectance.attrs = {"long_name": "reflectance", **number.attrs, "units": "1"}
    return reflectance


def masked(reflectance: xr.DataArray, valid_mask: xr.DataArray) -> xr.DataArray:
    """Reflectance where it is usable, NaN elsewhere.

    Parameters
    ----------
    reflectance : DataArray (...) [1, reflectance]
        As (time, band, y, x) or (sample, time, band).
    valid_mask : DataArray (...) [1]
        bool, True where usable; some of the dims of `reflectance`, with equal coordinates.

    Returns
    -------
    DataArray (...) [1, reflectance]
        With dims, coordinates and attributes of `reflectance`; infinite values are NaN, too.

    Raises
    ------
    SchemaError
        If the mask is not of bool, has other dims, or differs in coordinates.
    """
    require(
        valid_mask.dtype == np.bool_,
        f"masked: valid_mask of {valid_mask.dtype}; expected bool, True where usable. "
        "Compare a quality layer with its good values first.",
    )
    require(
        set(valid_mask.dims) <= set(reflectance.dims),
        f"masked: valid_mask has dims {valid_mask.dims}; expected some of {reflectance.dims}.",
    )
    values, usable = aligned("masked", reflectance, valid_mask)
    kept: xr.DataArray = values.where(usable & np.isfinite(values)).transpose(*reflectance.dims)
    return kept.assign_attrs(reflectance.attrs)
