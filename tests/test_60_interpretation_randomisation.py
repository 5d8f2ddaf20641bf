"""Weights drawn anew: which, how, and that a profile of what was learned does not survive it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cropnb.interpretation import ALL, activation_profile, profile_similarity, randomised, stage_outputs
from cropnb.models import REGISTRY, ModelSpec, build_model
from cropnb.sampling import Samples, samples_from_arrays
from cropnb.schema import SchemaError
from cropnb.training import FitConfig, FittedNetwork, NetworkClassifier, seeds_from

N_TIME = 8
CONFIG = FitConfig(max_epoch=2, batch_size=16, learning_rate=1e-2, accelerator="cpu")
SMALL = {"n_filter": 2, "n_hidden": 3, "n_dense": 4}
ORDER = ["classifier", "shared", "branch_dense", "branch", "level_dense", "levels"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class LineConfig:
    n_time: int
    n_class: int


class Line(nn.Module):
    """A linear model: a weight per date, then a weight per class."""

    def __init__(self, config: LineConfig) -> None:
        super().__init__()
        self.dates = nn.Linear(config.n_time, 1, bias=False)
        self.classifier = nn.Linear(config.n_time, config.n_class)

    def forward(self, x: Tensor, *, day: Tensor, valid_mask: Tensor) -> Tensor:
        return self.forward_features(x, day=day, valid_mask=valid_mask)["logits"]

    def forward_features(self, x: Tensor, *, day: Tensor, valid_mask: Tensor) -> dict[str, Tensor]:
        assert valid_mask.shape == day.shape
        weighted = (x[..., 0] * self.dates.weight).abs()
        return {"given": x[..., 0].abs(), "weighted": weighted, "logits": self.classifier(weighted)}


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _samples() -> Samples:
    rng = np.random.default_rng(0)
    return samples_from_arrays(
        rng.normal(size=(48, N_TIME, 2)), np.arange(48) % 2, group=np.arange(48, dtype=np.int64)
    )


SAMPLES = _samples()


@pytest.fixture(scope="module")
def network() -> FittedNetwork:
    return NetworkClassifier(name="Conv1D-LSTM", config=CONFIG, model=SMALL).fit(SAMPLES, SAMPLES, seed=0)


def _weights(network: FittedNetwork) -> dict[str, Tensor]:
    return network.run.model.state_dict()


def test_the_cascade_goes_from_the_classifier_back_and_keeps_the_rest(network: FittedNetwork) -> None:
    copies = randomised(network, seed=5)
    assert list(copies) == [*ORDER, ALL]
    with torch.random.fork_rng():
        torch.manual_seed(seeds_from(5).torch)
        fresh = build_model("Conv1D-LSTM", n_channel=2, n_class=2, n_time=N_TIME, **SMALL).state_dict()
    for number, name in enumerate(ORDER, start=1):
        for key, value in _weights(copies[name]).items():
            expected = fresh if key.split(".")[0] in ORDER[:number] else _weights(network)
            assert torch.equal(value, expected[key]), (name, key)
    assert all(torch.equal(v, fresh[k]) for k, v in _weights(copies[ALL]).items())
    assert not torch.equal(fresh["branch.score.weight"], _weights(network)["branch.score.weight"])


def test_the_network_and_the_streams_of_chance_are_left_alone(network: FittedNetwork) -> None:
    before = {k: v.clone() for k, v in _weights(network).items()}
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    copies = randomised(network, seed=5)
    assert torch.equal(torch.rand(2), expected)
    with torch.no_grad():
        for value in _weights(copies["classifier"]).values():
            value.zero_()
    assert all(torch.equal(v, before[k]) for k, v in _weights(network).items())
    assert all(torch.equal(_weights(copies["shared"])[k], before[k]) for k in before if k.startswith("lev"))
    assert not copies[ALL].run.model.training


def test_a_stage_changes_when_the_cascade_reaches_it_and_not_before(network: FittedNetwork) -> None:
    wanted = ["conv3", "attention", "embedding", "logits"]
    trained = stage_outputs(network, SAMPLES, stages=wanted)
    changed = {
        name: {
            s
            for s, v in stage_outputs(c, SAMPLES, stages=wanted).items()
            if not np.array_equal(v, trained[s])
        }
        for name, c in randomised(network, seed=5).items()
    }
    assert changed["classifier"] == {"logits"}
    assert changed["branch_dense"] == {"logits", "embedding"}
    assert changed["branch"] == {"logits", "embedding", "attention"}
    assert changed["levels"] == changed[ALL] == set(wanted)


def test_stages_can_be_named_down_to_one_layer_and_in_any_order(network: FittedNetwork) -> None:
    copies = randomised(network, seed=5, stages=["levels.2", "branch.forward_lstm"])
    assert list(copies) == ["levels.2", "branch.forward_lstm", ALL]
    kept = {k for k, v in _weights(copies["levels.2"]).items() if torch.equal(v, _weights(network)[k])}
    redrawn = set(_weights(network)) - kept
    assert redrawn <= {k for k in _weights(network) if k.startswith("levels.2.")}
    assert {"levels.2.convolution.weight", "levels.2.norm.running_mean"} <= redrawn


def test_an_unknown_module_and_the_seed_of_the_fit_are_refused(network: FittedNetwork) -> None:
    with pytest.raises(SchemaError, match=r"module 'level' is unknown.*Did you mean 'levels'"):
        randomised(network, seed=5, stages=["level"])
    with pytest.raises(SchemaError, match="that of the fit"):
        randomised(network, seed=0)


def test_other_seeds_give_other_weights(network: FittedNetwork) -> None:
    one, again, other = (_weights(randomised(network, seed=s)[ALL]) for s in (5, 5, 6))
    key = "classifier.weight"
    assert torch.equal(one[key], again[key])
    assert not torch.equal(one[key], other[key])


def _similarity(network: FittedNetwork, copy: FittedNetwork, stage: str) -> float:
    profiles = [
        activation_profile(
            stage_outputs(n, SAMPLES, stages=[stage])[stage], np.zeros(SAMPLES.n_sample), n_class=1
        ).mean
        for n in (network, copy)
    ]
    return float(profile_similarity(*profiles)[0])


def test_of_a_linear_model_what_was_learned_is_lost_and_what_was_given_survives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(REGISTRY, "Line", ModelSpec(LineConfig, Line))
    network = NetworkClassifier(name="Line", config=CONFIG).fit(SAMPLES, SAMPLES, seed=0)
    with torch.no_grad():
        network.run.model.dates.weight.copy_(torch.arange(1.0, N_TIME + 1)[None])
    seeds = range(1, 21)
    copies = [randomised(network, seed=s) for s in seeds]
    assert all(_similarity(network, c["classifier"], "weighted") == pytest.approx(1) for c in copies)
    assert all(_similarity(network, c[ALL], "given") == pytest.approx(1) for c in copies)
    learned = [_similarity(network, c["dates"], "weighted") for c in copies]
    assert abs(np.mean(learned)) < 0.3  # of 20 draws of mean 0, sd 0.38
    assert max(learned) < 0.99


def test_similarity_is_of_ranks_class_by_class() -> None:
    rise = np.arange(5.0)
    a = np.array([rise, rise, rise, [0, 1, 2, 3, np.nan], [1, 1, 1, 1, 1], [0, 1] + [np.nan] * 3])
    b = np.array([np.exp(rise), -rise, [0, 2, 1, 3, 4], [9, 5, 5, 1, 7], rise, rise])
    d = 1 - 6 * 2 / (5 * 24)  # two dates swapped, by the formula with squared differences of ranks
    ranks = np.corrcoef([1, 2, 3, 4], [4, 2.5, 2.5, 1])[0, 1]
    np.testing.assert_allclose(profile_similarity(a, b), [1, -1, d, ranks, np.nan, np.nan])
    with pytest.raises(SchemaError, match="profile_similarity"):
        profile_similarity(a, b[:2])
