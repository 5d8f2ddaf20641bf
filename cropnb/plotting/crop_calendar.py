"""When the satellite looked, and what the crops were doing: acquisitions over the crop calendar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import ArrayLike, NDArray

from cropnb.plotting.profiles import label_months
from cropnb.plotting.style import TICK_SIZE, legend_below, new_axes, styled
from cropnb.schema import require

_COLUMNS = ("crop", "stage", "bbch", "start", "end")
_TRACK, _CROP = 0.62, 1.7  # rows, in units of twice the height of a bar
_HALF = 0.25  # height of half a bar
_INCH = 0.62  # of a unit
_MARGIN = 4  # days left and right
_LEAST = 0.038  # of the season, between two codes
_INK = "#333333"
_PAST, _BEFORE = 0.98, 0.12  # of the colour map, from the last stage to the first


@styled
def plot_crop_calendar(
    stages: pd.DataFrame,
    *,
    acquisitions: Mapping[str, ArrayLike],
    year: int,
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Acquisitions of each track as ticks, above the growth stages of each crop as bars with BBCH codes.

    Parameters
    ----------
    stages : DataFrame (crop and stage, column) [day since 1 January]
        `crop`, `stage`, `bbch`, `start`, `end`; with `start_low` and `start_high`, if there, a line from one
        to the other under each bar.
    acquisitions : mapping of str to array (time,) [day since 1 January]
        Days of each track by its name.
    year : int
        Year in which day 0 is 1 January.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to the bars.

    Returns
    -------
    Axes
        Tracks on top, then the crops in their order; stages without length are left out.

    Raises
    ------
    SchemaError
        If there is no stage, or a column is missing.
    """
    lacking = [name for name in _COLUMNS if name not in stages]
    require(
        len(stages) > 0 and not lacking,
        f"plot_crop_calendar: {len(stages)} stages without {lacking}; expected {_COLUMNS}. "
        "Take cropnb.scenes.true_calendar.true_calendar, or write a table.",
    )
    names = list(dict.fromkeys(stages["stage"]))
    crops = list(dict.fromkeys(stages["crop"]))
    units = _TRACK * len(acquisitions) + _CROP * len(crops)
    ax = new_axes(ax, height=_INCH * units + 1.1 + 0.25 * ((len(names) + 2) // 2))
    colours = dict(zip(names, mpl.colormaps["viridis"](np.linspace(_PAST, _BEFORE, len(names))), strict=True))
    days = _days(stages, acquisitions)
    rows = _draw_tracks(ax, acquisitions)
    for i, crop in enumerate(crops):
        y = _TRACK * len(acquisitions) + _CROP * (i + 0.62)
        grown = stages[(stages["crop"] == crop) & (stages["end"] > stages["start"])]
        _draw_stages(ax, grown, y, colours, style)
        _write_codes(ax, grown, y - _HALF - 0.05, least=_LEAST * float(np.ptp(days)))
        rows[y] = str(crop)
    ax.set_yticks(list(rows), list(rows.values()))
    ax.tick_params(axis="y", length=0)
    _season(ax, days, year)
    ax.set_ylim(units, -0.3)
    legend_below(ax, handles=_handles(colours, spread="start_low" in stages))
    return ax


def _draw_tracks(ax: Axes, acquisitions: Mapping[str, ArrayLike]) -> dict[float, str]:
    rows: dict[float, str] = {}
    for i, (name, days) in enumerate(acquisitions.items()):
        y = _TRACK * (i + 0.3)
        seen = np.asarray(days, dtype=float)
        look: dict[str, Any] = {"marker": "|", "markersize": 15, "markeredgewidth": 2.2, "linestyle": "none"}
        ax.plot(seen, np.full(seen.shape, y), color=_INK, label=f"_{name}", **look)
        rows[y] = f"{name}\n({seen.size} dates)"
    return rows


def _draw_stages(
    ax: Axes, stages: pd.DataFrame, y: float, colours: Mapping[str, Any], style: Mapping[str, Any]
) -> None:
    for i, row in enumerate(stages.to_dict("records")):
        look = {"color": colours[row["stage"]], "edgecolor": "white", "height": 2 * _HALF, **style}
        ax.barh(y, row["end"] - row["start"], left=row["start"], **look)
        if "start_low" in row:
            under = y + _HALF + 0.1 + 0.09 * (i % 2)
            ends = [row["start_low"], row["start_high"]]
            ax.plot(ends, [under, under], color=_INK, linewidth=1.6, marker="|", markersize=5)


def _write_codes(ax: Axes, stages: pd.DataFrame, y: float, *, least: float) -> None:
    """Codes over the middle of their bars, or as near as they can be without touching."""
    at = -np.inf
    for start, end, code in zip(stages["start"], stages["end"], stages["bbch"], strict=True):
        at = max((start + end) / 2, at + least)
        ax.text(at, y, code, rotation=90, ha="center", va="bottom", fontsize=TICK_SIZE)


def _days(stages: pd.DataFrame, acquisitions: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
    known = [stages[name] for name in ("start", "end", "start_low", "start_high") if name in stages]
    return np.concatenate([*known, *map(np.atleast_1d, acquisitions.values())]).astype(np.float64)


def _season(ax: Axes, days: NDArray[np.float64], year: int) -> None:
    label_months(ax, days, year)
    for day in ax.get_xticks():
        ax.axvline(day, color="#DDDDDD", linewidth=0.8, zorder=0)
    ax.set_xlim(days.min() - _MARGIN, days.max() + _MARGIN)


def _handles(colours: Mapping[str, Any], *, spread: bool) -> list[Patch | Line2D]:
    handles: list[Patch | Line2D] = [Patch(facecolor=colour, label=name) for name, colour in colours.items()]
    if spread:
        look: dict[str, Any] = {"color": _INK, "linewidth": 1.6, "marker": "|", "markersize": 5}
        handles.append(Line2D([], [], label="middle half of starts", **look))
    return handles
