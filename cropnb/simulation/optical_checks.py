"""Rules that tie the optical values of a parameter file together."""

from __future__ import annotations

from itertools import pairwise

from cropnb.schema import SENTINEL2_BANDS, require
from cropnb.simulation.canopy_spectra import load_canopy_spectra
from cropnb.simulation.optical_parameters import OPTICAL_SENSORS, OpticalSensor, Surfaces
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.raster import Ground
from cropnb.simulation.rules import require_known, require_share

_COVERS = tuple(ground.name.lower() for ground in Ground if ground is not Ground.FIELD)


def check_optics(parameters: Parameters) -> None:
    """Raise where optical values contradict each other or the table of canopy spectra.

    Parameters
    ----------
    parameters : Parameters () [1]
        As read from the file.

    Raises
    ------
    SchemaError
        Naming the key, the value and the remedy.
    """
    _check_surfaces(parameters.optics.surfaces, tuple(parameters.crops))
    for name in OPTICAL_SENSORS:
        _check_sensor(f"optics.{name}", parameters.optics.sensor(name), parameters)
    known = parameters.optics.sentinel2.bands
    require_known("optics.sentinel2.bands", known, SENTINEL2_BANDS)
    _check_clouds_and_cameras(parameters)
    _check_flowers(parameters)


def _check_surfaces(surfaces: Surfaces, crops: tuple[str, ...]) -> None:
    where, spectra = "optics.surfaces", load_canopy_spectra()
    require(
        surfaces.bands == spectra.bands,
        f"{where}.bands: {list(surfaces.bands)}; expected {list(spectra.bands)}, the bands of the table. "
        "Write these, in this order.",
    )
    require_known(f"{where}.leaves", surfaces.leaves, crops)
    for crop in crops:
        leaf = surfaces.leaves.get(crop)
        require(
            leaf in spectra.leaves,
            f"{where}.leaves.{crop}: {leaf!r}; expected one of {', '.join(spectra.leaves)}. Name one.",
        )
    require_known(f"{where}.covers", surfaces.covers, (*_COVERS, *(f"{cover}_leafless" for cover in _COVERS)))
    missing = [cover for cover in _COVERS if cover not in surfaces.covers]
    require(not missing, f"{where}.covers: no {', '.join(missing)}. Add a reflectance for each band.")
    for cover, values in surfaces.covers.items():
        require(
            len(values) == len(surfaces.bands) and min(values) >= 0 and max(values) <= 1,
            f"{where}.covers.{cover}: {list(values)}; expected {len(surfaces.bands)} reflectances between 0 "
            "and 1, one per band. Correct the list.",
        )


def _check_sensor(where: str, sensor: OpticalSensor, parameters: Parameters) -> None:
    require_known(f"{where}.bands", sensor.bands, parameters.optics.surfaces.bands)
    require_known(f"{where}.coarse_bands", sensor.coarse_bands, sensor.bands)
    _check_dates(where, sensor, parameters)
    cell_m, n_pixel = parameters.scene.cell_m, parameters.preset.n_pixel
    require(
        sensor.pixel_m in (cell_m, 2 * cell_m),
        f"{where}.pixel_m: {sensor.pixel_m:g}; expected {cell_m:g} or {2 * cell_m:g}, one or two cells. "
        "Write one of these.",
    )
    require(
        not sensor.coarse_bands or n_pixel % 2 == 0,
        f"preset n_pixel: {n_pixel}; expected an even number, for {where}.coarse_bands. Add one.",
    )
    low, high = sensor.cloud_range
    require(
        0 <= low <= high <= 1,
        f"{where}.cloud_range: {[low, high]}; expected two shares, rising, from 0 to 1. Correct them.",
    )
    require(
        0 <= sensor.clear_share <= 1,
        f"{where}.clear_share: {sensor.clear_share:g}; expected 0 to 1. Correct it.",
    )


def _check_dates(where: str, sensor: OpticalSensor, parameters: Parameters) -> None:
    for first, second in pairwise(sensor.acquisitions):
        require(
            first < second,
            f"{where}.acquisitions: day {second} follows day {first}; expected rising dates. Sort them.",
        )
    scene = parameters.scene
    outside = [d for d in sensor.acquisitions if not scene.season_start <= d <= scene.season_end]
    require(
        not outside,
        f"{where}.acquisitions: days {outside} leave the season, days {scene.season_start} to "
        f"{scene.season_end}. Widen the season or drop dates.",
    )


def _check_clouds_and_cameras(parameters: Parameters) -> None:
    clouds, cameras = parameters.optics.clouds, parameters.optics.cameras
    require(
        len(clouds.length_m) == len(clouds.weight) > 0 and min(*clouds.length_m, *clouds.weight) > 0,
        f"optics.clouds.weight: {list(clouds.weight)} for lengths {list(clouds.length_m)}; expected as many, "
        "all positive. Give one weight per length.",
    )
    require(
        cameras.n_per_tile == 0 or (cameras.n_per_tile > 0 and not parameters.preset.inside_county),
        f"optics.cameras.n_per_tile: {cameras.n_per_tile}; expected 0, or more in a preset that is simulated "
        "at once. Set 0, or take a smaller preset.",
    )
    require(
        cameras.start < cameras.end,
        f"optics.cameras.end: day {cameras.end} is not after start, day {cameras.start}. Sort them.",
    )
    near, far = cameras.view_m
    require(
        0 <= near < far,
        f"optics.cameras.view_m: {[near, far]}; expected a nearer and a farther distance. Sort them.",
    )


def _check_flowers(parameters: Parameters) -> None:
    require_known("flowers", parameters.flowers, tuple(parameters.crops))
    for crop, flowers in parameters.flowers.items():
        where = f"flowers.{crop}"
        require(
            flowers.start < flowers.end,
            f"{where}.end: day {flowers.end} is not after start, day {flowers.start}. Sort them.",
        )
        require(flowers.width_d > 0, f"{where}.width_d: {flowers.width_d:g}; expected above 0. Raise it.")
        require_share(f"{where}.share", flowers.share)
        require_known(f"{where}.reflectance", flowers.reflectance, parameters.optics.surfaces.bands)
        for band, value in flowers.reflectance.items():
            require_share(f"{where}.reflectance.{band}", value)
