"""Random forest behind the face of all classifiers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from cropnb.sampling import Samples
from cropnb.training.classifiers import Layout


@dataclass(frozen=True, kw_only=True)
class ForestClassifier:
    """Random forest [Breiman2001] of scikit-learn on the series laid out as one row, step after step.

    Attributes
    ----------
    n_tree : int () [count]
        Trees.
    min_samples_split : int () [count]
        Fewest samples a node may have and still be split.
    use_valid : bool
        Learn from the validation samples too: a forest does not stop early, so it has no other use for them.
    balanced : bool
        Weigh each class by the inverse of its frequency.
    n_jobs : int () [count]
        Processor cores that grow it, -1 for all; it changes no number. Prediction takes one.
    """

    n_tree: int = 200
    min_samples_split: int = 4
    use_valid: bool = True
    balanced: bool = False
    n_jobs: int = field(default=-1, repr=False)

    def fit(
        self,
        train: Samples,
        valid: Samples,
        *,
        seed: int,
        folder: Path | None = None,  # noqa: ARG002 - a forest is fitted in one go
    ) -> FittedForest:
        """Grow the forest.

        Parameters
        ----------
        train, valid : Samples (sample, time, channel) [dB, or 1 for reflectance]
            To learn from.
        seed : int () [1]
            Of the draws of samples and features.
        folder : Path, optional
            Not used.

        Returns
        -------
        FittedForest
            The forest.
        """
        parts = (train, valid) if self.use_valid else (train,)
        forest = RandomForestClassifier(
            n_estimators=self.n_tree,
            min_samples_split=self.min_samples_split,
            class_weight="balanced" if self.balanced else None,
            n_jobs=self.n_jobs,
            random_state=seed,
        )
        start = time.perf_counter()
        forest.fit(np.concatenate([_rows(p) for p in parts]), np.concatenate([p.class_id for p in parts]))
        seconds = time.perf_counter() - start
        # Threads would add up the trees in the order they finish: the last bit, and so a tie, would vary.
        forest.set_params(n_jobs=1)
        return FittedForest(forest=forest, layout=Layout.of(train), seconds=seconds)


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedForest:
    """A grown forest."""

    forest: RandomForestClassifier
    layout: Layout
    seconds: float

    @property
    def record(self) -> dict[str, Any]:
        """Seconds, device, and the number of nodes in all trees."""
        n_node = sum(tree.tree_.node_count for tree in self.forest.estimators_)
        return {"fit_seconds": self.seconds, "device": "cpu", "n_node": int(n_node)}

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
        self.layout.check(samples)
        probabilities = np.zeros((samples.n_sample, samples.n_class))
        probabilities[:, self.forest.classes_] = self.forest.predict_proba(_rows(samples))
        return probabilities


def _rows(samples: Samples) -> NDArray[np.float32]:
    return samples.x.reshape(samples.n_sample, -1)
