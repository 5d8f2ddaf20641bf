"""All tracks over one tile: C2 or single-look images, and the truth behind them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from cropnb.simulation.coverage import beyond_swath, blank, missing_samples
from cropnb.simulation.landscape import Land
from cropnb.simulation.mixing import Mixing
from cropnb.simulation.observation import View, observe, speckled
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


@dataclass(frozen=True)
class _Date:
    """One acquisition; truth by polarisation, coherence only where a pair ends."""

    measured: Arrays
    power: Arrays
    coherence: Arrays


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
        `<relative_orbit>/<variable>` for what is measured, (time, y, x) on the track's dates, NaN where a
        pixel is missing or beyond the swath. True
        `sigma0_vv` and `sigma0_vh` on all dates; true `coherence_vv` and `coherence_vh` (pair, y, x), track
        after track.
    """
    passes, texture = scene_passes(parameters), tile_texture(parameters, tile, land)
    mixing = tile_mixing(cell_rows(land, season), texture, parameters.radar)
    tracks = scene_tracks(parameters)
    n_pair = sum(pair_starts(parameters, track).size for track in tracks)
    arrays: Arrays = {}
    pair = 0
    for track in tracks:
        place = passes.of(track)
        scatterers = make_scatterers(parameters, land, season.on(place), weather, track, texture)
        for time, date in enumerate(_watch(parameters, tile, scatterers, mixing, track)):
            for name, image in date.measured.items():
                _keep(arrays, f"{track.relative_orbit}/{name}", image, time, place.size)
            for name, image in date.power.items():
                _keep(arrays, f"sigma0_{name}", image, place[time], passes.day.size)
            for name, image in date.coherence.items():
                _keep(arrays, f"coherence_{name}", image, pair, n_pair)
            pair += bool(date.coherence)
    return arrays


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
) -> Iterator[_Date]:
    """What is measured on one track, and the truth about it; no more than two dates are held."""
    start = pair_starts(parameters, track)
    views = observe(scatterers, mixing, parameters.radar, track, start=start)
    stream = partial(tile_rng, parameters.scene, tile=tile, channel=track.relative_orbit)
    if parameters.preset.single_look:
        gaps = stream(Stage.GAPS)
        for view, image in zip(views, track_images(parameters, tile, scatterers, track), strict=True):
            lost = missing_samples(parameters, tile, track, n_line=len(image.s_vv), rng=gaps)
            yield _dated(view, blank(vars(image), lost))
        return
    beyond = beyond_swath(parameters, tile, track, width_m=2 * parameters.scene.cell_m)
    rng = stream(Stage.SPECKLE)
    for view in views:
        yield _dated(view, blank(speckled(view.mean, parameters.radar, rng=rng), beyond))


def _dated(view: View, measured: Arrays) -> _Date:
    power = {"vv": view.true.c_vv_vv, "vh": view.true.c_vh_vh}
    coherence = dict(zip(("vv", "vh"), view.coherence, strict=True)) if view.coherence else {}
    return _Date(measured, power, coherence)


def _keep(arrays: Arrays, name: str, image: np.ndarray, place: int, n: int) -> None:
    """Put an image into its stack of n, which is allocated when the first one comes."""
    if name not in arrays:
        arrays[name] = np.empty((n, *image.shape), dtype=image.dtype)
    arrays[name][place] = image
