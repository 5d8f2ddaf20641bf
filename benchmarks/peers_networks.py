"""Networks of BreizhCrops, of the sizes its package has by default, as peers of ours."""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

WHO = "BreizhCrops"
VARIABLE = "CROPNB_BREIZHCROPS"
# What a class asks for, by the names that its arguments have there.
LAYOUT = {"input_dim": "n_channel", "num_classes": "n_class", "sequencelength": "n_time"}


def models_in(folder: Path) -> ModuleType:
    """`breizhcrops.models` from a folder, without `breizhcrops.datasets`, which needs GeoPandas and more."""
    package = ModuleType("breizhcrops")
    package.__path__ = [str(folder / "breizhcrops")]
    sys.modules["breizhcrops"] = package
    return importlib.import_module("breizhcrops.models")


def built_peer(folder: Path, name: str, *, n_channel: int, n_class: int, n_time: int) -> nn.Module:
    """Network by the name of its class: (batch, time, channel) in, log-probabilities out."""
    network = getattr(models_in(folder), name)
    layout = {"n_channel": n_channel, "n_class": n_class, "n_time": n_time}
    known = inspect.signature(network).parameters
    given: dict[str, Any] = {argument: layout[ours] for argument, ours in LAYOUT.items() if argument in known}
    if "device" in known:  # some default to a GPU
        given["device"] = "cpu"
    return registered(network(**given))


def registered(module: nn.Module) -> nn.Module:
    """The same with its layers known to optimiser and mode: InceptionTime hides most of them in lists."""
    for name, value in list(vars(module).items()):
        if isinstance(value, list) and value and all(isinstance(part, nn.Module) for part in value):
            setattr(module, name, nn.ModuleList(value))
    for part in module.children():
        registered(part)
    return module
