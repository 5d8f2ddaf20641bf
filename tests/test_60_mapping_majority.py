"""The majority filter against a slow reference: ties, no-data, and votes that may not cross it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from cropnb.mapping import majority_filter
from cropnb.schema import SchemaError

NO_DATA = 255


def slow_vote(window: int):
    """Vote of one window, given as `generic_filter` gives it."""
    centre = window * window // 2

    def vote(values: np.ndarray) -> float:
        own = values[centre]
        if own == NO_DATA:
            return NO_DATA
        parts, _ = ndimage.label(values.reshape(window, window) != NO_DATA)  # joined over sides
        electors = values[parts.ravel() == parts.ravel()[centre]]
        numbers, votes = np.unique(electors, return_counts=True)
        best = numbers[votes == votes.max()]
        return best[0] if best.size == 1 else own

    return vote


def slow_majority(class_id: np.ndarray, window: int) -> np.ndarray:
    return ndimage.generic_filter(class_id, slow_vote(window), size=window, mode="constant", cval=NO_DATA)


@pytest.mark.parametrize("window", [1, 3, 5, 7])
@pytest.mark.parametrize("share_missing", [0.0, 0.1, 0.6])
def test_equals_a_window_by_window_count(window: int, share_missing: float) -> None:
    rng = np.random.default_rng(window)
    class_id = rng.integers(0, 4, (40, 33)).astype(np.uint8)
    class_id[rng.random(class_id.shape) < share_missing] = NO_DATA
    got = majority_filter(class_id, window=window)
    np.testing.assert_array_equal(got, slow_majority(class_id, window))
    assert window == 1 or not np.array_equal(got, class_id)


def test_a_line_without_data_parts_the_votes() -> None:
    class_id = np.full((5, 7), 1, np.uint8)
    class_id[:, 3] = NO_DATA
    class_id[:, 4:] = 2
    class_id[:, 4] = 3  # beside the line: two columns of class 2 on its own side, three of class 1 beyond
    class_id[:, 0:2] = 3
    got = majority_filter(class_id, window=5)
    assert set(got[:, 4:].ravel().tolist()) <= {2, 3}
    assert got[2, 4] == 2
    assert (got[:, 3] == NO_DATA).all()


def test_a_diagonal_line_without_data_parts_the_votes_too() -> None:
    class_id = np.where(np.add.outer(np.arange(6), np.arange(6)) < 5, 1, 2).astype(np.uint8)
    class_id[np.arange(6), 5 - np.arange(6)] = NO_DATA
    np.testing.assert_array_equal(majority_filter(class_id, window=3), class_id)


def test_a_tie_keeps_the_pixel() -> None:
    stripes = np.array([[0, 1], [0, 1]], np.uint8)
    np.testing.assert_array_equal(majority_filter(stripes, window=3), stripes)


@pytest.mark.parametrize(
    ("class_id", "window", "message"),
    [(np.zeros((3, 3), np.uint8), 4, "odd"), (np.zeros((3, 3), np.int64), 3, "uint8")],
)
def test_wrong_input_is_refused(class_id: np.ndarray, window: int, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        majority_filter(class_id, window=window)
