"""Optical vegetation indices from surface reflectance."""

from __future__ import annotations

import numpy as np
import xarray as xr


def ndvi(red: xr.DataArray, near_infrared: xr.DataArray) -> xr.DataArray:
    r"""Normalised difference vegetation index.

    .. math::
        NDVI = \frac{\rho_{NIR} - \rho_{red}}{\rho_{NIR} + \rho_{red}}

    where the reflectances are `near_infrared` (Sentinel-2 band B08) and `red` (B04).

    Parameters
    ----------
    red : DataArray (...) [1, reflectance]
        Red reflectance.
    near_infrared : DataArray (...) [1, reflectance]
        Near-infrared reflectance, same dims.

    Returns
    -------
    DataArray (...) [1]
        Between -1 and 1 for non-negative reflectance; NaN where either is missing or their sum is not
        positive.

    References
    ----------
    [Tucker1979]

    Examples
    --------
    >>> round(ndvi(xr.DataArray(0.1), xr.DataArray(0.3)).item(), 6)
    0.5
    """
    total = near_infrared + red
    index: xr.DataArray = (near_infrared - red) / total.where(total > 0)
    return index.rename("ndvi").assign_attrs(units="1", long_name="NDVI").where(np.isfinite(index))
