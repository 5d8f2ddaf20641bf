"""What a fit is told, besides the model and the data."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cropnb.sampling.scaling import METHODS, Method
from cropnb.schema import require


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """How a network is fitted: Adam, stopped early on the validation loss.

    Learning rate and weight decay are those of [Pelletier2019] as its code has them.

    Attributes
    ----------
    max_epoch : int () [count]
        Passes over the training samples, at most.
    batch_size : int () [count]
        Samples per step, at least 2: batch normalisation cannot train on one.
    learning_rate : float () [1]
        Of Adam.
    weight_decay : float () [1]
        Multiple of each kernel that Adam adds to its gradient. 2e-6 is an L2 rate of 1e-6 in Keras, whose
        gradient has the factor 2. Biases and normalisation are left alone.
    patience : int () [count]
        Epochs without a better validation loss after which the fit stops.
    seed : int () [1]
        All random streams of the fit come from it.
    accelerator : str
        What Lightning calls so: `auto`, `cpu`, `gpu`, ...
    balanced : bool
        Weigh each class by the inverse of its frequency in the training samples.
    scaling : str
        `standardise` or `min_max`; the numbers come from the training samples.

    Raises
    ------
    SchemaError
        If a value is out of range.
    """

    max_epoch: int = 60
    batch_size: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 2e-6
    patience: int = 10
    seed: int = 0
    accelerator: str = "auto"
    balanced: bool = False
    scaling: Method = "standardise"

    def __post_init__(self) -> None:
        for name, least in (("max_epoch", 1), ("batch_size", 2), ("patience", 1), ("seed", 0)):
            value = getattr(self, name)
            require(value >= least, f"FitConfig: {name}={value}; expected at least {least}. Raise it.")
        require(
            self.scaling in METHODS,
            f"FitConfig: scaling={self.scaling!r}; expected one of {METHODS}. Name one of these.",
        )
        require(
            0 < self.learning_rate < math.inf,
            f"FitConfig: learning_rate={self.learning_rate}; expected a positive number. Try 1e-3.",
        )
        require(
            0 <= self.weight_decay < math.inf,
            f"FitConfig: weight_decay={self.weight_decay}; expected 0 or more. Use 0 to switch it off.",
        )
