r"""Cameras beside fields: green chromatic coordinate by day, and the true dates of the season.

A camera looks obliquely, so its view closes early: :math:`f = 1 - e^{-\kappa PAI}`. With the chlorophyll
:math:`c = dn^p` of leaves that pale before they fall,

.. math::
    GCC = g_{soil} + f \, (g_{green} c - g_{dead} (1 - c))

It sees a wedge of ground some way off, not the pixel it stands on, and may therefore see another field than a
satellite patch about it: that mismatch is part of the data. Truth is taken from the curve without noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import xarray as xr

from cropnb.schema import require
from cropnb.simulation.arrays import Booleans, Floats, Integers
from cropnb.simulation.field_growth import grow_fields
from cropnb.simulation.foliage import Foliage, make_foliage
from cropnb.simulation.grid import acquisition_times, scene_tiles
from cropnb.simulation.landscape import Land, make_land
from cropnb.simulation.optical_parameters import CameraParameters
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.raster import Ground, cell_centres
from cropnb.simulation.rotation import plant
from cropnb.simulation.seeds import Stage, Tile, tile_rng
from cropnb.simulation.tile import grow_season, scene_weather
from cropnb.simulation.weather import Weather

SEASON_LEVELS = (20, 50)  # percent of the rise and of the fall


@dataclass(frozen=True)
class View:
    """One camera: its cell, and the shares of the fields in its region of interest."""

    y: int
    x: int
    azimuth_deg: float
    share: Floats  # (object,) [1]


def simulate_cameras(parameters: Parameters, *, n_site: int) -> xr.Dataset:
    """Camera series of a scene, with true dates.

    Parameters
    ----------
    parameters : Parameters () [1]
        From `load_parameters`.
    n_site : int () [count]
        Cameras, dealt to the tiles in turn.

    Returns
    -------
    Dataset (site, time) [1]
        `gcc` and its true curve, the crop in view, the place (`row` and `column` being the pixel of the scene
        on which the patch for a satellite is centred), and the days, since 1 January, on which the true curve
        crosses 20 and 50 percent of its rise (`sos20`, `sos50`) and of its fall (`eos50`, `eos20`).

    Raises
    ------
    SchemaError
        If there are fewer than one site, or a tile has no room for its cameras.
    """
    require(n_site >= 1, f"cameras: n_site {n_site}; expected 1 or more. Raise it.")
    weather, tiles = scene_weather(parameters), scene_tiles(parameters)
    parts = []
    for number, tile in enumerate(tiles[:n_site]):
        n_here = len(range(number, n_site, len(tiles)))
        parts.append(_tile_cameras(parameters, tile, weather, n_here))
    return xr.concat(parts, dim="site").assign_attrs(kind="simulated", crs=parameters.scene.crs)


def green_chromatic_coordinate(pai: Floats, greenness: Floats, cameras: CameraParameters) -> Floats:
    """Green chromatic coordinate of fields in an oblique view.

    Parameters
    ----------
    pai : ndarray (...) [1]
        Plant area index.
    greenness : ndarray (...) [1]
        1 green, 0 dead.
    cameras : CameraParameters () [1]
        Constants of the equation.

    Returns
    -------
    ndarray (...) [1]
        Green over the sum of red, green and blue, without noise.
    """
    chlorophyll = greenness**cameras.chlorophyll_power
    colour = cameras.green_gcc * chlorophyll - cameras.dead_gcc * (1 - chlorophyll)
    gcc: Floats = cameras.soil_gcc - np.expm1(-cameras.closure * pai) * colour
    return gcc


def season_dates(curve: Floats, day: Floats) -> dict[str, float]:
    """Days on which a curve with one peak crosses shares of its rise and of its fall.

    Parameters
    ----------
    curve : ndarray (time,) [1]
        Without noise.
    day : ndarray (time,) [day]
        Rising.

    Returns
    -------
    dict (date,) [day]
        `sos20`, `sos50`, `eos20`, `eos50`: the last crossing before the peak and the first after it, linear
        between days. The rise starts from the lowest value before the peak, the fall ends at the lowest after
        it. NaN where the series begins or ends on the peak.
    """
    peak = int(np.argmax(curve))
    sides = {"sos": (curve[: peak + 1][::-1], day[: peak + 1][::-1]), "eos": (curve[peak:], day[peak:])}
    return {
        f"{name}{level}": _first_below(values, at, level / 100)
        for name, (values, at) in sides.items()
        for level in SEASON_LEVELS
    }


def _first_below(values: Floats, day: Floats, share: float) -> float:
    """Day of the first fall below a share of the range, walking away from the peak."""
    limit = values.min() + share * (values[0] - values.min())
    for k, (before, after) in enumerate(pairwise(values)):
        if before >= limit > after:
            return float(day[k] + (day[k + 1] - day[k]) * (before - limit) / (before - after))
    return float("nan")


def _tile_cameras(parameters: Parameters, tile: Tile, weather: Weather, n_site: int) -> xr.Dataset:
    cameras = parameters.optics.cameras
    land = make_land(parameters, tile)
    crop = plant(parameters, tile, land)
    day = np.arange(cameras.start, cameras.end + 1, dtype=float)
    gcc = _field_gcc(parameters, tile, land, crop, weather, day)
    placing = tile_rng(parameters.scene, Stage.CAMERAS, tile, by_year=False)  # cameras stay for years
    views = [_place(parameters, land, crop, rng=placing) for _ in range(n_site)]
    true = np.stack([view.share @ gcc for view in views])
    noise = tile_rng(parameters.scene, Stage.CAMERAS, tile).normal(0, cameras.noise_sd, true.shape)
    dates = [season_dates(curve, day) for curve in true]
    series = ("site", "time")
    dataset = xr.Dataset(
        {
            "gcc": (series, true + noise, _attrs("1", "green chromatic coordinate")),
            "gcc_true": (series, true, _attrs("1", "green chromatic coordinate without noise")),
        }
        | {
            name: ("site", [d[name] for d in dates], _attrs("day", f"true {name}, days since 1 January"))
            for name in dates[0]
        },
        coords={"time": acquisition_times(parameters, day.astype(int).tolist())},
    )
    return dataset.assign_coords(_places(parameters, tile, land, crop, views))


def _field_gcc(
    parameters: Parameters, tile: Tile, land: Land, crop: Integers, weather: Weather, day: Floats
) -> Floats:
    """Coordinate of each object (object, time); 0 where no crop stands, which no camera looks at."""
    season = grow_season(parameters, tile, land, crop, weather)
    growth = grow_fields(parameters, crop[season.object_id], season.effects, weather, day)
    foliage: Foliage = make_foliage(
        season.crops, growth, season.effects, parameters.after_harvest, parameters.optics.surfaces, day=day
    )
    gcc = np.zeros((crop.size, day.size))
    seen = green_chromatic_coordinate(foliage.pai, foliage.greenness, parameters.optics.cameras)
    gcc[season.object_id] = seen
    return gcc


def _place(parameters: Parameters, land: Land, crop: Integers, *, rng: np.random.Generator) -> View:
    """A camera in a crop field with a crop in view, and no border of the tile."""
    cameras, cell_m = parameters.optics.cameras, parameters.scene.cell_m
    cells, margin = land.cells, int(np.ceil(cameras.view_m[1] / cell_m))
    planted = (cells.ground == Ground.FIELD) & (np.append(crop, -1)[cells.object_id] >= 0)
    inner = np.zeros_like(planted)
    inner[margin:-margin, margin:-margin] = True
    candidates = np.flatnonzero(planted & inner)
    require(
        candidates.size > 0,
        f"cameras: no crop field further than {cameras.view_m[1]:g} m from a tile's border. "
        "Take a preset with larger tiles, or shorten optics.cameras.view_m.",
    )
    y, x = divmod(int(rng.choice(candidates)), cells.ground.shape[1])
    for azimuth in rng.permutation(360):
        at = float(azimuth)
        share = _shares(parameters, cells.object_id, planted, (y, x), at, n_object=crop.size)
        if share is not None:
            return View(y, x, float(azimuth), share)
    return View(y, x, 0.0, np.eye(crop.size)[cells.object_id[y, x]])


def _shares(
    parameters: Parameters,
    object_id: Integers,
    planted: Booleans,
    at: tuple[int, int],
    azimuth_deg: float,
    *,
    n_object: int,
) -> Floats | None:
    """Share of each object in the wedge; None if no crop is in it."""
    cameras, cell_m = parameters.optics.cameras, parameters.scene.cell_m
    reach = int(np.ceil(cameras.view_m[1] / cell_m))
    south, east = np.mgrid[-reach : reach + 1, -reach : reach + 1] * cell_m
    distance = np.hypot(south, east)
    off = (np.degrees(np.arctan2(east, -south)) - azimuth_deg + 180) % 360 - 180
    wedge = (abs(off) <= cameras.view_half_angle_deg) & (cameras.view_m[0] <= distance)
    wedge &= distance <= cameras.view_m[1]
    window = np.s_[at[0] - reach : at[0] + reach + 1, at[1] - reach : at[1] + reach + 1]
    seen = object_id[window][wedge & planted[window]]
    return np.bincount(seen, minlength=n_object) / seen.size if seen.size else None


def _places(
    parameters: Parameters, tile: Tile, land: Land, crop: Integers, views: list[View]
) -> dict[str, tuple[str, object, dict[str, str]]]:
    """Where the cameras stand, and what they look at."""
    east, north = cell_centres(land.frame, len(land.cells.ground), parameters.scene.cell_m)
    names = np.array(tuple(parameters.crops))
    mainly = [int(view.share.argmax()) for view in views]
    under = [int(land.cells.object_id[view.y, view.x]) for view in views]
    preset = parameters.preset
    top = (tile.row - preset.first_row) * preset.n_pixel
    left = (tile.column - preset.first_column) * preset.n_pixel
    return {
        "row": ("site", [top + view.y // 2 for view in views], _attrs("1", "row of the camera's pixel")),
        "column": (
            "site",
            [left + view.x // 2 for view in views],
            _attrs("1", "column of the camera's pixel"),
        ),
        "x": ("site", east[[view.x for view in views]], _attrs("m", "easting of the camera")),
        "y": ("site", north[[view.y for view in views]], _attrs("m", "northing of the camera")),
        "azimuth": ("site", [view.azimuth_deg for view in views], _attrs("degree", "viewing direction")),
        "crop": ("site", names[crop[mainly]], _attrs("1", "crop that fills most of the view")),
        "crop_at_site": ("site", names[crop[under]], _attrs("1", "crop that the camera stands in")),
    }


def _attrs(units: str, long_name: str) -> dict[str, str]:
    return {"units": units, "long_name": long_name}
