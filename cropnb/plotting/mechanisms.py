"""A sketch of how fields scatter: once at the soil, twice between stem and soil, many times in leaves."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from cropnb.plotting.style import WIDTH, styled

_SENT, _BACK, _PLANT, _SOIL = "#0072B2", "#D55E00", "#009E73", "#8C6D46"  # Okabe-Ito, and earth
_SKY = 3.1  # where the pulse comes from, in units of the sketch
_Path = Sequence[tuple[float, float]]


@styled
def plot_mechanisms() -> list[Axes]:
    """Three sketches: a rough surface, a stem beside the ground, a cloud of leaves.

    Returns
    -------
    list of Axes
        From left to right; a solid blue line is the pulse, a dashed orange one its echo.
    """
    axes = list(plt.subplots(1, 3, figsize=(WIDTH, 2.9))[1])
    titles = ("surface:\none bounce", "stem, ground:\ntwo bounces", "leaves:\nmany bounces")
    for ax, title, draw in zip(axes, titles, (_surface, _stem, _leaves), strict=True):
        ax.set(xlim=(-1.7, 1.7), ylim=(-0.5, _SKY + 0.2), title=title, aspect="equal")
        ax.title.set_fontsize(11)
        ax.set_axis_off()
        draw(ax)
    handles = axes[0].lines[-2:]
    axes[0].figure.legend(handles, ["pulse", "echo"], loc="outside lower center", ncols=2)
    return axes


def _surface(ax: Axes) -> None:
    _ground(ax, roughness=0.09)
    _rays(ax, [(-1.5, _SKY), (0.0, 0.05)], [(0.0, 0.05), (-1.1, _SKY)])


def _stem(ax: Axes) -> None:
    _ground(ax, roughness=0.02)
    for x in (0.6, 1.0, 1.4):
        ax.plot([x, x], [0, 1.9], color=_PLANT, linewidth=3, solid_capstyle="round")
    # Angle in is angle out at the ground and at the stem: the echo leaves in parallel to the pulse.
    _rays(ax, [(-1.15, _SKY), (0.1, 0.05), (0.55, 1.15)], [(0.55, 1.15), (-0.25, _SKY)])


def _leaves(ax: Axes) -> None:
    _ground(ax, roughness=0.09)
    rng = np.random.default_rng(4)
    for x, y, angle in zip(*rng.uniform((-1.3, 0.4, 0), (1.3, 1.9, np.pi), (46, 3)).T, strict=True):
        dx, dy = 0.13 * np.cos(angle), 0.13 * np.sin(angle)
        ax.plot([x - dx, x + dx], [y - dy, y + dy], color=_PLANT, linewidth=2.2, alpha=0.75)
    _rays(
        ax,
        [(-1.5, _SKY), (-0.6, 1.4), (0.3, 1.0)],
        [(0.3, 1.0), (0.55, 1.65), (-0.2, 1.6), (-0.7, _SKY)],
    )


def _ground(ax: Axes, *, roughness: float) -> None:
    x = np.linspace(-1.7, 1.7, 120)
    y = roughness * (np.sin(9 * x) + np.sin(5.3 * x + 1)) / 2
    ax.fill_between(x, -0.45, y, color=_SOIL, linewidth=0)


def _rays(ax: Axes, sent: _Path, back: _Path) -> None:
    for path, colour, line in ((sent, _SENT, "-"), (back, _BACK, (0, (4, 2)))):
        ax.plot(*np.array(path).T, color=colour, linestyle=line, linewidth=1.8)
        arrow = {"arrowstyle": "-|>", "color": colour, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 13}
        ax.annotate("", path[-1], xytext=path[-2], arrowprops={**arrow, "linewidth": 0})
