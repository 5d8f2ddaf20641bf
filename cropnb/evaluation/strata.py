"""Accuracy along what makes a pixel hard: its distance to the edge of the parcel, the size of the parcel.

The distances here are those of a map of parcels, as any scene has it. The simulated county also tells the
distance to the true border within its finer grid (`truth.edge_distance`), which no real scene does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage, stats

from cropnb.evaluation.intervals import Interval, block_bootstrap
from cropnb.evaluation.metrics import overall_accuracy
from cropnb.evaluation.resampling import check_resampling
from cropnb.schema import require

Floats = NDArray[np.float64]
HECTARE = 10_000.0  # m2


def edge_distance(parcel_id: ArrayLike, *, pixel_size: float) -> Floats:
    r"""Distance of each pixel of a parcel to the nearest pixel of another parcel or of none.

    .. math::
        d(p) = \Delta \min \{ \lVert p - q \rVert : k(q) \ne k(p) \}

    where :math:`k` is `parcel_id`, :math:`\Delta` is `pixel_size`, and :math:`p, q` are pixel centres.

    Parameters
    ----------
    parcel_id : ndarray (y, x) [1]
        Number of the parcel, negative outside.
    pixel_size : float () [m]
        Side of a pixel.

    Returns
    -------
    ndarray (y, x) [m]
        From `pixel_size`, for a pixel on the edge, upwards; NaN outside parcels.

    Raises
    ------
    SchemaError
        If `parcel_id` is no map of whole numbers, or `pixel_size` is not above 0.

    Notes
    -----
    The pixel's centre is half a pixel nearer to the edge itself. Nothing is known beyond the map: its border
    is no edge, and a parcel that fills the map has the distance infinity.

    Examples
    --------
    >>> edge_distance([[4, 4, 4, 7, -1]], pixel_size=10)
    array([[30., 20., 10., 10., nan]])
    """
    parcels = parcel_map(parcel_id, pixel_size, "edge_distance")
    numbers, which = np.unique(parcels, return_inverse=True)
    label = which.reshape(parcels.shape) + 1
    distance = np.full(parcels.shape, np.nan)
    for number, box in enumerate(ndimage.find_objects(label), start=1):
        if numbers[number - 1] < 0:
            continue
        # A pixel of something else that is the nearest touches the parcel: one more row and column hold it.
        around = tuple(slice(max(0, part.start - 1), part.stop + 1) for part in box)
        inside = label[around] == number
        found = np.full(inside.shape, np.inf) if inside.all() else ndimage.distance_transform_edt(inside)
        distance[around][inside] = found[inside] * pixel_size
    return distance


def parcel_area(parcel_id: ArrayLike, *, pixel_size: float) -> Floats:
    """Area of the parcel that each pixel lies in.

    Parameters
    ----------
    parcel_id : ndarray (y, x) [1]
        Number of the parcel, negative outside.
    pixel_size : float () [m]
        Side of a pixel.

    Returns
    -------
    ndarray (y, x) [ha]
        The same for all pixels of a parcel, also of one in several parts; NaN outside parcels.

    Raises
    ------
    SchemaError
        If `parcel_id` is no map of whole numbers, or `pixel_size` is not above 0.

    Notes
    -----
    A parcel cut by the border of the map counts with its part on the map.

    Examples
    --------
    >>> parcel_area([[4, 4, -1], [4, 4, 7]], pixel_size=50)
    array([[1.  , 1.  ,  nan],
           [1.  , 1.  , 0.25]])
    """
    parcels = parcel_map(parcel_id, pixel_size, "parcel_area")
    numbers, which, count = np.unique(parcels, return_inverse=True, return_counts=True)
    area = np.where(numbers >= 0, count * (pixel_size**2 / HECTARE), np.nan)
    of_pixel: Floats = area[which.reshape(parcels.shape)]
    return of_pixel


def bin_of(values: ArrayLike, edges: ArrayLike) -> NDArray[np.int64]:
    """Number of the bin that each value falls into: above the lower edge, up to and with the upper one.

    Parameters
    ----------
    values : ndarray (...) [any]
        What is divided into bins.
    edges : ndarray (n_bin + 1,) [of `values`]
        Rising; the first bin holds its lower edge too. Infinity is allowed at the ends.

    Returns
    -------
    ndarray (...) [1]
        0 to n_bin - 1; -1 for NaN and for a value outside all bins.

    Raises
    ------
    SchemaError
        If there are fewer than two edges, or they do not rise.

    Examples
    --------
    >>> bin_of([0.0, 10.0, 10.1, 99.0], [0, 10, 20])
    array([ 0,  0,  1, -1])
    """
    numbers, ends = np.asarray(values, dtype=np.float64), np.asarray(edges, dtype=np.float64)
    require(
        ends.ndim == 1 and ends.size >= 2 and bool(np.all(np.diff(ends) > 0)),
        f"bins: edges {ends.tolist()}; expected two or more, rising. Sort them and leave out double ones.",
    )
    found = np.searchsorted(ends, numbers, side="left") - 1
    found = np.where(numbers == ends[0], 0, found)
    outside = ~(numbers >= ends[0]) | ~(numbers <= ends[-1])
    return np.where(outside, -1, found).astype(np.int64)


def accuracy_by(  # noqa: PLR0913 - four arrays of one table, its blocks, and how to resample it
    values: ArrayLike,
    edges: ArrayLike,
    reference: ArrayLike,
    prediction: ArrayLike,
    *,
    block: ArrayLike,
    rng: np.random.Generator,
    n_resample: int = 2000,
    level: float = 0.95,
) -> pd.DataFrame:
    """Overall accuracy in bins of something else about the samples, each with an interval over blocks.

    Parameters
    ----------
    values : ndarray (sample,) [any]
        What the bins are of, such as `edge_distance` or the area of the parcel at the samples.
    edges : ndarray (n_bin + 1,) [of `values`]
        As of `bin_of`.
    reference, prediction : ndarray (sample,) [1]
        True and predicted `class_id`.
    block : ndarray (sample,) [1]
        Block of each sample: what may be taken as independent of the others.
    rng : Generator () [1]
        Source of the draws.
    n_resample : int () [count]
        How often to draw.
    level : float () [1]
        Nominal coverage.

    Returns
    -------
    DataFrame (n_bin, column) [1]
        Columns `bin_low`, `bin_high`, `mean` of the values, `accuracy`, `low`, `high`, `level`, `method`,
        `n_sample`, `n_block`. An empty bin stays: NaN, with a count of 0.

    Raises
    ------
    SchemaError
        If lengths differ, the edges do not rise, or `level` or `n_resample` make no interval.

    Notes
    -----
    A sample without a value, or with one outside the bins, is left out. The interval is that of
    `block_bootstrap` over the blocks of the bin. Where all samples of a bin are right, or all wrong,
    resampling cannot tell how far that holds: there the interval is Wilson's, each block counting as one
    trial. A bin of one block with both has none.

    References
    ----------
    [Wilson1927]
    """
    arrays = [np.asarray(array) for array in (values, reference, prediction, block)]
    require(
        arrays[0].ndim == 1 and len({array.shape for array in arrays}) == 1,
        f"accuracy_by: values, reference, prediction, block of shapes {[a.shape for a in arrays]}; expected "
        "one dim of equal length. Pass the same samples, maps flattened.",
    )
    check_resampling(2, n_resample=n_resample, level=level)  # of the settings; blocks are counted bin by bin
    which, ends = bin_of(arrays[0], edges), np.asarray(edges, dtype=np.float64)
    rows = []
    for number in range(ends.size - 1):
        value, truth, guess, unit = (array[which == number] for array in arrays)
        interval = _accuracy_interval(truth == guess, unit, n_resample=n_resample, level=level, rng=rng)
        row = {"bin_low": ends[number], "bin_high": ends[number + 1], "mean": _mean(value)}
        rows.append({**row, **_fields(interval), "n_sample": value.size, "n_block": interval.n})
    return pd.DataFrame(rows)


def _accuracy_interval(
    right: NDArray[np.bool_], block: NDArray[Any], *, n_resample: int, level: float, rng: np.random.Generator
) -> Interval:
    n_block, share = np.unique(block).size, _mean(right)
    if 0 < share < 1 and n_block >= 2:
        return block_bootstrap(
            np.ones(right.size, dtype=np.int64),
            right.astype(np.int64),
            block,
            n_class=2,
            statistic=overall_accuracy,
            n_resample=n_resample,
            level=level,
            rng=rng,
        )
    low, high, method = np.nan, np.nan, "one block" if n_block else "no sample"
    if share in {0, 1}:
        trials = stats.binomtest(int(share) * n_block, n_block)
        low, high = trials.proportion_ci(level, method="wilson")
        method = f"Wilson over {n_block} blocks, all alike"
    ends = {"low": float(low), "high": float(high)}
    return Interval(estimate=share, **ends, level=level, method=method, n=n_block)


def _fields(interval: Interval) -> dict[str, Any]:
    names = {"accuracy": "estimate", "low": "low", "high": "high", "level": "level", "method": "method"}
    return {column: getattr(interval, name) for column, name in names.items()}


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if values.size else np.nan


def parcel_map(parcel_id: ArrayLike, pixel_size: float, name: str) -> NDArray[Any]:
    """Numbers of parcels as an array, after making sure that they are a map.

    Parameters
    ----------
    parcel_id : ndarray (y, x) [1]
        Number of the parcel, negative outside.
    pixel_size : float () [m]
        Side of a pixel.
    name : str () [1]
        Of the function that asks, for the message.

    Returns
    -------
    ndarray (y, x) [1]
        The same.

    Raises
    ------
    SchemaError
        If it is no map of whole numbers, or `pixel_size` is not above 0.
    """
    parcels = np.asarray(parcel_id)
    require(
        parcels.ndim == 2 and parcels.dtype.kind in "iu",
        f"{name}: parcel_id {parcels.shape} of dtype {parcels.dtype}; expected a map of whole numbers. Write "
        "-1 where there is no parcel.",
    )
    require(pixel_size > 0, f"{name}: pixel_size {pixel_size}; expected metres, above 0. Take 10.")
    return parcels
