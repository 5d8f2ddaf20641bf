"""The classes of a map as strata of a sample: their shares of the area, and how often each is which class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from cropnb.evaluation.resampling import check_level
from cropnb.schema import require

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class MapStrata:
    """What the estimators of [Olofsson2014] are made of; j is the true class, i the mapped one.

    Attributes
    ----------
    total : float () [ha]
        Area of the map.
    weight : ndarray (n_class,) [1]
        Share of the map in each mapped class, W_i.
    size : ndarray (..., n_class) [count]
        Samples on each mapped class, n_i.
    share : ndarray (..., n_class, n_class) [1]
        Row j, column i: share of the samples mapped as i that are j. 0 in the column of a class without area,
        NaN in that of a class with area and no sample.
    """

    total: float
    weight: Floats
    size: Floats
    share: Floats

    @property
    def proportion(self) -> Floats:
        """Share of the map that truly is each class (..., n_class)."""
        proportion: Floats = (self.weight * self.share).sum(axis=-1)
        return proportion

    @property
    def variance(self) -> Floats:
        """Variance of each share (..., n_class, n_class): NaN with fewer than two samples, 0 without area."""
        below = np.where(self.size > 1, self.size - 1, np.nan)
        variance = self.share * (1 - self.share) / below[..., None, :]
        return np.where(self.weight > 0, variance, 0.0)

    def lacking(self, class_names: Sequence[str], *, fewest: int) -> str:
        """Mapped classes with too few samples, in words.

        Parameters
        ----------
        class_names : sequence of str (n_class,) [1]
            Names in the order of `class_id`.
        fewest : int () [count]
            Samples needed: 1 for an estimate, 2 for its standard error.

        Returns
        -------
        str () [1]
            Empty if there are enough.

        Raises
        ------
        SchemaError
            If the number of names is not that of the classes.
        """
        require(
            len(class_names) == self.weight.size,
            f"areas: {len(class_names)} class_names for {self.weight.size} classes; expected one each. "
            "Give all.",
        )
        enough = (self.size >= fewest) | (self.weight == 0)
        few = [name for name, fine in zip(class_names, enough, strict=True) if not fine]
        number = "no sample" if fewest == 1 else f"fewer than {fewest} samples"
        return f"{number} where mapped as {', '.join(few)}" if few else ""


def map_strata(matrix: ArrayLike, mapped_area: ArrayLike) -> MapStrata:
    """Strata of a map from the confusion matrix of a sample and the mapped areas.

    Parameters
    ----------
    matrix : ndarray (..., n_class, n_class) [count]
        Row: reference; column: prediction.
    mapped_area : ndarray (n_class,) [ha]
        Area of each class on the map, or its pixels.

    Returns
    -------
    MapStrata (n_class,) [1]
        Shares and sizes.

    Raises
    ------
    SchemaError
        If the two do not fit, or a class without area on the map has samples there.
    """
    counts, areas = np.asarray(matrix, dtype=np.float64), np.asarray(mapped_area, dtype=np.float64)
    require(
        areas.ndim == 1 and counts.ndim >= 2 and counts.shape[-2:] == (areas.size, areas.size),
        f"areas: matrix {counts.shape}, mapped_area {areas.shape}; expected (..., n_class, n_class) and "
        "(n_class,). Count absent classes too.",
    )
    require(
        bool(np.isfinite(areas).all() and (areas >= 0).all()) and areas.sum() > 0,
        f"areas: mapped_area {areas.tolist()}; expected 0 or more, some above 0. "
        "Count the pixels of the map.",
    )
    size = counts.sum(axis=-2)
    stray = np.flatnonzero((size.reshape(-1, areas.size).sum(axis=0) > 0) & (areas == 0))
    require(
        stray.size == 0,
        f"areas: samples mapped as {stray.tolist()}, whose mapped_area is 0; expected areas of the "
        "map that the samples were taken from. Count its pixels.",
    )
    share = counts / np.where(size > 0, size, np.nan)[..., None, :]
    share = np.where(areas > 0, share, 0.0)
    return MapStrata(total=float(areas.sum()), weight=areas / areas.sum(), size=size, share=share)


def normal_ends(estimate: Floats, error: Floats, *, level: float, top: float) -> tuple[Floats, Floats]:
    """Ends of the normal interval, cut at 0 and at the most there can be.

    Parameters
    ----------
    estimate, error : ndarray (...) [any]
        Estimates and their standard errors.
    level : float () [1]
        Nominal coverage.
    top : float () [of `estimate`]
        The most there can be.

    Returns
    -------
    tuple of ndarray (...) [of `estimate`]
        Low and high; NaN without a standard error.

    Raises
    ------
    SchemaError
        If `level` is not between 0 and 1.
    """
    check_level(level)
    half = stats.norm.ppf((1 + level) / 2) * error
    return np.maximum(estimate - half, 0.0), np.minimum(estimate + half, top)
