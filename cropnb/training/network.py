"""Networks of the registry behind the face of all classifiers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from cropnb.models import REGISTRY, build_model
from cropnb.sampling import Samples, make_loader
from cropnb.training.classifiers import Layout
from cropnb.training.config import FitConfig
from cropnb.training.fitting import PREDICT_BATCH, Run, fit
from cropnb.training.prediction import predict
from cropnb.training.seeds import seeded, seeds_from


@dataclass(frozen=True, kw_only=True)
class NetworkClassifier:
    """Network of the registry, fitted with early stopping.

    Attributes
    ----------
    name : str
        Key of `cropnb.models.REGISTRY`.
    config : FitConfig
        How it is fitted; its seed is replaced by the one of each fit.
    model : mapping
        Sizes other than the paper's; `n_channel`, `n_class` and `n_time` come from the samples.
    """

    name: str = "TempCNN"
    config: FitConfig = field(default_factory=FitConfig)
    model: Mapping[str, Any] = field(default_factory=dict)

    def fit(self, train: Samples, valid: Samples, *, seed: int, folder: Path | None = None) -> FittedNetwork:
        """Build the network with weights drawn from `seed`, and fit it.

        Parameters
        ----------
        train, valid : Samples (sample, time, channel) [dB, or 1 for reflectance]
            To learn from, and to stop early by; scaling is fitted on `train` alone.
        seed : int () [1]
            Of weights, order and dropout.
        folder : Path, optional
            Where a checkpoint is written, from which a killed fit goes on.

        Returns
        -------
        FittedNetwork
            The network with its best weights.

        Raises
        ------
        SchemaError
            If the model or one of its sizes is unknown, or the samples cannot be fitted.
        """
        with seeded(seeds_from(seed)):
            network = self.build(train)
        run = fit(network, train, valid, replace(self.config, seed=seed), folder=folder)
        return FittedNetwork(run=run, layout=Layout.of(train), name=self.name, sizes=self.sizes(train))

    def build(self, samples: Samples) -> nn.Module:
        """Network of the sizes that samples ask for, with weights from torch's current random state.

        Parameters
        ----------
        samples : Samples (sample, time, channel) [dB, or 1 for reflectance]
            Of the layout it shall take.

        Returns
        -------
        Module
            Not fitted.

        Raises
        ------
        SchemaError
            If the model or one of its sizes is unknown.
        """
        return build_model(self.name, **self.sizes(samples))

    def sizes(self, samples: Samples) -> dict[str, Any]:
        """Fields of the model's config: those that samples decide, and those given."""
        given = {"n_channel": samples.n_channel, "n_class": samples.n_class, "n_time": samples.n_time}
        wanted = {f.name for f in fields(REGISTRY[self.name].config)} if self.name in REGISTRY else set()
        return {**{k: v for k, v in given.items() if k in wanted}, **self.model}


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedNetwork:
    """A fitted network, with its run and how it is built."""

    run: Run
    layout: Layout
    name: str
    sizes: Mapping[str, Any]

    @property
    def record(self) -> dict[str, Any]:
        """Seconds, device, parameters, epochs."""
        run = self.run
        epochs = {"n_epoch": len(run.history), "best_epoch": run.best_epoch}
        return {"fit_seconds": run.seconds, "device": run.device, "n_parameter": run.n_parameter, **epochs}

    def predict_proba(self, samples: Samples) -> NDArray[np.float64]:
        """Class probabilities.

        Parameters
        ----------
        samples : Samples (sample, time, channel) [dB, or 1 for reflectance]
            Of the layout it was fitted on.

        Returns
        -------
        ndarray (sample, class) [1]
            A column for every class of the legend.

        Raises
        ------
        SchemaError
            If days, channels or classes differ.
        """
        self.layout.check(samples)
        batches = make_loader(samples, self.run.scaler, batch_size=PREDICT_BATCH, shuffle=False)
        return predict(self.run.model, batches, accelerator=self.run.config.accelerator)
