"""Conv1D: size, arithmetic, and the limits of its input."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from cropnb.models import Conv1D, Conv1DConfig, count_parameters
from cropnb.schema import SchemaError

# All widths and spans differ, so that no two can be mistaken for each other.
SMALL = Conv1DConfig(
    n_channel=2,
    n_class=3,
    n_time=7,
    n_shallow=4,
    n_branch=5,
    n_middle=6,
    n_deep=8,
    kernel_size=3,
    kernel_long=7,
    pool_size=5,
    n_dense=9,
)
Weights = dict[str, NDArray[np.float64]]
Array = NDArray[np.float64]


def _small() -> Conv1D:
    """A small network whose every number is random, biases included."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Conv1D(SMALL).eval()
        for value in model.state_dict().values():
            value.copy_(0.5 * torch.randn_like(value))
    return model


def _features(model: Conv1D, x: torch.Tensor, mask: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
    mask = torch.ones(x.shape[:2], dtype=torch.bool) if mask is None else mask
    with torch.no_grad():
        return model.forward_features(x, day=torch.zeros(x.shape[:2], dtype=torch.int64), valid_mask=mask)


def _random(n_sample: int = 4) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).normal(size=(n_sample, 7, 2)).astype(np.float32))


@pytest.mark.parametrize(("n_channel", "n_class", "n_time"), [(3, 6, 22), (1, 14, 46)])
def test_parameters_are_as_derived_by_hand(n_channel: int, n_class: int, n_time: int) -> None:
    first = 3 * n_channel * 64 + 64
    branches = (3 * 64 * 128 + 128) + (5 * 64 * 128 + 128) + (1 * 64 * 128 + 128)
    behind = (3 * 3 * 128 * 128 + 128) + (3 * 128 * 256 + 256)
    dense = n_time * 256 * 512 + 512
    classes = 512 * n_class + n_class
    model = Conv1D(Conv1DConfig(n_channel=n_channel, n_class=n_class, n_time=n_time))
    assert count_parameters(model) == first + branches + behind + dense + classes
    if n_time == 22:
        assert count_parameters(model) == 3_208_070  # as the header says


def test_logit_of_seed_zero_is_pinned() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Conv1D(Conv1DConfig(n_channel=2, n_class=3, n_time=6)).eval()
    x = torch.linspace(-1, 1, 12).reshape(1, 6, 2)
    assert _features(model, x)["logits"][0, 0].item() == pytest.approx(0.0146117, abs=1e-5)


def test_every_stage_equals_the_same_network_in_numpy() -> None:
    model, x = _small(), _random()
    mask = np.random.default_rng(1).random((4, 7)) < 0.7
    ours = _features(model, x, torch.from_numpy(mask))
    for sample in range(4):
        theirs = _forward_in_numpy(model, x[sample].numpy(), mask[sample])
        assert theirs.keys() == ours.keys()
        for name, expected in theirs.items():
            np.testing.assert_allclose(ours[name][sample].numpy(), expected, rtol=2e-5, atol=2e-5)


def _forward_in_numpy(model: Conv1D, x: NDArray[np.float32], usable: NDArray[np.bool_]) -> Weights:
    """Slow and plain: loops over steps and taps; maps are (channel, time)."""
    w = {name: value.numpy().astype(np.float64) for name, value in model.state_dict().items()}
    stage = {"conv1": _convolved((x.astype(np.float64) * usable[:, None]).T, w, "conv1.0")}
    pooled = np.array([[row[max(t - 2, 0) : t + 3].max() for t in range(7)] for row in stage["conv1"]])
    stage["inception"] = np.vstack(
        [
            _convolved(stage["conv1"], w, "inception.short.0"),
            _convolved(stage["conv1"], w, "inception.long.0"),
            _convolved(pooled, w, "inception.pooled.1.0"),
        ]
    )
    stage["conv2"] = _convolved(stage["inception"], w, "conv2.0")
    stage["conv3"] = _convolved(stage["conv2"], w, "conv3.0")
    dense = w["dense.0.weight"] @ stage["conv3"].ravel() + w["dense.0.bias"]
    stage["embedding"] = np.maximum(dense, 0)
    stage["logits"] = w["classifier.weight"] @ stage["embedding"] + w["classifier.bias"]
    return stage


def _convolved(x: Array, w: Weights, name: str) -> Array:
    kernel, n_time = w[f"{name}.weight"], x.shape[1]
    n_tap = kernel.shape[2]
    out = np.tile(w[f"{name}.bias"][:, None], (1, n_time))
    for t in range(n_time):
        for tap in range(n_tap):
            source = t + tap - n_tap // 2
            if 0 <= source < n_time:
                out[:, t] += kernel[:, :, tap] @ x[:, source]
    return np.maximum(out, 0)


def test_stages_have_the_shapes_that_are_promised_and_keep_the_dates() -> None:
    shapes = {name: tuple(value.shape) for name, value in _features(_small(), _random()).items()}
    maps = {"conv1": (4, 4, 7), "inception": (4, 15, 7), "conv2": (4, 6, 7), "conv3": (4, 8, 7)}
    assert shapes == {**maps, "embedding": (4, 9), "logits": (4, 3)}


def test_the_embedding_has_512_values_by_default() -> None:
    model = Conv1D(Conv1DConfig(n_channel=2, n_class=3, n_time=7)).eval()
    features = _features(model, _random())
    assert features["embedding"].shape == (4, 512)
    assert [features[f"conv{i}"].shape[1] for i in (1, 2, 3)] == [64, 128, 256]


def test_maps_see_further_the_deeper_they_lie() -> None:
    """A change of step 3 reaches 3 steps through a kernel of 3, and 5 through two of them."""
    model, x = _small(), _random(64)
    changed = x.clone()
    changed[:, 3] += 10
    before, after = _features(model, x), _features(model, changed)
    reached = {name: (before[name] != after[name]).numpy() for name in before}
    short, others = reached["inception"][:, :5], reached["inception"][:, 5:]
    assert np.flatnonzero(reached["conv1"].any(axis=(0, 1))).tolist() == [2, 3, 4]
    assert np.flatnonzero(short.any(axis=(0, 1))).tolist() == [1, 2, 3, 4, 5]
    assert others.any(axis=(0, 1)).all()


def test_a_masked_step_counts_as_a_step_of_zeros() -> None:
    model, x, mask = _small(), _random(), torch.ones(4, 7, dtype=torch.bool)
    mask[:, 5:] = False
    zeros = x.clone()
    zeros[:, 5:] = 0
    spoilt = x.clone()
    spoilt[:, 5:] = float("nan")
    expected = _features(model, zeros)["logits"]
    for series in (x, spoilt):
        torch.testing.assert_close(_features(model, series, mask)["logits"], expected)


def test_days_are_not_read() -> None:
    model, x, mask = _small(), _random(2), torch.ones(2, 7, dtype=torch.bool)
    with torch.no_grad():
        early, late = (model(x, day=torch.full((2, 7), d), valid_mask=mask) for d in (0, 300))
    assert torch.equal(early, late)


def test_dropout_falls_where_the_header_says() -> None:
    """Positive weights and inputs: every value is positive, so that a zero is a dropped one."""
    model = Conv1D(Conv1DConfig(n_channel=2, n_class=3, n_time=30, dropout_map=0.3, dropout=0.6))
    for value in model.state_dict().values():
        value.abs_().add_(1e-3)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        features = _features(model.train(), torch.ones(8, 30, 2))
    share = {name: (value == 0).float().mean().item() for name, value in features.items()}
    assert share["conv1"] == share["logits"] == 0
    for name in ("inception", "conv2", "conv3"):
        assert share[name] == pytest.approx(0.3, abs=0.01)
    assert share["embedding"] == pytest.approx(0.6, abs=0.03)


def test_weights_start_within_the_bound_of_glorot_and_biases_at_zero() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        state = Conv1D(Conv1DConfig(n_channel=3, n_class=6, n_time=22)).state_dict()
    for name, fan_in, fan_out in (("conv3.0", 3 * 128, 3 * 256), ("dense.0", 22 * 256, 512)):
        bound = (6 / (fan_in + fan_out)) ** 0.5
        assert state[f"{name}.weight"].abs().max().item() == pytest.approx(bound, rel=1e-3)
        assert state[f"{name}.weight"].var().item() == pytest.approx(bound**2 / 3, rel=0.02)
    assert not any(value.any() for name, value in state.items() if name.endswith("bias"))


@pytest.mark.parametrize("shape", [(1, 6, 2), (1, 8, 2), (1, 7, 3)])
def test_series_of_another_length_or_width_are_refused(shape: tuple[int, int, int]) -> None:
    with pytest.raises(SchemaError, match=r"expected \(7, 2\)"):
        _features(_small(), torch.zeros(shape))


@pytest.mark.parametrize(
    "wrong",
    [
        *({name: 0} for name in ("n_channel", "n_class", "n_time", "n_shallow", "n_branch", "n_middle")),
        *({name: -1} for name in ("n_deep", "n_dense")),
        *({name: 4} for name in ("kernel_size", "kernel_long", "pool_size")),
        *({name: 1.0} for name in ("dropout_map", "dropout")),
        {"dropout": -0.1},
    ],
)
def test_sizes_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SchemaError, match=rf"Conv1D: {next(iter(wrong))}="):
        Conv1DConfig(**{"n_channel": 2, "n_class": 3, "n_time": 7, **wrong})
