"""Classes and probabilities of a block: from its steps, through the classifier, no-data left alone."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import sklearn
import torch
from numpy.typing import NDArray

from cropnb.features import RADAR_FEATURES
from cropnb.legends import Legend
from cropnb.mapping.grid import Block, Grid
from cropnb.mapping.steps import values_at
from cropnb.mapping.stopwatch import Stopwatch
from cropnb.sampling import Samples, fill_gaps, select_days
from cropnb.sampling.radar_stack import Stack
from cropnb.sampling.radar_steps import LeeSettings
from cropnb.sampling.samples import BoolArray
from cropnb.schema import SchemaError, require
from cropnb.training import Fitted, FittedForest, FittedImputed
from cropnb.training.classifiers import Layout

NO_DATA = 255
STEPS = 250  # of a probability in a byte: 0.004 each
_AT_ONCE = 16384  # pixels that a classifier is given; gaps are filled with as many
_AT_ONCE_BY_FOREST = 65536  # more, as every part loads all trees anew: a fifth quicker
_IMPUTER_MB = 128  # scikit-learn's matrix of distances, 1 GiB by default

ByteArray = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Effort:
    """What a block took.

    Attributes
    ----------
    seconds : float () [s]
        In all.
    seconds_of : dict of str to float () [s]
        `reading`, `features` with the speckle filter, `filling` of gaps in time, `classifier`.
    peak_mb : float () [MB]
        Largest memory of the process so far, NaN where the system does not tell.
    n_pixel_of_class : list of int (class,) [count]
        Pixels of each class; the others have no data.
    """

    seconds: float
    seconds_of: dict[str, float]
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
        f"{', '.join(stack.orbits)} have {stack.day.tolist()}. Take the scene and orbits of its samples, or "
        "fit a classifier on samples of this scene.",
    )
    empty = np.empty((0, stack.day.size, len(layout.channel)), np.float32)
    layout.check(_samples(empty, np.zeros(empty.shape, bool), stack, layout))


def map_block(
    stack: Stack,
    fitted: Fitted,
    grid: Grid,
    block: Block,
    *,
    speckle: LeeSettings,
    min_date: int = 1,
    clock: Stopwatch | None = None,
) -> BlockMap:
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
    speckle : LeeSettings
        Filter before the features.
    min_date : int () [count]
        Dates on which a pixel has to have been measured.
    clock : Stopwatch, optional
        Takes the times that `Effort` names.

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
    clock = clock or Stopwatch()
    if rows.size and columns.size:  # not a gap between the pieces of a mosaic
        y, x = grid.y.centres[block[0]][rows], grid.x.centres[block[1]][columns]
        values = values_at(stack, layout.channel, y=y, x=x, speckle=speckle, clock=clock)
        with clock.on("filling"):
            pixels = values.reshape(-1, *values.shape[2:])
            observed, seen = _fill(pixels, stack, min_date=min_date)
        with clock.on("classifier"):
            found, shares = _classified(pixels, observed, seen, stack=stack, fitted=fitted)
        inside = np.ix_(rows, columns)
        class_id[inside] = found.reshape(values.shape[:2])
        probability[:, inside[0], inside[1]] = shares.reshape(-1, *values.shape[:2])
    return BlockMap(class_id=class_id, probability=probability)


def _fill(values: NDArray[np.float32], stack: Stack, *, min_date: int) -> tuple[BoolArray, NDArray[np.intp]]:
    """Fill the gaps of the pixels to classify, in place; what was measured, and which pixels these are."""
    observed = np.isfinite(values)
    whole = np.all(observed.reshape(len(values), -1), axis=1)
    seen = np.flatnonzero(_seen(observed, whole, min_date=min_date))
    gappy = seen[~whole[seen]]  # pixels without a gap cost nothing
    for start in range(0, gappy.size, _AT_ONCE):
        here = gappy[start : start + _AT_ONCE]
        values[here], observed[here] = fill_gaps(values[here], day=stack.day, onto=stack.day)
    return observed, seen


def _seen(observed: BoolArray, whole: BoolArray, *, min_date: int) -> BoolArray:
    """Pixels measured on enough dates, and at least once in every feature."""
    seen: BoolArray = whole & (observed.shape[1] >= min_date)
    rest = np.flatnonzero(~whole)  # few: to look at dates and features apart takes longer
    ever, dates = np.any(observed[rest], axis=1), np.any(observed[rest], axis=2)
    seen[rest] = np.all(ever, axis=1) & (np.count_nonzero(dates, axis=1) >= min_date)
    return seen


def _classified(
    values: NDArray[np.float32],
    observed: BoolArray,
    seen: NDArray[np.intp],
    *,
    stack: Stack,
    fitted: Fitted,
) -> tuple[ByteArray, ByteArray]:
    """Class (pixel,) and probabilities (class, pixel) of the pixels `seen`."""
    layout = layout_of(fitted)
    class_id = np.full(len(values), NO_DATA, np.uint8)
    probability = np.full((len(layout.class_name), len(values)), NO_DATA, np.uint8)

    def classify(here: NDArray[np.intp]) -> None:
        samples = _samples(values[here], observed[here], stack, layout)
        with sklearn.config_context(working_memory=_IMPUTER_MB):
            found = fitted.predict_proba(samples)
        class_id[here] = found.argmax(axis=1)
        probability[:, here] = np.rint(STEPS * found).T

    is_forest = isinstance(fitted, FittedForest)
    size = _AT_ONCE_BY_FOREST if is_forest else _AT_ONCE
    parts = [seen[start : start + size] for start in range(0, seen.size, size)]
    # A forest takes one thread, so that sums have one order; networks have threads of their own.
    _for_each(classify, parts, n_thread=torch.get_num_threads() if is_forest else 1)
    return class_id, probability


def _for_each(
    work: Callable[[NDArray[np.intp]], None], parts: Sequence[NDArray[np.intp]], *, n_thread: int
) -> None:
    if n_thread == 1:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(n_thread) as pool:
        list(pool.map(work, parts))  # a list: errors come out


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
