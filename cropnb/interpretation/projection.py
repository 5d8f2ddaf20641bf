"""Hidden features in a plane, and a number beside the picture that is taken where they are: unprojected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors

from cropnb.schema import require

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Draw:
    """Positions drawn, rising; samples that each class had, and how many were taken."""

    index: IntArray
    available: IntArray
    taken: IntArray


class Agreement(NamedTuple):
    """Share of neighbours of the same class and its expectation by chance, over all and of each class."""

    share: float
    chance: float
    of_class: FloatArray
    chance_of_class: FloatArray


def draw_per_class(class_id: ArrayLike, *, per_class: int, n_class: int, rng: np.random.Generator) -> Draw:
    """Samples drawn at random without replacement, as many of each class.

    Parameters
    ----------
    class_id : ndarray (sample,) [1]
        Class of each sample; -1, unlabelled, is never drawn.
    per_class : int () [count]
        How many of each; 5 000 in the thesis's Figure 3-17. A class that has fewer gives all.
    n_class : int () [count]
        Classes of the legend.
    rng : Generator
        Source of the draw.

    Returns
    -------
    Draw
        Positions, and what each class had and gave.

    Raises
    ------
    SchemaError
        If `per_class` is below 1, or a class is outside -1 to n_class - 1.
    """
    require(per_class >= 1, f"draw_per_class: {per_class} per class; expected at least 1. Draw some.")
    ids = np.asarray(class_id, dtype=np.int64)
    require(
        ids.size == 0 or (int(ids.min()) >= -1 and int(ids.max()) < n_class),
        f"draw_per_class: class_id {ids.min(initial=0)} to {ids.max(initial=0)} for {n_class} classes; "
        f"expected -1 to {n_class - 1}. Give n_class of the legend.",
    )
    available = np.bincount(ids + 1, minlength=n_class + 1)[1:]
    taken = np.minimum(available, per_class)
    drawn = [rng.choice(np.flatnonzero(ids == c), size=taken[c], replace=False) for c in range(n_class)]
    return Draw(index=np.sort(np.concatenate(drawn)), available=available, taken=taken)


def embed(features: ArrayLike, *, seed: int, perplexity: float = 30.0) -> NDArray[np.float32]:
    """Features in a plane by t-SNE [Maaten2008], scikit-learn's, started from principal components.

    Parameters
    ----------
    features : ndarray (sample, feature) [any]
        Such as a network's `embedding`.
    seed : int () [1]
        Of the little chance that is left with this start.
    perplexity : float () [count]
        About how many neighbours a sample has; below the number of samples.

    Returns
    -------
    ndarray (sample, 2) [1]
        The axes have no meaning, and neither have sizes of groups and distances between them. Equal for equal
        arguments on one machine; other machines may turn or bend the picture.

    Raises
    ------
    SchemaError
        If there are not more samples than `perplexity`, or the features are constant or not finite.

    Notes
    -----
    It shows who is whose neighbour. How far classes are apart is said by `neighbour_agreement`, which does
    not depend on `seed` and `perplexity`.
    """
    x = _finite("embed", features)
    require(
        0 < perplexity < len(x),
        f"embed: perplexity {perplexity} for {len(x)} samples; expected above 0 and below their number. "
        "Lower it, or draw more.",
    )
    require(
        bool(np.ptp(x, axis=0).any()),
        "embed: all samples have the same features; expected them to differ. Look at the history of the fit.",
    )
    placed: NDArray[np.float32] = TSNE(
        n_components=2, init="pca", perplexity=perplexity, random_state=seed
    ).fit_transform(x)
    return placed


def neighbour_agreement(
    features: ArrayLike, class_id: ArrayLike, *, k: int, n_class: int, group: ArrayLike | None = None
) -> Agreement:
    r"""Share of the nearest neighbours that are of the same class, among the features themselves.

    .. math::
        s_i = \frac{1}{k} \sum_{j \in N_k(i)} [c_j = c_i], \qquad
        e_i = \frac{n_{c_i} - m_{i}}{n - g_i}

    where :math:`c` is `class_id`, :math:`N_k(i)` are the `k` nearest samples (Euclidean) outside the group of
    sample :math:`i`, :math:`n_c` is the size of a class, :math:`n` that of all, :math:`g_i` that of the group
    of :math:`i`, and :math:`m_i` the samples of its class in its group.

    Parameters
    ----------
    features : ndarray (sample, feature) [any]
        What `embed` is given, not what it returns.
    class_id : ndarray (sample,) [1]
        Class of each sample.
    k : int () [count]
        Neighbours that are looked at.
    n_class : int () [count]
        Classes of the legend.
    group : ndarray (sample,) [1], optional
        Samples of one group are no neighbours of each other: with parcels, pixels of one field do not make
        each other right. By default each sample is its own group.

    Returns
    -------
    Agreement
        Means of :math:`s_i` and :math:`e_i`, over all samples and over each class (class,); NaN for a class
        without samples. :math:`e_i` is what neighbours drawn at random would give.

    Raises
    ------
    SchemaError
        If the arrays do not fit each other, features are not finite, or a sample has fewer than `k` others
        outside its group.
    """
    x, ids = _finite("neighbour_agreement", features), np.asarray(class_id, dtype=np.int64)
    unit = np.arange(len(x)) if group is None else np.unique(np.asarray(group), return_inverse=True)[1]
    require(
        ids.shape == unit.shape == x.shape[:1],
        f"neighbour_agreement: {len(x)} samples, {ids.size} classes, {unit.size} groups; expected one each.",
    )
    size = np.bincount(unit)
    require(
        1 <= k <= len(x) - int(size.max()),
        f"neighbour_agreement: k={k}; expected 1 to {len(x) - int(size.max())}, the samples outside the "
        "largest group. Lower it, or draw more.",
    )
    # Asked for so many that, with all of the own group among them, k others are left.
    near = NearestNeighbors(n_neighbors=k + int(size.max()) - 1).fit(x).kneighbors(return_distance=False)
    other = unit[near] != unit[:, None]
    counted = other & (other.cumsum(axis=1) <= k)
    share = ((ids[near] == ids[:, None]) & counted).sum(axis=1) / k
    chance = _chance(ids, unit, size, n_class=n_class)
    means = (_mean_of_class(values, ids, n_class=n_class) for values in (share, chance))
    return Agreement(float(share.mean()), float(chance.mean()), *means)


def _chance(ids: IntArray, unit: IntArray, size: IntArray, *, n_class: int) -> FloatArray:
    """Share of a sample's class among the samples outside its group."""
    own = np.zeros((size.size, n_class))
    np.add.at(own, (unit, ids), 1)
    chance: FloatArray = (own.sum(axis=0)[ids] - own[unit, ids]) / (len(ids) - size[unit])
    return chance


def _mean_of_class(values: FloatArray, ids: IntArray, *, n_class: int) -> FloatArray:
    members = [values[ids == number] for number in range(n_class)]
    return np.array([part.mean() if part.size else np.nan for part in members])


def _finite(who: str, features: ArrayLike) -> NDArray[np.floating]:
    x: NDArray[np.floating] = np.asarray(features)
    require(
        x.ndim == 2 and len(x) > 0 and bool(np.isfinite(x).all()),
        f"{who}: features of shape {x.shape}, {int((~np.isfinite(x)).sum())} not finite; expected finite "
        "(sample, feature). Take a stage with one vector per sample.",
    )
    return x
