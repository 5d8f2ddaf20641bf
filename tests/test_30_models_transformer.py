"""Transformer: size, arithmetic, what masks do, and what attention says."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from cropnb.models import Transformer, TransformerConfig, count_parameters
from cropnb.schema import SchemaError

Array = NDArray[np.float64]
SMALL = TransformerConfig(
    n_channel=2, n_class=3, n_time=5, n_block=2, n_head=3, head_size=4, width=6, n_hidden=7, n_dense=8
)


def _model(config: TransformerConfig = SMALL, *, random: bool = True) -> Transformer:
    """A network whose every number is random if asked for, biases and norms included."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Transformer(config).eval()
        for value in model.state_dict().values() if random else ():
            value.copy_(torch.randn_like(value))
    return model


def _inputs(*, n_sample: int = 4, n_time: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    """Series, and a mask that hides about a third of the steps and never all."""
    rng = np.random.default_rng(0)
    mask = rng.random((n_sample, n_time)) < 0.7
    mask[:, 0] = True
    assert not mask.all()
    return torch.from_numpy(rng.normal(size=(n_sample, n_time, 2)).astype(np.float32)), torch.from_numpy(mask)


def _features(model: Transformer, x: torch.Tensor, mask: torch.Tensor) -> dict[str, torch.Tensor]:
    with torch.no_grad():
        return model.forward_features(x, day=mask.long(), valid_mask=mask)


def test_parameters_are_as_derived_by_hand() -> None:
    # 22 dates, the 3 features of m-chi, 6 classes. No biases inside attention.
    into = 3 * 64 + 64 + 22 * 64
    attention = 3 * (64 * 8 * 256) + 8 * 256 * 64
    norms = 2 * (64 + 64)
    feed_forward = 64 * 256 + 256 + 256 * 64 + 64
    mlp = 64 * 128 + 128 + 128 * 6 + 6
    derived = into + 2 * (attention + norms + feed_forward) + mlp
    model = Transformer(TransformerConfig(n_channel=3, n_class=6, n_time=22))
    assert count_parameters(model) == derived == 1_126_022


def test_logit_of_seed_zero_is_pinned() -> None:
    model = _model(TransformerConfig(n_channel=2, n_class=3, n_time=6), random=False)
    x, mask = torch.linspace(-1, 1, 12).reshape(1, 6, 2), torch.ones(1, 6, dtype=torch.bool)
    with torch.no_grad():
        logits = model(x, day=mask.long(), valid_mask=mask)
    assert logits[0, 0].item() == pytest.approx(0.8793381, abs=1e-5)


def test_forward_and_attention_equal_the_same_network_in_numpy() -> None:
    model, (x, mask) = _model(), _inputs()
    features = _features(model, x, mask)
    weights = {name: value.numpy().astype(np.float64) for name, value in model.state_dict().items()}
    for i in range(len(x)):
        logits, attention = _forward_in_numpy(weights, x[i].numpy().astype(np.float64), mask[i].numpy())
        np.testing.assert_allclose(features["logits"][i].numpy(), logits, rtol=2e-4, atol=2e-4)
        np.testing.assert_allclose(features["attention"][i].numpy(), attention, rtol=2e-4, atol=2e-5)


def _forward_in_numpy(w: dict[str, Array], x: Array, usable: NDArray[np.bool_]) -> tuple[Array, Array]:
    """One series: logits, and weights (block, head, query, key). Loops over blocks, heads and steps."""
    steps = np.array([w["linear.weight"] @ v + w["linear.bias"] for v in x * usable[:, None]])
    steps, attention = steps + w["positions.vectors"], []
    for b in range(SMALL.n_block):
        block = {k.removeprefix(f"blocks.{b}."): v for k, v in w.items() if k.startswith(f"blocks.{b}.")}
        seen, weights = _heads_in_numpy(block, _normalised(steps, block, "norm"), usable)
        attention.append(weights)
        steps = steps + seen
        inner = _normalised(steps, block, "forward_norm") @ block["widen.0.weight"].T + block["widen.0.bias"]
        steps = steps + np.maximum(inner, 0) @ block["narrow.0.weight"].T + block["narrow.0.bias"]
    dense = w["dense.0.weight"] @ steps[usable].mean(axis=0) + w["dense.0.bias"]
    return w["classifier.weight"] @ np.maximum(dense, 0) + w["classifier.bias"], np.array(attention)


def _heads_in_numpy(block: dict[str, Array], steps: Array, usable: NDArray[np.bool_]) -> tuple[Array, Array]:
    """All heads, one by one, one query at a time; each looks at the usable steps only."""
    size, n_time = SMALL.head_size, len(steps)
    joined, weights = np.zeros((n_time, 0)), np.zeros((SMALL.n_head, n_time, n_time))
    for h in range(SMALL.n_head):
        rows = slice(h * size, (h + 1) * size)
        q, k, v = (steps @ block[f"{part}.weight"][rows].T for part in ("query", "key", "value"))
        for t in range(n_time):
            score = np.exp([q[t] @ k[s] / np.sqrt(size) for s in np.flatnonzero(usable)])
            weights[h, t, usable] = score / score.sum()
        joined = np.hstack([joined, weights[h] @ v])
    return joined @ block["heads.0.weight"].T, weights


def _normalised(x: Array, block: dict[str, Array], name: str) -> Array:
    centred = x - x.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
    return centred / spread * block[f"{name}.weight"] + block[f"{name}.bias"]


def test_attention_sums_to_one_over_usable_steps() -> None:
    x, mask = _inputs()
    attention = _features(_model(), x, mask)["attention"]
    assert attention.shape == (4, 2, 3, 5, 5)
    torch.testing.assert_close(attention.sum(-1), torch.ones(4, 2, 3, 5))
    hidden = ~mask[:, None, None, None, :].expand_as(attention)
    assert hidden.any()
    assert (attention[hidden] == 0).all()


def test_unusable_steps_at_the_end_change_nothing() -> None:
    short, (x, mask) = _model(), _inputs()
    long = Transformer(replace(SMALL, n_time=8)).eval()
    state = {k: v for k, v in short.state_dict().items() if k != "positions.vectors"}
    positions = torch.cat([short.positions.vectors, torch.randn(3, SMALL.width)]).detach()
    long.load_state_dict({**state, "positions.vectors": positions})
    padded = torch.cat([x, torch.full((4, 3, 2), float("nan"))], dim=1)
    padded_mask = torch.cat([mask, torch.zeros(4, 3, dtype=torch.bool)], dim=1)
    expected, found = _features(short, x, mask)["logits"], _features(long, padded, padded_mask)["logits"]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_without_positions_the_order_of_the_steps_is_lost() -> None:
    model, (x, mask) = _model(), _inputs()
    order = torch.tensor([3, 0, 4, 1, 2])
    both = [_features(model, *pair)["logits"] for pair in ((x, mask), (x[:, order], mask[:, order]))]
    assert not torch.allclose(*both, atol=1e-2)
    model.positions.vectors.data.zero_()
    both = [_features(model, *pair)["logits"] for pair in ((x, mask), (x[:, order], mask[:, order]))]
    torch.testing.assert_close(*both, rtol=1e-4, atol=1e-4)


def test_a_series_without_usable_steps_gives_numbers_and_spoils_no_gradient() -> None:
    model, (x, mask) = _model().train(), _inputs()
    mask[1] = False
    x[1] = float("nan")
    logits = model(x, day=mask.long(), valid_mask=mask)
    logits.square().sum().backward()
    assert logits.isfinite().all()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    features = _features(model.eval(), x, mask)
    assert not features["mean"][1].any()
    assert features["attention"].isfinite().all()


def test_days_are_not_read() -> None:
    model, (x, mask) = _model(), _inputs()
    with torch.no_grad():
        early, late = (model(x, day=torch.full((4, 5), d), valid_mask=mask) for d in (0, 300))
    assert torch.equal(early, late)


def test_stages_have_the_shapes_that_are_promised() -> None:
    x, mask = _inputs()
    shapes = {name: tuple(value.shape) for name, value in _features(_model(), x, mask).items()}
    steps = dict.fromkeys(("steps", "block1", "block2"), (4, 5, 6))
    rest = {"attention": (4, 2, 3, 5, 5), "mean": (4, 6), "embedding": (4, 8), "logits": (4, 3)}
    assert shapes == {**steps, **rest}


@pytest.mark.parametrize("shape", [(1, 4, 2), (1, 6, 2), (1, 5, 3)])
def test_series_of_another_length_or_width_are_refused(shape: tuple[int, int, int]) -> None:
    mask = torch.ones(shape[:2], dtype=torch.bool)
    with pytest.raises(SchemaError, match=r"expected \(5, 2\)"):
        _model()(torch.zeros(shape), day=mask.long(), valid_mask=mask)


@pytest.mark.parametrize("field", [f.name for f in fields(TransformerConfig)])
def test_sizes_out_of_range_are_refused(field: str) -> None:
    with pytest.raises(SchemaError, match=field):
        replace(SMALL, **{field: 1.0 if field == "dropout" else 0})
