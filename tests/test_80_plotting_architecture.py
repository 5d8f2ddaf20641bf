"""The figure of an architecture shows what the network is made of, legibly, without lines through boxes."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from types import SimpleNamespace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.patches import FancyBboxPatch

from cropnb.models import REGISTRY, build_model, count_parameters
from cropnb.models.outline import outline
from cropnb.plotting import plot_architecture

mpl.use("agg")


@pytest.fixture(autouse=True)
def _no_figure_left():
    before = dict(mpl.rcParams)
    yield
    plt.close("all")
    assert dict(mpl.rcParams) == before


def network(name, *, n_class=6, **sizes):
    n_time = {} if name == "AttentionLSTM" else {"n_time": 22}
    return build_model(name, n_channel=3, n_class=n_class, **n_time, **sizes)


def batch():
    mask = torch.ones(2, 22, dtype=torch.bool)
    x = torch.linspace(-1, 1, 2 * 22 * 3).reshape(2, 22, 3)
    return SimpleNamespace(x=x, day=mask.long(), valid_mask=mask)


@cache
def drawn(name, **sizes):
    ax = plot_architecture(network(name, **sizes), batch())
    ax.figure.canvas.draw()
    return ax


def boxes(ax):
    return [p for p in ax.patches if isinstance(p, FancyBboxPatch) and p.get_linestyle() in ("-", "solid")]


def labels(ax):
    return [text.get_text() for text in ax.texts]


each_model = pytest.mark.parametrize("name", REGISTRY)


@each_model
def test_every_part_is_drawn_with_its_shape_and_parameters(name):
    model, shown = network(name), batch()
    parts = outline(model, x=shown.x, day=shown.day, valid_mask=shown.valid_mask)
    ax = plot_architecture(model, shown)
    assert len(boxes(ax)) == sum(bool(part.shape) for part in parts)
    for part in parts:
        size = " x ".join(map(str, part.shape))
        wanted = [size, f"{part.n_parameter:,}"] if part.n_parameter else [size]
        assert any(text.split("\n")[-len(wanted) :] == wanted for text in labels(ax)) or not part.shape
    assert ax.get_title().startswith(f"{type(model).__name__}: {count_parameters(model):,} parameters")


@each_model
def test_text_lies_inside_its_box(name):
    ax = drawn(name)
    found = [box.get_window_extent() for box in boxes(ax)]
    for text in ax.texts:
        if "\n" not in text.get_text():
            continue
        extent = text.get_window_extent()
        middle = ((extent.x0 + extent.x1) / 2, (extent.y0 + extent.y1) / 2)
        (box,) = [b for b in found if b.contains(*middle)]
        assert extent.x0 >= box.x0 - 1, text.get_text()
        assert extent.x1 <= box.x1 + 1, text.get_text()
        assert extent.y0 >= box.y0 - 1, text.get_text()
        assert extent.y1 <= box.y1 + 1, text.get_text()


@each_model
def test_boxes_and_labels_do_not_overlap_and_stay_in_the_figure(name):
    ax = drawn(name)
    small = [t.get_window_extent() for t in ax.texts if "\n" not in t.get_text()]
    found = [*(box.get_window_extent() for box in boxes(ax)), *small]
    edge = ax.figure.bbox
    for i, one in enumerate(found):
        assert edge.x0 <= one.x0
        assert one.x1 <= edge.x1
        assert not any(one.overlaps(other) for other in found[:i])


@each_model
def test_no_line_runs_through_a_box(name):
    ax = drawn(name)
    inner = []
    for box in boxes(ax):
        x, y, width, height = box.get_x(), box.get_y(), box.get_width(), box.get_height()
        inner.append((x + 0.02, y + 0.02, x + width - 0.02, y + height - 0.02))
    for line in ax.lines:
        points = np.asarray(line.get_xydata())
        for a, b in pairwise(points):
            along = a + np.linspace(0, 1, 400)[:, None] * (b - a)
            for x0, y0, x1, y1 in inner:
                x, y = along.T
                assert not ((x0 < x) & (x < x1) & (y0 < y) & (y < y1)).any()


@each_model
def test_text_is_about_12_pixels_high_on_a_phone_390_pixels_wide(name):
    ax = drawn(name)
    width = ax.figure.get_figwidth()
    assert min(text.get_fontsize() for text in ax.texts) * 390 / (72 * width) >= 11


def test_branches_stand_side_by_side():
    ax = drawn("Transformer")
    at = {t.get_text().split("\n")[0]: t.get_position() for t in ax.texts}
    heights = {round(at[name][1], 6) for name in ("query", "key", "value")}
    assert len(heights) == 1
    assert at["query"][0] < at["key"][0] < at["value"][0]
    assert at["norm"][1] < at["key"][1] < at["attention"][1] < at["heads"][1]


def test_equal_blocks_are_drawn_once_and_counted():
    assert "EncoderBlock, 2 times" in labels(drawn("Transformer"))
    assert "EncoderBlock, 3 times" in labels(drawn("Transformer", n_block=3))
    assert "EncoderBlock" in labels(drawn("Transformer", n_block=1))


def test_numbers_follow_the_network():
    found = [re.findall(r"\d[\d,]*", " ".join(labels(drawn("TempCNN", n_filter=n)))) for n in (64, 16)]
    assert "64" in found[0]
    assert "64" not in found[1]
    assert "16" in found[1]


def test_layers_without_parameters_look_different():
    ax = drawn("Transformer")
    faces = {box.get_facecolor() for box in boxes(ax)}
    assert len(faces) == 2


def test_given_axes_are_used():
    own = plt.figure(figsize=(5.2, 9)).add_subplot()
    assert plot_architecture(network("TempCNN"), batch(), ax=own, linewidth=3) is own
    assert len(plt.get_fignums()) == 1
    assert {box.get_linewidth() for box in boxes(own)} == {3}
