"""Checks that read the arrays: all of them in one pass over the chunks, in bounded memory."""

# mypy: allow-untyped-calls
# dask.array carries annotations for a part of its functions only.

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import dask.array as da
import numpy as np
import xarray as xr
from dask.base import compute

from cropnb.legends import Legend
from cropnb.scenes.errors import problem
from cropnb.schema import GroupSchema, SchemaError, require

_DB_RANGE = (-100.0, 100.0)  # wide enough for uncalibrated digital numbers
_DB_BINS = 2000  # 0.1 dB each
_CO_AND_CROSS = (("vv", "vh"), ("c_vv_vv", "c_vh_vh"))
_DATES = ("time", "pair")


@dataclass(frozen=True)
class Question:
    """A lazy number or array, and what to conclude from it."""

    where: str
    value: da.Array
    judge: Callable[[np.ndarray], None]


def check_content(groups: dict[str, tuple[xr.Dataset, GroupSchema]]) -> None:
    """Check what the arrays hold.

    Parameters
    ----------
    groups : dict of str to (Dataset, GroupSchema)
        Groups that have passed the checks of their form.

    Raises
    ------
    SchemaError
        If power is negative, a date has no data, polarisations are swapped, a class has no legend entry, or
        a chunk cannot be read.
    """
    questions = [question for path, pair in groups.items() for question in _questions(path, *pair)]
    for question, answer in zip(questions, _answers(questions), strict=True):
        question.judge(np.asarray(answer))


def lazy(array: xr.DataArray) -> da.Array:
    """Dask array of a variable, in the chunks it is stored in.

    Parameters
    ----------
    array : DataArray
        NumPy, Dask or lazily indexed.

    Returns
    -------
    dask.array.Array
        Nothing has been read.
    """
    chunked = array if array.chunks is not None else array.chunk(array.encoding.get("preferred_chunks", {}))
    data: da.Array = chunked.data
    return data


def _answers(questions: list[Question]) -> tuple[np.ndarray, ...]:
    try:
        answers: tuple[np.ndarray, ...] = compute(*(question.value for question in questions))
    except (OSError, RuntimeError, ValueError) as error:
        for question in questions:
            _blame(question)
        raise SchemaError(_damaged("scene", error)) from error
    return answers


def _blame(question: Question) -> None:
    """Raise for the first variable that cannot be read."""
    try:
        question.value.compute()
    except (OSError, RuntimeError, ValueError) as error:
        raise SchemaError(_damaged(question.where, error)) from error


def _damaged(where: str, error: Exception) -> str:
    return problem(
        where,
        f"cannot be read ({str(error).strip()[:200]})",
        expected="complete, readable chunks",
        remedy="The file is damaged or cut off: remove it and fetch or generate it again.",
    )


def _questions(path: str, group: xr.Dataset, schema: GroupSchema) -> Iterator[Question]:
    for name, known in schema.variables.items():
        if name not in group:
            continue
        if not known.signed:
            yield _negative(group[name], f"{path}/{name}")
        if known.dtype_kinds in ("f", "c") and set(_DATES) & set(known.dims):
            yield _empty_dates(group, name, f"{path}/{name}")
        if name == "class_id":
            yield _classes(group, f"{path}/{name}")
    for co, cross in _CO_AND_CROSS:
        if co in group and cross in group and "coherence" not in path:
            yield _swapped(group[co], group[cross], path)


def _negative(power: xr.DataArray, where: str) -> Question:
    data = lazy(power)

    def judge(answer: np.ndarray) -> None:
        n_negative, lowest = int(answer[0]), float(answer[1])
        require(
            n_negative == 0,
            problem(
                where,
                f"{n_negative} of {power.size} values negative, the lowest {lowest:.4g}",
                expected="zero or more, NaN where missing",
                remedy="If these are decibels, convert with cropnb.features.linear_from_db; "
                "if they mark missing pixels, write NaN.",
            ),
        )

    return Question(where, da.stack([(data < 0).sum(), da.where(data < 0, data, 0).min()]), judge)


def _empty_dates(group: xr.Dataset, name: str, where: str) -> Question:
    array = group[name]
    dim = next(dim for dim in _DATES if dim in array.dims)
    others = tuple(axis for axis, other in enumerate(array.dims) if other != dim)

    def judge(answer: np.ndarray) -> None:
        empty = np.flatnonzero(~answer)
        stamp = group["time" if dim == "time" else "first_time"].to_numpy()
        dates = ", ".join(str(stamp[at])[:19] for at in empty[:3])
        require(
            empty.size == 0,
            problem(
                where,
                f"no valid value on {empty.size} of {answer.size} dates ({dates})",
                expected="a finite value on every date",
                remedy=f"Drop these dates with .isel({dim}=...).",
            ),
        )

    return Question(where, da.isfinite(lazy(array)).any(axis=others), judge)


def _classes(group: xr.Dataset, where: str) -> Question:
    legend = Legend.from_json(group.attrs["legend"])
    data = lazy(group["class_id"])

    def judge(answer: np.ndarray) -> None:
        low, high = int(answer[0]), int(answer[1])
        require(
            low >= -1 and high < legend.n_class,
            problem(
                where,
                f"class_id {low if low < -1 else high} outside the legend",
                expected=f"-1 (unlabelled) to {legend.n_class - 1} ({', '.join(legend.names[:6])} ...)",
                remedy="Add the class to the legend, or renumber the labels.",
            ),
        )

    return Question(where, da.stack([data.min(), data.max()]), judge)


def _swapped(co: xr.DataArray, cross: xr.DataArray, path: str) -> Question:
    def judge(answer: np.ndarray) -> None:
        vv_db, vh_db = _median_db(answer[0]), _median_db(answer[1])
        require(
            not vh_db > vv_db,
            problem(
                path,
                f"median VH {vh_db:.1f} dB above median VV {vv_db:.1f} dB, polarisations look swapped",
                expected="VH below VV over land",
                remedy=f"Exchange {co.name} and {cross.name}, and look up which channel the source means.",
            ),
        )

    return Question(path, da.stack([_db_counts(co), _db_counts(cross)]), judge)


def _db_counts(power: xr.DataArray) -> da.Array:
    """How many values fall in each 0.1 dB: medians of any size of array from one pass."""
    data = lazy(power)
    decibels = 10.0 * da.log10(da.where(data > 0, data, np.nan))
    counts: da.Array = da.histogram(decibels, bins=_DB_BINS, range=_DB_RANGE)[0]
    return counts


def _median_db(counts: np.ndarray) -> float:
    if counts.sum() == 0:
        return float("nan")
    at = int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))
    low, high = _DB_RANGE
    return low + (at + 0.5) * (high - low) / _DB_BINS
