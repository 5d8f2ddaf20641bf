"""Groups of the optical sensors in a simulated scene, and the truth about their skies."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cropnb.schema import OPTICAL
from cropnb.simulation.grid import acquisition_times, pixel_coordinates
from cropnb.simulation.optical_parameters import OPTICAL_SENSORS
from cropnb.simulation.parameters import Parameters

_SKY = {
    "cloud_opacity": "true opacity of clouds, 0 clear to 1",
    "cloud_shadow": "true depth of cloud shadows, 0 sunlit to 1",
}


def optical_groups(mosaic: dict[str, np.ndarray], parameters: Parameters) -> dict[str, xr.Dataset]:
    """Groups of the sensors that have dates.

    Parameters
    ----------
    mosaic : dict (variable,) [1]
        Arrays of the scene.
    parameters : Parameters () [1]
        Dates, bands, pixel sizes.

    Returns
    -------
    dict (group,) [1]
        `/sentinel2` and `/rapideye`, by the contract.
    """
    groups = {}
    for name in _sensors(mosaic):
        sensor = parameters.optics.sensor(name)
        place = pixel_coordinates(parameters, pixel_m=sensor.pixel_m)
        time = {"time": acquisition_times(parameters, sensor.acquisitions)}
        variables = {
            key: (v.dims, mosaic[f"{name}_{key}"], {"units": v.units, "long_name": v.long_name})
            for key, v in OPTICAL.variables.items()
        }
        groups[f"/{name}"] = xr.Dataset(variables, coords=time | {"band": list(sensor.bands)} | place)
    return groups


def sky_truth(mosaic: dict[str, np.ndarray], parameters: Parameters) -> xr.Dataset:
    """Clouds and shadows that were put over the scene, and how much of it they cover.

    Parameters
    ----------
    mosaic : dict (variable,) [1]
        Arrays of the scene.
    parameters : Parameters () [1]
        Dates.

    Returns
    -------
    Dataset (..., y, x) [1]
        At 10 m; each sensor has a time of its own, such as `sentinel2_time`.
    """
    truth = xr.Dataset()
    for name in _sensors(mosaic):
        time = f"{name}_time"
        truth[time] = acquisition_times(parameters, parameters.optics.sensor(name).acquisitions, dim=time)
        for key, text in _SKY.items():
            attrs = {"units": "1", "long_name": text}
            truth[f"{name}_{key}"] = ((time, "y", "x"), mosaic[f"{name}_{key}"], attrs)
        share = mosaic[f"{name}_cloud_opacity"].mean(axis=(1, 2), dtype=float)
        attrs = {"units": "1", "long_name": "true cloud fraction: mean opacity over the scene"}
        truth[f"{name}_cloud_fraction"] = ((time,), share, attrs)
    return truth


def _sensors(mosaic: dict[str, np.ndarray]) -> list[str]:
    return [name for name in OPTICAL_SENSORS if f"{name}_reflectance" in mosaic]
