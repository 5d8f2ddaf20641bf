"""Samples: labelled time series as arrays, every sample with the units a split has to keep whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cropnb.legends import CropClass, Legend
from cropnb.schema import require

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float32]

# Reasons in `Samples.dropped`.
UNLABELLED = "unlabelled"
NOT_CROPLAND = "class is not cropland"
RARE_CLASS = "class too rare"

_PER_SAMPLE = ("class_id", "group", "block", "parcel")


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """Labelled time series of equal length, without gaps.

    Attributes
    ----------
    x : ndarray (sample, time, channel) [dB, or 1 for reflectance]
        float32 in model units; no NaN.
    observed : ndarray (sample, time, channel) [1]
        True where measured on that very day, False where interpolated from other days.
    day : ndarray (time,) [day]
        Days since 1 January of the year in which the season starts; that 1 January is day 0.
    channel : tuple of str
        `vv_db`, `vh_db`, `B02`, ...
    class_id : ndarray (sample,) [1]
        0 ... K-1, an index into `legend`.
    group, block, parcel : ndarray (sample,) [1]
        The units that splits keep whole: spatial group, cross-validation block, field.
    legend : Legend
        The classes.
    dropped : mapping of str to int
        Reason -> samples left out on the way here.

    Raises
    ------
    SchemaError
        If an array has another shape or type, `x` has a NaN, or `class_id` leaves the legend.
    """

    x: FloatArray
    observed: BoolArray
    day: IntArray
    channel: tuple[str, ...]
    class_id: IntArray
    group: IntArray
    block: IntArray
    parcel: IntArray
    legend: Legend
    dropped: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_series()
        self._check_per_sample()
        self._check_classes()

    @property
    def n_sample(self) -> int:
        """Number of samples."""
        return int(self.x.shape[0])

    @property
    def n_time(self) -> int:
        """Number of days."""
        return int(self.x.shape[1])

    @property
    def n_channel(self) -> int:
        """Number of channels."""
        return int(self.x.shape[2])

    @property
    def n_class(self) -> int:
        """Number of classes of the legend."""
        return self.legend.n_class

    @property
    def class_counts(self) -> IntArray:
        """Samples of each class, in the order of the legend."""
        return np.bincount(self.class_id, minlength=self.n_class).astype(np.int64)

    @property
    def share_interpolated(self) -> float:
        """Share of the values in `x` that no sensor measured on that day; NaN without samples."""
        return float(1.0 - self.observed.mean()) if self.observed.size else float("nan")

    def take(self, index: IntArray | BoolArray) -> Samples:
        """Samples at `index`, in its order.

        Parameters
        ----------
        index : ndarray (taken,) [1], or (sample,) of bool
            Positions, or True for the samples to keep.

        Returns
        -------
        Samples
            With the same legend and the same `dropped`: taking a part is not dropping the rest.
        """
        chosen = {name: getattr(self, name)[index] for name in ("x", "observed", *_PER_SAMPLE)}
        return replace(self, **chosen)

    def select_channels(self, channel: Iterable[str]) -> Samples:
        """Samples with the channels named, in that order.

        Parameters
        ----------
        channel : iterable of str
            Names out of `self.channel`.

        Returns
        -------
        Samples
            The same samples in the same order.

        Raises
        ------
        SchemaError
            If a channel is unknown.
        """
        names = tuple(channel)
        unknown = [name for name in names if name not in self.channel]
        require(
            not unknown,
            f"samples: no channel {unknown}; they have {', '.join(self.channel)}. Name some of these.",
        )
        index = [self.channel.index(name) for name in names]
        return replace(self, x=self.x[:, :, index], observed=self.observed[:, :, index], channel=names)

    def keep_classes(self, *, min_count: int = 1, cropland_only: bool = False) -> Samples:
        """Samples of the classes that are frequent enough, renumbered 0, 1, 2 ... in the old order.

        Parameters
        ----------
        min_count : int () [count]
            Fewest samples a class may have.
        cropland_only : bool
            Leave out classes that are not cropland.

        Returns
        -------
        Samples
            With a new legend; `dropped` counts what went, by reason.

        Raises
        ------
        SchemaError
            If fewer than two classes are left.
        """
        crop = np.array([c.cropland or not cropland_only for c in self.legend.classes], dtype=bool)
        frequent = self.class_counts >= max(min_count, 1)
        keep = crop & frequent
        require(
            int(keep.sum()) >= 2,
            f"keep_classes: {int(keep.sum())} class left with min_count={min_count}, "
            f"cropland_only={cropland_only}; a classifier needs two. Lower min_count.",
        )
        counts = self.class_counts
        gone = {NOT_CROPLAND: int(counts[~crop].sum()), RARE_CLASS: int(counts[crop & ~frequent].sum())}
        part = self.take(keep[self.class_id])
        new_id = np.cumsum(keep) - 1
        return replace(
            part,
            class_id=new_id[part.class_id].astype(np.int64),
            legend=_renumbered(self.legend, keep),
            dropped=add_dropped(self.dropped, gone),
        )

    def _check_series(self) -> None:
        require(
            self.x.ndim == 3 and self.x.dtype == np.float32,
            f"samples: x has shape {self.x.shape}, dtype {self.x.dtype}; expected float32 (sample, time, "
            "channel). Use x.astype(np.float32).",
        )
        require(
            self.observed.shape == self.x.shape and self.observed.dtype == np.bool_,
            f"samples: observed has shape {self.observed.shape}, dtype {self.observed.dtype}; expected bool "
            f"{self.x.shape} like x. Pass one flag per value.",
        )
        require(
            self.day.shape == (self.n_time,) and bool(np.all(np.diff(self.day) > 0)),
            f"samples: day {self.day.tolist()}; expected {self.n_time} rising day numbers. Sort the times.",
        )
        require(
            len(self.channel) == self.n_channel == len(set(self.channel)),
            f"samples: channel {self.channel}; expected {self.n_channel} different names. Rename them.",
        )
        n_bad = int(np.count_nonzero(~np.isfinite(self.x)))
        require(
            n_bad == 0, f"samples: {n_bad} values of x are not finite; expected none. Fill the gaps first."
        )

    def _check_per_sample(self) -> None:
        for name in _PER_SAMPLE:
            array: NDArray[Any] = getattr(self, name)
            require(
                array.shape == (self.n_sample,) and array.dtype == np.int64,
                f"samples: {name} has shape {array.shape}, dtype {array.dtype}; expected int64 "
                f"({self.n_sample},). Pass one whole number per sample, with .astype(np.int64).",
            )

    def _check_classes(self) -> None:
        outside = np.unique(self.class_id[(self.class_id < 0) | (self.class_id >= self.n_class)])
        require(
            outside.size == 0,
            f"samples: class_id {outside[:5].tolist()} outside the legend; expected 0 to {self.n_class - 1}. "
            "Leave unlabelled samples out, or extend the legend.",
        )


def add_dropped(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    """Sum of two counts by reason; reasons that dropped nothing are left out.

    Parameters
    ----------
    first, second : mapping of str to int
        Reason -> samples left out.

    Returns
    -------
    dict of str to int
        The same, summed.
    """
    reasons = list(dict.fromkeys((*first, *second)))
    total = {reason: first.get(reason, 0) + second.get(reason, 0) for reason in reasons}
    return {reason: count for reason, count in total.items() if count > 0}


def _renumbered(legend: Legend, keep: BoolArray) -> Legend:
    kept = [c for c, flag in zip(legend.classes, keep, strict=True) if flag]
    return Legend(tuple(CropClass(i, c.class_name, c.crop_code, c.cropland) for i, c in enumerate(kept)))
