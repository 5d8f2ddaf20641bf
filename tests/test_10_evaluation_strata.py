"""Distances to edges by brute force, parcels, bins, and the accuracy in them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cropnb.evaluation import (
    accuracy_by,
    edge_distance,
    parcel_area,
)
from cropnb.evaluation.strata import bin_of
from cropnb.schema import SchemaError

RNG = np.random.default_rng


def slow_distance(parcel_id: np.ndarray, pixel_size: float) -> np.ndarray:
    """Every pixel against every other one."""
    pixels = list(np.ndindex(parcel_id.shape))
    result = np.full(parcel_id.shape, np.nan)
    for p in pixels:
        if parcel_id[p] >= 0:
            gaps = [np.hypot(p[0] - q[0], p[1] - q[1]) for q in pixels if parcel_id[q] != parcel_id[p]]
            result[p] = pixel_size * min(gaps, default=np.inf)
    return result


def blobs(seed: int) -> np.ndarray:
    """Parcels of odd numbers and shapes, some in several parts, with gaps of different negative numbers."""
    rng = RNG(seed)
    seeds = rng.integers(0, (14, 19), size=(9, 2))
    y, x = np.indices((14, 19))
    nearest = np.argmin([(y - a) ** 2 + (x - b) ** 2 for a, b in seeds], axis=0)
    return np.array([-1, -7, 3, 40, 41, 900, 3, 12, 5])[nearest]


@pytest.mark.parametrize("seed", range(6))
def test_distances_are_those_of_all_pairs_of_pixels(seed: int) -> None:
    parcels = blobs(seed) if seed else RNG(0).integers(-1, 3, size=(9, 11))
    np.testing.assert_allclose(edge_distance(parcels, pixel_size=10), slow_distance(parcels, 10))


def test_the_border_of_the_map_is_no_edge() -> None:
    assert np.isinf(edge_distance(np.zeros((3, 4), dtype=int), pixel_size=10)).all()
    field = np.full((7, 7), -1)
    field[1:6, 1:6] = 8
    assert np.nanmax(edge_distance(field, pixel_size=10)) == 30
    assert edge_distance(field[1:], pixel_size=10)[2, 3] == 30
    assert edge_distance(field[3:], pixel_size=10)[0, 3] == 30


def test_areas_are_those_of_counted_pixels_whatever_the_shape() -> None:
    parcels = blobs(3)
    area = parcel_area(parcels, pixel_size=20)
    for number in np.unique(parcels):
        expected = 0.04 * (parcels == number).sum() if number >= 0 else np.nan
        np.testing.assert_allclose(area[parcels == number], expected)
    assert np.isnan(parcel_area(np.full((2, 2), -1), pixel_size=10)).all()


def test_bins_are_those_of_pandas() -> None:
    edges = [0.0, 10.0, 20.0, 50.0, np.inf]
    values = np.concatenate([edges, RNG(0).uniform(-20, 90, 200), [np.nan, 20.0001]])
    theirs = pd.cut(values, edges, include_lowest=True, labels=False)
    np.testing.assert_array_equal(bin_of(values, edges), np.where(np.isnan(theirs), -1, theirs))


def along(n_block: int = 60, n_each: int = 20, seed: int = 0) -> dict[str, np.ndarray]:
    """Samples whose accuracy rises with a distance, in blocks of equal size."""
    rng = RNG(seed)
    block = np.repeat(np.arange(n_block), n_each)
    distance = np.tile(np.linspace(0, 100, n_each), n_block)
    reference = rng.integers(3, size=block.size)
    right = rng.random(block.size) < 0.4 + 0.4 * distance / 100 + rng.uniform(-0.2, 0.2, n_block)[block]
    return {
        "values": distance,
        "reference": reference,
        "prediction": np.where(right, reference, (reference + 1) % 3),
        "block": block,
    }


def test_accuracies_are_those_of_the_samples_in_the_bin() -> None:
    samples = along()
    table = accuracy_by(edges=[0, 30, 60, 100], rng=RNG(1), n_resample=4000, **samples)
    right = samples["reference"] == samples["prediction"]
    for row in table.itertuples():
        members = (samples["values"] > row.bin_low) & (samples["values"] <= row.bin_high)
        members |= (samples["values"] == 0) & (row.bin_low == 0)
        assert row.accuracy == pytest.approx(right[members].mean())
        assert row.mean == pytest.approx(samples["values"][members].mean())
        assert (row.n_sample, row.n_block) == (members.sum(), 60)
        means = right[members].reshape(60, -1).mean(axis=1)  # drawn with replacement: the normal width
        assert row.high - row.low == pytest.approx(2 * 1.96 * means.std() / 60**0.5, rel=0.1)
    assert table.accuracy.is_monotonic_increasing
    assert table.method[0] == "percentile bootstrap over 60 blocks"


def test_an_empty_bin_stays_and_samples_outside_are_left_out() -> None:
    samples = along()
    samples["values"] = np.where(samples["values"] > 90, np.nan, samples["values"])
    table = accuracy_by(edges=[20, 60, 200, 300], rng=RNG(1), n_resample=100, **samples)
    within = (samples["values"] >= 20) & (samples["values"] <= 200)
    assert table.n_sample.tolist()[2] == 0
    assert table.n_sample.sum() == within.sum()
    assert table.loc[2, ["mean", "accuracy", "low", "high"]].isna().all()
    assert (table.n_block[2], table.method[2]) == (0, "no sample")


def test_a_bin_that_is_all_right_is_as_sure_as_its_blocks_are_many() -> None:
    reference = np.zeros(30, dtype=int)
    block = np.arange(30) // 3
    settings = {"edges": [0, 1], "block": block, "rng": RNG(0), "n_resample": 100}
    right = accuracy_by(np.ones(30), reference=reference, prediction=reference, **settings).iloc[0]
    wrong = accuracy_by(np.ones(30), reference=reference, prediction=reference + 1, **settings).iloc[0]
    # Wilson: the share p for which 10 successes of 10 lie 1.96 standard errors above: p = n / (n + z2).
    assert (right.accuracy, right.high) == (1, pytest.approx(1))
    assert right.low == pytest.approx(10 / (10 + 1.959964**2))
    assert (wrong.accuracy, wrong.low) == (0, pytest.approx(0, abs=1e-12))
    assert wrong.high == pytest.approx(1 - right.low)
    assert right.method == "Wilson over 10 blocks, all alike"


def test_a_bin_of_one_block_has_no_interval() -> None:
    row = accuracy_by([1, 1], [0, 2], [0, 0], [0, 1], block=[5, 5], rng=RNG(0), n_resample=100).iloc[0]
    assert (row.accuracy, row.method) == (0.5, "one block")
    assert np.isnan([row.low, row.high]).all()


def test_what_does_not_fit_is_refused() -> None:
    good = {"values": [1.0], "edges": [0, 2], "reference": [0], "prediction": [0], "block": [0]}
    for change, message in (
        ({"values": [1.0, 2.0]}, r"shapes \[\(2,\), \(1,\)"),
        ({"edges": [2, 0]}, r"edges \[2.0, 0.0\].*Sort"),
        ({"edges": [0]}, "two or more"),
        ({"level": 95}, "level 95"),
    ):
        with pytest.raises(SchemaError, match=message):
            accuracy_by(**{**good, **change}, rng=RNG(0))
    for function in (edge_distance, parcel_area):
        with pytest.raises(SchemaError, match="float64; expected a map of whole numbers"):
            function(np.zeros((2, 2)), pixel_size=10)
        with pytest.raises(SchemaError, match="pixel_size 0"):
            function(np.zeros((2, 2), dtype=int), pixel_size=0)
