"""Conv1D-LSTM: size, arithmetic of the convolution branch, masks, and the limits of its input."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from cropnb.models import Conv1DLSTM, Conv1DLSTMConfig, count_parameters
from cropnb.schema import SchemaError

SMALL = Conv1DLSTMConfig(n_channel=2, n_class=3, n_time=12, n_filter=3, n_hidden=4, n_dense=5)
Array = NDArray[np.float64]


def _small() -> Conv1DLSTM:
    """A small network whose every number is random, running statistics and biases included."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Conv1DLSTM(SMALL).eval()
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                value.copy_(torch.rand_like(value) + 0.5 if "var" in name else torch.randn_like(value))
    return model


def _series(*, n_time: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    """Series and masks with gaps; the first sample has all steps."""
    rng = np.random.default_rng(0)
    mask = rng.random((4, n_time)) < 0.7
    mask[0] = mask[:, 3] = True
    x = rng.normal(size=(4, n_time, SMALL.n_channel)).astype(np.float32)
    return torch.from_numpy(x), torch.from_numpy(mask)


def _features(model: Conv1DLSTM, x: torch.Tensor, mask: torch.Tensor) -> dict[str, torch.Tensor]:
    with torch.no_grad():
        return model.forward_features(x, day=mask.long(), valid_mask=mask)


def test_parameters_are_as_derived_by_hand() -> None:
    convolutions = 3 * 3 * 64 + 3 * 64 * 128 + 5 * 128 * 256
    shortcuts = 3 * 64 + 64 * 128 + 128 * 256
    norms = 2 * (64 + 128 + 256)
    levels = 22 * (64 + 128 + 256) * 512 + 3 * 512
    lstm = 2 * 4 * (256 * (256 + 3) + 2 * 256) + 512 + 2 * 512  # torch's two biases; W_alpha, W_H
    dense = 512 * 512 + 512 + 4 * 512 * 512 + 512 + 512 * 5 + 5
    model = Conv1DLSTM(Conv1DLSTMConfig(n_channel=3, n_class=5, n_time=22))
    assert count_parameters(model) == convolutions + shortcuts + norms + levels + lstm + dense == 7_129_221


def test_logit_of_seed_zero_is_pinned() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Conv1DLSTM(Conv1DLSTMConfig(n_channel=2, n_class=3, n_time=6)).eval()
    x = torch.linspace(-1, 1, 12).reshape(1, 6, 2)
    logits = _features(model, x, torch.ones(1, 6, dtype=torch.bool))["logits"]
    assert logits[0, 0].item() == pytest.approx(0.0667525, abs=1e-6)


def test_the_network_around_its_attention_branch_equals_the_same_in_numpy() -> None:
    # The branch's own arithmetic: test_30_models_attention_lstm.py.
    model, (x, mask) = _small(), _series()
    features = _features(model, x, mask)
    w = {name: value.numpy().astype(np.float64) for name, value in model.state_dict().items()}
    for i in range(len(x)):
        context = features["context"][i].numpy().astype(np.float64)
        expected = _stages_in_numpy(w, x[i].numpy().astype(np.float64), mask[i].numpy(), context)
        for name, value in expected.items():
            np.testing.assert_allclose(features[name][i].numpy(), value, rtol=5e-5, atol=5e-5, err_msg=name)


def _stages_in_numpy(
    w: dict[str, Array], x: Array, valid: NDArray[np.bool_], context: Array
) -> dict[str, Array]:
    """Slow and plain: loops over levels, steps and taps."""
    found: dict[str, Array] = {}
    joined = []
    hidden = x * valid[:, None]  # (time, channel)
    for k in range(3):
        main = _normalised(_convolved(hidden, w[f"levels.{k}.convolution.weight"]), w, f"levels.{k}.norm")
        hidden = np.maximum(main + _convolved(hidden, w[f"levels.{k}.shortcut.weight"]), 0) * valid[:, None]
        found[f"conv{k + 1}"] = hidden.T
        joined.append(_dense(hidden.T.ravel(), w, f"level_dense.{k}.0"))
    joined.append(_dense(context, w, "branch_dense.0"))
    found["embedding"] = _dense(np.concatenate(joined), w, "shared.0")
    found["logits"] = w["classifier.weight"] @ found["embedding"] + w["classifier.bias"]
    return found


def _dense(x: Array, w: dict[str, Array], name: str) -> Array:
    return np.maximum(w[f"{name}.weight"] @ x + w[f"{name}.bias"], 0)


def _convolved(x: Array, kernel: Array) -> Array:
    n_time, n_tap = len(x), kernel.shape[2]
    out = np.zeros((n_time, len(kernel)))
    for t in range(n_time):
        for tap in range(n_tap):
            source = t + tap - n_tap // 2
            if 0 <= source < n_time:
                out[t] += kernel[:, :, tap] @ x[source]
    return out


def _normalised(x: Array, w: dict[str, Array], name: str) -> Array:
    spread = np.sqrt(w[f"{name}.running_var"] + 1e-5)
    return (x - w[f"{name}.running_mean"]) / spread * w[f"{name}.weight"] + w[f"{name}.bias"]


@pytest.mark.parametrize("value", [0.0, 1e4, float("nan")])
def test_appended_invalid_steps_change_nothing(value: float) -> None:
    model, (x, mask) = _small(), _series(n_time=9)
    longer = torch.cat([x, torch.full((4, 2, 2), value)], dim=1)
    padded = torch.cat([mask, torch.zeros(4, 2, dtype=torch.bool)], dim=1)
    before, after = _features(model, x, mask), _features(model, longer, padded)
    for name in ("conv1", "conv2", "conv3"):
        torch.testing.assert_close(after[name][..., :9], before[name])
        assert not after[name][..., 9:].any()
    for name in ("hidden", "attention"):
        torch.testing.assert_close(after[name][:, :9], before[name])
    for name in ("context", "embedding", "logits"):
        torch.testing.assert_close(after[name], before[name])


def test_maps_are_zero_at_invalid_steps_and_do_not_pass_them_on() -> None:
    model, (x, mask) = _small(), _series()
    changed = torch.where(mask[..., None], x, torch.full_like(x, 50.0))
    one, other = _features(model, x, mask), _features(model, changed, mask)
    for name in ("conv1", "conv2", "conv3"):
        assert torch.equal(one[name], other[name])
        assert not one[name].transpose(1, 2)[~mask].any()
        assert one[name].transpose(1, 2)[mask].any()


@pytest.mark.parametrize(("name", "reach"), [("conv1", 1), ("conv2", 2), ("conv3", 4)])
def test_each_level_sees_as_many_steps_as_kernels_3_3_5_on_top_of_each_other(name: str, reach: int) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Conv1DLSTM(Conv1DLSTMConfig(n_channel=2, n_class=3, n_time=12)).eval()
    x, everywhere = _series()[0], torch.ones(4, 12, dtype=torch.bool)
    changed = x.clone()
    changed[:, 6] += 1.0
    differs = _features(model, x, everywhere)[name] != _features(model, changed, everywhere)[name]
    seen = torch.nonzero(differs.any(dim=0).any(dim=0)).ravel()
    assert seen.tolist() == list(range(6 - reach, 6 + reach + 1))


def test_stages_have_the_thesis_sizes() -> None:
    model = Conv1DLSTM(Conv1DLSTMConfig(n_channel=3, n_class=5, n_time=22)).eval()
    mask = torch.ones(2, 22, dtype=torch.bool)
    features = _features(model, torch.zeros(2, 22, 3), mask)
    shapes = {name: tuple(value.shape) for name, value in features.items()}
    maps = {"conv1": (2, 64, 22), "conv2": (2, 128, 22), "conv3": (2, 256, 22)}
    attention = {
        "hidden": (2, 22, 512),
        "first_attention": (2, 22),
        "attention": (2, 22),
        "context": (2, 512),
    }
    assert shapes == {**maps, **attention, "embedding": (2, 512), "logits": (2, 5)}


@pytest.mark.parametrize("branch", ["level_dense.0", "level_dense.1", "level_dense.2", "branch_dense"])
def test_each_way_into_the_shared_layer_reaches_the_logits(branch: str) -> None:
    model, (x, mask) = _small(), _series()
    before = _features(model, x, mask)["logits"]
    for parameter in model.get_submodule(branch).parameters():
        torch.nn.init.zeros_(parameter)
    assert not torch.allclose(_features(model, x, mask)["logits"], before, atol=1e-2)


def test_dropout_acts_behind_the_embedding_and_in_training_only() -> None:
    model, (x, mask) = _small(), _series()
    still = _features(model, x, mask)
    assert torch.equal(_features(model, x, mask)["logits"], still["logits"])
    model.dropout.train()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        dropped = _features(model, x, mask)
    assert torch.equal(dropped["embedding"], still["embedding"])
    assert not torch.allclose(dropped["logits"], still["logits"])


def test_a_series_without_valid_step_has_finite_logits_and_gradients_in_training() -> None:
    model, (x, mask) = _small().train(), _series()
    mask[2] = False
    logits = model(torch.where(mask[..., None], x, torch.nan), day=mask.long(), valid_mask=mask)
    logits.square().sum().backward()
    assert torch.isfinite(logits).all()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in model.parameters())


def test_days_are_not_read() -> None:
    model, (x, mask) = _small(), _series()
    with torch.no_grad():
        early, late = (model(x, day=torch.full((4, 12), d), valid_mask=mask) for d in (0, 300))
    assert torch.equal(early, late)


@pytest.mark.parametrize("shape", [(1, 13, 2), (1, 12, 3)])
def test_series_that_are_longer_or_wider_are_refused(shape: tuple[int, int, int]) -> None:
    mask = torch.ones(shape[:2], dtype=torch.bool)
    with pytest.raises(SchemaError, match="expected at most 12 steps of 2 channels"):
        _small()(torch.zeros(shape), day=mask.long(), valid_mask=mask)


@pytest.mark.parametrize("wrong", [{"n_time": 0}, {"n_filter": 0}, {"n_hidden": -1}, {"dropout": 1.0}])
def test_sizes_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SchemaError, match=next(iter(wrong))):
        Conv1DLSTMConfig(**{"n_channel": 2, "n_class": 3, "n_time": 7, **wrong})
