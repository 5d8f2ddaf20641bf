"""What a network consists of, found by running it: its layers, their sizes, and which feeds which."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from cropnb.models.trace import Call, trace
from cropnb.schema import require

_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
_JOINTS = {
    "Add": "+",
    "Mul": "multiply",
    "Bmm": "multiply",
    "Cat": "concatenate",
    "ScaledDotProduct": "attention",
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """The input, a layer or several in a row, or a place where branches meet.

    Attributes
    ----------
    name : str
        What the network's code calls the layer; empty for the input and where branches meet.
    kinds : tuple of str
        Class of each layer with the width of its kernel; `input`; or what is done where branches meet.
    shape : tuple of int
        Of what comes out, without the batch; empty where branches meet.
    n_parameter : int () [count]
        Trainable parameters.
    before : tuple of int
        Positions, in the outline, of the parts that feed this one.
    group, group_kind : str
        Name and class of the module it is a part of; empty for the network itself.
    times : int () [count]
        How many equal groups in a row it stands for.
    """

    name: str = ""
    kinds: tuple[str, ...]
    shape: tuple[int, ...] = ()
    n_parameter: int = 0
    before: tuple[int, ...] = ()
    group: str = ""
    group_kind: str = ""
    times: int = 1


def outline(model: nn.Module, *, x: Tensor, day: Tensor, valid_mask: Tensor) -> list[Part]:
    """Parts of a network in the order in which they run.

    Activation, dropout and normalisation are told together with the layer before them; equal groups in a row
    are told once. What a network does between layers is told only where branches meet.

    Parameters
    ----------
    model : Module
        Network of the contract in `cropnb.models`; its weights and statistics stay as they are.
    x, day, valid_mask : Tensor
        One batch, as in its `forward`.

    Returns
    -------
    list of Part
        The input first; a part stands after all that feed it.

    Raises
    ------
    SchemaError
        If the logits do not depend on `x`.
    """
    modes = [(module, module.training) for module in model.modules()]
    try:
        with torch.random.fork_rng(), torch.enable_grad():
            given = x.detach().float().requires_grad_().clone()
            calls, logits = trace(model.eval(), given, day=day, valid_mask=valid_mask)
            parts = _Graph(model, given, calls).parts_behind(logits)
    finally:
        for module, mode in modes:
            module.training = mode
    return _folded(_merged(parts))


class _Graph:
    """Which part each node of autograd's graph comes from; parts are numbered as they are found."""

    def __init__(self, model: nn.Module, x: Tensor, calls: Sequence[Call]) -> None:
        self.modules = dict(model.named_modules())
        self.parts = [Part(kinds=("input",), shape=tuple(x.shape[1:]))]
        self.source: dict[Any, int | None] = {x.grad_fn: 0}
        called = {call.name for call in calls}
        counted: set[str] = set()
        for call in calls:
            starts = [n for e in call.exits for n, _ in e.next_functions] if call.is_outer else call.entries
            before = self._sources(starts)
            own = 0 if call.name in counted else _own_parameters(call, called)
            counted.add(call.name)
            group = call.name if call.is_outer else self._group(call.name)
            part = Part(
                name=_plain_name(call.name),
                kinds=(_kind(call.module),),
                shape=call.shape,
                n_parameter=own,
                before=before,
                group=group,
                group_kind=self._title(group),
            )
            self._add(part, call.exits)

    def parts_behind(self, logits: Tensor) -> list[Part]:
        """All parts that the logits depend on."""
        wanted = set(self._sources([logits.grad_fn] if logits.grad_fn else []))
        for number in range(len(self.parts) - 1, -1, -1):
            if number in wanted:
                wanted |= set(self.parts[number].before)
        require(0 in wanted, "outline: the logits do not depend on x; expected a network of the contract.")
        return _kept(self.parts, sorted(wanted), {n: n for n in wanted})

    def _sources(self, nodes: Sequence[Any]) -> tuple[int, ...]:
        found = [self._source(node) for node in nodes if node is not None]
        return tuple(sorted({part for part in found if part is not None}))

    def _source(self, start: Any) -> int | None:
        """Part that a node comes from; where several meet, a new one. A loop, as graphs are deep."""
        waiting = [start]
        while waiting:
            node = waiting.pop()
            inputs = [n for n, _ in node.next_functions if n is not None]
            unknown = [n for n in inputs if n not in self.source]
            if node not in self.source and unknown:
                waiting += [node, *unknown]
            elif node not in self.source:
                self.source[node] = self._met(node, inputs)
        return self.source[start]

    def _met(self, node: Any, inputs: Sequence[Any]) -> int | None:
        before = tuple(sorted({s for s in (self.source[n] for n in inputs) if s is not None}))
        if len(before) < 2:
            return before[0] if before else None
        group = self._group_where_meet(before)
        part = Part(kinds=(_joint(node),), before=before, group=group, group_kind=self._title(group))
        return self._add(part, [node])

    def _group_where_meet(self, before: tuple[int, ...]) -> str:
        """Branches meet inside the group of the last one if the others are in it too, or feed it."""
        group = self.parts[before[-1]].group
        inside = [n for n, part in enumerate(self.parts) if part.group == group]
        fed = {b for n in inside for b in self.parts[n].before}
        return group if set(before) <= fed | set(inside) else ""

    def _add(self, part: Part, nodes: Iterable[Any]) -> int:
        self.parts.append(part)
        self.source.update(dict.fromkeys(nodes, len(self.parts) - 1))
        return len(self.parts) - 1

    def _group(self, name: str) -> str:
        above = name.rpartition(".")[0]
        return self._group(above) if above and isinstance(self.modules[above], _CONTAINERS) else above

    def _title(self, group: str) -> str:
        return type(self.modules[group]).__name__.lstrip("_") if group else ""


def _own_parameters(call: Call, called: set[str]) -> int:
    """Parameters of a module without those of layers that ran by themselves."""
    prefix = f"{call.name}." if call.name else ""
    others = [n.removeprefix(prefix) + "." for n in called if n != call.name and n.startswith(prefix)]
    return sum(
        p.numel()
        for n, p in call.module.named_parameters()
        if p.requires_grad and not n.startswith(tuple(others))
    )


def _plain_name(name: str) -> str:
    """Last word of a name such as `blocks.0.dense.1`: numbers are places in a list."""
    return next((word for word in reversed(name.split(".")) if not word.isdecimal()), "")


def _kind(module: nn.Module) -> str:
    size = getattr(module, "kernel_size", None)
    width = size[0] if isinstance(size, tuple) else size
    return type(module).__name__.lstrip("_") + (f" {width}" if isinstance(width, int) else "")


def _joint(node: Any) -> str:
    name = re.sub(r"Backward\d*$", "", str(node.name()))
    return next((sign for start, sign in _JOINTS.items() if name.startswith(start)), name.lower())


def _kept(parts: Sequence[Part], numbers: Sequence[int], stands_for: dict[int, int]) -> list[Part]:
    """Some of the parts, in their order; others are replaced by the one that stands for them."""
    place = {number: position for position, number in enumerate(numbers)}
    before = [tuple(sorted({place[stands_for[b]] for b in parts[n].before})) for n in numbers]
    return [replace(parts[n], before=b) for n, b in zip(numbers, before, strict=True)]


def _merged(parts: list[Part]) -> list[Part]:
    """Activation, dropout and normalisation told together with the layer before them."""
    followers = Counter(b for part in parts for b in part.before)
    parts, first = list(parts), {n: n for n in range(len(parts))}
    for number, part in enumerate(parts):
        if len(part.before) != 1 or not part.shape or followers[part.before[0]] > 1:
            continue
        head = first[part.before[0]]
        onto, is_small = parts[head], part.n_parameter == 0 or "Norm" in part.kinds[0]
        if head and onto.shape == part.shape and onto.group == part.group and is_small:
            first[number], kinds = head, onto.kinds + part.kinds
            parts[head] = replace(onto, kinds=kinds, n_parameter=onto.n_parameter + part.n_parameter)
    return _kept(parts, [n for n in first if first[n] == n], first)


def _folded(parts: list[Part]) -> list[Part]:
    """Equal groups in a row told once."""
    groups: dict[str, list[int]] = {}
    for number, part in enumerate(parts):
        if part.group:
            groups.setdefault(part.group, []).append(number)
    parts, stands_for = list(parts), {n: n for n in range(len(parts))}
    last: list[int] = []
    end = -1
    for numbers in groups.values():
        if numbers[0] == end + 1 and _form(parts, numbers) == _form(parts, last):
            stands_for.update(zip(numbers, last, strict=True))
            for n in last:
                parts[n] = replace(parts[n], times=parts[n].times + 1)
        else:
            last = numbers
        end = numbers[-1]
    return _kept(parts, [n for n in stands_for if stands_for[n] == n], stands_for)


def _form(parts: Sequence[Part], numbers: Sequence[int]) -> list[tuple[object, ...]]:
    """What makes two groups equal: classes, shapes, sizes, and how the parts hang together."""
    place = {number: position for position, number in enumerate(numbers)}
    each = [parts[n] for n in numbers]
    return [
        (p.group_kind, p.kinds, p.shape, p.n_parameter, sorted(place.get(b, -1) for b in p.before))
        for p in each
    ]
