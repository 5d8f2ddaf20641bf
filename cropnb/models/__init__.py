"""Networks: one architecture, one file, one contract (`x`, `day`, `valid_mask` in, logits out)."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

from torch import nn

from cropnb.models.attention_lstm import AttentionLSTM, AttentionLSTMConfig
from cropnb.models.conv1d import Conv1D, Conv1DConfig
from cropnb.models.conv1d_lstm import Conv1DLSTM, Conv1DLSTMConfig
from cropnb.models.tempcnn import TempCNN, TempCNNConfig
from cropnb.models.transformer import Transformer, TransformerConfig
from cropnb.schema import require, require_known

__all__ = [
    "REGISTRY",
    "AttentionLSTM",
    "AttentionLSTMConfig",
    "Conv1D",
    "Conv1DConfig",
    "Conv1DLSTM",
    "Conv1DLSTMConfig",
    "ModelSpec",
    "TempCNN",
    "TempCNNConfig",
    "Transformer",
    "TransformerConfig",
    "build_model",
    "count_parameters",
]


class ModelSpec(NamedTuple):
    """An architecture: the dataclass of its sizes, and the module built from it."""

    config: type[Any]
    model: type[nn.Module]


# Each name is the paper's name, and the model is the paper's model.
REGISTRY: dict[str, ModelSpec] = {
    "Conv1D": ModelSpec(Conv1DConfig, Conv1D),
    "AttentionLSTM": ModelSpec(AttentionLSTMConfig, AttentionLSTM),
    "Conv1D-LSTM": ModelSpec(Conv1DLSTMConfig, Conv1DLSTM),
    "TempCNN": ModelSpec(TempCNNConfig, TempCNN),
    "Transformer": ModelSpec(TransformerConfig, Transformer),
}


def build_model(name: str, **config: Any) -> nn.Module:
    """Network by name, with weights drawn from torch's current random state.

    Parameters
    ----------
    name : str
        Key of `REGISTRY`.
    **config : Any
        Fields of the model's config.

    Returns
    -------
    Module
        In training mode, on the CPU.

    Raises
    ------
    SchemaError
        If the name or a field is unknown, a field without default is missing, or a value is out of range.

    Examples
    --------
    >>> model = build_model("TempCNN", n_channel=3, n_class=13, n_time=149)
    >>> count_parameters(model)
    2487821
    """
    require_known(name, REGISTRY, what="model")
    spec = REGISTRY[name]
    fields = dataclasses.fields(spec.config)
    for key in config:
        require_known(key, [f.name for f in fields], what=f"{name} field")
    needed = [f.name for f in fields if f.default is dataclasses.MISSING]
    missing = [key for key in needed if key not in config]
    require(not missing, f"{name}: no {', '.join(missing)}; {', '.join(needed)} have no default. Give them.")
    return spec.model(spec.config(**config))


def count_parameters(model: nn.Module) -> int:
    """Number of trainable parameters.

    Parameters
    ----------
    model : Module
        Any network.

    Returns
    -------
    int () [count]
        Elements of all parameters that take a gradient; running statistics are none.
    """
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
