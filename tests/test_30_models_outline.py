"""The outline of a network says what is in it and what feeds what, and leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from cropnb.models import REGISTRY, build_model, count_parameters
from cropnb.models.outline import Part, outline
from cropnb.schema import SchemaError


class Net(nn.Module):
    """Parts by name, and how they hang together."""

    def forward(self, x: Tensor, **_others: Tensor) -> Tensor:
        return self.run(x)


class Branches(Net):
    def __init__(self) -> None:
        super().__init__()
        self.left, self.right, self.last = nn.Linear(3, 4), nn.Linear(3, 2), nn.Linear(6, 3)
        self.unused = nn.Linear(3, 3)

    def run(self, x: Tensor) -> Tensor:
        self.unused(x)
        return self.last(torch.cat([self.left(x).tanh(), self.right(x * 2)], dim=2)) + x


class Gate(nn.Module):
    """A module with parameters of its own around a layer."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale, self.inner = nn.Parameter(torch.ones(width)), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x) * self.scale


class Gates(Net):
    def __init__(self, *widths: int) -> None:
        super().__init__()
        self.first = nn.Linear(3, widths[0])
        self.gates = nn.ModuleList(Gate(w) for w in widths)

    def run(self, x: Tensor) -> Tensor:
        hidden = self.first(x)
        for gate in self.gates:
            hidden = gate(hidden)
        return hidden


class Chain(Net):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def run(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Attending(Net):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(3, 1, batch_first=True)

    def run(self, x: Tensor) -> Tensor:
        return self.attention(x, x, x)[0].sum(dim=1)


def _outline(model: nn.Module, *, n_time: int = 5) -> list[Part]:
    mask = torch.ones(2, n_time, dtype=torch.bool)
    x = torch.linspace(-1, 1, 2 * n_time * 3).reshape(2, n_time, 3)
    return outline(model, x=x, day=mask.long(), valid_mask=mask)


def _links(parts: list[Part]) -> Iterator[tuple[str, str]]:
    names = [part.name or part.kinds[0] for part in parts]
    for name, part in zip(names, parts, strict=True):
        yield from ((names[b], name) for b in part.before)


def test_branches_meet_where_they_do() -> None:
    parts = _outline(Branches())
    assert set(_links(parts)) == {
        ("input", "left"),
        ("input", "right"),
        ("left", "concatenate"),
        ("right", "concatenate"),
        ("concatenate", "last"),
        ("last", "+"),
        ("input", "+"),
    }
    assert {p.name: p.shape for p in parts if p.name} == {"left": (5, 4), "right": (5, 2), "last": (5, 3)}


def test_a_part_stands_after_what_feeds_it() -> None:
    for parts in (_outline(Branches()), _outline(Gates(4, 4, 4))):
        assert all(max(p.before, default=-1) < n for n, p in enumerate(parts))


@pytest.mark.parametrize("name", REGISTRY)
def test_parts_hold_all_parameters_of_the_network(name: str) -> None:
    n_time = {} if name == "AttentionLSTM" else {"n_time": 7}
    model = build_model(name, n_channel=3, n_class=4, **n_time)
    parts = _outline(model, n_time=7)
    assert sum(p.n_parameter * p.times for p in parts) == count_parameters(model)
    assert parts[0].shape == (7, 3)
    assert parts[-1].shape == (4,)


def test_parameters_held_beside_layers_are_told_once() -> None:
    parts = _outline(Gates(4))
    assert [(p.kinds[0], p.n_parameter) for p in parts] == [
        ("input", 0),
        ("Linear", 16),
        ("Linear", 20),
        ("Gate", 4),
    ]


def test_a_module_that_runs_its_layers_itself_is_one_part() -> None:
    parts = _outline(Attending())
    assert [(p.kinds, p.n_parameter) for p in parts] == [
        (("input",), 0),
        (("MultiheadAttention",), 3 * (3 * 3 + 3) + 3 * 3 + 3),
    ]


def test_equal_groups_in_a_row_are_told_once() -> None:
    model = Gates(4, 4, 4)
    parts = _outline(model)
    assert [p.times for p in parts] == [1, 1, 3, 3]
    assert {p.group_kind for p in parts} == {"", "Gate"}
    assert sum(p.n_parameter * p.times for p in parts) == count_parameters(model)


def test_groups_that_differ_are_told_apart() -> None:
    class Widening(Gates):
        def run(self, x: Tensor) -> Tensor:
            first, second = self.gates
            return second(torch.cat([first(self.first(x))] * 2, dim=2))

    parts = _outline(Widening(4, 8))
    assert [p.times for p in parts] == [1] * 6


def test_small_layers_are_told_with_the_one_before() -> None:
    model = Chain(
        nn.Linear(3, 4), nn.LayerNorm(4), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(20, 2)
    )
    kinds = [(p.kinds, p.n_parameter) for p in _outline(model)]
    assert kinds == [
        (("input",), 0),
        (("Linear", "LayerNorm", "ReLU", "Dropout"), 16 + 8),
        (("Flatten",), 0),
        (("Linear",), 42),
    ]


def test_a_small_layer_beside_another_path_stands_alone() -> None:
    class Skipping(Chain):
        def run(self, x: Tensor) -> Tensor:
            first, norm = self.layers
            hidden = first(x)
            return norm(hidden) + hidden

    parts = _outline(Skipping(nn.Linear(3, 4), nn.LayerNorm(4)))
    assert [(p.kinds, p.before) for p in parts] == [
        (("input",), ()),
        (("Linear",), (0,)),
        (("LayerNorm",), (1,)),
        (("+",), (1, 2)),
    ]


def test_branches_of_the_network_do_not_meet_inside_one_of_them() -> None:
    class Beside(Gates):
        def run(self, x: Tensor) -> Tensor:
            return self.first(x) + self.gates[0](x)

    parts = _outline(Beside(3))
    assert [(p.kinds[0], p.group) for p in parts] == [
        ("input", ""),
        ("Linear", ""),
        ("Linear", "gates.0"),
        ("Gate", "gates.0"),
        ("+", ""),
    ]


def test_a_convolution_says_how_wide_its_kernel_is() -> None:
    model = Chain(nn.Conv1d(5, 2, 3), nn.MaxPool1d(1))
    assert [p.kinds for p in _outline(model)] == [("input",), ("Conv1d 3", "MaxPool1d 1")]


def test_a_layer_that_runs_twice_counts_once() -> None:
    layer = nn.Linear(3, 3)
    parts = _outline(Chain(layer, nn.Tanh(), layer))
    assert sum(p.n_parameter for p in parts) == 12


def test_the_network_is_left_as_it_was() -> None:
    model = build_model("TempCNN", n_channel=3, n_class=4, n_time=5).train()
    model.dense.eval()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    _outline(model)
    assert torch.equal(torch.rand(3), expected)
    assert model.training
    assert model.convolutions.training
    assert not model.dense.training
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_hooks_are_gone_after_an_error() -> None:
    model = build_model("TempCNN", n_channel=3, n_class=4, n_time=6)
    with pytest.raises(SchemaError, match="n_time"):
        _outline(model)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_logits_that_do_not_depend_on_x_are_refused() -> None:
    class Deaf(Chain):
        def run(self, _x: Tensor) -> Tensor:
            return self.layers(torch.ones(2, 3))

    with pytest.raises(SchemaError, match="do not depend on x"):
        _outline(Deaf(nn.Linear(3, 2)))
