"""Confusion matrices that can be read: numbers in the cells, reference down, prediction across."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike

from cropnb.plotting.style import TICK_SIZE, WIDTH, new_axes, styled
from cropnb.schema import require

Normalise = Literal["reference", "prediction"]
_EQUAL_CONTRAST = 0.179  # luminance on which black and white text can be read equally well: 4.6 to 1
_TITLES = {
    "reference": "% of each reference class",
    "prediction": "% of each predicted class",
    None: "count",
}


@styled
def plot_confusion(
    matrix: ArrayLike,
    names: Sequence[str],
    *,
    normalise: Normalise | None = "reference",
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """Confusion matrix with the number in each cell.

    Parameters
    ----------
    matrix : array (n_class, n_class) [count]
        Rows are reference classes, columns predicted ones.
    names : sequence of str
        Class names in the order of `matrix`.
    normalise : {"reference", "prediction"} or None
        Show per cent of each row, of each column, or counts.
    ax : Axes, optional
        Where to draw; a new figure by default.
    **style : object
        Passed to `Axes.imshow`.

    Returns
    -------
    Axes
        A class without samples shows dashes.

    Raises
    ------
    SchemaError
        If `matrix` is not square or does not fit `names`.
    """
    counts = np.asarray(matrix, dtype=float)
    n = len(names)
    require(
        counts.shape == (n, n),
        f"plot_confusion: matrix of shape {counts.shape} for {n} names; expected ({n}, {n}). "
        "Give all class names.",
    )
    require(
        normalise in _TITLES,
        f"plot_confusion: normalise {normalise!r}; expected 'reference', 'prediction' or None. "
        "Use one of these.",
    )
    shown = _share(counts, normalise)
    side = max(4.0, 1.8 + 0.52 * n)
    ax = new_axes(ax, height=side, width=side + 0.6)
    image = ax.imshow(shown, **{"cmap": "cividis", "vmin": 0, "vmax": _top(shown, normalise), **style})
    _write_numbers(ax, image, shown)
    ax.set_xticks(range(n), names, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(n), names)
    ax.set_xlabel("predicted class")
    ax.set_ylabel("reference class")
    ax.set_title(_TITLES[normalise])
    return ax


@styled
def plot_confusion_panels(
    matrices: Mapping[str, ArrayLike],
    names: Sequence[str],
    *,
    normalise: Normalise | None = "reference",
    **style: Any,
) -> list[Axes]:
    """Confusion matrices of the same classes side by side, such as before and after a filter.

    Parameters
    ----------
    matrices : mapping of str to array (n_class, n_class) [count]
        Title -> counts; rows are reference classes, columns predicted ones. Of up to seven classes the
        numbers of two matrices can still be read on a phone.
    names : sequence of str
        Class names in the order of the matrices.
    normalise : {"reference", "prediction"} or None
        As for `plot_confusion`.
    **style : object
        Passed to `Axes.imshow`.

    Returns
    -------
    list of Axes
        In the order of `matrices`; what the numbers are stands below them.

    Raises
    ------
    SchemaError
        If there is no matrix.
    """
    require(len(matrices) > 0, "plot_confusion_panels: no matrix; expected one at least. Pass some counts.")
    side = (WIDTH - 1.2) / len(matrices)
    grid = plt.subplots(1, len(matrices), figsize=(WIDTH, side + 1.6), sharey=True, squeeze=False)[1]
    axes: list[Axes] = list(grid[0])
    for ax, (title, matrix) in zip(axes, matrices.items(), strict=True):
        plot_confusion(matrix, names, normalise=normalise, ax=ax, **style)
        ax.set_title(title, fontsize="medium")
        ax.set_xlabel("")
        ax.label_outer()
        ax.tick_params(labelsize=TICK_SIZE)
    axes[0].figure.supxlabel(f"predicted class ({_TITLES[normalise]})", fontsize="medium")
    return axes


def _share(counts: np.ndarray, normalise: Normalise | None) -> np.ndarray:
    if normalise is None:
        return counts
    total = counts.sum(axis=1 if normalise == "reference" else 0, keepdims=True)
    whole = np.broadcast_to(total, counts.shape)
    share: np.ndarray = np.divide(100 * counts, whole, out=np.full(counts.shape, np.nan), where=whole > 0)
    return share


def _top(shown: np.ndarray, normalise: Normalise | None) -> float:
    return 100.0 if normalise else max(1.0, float(shown.max()))


def _write_numbers(ax: Axes, image: AxesImage, shown: np.ndarray) -> None:
    for (row, column), value in np.ndenumerate(shown):
        text = "\N{EM DASH}" if np.isnan(value) else f"{value:.0f}"
        ax.text(column, row, text, ha="center", va="center", color=_ink(image, value), fontsize=11)


def _ink(image: AxesImage, value: float) -> str:
    if np.isnan(value):
        return "black"
    colour = np.asarray(image.to_rgba(np.array([value]))[0, :3])
    luminance = float((colour**2.2) @ np.array([0.2126, 0.7152, 0.0722]))  # sRGB, nearly
    return "black" if luminance > _EQUAL_CONTRAST else "white"
