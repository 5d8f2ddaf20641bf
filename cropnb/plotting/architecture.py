"""The architecture of a network, drawn from the network itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch
from matplotlib.textpath import TextPath

from cropnb.plotting.style import TICK_SIZE, WIDTH, styled

if TYPE_CHECKING:
    from cropnb.models.outline import Part

_LINE, _LETTER = 0.19, 0.093  # all in inches: height of a line of text, and width of a letter,
_PAD = 0.07  # between text and edge of a box,
_GAP = 0.26  # between rows, where the connections run,
_BESIDE = 0.06  # between boxes of a row,
_MARGIN = 0.33  # at either side, for connections past several rows,
_LANE = 0.075  # between two of those
_NARROWEST, _WIDEST = 1.0, 2.6
_MOST = 4  # boxes in a row: more would not be wide enough for their text
_WITH, _WITHOUT, _EDGE = "#C6E2F5", "#EEEEEE", "#333333"  # light blue, light grey, nearly black
_FRAME = "#0072B2"  # Okabe-Ito


@dataclass(frozen=True, kw_only=True)
class _Box:
    """A part and its place; y grows downwards."""

    part: Part
    text: str
    row: int
    x: float
    top: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        return self.top + self.height


@styled
def plot_architecture(model: Any, batch: Any, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Layers of a network from top to bottom, branches side by side.

    A box says what the code calls a layer, its class and those of the layers that follow at once, the shape
    of what comes out (without the batch), and the number of trainable parameters; blue boxes have some, grey
    ones none. White labels say how branches meet. A frame holds the parts of a module, and says how often it
    is repeated.

    Parameters
    ----------
    model : Module
        Network of the contract in `cropnb.models`; it is run once, and left as it was.
    batch : Batch (batch, time, channel) [1]
        What it is run on; two samples will do.
    ax : Axes, optional
        Where to draw; by default a new figure as high as the network needs.
    **style : object
        Passed to the boxes.

    Returns
    -------
    Axes
        In inches, without axis lines.

    Raises
    ------
    SchemaError
        If the logits do not depend on `batch.x`.
    """
    # Torch is imported here only, so that all other figures do not wait for it.
    from cropnb.models.outline import outline  # noqa: PLC0415

    parts = outline(model, x=batch.x, day=batch.day, valid_mask=batch.valid_mask)
    boxes = _placed(parts)
    height = max(box.bottom for box in boxes) + _PAD
    ax = ax if ax is not None else plt.subplots(figsize=(WIDTH, height + 0.55))[1]
    ax.set(xlim=(0, WIDTH), ylim=(height, 0), aspect="equal")
    ax.set_axis_off()
    total = sum(part.n_parameter * part.times for part in parts)
    ax.set_title(
        f"{type(model).__name__}: {total:,} parameters\n(box: name, layers, shape of output, parameters)"
    )
    for group in dict.fromkeys(part.group for part in parts if part.group):
        _frame(ax, boxes, group)
    _connect(ax, boxes)
    for box in boxes:
        _draw(ax, box, style)
    return ax


def _placed(parts: Sequence[Part]) -> list[_Box]:
    rows = _rows(parts)
    filled = Counter(rows)
    rooms = [(WIDTH - 2 * _MARGIN) / filled[row] - _BESIDE for row in rows]
    texts = [_text(part, room=min(room, _WIDEST)) for part, room in zip(parts, rooms, strict=True)]
    sizes = [_size(part, text) for part, text in zip(parts, texts, strict=True)]
    centres = _centres(parts, rows, [width for width, _ in sizes])
    tops = _tops(parts, rows, [height for _, height in sizes])
    return [
        _Box(part=part, text=text, row=row, x=x, top=tops[row], width=min(size[0], room), height=size[1])
        for part, text, row, x, size, room in zip(parts, texts, rows, centres, sizes, rooms, strict=True)
    ]


def _rows(parts: Sequence[Part]) -> list[int]:
    """Each part below all that feed it, as high as there is room."""
    rows: list[int] = []
    filled: Counter[int] = Counter()
    for part in parts:
        row = 1 + max((rows[b] for b in part.before), default=-1)
        while filled[row] == _MOST:
            row += 1
        filled[row] += 1
        rows.append(row)
    return rows


def _centres(parts: Sequence[Part], rows: Sequence[int], widths: Sequence[float]) -> list[float]:
    """Each part below the middle of those that feed it, as far as its row has room."""
    centre = [WIDTH / 2] * len(parts)
    for row in range(1, max(rows) + 1):
        here = [n for n, r in enumerate(rows) if r == row]
        wish = {n: sum(centre[b] for b in parts[n].before) / max(1, len(parts[n].before)) for n in here}
        here.sort(key=lambda n: (round(wish[n], 3), n))
        places = _apart([wish[n] for n in here], [widths[n] + _BESIDE for n in here])
        for n, place in zip(here, places, strict=True):
            centre[n] = place
    return centre


def _apart(wishes: Sequence[float], widths: Sequence[float]) -> list[float]:
    """Places near those wished for, in their order, that do not overlap and leave the margins free."""
    places = _pushed(wishes, widths, start=-WIDTH)
    shift = sum(w - p for w, p in zip(wishes, places, strict=True)) / len(places)
    places = _pushed([p + shift for p in places], widths, start=_MARGIN)
    mirrored = _pushed([WIDTH - p for p in places[::-1]], widths[::-1], start=_MARGIN)
    return [WIDTH - p for p in mirrored[::-1]]


def _pushed(wishes: Sequence[float], widths: Sequence[float], *, start: float) -> list[float]:
    places = []
    for wish, width in zip(wishes, widths, strict=True):
        places.append(max(wish, start + width / 2))
        start = places[-1] + width / 2
    return places


def _tops(parts: Sequence[Part], rows: Sequence[int], heights: Sequence[float]) -> list[float]:
    """Where each row begins, with room for the name of a frame that begins there."""
    tops, y, seen = [], 0.05, {""}
    for row in range(max(rows) + 1):
        here = [n for n, r in enumerate(rows) if r == row]
        groups = {parts[n].group for n in here}
        y += _LINE + 0.12 if groups - seen else 0
        seen |= groups
        tops.append(y)
        y += max(heights[n] for n in here) + _GAP
    return tops


def _text(part: Part, *, room: float) -> str:
    if not part.shape:
        return part.kinds[0]
    words = [", ".join(part.kinds)]
    if part.name != words[0].lower():
        words.insert(0, part.name.replace("_", " "))
    letters = max(1, int(room / _LETTER))
    lines = [line for each in words for line in wrap(each, letters, break_long_words=False)]
    count = [f"{part.n_parameter:,}"] if part.n_parameter else []
    return "\n".join([*lines, " x ".join(str(n) for n in part.shape), *count])


def _size(part: Part, text: str) -> tuple[float, float]:
    """Width and height of a part with its text."""
    lines = text.split("\n")
    pad = 2 * _PAD if part.shape else 0
    width = max(TextPath((0, 0), line, size=TICK_SIZE).get_extents().width for line in lines) / 72
    return max(_NARROWEST if part.shape else 0, width + pad), _LINE * len(lines) + pad


def _draw(ax: Axes, box: _Box, style: dict[str, Any]) -> None:
    middle = (box.x, box.top + box.height / 2)
    if box.part.shape:
        colour = _WITH if box.part.n_parameter else _WITHOUT
        look: dict[str, Any] = {"facecolor": colour, "edgecolor": _EDGE, "linewidth": 1, **style}
        corner = (box.x - box.width / 2, box.top)
        shape = "round,pad=0,rounding_size=0.06"
        ax.add_patch(FancyBboxPatch(corner, box.width, box.height, boxstyle=shape, zorder=3, **look))
    around = {"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": _EDGE, "linewidth": 1}
    ax.annotate(
        box.text,
        middle,
        ha="center",
        va="center",
        fontsize=TICK_SIZE,
        linespacing=1.1,
        zorder=4,
        bbox=None if box.part.shape else around,
    )


def _frame(ax: Axes, boxes: Sequence[_Box], group: str) -> None:
    """A line around the parts of a module, where no part of another lies between them."""
    inside = [box for box in boxes if box.part.group == group]
    top, bottom = min(b.top for b in inside) - _LINE - 0.1, max(b.bottom for b in inside) + 0.1
    level = [b for b in boxes if top < b.bottom and b.top < bottom]
    if len(level) == len(inside):
        left, right = 0.02, WIDTH - 0.02
    else:
        left = min(b.x - b.width / 2 for b in inside) - 0.05
        right = max(b.x + b.width / 2 for b in inside) + 0.05
    if any(b not in inside and b.x + b.width / 2 > left and b.x - b.width / 2 < right for b in level):
        return
    look: dict[str, Any] = {
        "facecolor": "none",
        "edgecolor": _FRAME,
        "linewidth": 1.2,
        "linestyle": (0, (4, 2)),
    }
    shape = "round,pad=0,rounding_size=0.08"
    ax.add_patch(FancyBboxPatch((left, top), right - left, bottom - top, boxstyle=shape, zorder=1, **look))
    part = inside[0].part
    name = part.group_kind + (f", {part.times} times" if part.times > 1 else "")
    ax.annotate(name, (left + 0.07, top + 0.13), va="center", fontsize=TICK_SIZE, color=_FRAME, zorder=4)


def _connect(ax: Axes, boxes: Sequence[_Box]) -> None:
    lanes: list[tuple[_Box, int, float]] = []
    for box in boxes:
        for number in box.part.before:
            path = _path(boxes[number], box, boxes, lanes)
            ax.plot(*zip(*path, strict=True), color=_EDGE, linewidth=1.1, solid_joinstyle="round", zorder=2)
        if box.part.before:
            look: dict[str, Any] = {
                "marker": "v",
                "markersize": 5,
                "linestyle": "none",
                "color": _EDGE,
                "zorder": 3,
            }
            ax.plot([box.x], [box.top - 0.035], **look)


def _path(
    start: _Box, end: _Box, boxes: Sequence[_Box], lanes: list[tuple[_Box, int, float]]
) -> list[tuple[float, float]]:
    """Down from one box to another; past the rows between along a column that is free, or a margin."""
    first, last = (start.x, start.bottom), (end.x, end.top)
    if end.row == start.row + 1:
        return [first, (start.x, _floor(boxes, start.row)), last]
    x = _free_column(start, end, boxes, lanes)
    # Lines that leave run above those that arrive, so that two of them never look like one.
    high, low = _floor(boxes, start.row) + 0.2 * _GAP, _floor(boxes, end.row - 1) + 0.5 * _GAP
    return [first, (start.x, high), (x, high), (x, low), (end.x, low), last]


def _floor(boxes: Sequence[_Box], row: int) -> float:
    return max(box.bottom for box in boxes if box.row == row)


def _free_column(
    start: _Box, end: _Box, boxes: Sequence[_Box], lanes: list[tuple[_Box, int, float]]
) -> float:
    """Straight down if no box is in the way, else at the side; one line for all that leaves one box."""
    between = [box for box in boxes if start.row < box.row < end.row]
    for x in (start.x, end.x):
        if all(abs(box.x - x) > box.width / 2 + 0.05 for box in between):
            return x
    taken = {x for other, row, x in lanes if other is not start and other.row < end.row and start.row < row}
    steps = [_MARGIN - 0.08 - _LANE * n for n in range(4)]
    places = [WIDTH - step for step in steps] if start.x > WIDTH / 2 - 0.01 else steps
    x = next((place for place in places if place not in taken), places[-1])
    lanes.append((start, end.row, x))
    return x
