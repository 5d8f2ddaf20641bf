"""What each feature says about each target: a table of numbers, shaded along its columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from cropnb.plotting.style import WIDTH, new_axes, styled
from cropnb.schema import require

_EQUAL_CONTRAST = 0.179  # luminance on which black and white can be read equally well: 4.6 to 1
_MISSING = "\N{EM DASH}"


@styled
def plot_signatures(
    frame: pd.DataFrame,
    *,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Matrix of numbers with one row per target and one column per feature.

    Parameters
    ----------
    frame : DataFrame (target, feature) [unit of each column]
        Names of the targets as index, of the features as columns.
    ranges : mapping of str to (low, high), optional
        Limits of the shading of a column, pale to dark; by default 0 to 1.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to `Axes.imshow`.

    Returns
    -------
    Axes
        Features along the top; a missing number shows a dash.

    Raises
    ------
    SchemaError
        If the frame has no rows or no columns.
    """
    require(
        frame.size > 0,
        f"plot_signatures: a frame of {frame.shape}; expected at least one target and one feature. Add some.",
    )
    values = frame.to_numpy(dtype=float)
    limits = np.array([(ranges or {}).get(str(name), (0.0, 1.0)) for name in frame.columns])
    shade = np.clip((values - limits[:, 0]) / np.diff(limits, axis=1)[:, 0], 0, 1)
    n_row, n_column = frame.shape
    ax = new_axes(ax, height=1.2 + 0.36 * n_row, width=WIDTH)
    look = {"cmap": "Blues", "vmin": 0, "vmax": 1.25, "aspect": "auto"}
    image = ax.imshow(np.nan_to_num(shade), **{**look, **style})
    size = 10.5 if n_column < 10 else 10
    for (row, column), value in np.ndenumerate(values):
        text = _short(value, wide=limits[column, 1] - limits[column, 0] > 10)
        ink = readable_ink(image.to_rgba(np.nan_to_num(shade[row, column : column + 1]))[0])
        ax.text(column, row, text, ha="center", va="center", fontsize=size, color=ink)
    ax.set_xticks(range(n_column), frame.columns, rotation=40, ha="left", rotation_mode="anchor")
    ax.set_yticks(range(n_row), frame.index)
    ax.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)
    return ax


def readable_ink(colour: ArrayLike) -> str:
    """Black or white, whichever can be read better on a colour.

    Parameters
    ----------
    colour : array (3,) or (4,) [1]
        sRGB from 0 to 1; a fourth number is not looked at.

    Returns
    -------
    str
        "black" or "white".
    """
    luminance = np.asarray(colour)[:3] ** 2.2 @ np.array([0.2126, 0.7152, 0.0722])  # sRGB, nearly
    return "black" if luminance > _EQUAL_CONTRAST else "white"


def _short(value: float, *, wide: bool) -> str:
    text = _MISSING if np.isnan(value) else f"{value:.1f}" if wide else f"{value:.2f}"
    return re.sub(r"^-(?=0\.0+$)", "", text).replace("-", "\N{MINUS SIGN}")
