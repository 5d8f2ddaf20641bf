"""Tiny valid scenes, made up and labelled simulated: what tests and doctests work on.

They obey the scene contract and nothing else: the signals are three invented curves, not the physics
of `cropnb.simulation`.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from cropnb.legends import CropClass, Legend
from cropnb.scenes.build import fingerprint_of_text, group_dataset, scene_from_groups
from cropnb.schema import (
    C2,
    COHERENCE,
    LABELS,
    OPTICAL,
    POINTS,
    POINTS_SENTINEL1,
    POINTS_SENTINEL2,
    SENTINEL2_BANDS,
    SIGMA0,
)

_LEGEND = Legend(
    (
        CropClass(0, "grass", "9120"),
        CropClass(1, "maize", "1200"),
        CropClass(2, "winter wheat", "1110"),
    )
)
_VV_DB = (-11.0, -9.0, -13.0)  # dB, per class, mean of the season
_PEAK_DAY = (180.0, 220.0, 140.0)  # day of the year, per class
_SWING_DB = (0.5, 4.0, -4.0)  # dB, per class, at the peak
_PARCEL = 6  # pixels along a parcel's side
_N_LOOKS = 4


def example_raster_scene(rng: np.random.Generator, *, size: int = 24, n_time: int = 6) -> xr.DataTree:
    """Raster scene of square parcels: C2 and coherence of one orbit, sigma0 of another, optics, labels.

    Parameters
    ----------
    rng : Generator
        Source of all randomness; the same state gives the same scene.
    size : int () [pixel]
        Length of a side; a multiple of 6 gives whole parcels.
    n_time : int () [count]
        Acquisitions of each orbit, 12 days apart.

    Returns
    -------
    DataTree
        A scene that `validate` accepts, of kind `simulated`.

    Examples
    --------
    >>> scene = example_raster_scene(np.random.default_rng(0))
    >>> scene["/sentinel1/37/c2"].sizes["time"]
    6
    """
    seed = str(rng.bit_generator.state)
    labels = _labels(size)
    class_id = labels.class_id.to_numpy()
    groups = {
        "/sentinel1/37/c2": _c2(class_id, rng=rng, n_time=n_time),
        "/sentinel1/37/coherence": _coherence(class_id, rng=rng, n_time=n_time),
        "/sentinel1/88/sigma0": _sigma0(class_id, rng=rng, n_time=n_time),
        "/sentinel2": _optical(class_id, rng=rng, n_time=n_time),
        "/labels": labels,
    }
    return scene_from_groups(
        groups,
        name="example-raster",
        season="2017-05-01/2017-09-30",
        crs="EPSG:32631",
        fingerprint=fingerprint_of_text("example-raster", str(size), str(n_time), seed),
        **_made_up(),
    )


def example_point_scene(
    rng: np.random.Generator, *, n_sample: int = 90, n_group: int = 10, missing: float = 0.05
) -> xr.DataTree:
    """Point scene with twelve months of Sentinel-1 and Sentinel-2.

    Parameters
    ----------
    rng : Generator
        Source of all randomness; the same state gives the same scene.
    n_sample, n_group : int () [count]
        Samples, and the spatial groups they fall in.
    missing : float () [1]
        Share of months without a valid value, per sensor.

    Returns
    -------
    DataTree
        A scene that `validate` accepts, of kind `simulated`; three classes of equal size.

    Examples
    --------
    >>> example_point_scene(np.random.default_rng(0))["/points"].sizes["sample"]
    90
    """
    seed = str(rng.bit_generator.state)
    class_id = np.arange(n_sample, dtype=np.int32) % _LEGEND.n_class
    time = np.arange("2017-01", "2018-01", dtype="datetime64[M]").astype("datetime64[ns]")
    groups = {
        "/points": _points(class_id, rng=rng, n_group=n_group),
        "/points/sentinel1": _point_radar(class_id, time, rng=rng, missing=missing),
        "/points/sentinel2": _point_optics(class_id, time, rng=rng, missing=missing),
    }
    return scene_from_groups(
        groups,
        name="example-point",
        season="2017-01-01/2017-12-31",
        crs="EPSG:4326",
        fingerprint=fingerprint_of_text("example-point", str(n_sample), str(n_group), seed),
        **_made_up(),
    )


def _made_up() -> dict[str, str]:
    return {"kind": "simulated", "licence": "CC0-1.0", "source": "cropnb.scenes.examples: invented curves"}


def _grid(size: int) -> dict[str, np.ndarray]:
    step = 10.0 * np.arange(size)  # metres
    return {"y": 5_650_000.0 - step, "x": 500_000.0 + step}


def _times(first: str, n_time: int) -> np.ndarray:
    return (np.datetime64(first, "ns") + 12 * np.arange(n_time) * np.timedelta64(1, "D")).astype("M8[ns]")


def _day_of_year(time: np.ndarray) -> np.ndarray:
    return (time - np.datetime64("2017-01-01", "ns")) / np.timedelta64(1, "D")


def _labels(size: int) -> xr.Dataset:
    row, column = np.indices((size, size)) // _PARCEL
    edge = np.zeros((size, size), bool)
    edge[:, ::_PARCEL] = True  # a track along every parcel, so that there is something unlabelled
    parcel = row * (size // _PARCEL + 1) + column
    half = (size + 1) // 2
    block = 2 * (np.indices((size, size))[0] // half) + np.indices((size, size))[1] // half
    variables = {
        "class_id": np.where(edge, -1, (row + column) % _LEGEND.n_class).astype(np.int32),
        "parcel_id": np.where(edge, -1, parcel).astype(np.int32),
        "block_id": block.astype(np.int32),
        "cropland": ~edge,
    }
    return group_dataset(LABELS, variables, coords=_grid(size), attrs={"legend": _LEGEND.to_json()})


def _vv_db(class_id: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Expected VV, time first; unlabelled pixels behave as grass does."""
    which = np.maximum(class_id, 0)
    day = _day_of_year(time).reshape(-1, *[1] * class_id.ndim)
    bell = np.exp(-(((day - np.take(_PEAK_DAY, which)) / 40.0) ** 2))
    expected: np.ndarray = np.take(_VV_DB, which) + np.take(_SWING_DB, which) * bell
    return expected


def _amplitudes(power: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Complex circular Gaussian amplitudes of the given mean power; looks come first."""
    shape = (_N_LOOKS, *power.shape)
    white = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    speckled: np.ndarray = np.sqrt(power / 2) * white
    return speckled


def _c2(class_id: np.ndarray, *, rng: np.random.Generator, n_time: int) -> xr.Dataset:
    time = _times("2017-05-03T05:50:32", n_time)
    power = 10 ** (_vv_db(class_id, time) / 10)
    vv = _amplitudes(power, rng)
    vh = 0.1 * vv + _amplitudes(0.15 * power, rng)  # weakly correlated, about 8 dB below VV
    variables = {
        "c_vv_vv": (np.abs(vv) ** 2).mean(0).astype(np.float32),
        "c_vh_vh": (np.abs(vh) ** 2).mean(0).astype(np.float32),
        "c_vv_vh": (vv * vh.conj()).mean(0).astype(np.complex64),
    }
    return group_dataset(
        C2, variables, coords={"time": time, **_grid(len(class_id))}, attrs=_orbit(37, "descending")
    )


def _orbit(relative_orbit: int, direction: str) -> dict[str, int | str]:
    return {"relative_orbit": relative_orbit, "orbit_direction": direction}


def _coherence(class_id: np.ndarray, *, rng: np.random.Generator, n_time: int) -> xr.Dataset:
    time = _times("2017-05-03T05:50:32", n_time)
    shape = (n_time - 1, *class_id.shape)
    vv = rng.uniform(0.2, 0.8, shape).astype(np.float32)
    coords = {"first_time": ("pair", time[:-1]), "second_time": ("pair", time[1:]), **_grid(len(class_id))}
    return group_dataset(
        COHERENCE, {"vv": vv, "vh": np.float32(0.7) * vv}, coords=coords, attrs=_orbit(37, "descending")
    )


def _sigma0(class_id: np.ndarray, *, rng: np.random.Generator, n_time: int) -> xr.Dataset:
    time = _times("2017-05-06T17:32:10", n_time)
    vv = 10 ** (_vv_db(class_id, time) / 10) * rng.gamma(_N_LOOKS, 1 / _N_LOOKS, (n_time, *class_id.shape))
    variables = {"vv": vv.astype(np.float32), "vh": (0.16 * vv).astype(np.float32)}
    return group_dataset(
        SIGMA0, variables, coords={"time": time, **_grid(len(class_id))}, attrs=_orbit(88, "ascending")
    )


def _spectrum(class_id: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Expected reflectance, time first and band last: red falls and infrared rises with greenness."""
    which = np.maximum(class_id, 0)
    day = _day_of_year(time).reshape(-1, *[1] * class_id.ndim)
    green = np.exp(-(((day - np.take(_PEAK_DAY, which)) / 50.0) ** 2))[..., None]
    slope = np.array([-0.02, -0.01, -0.05, 0.0, 0.15, 0.2, 0.25, 0.25, -0.05, -0.05])
    expected: np.ndarray = np.linspace(0.06, 0.25, len(SENTINEL2_BANDS)) + slope * green
    return expected


def _optical(class_id: np.ndarray, *, rng: np.random.Generator, n_time: int) -> xr.Dataset:
    time = _times("2017-05-05T10:50:00", n_time)
    clear = np.moveaxis(_spectrum(class_id, time), -1, 1)
    valid = rng.random((n_time, *class_id.shape)) > 0.1
    noisy = clear + 0.005 * rng.standard_normal(clear.shape)
    variables = {
        "reflectance": np.where(valid[:, None], noisy, np.nan).astype(np.float32),
        "valid_mask": valid,
    }
    coords = {"time": time, "band": list(SENTINEL2_BANDS), **_grid(len(class_id))}
    return group_dataset(OPTICAL, variables, coords=coords)


def _points(class_id: np.ndarray, *, rng: np.random.Generator, n_group: int) -> xr.Dataset:
    n_sample = len(class_id)
    group = (np.arange(n_sample) // _LEGEND.n_class % n_group).astype(np.int32)
    variables = {
        "class_id": class_id,
        "lon": -98.0 + 0.5 * group + 0.1 * rng.random(n_sample),
        "lat": 49.5 + 0.1 * rng.random(n_sample),
        "group": group,
    }
    coords = {"sample": np.arange(n_sample)}
    return group_dataset(POINTS, variables, coords=coords, attrs={"legend": _LEGEND.to_json()})


def _point_radar(
    class_id: np.ndarray, time: np.ndarray, *, rng: np.random.Generator, missing: float
) -> xr.Dataset:
    db = _vv_db(class_id, time).T
    vv = 10 ** ((db + rng.standard_normal(db.shape)) / 10)
    vh = 0.16 * vv * 10 ** (0.1 * rng.standard_normal(db.shape))
    valid = rng.random(db.shape) >= missing
    variables = {
        "vv": np.where(valid, vv, np.nan).astype(np.float32),
        "vh": np.where(valid, vh, np.nan).astype(np.float32),
        "valid_mask": valid,
    }
    return group_dataset(POINTS_SENTINEL1, variables, coords={"time": time})


def _point_optics(
    class_id: np.ndarray, time: np.ndarray, *, rng: np.random.Generator, missing: float
) -> xr.Dataset:
    clear = np.swapaxes(_spectrum(class_id, time), 0, 1)
    valid = rng.random(clear.shape[:2]) >= missing
    noisy = clear + 0.02 * rng.standard_normal(clear.shape)
    variables = {
        "reflectance": np.where(valid[..., None], noisy, np.nan).astype(np.float32),
        "valid_mask": valid,
    }
    coords = {"time": time, "band": list(SENTINEL2_BANDS)}
    return group_dataset(POINTS_SENTINEL2, variables, coords=coords)
