"""The look all figures share, and the words on their axes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from matplotlib.transforms import ScaledTranslation

from cropnb.schema import KINDS, require

P = ParamSpec("P")
T = TypeVar("T")

WIDTH = 5.2  # inches: 12-point text is still 12 pixels high where a phone shows the figure 390 pixels wide
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)))
TICK_SIZE = 11
SIMULATED = "simulated scene"

# The page may be dark, the figure stays white: its labels are black.
_RC: Any = {
    "axes.axisbelow": True,
    "axes.facecolor": "white",
    "axes.grid": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 12,
    "figure.constrained_layout.use": True,
    "figure.dpi": 144,
    "figure.facecolor": "white",
    "figure.figsize": (WIDTH, 3.6),
    "font.size": 12,
    "legend.fontsize": 11,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "savefig.facecolor": "white",
    "text.color": "black",
}


@contextmanager
def style() -> Iterator[None]:
    """Context in which matplotlib draws in the look of the book; all functions of this package use it."""
    with mpl.rc_context(_RC):
        yield
        interactive = mpl.is_interactive()
    # The first figure of a notebook switches interactive mode on; `rc_context` would switch it off again,
    # and later figures would not appear.
    mpl.interactive(interactive)


def styled(draw: Callable[P, T]) -> Callable[P, T]:
    """`draw`, run within `style`.

    Parameters
    ----------
    draw : function
        A plotting function.

    Returns
    -------
    function
        The same function in the look of the book.
    """

    @functools.wraps(draw)
    def inner(*args: P.args, **kwargs: P.kwargs) -> T:
        with style():
            return draw(*args, **kwargs)

    return inner


def new_axes(ax: Axes | None, *, height: float = 3.6, width: float = WIDTH) -> Axes:
    """`ax`, or the axes of a new figure.

    Parameters
    ----------
    ax : Axes or None
        Where the caller wants to draw.
    height, width : float () [inch]
        Size of a new figure.

    Returns
    -------
    Axes
        Where to draw.
    """
    return ax if ax is not None else new_panels(1, height=height, width=width)[0]


def new_panels(
    n_panel: int, *, height: float, width: float = WIDTH, ratios: Sequence[float] | None = None
) -> list[Axes]:
    """Axes above each other in a new figure, with the x axis shared.

    Parameters
    ----------
    n_panel : int () [count]
        How many.
    height, width : float () [inch]
        Size of the whole figure.
    ratios : sequence of float (n_panel,) [1], optional
        Heights of the panels relative to each other; equal by default.

    Returns
    -------
    list of Axes
        From top to bottom.
    """
    size = (width, height)
    grid = plt.subplots(n_panel, figsize=size, sharex=True, squeeze=False, height_ratios=ratios)[1]
    axes = list(grid[:, 0])
    for ax in axes:
        ax.tick_params(labelsize=TICK_SIZE)  # ticks are made when drawn, long after `style` has ended
    return axes


def legend_below(ax: Axes, *, inches: float = 0.6, **style: Any) -> None:
    """Legend in two columns under the axes, clear of ticks and label at any height of the figure.

    Parameters
    ----------
    ax : Axes
        The axes.
    inches : float () [inch]
        Distance from the axes to the legend's top.
    **style : object
        Passed to `Axes.legend`.
    """
    down = ScaledTranslation(0, -inches, ax.figure.dpi_scale_trans)
    place = {"loc": "upper center", "bbox_to_anchor": (0.5, 0), "bbox_transform": ax.transAxes + down}
    ax.legend(**{"ncols": 2, "borderaxespad": 0, **place, **style})


def axis_label(data: Any, given: str | None, *, what: str) -> str:
    """Text of an axis: what was given, else `long_name [units]` of the data.

    Parameters
    ----------
    data : array or DataArray
        What is drawn along the axis.
    given : str or None
        Label with its unit, such as "VH [dB]".
    what : str
        "x" or "y".

    Returns
    -------
    str
        The label.

    Raises
    ------
    SchemaError
        If no label is given and the data carry no units.
    """
    if given:
        return given
    attrs = getattr(data, "attrs", {})
    require(
        bool(attrs.get("units")),
        f"plot: the data along {what} have no units; expected attrs['units'], or a label with the unit. "
        f"Pass {what}label, such as 'VH [dB]'.",
    )
    name = attrs.get("long_name") or getattr(data, "name", None) or what
    return f"{name} [{attrs['units']}]"


def label_kind(ax: Axes, kind: str) -> Axes:
    """Say in the title that a figure shows a simulated scene; real scenes need no label.

    Parameters
    ----------
    ax : Axes
        The figure's axes, after their title was set.
    kind : str
        `kind` of the scene.

    Returns
    -------
    Axes
        `ax`.

    Raises
    ------
    SchemaError
        If `kind` is neither simulated nor real.
    """
    require(kind in KINDS, f"label_kind: {kind!r}; expected {' or '.join(KINDS)}. Take scene.attrs['kind'].")
    title = ax.get_title()
    if kind == "simulated" and SIMULATED not in title:
        ax.set_title(f"{title}\n({SIMULATED})" if title else SIMULATED)
    return ax


def log_axis(ax: Axes) -> None:
    """Logarithmic x axis with plain numbers at 1, 2 and 5.

    Parameters
    ----------
    ax : Axes
        Changed.
    """
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
