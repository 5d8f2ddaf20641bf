"""Learning curves: the loss of a network over its epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from cropnb.plotting.style import LINES, MARKERS, new_axes, styled
from cropnb.schema import require

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")  # Okabe-Ito


@styled
def plot_learning_curve(
    history: Mapping[str, Sequence[float]],
    *,
    columns: Sequence[str] = ("train_loss", "valid_loss"),
    ylabel: str = "cross-entropy [nat]",
    best_epoch: int | None = None,
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Curves over the epochs of one fit.

    Parameters
    ----------
    history : DataFrame or mapping (epoch,) [unit of the label]
        `epoch` and the columns to draw.
    columns : sequence of str
        What to draw.
    ylabel : str
        Label with unit.
    best_epoch : int, optional
        Epoch whose weights were kept; marked by a line.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to `Axes.plot`.

    Returns
    -------
    Axes
        One line per column.

    Raises
    ------
    SchemaError
        If a column is missing.
    """
    lacking = [name for name in ("epoch", *columns) if name not in history]
    require(
        not lacking,
        f"plot_learning_curve: no {lacking} in the history; it has {sorted(history)}. "
        "Name others in `columns`.",
    )
    ax = new_axes(ax)
    for i, name in enumerate(columns):
        colour, line, marker = _COLOURS[i % 4], LINES[i % len(LINES)], MARKERS[i % len(MARKERS)]
        look = {"color": colour, "linestyle": line, "marker": marker, "markersize": 4, **style}
        ax.plot(np.asarray(history["epoch"]), np.asarray(history[name]), label=name.replace("_", " "), **look)
    if best_epoch is not None:
        ax.axvline(best_epoch, color="black", linestyle=":", linewidth=1, label="weights kept")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="epoch", ylabel=ylabel)
    ax.legend()
    return ax
