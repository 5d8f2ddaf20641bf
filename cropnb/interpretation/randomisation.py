"""Do profiles tell of what was learned? The check of [Adebayo2018]: weights drawn anew, part after part."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import spearmanr
from torch import Tensor, nn

from cropnb.models import build_model
from cropnb.schema import require, require_known
from cropnb.training import FittedNetwork, seeded, seeds_from

ALL = "all"
_LEAST = 3  # dates: with two, every rank correlation is 1 or -1


def randomised(
    network: FittedNetwork, *, seed: int, stages: Sequence[str] | None = None
) -> dict[str, FittedNetwork]:
    """Copies of a network with weights drawn anew, in a cascade from the classifier back.

    A profile that survives this tells of the data and of the architecture, not of what was learned: an
    untrained network shows it too.

    Parameters
    ----------
    network : FittedNetwork
        Left as it is.
    seed : int () [1]
        Of the new weights, drawn as the model draws its first ones; not the seed of the fit, which gives the
        very weights that the fit went out from.
    stages : sequence of str, optional
        Modules of the model (`classifier`, `branch`, `levels.2`) in the order in which they join the cascade.
        By default all that the model consists of, the last one first.

    Returns
    -------
    dict of str to FittedNetwork
        By the module that joined last: it and all before it are drawn anew, the others keep what they
        learned. `all` comes last: every weight. All copies have the same new weights, as far as they go.

    Raises
    ------
    SchemaError
        If `seed` is that of the fit, or a module is unknown.

    Notes
    -----
    What a stage computes does not depend on modules after it: the activations of a convolution stay equal, by
    construction, until the cascade reaches it. For activations and attention the copies that count are those
    whose own module, or one before it, has been drawn anew; `all` always counts.

    Running means and variances of batch normalisation belong to the weights here: they start from 0 and 1.
    What the copies tell of their fit is what the trained network tells.

    References
    ----------
    [Adebayo2018], the model parameter randomisation test, cascading
    """
    require(
        seed != network.run.config.seed,
        f"randomised: seed {seed} is that of the fit; expected another, as this one gives the weights that "
        "the fit started from. Add 1.",
    )
    with seeded(seeds_from(seed)):
        new = build_model(network.name, **network.sizes).state_dict()
    old = network.run.model.state_dict()
    names = _parts(network.run.model) if stages is None else tuple(stages)
    copies, drawn = {}, set[str]()
    for name in names:
        drawn |= _weights_of(network, name)
        copies[name] = _with(network, {key: (new if key in drawn else old)[key] for key in old})
    return {**copies, ALL: _with(network, new)}


def profile_similarity(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """Spearman's rank correlation of two profiles over the dates, class by class.

    Parameters
    ----------
    first, second : ndarray (class, time) [any]
        Of a trained network and of a randomised one, or of two that were trained with different seeds.

    Returns
    -------
    ndarray (class,) [1]
        1 where both rank the dates alike, whatever their scale. NaN for a class with fewer than three dates
        in both, or a constant profile.

    Raises
    ------
    SchemaError
        If the shapes differ.

    Notes
    -----
    Neighbouring dates are alike in any profile, so that two smooth ones that have nothing to do with each
    other can easily correlate at 0.5 and above, in either direction. Compare with several seeds, and with
    what trained networks of other seeds have in common.
    """
    profiles = [np.asarray(p, dtype=np.float64) for p in (first, second)]
    require(
        profiles[0].shape == profiles[1].shape and profiles[0].ndim == 2,
        f"profile_similarity: {profiles[0].shape} and {profiles[1].shape}; expected (class, time) twice. "
        "Take the same classes and dates.",
    )
    return np.array([_rank_correlation(a, b) for a, b in zip(*profiles, strict=True)])


def _rank_correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    if a.size < _LEAST or not np.ptp(a) or not np.ptp(b):
        return float("nan")
    return float(spearmanr(a, b).statistic)


def _parts(model: nn.Module) -> tuple[str, ...]:
    """Modules that hold weights, as the model lists them, the last one first."""
    held = {key.partition(".")[0] for key in model.state_dict()}
    return tuple(name for name, _ in reversed(list(model.named_children())) if name in held)


def _weights_of(network: FittedNetwork, name: str) -> set[str]:
    keys = network.run.model.state_dict()
    known = [
        module
        for module, _ in network.run.model.named_modules()
        if module and any(key.startswith(f"{module}.") for key in keys)
    ]
    require_known(name, known, what=f"{network.name} module")
    return {key for key in keys if key.startswith(f"{name}.")}


def _with(network: FittedNetwork, weights: Mapping[str, Tensor]) -> FittedNetwork:
    model = copy.deepcopy(network.run.model)
    model.load_state_dict(weights)
    return replace(network, run=replace(network.run, model=model.eval()))
