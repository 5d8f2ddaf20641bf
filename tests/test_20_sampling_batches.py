"""Scaling looks at training samples only; batches come in an order fixed by seed and epoch."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from cropnb.legends import Legend
from cropnb.sampling import Batch, Samples, Scaler, make_loader
from cropnb.sampling.batches import BatchOrder
from cropnb.schema import SchemaError


def made_up(n_sample: int = 21, *, seed: int = 0) -> Samples:
    rng = np.random.default_rng(seed)
    x = rng.normal([-12.0, -18.0], [2.0, 3.0], size=(n_sample, 5, 2)).astype(np.float32)
    n = np.arange(n_sample)
    return Samples(
        x=x,
        observed=np.ones(x.shape, bool),
        day=np.array([3, 15, 27, 39, 51]),
        channel=("vv_db", "vh_db"),
        class_id=n % 3,
        group=n,
        block=n,
        parcel=n,
        legend=Legend.from_names(["maize", "soybean", "rice"]),
    )


def test_standardised_training_samples_have_mean_zero_and_deviation_one() -> None:
    samples = made_up()
    scaled = Scaler().fit(samples).transform(samples)
    np.testing.assert_allclose(scaled.mean((0, 1)), 0.0, atol=1e-6)
    np.testing.assert_allclose(scaled.std((0, 1)), 1.0, atol=1e-6)
    assert scaled.dtype == np.float32


def test_min_max_training_samples_fill_zero_to_one() -> None:
    samples = made_up()
    scaled = Scaler("min_max").fit(samples).transform(samples)
    np.testing.assert_allclose([scaled.min((0, 1)), scaled.max((0, 1))], [[0, 0], [1, 1]], atol=1e-6)


@pytest.mark.parametrize("method", ["standardise", "min_max"])
def test_an_outlier_among_the_test_samples_changes_nothing(method) -> None:
    samples = made_up()
    train, test = np.arange(14), np.arange(14, 21)
    planted = samples.x.copy()
    planted[test[0]] = 1e6
    clean, dirty = samples, replace(samples, x=planted)
    scalers = [Scaler(method).fit(s.take(train)) for s in (clean, dirty)]
    assert scalers[0].to_dict() == scalers[1].to_dict()
    assert Scaler(method).fit(dirty).to_dict() != scalers[0].to_dict()  # so that this test can fail


def test_a_constant_channel_becomes_zero() -> None:
    samples = made_up()
    samples.x[..., 1] = -18.0
    assert not Scaler().fit(samples).transform(samples)[..., 1].any()


def test_a_scaler_is_fitted_once() -> None:
    scaler = Scaler().fit(made_up())
    with pytest.raises(SchemaError, match="fitted already"):
        scaler.fit(made_up(seed=1))


def test_a_scaler_refuses_other_channels_and_use_before_the_fit() -> None:
    with pytest.raises(SchemaError, match="Call fit first"):
        Scaler().transform(made_up())
    swapped = made_up().select_channels(["vh_db", "vv_db"])
    with pytest.raises(SchemaError, match="Use select_channels"):
        Scaler().fit(made_up()).transform(swapped)
    with pytest.raises(SchemaError, match="method 'robust'"):
        Scaler("robust")


def test_a_scaler_survives_json() -> None:
    samples = made_up()
    scaler = Scaler("min_max").fit(samples)
    again = Scaler.from_dict(json.loads(json.dumps(scaler.to_dict())))
    np.testing.assert_array_equal(again.transform(samples), scaler.transform(samples))
    with pytest.raises(SchemaError, match="fitted already"):
        again.fit(samples)


def test_a_damaged_scaler_is_refused() -> None:
    numbers = Scaler().fit(made_up()).to_dict()
    with pytest.raises(SchemaError, match=r"\['scale'\] missing"):
        Scaler.from_dict({k: v for k, v in numbers.items() if k != "scale"})
    with pytest.raises(SchemaError, match="1 offsets and 2 scales for 2 channels"):
        Scaler.from_dict({**numbers, "offset": [0.0]})


def batches(samples: Samples, **options) -> list[Batch]:
    settings = {"batch_size": 4, "shuffle": False} | options
    return list(make_loader(samples, Scaler().fit(samples), **settings))


def test_without_shuffling_batches_are_the_samples_in_order() -> None:
    samples = made_up()
    served = batches(samples)
    assert [len(batch.target) for batch in served] == [4, 4, 4, 4, 4, 1]
    np.testing.assert_array_equal(torch.cat([b.target for b in served]), samples.class_id)
    np.testing.assert_array_equal(torch.cat([b.x for b in served]), Scaler().fit(samples).transform(samples))


def test_a_batch_has_the_types_models_expect() -> None:
    batch = batches(made_up())[0]
    assert (batch.x.dtype, batch.x.shape) == (torch.float32, (4, 5, 2))
    assert (batch.day.dtype, batch.day.tolist()) == (torch.int64, [[3, 15, 27, 39, 51]] * 4)
    assert batch.valid_mask.dtype == torch.bool
    assert batch.valid_mask.shape == (4, 5)
    assert batch.valid_mask.all()
    assert (batch.target.dtype, batch.target.shape) == (torch.int64, (4,))


def test_shuffling_serves_each_sample_once_in_an_order_of_the_seed() -> None:
    samples = made_up(20)
    orders = [
        [round(float(v), 6) for b in batches(samples, shuffle=True, seed=s) for v in b.x[:, 0, 0]]
        for s in (0, 0, 1)
    ]
    plain = [round(float(v), 6) for b in batches(samples) for v in b.x[:, 0, 0]]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(plain) != orders[0]


def test_epochs_differ_and_a_resumed_epoch_is_the_one_left_off() -> None:
    order = BatchOrder(20, batch_size=6, shuffle=True, seed=3)
    epochs = [list(order) for _ in range(3)]
    assert epochs[0] != epochs[1] != epochs[2]
    resumed = BatchOrder(20, batch_size=6, shuffle=True, seed=3)
    resumed.set_epoch(2)
    assert list(resumed) == epochs[2]
    other_seed = BatchOrder(20, batch_size=6, shuffle=True, seed=4)
    other_seed.set_epoch(1)
    assert list(other_seed) != epochs[2]  # seed and epoch do not simply add up


@pytest.mark.parametrize(
    ("n_sample", "batch_size", "shuffle", "sizes"),
    [
        (9, 4, True, [4, 4]),
        (9, 4, False, [4, 4, 1]),
        (10, 4, True, [4, 4, 2]),
        (1, 4, True, [1]),
        (3, 1, True, [1, 1, 1]),
        (0, 4, False, []),
    ],
)
def test_no_batch_of_one_while_training(
    n_sample: int, batch_size: int, shuffle: bool, sizes: list[int]
) -> None:
    order = BatchOrder(n_sample, batch_size=batch_size, shuffle=shuffle, seed=0)
    assert [len(batch) for batch in order] == sizes
    assert len(order) == len(sizes)


def test_a_batch_size_below_one_is_refused() -> None:
    with pytest.raises(SchemaError, match="batch_size 0"):
        batches(made_up(), batch_size=0)
