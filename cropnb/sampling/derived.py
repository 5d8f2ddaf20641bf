"""Samples made from arrays or from other samples: invented ones, part of a season, one more channel."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cropnb.legends import Legend
from cropnb.sampling.samples import Samples
from cropnb.schema import require


def samples_from_arrays(x: ArrayLike, class_id: ArrayLike, *, group: ArrayLike) -> Samples:
    """Samples from plain arrays, for experiments with invented data.

    Parameters
    ----------
    x : ndarray (sample, time, channel) [any]
        Series without gaps.
    class_id : ndarray (sample,) [1]
        0 ... K-1.
    group : ndarray (sample,) [1]
        Spatial group; it is also the block, and every sample is its own parcel.

    Returns
    -------
    Samples (sample, time, channel) [any]
        Days 0, 1, 2 ...; channels and classes are named by their numbers.

    Raises
    ------
    SchemaError
        If the arrays do not fit each other.
    """
    values = np.asarray(x, dtype=np.float32)
    require(
        values.ndim == 3,
        f"samples: x has shape {values.shape}; expected (sample, time, channel). Add the dims that lack.",
    )
    ids, unit = np.asarray(class_id, dtype=np.int64), np.asarray(group, dtype=np.int64)
    n_class = int(ids.max(initial=0)) + 1
    return Samples(
        x=values,
        observed=np.ones(values.shape, dtype=bool),
        day=np.arange(values.shape[1], dtype=np.int64),
        channel=tuple(f"channel {number}" for number in range(values.shape[2])),
        class_id=ids,
        group=unit,
        block=unit,
        parcel=np.arange(len(values), dtype=np.int64),
        legend=Legend.from_names(f"class {number}" for number in range(n_class)),
    )


def select_days(samples: Samples, day: ArrayLike) -> Samples:
    """Samples with some of their days, as for a map that is due in mid-season.

    Parameters
    ----------
    samples : Samples (sample, time, channel) [any]
        All days.
    day : ndarray (day,) [day]
        Days out of `samples.day`, rising.

    Returns
    -------
    Samples (sample, day, channel) [any]
        The same samples. Values interpolated from later days are still in: look at `observed`.

    Raises
    ------
    SchemaError
        If a day is not among those of the samples.
    """
    wanted = np.asarray(day, dtype=np.int64)
    unknown = np.setdiff1d(wanted, samples.day)
    require(
        wanted.size > 0 and unknown.size == 0,
        f"select_days: days {unknown.tolist() or 'none'} asked for; the samples have {samples.day.tolist()}. "
        "Choose from these.",
    )
    at = np.searchsorted(samples.day, wanted)
    return replace(samples, x=samples.x[:, at], observed=samples.observed[:, at], day=wanted)


def merge_classes(samples: Samples, into: Mapping[str, str]) -> Samples:
    """Samples with some classes counted to others, renumbered 0, 1, 2 ... in the old order.

    Parameters
    ----------
    samples : Samples (sample, time, channel) [any]
        What to relabel.
    into : mapping of str to str
        Class to take away -> class that gets its samples, both of the legend: `{"wheat": "other"}`.

    Returns
    -------
    Samples (sample, time, channel) [any]
        The same samples; nothing is dropped.

    Raises
    ------
    SchemaError
        If a class is unknown, or one that gets samples is taken away itself.
    """
    legend = samples.legend
    for gone, target in into.items():
        legend.class_id(gone)
        require(
            target not in into,
            f"merge_classes: {gone!r} into {target!r}, which is merged itself; expected a class that stays. "
            "Name the last one of the chain.",
        )
    kept = [c for c in legend.classes if c.class_name not in into]
    merged = Legend(tuple(replace(c, class_id=number) for number, c in enumerate(kept)))
    new_id = np.array([merged.class_id(into.get(name, name)) for name in legend.names], dtype=np.int64)
    return replace(samples, class_id=new_id[samples.class_id], legend=merged)


def keep_crops(samples: Samples, crops: Collection[str], *, rest: str = "other") -> Samples:
    """Samples in which some crops stay classes of their own, and all other crops are one.

    Parameters
    ----------
    samples : Samples (sample, time, channel) [any]
        What to relabel.
    crops : collection of str
        Classes of cropland that stay. Classes that are no cropland stay too.
    rest : str
        Name of the class of all other crops.

    Returns
    -------
    Samples (sample, time, channel) [any]
        The same samples, with the legend of `crop_legend`; nothing is dropped.

    Raises
    ------
    SchemaError
        If a crop is unknown.
    """
    legend, number = crop_legend(samples.legend, crops, rest=rest)
    return replace(samples, class_id=number[samples.class_id], legend=legend)


def crop_legend(
    legend: Legend, crops: Collection[str], *, rest: str = "other"
) -> tuple[Legend, NDArray[np.int64]]:
    """Legend in which some crops stay classes of their own, and all other crops are one.

    Parameters
    ----------
    legend : Legend
        Of the scene.
    crops : collection of str
        Classes of cropland that stay.
    rest : str
        Name of the class of all other crops; it takes the place of the first of these.

    Returns
    -------
    legend : Legend
        Classes in the old order.
    number : ndarray (class,) [1]
        New number of each old class.

    Raises
    ------
    SchemaError
        If a crop is not in the legend or no crop.

    Examples
    --------
    >>> legend, number = crop_legend(Legend.from_names(["maize", "rice", "wheat"]), ["rice"])
    >>> legend.names, number.tolist()
    (('other', 'rice'), [0, 1, 0])
    """
    known = [c.class_name for c in legend.classes if c.cropland]
    unknown = sorted(set(crops) - set(known))
    require(
        not unknown,
        f"crops: {', '.join(unknown)} unknown; the scene's crops are {', '.join(known)}. Name some of these.",
    )
    renamed = [
        replace(c, class_name=rest, crop_code="") if c.cropland and c.class_name not in crops else c
        for c in legend.classes
    ]
    names = list(dict.fromkeys(c.class_name for c in renamed))
    first = {c.class_name: c for c in reversed(renamed)}
    kept = Legend(tuple(replace(first[name], class_id=number) for number, name in enumerate(names)))
    return kept, np.array([names.index(c.class_name) for c in renamed], dtype=np.int64)


def with_channel(samples: Samples, name: str, values: ArrayLike) -> Samples:
    """Samples with one more channel, computed from those they have.

    Parameters
    ----------
    samples : Samples (sample, time, channel) [any]
        What to add to.
    name : str
        Name of the new channel.
    values : ndarray (sample, time) [any]
        Its values, without NaN.

    Returns
    -------
    Samples (sample, time, channel + 1) [any]
        A value counts as observed where all the other channels are.

    Raises
    ------
    SchemaError
        If the shape differs or the name is taken.
    """
    new = np.asarray(values, dtype=np.float32)
    require(
        new.shape == samples.x.shape[:2],
        f"with_channel: {name} has shape {new.shape}; expected (sample, time) = {samples.x.shape[:2]}. "
        "Compute it from samples.x.",
    )
    return replace(
        samples,
        x=np.concatenate([samples.x, new[..., None]], axis=2),
        observed=np.concatenate([samples.observed, samples.observed.all(axis=2, keepdims=True)], axis=2),
        channel=(*samples.channel, name),
    )
