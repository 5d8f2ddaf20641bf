"""The same land in the next year: geometry, crops, weather, and the files that say so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cropnb.paths import data_folder
from cropnb.scenes import catalogue
from cropnb.schema import SchemaError
from cropnb.simulation import Parameters, load_parameters
from cropnb.simulation.allocation import block_shares
from cropnb.simulation.blocks import make_frame, split_blocks
from cropnb.simulation.landscape import Land, make_land
from cropnb.simulation.layout import Cover, Layout, lay_out
from cropnb.simulation.recutting import recut, standing
from cropnb.simulation.rotation import crop_history, expected_shares, follow, previous_crop, transition_matrix
from cropnb.simulation.seeds import Tile
from cropnb.simulation.tile import grow_season, scene_weather
from cropnb.simulation.tracks import scene_tracks, track_days

FOLDER = data_folder() / "scenes"
TILE = Tile(1, 3)  # a seventh of it is laid out anew
SOWN = {"maize": 0.295, "soybean": 0.618, "wheat": 0.029, "other": 0.058}  # by the county, published


def mini(scene: str) -> Parameters:
    return load_parameters(FOLDER / f"{scene}.toml", preset="mini")


FIRST, SECOND = mini("county"), mini("county-2018")
NAMES = tuple(FIRST.crops)


@pytest.fixture(scope="module")
def lands() -> tuple[Land, Land]:
    return make_land(FIRST, TILE), make_land(SECOND, TILE)


def large_layout(seed: int = 3) -> Layout:
    """Crop blocks of 10 km by 10 km, never rasterised."""
    rng = np.random.default_rng(seed)
    frame = make_frame((350_000.0, 5_320_000.0), 10_000.0, FIRST.landscape, rng=rng)
    blocks = split_blocks(frame.half_m, FIRST.preset, FIRST.landscape, rng=rng)
    return lay_out(blocks, np.full(len(blocks.box), Cover.CROP), FIRST.landscape, rng=rng)


def test_the_shares_that_the_county_sows_stay() -> None:
    chance = transition_matrix(FIRST.rotation, FIRST.allocation)
    assert chance.sum(axis=1) == pytest.approx(np.ones(4))
    values, vectors = np.linalg.eig(chance.T)
    stationary = vectors[:, np.argmax(values.real)].real
    stationary /= stationary.sum()
    assert stationary == pytest.approx([0.293, 0.619, 0.028, 0.060], abs=1e-3)
    assert stationary == pytest.approx(list(SOWN.values()), abs=0.003)


def test_expected_shares_of_later_years_approach_the_stationary_ones() -> None:
    even = replace(FIRST.allocation, priors=SOWN, preference=0.0, strip_wheat=0.0)
    assert expected_shares(replace(FIRST, allocation=even)) == pytest.approx(SOWN)
    assert expected_shares(replace(SECOND, allocation=even)) == pytest.approx(SOWN, abs=0.003)
    late = replace(SECOND, scene=replace(SECOND.scene, year=2047))
    assert expected_shares(late) == pytest.approx(SOWN, abs=0.003)


def test_expected_shares_of_the_first_year_are_the_mean_over_blocks() -> None:
    rng = np.random.default_rng(5)
    n = 200_000
    strips = rng.random(n) < FIRST.landscape.strip_share
    drawn = block_shares(FIRST.allocation, rng.standard_normal(n), strips).mean(axis=0)
    assert list(expected_shares(FIRST).values()) == pytest.approx(drawn.tolist(), abs=1e-3)


def test_crops_follow_by_the_matrix() -> None:
    layout, rng = large_layout(), np.random.default_rng(1)
    before = rng.choice(
        [NAMES.index(n) for n in ("maize", "soybean", "wheat", "rice")], layout.object_block.size
    )
    after = follow(before, layout, SECOND.rotation, SECOND.allocation, NAMES, rng=rng)
    chance = transition_matrix(SECOND.rotation, SECOND.allocation)
    for row, name in enumerate(("maize", "soybean", "wheat", "rice")):
        here = (before == NAMES.index(name)) & standing(layout)
        here[layout.belts] = False
        share = [np.mean(after[here] == NAMES.index(crop)) for crop in ("maize", "soybean", "wheat")]
        sd = np.sqrt(chance[row, :3] * (1 - chance[row, :3]) / here.sum())
        assert (abs(share - chance[row, :3]) < 5 * sd).all(), name


def test_three_years_of_rotation_keep_the_shares_of_the_fields() -> None:
    layout, rng = large_layout(), np.random.default_rng(8)
    shares = np.array([0.293, 0.619, 0.028, 0.060])
    crop = rng.choice(
        [NAMES.index(n) for n in ("maize", "soybean", "wheat", "rice")], layout.object_block.size, p=shares
    )
    for _ in range(3):
        crop = follow(crop, layout, SECOND.rotation, SECOND.allocation, NAMES, rng=rng)
    fields = crop[: layout.n_field]
    found = np.array([np.mean(fields == NAMES.index(name)) for name in ("maize", "soybean", "wheat")])
    assert (abs(found - shares[:3]) < 5 * np.sqrt(shares * (1 - shares) / fields.size)[:3] + 0.001).all()


def test_what_stays_other_stays_the_same_crop_and_new_other_is_drawn_by_its_shares() -> None:
    layout, rng = large_layout(), np.random.default_rng(2)
    rice, maize = (np.full(layout.object_block.size, NAMES.index(name)) for name in ("rice", "maize"))
    from_rice = follow(rice, layout, SECOND.rotation, SECOND.allocation, NAMES, rng=rng)
    assert not np.isin(from_rice, [NAMES.index(name) for name in ("potato", "bean", "grass")]).any()
    always = {name: {"maize": 0.0, "soybean": 0.0, "wheat": 0.0, "other": 1.0} for name in SOWN}
    other = follow(maize, layout, replace(SECOND.rotation, follows=always), SECOND.allocation, NAMES, rng=rng)
    for name, share in SECOND.allocation.other_shares.items():
        assert np.mean(other == NAMES.index(name)) == pytest.approx(share, abs=0.03)


def test_recut_takes_a_share_of_the_strip_blocks_and_leaves_the_others_alone() -> None:
    before = large_layout()
    after = recut(before, FIRST.landscape, 0.2, rng=np.random.default_rng(4))
    changed = after.first_object != before.first_object
    assert not (changed & ~before.strips).any()
    n = before.strips.sum()
    assert changed.sum() / n == pytest.approx(0.2, abs=4 * np.sqrt(0.16 / n))
    assert (after.first_object[changed] >= before.object_block.size).all()
    widths = [after.inner[changed][:, 1] - after.inner[changed][:, 0]]
    widths.append(after.inner[changed][:, 3] - after.inner[changed][:, 2])
    for b, width in zip(np.flatnonzero(changed), np.minimum(*widths), strict=True):
        start = after.strip_start[after.first_strip[b] :][: after.n_strip[b]]
        assert start[0] == 0
        assert (np.diff(start) > 0).all()
        assert start[-1] < width
    assert np.bincount(after.object_block[standing(after)]).min() >= 1


def test_land_is_year_free_but_for_the_strips_laid_out_anew(lands: tuple[Land, Land]) -> None:
    first, second = lands
    assert (first.cells.block == second.cells.block).all()
    assert (first.cells.ground == second.cells.ground).all()  # roads, belts, forests, villages
    anew = first.layout.first_object != second.layout.first_object
    assert 0 < anew.sum() < 0.5 * first.layout.strips.sum()
    kept = ~anew[first.cells.block] | (first.cells.object_id < 0) | (first.cells.ground != -1)
    assert 0.1 < (~kept).mean() < 0.2
    assert (first.cells.object_id[kept] == second.cells.object_id[kept]).all()
    n_before = first.layout.object_block.size
    assert (second.cells.object_id[~kept] >= n_before).all()
    assert (second.row_azimuth_deg()[:n_before] == first.row_azimuth_deg()).all()


def test_fields_of_blocks_laid_out_anew_lie_about_their_centres() -> None:
    everywhere = replace(SECOND, rotation=replace(SECOND.rotation, recut_share=1.0))
    land = make_land(everywhere, TILE)
    layout, cells = land.layout, land.cells.object_id
    side, cell_m = len(cells), SECOND.scene.cell_m
    offset = (np.arange(side) - (side - 1) / 2) * cell_m
    u, v = land.frame.local(*np.meshgrid(land.frame.east_m + offset, land.frame.north_m - offset))
    border = np.unique(np.concatenate([cells[0], cells[-1], cells[:, 0], cells[:, -1]]))
    new = np.setdiff1d(np.unique(cells[cells >= land.layouts[0].object_block.size]), border)
    assert new.size > 100
    for number in new:
        mine = cells == number
        assert u[mine].mean() == pytest.approx(layout.object_u[number], abs=cell_m)
        assert v[mine].mean() == pytest.approx(layout.object_v[number], abs=cell_m)


def test_the_crop_before_is_what_stood_there(lands: tuple[Land, Land]) -> None:
    first, second = lands
    in_2017 = crop_history(FIRST, TILE, first)[-1]
    history = crop_history(SECOND, TILE, second)
    assert (history[0] == in_2017).all()
    assert (previous_crop(crop_history(FIRST, TILE, first), first) == -1).all()
    before = previous_crop(history, second)
    fields = (second.cells.ground == -1) & (second.cells.object_id < in_2017.size)
    there = second.cells.object_id[fields]
    assert (before[there] == in_2017[first.cells.object_id[fields]]).all()
    assert (history[-1][before == -1] == -1).all()
    gone = ~standing(second.layout)
    assert gone.any()
    assert (history[-1][gone] == -1).all()
    assert not np.isin(np.flatnonzero(gone), second.cells.object_id).any()


def test_the_second_year_has_its_own_weather_and_a_late_cold_spring() -> None:
    first, second = scene_weather(FIRST), scene_weather(SECOND)
    assert not np.allclose(first.rain_mm, second.rain_mm)
    assert second.rain_mm.sum() == pytest.approx(1.25 * 529)
    warm = replace(SECOND, weather=replace(SECOND.weather, shift_c=0.0))
    colder = second.temperature_c - scene_weather(warm).temperature_c
    days = np.arange(np.datetime64("2018-01-01"), np.datetime64("2019-01-01"))
    spring = (days >= np.datetime64("2018-04-30")) & (days <= np.datetime64("2018-06-14"))
    assert np.allclose(colder[spring], -0.8)
    assert np.allclose(colder[~spring], 0)


def test_the_second_year_sows_later_and_grows_less(lands: tuple[Land, Land]) -> None:
    land, crop = lands[1], crop_history(SECOND, TILE, lands[1])[-1]
    effects = replace(SECOND.effects, sowing_shift_d=0.0, harvest_shift_d=0.0, vigour_mean_ln=0.0)
    usual = replace(SECOND, effects=effects)
    late, on_time = (grow_season(p, TILE, land, crop, scene_weather(SECOND)).effects for p in (SECOND, usual))
    assert late.sowing_day - on_time.sowing_day == pytest.approx(np.full(late.vigour.size, 5.0))
    assert late.harvest_day - on_time.harvest_day == pytest.approx(np.full(late.vigour.size, 2.5))
    assert late.vigour / on_time.vigour == pytest.approx(np.full(late.vigour.size, np.exp(-0.08)))


def test_dates_of_the_second_season_are_the_published_ones() -> None:
    days = {track.relative_orbit: track_days(SECOND, track) for track in scene_tracks(SECOND)}
    assert days[32].tolist() == list(range(120, 241, 12))  # 1 May, every 12 days, 11 passes
    assert days[105].tolist() == list(range(137, 258, 12))
    assert SECOND.optics.sentinel2.acquisitions == (230, 243, 253)  # 19 August, 1 and 11 September
    assert SECOND.optics.rapideye.acquisitions == (250,)


@pytest.mark.parametrize(("site", "wheat", "strips"), [("a", 0.0, 0.8), ("b", 0.13, 0.65)])
def test_sites_lie_in_the_county_apart_from_mini_and_have_their_own_crops(
    site: str, wheat: float, strips: float
) -> None:
    parameters = load_parameters(FOLDER / f"county-2018-{site}.toml", preset="smoke")
    preset, county = parameters.preset, parameters.county
    assert (
        county.outline[preset.first_row - county.first_row][preset.first_column - county.first_column] == "#"
    )
    assert preset.first_row >= FIRST.preset.n_row or preset.first_column >= FIRST.preset.n_column
    assert parameters.landscape.strip_share == strips
    assert parameters.allocation.priors["wheat"] == wheat
    tile = Tile(preset.first_row, preset.first_column)
    unforced = replace(parameters, preset=replace(SECOND.preset, n_pixel=50))
    crop = crop_history(unforced, tile, make_land(unforced, tile))
    assert len(crop) == 1
    assert (crop[0] == NAMES.index("wheat")).any() == (wheat > 0)


def test_seasons_and_sites_are_scenes_of_the_catalogue() -> None:
    entries = catalogue()
    assert {"county-mini", "county-2018-mini", "county-2018-a-tile", "cameras-2019-network"} <= set(entries)
    assert "county-2018-b-mini" not in entries  # a site is one place
    assert entries["county-2018-mini"].season == "2018-05-01/2018-09-30"
    assert entries["county-2018-b-tile"].preset == "tile"


def test_both_seasons_share_all_that_the_second_does_not_name() -> None:
    changed = {
        field
        for field in ("county", "moisture", "crops", "landscape", "allocation", "rotation", "soil", "radar")
        if getattr(FIRST, field) != getattr(SECOND, field)
    }
    assert not changed
    assert (FIRST.scene.seed, FIRST.scene.number) == (SECOND.scene.seed, SECOND.scene.number)


@pytest.mark.parametrize(
    ("table", "line", "words"),
    [
        ("rotation.follows.maize", "maize = 0.5", ["rotation.follows.maize", "sum to 1.28", "Change one"]),
        (
            "rotation.follows.maize",
            "millet = 0.0",
            ["rotation.follows.maize: unknown millet", "maize, soybean"],
        ),
        ("rotation", "recut_share = 1.2", ["rotation.recut_share: 1.2", "0 to 1"]),
        ("rotation", "first_year = 2019", ["rotation.first_year: 2019", "2017", "Lower it"]),
        ("allocation.priors", "barley = 0.1", ["allocation.priors", "barley", "use maize"]),
        ("allocation.priors", "wheat = 0.2", ["allocation.priors", "sum to 1.14", "Change one"]),
        ("survey", "efort = 0.5", ["survey.efort", "mean 'effort'"]),
        ("survey", "class_error = 3.0", ["survey.class_error: 3", "0 to 1"]),
        ("survey", "shift_sd_m = -1.0", ["survey.shift_sd_m: -1", "0 or more"]),
        ("survey.sample_shares", "maize = 0.4", ["survey.sample_shares", "sum to 1.065"]),
        ("survey.confused_with", 'maize = "maize"', ["survey.confused_with: maize", "another class"]),
        ("survey.confused_with", 'maize = "corn"', ["survey.confused_with: unknown corn", "use maize"]),
        ("weather", 'shift_end = "04-01"', ["weather.shift_end", "Sort them"]),
        ("optics.sentinel2", 'acquisitions = ["08-29", "08-09"]', ["optics.sentinel2", "Sort"]),
        ("crops.maize", 'crop_class = "corn"', ["crops.maize.crop_class", "corn", "use maize"]),
    ],
)
def test_bad_seasons_are_refused_with_key_and_remedy(
    tmp_path: Path, table: str, line: str, words: list[str]
) -> None:
    (tmp_path / "county.toml").write_bytes((FOLDER / "county.toml").read_bytes())
    key, value = line.split(" = ")
    leaf = f'{key} = {{ value = {value}, unit = "1", tag = "A", source = "test" }}'
    (tmp_path / "bad.toml").write_text(f'base = "county.toml"\n[{table}]\n{leaf}\n', encoding="utf-8")
    with pytest.raises(SchemaError) as caught:
        load_parameters(tmp_path / "bad.toml", preset="smoke")
    assert all(word in str(caught.value) for word in words), str(caught.value)
