"""What a track does not see of a tile: land beyond its swath, and a missing pixel here and there."""

from __future__ import annotations

import numpy as np

from cropnb.simulation.arrays import Booleans, Integers
from cropnb.simulation.landscape import tile_centre_m
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.radar_parameters import Track
from cropnb.simulation.seeds import Tile


def tile_side_m(parameters: Parameters) -> float:
    """Side [m] of a tile of the preset."""
    return 2 * parameters.preset.n_pixel * parameters.scene.cell_m


def sees(parameters: Parameters, tile: Tile, track: Track) -> bool:
    """Whether a track sees any of a tile.

    Parameters
    ----------
    parameters : Parameters () [1]
        Size of a tile.
    tile : Tile () [1]
        Which grid square.
    track : Track () [1]
        West edge of its swath.

    Returns
    -------
    bool () [1]
        True also where it sees a part.
    """
    return not beyond_swath(parameters, tile, track, width_m=2 * parameters.scene.cell_m).all()


def beyond_swath(parameters: Parameters, tile: Tile, track: Track, *, width_m: float) -> Booleans:
    """Columns of a tile that lie west of a track's swath.

    Parameters
    ----------
    parameters : Parameters () [1]
        Size of a tile.
    tile : Tile () [1]
        Which grid square.
    track : Track () [1]
        West edge of its swath.
    width_m : float () [m]
        Of a column; the last one may be narrower.

    Returns
    -------
    ndarray (x,) [1]
        True where the column's middle lies beyond.
    """
    side_m = tile_side_m(parameters)
    west_m = tile_centre_m(parameters, tile)[0] - side_m / 2
    middle = west_m + (np.arange(int(np.ceil(side_m / width_m))) + 0.5) * width_m
    beyond: Booleans = middle < track.west_edge_m
    return beyond


def missing_samples(
    parameters: Parameters, tile: Tile, track: Track, *, n_line: int, rng: np.random.Generator
) -> Booleans:
    """Samples of one single-look image that are missing, all looks of a pixel together.

    Parameters
    ----------
    parameters : Parameters () [1]
        Share of missing pixels, looks in range.
    tile : Tile () [1]
        Which grid square.
    track : Track () [1]
        West edge of its swath.
    n_line : int () [count]
        Lines of the image.
    rng : Generator () [1]
        Source of randomness, apart from that of the image: what is not missing keeps its bytes.

    Returns
    -------
    ndarray (y, x) [1]
        The multilooked matrix misses as large a share as that of the fast path.
    """
    looks, cell_m = len(parameters.radar.range_weights), parameters.scene.cell_m
    beyond = beyond_swath(parameters, tile, track, width_m=looks * cell_m)
    lost = rng.random((n_line, beyond.size), dtype=np.float32) < parameters.radar.missing_share
    pixel: Integers = np.arange(2 * parameters.preset.n_pixel) // looks
    return (lost | beyond)[:, pixel]


def blank(images: dict[str, np.ndarray], missing: Booleans) -> dict[str, np.ndarray]:
    """Images (y, x) by name, NaN in both parts where missing; changed in place, as nobody else holds them.

    Parameters
    ----------
    images : dict (variable,) [any]
        Real or complex.
    missing : ndarray (y, x) or (x,) [1]
        The same in all of them.

    Returns
    -------
    dict (variable,) [any]
        The same images.
    """
    for image in images.values():
        gap = complex(np.nan, np.nan) if image.dtype.kind == "c" else np.nan
        image[np.broadcast_to(missing, image.shape)] = gap
    return images
