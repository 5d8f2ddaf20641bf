"""Which features repeat each other: matrices of rank correlation, a panel for each pair of groups."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.patches import Patch

from cropnb.plotting.style import TICK_SIZE, WIDTH, styled
from cropnb.schema import require

_BY_CHANCE, _MISSING = "#B3B3B3", "#222222"  # grey and nearly black: in neither half of the colours
_SIDE = 0.45  # inches of names beside a panel
_SMALLEST = 10  # points


@styled
def plot_correlation_panels(
    matrices: Mapping[str, pd.DataFrame],
    *,
    year: int,
    p_values: Mapping[str, pd.DataFrame] | None = None,
    alpha: float = 0.05,
    names: Mapping[str, str] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    n_column: int = 2,
) -> list[Axes]:
    """Matrices of correlation with lines between features and a small tick at each new month.

    Parameters
    ----------
    matrices : mapping of str to DataFrame (column, column) [1]
        Title of a panel -> coefficients from -1 to 1, labelled (feature, day) along both axes, as
        `cropnb.features.spearman_matrix` gives them.
    year : int
        Year in which day 0 is 1 January.
    p_values : mapping of str to DataFrame (column, column) [1], optional
        Title -> p-values with the same labels.
    alpha : float () [1]
        Cells with a p-value not below it are grey: their coefficient may be chance.
    names : mapping of str to str, optional
        Short names of features.
    groups : mapping of str to sequence of str, optional
        Features of each group, as `cropnb.features.FEATURE_GROUPS` has them; lines between groups are bold.
    n_column : int () [count]
        Panels in a row.

    Returns
    -------
    list of Axes
        In the order of the panels. Features stand in the order of their first column, each with its days
        in a row; missing coefficients are nearly black.

    Raises
    ------
    SchemaError
        If there is no panel, or a matrix is not labelled (feature, day) alike along both axes.
    """
    require(len(matrices) > 0, "plot_correlation_panels: no panel; expected one at least. Pass a matrix.")
    n_row = math.ceil(len(matrices) / n_column)
    height = n_row * ((WIDTH - _SIDE) / n_column + 0.45) + 1.2
    grid = plt.subplots(n_row, n_column, figsize=(WIDTH, height), squeeze=False)[1]
    axes: list[Axes] = list(grid.ravel())
    for ax, (title, matrix) in zip(axes, matrices.items(), strict=False):
        ordered = _ordered(matrix)
        p_value = (p_values or {}).get(title)
        image = _draw(ax, ordered, p_value=p_value, alpha=alpha)
        _separate(ax, ordered.index, {f: group for group, some in (groups or {}).items() for f in some})
        _label(ax, ordered.index, names or {}, year)
        ax.set_title(title, fontsize=TICK_SIZE)
    for ax in axes[len(matrices) :]:
        ax.set_visible(False)
    _key(axes, image, alpha=alpha if p_values else None)
    return axes[: len(matrices)]


def _ordered(matrix: pd.DataFrame) -> pd.DataFrame:
    """Days of a feature side by side, however the matrix had them."""
    require(
        isinstance(matrix.index, pd.MultiIndex)
        and matrix.index.nlevels == 2
        and matrix.index.equals(matrix.columns),
        "plot_correlation_panels: a matrix without labels (feature, day), or with different ones along its "
        "axes; expected those of spearman_matrix. Pass its `coefficient`.",
    )
    rank = {feature: n for n, feature in enumerate(dict.fromkeys(matrix.index.get_level_values(0)))}
    order = sorted(range(len(matrix)), key=lambda n: (rank[matrix.index[n][0]], matrix.index[n][1]))
    return matrix.iloc[order, order]


def _draw(ax: Axes, matrix: pd.DataFrame, *, p_value: pd.DataFrame | None, alpha: float) -> AxesImage:
    colours = mpl.colormaps["RdBu_r"].with_extremes(bad=_MISSING)
    look: dict[str, Any] = {"cmap": colours, "vmin": -1, "vmax": 1, "interpolation": "nearest"}
    image = ax.imshow(np.ma.masked_invalid(matrix.to_numpy(dtype=float)), **look)
    if p_value is not None:
        chance = p_value.loc[matrix.index, matrix.columns].to_numpy(dtype=float) >= alpha
        ax.imshow(np.ma.masked_where(~chance, chance), cmap=mpl.colors.ListedColormap([_BY_CHANCE]))
    return image


def _separate(ax: Axes, index: pd.MultiIndex, group_of: Mapping[str, str]) -> None:
    features = list(index.get_level_values(0))
    for border in _begun(features)[1:]:
        before, after = (group_of.get(str(features[n])) for n in (border - 1, border))
        for line in (ax.axhline, ax.axvline):
            line(border - 0.5, color="black", linewidth=0.9 if before == after else 2.4)


def _label(ax: Axes, index: pd.MultiIndex, names: Mapping[str, str], year: int) -> None:
    features = list(index.get_level_values(0))
    begun = _begun(features)
    middle = [(a + b - 1) / 2 for a, b in zip(begun, [*begun[1:], len(features)], strict=True)]
    labels = [names.get(str(features[n]), str(features[n])) for n in begun]
    months = [n - 0.5 for n in _new_months(index.get_level_values(1), begun, year)]
    ax.set_xticks(middle, labels, rotation=90, fontsize=_SMALLEST)
    ax.set_yticks(middle, labels, fontsize=_SMALLEST)
    ax.tick_params(length=0)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks(months, minor=True)
        axis.set_tick_params(which="minor", length=3)


def _begun(features: Sequence[str]) -> list[int]:
    """Where each feature begins."""
    return [n for n, feature in enumerate(features) if n == 0 or feature != features[n - 1]]


def _new_months(days: pd.Index, begun: list[int], year: int) -> list[int]:
    first = dt.date(year, 1, 1)
    month = [(first + dt.timedelta(days=int(day))).month for day in days]
    return [n for n in range(len(month)) if n in begun or month[n] != month[n - 1]]


def _key(axes: list[Axes], image: AxesImage, *, alpha: float | None) -> None:
    figure = axes[0].figure
    shown = [ax for ax in axes if ax.get_visible()]
    bar = figure.colorbar(image, ax=shown, location="bottom", fraction=0.05, pad=0.02, aspect=30)
    bar.set_label("Spearman's rank correlation [1]; small ticks: new months", fontsize=TICK_SIZE)
    bar.ax.tick_params(labelsize=TICK_SIZE)
    bar.set_ticks([-1, -0.5, 0, 0.5, 1])
    bar.outline.set_visible(False)
    patches = []
    if alpha is not None:
        patches.append(Patch(color=_BY_CHANCE, label=f"p \N{GREATER-THAN OR EQUAL TO} {alpha:g}"))
    if any(np.ma.is_masked(ax.images[0].get_array()) for ax in shown):
        patches.append(Patch(color=_MISSING, label="constant column"))
    if patches:
        figure.legend(handles=patches, loc="outside lower center", ncols=2)
