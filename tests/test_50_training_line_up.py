import numpy as np
import pytest

from cropnb.sampling import Samples, samples_from_arrays, share_split
from cropnb.training import (
    FitConfig,
    FittedForest,
    FittedHybridForest,
    FittedNetwork,
    cross_validate,
    line_up,
)

QUICK = FitConfig(max_epoch=1, batch_size=16, weight_decay=0.0)
KINDS = {
    "Conv1D": FittedNetwork,
    "Conv1D-RF": FittedHybridForest,
    "Conv1D-LSTM": FittedNetwork,
    "RF": FittedForest,
    "Transformer": FittedNetwork,
}


@pytest.fixture(scope="module")
def samples() -> Samples:
    rng = np.random.default_rng(0)
    class_id = np.tile([0, 1], 30)
    x = rng.normal(size=(60, 6, 2)) + 3 * class_id[:, None, None]
    return samples_from_arrays(x, class_id, group=np.repeat(np.arange(10), 6))


def test_the_order_is_that_of_the_thesis() -> None:
    assert tuple(line_up()) == ("Conv1D", "Conv1D-RF", "Conv1D-LSTM", "RF", "Transformer")


@pytest.mark.parametrize("name", KINDS)
def test_each_is_what_it_is_called_and_fits(name: str, samples: Samples) -> None:
    fold = share_split(samples, rng=np.random.default_rng(0))
    train, valid = samples.take(fold.train), samples.take(fold.valid)
    fitted = line_up(QUICK, n_tree=5)[name]().fit(train, valid, seed=0)
    assert type(fitted.fitted) is KINDS[name]
    probability = fitted.predict_proba(samples.take(fold.test))
    np.testing.assert_allclose(probability.sum(axis=1), 1, atol=1e-5)


def test_networks_see_the_range_of_the_training_samples(samples: Samples) -> None:
    fold = share_split(samples, rng=np.random.default_rng(0))
    train = samples.take(fold.train)
    maker = line_up(QUICK, impute=False)["Conv1D"]
    scaled = maker().fit(train, samples.take(fold.valid), seed=0).run.scaler.transform(train)
    np.testing.assert_allclose(scaled.min(axis=(0, 1)), 0, atol=1e-6)
    np.testing.assert_allclose(scaled.max(axis=(0, 1)), 1, atol=1e-6)


def test_forests_learn_from_no_more_than_the_networks(samples: Samples) -> None:
    fold = share_split(samples, rng=np.random.default_rng(0))
    makers = line_up(QUICK, n_tree=5, impute=False)
    train, valid = samples.take(fold.train), samples.take(fold.valid)
    other = samples.take(fold.test)
    first, second = (makers["RF"]().fit(train, part, seed=0) for part in (valid, other))
    np.testing.assert_array_equal(first.predict_proba(samples), second.predict_proba(samples))


def test_the_makers_serve_an_experiment(samples: Samples) -> None:
    fold = share_split(samples, rng=np.random.default_rng(0))
    table = cross_validate(samples, [fold], line_up(n_tree=20)["RF"], seeds=[0, 1], progress=False)
    assert (table.reference == table.prediction).mean() > 0.9
