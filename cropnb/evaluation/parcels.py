"""What a set of reference data consists of: shares of its classes, their parts, sizes of its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cropnb.evaluation.strata import HECTARE, parcel_map
from cropnb.schema import require

Floats = NDArray[np.float64]


class Sizes(NamedTuple):
    """Histogram of sizes whose last bin is open."""

    edge: Floats  # (bin + 1,), rising; the last one is inf
    n_field: NDArray[np.int64]  # (bin,)
    mean: float


def class_shares(class_id: ArrayLike, *, n_class: int) -> Floats:
    r"""Share of each class among what has a label.

    .. math::
        p_k = \frac{\sum_i [c_i = k]}{\sum_i [c_i \ge 0]}

    where :math:`c` is `class_id`.

    Parameters
    ----------
    class_id : ndarray (...) [1]
        Class of each pixel or sample, -1 where unlabelled.
    n_class : int () [count]
        Number of classes.

    Returns
    -------
    ndarray (n_class,) [1]
        Sums to 1.

    Raises
    ------
    SchemaError
        If nothing has a label, or a number is not below `n_class`.

    Notes
    -----
    What has no label does not count.

    Examples
    --------
    >>> class_shares([0, 2, 2, 2, -1], n_class=3).tolist()
    [0.25, 0.0, 0.75]
    """
    counts = _counts(np.asarray(class_id), n_class)
    require(counts.sum() > 0, "class_shares: nothing has a label; expected one at least. Add samples.")
    shares: Floats = counts / counts.sum()
    return shares


def part_shares(
    class_id: ArrayLike, parts: Mapping[str, ArrayLike], *, class_names: Sequence[str]
) -> pd.DataFrame:
    r"""Share of the samples of each class that fall in each part of a split.

    .. math::
        p_{kj} = \frac{\sum_{i \in j} [c_i = k]}{\sum_{j'} \sum_{i \in j'} [c_i = k]}

    where :math:`c` is `class_id` and :math:`j` is one of `parts`.

    Parameters
    ----------
    class_id : ndarray (sample,) [1]
        Class of each sample, -1 where unlabelled.
    parts : mapping of str to ndarray (part,) [1]
        Positions of the samples of each part, as `Fold.parts` has them.
    class_names : sequence of str (n_class,) [1]
        Names in the order of `class_id`.

    Returns
    -------
    DataFrame (class, part) [1]
        Rows sum to 1 over all `parts`; NaN for a class without samples in any of them.

    Raises
    ------
    SchemaError
        If there is no part, or a class has no name.

    Examples
    --------
    >>> part_shares([0, 0, 0, 1], {"train": [0, 1, 3], "test": [2]}, class_names=["a", "b"]).loc["b"].tolist()
    [1.0, 0.0]
    """
    require(len(parts) > 0, "part_shares: no part; expected one at least. Pass Fold.parts.")
    ids, names = np.asarray(class_id), list(class_names)
    counts = {part: _counts(ids[np.asarray(at)], len(names)) for part, at in parts.items()}
    table = pd.DataFrame(counts, index=pd.Index(names, name="class_name"), dtype=float)
    whole = table.sum(axis=1)
    return table.div(whole.where(whole > 0), axis=0)


def parcel_sizes(parcel_id: ArrayLike, *, pixel_size: float) -> Floats:
    """Area of each parcel of a map.

    Parameters
    ----------
    parcel_id : ndarray (y, x) [1]
        Number of the parcel, negative outside.
    pixel_size : float () [m]
        Side of a pixel.

    Returns
    -------
    ndarray (parcel,) [ha]
        For each parcel on the map, by rising number: in the order of `class_of_parcel`. As of `parcel_area`.

    Raises
    ------
    SchemaError
        If `parcel_id` is no map of whole numbers, or `pixel_size` is not above 0.

    Notes
    -----
    A parcel cut by the border of the map counts with the part on the map.

    Examples
    --------
    >>> parcel_sizes([[4, 4, -1], [4, 4, 7]], pixel_size=50)
    array([1.  , 0.25])
    """
    parcels = parcel_map(parcel_id, pixel_size, "parcel_sizes")
    numbers, count = np.unique(parcels, return_counts=True)
    return count[numbers >= 0].astype(np.float64) * (pixel_size**2 / HECTARE)


def size_histogram(area: ArrayLike, *, width: float = 0.5, last: float = 4.0) -> Sizes:
    """Histogram of field sizes, with all from a size on in the last bin, as in the thesis's Figure 3-3.

    Parameters
    ----------
    area : ndarray (field,) [ha]
        Size of each field, as `parcel_sizes` gives it; NaN where unknown.
    width : float () [ha]
        Of each bin but the last.
    last : float () [ha]
        Where the last bin begins: a multiple of `width`.

    Returns
    -------
    Sizes (bin,) [ha, count, ha]
        Edges from 0 to infinity, fields in each bin (its lower edge included), and the mean of all.

    Raises
    ------
    SchemaError
        If `last` is no multiple of `width`, or a size is negative.

    Notes
    -----
    Unknown sizes are left out. The mean is NaN without a field.

    Examples
    --------
    >>> sizes = size_histogram([0.2, 0.5, 0.7, 12.0], width=0.5, last=1.0)
    >>> sizes.edge.tolist(), sizes.n_field.tolist(), sizes.mean
    ([0.0, 0.5, 1.0, inf], [1, 2, 1], 3.35)
    """
    known = np.asarray(area, dtype=np.float64)
    known = known[~np.isnan(known)]
    n_bin = round(last / width) if width > 0 else 0
    require(
        n_bin >= 1 and bool(np.isclose(n_bin * width, last)),
        f"size_histogram: last {last}, width {width}; expected a multiple of the width. Take 4 and 0.5.",
    )
    require(
        not bool((known < 0).any()),
        f"size_histogram: a size of {known.min(initial=0)}; expected 0 or more. Pass areas in hectares.",
    )
    inner = width * np.arange(1, n_bin + 1)
    count = np.bincount(np.digitize(known, inner), minlength=n_bin + 1)
    mean = float(known.mean()) if known.size else float("nan")
    return Sizes(edge=np.array([0.0, *inner, np.inf]), n_field=count, mean=mean)


def _counts(ids: NDArray[np.integer], n_class: int) -> NDArray[np.int64]:
    largest = int(ids.max(initial=-1))
    require(
        largest < n_class,
        f"class shares: class {largest}; expected numbers below {n_class}. Name all classes.",
    )
    return np.bincount(ids[ids >= 0].ravel(), minlength=n_class)
