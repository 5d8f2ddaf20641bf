"""The land of one tile: blocks, their division, and the cells.

All of it is the same in every year but for the strip blocks that were divided anew since the first one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cropnb.simulation.arrays import Floats
from cropnb.simulation.blocks import Blocks, Frame, make_frame, split_blocks
from cropnb.simulation.layout import Layout, draw_covers, lay_out, show_all_covers
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.raster import Cells, mosaic_villages, rasterise
from cropnb.simulation.recutting import recut
from cropnb.simulation.rff import SmoothField, smooth_field
from cropnb.simulation.seeds import Stage, Tile, county_rng, tile_rng

_RECUT = 1  # channel of the stream from which strips are divided anew


@dataclass(frozen=True)
class Land:
    """Geometry of a tile."""

    frame: Frame
    blocks: Blocks
    layouts: tuple[Layout, ...]  # year by year since the first year of the rotation
    cells: Cells

    @property
    def layout(self) -> Layout:
        """Division of the blocks in the scene's year."""
        return self.layouts[-1]

    def object_position(self) -> tuple[Floats, Floats]:
        """Easting and northing [m] of each object's centre."""
        return self.frame.absolute(self.layout.object_u, self.layout.object_v)

    def row_azimuth_deg(self) -> Floats:
        """Azimuth of each object's rows, clockwise from north."""
        of_u = 90 - float(np.degrees(self.frame.rotation_rad))
        along_u = self.layout.along_u[self.layout.object_block]
        azimuth: Floats = np.where(along_u, of_u, of_u - 90)
        return azimuth


def tile_side_m(parameters: Parameters) -> float:
    """Side of a tile [m]: a pixel is two cells wide."""
    return parameters.preset.n_pixel * 2 * parameters.scene.cell_m


def tile_centre_m(parameters: Parameters, tile: Tile) -> tuple[float, float]:
    """Easting and northing [m] of a tile's centre, which is that of its grid square."""
    scene = parameters.scene
    return (
        scene.west_m + (tile.column + 0.5) * scene.grid_square_m,
        scene.north_m - (tile.row + 0.5) * scene.grid_square_m,
    )


def cover_field(parameters: Parameters) -> SmoothField:
    """Latent field from which the whole county's blocks take their covers."""
    rng = county_rng(parameters.scene, Stage.LANDSCAPE, by_year=False)
    return smooth_field(length_m=parameters.landscape.cover_m, rng=rng)


def make_land(parameters: Parameters, tile: Tile) -> Land:
    """Blocks, fields and cells of one tile.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.
    tile : Tile () [1]
        Which grid square.

    Returns
    -------
    Land () [1]
        Independent of other tiles; of the year only where strips were divided anew.
    """
    rng = tile_rng(parameters.scene, Stage.LANDSCAPE, tile, by_year=False)
    landscape, side = parameters.landscape, tile_side_m(parameters)
    frame = make_frame(tile_centre_m(parameters, tile), side, landscape, rng=rng)
    blocks = split_blocks(frame.half_m, parameters.preset, landscape, rng=rng)
    cover = draw_covers(blocks, frame, landscape, shared=cover_field(parameters), rng=rng)
    if parameters.preset.showcase:
        cover = show_all_covers(cover, blocks, frame, side)
    layouts = _year_by_year(parameters, tile, lay_out(blocks, cover, landscape, rng=rng))
    cell_m = parameters.scene.cell_m
    cells = rasterise(frame, blocks, layouts[-1], n_cell=2 * parameters.preset.n_pixel, cell_m=cell_m)
    ground = mosaic_villages(cells.ground, landscape, cell_m=cell_m, rng=rng)
    return Land(frame, blocks, layouts, replace(cells, ground=ground))


def _year_by_year(parameters: Parameters, tile: Tile, first: Layout) -> tuple[Layout, ...]:
    """Layouts from the first year of the rotation to the scene's; each year draws from its own stream."""
    scene, rotation, layouts = parameters.scene, parameters.rotation, [first]
    for year in range(rotation.first_year + 1, scene.year + 1):
        rng = tile_rng(replace(scene, year=year), Stage.CROPS, tile, channel=_RECUT)
        layouts.append(recut(layouts[-1], parameters.landscape, rotation.recut_share, rng=rng))
    return tuple(layouts)
