"""Forest on what a network has learned: Conv1D-RF, behind the face of all classifiers.

Source       [Liu2024], 3.2.6.2 and Figure 3-6, after [Yang2020]: a fitted Conv1D gives the vector of its
             first dense layer, 512 values per sample, and a random forest takes the place of its softmax. The
             text of [Yang2020] beyond its abstract could not be read here.
Assumed      1. The vector is the layer's output after its ReLU, dropout off.
             2. The forest has the 200 trees and the smallest split of 4 that [Liu2024] gives for its forest
                on the series themselves (3.2.6.1); for the hybrid it names none.
             3. The network stops early by the validation samples, and the forest learns from the training
                samples alone: it is compared with the network, which learned from no others.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cropnb.sampling import Batch, Samples, make_loader
from cropnb.training.classifiers import Layout
from cropnb.training.fitting import PREDICT_BATCH
from cropnb.training.forest import FittedForest, ForestClassifier
from cropnb.training.network import FittedNetwork, NetworkClassifier
from cropnb.training.prediction import each_batch


@dataclass(frozen=True, kw_only=True)
class HybridForestClassifier:
    """Network whose classifier is replaced by a forest once it is fitted.

    Attributes
    ----------
    network : NetworkClassifier
        Any network of the registry: all give an embedding.
    forest : ForestClassifier
        Grown on the embedding. With its `use_valid` True, it learns from the validation samples too.
    """

    network: NetworkClassifier = field(default_factory=lambda: NetworkClassifier(name="Conv1D"))
    forest: ForestClassifier = field(default_factory=lambda: ForestClassifier(use_valid=False))

    def fit(
        self, train: Samples, valid: Samples, *, seed: int, folder: Path | None = None
    ) -> FittedHybridForest:
        """Fit the network, then grow the forest on its embedding.

        Parameters
        ----------
        train, valid : Samples (sample, time, channel) [dB, or 1 for reflectance]
            To learn from, and for the network to stop early by.
        seed : int () [1]
            Of the network and of the forest.
        folder : Path, optional
            Where the network writes its checkpoint.

        Returns
        -------
        FittedHybridForest
            Network and forest.

        Raises
        ------
        SchemaError
            If the network is unknown, or the samples cannot be fitted.
        """
        fitted = self.network.fit(train, valid, seed=seed, folder=folder)
        return self.grow(fitted, train, valid, seed=seed)

    def grow(
        self, network: FittedNetwork, train: Samples, valid: Samples, *, seed: int
    ) -> FittedHybridForest:
        """Grow the forest on a network that is fitted already, as `fit` would have done after fitting it.

        Parameters
        ----------
        network : FittedNetwork
            Left as it is.
        train, valid : Samples (sample, time, channel) [dB, or 1 for reflectance]
            What it was fitted on.
        seed : int () [1]
            Of the forest.

        Returns
        -------
        FittedHybridForest
            Network and forest.

        Raises
        ------
        SchemaError
            If days, channels or classes are not those that the network was fitted on.
        """
        start = time.perf_counter()
        forest = self.forest.fit(embedded(network, train), embedded(network, valid), seed=seed)
        return FittedHybridForest(network=network, forest=forest, seconds=time.perf_counter() - start)


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedHybridForest:
    """A fitted network and the forest grown on its embedding.

    Attributes
    ----------
    network : FittedNetwork
        Its classifier is not used.
    forest : FittedForest
        Takes what `embedded` gives.
    seconds : float () [s]
        Wall time of embedding the samples and growing the forest.
    """

    network: FittedNetwork
    forest: FittedForest
    seconds: float

    @property
    def layout(self) -> Layout:
        """Days, channels and classes of the samples, not of the embedding."""
        return self.network.layout

    @property
    def record(self) -> dict[str, Any]:
        """What network and forest say of their fits; `fit_seconds` is of both together."""
        network, forest = self.network.record, self.forest.record
        seconds = {"fit_seconds": network["fit_seconds"] + self.seconds, "forest_seconds": self.seconds}
        return {**network, **seconds, "n_node": forest["n_node"]}

    def predict_proba(self, samples: Samples) -> NDArray[np.float64]:
        """Class probabilities.

        Parameters
        ----------
        samples : Samples (sample, time, channel) [dB, or 1 for reflectance]
            Of the layout it was fitted on.

        Returns
        -------
        ndarray (sample, class) [1]
            A column for every class of the legend, 0 for one that no training sample had.

        Raises
        ------
        SchemaError
            If days, channels or classes differ.
        """
        return self.forest.predict_proba(embedded(self.network, samples))


def embedded(network: FittedNetwork, samples: Samples) -> Samples:
    """Samples whose series is the network's embedding: one step, one channel for each of its values.

    Parameters
    ----------
    network : FittedNetwork
        In evaluation mode: dropout is off.
    samples : Samples (sample, time, channel) [dB, or 1 for reflectance]
        Of the layout it was fitted on.

    Returns
    -------
    Samples (sample, 1, embedding) [1]
        The same samples in the same order, with the same classes and groups.

    Raises
    ------
    SchemaError
        If days, channels or classes differ.
    """
    network.layout.check(samples)
    batches = make_loader(samples, network.run.scaler, batch_size=PREDICT_BATCH, shuffle=False)
    run = network.run
    parts = each_batch(run.model, batches, _embedding, accelerator=run.config.accelerator)
    x = np.concatenate(list(parts))[:, None, :]
    layout = embedded_layout(network.layout, n_value=x.shape[2])
    day = np.array(layout.day, dtype=np.int64)
    return replace(samples, x=x, observed=np.ones(x.shape, dtype=bool), day=day, channel=layout.channel)


def embedded_layout(layout: Layout, *, n_value: int) -> Layout:
    """Layout of what `embedded` gives.

    Parameters
    ----------
    layout : Layout
        Of the samples before.
    n_value : int () [count]
        Width of the embedding.

    Returns
    -------
    Layout
        One day, 0; channels `embedding_0`, `embedding_1`, ...; the same classes.
    """
    return replace(layout, day=(0,), channel=tuple(f"embedding_{i}" for i in range(n_value)))


def _embedding(model: Any, batch: Batch) -> NDArray[np.float32]:
    found = model.forward_features(batch.x, day=batch.day, valid_mask=batch.valid_mask)["embedding"]
    values: NDArray[np.float32] = found.cpu().numpy()
    return values
