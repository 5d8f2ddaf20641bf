"""Which features matter on which dates, and which of them are taken."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from cropnb.plotting.profiles import label_months
from cropnb.plotting.style import TICK_SIZE, legend_below, new_axes, styled
from cropnb.schema import require

_ROW = 0.27  # inches of a feature
_SMALL, _LARGE = 5, 62  # areas of dots, in square points
_MARGIN = 5  # days
_COLUMNS = ("feature", "day", "importance", "decision")


@styled
def plot_importance(
    table: pd.DataFrame,
    *,
    year: int,
    chosen: Collection[str] = (),
    names: Mapping[str, str] | None = None,
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Dots of features by date, larger and darker where more important, ringed where confirmed.

    Parameters
    ----------
    table : DataFrame (feature and day, column)
        `feature`, `day` [day since 1 January], `importance` (share of the largest) and `decision`, as
        `cropnb.features.boruta_features` gives them.
    year : int
        Year in which day 0 is 1 January.
    chosen : collection of str
        Features that are taken; a star follows their rows.
    names : mapping of str to str, optional
        Short names of features.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to `Axes.scatter`.

    Returns
    -------
    Axes
        Features from top to bottom in the order of the table; a column without importance has no dot.

    Raises
    ------
    SchemaError
        If there is no row, a column is missing, or a chosen feature is not in the table.
    """
    lacking = [name for name in _COLUMNS if name not in table]
    unknown = sorted(set(chosen) - set(table["feature"])) if not lacking else []
    require(
        len(table) > 0 and not lacking and not unknown,
        f"plot_importance: {len(table)} rows, without columns {lacking}, without features {unknown}; "
        "expected the table of boruta_features. Choose among its features.",
    )
    features = list(dict.fromkeys(table["feature"]))
    ax = new_axes(ax, height=_ROW * len(features) + 2.0)
    row = table["feature"].map({feature: n for n, feature in enumerate(features)}).to_numpy()
    value = table["importance"].to_numpy(dtype=float)
    ringed = np.where(table["decision"].to_numpy() == "confirmed", "black", "none")
    for n in range(len(features)):
        ax.axhline(n, color="#EEEEEE", linewidth=0.8, zorder=0)
    look = {"cmap": "YlOrRd", "vmin": 0, "vmax": 1, "linewidths": 1.3, "edgecolors": ringed, "zorder": 2}
    size = _SMALL + (_LARGE - _SMALL) * np.clip(value, 0, 1)
    dots = ax.scatter(table["day"], row, s=size, c=value, **{**look, **style})
    for feature in chosen:
        place = ax.get_yaxis_transform()
        ax.plot(1.03, features.index(feature), transform=place, clip_on=False, **_STAR)
    ax.set_yticks(range(len(features)), [(names or {}).get(str(f), str(f)) for f in features])
    ax.set_ylim(len(features) - 0.4, -0.6)
    ax.set_xlim(table["day"].min() - _MARGIN, table["day"].max() + _MARGIN)
    ax.tick_params(axis="y", length=0)
    label_months(ax, table["day"], year)
    bar = ax.figure.colorbar(dots, ax=ax, location="top", fraction=0.04, pad=0.02, aspect=30)
    bar.set_label("importance, share of the largest [1]", fontsize=TICK_SIZE)
    bar.ax.tick_params(labelsize=TICK_SIZE)
    bar.outline.set_visible(False)
    legend_below(ax, handles=_handles(starred=len(chosen) > 0))
    return ax


_STAR: dict[str, Any] = {"marker": "*", "markersize": 11, "color": "#0072B2", "linestyle": "none"}


def _handles(*, starred: bool) -> list[Line2D]:
    dot: dict[str, Any] = {"marker": "o", "markersize": 7, "linestyle": "none", "color": "#FD8D3C"}
    ring = Line2D([], [], label="confirmed", markeredgecolor="black", markeredgewidth=1.3, **dot)
    return [ring, Line2D([], [], label="not confirmed", **dot)] + (
        [Line2D([], [], label="chosen", **_STAR)] if starred else []
    )
