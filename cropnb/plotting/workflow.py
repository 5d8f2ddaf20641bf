"""A workflow: stages from top to bottom, boxes in rows, arrows between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from cropnb.plotting.style import TICK_SIZE, WIDTH, styled
from cropnb.schema import require

Stages = Mapping[str, Sequence[Sequence[str]]]
Arrows = Sequence[tuple[str, str]]

_LINE, _LETTER = 0.185, 0.083  # all in inches: height of a line of text, and width of a letter,
_PAD = 0.08  # between text and edge of a box,
_BESIDE, _GAP = 0.2, 0.3  # between boxes of a row, and between rows,
_FRAME = 0.12  # between boxes and the frame of their stage, at either side,
_LANE = 0.2  # at either side of all frames, for arrows past several rows,
_TITLE = 0.4  # for the title of a stage, and the head of an arrow under it
_FACES = ("#DCEBF7", "#FBE6D0", "#DDF1E7", "#F3E3EE", "#F2F2F2")  # pale blue, orange, green, pink, grey
_EDGES = ("#0072B2", "#B34700", "#00795A", "#A1467A", "#555555")  # dark enough for text
_INK = "#333333"


@dataclass(frozen=True)
class _Box:
    """Words and their place; y grows downwards."""

    text: str
    stage: int
    row: int
    left: float
    right: float
    top: float
    bottom: float
    first: bool  # of its row
    last: bool

    @property
    def x(self) -> float:
        return (self.left + self.right) / 2

    @property
    def y(self) -> float:
        return (self.top + self.bottom) / 2


@styled
def plot_workflow(stages: Stages, arrows: Arrows = (), *, ax: Axes | None = None, **style: Any) -> Axes:
    """Boxes of each stage in a frame of its own, joined by arrows.

    Parameters
    ----------
    stages : mapping of str to sequence of sequence of str
        Title of a stage -> its rows from top to bottom -> the text of each box.
    arrows : sequence of (from, to)
        Texts of two boxes: neighbours in a row, boxes of rows that follow each other, or boxes of rows
        further apart that both stand at the same end of their row, past which the arrow runs at the side.
    ax : Axes, optional
        Where to draw; by default a new figure as high as the workflow needs.
    **style : object
        Passed to the boxes.

    Returns
    -------
    Axes
        In inches, without axis lines.

    Raises
    ------
    SchemaError
        If there is no box, a text stands twice or is unknown, or an arrow would have to cross a box.
    """
    texts = [text for rows in stages.values() for row in rows for text in row]
    known = set(texts)
    unknown = sorted({end for arrow in arrows for end in arrow} - known)
    require(
        0 < len(texts) == len(known) and not unknown,
        f"plot_workflow: {len(texts)} boxes, {len(known)} different ones, arrows to unknown {unknown}; "
        "expected each text once, and arrows between them. Give boxes texts of their own.",
    )
    boxes = _placed(stages)
    by_text = {box.text: box for box in boxes}
    height = max(box.bottom for box in boxes) + _FRAME + 0.02
    ax = ax if ax is not None else plt.subplots(figsize=(WIDTH, height))[1]
    ax.set(xlim=(0, WIDTH), ylim=(height, 0), aspect="equal")
    ax.set_axis_off()
    for number, title in enumerate(stages):
        _draw_frame(ax, [box for box in boxes if box.stage == number], title, number)
    for box in boxes:
        _draw_box(ax, box, style)
    for start, end in arrows:
        _draw_arrow(ax, by_text[start], by_text[end])
    return ax


def _placed(stages: Stages) -> list[_Box]:
    boxes: list[_Box] = []
    row_number, top = 0, 0.02
    room = WIDTH - 2 * (_LANE + _FRAME)
    for number, rows in enumerate(stages.values()):
        top += _TITLE
        for row in rows:
            width = (room - _BESIDE * (len(row) - 1)) / len(row)
            bottom = top + _LINE * max(len(_lines(text, width)) for text in row) + 2 * _PAD
            for i, text in enumerate(row):
                left = _LANE + _FRAME + i * (width + _BESIDE)
                ends = {"first": i == 0, "last": i == len(row) - 1}
                boxes.append(_Box(text, number, row_number, left, left + width, top, bottom, **ends))
            top = bottom + _GAP
            row_number += 1
    return boxes


def _lines(text: str, width: float) -> list[str]:
    return wrap(text, max(1, int((width - 2 * _PAD) / _LETTER)), break_long_words=False)


def _draw_frame(ax: Axes, boxes: Sequence[_Box], title: str, number: int) -> None:
    top, bottom = boxes[0].top - _TITLE + 0.05, boxes[-1].bottom + _FRAME * 0.6
    colour = number % len(_FACES)
    look: dict[str, Any] = {"facecolor": _FACES[colour], "edgecolor": _EDGES[colour], "linewidth": 1}
    shape = "round,pad=0,rounding_size=0.06"
    corner = (_LANE, top)
    ax.add_patch(FancyBboxPatch(corner, WIDTH - 2 * _LANE, bottom - top, boxstyle=shape, zorder=1, **look))
    words: dict[str, Any] = {"fontsize": TICK_SIZE, "color": _EDGES[colour], "fontweight": "bold"}
    behind = {"facecolor": _FACES[colour], "edgecolor": "none", "boxstyle": "round,pad=0.1"}
    ax.text(_LANE + 0.08, top + 0.125, title, va="center", zorder=5, bbox=behind, **words)


def _draw_box(ax: Axes, box: _Box, style: Mapping[str, Any]) -> None:
    look = {"facecolor": "white", "edgecolor": _INK, "linewidth": 1, **style}
    shape = "round,pad=0,rounding_size=0.05"
    width, height = box.right - box.left, box.bottom - box.top
    ax.add_patch(FancyBboxPatch((box.left, box.top), width, height, boxstyle=shape, zorder=3, **look))
    words = "\n".join(_lines(box.text, width))
    ax.text(
        box.x,
        box.y,
        words,
        ha="center",
        va="center",
        fontsize=TICK_SIZE,
        linespacing=1.1,
        zorder=4,
        gid=box.text,
    )


def _draw_arrow(ax: Axes, start: _Box, end: _Box) -> None:
    path = _path(start, end)
    ax.plot(*zip(*path, strict=True), color=_INK, linewidth=1.3, solid_joinstyle="round", zorder=2.5)
    arrow = {"arrowstyle": "-|>", "color": _INK, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 12}
    ax.annotate("", path[-1], xytext=path[-2], arrowprops={**arrow, "linewidth": 0}, zorder=4)


def _path(start: _Box, end: _Box) -> list[tuple[float, float]]:
    if start.row == end.row and abs(start.x - end.x) < (start.right - start.left) * 1.5 + _BESIDE:
        sides = (start.right, end.left) if start.x < end.x else (start.left, end.right)
        return [(sides[0], start.y), (sides[1], end.y)]
    if end.row == start.row + 1:
        level = start.bottom + 0.08 if start.stage == end.stage else start.bottom + 0.12
        return [(start.x, start.bottom), (start.x, level), (end.x, level), (end.x, end.top)]
    if end.row > start.row and start.last and end.last:
        lane, near = WIDTH - _LANE / 2, (start.right, end.right)
    else:
        lane, near = _LANE / 2, (start.left, end.left)
        require(
            end.row > start.row and start.first and end.first,
            f"plot_workflow: an arrow from {start.text!r} to {end.text!r} would cross boxes; expected "
            "neighbours, or boxes at the same end of their rows. Move one of them.",
        )
    return [(near[0], start.y), (lane, start.y), (lane, end.y), (near[1], end.y)]
