"""The face that all classifiers share: samples in, a fitted classifier out, probabilities from that."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cropnb.sampling import Samples
from cropnb.schema import require


class Fitted(Protocol):
    """A classifier after its fit."""

    @property
    def record(self) -> dict[str, Any]:
        """What a results table says of the fit: seconds, device, size."""

    def predict_proba(self, samples: Samples) -> NDArray[np.float64]:
        """Probability of each class of the legend, `(sample, class) [1]`."""


class Classifier(Protocol):
    """A classifier before its fit: settings only, so one object serves any number of fits."""

    def fit(self, train: Samples, valid: Samples, *, seed: int, folder: Path | None = None) -> Fitted:
        """Learn from `train`; `valid` is for decisions on the way; a killed fit may go on from `folder`."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Days, channels and classes of the samples that a classifier was fitted on."""

    day: tuple[int, ...]
    channel: tuple[str, ...]
    class_name: tuple[str, ...]

    @classmethod
    def of(cls, samples: Samples) -> Layout:
        """Layout of samples."""
        day = tuple(int(d) for d in samples.day)
        return cls(day=day, channel=samples.channel, class_name=samples.legend.names)

    def check(self, samples: Samples) -> None:
        """Make sure that samples have this layout.

        Raises
        ------
        SchemaError
            If days, channels or classes differ.
        """
        other = Layout.of(samples)
        for f in fields(self):
            got, expected = getattr(other, f.name), getattr(self, f.name)
            require(
                got == expected,
                f"predict: {f.name} {got}; the classifier was fitted on {expected}. Make the samples alike.",
            )
