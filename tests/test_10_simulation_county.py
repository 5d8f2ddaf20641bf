"""The county: its squares, where they lie, and that each has streams and numbers of its own."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from rasterio.warp import transform

from cropnb.paths import data_folder
from cropnb.schema import SchemaError
from cropnb.simulation import load_parameters, simulate
from cropnb.simulation.checks import check_parameters
from cropnb.simulation.grid import inside_county, scene_tiles
from cropnb.simulation.landscape import tile_centre_m
from cropnb.simulation.scene import simulate_square
from cropnb.simulation.seeds import Stage, Tile, county_rng, tile_rng

FILE = data_folder() / "scenes" / "county.toml"
COUNTY, SMOKE = load_parameters(FILE, preset="county"), load_parameters(FILE, preset="smoke")


def test_the_county_has_its_area_in_one_piece() -> None:
    tiles = scene_tiles(COUNTY)
    assert len(tiles) == 72
    area_km2 = len(tiles) * 100
    assert area_km2 == pytest.approx(7149, rel=0.01)
    reached, found = set(), {tiles[0]}
    while found - reached:
        tile = (found - reached).pop()
        reached.add(tile)
        beside = {Tile(tile.row + i, tile.column + j) for i, j in ((0, 1), (1, 0), (0, -1), (-1, 0))}
        found |= beside & set(tiles)
    assert reached == set(tiles)


def test_its_squares_lie_within_a_square_of_the_extent_on_the_map() -> None:
    places = np.array([tile_centre_m(COUNTY, tile) for tile in scene_tiles(COUNTY)])
    lon, lat = transform(COUNTY.scene.crs, "EPSG:4326", *places.T.tolist())
    assert 126.267 - 0.07 < min(lon) < 126.267 + 0.2
    assert 127.883 - 0.2 < max(lon) < 127.883 + 0.07
    assert 47.583 - 0.05 < min(lat) < 47.583 + 0.15
    assert 48.550 - 0.15 < max(lat) < 48.550 + 0.05


@pytest.mark.parametrize("preset", ["smoke", "smoke_slc", "mini", "tile"])
def test_the_other_presets_lie_inside_it(preset: str) -> None:
    parameters = load_parameters(FILE, preset=preset)
    assert all(inside_county(parameters, tile) for tile in scene_tiles(parameters))


def test_beyond_its_frame_nothing_is_inside() -> None:
    assert not any(inside_county(COUNTY, Tile(row, 3)) for row in (-3, 9, 100))
    assert not any(inside_county(COUNTY, Tile(3, column)) for column in (-4, 9, 100))


def test_squares_north_and_west_of_the_first_have_streams_of_their_own() -> None:
    scene = SMOKE.scene
    places = [Tile(row, column) for row, column in product(range(-2, 9), range(-3, 9))]
    drawn = {tile_rng(scene, Stage.FIELDS, tile).random() for tile in places}
    drawn.add(county_rng(scene, Stage.FIELDS).random())
    assert len(drawn) == len(places) + 1


def test_a_square_is_the_same_whichever_preset_shows_it() -> None:
    """One scene begins at square (-1, -1), the other at (0, 0)."""
    around = replace(SMOKE.preset, first_row=-1, first_column=-1, n_row=2, n_column=2)
    wide = simulate(replace(SMOKE, preset=around), progress=False)
    own = simulate_square(SMOKE, 0)
    for path in ("/labels/parcel_id", "/sentinel1/105/c2/c_vv_vv", "/truth/coherence_vh"):
        assert (wide[path].y.values[-64:] == own[path].y.values).all()
        assert wide[path].values[..., 64:, 64:].tobytes() == own[path].values.tobytes(), path
    parcel, block = wide["/labels/parcel_id"].values, wide["/labels/block_id"].values
    assert parcel.min() == -1
    pairs = np.unique(np.stack([parcel, block])[:, parcel >= 0], axis=1)
    assert np.unique(pairs[0]).size == pairs.shape[1]


def test_a_preset_without_a_square_of_the_county_is_refused() -> None:
    preset = replace(COUNTY.preset, first_row=40)
    with pytest.raises(SchemaError, match="no tile of the preset lies inside"):
        check_parameters(replace(COUNTY, preset=preset))
