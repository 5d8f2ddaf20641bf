"""Scalers are scikit-learn's, channel by channel; what they do beyond the training range."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from cropnb.sampling import Samples, Scaler, samples_from_arrays
from cropnb.sampling.scaling import METHODS
from cropnb.schema import SchemaError

PEERS = {"standardise": StandardScaler, "min_max": MinMaxScaler}


def made_up(seed: int = 0, *, n_sample: int = 20) -> Samples:
    rng = np.random.default_rng(seed)
    x = rng.normal([-12.0, 35.0], [2.0, 15.0], size=(n_sample, 6, 2))
    return samples_from_arrays(x, np.arange(n_sample) % 2, group=np.arange(n_sample))


def test_every_method_has_a_peer() -> None:
    assert set(PEERS) == set(METHODS)


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(METHODS), st.integers(0, 2**32 - 2))
def test_a_scaler_is_scikit_learn_over_all_days(method, seed: int) -> None:
    train, test = made_up(seed), made_up(seed + 1)
    ours = Scaler(method).fit(train).transform(test)
    peer = PEERS[method]().fit(train.x.reshape(-1, 2).astype(float))
    expected = peer.transform(test.x.reshape(-1, 2).astype(float)).reshape(test.x.shape)
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_the_unit_of_a_channel_does_not_matter(method) -> None:
    train, test = made_up(), made_up(1)
    units = np.array([1.0, np.pi / 180], np.float32)
    other_train, other_test = (
        samples_from_arrays(s.x * units + 1, s.class_id, group=s.group) for s in (train, test)
    )
    ours, other = (
        Scaler(method).fit(train).transform(test),
        Scaler(method).fit(other_train).transform(other_test),
    )
    np.testing.assert_allclose(ours, other, atol=1e-4)


def test_min_max_lets_other_samples_leave_the_range() -> None:
    train = made_up()
    beyond = samples_from_arrays(train.x + 100, train.class_id, group=train.group)
    assert Scaler("min_max").fit(train).transform(beyond).min() > 1


@pytest.mark.parametrize(
    ("entry", "bad"), [("scale", 0.0), ("scale", -1.0), ("scale", float("nan")), ("offset", float("inf"))]
)
def test_numbers_that_cannot_scale_are_refused(entry: str, bad: float) -> None:
    numbers = json.loads(json.dumps(Scaler().fit(made_up()).to_dict()))
    numbers[entry][1] = bad
    with pytest.raises(SchemaError, match="expected finite numbers, the scale above 0"):
        Scaler.from_dict(numbers)
