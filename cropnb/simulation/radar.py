"""All tracks over one tile: C2 or single-look images, and the truth behind them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cropnb.simulation.landscape import Land
from cropnb.simulation.mixing import Mixing
from cropnb.simulation.observation import observe, speckled
from cropnb.simulation.painting import Texture, make_texture, tile_mixing
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.radar_parameters import Track
from cropnb.simulation.scatterers import Scatterers, cell_rows, make_scatterers
from cropnb.simulation.season import Season
from cropnb.simulation.seeds import Stage, Tile, tile_rng
from cropnb.simulation.slc import SingleLook, single_looks
from cropnb.simulation.tracks import pair_starts, scene_passes, scene_tracks
from cropnb.simulation.weather import Weather

Arrays = dict[str, np.ndarray]


def observe_tile(parameters: Parameters, tile: Tile, land: Land, season: Season, weather: Weather) -> Arrays:
    """Arrays of all tracks.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    tile : Tile () [1]
        Which grid square.
    land : Land () [1]
        Cells and fields.
    season : Season (field, time) [1]
        On the days of all tracks.
    weather : Weather (day,) [1]
        Of the year.

    Returns
    -------
    dict (variable,) [1]
        `<relative_orbit>/<variable>` for what is measured, (time, y, x) on the track's dates. True
        `sigma0_vv` and `sigma0_vh` on all dates; true `coherence_vv` and `coherence_vh` (pair, y, x), track
        after track.
    """
    passes, texture = scene_passes(parameters), tile_texture(parameters, tile, land)
    mixing = tile_mixing(cell_rows(land, season), texture, parameters.radar)
    measured: Arrays = {}
    truth: dict[str, list[np.ndarray]] = {}
    for track in scene_tracks(parameters):
        on_track = season.on(passes.of(track))
        scatterers = make_scatterers(parameters, land, on_track, weather, track, texture)
        series, true = _watch(parameters, tile, scatterers, mixing, track)
        measured |= {f"{track.relative_orbit}/{name}": values for name, values in series.items()}
        for name, values in true.items():
            truth.setdefault(name, []).append(values)
    joined = {name: np.concatenate(parts) for name, parts in truth.items()}
    in_order = np.argsort(np.concatenate([passes.of(track) for track in scene_tracks(parameters)]))
    for name in ("sigma0_vv", "sigma0_vh"):
        joined[name] = joined[name][in_order]
    return measured | joined


def tile_texture(parameters: Parameters, tile: Tile, land: Land) -> Texture:
    """Texture of a tile's cells, the same for all tracks.

    Parameters
    ----------
    parameters : Parameters () [1]
        Its size and grain.
    tile : Tile () [1]
        Which grid square.
    land : Land () [1]
        Where buildings are.

    Returns
    -------
    Texture (y, x) [1]
        At 5 m.
    """
    return make_texture(
        land.cells.ground,
        parameters.effects,
        parameters.covers,
        cell_m=parameters.scene.cell_m,
        rng=tile_rng(parameters.scene, Stage.TEXTURE, tile),
    )


def track_images(
    parameters: Parameters, tile: Tile, scatterers: Scatterers, track: Track
) -> Iterator[SingleLook]:
    """Single-look images of one tile and track, from the random stream that is theirs.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    tile : Tile () [1]
        Which grid square.
    scatterers : Scatterers () [1]
        Of that tile and track.
    track : Track () [1]
        Which track.

    Yields
    ------
    SingleLook (y, x) [1]
        Date by date; the same bytes in whatever order tiles and tracks are made.
    """
    rng = tile_rng(parameters.scene, Stage.SINGLE_LOOK, tile, channel=track.relative_orbit)
    yield from single_looks(scatterers, parameters.radar, track, cell_m=parameters.scene.cell_m, rng=rng)


def _watch(
    parameters: Parameters, tile: Tile, scatterers: Scatterers, mixing: Mixing, track: Track
) -> tuple[Arrays, Arrays]:
    """What is measured on one track, and the truth about it."""
    rng = tile_rng(parameters.scene, Stage.SPECKLE, tile, channel=track.relative_orbit)
    dates: list[Arrays] = []
    true: dict[str, list[np.ndarray]] = {}
    for view in observe(scatterers, mixing, parameters.radar, track, start=pair_starts(parameters, track)):
        if not parameters.preset.single_look:
            dates.append(speckled(view.mean, parameters.radar, rng=rng))
        powers = (view.true.c_vv_vv, view.true.c_vh_vh)
        for pol, power, coherence in zip(("vv", "vh"), powers, view.coherence or (None, None), strict=True):
            true.setdefault(f"sigma0_{pol}", []).append(power)
            if coherence is not None:
                true.setdefault(f"coherence_{pol}", []).append(coherence)
    if parameters.preset.single_look:
        dates = [vars(image) for image in track_images(parameters, tile, scatterers, track)]
    return _stacked(dates), {name: np.stack(values) for name, values in true.items()}


def _stacked(dates: list[Arrays]) -> Arrays:
    return {name: np.stack([date[name] for date in dates]) for name in dates[0]}
