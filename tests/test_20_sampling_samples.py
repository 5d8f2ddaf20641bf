"""Samples: what is dropped is counted, what is kept keeps its order, and shapes are checked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cropnb.legends import CropClass, Legend
from cropnb.sampling import Samples
from cropnb.sampling.samples import NOT_CROPLAND, RARE_CLASS
from cropnb.schema import SchemaError

LEGEND = Legend((CropClass(0, "maize"), CropClass(1, "water", cropland=False), CropClass(2, "rice")))


def made_up(class_id: np.ndarray, *, legend: Legend = LEGEND) -> Samples:
    """Samples whose first value is their position, so that a reordering shows."""
    n = len(class_id)
    x = np.zeros((n, 4, 2), np.float32)
    x[:, 0, 0] = np.arange(n)
    return Samples(
        x=x,
        observed=np.ones(x.shape, bool),
        day=np.array([5, 17, 29, 41]),
        channel=("vv_db", "vh_db"),
        class_id=np.asarray(class_id, dtype=np.int64),
        group=np.arange(n),
        block=np.arange(n) % 3,
        parcel=np.arange(n) + 100,
        legend=legend,
        dropped={"unlabelled": 4},
    )


@given(st.lists(st.integers(0, 2), min_size=8, max_size=60), st.integers(1, 6), st.booleans())
def test_kept_and_dropped_add_up_and_keep_their_order(ids: list[int], least: int, crop_only: bool) -> None:
    samples = made_up(np.array(ids))
    counts = np.bincount(ids, minlength=3)
    names = [
        c.class_name for c in LEGEND.classes if counts[c.class_id] >= least and (c.cropland or not crop_only)
    ]
    if len(names) < 2:
        with pytest.raises(SchemaError, match=f"min_count={least}"):
            samples.keep_classes(min_count=least, cropland_only=crop_only)
        return
    kept = samples.keep_classes(min_count=least, cropland_only=crop_only)
    assert kept.legend.names == tuple(names)
    assert kept.n_sample + sum(kept.dropped.values()) == len(ids) + 4
    where = kept.x[:, 0, 0].astype(int)
    assert list(where) == sorted(where)
    assert [LEGEND.names[ids[i]] for i in where] == [kept.legend.names[k] for k in kept.class_id]


def test_each_reason_is_counted_apart() -> None:
    legend = Legend((*LEGEND.classes, CropClass(3, "bean")))
    kept = made_up(np.array([0, 0, 1, 1, 1, 2, 2, 3]), legend=legend).keep_classes(
        min_count=2, cropland_only=True
    )
    assert kept.dropped == {"unlabelled": 4, NOT_CROPLAND: 3, RARE_CLASS: 1}
    assert kept.class_counts.tolist() == [2, 2]


def test_a_class_without_samples_leaves_the_legend() -> None:
    kept = made_up(np.array([0, 2, 2, 0])).keep_classes()
    assert kept.legend.names == ("maize", "rice")
    assert kept.class_id.tolist() == [0, 1, 1, 0]


def test_take_follows_the_index_and_drops_nothing() -> None:
    part = made_up(np.array([0, 1, 2, 0])).take(np.array([3, 1]))
    assert part.x[:, 0, 0].tolist() == [3, 1]
    assert part.parcel.tolist() == [103, 101]
    assert part.dropped == {"unlabelled": 4}


def test_channels_come_in_the_order_asked_for() -> None:
    samples = made_up(np.array([0, 1]))
    swapped = samples.select_channels(["vh_db", "vv_db"])
    assert swapped.channel == ("vh_db", "vv_db")
    np.testing.assert_array_equal(swapped.x, samples.x[..., ::-1])
    with pytest.raises(SchemaError, match=r"no channel \['B08'\]; they have vv_db, vh_db"):
        samples.select_channels(["B08"])


def test_the_share_interpolated_is_that_of_unobserved_values() -> None:
    samples = made_up(np.array([0, 1]))
    observed = samples.observed.copy()
    observed[0, :, 1] = False
    assert replace(samples, observed=observed).share_interpolated == pytest.approx(4 / 16)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": np.zeros((2, 4, 2))}, "dtype float64; expected float32"),
        ({"x": np.full((2, 4, 2), np.nan, np.float32)}, "16 values of x are not finite"),
        ({"observed": np.ones((2, 4, 1), bool)}, "observed has shape"),
        ({"day": np.array([5, 17, 17, 41])}, "rising day numbers"),
        ({"channel": ("vv_db", "vv_db")}, "2 different names"),
        ({"class_id": np.array([0, 3])}, r"class_id \[3\] outside the legend; expected 0 to 2"),
        ({"class_id": np.array([0, -1])}, "Leave unlabelled samples out"),
        ({"parcel": np.array([1, 2], dtype=np.int32)}, "parcel has shape .* dtype int32"),
        ({"block": np.array([1])}, "block has shape"),
    ],
)
def test_what_breaks_the_contract_is_named(change: dict, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        replace(made_up(np.array([0, 1])), **change)
