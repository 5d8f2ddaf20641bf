"""TempCNN: size, arithmetic, and the limits of its input."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from cropnb.models import TempCNN, TempCNNConfig, count_parameters
from cropnb.schema import SchemaError

SMALL = TempCNNConfig(n_channel=2, n_class=3, n_time=7, n_filter=4, kernel_size=3, n_dense=5)


def _small() -> TempCNN:
    """A small network whose every number is random, running statistics and biases included."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = TempCNN(SMALL).eval()
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                value.copy_(torch.rand_like(value) + 0.5 if "var" in name else torch.randn_like(value))
    return model


def test_parameters_are_as_derived_by_hand_from_the_published_architecture() -> None:
    # 149 steps, 3 bands, 13 classes: the input of the paper's code. The paper's own printed number could not
    # be read, so this is arithmetic on its layers, term by term.
    first = 3 * 5 * 64 + 64
    second_and_third = 2 * (64 * 5 * 64 + 64)
    norms = 2 * (3 * 64 + 256)
    dense = 149 * 64 * 256 + 256
    classes = 256 * 13 + 13
    derived = first + second_and_third + norms + dense + classes
    model = TempCNN(TempCNNConfig(n_channel=3, n_class=13, n_time=149))
    assert count_parameters(model) == derived == 2_487_821


def test_parameters_of_the_breizhcrops_variant() -> None:
    # Counted in the code of BreizhCrops (width 128, filter 7, dense 4 x 128), 22 steps, 3 bands, 9 classes.
    config = TempCNNConfig(n_channel=3, n_class=9, n_time=22, n_filter=128, kernel_size=7, n_dense=512)
    assert count_parameters(TempCNN(config)) == 1_681_161


def test_logit_of_seed_zero_is_pinned() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = TempCNN(TempCNNConfig(n_channel=2, n_class=3, n_time=6)).eval()
    x = torch.linspace(-1, 1, 12).reshape(1, 6, 2)
    with torch.no_grad():
        logits = model(x, day=torch.arange(6)[None], valid_mask=torch.ones(1, 6, dtype=torch.bool))
    assert logits[0, 0].item() == pytest.approx(0.4567159, abs=1e-5)


def test_forward_equals_the_same_network_in_numpy() -> None:
    model, rng = _small(), np.random.default_rng(0)
    x = rng.normal(size=(4, SMALL.n_time, SMALL.n_channel)).astype(np.float32)
    mask = rng.random((4, SMALL.n_time)) < 0.7
    with torch.no_grad():
        logits = model(
            torch.from_numpy(x),
            day=torch.zeros(4, SMALL.n_time, dtype=torch.int64),
            valid_mask=torch.from_numpy(mask),
        )
    np.testing.assert_allclose(logits.numpy(), _forward_in_numpy(model, x, mask), rtol=2e-5, atol=2e-5)


def _forward_in_numpy(model: TempCNN, x: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Slow and plain: loops over samples, steps, filters and taps."""
    w = {name: value.numpy().astype(np.float64) for name, value in model.state_dict().items()}
    rows = []
    for sample, usable in zip(x, mask, strict=True):
        hidden = sample.astype(np.float64) * usable[:, None]  # (time, channel)
        for b in range(3):
            hidden = _convolved(hidden, w[f"convolutions.{b}.0.weight"], w[f"convolutions.{b}.0.bias"])
            hidden = np.maximum(_normalised(hidden, w, f"convolutions.{b}.1"), 0)
        dense = w["dense.0.weight"] @ hidden.T.ravel() + w["dense.0.bias"]
        dense = np.maximum(_normalised(dense, w, "dense.1"), 0)
        rows.append(w["classifier.weight"] @ dense + w["classifier.bias"])
    return np.array(rows)


def _convolved(
    x: NDArray[np.float64], kernel: NDArray[np.float64], bias: NDArray[np.float64]
) -> NDArray[np.float64]:
    n_time, n_tap = len(x), kernel.shape[2]
    out = np.tile(bias, (n_time, 1))
    for t in range(n_time):
        for tap in range(n_tap):
            source = t + tap - n_tap // 2
            if 0 <= source < n_time:
                out[t] += kernel[:, :, tap] @ x[source]
    return out


def _normalised(x: NDArray[np.float64], w: dict[str, NDArray[np.float64]], name: str) -> NDArray[np.float64]:
    spread = np.sqrt(w[f"{name}.running_var"] + 1e-5)
    return (x - w[f"{name}.running_mean"]) / spread * w[f"{name}.weight"] + w[f"{name}.bias"]


def test_days_are_not_read_as_in_the_paper() -> None:
    model, x, mask = _small(), torch.ones(2, 7, 2), torch.ones(2, 7, dtype=torch.bool)
    with torch.no_grad():
        early, late = (model(x, day=torch.full((2, 7), d), valid_mask=mask) for d in (0, 300))
    assert torch.equal(early, late)


def test_stages_have_the_shapes_that_are_promised() -> None:
    model, x, mask = _small(), torch.ones(2, 7, 2), torch.ones(2, 7, dtype=torch.bool)
    with torch.no_grad():
        features = model.forward_features(x, day=torch.zeros(2, 7, dtype=torch.int64), valid_mask=mask)
    shapes = {name: tuple(value.shape) for name, value in features.items()}
    conv = dict.fromkeys(("conv1", "conv2", "conv3"), (2, 4, 7))
    assert shapes == {**conv, "embedding": (2, 5), "logits": (2, 3)}


def test_kernels_start_with_the_variance_of_he_and_biases_at_zero() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = TempCNN(TempCNNConfig(n_channel=10, n_class=3, n_time=30))
    kernel = model.state_dict()["dense.0.weight"]
    assert kernel.var().item() == pytest.approx(2 / (30 * 64), rel=0.02)
    assert kernel.abs().max().item() <= 2.28 * (2 / (30 * 64)) ** 0.5  # cut off: 2 / 0.8796
    assert not model.state_dict()["dense.0.bias"].any()


@pytest.mark.parametrize("shape", [(1, 6, 2), (1, 8, 2), (1, 7, 3)])
def test_series_of_another_length_or_width_are_refused(shape: tuple[int, int, int]) -> None:
    mask = torch.ones(shape[:2], dtype=torch.bool)
    with pytest.raises(SchemaError, match=r"expected \(7, 2\)"):
        _small()(torch.zeros(shape), day=mask.long(), valid_mask=mask)


@pytest.mark.parametrize(
    "wrong", [{"n_channel": 0}, {"n_dense": -1}, {"kernel_size": 4}, {"dropout": 1.0}, {"dropout": -0.1}]
)
def test_sizes_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SchemaError, match=next(iter(wrong))):
        TempCNNConfig(**{"n_channel": 2, "n_class": 3, "n_time": 7, **wrong})
