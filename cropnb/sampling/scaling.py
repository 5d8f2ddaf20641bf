"""Scaling of channels with numbers taken from the training samples alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from cropnb.sampling.samples import FloatArray, Samples
from cropnb.schema import require

Method = Literal["standardise", "min_max"]
METHODS: tuple[Method, ...] = ("standardise", "min_max")


class Scaler:
    """Shift and stretch of each channel, the same on all days.

    `standardise` gives the training samples mean 0 and standard deviation 1, `min_max` (the thesis's choice,
    [Liu2024] 3.2.3) the range 0 to 1; other samples may leave that range, nothing is cut off. A channel that
    is constant over the training samples becomes 0. Filled values count like measured ones, because models
    see both.

    Parameters
    ----------
    method : str
        `standardise` or `min_max`.
    """

    def __init__(self, method: Method = "standardise") -> None:
        require(
            method in METHODS, f"scaler: method {method!r}; expected one of {METHODS}. Name one of these."
        )
        self.method: Method = method
        self.channel: tuple[str, ...] = ()
        self.offset = np.zeros(0)
        self.scale = np.ones(0)

    @property
    def is_fitted(self) -> bool:
        """Whether the numbers have been taken."""
        return bool(self.channel)

    def fit(self, train: Samples) -> Scaler:
        """Take the numbers from training samples, once.

        Parameters
        ----------
        train : Samples (sample, time, channel) [dB, or 1 for reflectance]
            Training samples only: `samples.take(fold.train)`.

        Returns
        -------
        Scaler
            This one.

        Raises
        ------
        SchemaError
            If it is fitted already, or there is no sample.
        """
        require(
            not self.is_fitted,
            "scaler: fitted already; expected one fit per scaler, on training samples. Make a new Scaler.",
        )
        require(train.n_sample > 0, "scaler: 0 samples; expected training samples. Check the fold.")
        values = train.x.reshape(-1, train.n_channel).astype(np.float64)
        if self.method == "standardise":
            self.offset, spread = values.mean(axis=0), values.std(axis=0)
        else:
            self.offset, spread = values.min(axis=0), np.ptp(values, axis=0)
        self.scale = np.where(spread > 0, spread, 1.0)
        self.channel = train.channel
        return self

    def transform(self, samples: Samples) -> FloatArray:
        """Scaled values of any samples.

        Parameters
        ----------
        samples : Samples (sample, time, channel) [dB, or 1 for reflectance]
            With the channels it was fitted on.

        Returns
        -------
        ndarray (sample, time, channel) [1]
            float32, what a network is fed.

        Raises
        ------
        SchemaError
            If it is not fitted, or was fitted on other channels.
        """
        require(self.is_fitted, "scaler: not fitted; expected a fit on training samples. Call fit first.")
        require(
            samples.channel == self.channel,
            f"scaler: channels {samples.channel}; it was fitted on {self.channel}. Use select_channels.",
        )
        return ((samples.x - self.offset) / self.scale).astype(np.float32)

    def to_dict(self) -> dict[str, Any]:
        """Numbers as plain lists, for JSON beside a checkpoint."""
        return {
            "method": self.method,
            "channel": list(self.channel),
            "offset": self.offset.tolist(),
            "scale": self.scale.tolist(),
        }

    @classmethod
    def from_dict(cls, numbers: Mapping[str, Any]) -> Scaler:
        """Inverse of `to_dict`.

        Parameters
        ----------
        numbers : mapping
            What `to_dict` gave.

        Returns
        -------
        Scaler
            Fitted as the one that wrote the numbers.

        Raises
        ------
        SchemaError
            If an entry is missing, the lists differ in length, or a number cannot scale.
        """
        missing = [name for name in ("method", "channel", "offset", "scale") if name not in numbers]
        require(
            not missing, f"scaler: entries {missing} missing; expected what to_dict writes. Save it again."
        )
        scaler = cls(numbers["method"])
        scaler.channel = tuple(numbers["channel"])
        scaler.offset = np.asarray(numbers["offset"], dtype=np.float64)
        scaler.scale = np.asarray(numbers["scale"], dtype=np.float64)
        n = len(scaler.channel)
        require(
            scaler.offset.shape == scaler.scale.shape == (n,),
            f"scaler: {scaler.offset.size} offsets and {scaler.scale.size} scales for {n} channels; expected "
            "as many of each. Save it again with to_dict.",
        )
        require(
            bool(
                np.isfinite(scaler.offset).all()
                and np.isfinite(scaler.scale).all()
                and (scaler.scale > 0).all()
            ),
            f"scaler: offset {scaler.offset.tolist()}, scale {scaler.scale.tolist()}; expected finite "
            "numbers, the scale above 0. Save it again with to_dict.",
        )
        return scaler
