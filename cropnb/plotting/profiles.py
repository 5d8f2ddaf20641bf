"""Seasonal profiles: one line per class, with the band that holds most of its fields."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from cropnb.legends import class_colour
from cropnb.plotting.style import LINES, MARKERS, axis_label, legend_below, new_axes, new_panels, styled
from cropnb.schema import require

_MOST_MONTHS = 7  # more three-letter names do not fit next to each other


@styled
def plot_profiles(  # noqa: PLR0913 - four arrays of one figure and the words for it
    day: ArrayLike,
    mean: Any,
    low: ArrayLike,
    high: ArrayLike,
    *,
    class_names: Sequence[str],
    year: int,
    ylabel: str | None = None,
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Mean of each class over the season, with a band around it.

    Parameters
    ----------
    day : array (time,) [day since 1 January]
        Days of the acquisitions.
    mean : array or DataArray (class, time) [unit of the label]
        Line of each class; NaN leaves a gap.
    low, high : array (class, time) [unit of the label]
        Band of each class.
    class_names : sequence of str
        Names in the order of `mean`; they choose the colours.
    year : int
        Year in which day 0 is 1 January.
    ylabel : str, optional
        Label with unit, such as "VH [dB]"; by default from the attributes of `mean`.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to `Axes.plot`.

    Returns
    -------
    Axes
        Lines with legend labels; months along the bottom.

    Raises
    ------
    SchemaError
        If the shapes differ, or the unit is not known.
    """
    label = axis_label(mean, ylabel, what="y")
    values = [np.asarray(a, dtype=float) for a in (mean, low, high)]
    ax = new_axes(ax, height=3.4 + 0.3 * (len(class_names) // 2))
    _draw_classes(ax, np.asarray(day), values, names=class_names, style=style)
    label_months(ax, day, year)
    ax.set_ylabel(label)
    if len(class_names) <= 4:
        ax.legend()
    else:
        legend_below(ax)
    return ax


@styled
def plot_profile_panels(
    day: ArrayLike,
    mean: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    *,
    class_names: Sequence[str],
    ylabels: Sequence[str],
    year: int,
) -> list[Axes]:
    """One panel of profiles per polarisation or band, with one legend below.

    Parameters
    ----------
    day : array (time,) [day since 1 January]
        Days of the acquisitions.
    mean, low, high : array (channel, class, time) [unit of the label]
        Line and band of each class.
    class_names : sequence of str
        Names in the order of the classes.
    ylabels : sequence of str
        One label with unit per channel, such as "VV [dB]".
    year : int
        Year in which day 0 is 1 January.

    Returns
    -------
    list of Axes
        One per channel, above each other.

    Raises
    ------
    SchemaError
        If the number of labels is not the number of channels.
    """
    panels = [np.asarray(a, dtype=float) for a in (mean, low, high)]
    n_panel = len(panels[0])
    require(
        len(ylabels) == n_panel,
        f"plot_profile_panels: {len(ylabels)} ylabels for {n_panel} channels; expected one each. Give all.",
    )
    height = 2.5 * n_panel + 0.3 * ((len(class_names) + 1) // 2)
    axes = new_panels(n_panel, height=height)
    for i, ax in enumerate(axes):
        data = [a[i] for a in panels]
        _draw_classes(ax, np.asarray(day), data, names=class_names, style={})
        ax.set_ylabel(ylabels[i])
        label_months(ax, day, year)
        ax.label_outer()
    axes[0].figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return axes


def _draw_classes(
    ax: Axes, day: np.ndarray, values: list[np.ndarray], *, names: Sequence[str], style: dict[str, Any]
) -> None:
    shape = (len(names), day.size)
    require(
        all(a.shape == shape for a in values),
        f"plot_profiles: mean, low, high have shapes {[a.shape for a in values]}; expected (class, time) = "
        f"{shape}. Put classes first.",
    )
    for i, (name, mean, low, high) in enumerate(zip(names, *values, strict=True)):
        look = {"linestyle": LINES[i % len(LINES)], "marker": MARKERS[i % len(MARKERS)], **style}
        ax.plot(day, mean, label=name, **{"color": class_colour(name), **look})
        ax.fill_between(day, low, high, color=class_colour(name), alpha=0.15, linewidth=0)


def label_months(ax: Axes, day: ArrayLike, year: int) -> None:
    """Ticks at the first days of the months that some days fall in.

    Parameters
    ----------
    ax : Axes
        With days since 1 January along the bottom.
    day : array (time,) [day since 1 January]
        The days.
    year : int
        Year in which day 0 is 1 January.
    """
    first = dt.date(year, 1, 1)
    start, end = (first + dt.timedelta(days=int(d)) for d in (np.min(day), np.max(day)))
    count = (end.year - start.year) * 12 + end.month - start.month + 1
    months = range(start.month - 1, start.month - 1 + count, 1 if count <= _MOST_MONTHS else 2)
    dates = [dt.date(start.year + m // 12, m % 12 + 1, 1) for m in months]
    ax.set_xticks([(d - first).days for d in dates], [calendar.month_abbr[d.month] for d in dates])
    ax.set_xlabel(f"month of {year}" if start.year == end.year else f"month of {start.year}-{end.year}")
