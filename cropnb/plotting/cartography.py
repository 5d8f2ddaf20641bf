"""What makes a picture a map: a bar to measure by, an arrow to the north, kilometres along the axes."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from cropnb.plotting.style import TICK_SIZE

_M_PER_KM = 1000.0
_LONGEST = 0.3  # of the width of the map
_INK = "black"


def scale_bar(ax: Axes, *, left: float, width: float, y: float) -> None:
    """Bar of a round length, with its length beside it.

    Parameters
    ----------
    ax : Axes
        Of a map whose coordinates are metres, already limited.
    left, width : float () [m]
        West end of the bar, and width of the map that it is to suit.
    y : float () [1]
        Height of the bar over the lower edge of the axes, as a share of theirs; below 0 it is outside.
    """
    length = _round_length(_LONGEST * width)
    place = ax.get_xaxis_transform()
    ax.plot([left, left + length], [y, y], transform=place, color=_INK, linewidth=3, clip_on=False, zorder=6)
    ax.annotate(
        _length_text(length),
        (left + length, y),
        xycoords=place,
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        fontsize=TICK_SIZE,
        zorder=6,
        annotation_clip=False,
    )


def north_arrow(ax: Axes, *, x: float, y: float, height: float) -> None:
    """Arrow that points up, with an N beside it.

    Parameters
    ----------
    ax : Axes
        Of a map with north up.
    x, y : float () [1]
        Foot of the arrow, as shares of the axes.
    height : float () [1]
        Of the arrow, as a share of that of the axes.
    """
    arrow = {"arrowstyle": "-|>", "color": _INK, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 16}
    ends: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "axes fraction"}
    ax.annotate("", (x, y + height), xytext=(x, y), arrowprops=arrow, zorder=6, **ends)
    ax.text(
        x - 0.02, y + height / 2, "N", transform=ax.transAxes, ha="right", va="center", fontsize=TICK_SIZE
    )


def kilometre_axes(ax: Axes) -> None:
    """Label axes in kilometres where their coordinates are metres.

    Parameters
    ----------
    ax : Axes
        Of a map in a projection.
    """
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / _M_PER_KM:g}"))
    ax.set(xlabel="easting [km]", ylabel="northing [km]")


def _round_length(longest: float) -> float:
    """Largest of 1, 2 and 5 times a power of ten that is not longer."""
    power = 10.0 ** math.floor(math.log10(longest))
    return max(step * power for step in (1, 2, 5) if step * power <= longest * (1 + 1e-9))


def _length_text(length_m: float) -> str:
    return f"{length_m / _M_PER_KM:g} km" if length_m >= _M_PER_KM else f"{length_m:g} m"
