"""Survey labels against brute force and stated rates; shares, sizes and numbers of the land itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from cropnb.paths import data_folder
from cropnb.simulation import Parameters, load_parameters, simulate
from cropnb.simulation.labels import label_pixels, object_class, too_small
from cropnb.simulation.landscape import Land, make_land
from cropnb.simulation.raster import cell_centres, objects_at
from cropnb.simulation.rotation import plant
from cropnb.simulation.seeds import Tile
from cropnb.simulation.survey import (
    LabelNoise,
    Polygons,
    draw_polygons,
    emulated_map,
    expected_class_shares,
    polygon_pixels,
    visiting_rates,
)
from cropnb.simulation.survey_labels import survey_tile

COUNTY = data_folder() / "scenes" / "county.toml"
MINI = load_parameters(COUNTY, preset="mini")
CLASSES = MINI.classes.names
CROPS = range(4)  # classes


@dataclass(frozen=True)
class Surveyed:
    """One tile and its survey."""

    land: Land
    crop: np.ndarray
    labels: dict[str, np.ndarray]
    survey: dict[str, np.ndarray]


def survey_of(parameters: Parameters, tile: Tile) -> Surveyed:
    land = make_land(parameters, tile)
    crop = plant(parameters, tile, land)
    labels = label_pixels(parameters, tile, land, crop)
    return Surveyed(land, crop, labels, survey_tile(parameters, tile, land, crop, labels))


@cache
def tiles() -> list[Surveyed]:
    """16 tiles of 2 km in each of three counties, 192 km2: crops and covers vary from place to place."""
    counties = [replace(MINI, scene=replace(MINI.scene, seed=seed)) for seed in (1, 2, 3)]
    return [survey_of(p, Tile(row, column)) for p in counties for row in range(4) for column in range(4)]


def pooled(name: str) -> np.ndarray:
    return np.concatenate([(t.labels | t.survey)[name].ravel() for t in tiles()])


def pooled_parcel(name: str) -> np.ndarray:
    """Parcel numbers that differ between the counties too."""
    numbers = pooled(name).astype(np.int64)
    return np.where(numbers < 0, -1, numbers + np.repeat([0, 2**32, 2**33], numbers.size // 3))


def with_survey(**changes: object) -> Parameters:
    return replace(MINI, survey=replace(MINI.survey, **changes))


def shares(class_id: np.ndarray) -> np.ndarray:
    return np.bincount(class_id[class_id >= 0], minlength=7) / (class_id >= 0).sum()


@pytest.mark.slow
def test_classes_of_the_land_have_the_stated_shares() -> None:
    expected = expected_class_shares(MINI)
    by_priors = [0.725 * 0.39, 0.725 * 0.47, 0.725 * 0.06, 0.725 * 0.08 + 0.02, 0.035, 0.15, 0.07]
    assert list(expected.values()) == pytest.approx(by_priors, abs=0.02)  # but for preference and strips
    assert shares(pooled("class_id")) == pytest.approx(list(expected.values()), abs=0.03)


@pytest.mark.slow
def test_fields_have_the_published_mean_area() -> None:
    crop = np.isin(pooled("class_id"), CROPS)
    n_pixel = np.unique(pooled_parcel("parcel_id")[crop], return_counts=True)[1]
    assert n_pixel.mean() * 0.01 == pytest.approx(1.39, abs=0.2)  # hectares


@pytest.mark.slow
def test_parcels_have_numbers_that_no_two_tiles_share() -> None:
    seen: set[int] = set()
    for tile in tiles()[:16]:
        mine = set(np.unique(tile.labels["parcel_id"]).tolist()) - {-1}
        assert not mine & seen
        seen |= mine
    assert min(seen) >= 0
    assert max(seen) < 2**31


@pytest.mark.slow
def test_the_sample_has_the_wanted_shares() -> None:
    wanted = [MINI.survey.sample_shares[name] for name in CLASSES]
    assert shares(pooled("survey/class_id")) == pytest.approx(wanted, abs=0.04)
    visited = shares(pooled("class_id")) * list(visiting_rates(MINI).values())  # what this land lets expect
    assert shares(pooled("survey/class_id")) == pytest.approx(visited / visited.sum(), abs=0.015)
    assert pooled("surveyed").mean() > 0.4


@pytest.mark.slow
def test_wrong_labels_are_flagged_with_their_cause_and_no_others() -> None:
    true, given, noise = (pooled(name) for name in ("class_id", "survey/class_id", "label_noise"))
    assert ((noise > 0) == ((given >= 0) & (given != true))).all()
    of_class = noise == LabelNoise.CLASS
    pairs = np.unique(np.stack([true[of_class], given[of_class]]), axis=1)
    assert {(0, 1), (1, 0)} <= set(map(tuple, pairs.T.tolist()))
    fields = np.isin(given, CROPS) & (noise != LabelNoise.BORDER)
    parcel = pooled_parcel("survey/parcel_id")
    rate = np.unique(parcel[fields & of_class]).size / np.unique(parcel[fields]).size
    assert rate == pytest.approx(0.03, abs=0.01)
    at_border = noise == LabelNoise.BORDER
    assert 0.005 < at_border.sum() / (given >= 0).sum() < 0.15
    assert pooled("edge_distance")[at_border].max() < 5 * 3 + 10


@pytest.mark.slow
def test_the_emulated_map_errs_at_the_stated_rate_and_mostly_at_edges() -> None:
    true, mapped, mixed = (pooled(name) for name in ("class_id", "survey/map_class_id", "mixed_fraction"))
    known = true >= 0
    wrong = (mapped != true)[known]
    assert (mapped[~known] == -1).all()
    assert wrong.mean() == pytest.approx(0.09, abs=0.004)
    inner, edge = mixed[known] < 0.02, mixed[known] > 0.3
    assert wrong[inner].mean() == pytest.approx(0.2 * 0.09, abs=0.004)
    assert wrong[edge].mean() > 5 * wrong[inner].mean()


def test_rates_of_visits_by_hand() -> None:
    rates, land = visiting_rates(MINI), expected_class_shares(MINI)
    ratio = {name: MINI.survey.sample_shares[name] / land[name] for name in CLASSES}
    densest = max(ratio, key=ratio.__getitem__)
    assert rates[densest] == pytest.approx(0.9)
    assert rates["wheat"] / rates[densest] == pytest.approx(ratio["wheat"] / ratio[densest])
    without = replace(
        MINI, allocation=replace(MINI.allocation, priors={**MINI.allocation.priors, "wheat": 0.0})
    )
    assert visiting_rates(without)["wheat"] == 0


def test_the_survey_leaves_the_truth_as_it_is() -> None:
    poor = with_survey(class_error=0.5, shift_sd_m=9.0, effort=0.3, eroded_share=1.0, map_error=0.3)
    usual, other = survey_of(MINI, Tile(0, 1)), survey_of(poor, Tile(0, 1))
    for name, values in usual.labels.items():
        assert values.tobytes() == other.labels[name].tobytes(), name
    assert usual.survey["survey/class_id"].tobytes() != other.survey["survey/class_id"].tobytes()


def test_a_tile_has_the_same_survey_whatever_came_before() -> None:
    first = survey_of(MINI, Tile(2, 2)).survey
    survey_of(MINI, Tile(0, 0))
    again = survey_of(MINI, Tile(2, 2)).survey
    assert {name: values.tobytes() for name, values in first.items()} == {
        name: values.tobytes() for name, values in again.items()
    }
    assert first["survey/class_id"].shape == (200, 200)


def test_without_errors_every_label_is_the_truth_at_the_pixels_centre() -> None:
    exact = survey_of(with_survey(shift_sd_m=0.0, class_error=0.0, eroded_share=0.0), Tile(1, 1))
    east, north = np.meshgrid(*cell_centres(exact.land.frame, 200, 10.0))
    number, _ = objects_at(exact.land.frame, exact.land.blocks, exact.land.layout, east, north)
    given = exact.survey["survey/parcel_id"] % 2**20
    labelled = exact.survey["survey/parcel_id"] >= 0
    assert (given[labelled] == number[labelled]).all()
    visited = np.unique(given[labelled])
    # a pixel whose centre lies in a visited field is labelled, but where the field is only a sliver of it
    assert labelled[np.isin(number, visited)].mean() > 0.99
    assert not (exact.survey["label_noise"] == LabelNoise.CLASS).any()


@pytest.mark.parametrize("east_m", [0.0, 7.0])
def test_polygons_lie_where_they_were_displaced_to(east_m: float) -> None:
    land = make_land(MINI, Tile(1, 1))
    crop = plant(MINI, Tile(1, 1), land)
    labels = label_pixels(MINI, Tile(1, 1), land, crop)
    n = crop.size + 1
    visited = (
        np.arange(n) % 3 == 0
    )  # neighbours of most fields stay out, so that displaced ones rarely overlap
    visited[-1] = False
    still = np.zeros(n, dtype=bool)
    polygons = Polygons(visited, np.zeros(n, int), still, np.full(n, east_m), np.full(n, -4.0), still)
    found = polygon_pixels(MINI, land, polygons, labels["parcel_cell"], labels["edge_distance"])
    east, north = np.meshgrid(*cell_centres(land.frame, 200, 10.0))
    true, _ = objects_at(land.frame, land.blocks, land.layout, east - east_m, north + 4.0)
    expected = np.where(np.append(visited, False)[true], true, -1)
    inner = np.s_[1:-1, 1:-1]
    assert (found == expected)[inner].mean() > 0.999


def test_eroded_fields_lose_their_outermost_pixels_and_strips_lose_none() -> None:
    usual = with_survey(shift_sd_m=0.0, class_error=0.0, eroded_share=0.0)
    whole = survey_of(usual, Tile(1, 1))
    eroded = survey_of(with_survey(shift_sd_m=0.0, class_error=0.0, eroded_share=1.0), Tile(1, 1))
    before, after = (s.survey["survey/parcel_id"] % 2**20 for s in (whole, eroded))
    labelled = whole.survey["survey/parcel_id"] >= 0
    layout, kept = whole.land.layout, eroded.survey["survey/parcel_id"] >= 0
    shrunk = 0
    for number in np.unique(before[labelled]):
        here = labelled & (before == number)
        mono = (
            layout.cover[layout.object_block[number]] == 0 and not layout.strips[layout.object_block[number]]
        )
        expected = binary_erosion(here, border_value=1) if mono else here
        assert ((kept & (after == number)) == expected).all(), number
        shrunk += mono
    assert shrunk > 5


def test_shelterbelts_and_slivers_are_not_visited() -> None:
    land = make_land(MINI, Tile(0, 0))
    crop = plant(MINI, Tile(0, 0), land)
    class_of = object_class(MINI, land, crop)
    small = too_small(land.cells, class_of, MINI)
    always = replace(MINI, survey=replace(MINI.survey, effort=1.0))
    polygons = draw_polygons(always, land, class_of, small, rng=np.random.default_rng(0))
    assert land.layout.belts.stop > land.layout.belts.start
    assert not polygons.visited[land.layout.belts].any()
    assert not polygons.visited[small].any()
    assert not polygons.visited[class_of < 0].any()


def test_a_scene_keeps_survey_and_truth_apart_and_flags_both() -> None:
    smoke = load_parameters(COUNTY, preset="smoke")
    scene = simulate(replace(smoke, preset=replace(smoke.preset, n_row=1, n_column=1)), progress=False)
    survey, labels, truth = (scene[name].to_dataset() for name in ("survey", "labels", "truth"))
    assert set(survey) == {"class_id", "parcel_id", "map_class_id"}
    assert survey.attrs["legend"] == labels.attrs["legend"]
    noise = (survey.class_id >= 0) & (survey.class_id != labels.class_id)
    assert (noise == (truth.label_noise > 0)).all()
    assert truth.label_noise.attrs["flag_meanings"] == "none class border"
    visited = np.unique(labels.parcel_id.values[truth.surveyed.values])
    assert set(np.unique(survey.parcel_id.values)) - {-1} <= set(visited.tolist())
    crop = truth.crop.attrs["flag_meanings"].split()
    class_of = [CLASSES.index(smoke.crops[name].crop_class) for name in crop]
    planted = (truth.crop.values >= 0) & (labels.class_id.values >= 0)
    assert (labels.class_id.values == np.append(class_of, -1)[truth.crop.values])[planted].all()
    assert (truth.previous_crop == -1).all()
    expected = {"stage", "lai", "vwc", "sowing_day", "harvest_day", "mixed_fraction", "edge_distance"}
    expected |= {"coherence_vv", "coherence_vh", "sentinel2_cloud_opacity", "sentinel2_cloud_shadow"}
    assert expected <= set(truth)


def test_a_wrong_pixel_of_the_map_takes_a_class_from_nearby_else_its_partner() -> None:
    true = np.full((60, 60), CLASSES.index("maize"))
    true[:, 30:] = CLASSES.index("water")
    survey = replace(MINI.survey, map_error=0.5, map_edge_share=0.0)
    rng = np.random.default_rng(1)
    mapped = emulated_map(true, np.zeros(true.shape), survey, classes=CLASSES, pixel_m=10.0, rng=rng)
    wrong = mapped != true
    assert wrong.mean() == pytest.approx(0.5, abs=0.05)
    assert set(np.unique(mapped[:, :27][wrong[:, :27]])) == {CLASSES.index("soybean")}  # out of reach
    assert set(np.unique(mapped[:, 33:][wrong[:, 33:]])) == {CLASSES.index("other")}
    assert CLASSES.index("water") in mapped[:, 27:30]
