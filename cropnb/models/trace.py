"""One run of a network, layer by layer, with a trail from each layer to what it was fed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn


@dataclass(eq=False)
class Call:
    """One run of one layer.

    Attributes
    ----------
    name : str
        Name of the module in the network.
    module : Module
        The layer.
    entries, exits : list of autograd nodes
        One for each tensor that came in, or went out.
    shape : tuple of int
        Of the first tensor that went out, without the batch.
    is_outer : bool
        Whether other layers ran inside it: it has parameters of its own beside theirs.
    """

    name: str
    module: nn.Module
    entries: list[Any] = field(default_factory=list)
    exits: list[Any] = field(default_factory=list)
    shape: tuple[int, ...] = ()
    is_outer: bool = False


def trace(model: nn.Module, x: Tensor, **others: Tensor) -> tuple[list[Call], Tensor]:
    """Run a network once with hooks on its layers.

    Each hook puts a copy of the layer's input and output into autograd's graph, so that a walk back from one
    layer ends at the layers that feed it, through whatever sums, concatenations and products lie between.

    Parameters
    ----------
    model : Module
        Network of the contract in `cropnb.models`.
    x : Tensor (batch, time, channel) [1, scaled]
        Series that takes a gradient.
    **others : Tensor
        `day` and `valid_mask`, as in its `forward`.

    Returns
    -------
    list of Call
        Modules that have no children, or parameters of their own beside them, in the order of their ends.
    Tensor (batch, class) [logit]
        What came out.
    """
    calls: list[Call] = []
    running: list[Call] = []
    handles = []
    for name, module in model.named_modules():
        if list(module.children()) and not list(module.parameters(recurse=False)):
            continue

        def enter(module: nn.Module, args: Any, kwargs: Any, name: str = name) -> Any:
            for outer in running:
                outer.is_outer = True
            running.append(Call(name, module))
            return _copied((args, kwargs), running[-1].entries)

        def leave(_module: nn.Module, _args: Any, output: Any) -> Any:
            call = running.pop()
            copy = _copied(output, call.exits)
            call.shape = tuple(_tensors(copy)[0].shape[1:])
            calls.append(call)
            return copy

        handles += [
            module.register_forward_pre_hook(enter, with_kwargs=True),
            module.register_forward_hook(leave),
        ]
    try:
        logits: Tensor = model(x, **others)
    finally:
        for handle in handles:
            handle.remove()
    return calls, logits


def _copied(value: Any, nodes: list[Any]) -> Any:
    """The same, its tensors with a node of their own in autograd's graph."""
    if isinstance(value, Tensor) and value.requires_grad:
        copy = value.clone()
        nodes.append(copy.grad_fn)
        return copy
    if isinstance(value, dict):
        return {key: _copied(inner, nodes) for key, inner in value.items()}
    if type(value) in (tuple, list):
        return type(value)(_copied(inner, nodes) for inner in value)
    return value


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    inner: Iterable[Any] = value.values() if isinstance(value, dict) else value
    return [tensor for each in inner if isinstance(each, Tensor | tuple | list) for tensor in _tensors(each)]
