"""What a run of the benchmarks leaves behind: tidy rows, the machine they hold for, a table."""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib.metadata
import os
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import joblib
from cases import Case
from rich.table import Table
from timing import Comparison, Timing, area_exponent

from cropnb.report.provenance import device_name
from cropnb.report.rows import tidy_rows

OURS = "cropnb"
SCENE = "random images"
PACKAGES = ("numba", "scikit-image", "dask")
METHOD = "median [min, max] of the runs"
SPEED, FASTER = "Mpix_per_s", "times_faster"
# Of the whole process, and of it what the work and its results take.
PEAK, WORKING = "peak_MB", "working_MB"


@dataclass(frozen=True)
class Pair:
    """Ours against one peer, on so many threads."""

    case: Case
    who: str
    n_thread: int
    n_pixel: int
    n_pixel_theirs: int  # fewer where the peer does a crop
    result: Comparison

    @property
    def share(self) -> float:
        """Part of our work that the peer did."""
        return self.n_pixel_theirs / self.n_pixel

    @property
    def ratio(self) -> float:
        """How many times faster ours is, pixel for pixel: median of the rounds."""
        return statistics.median(self.ratios)

    @property
    def ratios(self) -> list[float]:
        """The same, round by round."""
        return [ratio / self.share for ratio in self.result.ratios]


@dataclass
class Run:
    """Everything measured so far."""

    pairs: list[Pair] = field(default_factory=list)
    sizes: dict[str, dict[int, Timing]] = field(default_factory=dict)  # title -> pixels a side -> timing
    first_calls: dict[str, tuple[float, float, float]] = field(
        default_factory=dict
    )  # cold, from cache, again [s]
    skipped: list[tuple[Case, str, str]] = field(default_factory=list)  # case, who, why
    failed: list[str] = field(default_factory=list)

    def rows(self, *, scale: str) -> list[dict[str, Any]]:
        """Tidy rows of `cropnb.report`, one number each."""
        rows = [*_pair_rows(self.pairs), *_size_rows(self.sizes), *_first_rows(self.first_calls)]
        rows += [
            _row("features", case.title, who, "", metric=SPEED, method=f"skipped: {why}")
            for case, who, why in self.skipped
        ]
        return tidy_rows(rows, scene=SCENE, scale=scale)


def _pair_rows(pairs: Sequence[Pair]) -> Iterable[dict[str, Any]]:
    ours: dict[tuple[str, int], list[Pair]] = defaultdict(list)
    for pair in pairs:
        ours[pair.case.title, pair.n_thread].append(pair)
    for (title, n_thread), group in ours.items():
        split = threads_words(n_thread)
        # Measured once beside each peer: all these runs together.
        seconds = [s for pair in group for s in pair.result.ours.seconds]
        largest = max((pair.result.ours for pair in group), key=lambda timing: timing.peak_mb)
        together = dataclasses.replace(largest, seconds=tuple(seconds))
        yield from _side_rows(title, OURS, split, timing=together, n_pixel=group[0].n_pixel)
        for pair in group:
            yield from _side_rows(
                title,
                pair.who,
                split,
                timing=pair.result.theirs,
                n_pixel=pair.n_pixel_theirs,
            )
            spread = _spread(pair.ratios, pair.ratio)
            method = "their time over ours, median [min, max] of the rounds"
            yield _row("features", title, pair.who, split, metric=FASTER, **spread, method=method)
        speed = group[0].n_pixel / 1e6 / statistics.median(seconds)
        for figure in group[0].case.published if n_thread == 1 else ():
            common = {"method": "published figure, another machine"}
            yield _row("features", title, figure.who, split, metric=SPEED, value=figure.mpix_per_s, **common)
            ratio = speed / figure.mpix_per_s
            yield _row("features", title, figure.who, split, metric=FASTER, value=ratio, **common)


def _side_rows(
    title: str, who: str, split: str, *, timing: Timing, n_pixel: int, exhibit: str = "features"
) -> Iterable[dict[str, Any]]:
    mpix = n_pixel / 1e6
    spread = _spread([mpix / s for s in timing.seconds], mpix / timing.median)
    yield _row(exhibit, title, who, split, metric=SPEED, **spread, method=METHOD)
    yield _row(exhibit, title, who, split, metric=PEAK, value=timing.peak_mb)
    working = max(0.0, timing.peak_mb - timing.held_mb)
    yield _row(exhibit, title, who, split, metric=WORKING, value=working)


def _size_rows(sizes: Mapping[str, Mapping[int, Timing]]) -> Iterable[dict[str, Any]]:
    for title, timings in sizes.items():
        for size, timing in timings.items():
            split = f"{size} x {size}"
            exhibit = "features-by-size"
            yield from _side_rows(title, OURS, split, timing=timing, n_pixel=size**2, exhibit=exhibit)
        exponent = area_exponent({size: timing.median for size, timing in timings.items()})
        method = "slope of log time over log area: 1 is linear"
        yield _row("features-by-area", title, OURS, "", metric="area_exponent", value=exponent, method=method)


def _first_rows(first: Mapping[str, tuple[float, float, float]]) -> Iterable[dict[str, Any]]:
    for title, seconds in first.items():
        names = ("compiled_now_s", "compiled_before_s", "second_call_s")
        for name, value in zip(names, seconds, strict=True):
            yield _row("features-first-call", title, OURS, "1 thread", metric=name, value=value)


def _spread(values: Sequence[float], middle: float) -> dict[str, Any]:
    return {"value": middle, "low": min(values), "high": max(values), "n_sample": len(values)}


def _row(exhibit: str, features: str, model: str, split: str, **fields: Any) -> dict[str, Any]:
    return {"exhibit": exhibit, "features": features, "model": model, "split": split, **fields}


def threads_words(n_thread: int) -> str:
    """Such as "1 thread"; a worker process of a peer counts as a thread."""
    return f"{n_thread} thread" + "s" * (n_thread != 1)


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Median, least and most; of one run there is nothing but its value."""
    ends = {"low": min(values), "high": max(values)} if len(values) > 1 else {}
    return {"value": statistics.median(values), **ends, "n_sample": len(values)}


def machine() -> dict[str, Any]:
    """Processor, cores this process may use, memory."""
    n_core = joblib.cpu_count()
    names = os.sysconf_names if hasattr(os, "sysconf_names") else {}
    known = {"SC_PAGE_SIZE", "SC_PHYS_PAGES"} <= set(names)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9 if known else None
    return {"cpu": device_name(), "n_core": n_core, "memory_gb": None if memory is None else round(memory, 1)}


def machine_slug(found: Mapping[str, Any]) -> str:
    """Name for the file, such as `intel-xeon-8481c-2-cores`."""
    words = re.sub(r"\((r|tm)\)|cpu|processor|@.*", " ", str(found["cpu"]).lower())
    return "-".join([*re.findall(r"[a-z0-9.]+", words), str(found["n_core"]), "cores"]).replace(".", "-")


def record_of(
    run: Run,
    *,
    parameters: Mapping[str, Any],
    started: dt.datetime,
    made_by: Mapping[str, Any],
    load: Sequence[Sequence[float]],
) -> dict[str, Any]:
    """Rows and provenance, in the shape that `cropnb.report.committed_table` reads."""
    scale = str(parameters["scale"])
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    record = {**made_by, "packages": {**made_by["packages"], **versions}}
    common = provenance_of_bench(
        parameters=parameters, scene={"name": SCENE, "kind": "simulated"}, started=started, load=load
    )
    own = {
        **common,
        "differences": {
            f"{pair.case.title} | {pair.who} | {threads_words(pair.n_thread)}": dict(pair.result.differences)
            for pair in run.pairs
        },
        "skipped": {f"{case.title} | {who}": why for case, who, why in run.skipped},
    }
    return {"provenance": {**own, **record}, "rows": run.rows(scale=scale)}


def provenance_of_bench(
    *,
    parameters: Mapping[str, Any],
    scene: Mapping[str, Any],
    started: dt.datetime,
    load: Sequence[Sequence[float]],
) -> dict[str, Any]:
    """What every benchmark says of itself: its options, when it ran, the machine and how busy that was."""
    return {
        "chapter": "benchmarks",
        "parameters": dict(parameters),
        "scene": dict(scene),
        "seeds": [],
        "started": started.isoformat(timespec="seconds"),
        "seconds": round((dt.datetime.now(dt.UTC) - started).total_seconds(), 1),
        "machine": machine(),
        "load_before": list(load[0]),
        "load_after": list(load[1]),
    }


def table_of(rows: Sequence[Mapping[str, Any]], *, exhibit: str, caption: str) -> Table:
    """One exhibit as a table for the terminal."""
    chosen = [row for row in rows if row["exhibit"] == exhibit]
    metrics = list(dict.fromkeys(row["metric"] for row in chosen))
    lines: dict[tuple[str, str, str], dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for row in chosen:
        lines[row["features"], row["split"], row["model"]][row["metric"]] = row
    table = Table(title=caption)
    for name in ("what", "on", "who"):
        table.add_column(name)
    for name in metrics:
        table.add_column(name.replace("_", " "), justify="right")
    before = ""
    for (what, split, who), cells in lines.items():
        table.add_row(what if what != before else "", split, who, *(_cell(cells.get(m)) for m in metrics))
        before = what
    return table


def _cell(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return ""
    if row["value"] is None:
        return str(row["method"])
    number = _short(row["value"])
    return number if row["low"] is None else f"{number} [{_short(row['low'])}, {_short(row['high'])}]"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def default_file(results: Path, *, found: Mapping[str, Any], name: str = "features") -> Path:
    """Where the project keeps the run of this machine."""
    return results / "benchmarks" / f"{name}-{machine_slug(found)}.json"
