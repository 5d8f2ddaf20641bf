"""What the radar meets in one tile on the dates of a track: powers, their persistence, and where they lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cropnb.simulation.arrays import Floats, Integers
from cropnb.simulation.decorrelation import Persistence, persistence
from cropnb.simulation.earlier_crops import chosen
from cropnb.simulation.flooding import under_water
from cropnb.simulation.landscape import Land
from cropnb.simulation.painting import Texture
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.radar_parameters import Radar, Track
from cropnb.simulation.raster import Ground
from cropnb.simulation.season import Season
from cropnb.simulation.sigma0 import (
    Components,
    Pass,
    cover_components,
    field_components,
    field_transmissivity,
    flood,
)
from cropnb.simulation.weather import Weather


@dataclass(frozen=True)
class Scatterers:
    """Rows of the tables are the crop fields, then the covers in the order of `Ground`."""

    components: Components  # (row, time) [1, linear power]
    persistence: Persistence  # (row, step) [1]
    row: Integers  # (y, x) at 5 m: the row each cell takes
    texture: Texture  # (y, x) at 5 m
    rho_quadrature: float


def make_scatterers(
    parameters: Parameters, land: Land, season: Season, weather: Weather, track: Track, texture: Texture
) -> Scatterers:
    """Scatterers of one tile and track.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    land : Land () [1]
        Cells and fields.
    season : Season (field, time) [1]
        On the days of the track.
    weather : Weather (day,) [1]
        Of the year.
    track : Track () [1]
        Geometry.
    texture : Texture (y, x) [1]
        The same for all tracks.

    Returns
    -------
    Scatterers () [1]
        Read by the fast path and by the single-look path.
    """
    return Scatterers(
        components=backscatter(parameters, land, season, weather, track),
        persistence=persistence(parameters, season, weather).times(track.sys_coh),
        row=cell_rows(land, season),
        texture=texture,
        rho_quadrature=parameters.soil.rho_quadrature,
    )


def cell_rows(land: Land, season: Season) -> Integers:
    """Row of each cell in tables of fields and covers.

    Parameters
    ----------
    land : Land () [1]
        Cells and fields.
    season : Season (field, time) [1]
        Which objects the rows are.

    Returns
    -------
    ndarray (y, x) [1]
        At 5 m.
    """
    row_of_object = np.zeros(land.layout.object_block.size, dtype=np.int32)
    row_of_object[season.object_id] = np.arange(season.object_id.size)
    kind = land.cells.ground
    on_field = row_of_object[np.maximum(land.cells.object_id, 0)]
    return np.where(kind == Ground.FIELD, on_field, season.object_id.size + kind.astype(np.int32))


def backscatter(
    parameters: Parameters, land: Land, season: Season, weather: Weather, track: Track
) -> Components:
    """Powers of all fields and covers.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    land : Land () [1]
        Where the fields lie.
    season : Season (field, time) [1]
        On the days of the track.
    weather : Weather (day,) [1]
        Of the year.
    track : Track () [1]
        Geometry.

    Returns
    -------
    Components (row, time) [1, linear power]
        Fields, then covers.
    """
    wind = weather.wind[weather.place(season.day)]
    of_fields = _field_powers(parameters, land, season, weather, track)
    if season.earlier is not None:
        earlier = _field_powers(parameters, land, season.earlier, weather, track)
        of_fields = chosen(season.earlier.standing(), earlier, of_fields)
    covers = cover_components(parameters.covers, parameters.soil, wind, day=season.day)
    return Components.concatenate([of_fields, covers])


def common_components(scatterers: Scatterers) -> Components:
    r"""What consecutive acquisitions have in common: the covariance of each component between the two.

    With the soil's VH made of a part :math:`r` of its VV amplitude and of a part of its own,
    :math:`r = \rho (1 + i q)`, both parts persist alike:

    .. math::
        \langle S_1 S_2^* \rangle_{vh} = g \sqrt{\sigma_1 \sigma_2}
        \left[ |r_1| |r_2| + \sqrt{(1 - |r_1|^2)(1 - |r_2|^2)} \right]

    Parameters
    ----------
    scatterers : Scatterers () [1]
        Of one track.

    Returns
    -------
    Components (row, step) [1, linear power]
        To be painted and given the sensor's cross-talk like powers, without its noise.
    """
    power, kept = scatterers.components, scatterers.persistence.of_ground()
    rho = soil_correlation(power)
    with_vv = rho * np.hypot(1, scatterers.rho_quadrature)
    own = np.sqrt(1 - with_vv**2)
    alike = with_vv[:, :-1] * with_vv[:, 1:] + own[:, :-1] * own[:, 1:]
    crossed = np.sqrt(power.ground_vv[:, :-1] * power.ground_vh[:, 1:]) * rho[:, 1:]
    crossed = crossed + np.sqrt(power.ground_vh[:, :-1] * power.ground_vv[:, 1:]) * rho[:, :-1]
    return Components(
        kept * _geometric_mean(power.ground_vv),
        kept * _geometric_mean(power.ground_vh) * alike,
        scatterers.persistence.canopy * _geometric_mean(power.canopy_vv),
        scatterers.persistence.canopy * _geometric_mean(power.canopy_vh),
        kept * crossed / 2,
    )


def soil_correlation(components: Components) -> Floats:
    """In-phase VV-VH correlation of the ground.

    Parameters
    ----------
    components : Components (row, time) [1, linear power]
        From `backscatter`.

    Returns
    -------
    ndarray (row, time) [1]
        0 where there is no ground to see.
    """
    power = np.sqrt(components.ground_vv * components.ground_vh)
    return np.divide(components.cross, power, out=np.zeros_like(power), where=power > 0)


def _geometric_mean(power: Floats) -> Floats:
    return np.sqrt(power[:, :-1] * power[:, 1:])


def _field_powers(
    parameters: Parameters, land: Land, season: Season, weather: Weather, track: Track
) -> Components:
    """Powers of crop fields, those under water included."""
    wind = weather.wind[weather.place(season.day)]
    seen = _pass(parameters.radar, track, land, season)
    ground = (parameters.soil, parameters.moisture, parameters.radar)
    dry = field_components(season.growth, season.crops, season.effects, weather, seen=seen, ground=ground)
    wet = under_water(parameters, season.crop_name, season.effects, day=season.day)
    angle = seen.incidence_rad
    tau2 = field_transmissivity(season.growth, season.crops, season.effects, "vv", incidence_rad=angle)
    return flood(dry, season.growth, parameters.flooding, wind, wet=wet, tau2=tau2)


def _pass(radar: Radar, track: Track, land: Land, season: Season) -> Pass:
    """Angles of each field: incidence grows the way the radar looks; descending orbits pass at dawn."""
    westwards = -np.sign(np.sin(np.radians(track.look_azimuth_deg)))
    east = land.object_position()[0][season.object_id]
    west_km = (land.frame.east_m - east) / 1000
    incidence = np.radians(track.incidence_deg + radar.incidence_gradient * westwards * west_km)
    to_row = land.row_azimuth_deg()[season.object_id] - track.look_azimuth_deg
    return Pass(season.day, incidence[:, None], to_row[:, None], track.orbit_direction == "descending")
