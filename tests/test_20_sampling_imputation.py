"""Filling from neighbours: scikit-learn's own numbers, a slow reference, and nothing from test samples."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.impute import KNNImputer

from cropnb.sampling import Imputer
from cropnb.schema import SchemaError

CHANNEL = ("vv_db", "alpha")


def gappy(seed: int = 0, *, n_sample: int = 30, share: float = 0.15) -> np.ndarray:
    """Series (sample, time, channel) around a random level per sample, so that samples differ in nearness."""
    rng = np.random.default_rng(seed)
    level = rng.normal(size=(n_sample, 1, 1))
    values = [-12.0, 30.0] + [2.0, 20.0] * (level + 0.3 * rng.normal(size=(n_sample, 4, 2)))
    values[rng.random(values.shape) < share] = np.nan
    return values.astype(np.float32)


def slow_fill(train: np.ndarray, values: np.ndarray, *, n_neighbours: int) -> np.ndarray:
    """Loop over missing values: mean of the nearest donors by mean squared difference where both have one."""
    spread = np.nanstd(train.astype(float), axis=(0, 1))
    donors, filled = train.astype(float) / spread, values.astype(float).copy()
    for sample, time, channel in np.argwhere(np.isnan(values)):
        difference = donors - values[sample].astype(float) / spread
        both = np.isfinite(difference)
        n_both = both.sum(axis=(1, 2))
        distance = np.nansum(difference**2, axis=(1, 2)) / np.maximum(n_both, 1)
        usable = np.isfinite(train[:, time, channel]) & (n_both > 0)
        order = [i for i in np.argsort(distance, kind="stable") if usable[i]][:n_neighbours]
        chosen = order or np.flatnonzero(np.isfinite(train[:, time, channel]))
        filled[sample, time, channel] = train[chosen, time, channel].astype(float).mean()
    return filled


def test_raw_distances_are_scikit_learn_itself() -> None:
    train, test = gappy(1), gappy(2)
    ours = Imputer(distance="raw").fit(train, channel=CHANNEL).transform(test)
    peer = KNNImputer(n_neighbors=4).fit(train.reshape(30, -1).astype(float))
    expected = peer.transform(test.reshape(30, -1).astype(float)).reshape(test.shape)
    np.testing.assert_allclose(ours.values, expected, rtol=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_standardised_distances_are_the_slow_loop(seed: int, n_neighbours: int) -> None:
    train, test = gappy(seed, share=0.3), gappy(seed + 1, n_sample=5, share=0.4)
    train[0] = 1.0  # so that no column is empty
    ours = Imputer(n_neighbours).fit(train, channel=CHANNEL).transform(test)
    np.testing.assert_allclose(ours.values, slow_fill(train, test, n_neighbours=n_neighbours), rtol=1e-5)


def test_one_gap_worked_by_hand() -> None:
    """Neighbours of (., 10) are the four samples at 9 to 12, whose first values are 1, 2, 3, 6: mean 3."""
    train = np.array([[1, 9], [2, 10], [3, 11], [6, 12], [100, 90], [-100, -70]], float).reshape(6, 2, 1)
    imputed = Imputer(distance="raw").fit(train, channel=["a"]).transform(np.array([[[np.nan], [10.0]]]))
    assert imputed.values.ravel().tolist() == [3.0, 10.0]
    assert imputed.observed.ravel().tolist() == [False, True]


def test_the_unit_of_a_channel_does_not_matter() -> None:
    """Alpha in degrees or in radians gives the same filling; with raw distances it does not."""
    train, test, unit = gappy(1), gappy(2), np.array([1.0, np.pi / 180], np.float32)
    for distance, same in (("standardised", True), ("raw", False)):
        degrees, radians = (
            Imputer(distance=distance).fit(train * u, channel=CHANNEL).transform(test * u).values / u
            for u in (np.float32(1), unit)
        )
        assert np.allclose(degrees, radians, rtol=1e-4) is same


def test_measured_values_stay_to_the_bit() -> None:
    test = gappy(2)
    imputed = Imputer().fit(gappy(1), channel=CHANNEL).transform(test)
    np.testing.assert_array_equal(imputed.observed, np.isfinite(test))
    np.testing.assert_array_equal(imputed.values[imputed.observed], test[np.isfinite(test)])
    assert np.isfinite(imputed.values).all()
    assert imputed.values.dtype == np.float32


def test_other_test_samples_change_nothing() -> None:
    """A sample is filled alike alone and among outliers: only training samples give values."""
    imputer, test = Imputer().fit(gappy(1), channel=CHANNEL), gappy(2)
    test[3, 1, 0] = np.nan
    among = test.copy()
    among[4:] = 1e6
    alone = imputer.transform(test[3:4]).values
    np.testing.assert_array_equal(imputer.transform(among).values[3:4], alone)
    changed = gappy(1)
    changed[:, 1, 0] += 50  # so that this test can fail
    assert (Imputer().fit(changed, channel=CHANNEL).transform(test[3:4]).values != alone).any()


def test_filled_values_stay_within_the_training_values() -> None:
    train, test = gappy(1), gappy(2, share=0.6)
    imputed = Imputer().fit(train, channel=CHANNEL).transform(test)
    low, high = np.nanmin(train, axis=0), np.nanmax(train, axis=0)
    inside = (imputed.values >= low - 1e-4) & (imputed.values <= high + 1e-4)
    assert inside[~imputed.observed].all()


def test_filled_values_are_counted() -> None:
    test = np.ones((3, 4, 2), np.float32)
    test[0, :2, 0] = np.nan
    test[1, 3, 1] = np.inf  # infinite is missing, too
    test[2] = np.nan
    train = gappy(1, share=0)
    imputed = Imputer().fit(train, channel=CHANNEL).transform(test)
    assert imputed.n_filled == 2 + 1 + 8
    assert imputed.n_filled_by_channel.tolist() == [2 + 4, 1 + 4]
    assert imputed.n_empty == 1
    np.testing.assert_allclose(imputed.values[2], train.mean(axis=0), rtol=1e-5)


def test_without_gaps_nothing_changes() -> None:
    test = gappy(2, share=0)
    imputed = Imputer().fit(gappy(1), channel=CHANNEL).transform(test)
    np.testing.assert_array_equal(imputed.values, test)
    assert imputed.n_filled == imputed.n_empty == 0


def test_fewer_training_samples_than_neighbours_are_averaged() -> None:
    train = np.array([[[1.0], [5.0]], [[3.0], [5.0]]])
    imputed = Imputer().fit(train, channel=["a"]).transform(np.array([[[np.nan], [5.0]]]))
    assert imputed.values.ravel().tolist() == [2.0, 5.0]


def test_a_column_without_training_value_is_refused() -> None:
    train = gappy(1)
    train[:, 2, 1] = np.nan
    with pytest.raises(SchemaError, match=r"1 columns without any training value.*alpha at step 2"):
        Imputer().fit(train, channel=CHANNEL)


def test_a_constant_channel_does_not_divide_by_zero() -> None:
    train = gappy(1)
    train[..., 1] = 7.0
    imputed = Imputer().fit(train, channel=CHANNEL).transform(gappy(2))
    assert (imputed.values[..., 1][~imputed.observed[..., 1]] == 7.0).all()


@pytest.mark.parametrize("distance", ["raw", "standardised"])
def test_an_imputer_survives_json(distance) -> None:
    imputer = Imputer(3, distance=distance).fit(gappy(1), channel=CHANNEL)
    text = json.dumps(imputer.to_dict(), allow_nan=False)
    again = Imputer.from_dict(json.loads(text))
    assert (again.n_neighbours, again.distance, again.channel) == (3, distance, CHANNEL)
    np.testing.assert_array_equal(again.donors, imputer.donors)
    np.testing.assert_array_equal(again.transform(gappy(2)).values, imputer.transform(gappy(2)).values)
    assert not Imputer.from_dict(Imputer().to_dict()).is_fitted


def test_misuse_is_refused() -> None:
    imputer = Imputer().fit(gappy(1), channel=CHANNEL)
    with pytest.raises(SchemaError, match="fitted already"):
        imputer.fit(gappy(1), channel=CHANNEL)
    with pytest.raises(SchemaError, match="not fitted"):
        Imputer().transform(gappy(1))
    with pytest.raises(SchemaError, match="3 days; it was fitted on 4"):
        imputer.transform(gappy(1)[:, :3])
    with pytest.raises(SchemaError, match="1 channels"):
        imputer.transform(gappy(1)[..., :1])
    with pytest.raises(SchemaError, match="0 samples"):
        Imputer().fit(gappy(1)[:0], channel=CHANNEL)
    with pytest.raises(SchemaError, match="shape"):
        Imputer().fit(gappy(1)[0], channel=CHANNEL)
    with pytest.raises(SchemaError, match="n_neighbours 0"):
        Imputer(0)
    with pytest.raises(SchemaError, match="distance 'cosine'"):
        Imputer(distance="cosine")  # type: ignore[arg-type]


def test_damaged_numbers_are_refused() -> None:
    numbers = Imputer().fit(gappy(1), channel=CHANNEL).to_dict()
    with pytest.raises(SchemaError, match=r"\['donors'\] missing"):
        Imputer.from_dict({k: v for k, v in numbers.items() if k != "donors"})
    with pytest.raises(SchemaError, match="for 3 days of 2 channels"):
        Imputer.from_dict({**numbers, "n_time": 3})
