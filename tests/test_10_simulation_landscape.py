"""Land: blocks against brute force, pixels against hand-drawn maps, shares against the parameters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cropnb.paths import data_folder
from cropnb.simulation import load_parameters
from cropnb.simulation.allocation import block_shares
from cropnb.simulation.blocks import make_frame, split_blocks
from cropnb.simulation.landscape import cover_field, make_land
from cropnb.simulation.layout import Cover, draw_covers, lay_out
from cropnb.simulation.painting import point_spread
from cropnb.simulation.raster import Ground, edge_distance, mixed_fraction, pixel_object
from cropnb.simulation.rff import smooth_field
from cropnb.simulation.rotation import plant
from cropnb.simulation.seeds import Stage, Tile, county_rng, tile_rng

COUNTY = data_folder() / "scenes" / "county.toml"
MINI = load_parameters(COUNTY, preset="mini")


def blocks_of(seed: int):
    rng = np.random.default_rng(seed)
    frame = make_frame((350_000.0, 5_320_000.0), 2000.0, MINI.landscape, rng=rng)
    return frame, split_blocks(frame.half_m, MINI.preset, MINI.landscape, rng=rng), rng


def test_blocks_tile_the_frame_without_gap_or_overlap() -> None:
    frame, blocks, _ = blocks_of(1)
    u0, u1, v0, v1 = blocks.box.T
    assert ((u1 - u0) * (v1 - v0)).sum() == pytest.approx((2 * frame.half_m) ** 2)
    assert min((u1 - u0).min(), (v1 - v0).min()) > 0


def test_finding_a_block_agrees_with_looking_at_every_box() -> None:
    frame, blocks, rng = blocks_of(2)
    u, v = rng.uniform(-frame.half_m, frame.half_m, (2, 3000))
    u0, u1, v0, v1 = (side[:, None] for side in blocks.box.T)
    inside = (u0 <= u) & (u < u1) & (v0 <= v) & (v < v1)
    assert (inside.sum(axis=0) == 1).all()
    assert (blocks.find(u, v) == inside.argmax(axis=0)).all()


@pytest.mark.parametrize("seed", range(6))
def test_the_frame_covers_the_tile_whatever_its_rotation(seed: int) -> None:
    steep = replace(MINI.landscape, rotation_sd_deg=40.0)
    frame = make_frame((0.0, 0.0), 2000.0, steep, rng=np.random.default_rng(seed))
    corners = np.array([-1000.0, -1000.0, 1000.0, 1000.0]), np.array([-1000.0, 1000.0, -1000.0, 1000.0])
    assert max(abs(c).max() for c in frame.local(*corners)) <= frame.half_m


def test_fields_fill_the_block_between_its_roads() -> None:
    _, blocks, rng = blocks_of(3)
    layout = lay_out(blocks, np.full(len(blocks.box), Cover.CROP), MINI.landscape, rng=rng)
    assert layout.n_field == (layout.n_strip * layout.n_piece).sum()
    assert np.allclose(layout.first_object, np.r_[0, np.cumsum(layout.n_strip * layout.n_piece)[:-1]])
    size = np.stack([layout.inner[:, 1] - layout.inner[:, 0], layout.inner[:, 3] - layout.inner[:, 2]])
    for b in np.flatnonzero(layout.strips):
        start = layout.strip_start[layout.first_strip[b] :][: layout.n_strip[b]]
        assert start[0] == 0
        assert (np.diff(start) > 0).all()
        assert start[-1] < size[:, b].min()


def test_rows_lie_along_the_fields() -> None:
    land = make_land(MINI, Tile(0, 0))
    east, north = land.object_position()
    block = np.flatnonzero((land.layout.n_piece > 1) & land.layout.strips)[0]
    first = land.layout.first_object[block]  # the next number is the next piece of the same strip
    azimuth = np.degrees(np.arctan2(east[first + 1] - east[first], north[first + 1] - north[first]))
    difference = (azimuth - land.row_azimuth_deg()[first]) % 180
    assert min(difference, 180 - difference) < 1e-6


def test_land_is_the_same_in_another_year_and_differs_in_another_tile() -> None:
    later = replace(
        MINI, scene=replace(MINI.scene, year=2018), rotation=replace(MINI.rotation, recut_share=0.0)
    )
    here, again, there = (
        make_land(MINI, Tile(1, 2)),
        make_land(later, Tile(1, 2)),
        make_land(MINI, Tile(2, 1)),
    )
    assert (here.cells.object_id == again.cells.object_id).all()
    assert (here.cells.ground == again.cells.ground).all()
    assert not np.array_equal(here.cells.object_id, there.cells.object_id)
    assert not np.array_equal(plant(MINI, Tile(1, 2), here), plant(later, Tile(1, 2), again))


def test_roads_lie_at_block_borders_and_nowhere_inside() -> None:
    cells = make_land(MINI, Tile(0, 1)).cells
    road = cells.ground == Ground.ROAD
    assert ((cells.object_id == -1) == road).all()
    assert 0.02 < road.mean() < 0.08
    inner = np.ones_like(road)
    for axis in (0, 1):
        for step in range(-2, 3):
            inner &= np.roll(cells.block, step, axis) == cells.block
    assert not (road & inner)[2:-2, 2:-2].any()


def test_pixels_take_the_commonest_object() -> None:
    cells = np.array([[1, 1, 2, 3], [1, 4, 3, 3], [5, 6, 7, 7], [5, 6, 7, 7]])
    assert pixel_object(cells).tolist() == [[1, 3], [5, 7]]


def test_mixing_is_zero_far_from_a_border_and_known_at_a_straight_one() -> None:
    cells = np.zeros((40, 40), dtype=int)
    cells[:, 20:] = 1
    spread = point_spread(MINI.radar)
    mixed = mixed_fraction(cells, pixel_object(cells), spread)
    assert np.allclose(mixed[:, [0, 5, 8, 11, 19]], 0, atol=1e-6)
    # left of the border a pixel's own two cells are inside; of its spread, one column of four is not
    assert np.allclose(mixed[:, 9], spread.sum(axis=0)[-1], atol=1e-6)
    assert np.allclose(mixed[:, 10], spread.sum(axis=0)[0], atol=1e-6)


def test_distance_to_edges_counts_the_tiles_border() -> None:
    cells = np.zeros((40, 80), dtype=int)
    cells[:, 40:] = 1
    distance = edge_distance(cells, cell_m=5)
    assert distance[10, 0] == distance[0, 10] == distance[10, 19] == pytest.approx(2.5)
    assert distance[10, 10] == pytest.approx(min(20, 9, 19 - 10) * 10, abs=10)


def test_covers_have_the_stated_shares_over_many_tiles() -> None:
    shared, area = cover_field(MINI), np.zeros(len(Cover))
    for row in range(20):
        for column in range(20):
            rng = tile_rng(MINI.scene, Stage.LANDSCAPE, Tile(row, column), by_year=False)
            centre = 3e5 + 1e4 * column, 5e6 + 1e4 * row
            frame = make_frame(centre, 2000.0, MINI.landscape, rng=rng)
            blocks = split_blocks(frame.half_m, MINI.preset, MINI.landscape, rng=rng)
            cover = draw_covers(blocks, frame, MINI.landscape, shared=shared, rng=rng)
            size = (blocks.box[:, 1] - blocks.box[:, 0]) * (blocks.box[:, 3] - blocks.box[:, 2])
            area += np.bincount(cover, size, minlength=len(Cover))
    shares = dict(zip([c.name.lower() for c in Cover], area / area.sum(), strict=True))
    assert shares == pytest.approx(MINI.landscape.cover_shares, abs=0.03)


def test_crop_shares_stay_near_the_priors_and_strips_grow_less_wheat() -> None:
    preference = smooth_field(length_m=2500, rng=county_rng(MINI.scene, Stage.CROPS, by_year=False))
    east, north = np.meshgrid(3e5 + 1e4 * np.arange(40), 5e6 + 1e4 * np.arange(40))
    g = preference(east.ravel(), north.ravel())
    whole, strips = (block_shares(MINI.allocation, g, np.full(g.size, s)) for s in (False, True))
    assert np.allclose(whole.sum(axis=1), 1)
    assert whole.mean(axis=0) == pytest.approx(list(MINI.allocation.priors.values()), abs=0.03)
    assert (strips[:, 2] < whole[:, 2]).all()
    neutral = block_shares(MINI.allocation, np.zeros(1), np.zeros(1, dtype=bool))[0]
    assert neutral == pytest.approx(list(MINI.allocation.priors.values()))
