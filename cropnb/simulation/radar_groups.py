"""Groups of the tracks in a simulated scene, and the coordinates of the truth about them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from cropnb.schema import C2, SLC
from cropnb.simulation.grid import acquisition_times, column_eastings, pixel_coordinates, row_northings
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.radar_parameters import Track
from cropnb.simulation.slc import line_cells
from cropnb.simulation.tracks import pair_starts, scene_passes, scene_tracks, track_days

IMPOSED = "imposed"  # attribute of groups in which something was set that the physics does not give
Coordinates = dict[str, xr.Variable]
_TRUTH = {
    "coherence_vv": "true coherence VV, before any estimate",
    "coherence_vh": "true coherence VH, before any estimate",
}


def radar_groups(mosaic: dict[str, np.ndarray], parameters: Parameters) -> dict[str, xr.Dataset]:
    """Groups of all tracks.

    Parameters
    ----------
    mosaic : dict (variable,) [1]
        Arrays of the scene.
    parameters : Parameters () [1]
        Tracks, dates, pixel sizes.

    Returns
    -------
    dict (group,) [1]
        `/sentinel1/<relative_orbit>/c2`, or `slc` where the preset asks for single-look images.
    """
    single_look = parameters.preset.single_look
    name, schema = ("slc", SLC) if single_look else ("c2", C2)
    place = single_look_coordinates(parameters) if single_look else pixel_coordinates(parameters)
    groups = {}
    for track in scene_tracks(parameters):
        orbit = track.relative_orbit
        variables = {
            key: (v.dims, mosaic[f"{orbit}/{key}"], {"units": v.units, "long_name": v.long_name})
            for key, v in schema.variables.items()
        }
        attrs = {"relative_orbit": orbit, "orbit_direction": track.orbit_direction} | _imposed([track])
        time = {"time": acquisition_times(parameters, _days(parameters, track))}
        groups[f"/sentinel1/{orbit}/{name}"] = xr.Dataset(variables, coords=time | place, attrs=attrs)
    return groups


def single_look_coordinates(parameters: Parameters) -> Coordinates:
    """Coordinates of lines and samples of single-look images; they jump between tiles.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.

    Returns
    -------
    dict (2,) [m]
        `y` of lines, 15 m apart; `x` of samples, one per cell.
    """
    n, cell_m = 2 * parameters.preset.n_pixel, parameters.scene.cell_m
    line = (line_cells(n, parameters.radar, cell_m=cell_m) - (n - 1) / 2) * cell_m
    sample = (np.arange(n) - (n - 1) / 2) * cell_m
    y = [north - line for north in row_northings(parameters)]
    x = [east + sample for east in column_eastings(parameters)]
    return {
        "y": xr.Variable("y", np.concatenate(y), {"units": "m", "long_name": "northing of the line"}),
        "x": xr.Variable("x", np.concatenate(x), {"units": "m", "long_name": "easting of the sample"}),
    }


def pass_coordinates(parameters: Parameters) -> Coordinates:
    """Dates of all tracks, and which track each belongs to.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.

    Returns
    -------
    dict (2,) [1]
        `time` and `relative_orbit` (time,).
    """
    passes = scene_passes(parameters)
    attrs = {"units": "1", "long_name": "relative orbit of the acquisition"}
    return {
        "time": acquisition_times(parameters, [int(day) for day in passes.day]),
        "relative_orbit": xr.Variable("time", passes.relative_orbit, attrs),
    }


def coherence_truth(mosaic: dict[str, np.ndarray], parameters: Parameters) -> xr.Dataset:
    """True coherence of the pairs of all tracks, track after track.

    Parameters
    ----------
    mosaic : dict (variable,) [1]
        Arrays of the scene.
    parameters : Parameters () [1]
        Tracks and dates.

    Returns
    -------
    Dataset (pair, y, x) [1]
        With `first_time`, `second_time` and `pair_orbit`; empty where no dates make a pair.
    """
    truth = xr.Dataset()
    pairs = list(_pairs(parameters))
    if not pairs:
        return truth
    imposed = _imposed(scene_tracks(parameters))
    for name, text in _TRUTH.items():
        truth[name] = (("pair", "y", "x"), mosaic[name], {"units": "1", "long_name": text} | imposed)
    orbits = np.array([orbit for orbit, _, _ in pairs])
    attrs = {"units": "1", "long_name": "relative orbit of the pair"}
    return truth.assign_coords(
        first_time=acquisition_times(parameters, [first for _, first, _ in pairs], dim="pair"),
        second_time=acquisition_times(parameters, [second for _, _, second in pairs], dim="pair"),
        pair_orbit=xr.Variable("pair", orbits, attrs),
    )


def _imposed(tracks: list[Track]) -> dict[str, str]:
    """Attribute that tells whoever uses a coherence which factors were put on it, if any were."""
    factors = [f"{t.sys_coh:g} on relative orbit {t.relative_orbit}" for t in tracks if t.sys_coh != 1]
    return {IMPOSED: f"factor on coherence: {', '.join(factors)}"} if factors else {}


def _days(parameters: Parameters, track: Track) -> list[int]:
    return [int(day) for day in track_days(parameters, track)]


def _pairs(parameters: Parameters) -> Iterator[tuple[int, int, int]]:
    """Orbit and both days of each pair."""
    for track in scene_tracks(parameters):
        days = _days(parameters, track)
        for start in pair_starts(parameters, track):
            yield track.relative_orbit, days[start], days[start + 1]
