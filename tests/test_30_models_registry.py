"""What every network of the registry keeps to, whatever it is inside."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from beartype import beartype
from beartype.roar import BeartypeException
from jaxtyping import TypeCheckError, jaxtyped
from torch import nn

from cropnb.models import REGISTRY, build_model, count_parameters
from cropnb.schema import SchemaError

SIZES = {"n_channel": 3, "n_class": 4, "n_time": 9}
N_SAMPLE = 6

# Another value for each field of each config; a field without one fails the test below.
OTHER: dict[str, dict[str, float]] = {
    "Conv1D": {
        "n_channel": 2,
        "n_class": 5,
        "n_time": 8,
        "n_shallow": 32,
        "n_branch": 64,
        "n_middle": 64,
        "n_deep": 128,
        "kernel_size": 5,
        "kernel_long": 7,
        "pool_size": 5,
        "n_dense": 128,
        "dropout_map": 0.2,
        "dropout": 0.2,
    },
    "AttentionLSTM": {"n_channel": 2, "n_class": 5, "n_hidden": 32, "n_dense": 128, "dropout": 0.2},
    "Conv1D-LSTM": {
        "n_channel": 2,
        "n_class": 5,
        "n_time": 8,
        "n_filter": 32,
        "n_hidden": 32,
        "n_dense": 128,
        "dropout": 0.2,
    },
    "TempCNN": {
        "n_channel": 2,
        "n_class": 5,
        "n_time": 8,
        "n_filter": 32,
        "kernel_size": 3,
        "n_dense": 128,
        "dropout": 0.2,
    },
    "Transformer": {
        "n_channel": 2,
        "n_class": 5,
        "n_time": 8,
        "n_block": 1,
        "n_head": 4,
        "head_size": 128,
        "width": 32,
        "n_hidden": 128,
        "n_dense": 64,
        "dropout": 0.3,
    },
}

Inputs = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
each_model = pytest.mark.parametrize("name", REGISTRY)


def _model(name: str, *, seed: int = 0, **sizes: float) -> nn.Module:
    fields = {f.name for f in dataclasses.fields(REGISTRY[name].config)}
    given = {k: v for k, v in SIZES.items() if k in fields}  # not every network asks for n_time
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return build_model(name, **{**given, **sizes})


def _inputs(*, n_sample: int = N_SAMPLE, n_time: int = 9, n_channel: int = 3) -> Inputs:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(n_sample, n_time, n_channel, generator=generator)
    day = (torch.arange(n_time) * 12).expand(n_sample, -1)
    return x, day, torch.ones(n_sample, n_time, dtype=torch.bool)


def _logits(model: nn.Module, inputs: Inputs) -> torch.Tensor:
    x, day, valid_mask = inputs
    with torch.no_grad():
        return model(x, day=day, valid_mask=valid_mask)


@each_model
def test_a_sample_does_not_see_its_batch_in_evaluation(name: str) -> None:
    model, (x, day, mask) = _model(name).eval(), _inputs()
    alone = torch.cat(
        [_logits(model, (x[i : i + 1], day[i : i + 1], mask[i : i + 1])) for i in range(N_SAMPLE)]
    )
    torch.testing.assert_close(_logits(model, (x, day, mask)), alone)


@each_model
def test_the_order_of_the_steps_matters(name: str) -> None:
    model, (x, day, mask) = _model(name).eval(), _inputs()
    assert not torch.allclose(
        _logits(model, (x, day, mask)), _logits(model, (x.flip(1), day, mask)), atol=1e-3
    )


@each_model
@pytest.mark.parametrize("value", [1e4, float("nan")])
def test_masked_values_do_not_matter(name: str, value: float) -> None:
    model, (x, day, mask) = _model(name).eval(), _inputs()
    mask[:, 2] = mask[0, 5] = False
    changed = torch.where(mask[..., None], x, torch.full_like(x, value))
    torch.testing.assert_close(_logits(model, (x, day, mask)), _logits(model, (changed, day, mask)))


@each_model
def test_masking_a_step_matters(name: str) -> None:
    model, (x, day, mask) = _model(name).eval(), _inputs()
    hidden = mask.clone()
    hidden[:, 4] = False
    assert not torch.allclose(_logits(model, (x, day, mask)), _logits(model, (x, day, hidden)), atol=1e-3)


@each_model
def test_every_field_of_the_config_changes_something(name: str) -> None:
    default, names = _fingerprint(name), [f.name for f in dataclasses.fields(REGISTRY[name].config)]
    assert set(OTHER[name]) == set(names)
    same = [field for field in names if _fingerprint(name, **{field: OTHER[name][field]}) == default]
    assert not same, f"without effect: {same}"


def _fingerprint(name: str, **sizes: float) -> tuple[int, tuple[int, ...], float]:
    """Parameters, shape of the logits, and one logit with dropout on."""
    model = _model(name, **sizes).train()
    inputs = _inputs(**{k: int(v) for k, v in sizes.items() if k in ("n_time", "n_channel")})
    with torch.random.fork_rng():
        torch.manual_seed(3)
        logits = _logits(model, inputs)
    return count_parameters(model), tuple(logits.shape), round(float(logits[0, 0]), 5)


@each_model
def test_the_gradient_reaches_every_parameter(name: str) -> None:
    model, (x, day, mask) = _model(name).eval(), _inputs()
    model(x, day=day, valid_mask=mask).square().sum().backward()
    unreached = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert not unreached


@each_model
def test_one_batch_can_be_learned_by_heart(name: str) -> None:
    model, (x, day, mask) = _model(name, dropout=0.0), _inputs(n_sample=16)
    target = torch.arange(16) % SIZES["n_class"]  # no relation to x
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(40):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(x, day=day, valid_mask=mask), target).backward()
        optimiser.step()
    assert (_logits(model.eval(), (x, day, mask)).argmax(1) == target).all()


@each_model
def test_features_hold_the_logits_and_an_embedding_per_sample(name: str) -> None:
    model, (x, day, mask) = _model(name).eval(), _inputs()
    with torch.no_grad():
        features = model.forward_features(x, day=day, valid_mask=mask)
    torch.testing.assert_close(features["logits"], _logits(model, (x, day, mask)))
    assert features["embedding"].shape[0] == N_SAMPLE


@each_model
def test_logits_are_logits(name: str) -> None:
    logits = _logits(_model(name).eval(), _inputs())
    assert logits.shape == (N_SAMPLE, SIZES["n_class"])
    assert not torch.allclose(logits.exp().sum(1), torch.ones(N_SAMPLE), atol=1e-3)  # no log-softmax inside


@each_model
def test_shapes_and_types_are_as_annotated(name: str) -> None:
    checked = jaxtyped(typechecker=beartype)(type(_model(name)).forward)
    model, (x, day, mask) = _model(name).eval(), _inputs()
    assert checked(model, x, day=day, valid_mask=mask).shape == (N_SAMPLE, SIZES["n_class"])
    wrong = [
        {"x": x.double().long(), "day": day, "valid_mask": mask},
        {"x": x, "day": day[:, :-1], "valid_mask": mask},
        {"x": x, "day": day, "valid_mask": mask.float()},
        {"x": x[0], "day": day, "valid_mask": mask},
    ]
    for keywords in wrong:
        with pytest.raises((TypeCheckError, BeartypeException)):
            checked(model, keywords.pop("x"), **keywords)


@each_model
def test_weights_follow_torchs_seed(name: str) -> None:
    one, same, other = (_model(name, seed=s).state_dict() for s in (0, 0, 1))
    assert all(torch.equal(one[k], same[k]) for k in one)
    assert any(not torch.equal(one[k], other[k]) for k in one)


@pytest.mark.parametrize(
    ("name", "sizes", "nearest"),
    [
        ("TempCnn", SIZES, "Did you mean 'TempCNN'"),
        ("TempCNN", {**SIZES, "n_filters": 8}, "Did you mean 'n_filter'"),
        ("TempCNN", {"n_channel": 3, "n_class": 4}, "TempCNN: no n_time"),
    ],
)
def test_an_unknown_or_missing_key_is_named(name: str, sizes: dict[str, int], nearest: str) -> None:
    with pytest.raises(SchemaError, match=nearest):
        build_model(name, **sizes)
