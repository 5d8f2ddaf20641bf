"""Outputs of stages are those of the network, batch by batch; maps, profiles and their numbers by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from cropnb.interpretation import channel_mean, rescaled, rows_by_class, stage_outputs, unwrapped
from cropnb.sampling import Samples, Scaler, samples_from_arrays
from cropnb.schema import SchemaError
from cropnb.training import (
    FitConfig,
    FittedNetwork,
    ForestClassifier,
    HybridForestClassifier,
    ImputedClassifier,
    NetworkClassifier,
    Run,
    seeds_from,
)
from cropnb.training.classifiers import Layout


class Tripled(nn.Module):
    """Channel c of `conv1` is c + 1 times the first input channel; dropout would show, and gradients too."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))
        self.drop = nn.Dropout(0.9)
        self.widest, self.with_gradient = 0, False

    def forward_features(self, x: Tensor, *, day: Tensor, valid_mask: Tensor) -> dict[str, Tensor]:
        assert valid_mask.all()
        self.widest = max(self.widest, len(x))
        self.with_gradient |= torch.is_grad_enabled()
        conv1 = self.drop(x[:, None, :, 0] * self.scale[:, None])
        return {"conv1": conv1, "embedding": x.sum(dim=(1, 2))[:, None], "day": day, "logits": conv1[:, :, 0]}


def _samples(n_sample: int = 7) -> Samples:
    x = np.random.default_rng(0).normal(size=(n_sample, 4, 2))
    return samples_from_arrays(x, np.arange(n_sample) % 3, group=np.arange(n_sample))


def _network(samples: Samples) -> FittedNetwork:
    run = Run(
        model=Tripled(),
        scaler=Scaler("min_max").fit(samples),
        config=FitConfig(accelerator="cpu"),
        history=pd.DataFrame({"epoch": [0]}),
        best_epoch=0,
        seconds=0.0,
        n_parameter=3,
        device="cpu",
        seeds=seeds_from(0),
    )
    return FittedNetwork(run=run, layout=Layout.of(samples), name="Tripled", sizes={})


SAMPLES = _samples()


@pytest.fixture
def network() -> FittedNetwork:
    return _network(SAMPLES)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _scaled(samples: Samples) -> np.ndarray:
    low, high = samples.x.min(axis=(0, 1)), samples.x.max(axis=(0, 1))
    return (samples.x - low) / (high - low)


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_outputs_are_those_of_all_samples_in_order_without_dropout(
    network: FittedNetwork, batch_size: int
) -> None:
    network.run.model.train()
    found = stage_outputs(network, SAMPLES, stages=["embedding", "conv1"], batch_size=batch_size)
    x = _scaled(SAMPLES)
    assert list(found) == ["embedding", "conv1"]
    np.testing.assert_allclose(
        found["conv1"], np.stack([x[..., 0] * c for c in (1, 2, 3)], axis=1), rtol=1e-5
    )
    np.testing.assert_allclose(found["embedding"][:, 0], x.sum(axis=(1, 2)), rtol=1e-5)


def test_memory_is_bounded_and_no_gradient_is_kept(network: FittedNetwork) -> None:
    stage_outputs(network, SAMPLES, stages=["conv1"], batch_size=3)
    assert (network.run.model.widest, network.run.model.with_gradient) == (3, False)
    assert not network.run.model.training


def test_a_reduction_is_taken_batch_by_batch_of_its_stage_alone(network: FittedNetwork) -> None:
    seen: list[tuple[int, ...]] = []

    def reduce(maps: np.ndarray) -> np.ndarray:
        seen.append(maps.shape)
        return channel_mean(maps)

    found = stage_outputs(
        network, SAMPLES, stages=["conv1", "embedding"], reduce={"conv1": reduce}, batch_size=5
    )
    assert seen == [(5, 3, 4), (2, 3, 4)]
    np.testing.assert_allclose(found["conv1"], 2 * _scaled(SAMPLES)[..., 0], rtol=1e-5)
    assert found["embedding"].shape == (7, 1)


def test_an_unknown_stage_is_refused_with_the_nearest_and_the_network_comes_back(
    network: FittedNetwork,
) -> None:
    with pytest.raises(SchemaError, match=r"Tripled stage 'conv2' is unknown.*Did you mean 'conv1'"):
        stage_outputs(network, SAMPLES, stages=["conv2"])
    assert next(network.run.model.parameters()).device.type == "cpu"


def test_nothing_to_do_and_stray_reductions_are_refused(network: FittedNetwork) -> None:
    for samples, stages, reduce in (
        (SAMPLES, [], {}),
        (SAMPLES.take(np.arange(0)), ["conv1"], {}),
        (SAMPLES, ["conv1"], {"conv": channel_mean}),
    ):
        with pytest.raises(SchemaError, match="stage_outputs"):
            stage_outputs(network, samples, stages=stages, reduce=reduce)
    with pytest.raises(SchemaError, match="day"):
        stage_outputs(network, dataclasses.replace(SAMPLES, day=SAMPLES.day + 1), stages=["conv1"])


@pytest.mark.parametrize("wrapped", ["plain", "imputed", "forest"])
def test_the_network_inside_says_what_the_classifier_says(wrapped: str) -> None:
    observed = np.random.default_rng(1).random(SAMPLES.x.shape) > 0.2
    gappy = dataclasses.replace(SAMPLES, observed=observed)
    plain = NetworkClassifier(
        config=FitConfig(max_epoch=1, batch_size=4, accelerator="cpu"), model={"n_filter": 2, "n_dense": 3}
    )
    forest = HybridForestClassifier(network=plain, forest=ForestClassifier(n_tree=2, n_jobs=1))
    inner = forest if wrapped == "forest" else plain
    classifier = inner if wrapped != "imputed" else ImputedClassifier(classifier=inner, n_neighbours=2)
    fitted = classifier.fit(gappy, gappy, seed=0)
    network, fed = unwrapped(fitted, gappy)
    logits = stage_outputs(network, fed, stages=["logits"])["logits"].astype(float)
    share = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = (network if wrapped == "forest" else fitted).predict_proba(gappy)
    np.testing.assert_allclose(share, expected, rtol=1e-5)
    assert np.array_equal(fed.x, gappy.x) is (wrapped != "imputed")


def test_a_forest_has_no_network_inside() -> None:
    fitted = ForestClassifier(n_tree=2, n_jobs=1).fit(SAMPLES, SAMPLES, seed=0)
    with pytest.raises(SchemaError, match="FittedForest"):
        unwrapped(fitted, SAMPLES)


def test_channels_are_averaged_not_dates() -> None:
    maps = np.array([[[1.0, 2.0, 3.0], [5.0, 8.0, 3.0]]], dtype=np.float32)
    assert channel_mean(maps).tolist() == [[3.0, 5.0, 3.0]]
    assert channel_mean(maps).dtype == np.float32
    with pytest.raises(SchemaError, match="sample, channel, time"):
        channel_mean(maps[0])


def test_range_is_stretched_over_all_that_is_passed() -> None:
    values = np.array([[2.0, 4.0], [np.nan, 12.0]])
    np.testing.assert_allclose(rescaled(values, top=255), [[0, 51], [np.nan, 255]])
    np.testing.assert_allclose(rescaled(values[0], top=1), [0, 1])
    assert rescaled([3.0, 3.0], top=255).tolist() == [0, 0]
    assert np.isnan(rescaled([np.nan], top=1)).all()
    with pytest.raises(SchemaError, match="top"):
        rescaled(values, top=0)


def test_scaling_commutes_with_the_mean_over_samples() -> None:
    """So that a profile of scaled maps is the raw profile on another axis."""
    maps = np.random.default_rng(0).random((20, 5))
    low, high = maps.min(), maps.max()
    np.testing.assert_allclose(
        rescaled(maps, top=255).mean(axis=0), 255 * (maps.mean(axis=0) - low) / (high - low)
    )


def test_rows_are_sorted_within_their_class_and_equal_ones_stay() -> None:
    rows = rows_by_class([1, 0, 1, 1, 0], n_class=3, by=[5.0, 2.0, 1.0, 5.0, 0.0])
    assert [r.tolist() for r in rows] == [[4, 1], [2, 0, 3], []]
    with pytest.raises(SchemaError, match="rows_by_class"):
        rows_by_class([0, 1], n_class=2, by=[1.0])
