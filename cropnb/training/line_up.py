"""The five classifiers of chapter 3 of [Liu2024], under one protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from cropnb.training.classifiers import Classifier
from cropnb.training.config import FitConfig
from cropnb.training.forest import ForestClassifier
from cropnb.training.hybrid_forest import HybridForestClassifier
from cropnb.training.imputed import ImputedClassifier
from cropnb.training.network import NetworkClassifier

NETWORKS = ("Conv1D", "Conv1D-LSTM", "Transformer")


def line_up(
    config: FitConfig | None = None, *, n_tree: int = 200, impute: bool = True
) -> dict[str, Callable[[], Classifier]]:
    """Makers of the classifiers that the thesis compares, in the order of its Table 3-1.

    Parameters
    ----------
    config : FitConfig, optional
        How the networks are fitted: Adam with a step of 0.001 in the thesis (3.2.7), and no weight decay.
        Features are scaled to the range of the training samples (3.2.3), whatever the config says. By
        default all else is that of `FitConfig`.
    n_tree : int () [count]
        Trees of the forests; 200 in 3.2.6.1.
    impute : bool
        Fill what was not measured from the 4 nearest training samples (3.2.3), instead of from other days.

    Returns
    -------
    dict of str to callable
        `Conv1D`, `Conv1D-RF`, `Conv1D-LSTM`, `RF`, `Transformer`; as `run_experiment` takes them. Forests
        learn from the training samples alone, as the networks do, and grow on one core.

    Examples
    --------
    >>> line_up()["RF"]().classifier.min_samples_split
    4
    """
    common = replace(config or FitConfig(weight_decay=0.0), scaling="min_max")
    forest = ForestClassifier(n_tree=n_tree, min_samples_split=4, use_valid=False, n_jobs=1)
    plain: dict[str, Classifier] = {name: NetworkClassifier(name=name, config=common) for name in NETWORKS}
    plain["RF"] = forest
    plain["Conv1D-RF"] = HybridForestClassifier(
        network=NetworkClassifier(name="Conv1D", config=common), forest=forest
    )
    order = ("Conv1D", "Conv1D-RF", "Conv1D-LSTM", "RF", "Transformer")
    return {name: partial(_made, plain[name], impute=impute) for name in order}


def _made(classifier: Classifier, *, impute: bool) -> Classifier:
    return ImputedClassifier(classifier=classifier) if impute else classifier
