"""Gaps filled from the nearest training samples before any classifier, instead of from other days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cropnb.sampling import Imputer, Samples
from cropnb.sampling.imputation import N_NEIGHBOURS
from cropnb.training.classifiers import Classifier, Fitted


@dataclass(frozen=True, kw_only=True)
class ImputedClassifier:
    """A classifier whose samples are filled by `Imputer`, fitted on the training samples of each fit.

    Attributes
    ----------
    classifier : Classifier
        What learns from the filled samples.
    n_neighbours : int () [count]
        Training samples a filled value is the mean of; 4 in [Liu2024], 3.2.3.
    """

    classifier: Classifier
    n_neighbours: int = N_NEIGHBOURS

    def fit(self, train: Samples, valid: Samples, *, seed: int, folder: Path | None = None) -> FittedImputed:
        """Fit the imputer on `train`, fill both, fit the classifier.

        Parameters
        ----------
        train, valid : Samples (sample, time, channel) [dB, or 1 for reflectance]
            What they do not have as `observed` is filled anew.
        seed : int () [1]
            Of the classifier; the imputer draws nothing.
        folder : Path, optional
            Where the classifier writes its checkpoint.

        Returns
        -------
        FittedImputed
            Imputer and classifier.

        Raises
        ------
        SchemaError
            If no training sample was measured on one of the days in one of the channels.
        """
        imputer = Imputer(self.n_neighbours).fit(_gappy(train), channel=train.channel)
        filled, checked = (_filled(samples, imputer) for samples in (train, valid))
        return FittedImputed(
            imputer=imputer, fitted=self.classifier.fit(filled, checked, seed=seed, folder=folder)
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedImputed:
    """A fitted classifier with the training samples that fill the gaps of others."""

    imputer: Imputer
    fitted: Fitted

    @property
    def record(self) -> dict[str, Any]:
        """What the classifier says of its fit, and the number of neighbours."""
        return {**self.fitted.record, "n_neighbours": self.imputer.n_neighbours}

    def predict_proba(self, samples: Samples) -> NDArray[np.float64]:
        """Class probabilities.

        Parameters
        ----------
        samples : Samples (sample, time, channel) [dB, or 1 for reflectance]
            Of the layout it was fitted on; filled from training samples first.

        Returns
        -------
        ndarray (sample, class) [1]
            A column for every class of the legend.

        Raises
        ------
        SchemaError
            If days, channels or classes differ.
        """
        return self.fitted.predict_proba(self.filled(samples))

    def filled(self, samples: Samples) -> Samples:
        """Samples as the classifier inside is given them.

        Parameters
        ----------
        samples : Samples (sample, time, channel) [dB, or 1 for reflectance]
            Of the layout it was fitted on.

        Returns
        -------
        Samples (sample, time, channel) [dB, or 1 for reflectance]
            What was not observed is filled from the training samples.

        Raises
        ------
        SchemaError
            If days or channels differ.
        """
        return _filled(samples, self.imputer)


def _gappy(samples: Samples) -> NDArray[np.floating]:
    return np.where(samples.observed, samples.x, np.float32(np.nan))


def _filled(samples: Samples, imputer: Imputer) -> Samples:
    return replace(samples, x=imputer.transform(_gappy(samples)).values)
