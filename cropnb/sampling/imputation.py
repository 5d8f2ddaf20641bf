"""Missing values from the nearest training samples, after scikit-learn's `KNNImputer` [Troyanskaya2001]."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.impute import KNNImputer

from cropnb.sampling.samples import BoolArray, FloatArray, IntArray
from cropnb.schema import require

Distance = Literal["standardised", "raw"]
DISTANCES: tuple[Distance, ...] = ("standardised", "raw")
N_NEIGHBOURS = 4  # [Liu2024] 3.2.3
_ENTRIES = ("n_neighbours", "distance", "channel", "n_time", "donors")


@dataclass(frozen=True, kw_only=True, eq=False)
class Imputed:
    """Series without gaps, and which of their values were measured.

    Attributes
    ----------
    values : ndarray (sample, time, channel) [any]
        float32, without NaN; measured values as they came.
    observed : ndarray (sample, time, channel) [1]
        True where measured, False where filled.
    """

    values: FloatArray
    observed: BoolArray

    @property
    def n_filled(self) -> int:
        """Number of filled values."""
        return int(np.count_nonzero(~self.observed))

    @property
    def n_filled_by_channel(self) -> IntArray:
        """Number of filled values of each channel."""
        n_filled: IntArray = np.sum(~self.observed, axis=(0, 1), dtype=np.int64)
        return n_filled

    @property
    def n_empty(self) -> int:
        """Number of samples without a single value: they have no neighbours and got the training means."""
        return int(np.count_nonzero(~self.observed.any(axis=(1, 2))))


class Imputer:
    """Fill a missing value with the mean of the nearest training samples that have one there.

    Samples are near that agree in all the values both have, over all days and channels: the root of the mean
    squared difference. Only training samples give values, so that a fold's test samples stay out of it. Where
    `fill_gaps` looks at other days of the same sample, this looks at other samples on the same day.

    Parameters
    ----------
    n_neighbours : int
        Samples to average, the thesis's 4; fewer where fewer training samples have a value there.
    distance : str
        `standardised` measures differences in standard deviations of the channel, so that the unit of a
        channel does not change its weight; `raw` takes the numbers as they are: `KNNImputer` itself.
    """

    def __init__(self, n_neighbours: int = N_NEIGHBOURS, *, distance: Distance = "standardised") -> None:
        require(
            n_neighbours >= 1, f"imputer: n_neighbours {n_neighbours}; expected 1 or more. The thesis has 4."
        )
        require(
            distance in DISTANCES,
            f"imputer: distance {distance!r}; expected one of {DISTANCES}. Name one of these.",
        )
        self.n_neighbours = n_neighbours
        self.distance: Distance = distance
        self.channel: tuple[str, ...] = ()
        self.donors: FloatArray = np.zeros((0, 0, 0), np.float32)

    @property
    def is_fitted(self) -> bool:
        """Whether it has training samples to take values from."""
        return bool(self.channel)

    def fit(self, train: NDArray[np.floating], *, channel: Sequence[str]) -> Imputer:
        """Keep the training samples, once.

        Parameters
        ----------
        train : ndarray (sample, time, channel) [any]
            Training samples only, NaN where missing.
        channel : sequence of str
            Names of the channels.

        Returns
        -------
        Imputer
            This one.

        Raises
        ------
        SchemaError
            If it is fitted already, there is no sample, or a day has a channel without any training value.
        """
        require(
            not self.is_fitted,
            "imputer: fitted already; expected one fit per imputer, on training samples. Make a new Imputer.",
        )
        values, names = _missing_as_nan(train), tuple(channel)
        require(len(values) > 0, "imputer: 0 samples; expected training samples. Check the fold.")
        _check_channels(values, names)
        ever = np.isfinite(values).any(axis=0)
        empty = [f"{names[c]} at step {t}" for t, c in np.argwhere(~ever)]
        require(
            not empty,
            f"imputer: {len(empty)} columns without any training value, among them {empty[:3]}; expected one "
            "value or more in each. Leave these days or channels out, or use fill_gaps.",
        )
        self.channel, self.donors = names, values
        return self

    def transform(self, values: NDArray[np.floating]) -> Imputed:
        """Fill the gaps of any samples from the training samples.

        Parameters
        ----------
        values : ndarray (sample, time, channel) [any]
            With the days and channels it was fitted on; NaN or infinite where missing.

        Returns
        -------
        Imputed
            Values, and which of them were measured; each sample on its own, whatever stands beside it.

        Raises
        ------
        SchemaError
            If it is not fitted, or the days or channels differ in number.
        """
        require(self.is_fitted, "imputer: not fitted; expected a fit on training samples. Call fit first.")
        gappy = _missing_as_nan(values)
        _check_channels(gappy, self.channel)
        require(
            gappy.shape[1] == self.donors.shape[1],
            f"imputer: {gappy.shape[1]} days; it was fitted on {self.donors.shape[1]}. Use the same days.",
        )
        observed = np.isfinite(gappy)
        filled = gappy.copy()
        rows = np.flatnonzero(~observed.all(axis=(1, 2)))  # the others need no neighbours
        if rows.size:
            filled[rows] = np.where(observed[rows], gappy[rows], self._from_neighbours(gappy[rows]))
        return Imputed(values=filled, observed=observed)

    def _from_neighbours(self, gappy: FloatArray) -> FloatArray:
        spread = self._spread()
        donors, wanted = (_flat(array / spread) for array in (self.donors, gappy))
        # float64: scikit-learn expands squared differences, which cancels in float32.
        neighbours = KNNImputer(n_neighbors=self.n_neighbours).fit(donors)
        filled: FloatArray = (neighbours.transform(wanted).reshape(gappy.shape) * spread).astype(np.float32)
        return filled

    def _spread(self) -> NDArray[np.float64]:
        """What one unit of distance is in each channel."""
        if self.distance == "raw":
            return np.ones(len(self.channel))
        spread = np.nanstd(self.donors.astype(np.float64), axis=(0, 1))
        return np.where(spread > 0, spread, 1.0)

    def to_dict(self) -> dict[str, Any]:
        """Settings and training samples as plain lists, for JSON beside a checkpoint; None where missing."""
        rows = _flat(self.donors).tolist()
        return {
            "n_neighbours": self.n_neighbours,
            "distance": self.distance,
            "channel": list(self.channel),
            "n_time": self.donors.shape[1],
            "donors": [[None if math.isnan(number) else number for number in row] for row in rows],
        }

    @classmethod
    def from_dict(cls, numbers: Mapping[str, Any]) -> Imputer:
        """Inverse of `to_dict`.

        Parameters
        ----------
        numbers : mapping
            What `to_dict` gave.

        Returns
        -------
        Imputer
            Fitted as the one that wrote the numbers.

        Raises
        ------
        SchemaError
            If an entry is missing, or the lists do not fit each other.
        """
        missing = [name for name in _ENTRIES if name not in numbers]
        require(
            not missing, f"imputer: entries {missing} missing; expected what to_dict writes. Save it again."
        )
        imputer = cls(numbers["n_neighbours"], distance=numbers["distance"])
        if not numbers["channel"]:
            return imputer
        n_time, n_channel = int(numbers["n_time"]), len(numbers["channel"])
        widths = {len(row) for row in numbers["donors"]}
        require(
            widths == {n_time * n_channel},
            f"imputer: rows of {sorted(widths)} numbers for {n_time} days of {n_channel} channels; expected "
            "days times channels. Save it again with to_dict.",
        )
        donors = np.array(numbers["donors"], dtype=np.float32)  # None becomes NaN
        return imputer.fit(donors.reshape(-1, n_time, n_channel), channel=numbers["channel"])


def _flat(series: NDArray[np.floating]) -> NDArray[np.float64]:
    """One row per sample, days one after the other."""
    n_sample, n_time, n_channel = series.shape
    return series.reshape(n_sample, n_time * n_channel).astype(np.float64)


def _missing_as_nan(values: NDArray[np.floating]) -> FloatArray:
    require(
        values.ndim == 3,
        f"imputer: values of shape {values.shape}; expected (sample, time, channel). Add the dims that lack.",
    )
    series = values.astype(np.float32)
    return np.where(np.isfinite(series), series, np.float32(np.nan))


def _check_channels(values: FloatArray, channel: tuple[str, ...]) -> None:
    require(
        len(channel) == len(set(channel)) == values.shape[2] > 0,
        f"imputer: {values.shape[2]} channels, named {channel}; expected as many different names. "
        "Choose the channels it was fitted on.",
    )
