"""What all networks on series share: one call, checks of their sizes, and weights drawn as in Keras."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from cropnb.schema import require


class SeriesModel(nn.Module):
    """A network on series; what it computes stands in `forward_features`."""

    def forward(
        self,
        x: Float[Tensor, "batch time channel"],
        *,
        day: Int[Tensor, "batch time"],
        valid_mask: Bool[Tensor, "batch time"],
    ) -> Float[Tensor, "batch class"]:
        """Logits of each class.

        Parameters
        ----------
        x : Tensor (batch, time, channel) [1, scaled]
            Series.
        day : Tensor (batch, time) [day]
            Days since 1 January of the season's year; each model says whether it uses them.
        valid_mask : Tensor (batch, time) [1]
            True where a step is usable.

        Returns
        -------
        Tensor (batch, class) [logit]
            Logits.

        Raises
        ------
        SchemaError
            If the model cannot take series with as many steps or channels as `x` has.
        """
        return self.forward_features(x, day=day, valid_mask=valid_mask)["logits"]

    def forward_features(
        self,
        x: Float[Tensor, "batch time channel"],
        *,
        day: Int[Tensor, "batch time"],
        valid_mask: Bool[Tensor, "batch time"],
    ) -> dict[str, Tensor]:
        """What each stage computes; `logits` among it.

        Parameters
        ----------
        x, day, valid_mask : Tensor
            As in `forward`.

        Returns
        -------
        dict of str to Tensor
            By the name of the stage.
        """
        raise NotImplementedError


def check_config(
    model: str,
    config: Any,
    *,
    counts: Iterable[str],
    odd: Iterable[str] = (),
    shares: Iterable[str] = ("dropout",),
) -> None:
    """Raise unless the sizes of a network can be built.

    Parameters
    ----------
    model : str
        Name of the model, for the message.
    config : object
        Its config.
    counts : iterable of str
        Attributes that have to be 1 or more.
    odd : iterable of str
        Attributes that have to be odd besides: windows with a centre.
    shares : iterable of str
        Attributes from 0 to below 1.

    Raises
    ------
    SchemaError
        Naming the attribute, its value and the remedy.
    """
    odd = tuple(odd)
    for name in (*counts, *odd):
        value = getattr(config, name)
        require(value >= 1, f"{model}: {name}={value}; expected at least 1. Give a positive number.")
    for name in odd:
        value = getattr(config, name)
        require(
            value % 2 == 1,
            f"{model}: {name}={value}; expected an odd number: a window has a centre. Use {value + 1}.",
        )
    for name in shares:
        value = getattr(config, name)
        require(
            0 <= value < 1,
            f"{model}: {name}={value}; expected 0 <= {name} < 1. Give a share, not a percentage.",
        )


def check_length(model: str, x: Tensor, config: Any, *, why: str) -> None:
    """Raise unless a series has exactly the steps and channels of a network of fixed length.

    Parameters
    ----------
    model : str
        Name of the model, for the message.
    x : Tensor (batch, time, channel) [1]
        Series.
    config : object
        With `n_time` and `n_channel`.
    why : str
        What fixes the length.

    Raises
    ------
    SchemaError
        If it has others.
    """
    found, expected = tuple(x.shape[1:]), (config.n_time, config.n_channel)
    require(
        found == expected,
        f"{model}: series of (time, channel) = {found}; expected {expected}: {why}. Resample the series, or "
        "build a network with their n_time, n_channel.",
    )


def draw_glorot_uniform(module: nn.Module) -> None:
    """Draw the weights of a dense or convolution layer as Keras does by default; for `Module.apply`.

    Parameters
    ----------
    module : Module
        Changed in place if it is such a layer: Glorot uniform weights, biases 0. Others are left alone.
    """
    if isinstance(module, nn.Linear | nn.Conv1d):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
