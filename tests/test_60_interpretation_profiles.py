"""Profiles over the season and features in a plane: numbers counted by hand or known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from cropnb.interpretation import (
    activation_profile,
    attention_profile,
    draw_per_class,
    effective_dates,
    embed,
    neighbour_agreement,
)
from cropnb.schema import SchemaError

RNG = np.random.default_rng


def test_mean_and_sd_of_each_class_by_hand() -> None:
    maps = [[1.0, 10.0], [3.0, 10.0], [7.0, 0.0]]
    found = activation_profile(maps, [0, 0, 2], n_class=4)
    nan = np.nan
    np.testing.assert_allclose(found.mean, [[2, 10], [nan, nan], [7, 0], [nan, nan]])
    np.testing.assert_allclose(found.sd, [[np.sqrt(2), 0], [nan, nan], [nan, nan], [nan, nan]])
    assert found.n_sample.tolist() == [2, 0, 1, 0]


def test_attention_is_not_scaled_and_its_means_sum_to_one() -> None:
    weights = RNG(0).dirichlet(np.full(6, 0.3), size=40)
    ids = np.arange(40) % 2
    found = attention_profile(weights, ids, n_class=3)
    np.testing.assert_allclose(found.mean[:2].sum(axis=1), 1)
    np.testing.assert_allclose(found.mean[1], weights[1::2].sum(axis=0) / 20)
    np.testing.assert_allclose(found.quartiles[1, 0], np.median(weights[::2], axis=0))
    assert (found.quartiles[0, :2] <= found.quartiles[2, :2]).all()
    assert np.isnan(found.mean[2]).all()


@pytest.mark.parametrize(
    "weights", [[[0.5, 0.4]], [[1.5, -0.5]], [[0.0, 1.0], [0.0, 255.0]]], ids=["sum", "negative", "scaled"]
)
def test_what_is_no_attention_is_refused(weights: list[list[float]]) -> None:
    with pytest.raises(SchemaError, match="expected 0 or more, sum 1"):
        attention_profile(weights, [0] * len(weights), n_class=1)
    with pytest.raises(SchemaError, match="expected 0 or more, sum 1"):
        effective_dates(weights)


def test_classes_and_shapes_that_do_not_fit_are_refused() -> None:
    for maps, ids in (([[1.0]], [1]), ([[1.0]], [-1]), ([[1.0]], [0, 0]), ([1.0], [0])):
        with pytest.raises(SchemaError, match="activation_profile"):
            activation_profile(maps, ids, n_class=1)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_dates_with_equal_attention_are_counted(n: int) -> None:
    weights = np.zeros(5)
    weights[:n] = 1 / n
    assert effective_dates(weights) == pytest.approx(n)


def test_effective_dates_of_a_mean_exceed_those_of_samples_that_differ() -> None:
    weights = np.eye(4)
    assert effective_dates(weights).tolist() == [1, 1, 1, 1]
    assert effective_dates(weights.mean(axis=0)) == pytest.approx(4)
    assert np.isnan(effective_dates([[np.nan, np.nan]])).all()


def test_a_draw_takes_as_many_of_each_class_as_there_are() -> None:
    ids = np.array([2] * 50 + [0] * 3 + [2] * 50)
    draw = draw_per_class(ids, per_class=10, n_class=4, rng=RNG(0))
    assert (draw.available.tolist(), draw.taken.tolist()) == ([3, 0, 100, 0], [3, 0, 10, 0])
    assert np.bincount(ids[draw.index]).tolist() == [3, 0, 10]
    assert (np.diff(draw.index) > 0).all()
    again, other = (draw_per_class(ids, per_class=10, n_class=4, rng=RNG(s)).index for s in (0, 1))
    assert again.tolist() == draw.index.tolist() != other.tolist()
    with pytest.raises(SchemaError, match="0 per class"):
        draw_per_class(ids, per_class=0, n_class=4, rng=RNG(0))


def test_what_has_no_class_is_never_drawn_and_other_classes_are_refused() -> None:
    draw = draw_per_class([-1, 1, -1, 0, -1], per_class=2, n_class=3, rng=RNG(0))
    assert (draw.index.tolist(), draw.available.tolist()) == ([1, 3], [1, 1, 0])
    for ids in ([-2, 0], [0, 3]):
        with pytest.raises(SchemaError, match="for 3 classes"):
            draw_per_class(ids, per_class=2, n_class=3, rng=RNG(0))


def _blobs(apart: float) -> tuple[np.ndarray, np.ndarray]:
    ids = np.repeat(np.arange(3), 40)
    return RNG(0).normal(size=(120, 8)) + apart * np.eye(8)[ids], ids


def test_blobs_far_apart_stay_apart_in_the_plane() -> None:
    x, ids = _blobs(30.0)
    placed = embed(x, seed=0, perplexity=15)
    assert placed.shape == (120, 2)
    distance = np.linalg.norm(placed[:, None] - placed[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    nearest = np.argsort(distance, axis=1)[:, :5]
    assert (ids[nearest] == ids[:, None]).all()
    np.testing.assert_array_equal(placed, embed(x, seed=0, perplexity=15))


@pytest.mark.parametrize(
    ("features", "perplexity"),
    [(np.zeros((9, 3)), 5), (np.eye(5), 5), (np.full((9, 3), np.nan), 5), (np.arange(9.0), 5)],
    ids=["constant", "too few", "NaN", "one dim"],
)
def test_features_that_cannot_be_placed_are_refused(features: np.ndarray, perplexity: float) -> None:
    with pytest.raises(SchemaError, match="embed"):
        embed(features, seed=0, perplexity=perplexity)


def test_agreement_is_one_for_blobs_and_chance_for_noise() -> None:
    x, ids = _blobs(30.0)
    apart = neighbour_agreement(x, ids, k=10, n_class=4)
    assert (apart.share, apart.chance) == (1.0, pytest.approx(39 / 119))
    np.testing.assert_allclose(apart.of_class, [1, 1, 1, np.nan])
    noise = RNG(1).normal(size=(3000, 3))
    mixed = neighbour_agreement(noise, np.arange(3000) % 10 > 0, k=10, n_class=2)
    assert mixed.share == pytest.approx(mixed.chance, abs=0.02)
    np.testing.assert_allclose(mixed.chance_of_class, [299 / 2999, 2699 / 2999])


def _by_brute_force(
    x: np.ndarray, ids: np.ndarray, group: np.ndarray, *, k: int
) -> tuple[list[float], list[float]]:
    share, chance = [], []
    for i in range(len(x)):
        others = [j for j in range(len(x)) if group[j] != group[i]]
        others.sort(key=lambda j: float(((x[i] - x[j]) ** 2).sum()))
        share.append(sum(ids[j] == ids[i] for j in others[:k]) / k)
        chance.append(sum(ids[j] == ids[i] for j in others) / len(others))
    return share, chance


def test_neighbours_in_the_same_group_do_not_count() -> None:
    rng = RNG(2)
    group = rng.integers(0, 12, size=60)
    ids = np.where(rng.random(60) < 0.1, 1, group % 3)  # mostly, not always, one class a group
    x = rng.normal(size=(12, 4))[group] + 0.05 * rng.normal(size=(60, 4))
    found = neighbour_agreement(x, ids, k=4, n_class=3, group=group)
    share, chance = _by_brute_force(x, ids, group, k=4)
    assert found.share == pytest.approx(np.mean(share))
    assert found.chance == pytest.approx(np.mean(chance))
    np.testing.assert_allclose(found.of_class, [np.mean(np.array(share)[ids == c]) for c in range(3)])
    assert neighbour_agreement(x, ids, k=4, n_class=3).share > found.share + 0.2


def test_impossible_numbers_of_neighbours_are_refused() -> None:
    x, ids = _blobs(1.0)
    for k, group in ((0, None), (120, None), (41, np.arange(120) >= 40)):
        with pytest.raises(SchemaError, match="neighbour_agreement: k="):
            neighbour_agreement(x, ids, k=k, n_class=3, group=group)
    with pytest.raises(SchemaError, match="119 classes"):
        neighbour_agreement(x, ids[1:], k=3, n_class=3)
