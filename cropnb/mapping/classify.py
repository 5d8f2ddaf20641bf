"""Classes and probabilities of a block: from its steps, through the classifier, no-data left alone."""

from __future__ import annotations

import difflib
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray

from cropnb.features import RADAR_FEATURES
from cropnb.legends import Legend
from cropnb.mapping.grid import Block, Grid
from cropnb.mapping.settings import MapSettings
from cropnb.mapping.steps import values_at
from cropnb.sampling import Samples, fill_gaps, select_days
from cropnb.sampling.radar_stack import Stack
from cropnb.sampling.samples import BoolArray
from cropnb.schema import SchemaError, require
from cropnb.training import Fitted, FittedImputed
from cropnb.training.classifiers import Layout

NO_DATA = 255
STEPS = 250  # of a probability in a byte: 0.004 each
_AT_ONCE = 16384  # pixels that a classifier is given; gaps are filled with as many
_IMPUTER_MB = 128  # scikit-learn's matrix of distances, 1 GiB by default

ByteArray = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Effort:
    """What a block took.

    Attributes
    ----------
    seconds, classifier_seconds : float () [s]
        In all, and inside the classifier.
    peak_mb : float () [MB]
        Largest memory of the process so far, NaN where the system does not tell.
    n_pixel_of_class : list of int (class,) [count]
        Pixels of each class; the others have no data.
    """

    seconds: float
    classifier_seconds: float
    peak_mb: float
    n_pixel_of_class: list[int]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class BlockMap:
    """Map of a block: class_id (y, x), 255 without data; probability (class, y, x) in 1/250."""

    class_id: ByteArray
    probability: ByteArray
    classifier_seconds: float


def layout_of(fitted: Fitted) -> Layout:
    """Layout a classifier was fitted on.

    Parameters
    ----------
    fitted : Fitted
        Network or forest, with or without an imputer before it.

    Returns
    -------
    Layout
        Days, channels, classes.

    Raises
    ------
    SchemaError
        If it does not say, or has more classes than a byte holds.
    """
    inner = fitted.fitted if isinstance(fitted, FittedImputed) else fitted
    layout = getattr(inner, "layout", None)
    if not isinstance(layout, Layout):
        kind = type(inner).__name__
        raise SchemaError(f"map: a {kind} without a layout; expected a classifier of load_fitted. Fit one.")
    n_class = len(layout.class_name)
    require(
        n_class < NO_DATA, f"map: {n_class} classes; expected {NO_DATA - 1} at most: a byte. Merge classes."
    )
    return layout


def check_fit(stack: Stack, layout: Layout) -> None:
    """Make sure that a scene gives what a classifier was fitted on.

    Parameters
    ----------
    stack : Stack
        Matrices of the scene.
    layout : Layout
        Of the classifier.

    Raises
    ------
    SchemaError
        If a channel is no radar feature, or the scene lacks a date.
    """
    for name in layout.channel:
        near = difflib.get_close_matches(name, RADAR_FEATURES, n=1, cutoff=0.0)
        require(
            name in RADAR_FEATURES,
            f"map: the classifier's channel {name!r} is no radar feature; expected names of RADAR_FEATURES, "
            f"the nearest {near}. Fit it on samples of cropnb.sampling.radar_samples.",
        )
    missing = sorted(set(layout.day) - set(stack.day.tolist()))
    require(
        not missing,
        f"map: no c2 on days {missing} of {len(layout.day)} that the classifier was fitted on; orbits "
        f"{', '.join(stack.orbits)} have {stack.day.tolist()}. Take the scene and orbits of its samples.",
    )
    empty = np.empty((0, stack.day.size, len(layout.channel)), np.float32)
    layout.check(_samples(empty, np.zeros(empty.shape, bool), stack, layout))


def map_block(stack: Stack, fitted: Fitted, grid: Grid, block: Block, *, settings: MapSettings) -> BlockMap:
    """Classes and probabilities of the pixels of a block.

    Parameters
    ----------
    stack : Stack
        Matrices of the scene.
    fitted : Fitted
        Classifier.
    grid : Grid
        Of the map.
    block : tuple of slice
        Rows and columns.
    settings : MapSettings
        How to map.

    Returns
    -------
    BlockMap
        A pixel has no data where `radar_samples` would drop it: where a feature was never measured.
    """
    layout = layout_of(fitted)
    shape = tuple(part.stop - part.start for part in block)
    class_id = np.full(shape, NO_DATA, np.uint8)
    probability = np.full((len(layout.class_name), *shape), NO_DATA, np.uint8)
    rows, columns = (np.flatnonzero(axis.filled[b]) for axis, b in zip((grid.y, grid.x), block, strict=True))
    seconds = 0.0
    if rows.size and columns.size:  # not a gap between the pieces of a mosaic
        y, x = grid.y.centres[block[0]][rows], grid.x.centres[block[1]][columns]
        values = values_at(stack, layout.channel, y=y, x=x, speckle=settings.speckle)
        found, shares, seconds = _classified(values, stack, fitted, layout, min_date=settings.min_date)
        inside = np.ix_(rows, columns)
        class_id[inside] = found
        probability[:, inside[0], inside[1]] = shares
    return BlockMap(class_id=class_id, probability=probability, classifier_seconds=seconds)


def _classified(
    values: NDArray[np.float32], stack: Stack, fitted: Fitted, layout: Layout, *, min_date: int
) -> tuple[ByteArray, ByteArray, float]:
    """Class (y, x), probabilities (class, y, x), and seconds in the classifier."""
    flat = values.reshape(-1, *values.shape[2:])
    class_id = np.full(len(flat), NO_DATA, np.uint8)
    probability = np.full((len(layout.class_name), len(flat)), NO_DATA, np.uint8)
    seconds = 0.0
    for start in range(0, len(flat), _AT_ONCE):
        here = start + np.flatnonzero(_seen(flat[start : start + _AT_ONCE], min_date=min_date))
        if here.size:
            samples = _samples(*_filled(flat[here], stack), stack, layout)
            begun = time.perf_counter()
            with sklearn.config_context(working_memory=_IMPUTER_MB):
                found = fitted.predict_proba(samples)
            seconds += time.perf_counter() - begun
            class_id[here] = found.argmax(axis=1)
            probability[:, here] = np.rint(STEPS * found).T
    shape = values.shape[:2]
    return class_id.reshape(shape), probability.reshape(-1, *shape), seconds


def _seen(values: NDArray[np.float32], *, min_date: int) -> BoolArray:
    """Pixels measured on enough dates, and at least once in every feature."""
    finite = np.isfinite(values)
    seen: BoolArray = np.all(finite.reshape(len(values), -1), axis=1)
    rest = np.flatnonzero(~seen)  # few: to look at dates and features apart takes longer
    seen &= values.shape[1] >= min_date
    ever, dates = np.any(finite[rest], axis=1), np.any(finite[rest], axis=2)
    seen[rest] = np.all(ever, axis=1) & (np.count_nonzero(dates, axis=1) >= min_date)
    return seen


def _filled(values: NDArray[np.float32], stack: Stack) -> tuple[NDArray[np.float32], BoolArray]:
    """Values without gaps, and which were measured; pixels without a gap cost nothing."""
    filled, observed = values.copy(), np.isfinite(values)
    gappy = np.flatnonzero(~observed.all(axis=(1, 2)))
    if gappy.size:
        filled[gappy], observed[gappy] = fill_gaps(values[gappy], day=stack.day, onto=stack.day)
    return filled, observed


def _samples(x: NDArray[np.float32], observed: BoolArray, stack: Stack, layout: Layout) -> Samples:
    """Pixels as samples of no class, with the days of the classifier."""
    nothing = np.zeros(len(x), np.int64)
    samples = Samples(
        x=x,
        observed=observed,
        day=stack.day,
        channel=layout.channel,
        class_id=nothing,
        group=nothing,
        block=nothing,
        parcel=nothing,
        legend=Legend.from_names(layout.class_name),
    )
    if layout.day == tuple(stack.day.tolist()):
        return samples
    return select_days(samples, np.array(layout.day))
