"""Attention-based LSTM: the equations in numpy, masks with gaps, size, and the limits of its input."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from cropnb.models import AttentionLSTM, AttentionLSTMConfig, count_parameters
from cropnb.schema import SchemaError

SMALL = AttentionLSTMConfig(n_channel=2, n_class=3, n_hidden=4, n_dense=5)
Array = NDArray[np.float64]


def _small() -> AttentionLSTM:
    """A small network whose every number is random, biases included."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AttentionLSTM(SMALL).eval()
        for value in model.state_dict().values():
            value.copy_(torch.randn_like(value))
    return model


def _series(*, n_sample: int = 5, n_time: int = 8, share: float = 0.7) -> tuple[torch.Tensor, torch.Tensor]:
    """Series and masks with gaps; the first sample has all steps, the second only one."""
    rng = np.random.default_rng(0)
    mask = rng.random((n_sample, n_time)) < share
    mask[0], mask[1], mask[1:, n_time // 2] = True, False, True
    x = rng.normal(size=(n_sample, n_time, SMALL.n_channel)).astype(np.float32)
    return torch.from_numpy(x), torch.from_numpy(mask)


def _features(model: AttentionLSTM, x: torch.Tensor, mask: torch.Tensor) -> dict[str, torch.Tensor]:
    with torch.no_grad():
        return model.forward_features(x, day=mask.long(), valid_mask=mask)


def test_parameters_are_as_derived_by_hand() -> None:
    gates = 2 * 4 * (256 * (256 + 3) + 2 * 256)  # two directions, four gates, torch's two biases
    attention = 512 + 2 * 512  # W_alpha, W_H
    derived = gates + attention + 512 * 512 + 512 + 512 * 5 + 5
    model = AttentionLSTM(AttentionLSTMConfig(n_channel=3, n_class=5))
    assert count_parameters(model) == derived == 801_285


def test_logit_of_seed_zero_is_pinned() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AttentionLSTM(AttentionLSTMConfig(n_channel=2, n_class=3)).eval()
    x = torch.linspace(-1, 1, 12).reshape(1, 6, 2)
    logits = _features(model, x, torch.ones(1, 6, dtype=torch.bool))["logits"]
    assert logits[0, 0].item() == pytest.approx(0.0065043, abs=1e-6)


def test_every_stage_equals_the_equations_in_numpy() -> None:
    model, (x, mask) = _small(), _series()
    features = _features(model, x, mask)
    w = {name: value.numpy().astype(np.float64) for name, value in model.state_dict().items()}
    for i in range(len(x)):
        expected = _stages_in_numpy(w, x[i].numpy().astype(np.float64), mask[i].numpy())
        for name, value in expected.items():
            np.testing.assert_allclose(features[name][i].numpy(), value, rtol=2e-5, atol=2e-6, err_msg=name)


def _stages_in_numpy(w: dict[str, Array], x: Array, valid: NDArray[np.bool_]) -> dict[str, Array]:
    """Equations 3-13 to 3-21 over the valid steps alone, step by step; 0 at the others."""
    steps = list(x[valid])
    ahead = _hidden_in_numpy(w, "branch.forward_lstm", steps)
    back = _hidden_in_numpy(w, "branch.backward_lstm", steps[::-1])[::-1]
    h = [np.concatenate(pair) for pair in zip(ahead, back, strict=True)]
    alpha = _softmax([float(w["branch.first_score.weight"][0] @ h_t) for h_t in h])
    context_vectors = [a * h_t for a, h_t in zip(alpha, h, strict=True)]
    w_h = w["branch.score.weight"][0]
    a = _softmax([float(w_h @ np.concatenate(pair)) for pair in zip(context_vectors, h, strict=True)])
    context = np.sum([a_t * h_t for a_t, h_t in zip(a, h, strict=True)], axis=0)
    embedding = np.maximum(w["dense.0.weight"] @ context + w["dense.0.bias"], 0)
    found = {"hidden": np.zeros((len(x), len(h[0]))), "first_attention": np.zeros(len(x))}
    found["attention"] = np.zeros(len(x))
    found["hidden"][valid], found["first_attention"][valid], found["attention"][valid] = h, alpha, a
    logits = w["classifier.weight"] @ embedding + w["classifier.bias"]
    return {**found, "context": context, "embedding": embedding, "logits": logits}


def _hidden_in_numpy(w: dict[str, Array], name: str, steps: list[Array]) -> list[Array]:
    weight = np.hstack([w[f"{name}.weight_hh_l0"], w[f"{name}.weight_ih_l0"]])  # works on [h, x]
    bias = w[f"{name}.bias_hh_l0"] + w[f"{name}.bias_ih_l0"]
    w_i, w_f, w_s, w_o = np.split(weight, 4)
    b_i, b_f, b_s, b_o = np.split(bias, 4)
    h = cell = np.zeros(len(b_i))
    found = []
    for x in steps:
        both = np.concatenate([h, x])
        f, i, o = (_sigmoid(m @ both + b) for m, b in ((w_f, b_f), (w_i, b_i), (w_o, b_o)))
        cell = f * cell + i * np.tanh(w_s @ both + b_s)
        h = o * np.tanh(cell)
        found.append(h)
    return found


def _sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def _softmax(scores: list[float]) -> Array:
    e = np.exp(np.array(scores))
    return e / e.sum()


@pytest.mark.parametrize("value", [0.0, 1e4, float("nan")])
def test_appended_invalid_steps_change_nothing(value: float) -> None:
    model, (x, mask) = _small(), _series()
    longer = torch.cat([x, torch.full((5, 3, 2), value)], dim=1)
    padded = torch.cat([mask, torch.zeros(5, 3, dtype=torch.bool)], dim=1)
    before, after = _features(model, x, mask), _features(model, longer, padded)
    for name in ("hidden", "first_attention", "attention"):
        torch.testing.assert_close(after[name][:, :8], before[name])
        assert not after[name][:, 8:].any()
    for name in ("context", "embedding", "logits"):
        torch.testing.assert_close(after[name], before[name])


def test_a_gap_equals_a_series_without_that_step() -> None:
    model, (x, mask) = _small(), _series(share=1.0)
    gap = mask.clone()
    gap[:, 3] = False
    kept = [0, 1, 2, 4, 5, 6, 7]
    with_gap, without = _features(model, x[2:], gap[2:]), _features(model, x[2:, kept], mask[2:, kept])
    torch.testing.assert_close(with_gap["logits"], without["logits"])
    torch.testing.assert_close(with_gap["attention"][:, kept], without["attention"])


def test_both_weights_sum_to_one_over_valid_steps_and_are_zero_elsewhere() -> None:
    model, (x, mask) = _small(), _series()
    features = _features(model, x, mask)
    for name in ("first_attention", "attention"):
        torch.testing.assert_close(features[name].sum(dim=1), torch.ones(5))
        assert torch.equal(features[name] > 0, mask)


def test_the_forward_half_of_hidden_has_not_seen_later_steps_and_the_backward_half_no_earlier_ones() -> None:
    model, (x, mask) = _small(), _series(share=1.0)
    changed, everywhere = x.clone(), torch.ones_like(mask)
    changed[:, 4] += 1.0
    one, other = _features(model, x, everywhere)["hidden"], _features(model, changed, everywhere)["hidden"]
    differs = (one != other).any(dim=0)  # (time, width)
    assert [bool(s) for s in differs[:, :4].any(dim=1)] == [False] * 4 + [True] * 4
    assert [bool(s) for s in differs[:, 4:].any(dim=1)] == [True] * 5 + [False] * 3


def test_a_series_without_valid_step_has_finite_logits_and_gradients() -> None:
    model, (x, mask) = _small(), _series()
    mask[2] = False
    x = torch.where(mask[..., None], x, torch.nan)
    features = model.forward_features(x, day=mask.long(), valid_mask=mask)
    assert not features["attention"][2].any()
    assert not features["context"][2].any()
    features["logits"].square().sum().backward()
    assert torch.isfinite(features["logits"]).all()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in model.parameters())


def test_a_bias_in_the_first_score_would_change_nothing() -> None:
    model, (x, mask) = _small(), _series()
    before, weight = _features(model, x, mask)["logits"], model.branch.first_score.weight
    model.branch.first_score = nn.Linear(8, 1)
    model.branch.first_score.weight = weight
    nn.init.constant_(model.branch.first_score.bias, 3.0)
    torch.testing.assert_close(_features(model, x, mask)["logits"], before)


def test_days_are_not_read() -> None:
    model, (x, mask) = _small(), _series()
    with torch.no_grad():
        early, late = (model(x, day=torch.full((5, 8), d), valid_mask=mask) for d in (0, 300))
    assert torch.equal(early, late)


def test_weights_start_as_those_of_keras() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        state = AttentionLSTM(AttentionLSTMConfig(n_channel=3, n_class=5, n_hidden=64)).state_dict()
    for way in ("forward", "backward"):
        recurrent = state[f"branch.{way}_lstm.weight_hh_l0"]
        torch.testing.assert_close(recurrent.T @ recurrent, torch.eye(64), rtol=0, atol=1e-5)
        bias = state[f"branch.{way}_lstm.bias_ih_l0"] + state[f"branch.{way}_lstm.bias_hh_l0"]
        assert bias.reshape(4, 64).mean(dim=1).tolist() == [0, 1, 0, 0]  # the second gate is the forget gate
        kernel = state[f"branch.{way}_lstm.weight_ih_l0"]
        assert kernel.var().item() == pytest.approx(2 / (3 + 4 * 64), rel=0.1)
    assert state["dense.0.weight"].abs().max().item() <= (6 / (128 + 512)) ** 0.5
    assert not state["dense.0.bias"].any()


def test_shapes_of_the_stages_are_as_promised() -> None:
    features = _features(_small(), *_series())
    shapes = {name: tuple(value.shape) for name, value in features.items()}
    weights = dict.fromkeys(("first_attention", "attention"), (5, 8))
    vectors = {"context": (5, 8), "embedding": (5, 5), "logits": (5, 3)}
    assert shapes == {"hidden": (5, 8, 8), **weights, **vectors}


def test_series_with_another_number_of_channels_are_refused() -> None:
    mask = torch.ones(1, 8, dtype=torch.bool)
    with pytest.raises(SchemaError, match="expected 2"):
        _small()(torch.zeros(1, 8, 3), day=mask.long(), valid_mask=mask)


@pytest.mark.parametrize("wrong", [{"n_channel": 0}, {"n_hidden": 0}, {"n_dense": -1}, {"dropout": 1.0}])
def test_sizes_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SchemaError, match=next(iter(wrong))):
        AttentionLSTMConfig(**{"n_channel": 2, "n_class": 3, **wrong})
