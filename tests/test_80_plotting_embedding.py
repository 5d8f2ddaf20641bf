"""Embeddings show every sample once, in the colour of its class, and none of the classes hides the others."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from cropnb import plotting
from cropnb.legends import class_colour
from cropnb.schema import SchemaError

mpl.use("agg")

NAMES = ["maize", "soybean", "wheat"]
IDS = np.arange(60) % 2
XY = np.random.default_rng(0).normal(size=(60, 2))


@pytest.fixture(autouse=True)
def _no_figure_left():
    before = dict(mpl.rcParams)
    yield
    plt.close("all")
    assert dict(mpl.rcParams) == before


def drawn(n_panel: int = 3) -> list[Axes]:
    panels = {f"month {i}: 50 % (chance 33 %)": (XY + i, IDS) for i in range(n_panel)}
    axes = plotting.plot_embeddings(panels, class_names=NAMES)
    axes[0].figure.canvas.draw()
    return axes


def test_every_sample_is_drawn_once_in_the_colour_of_its_class():
    axes = drawn()
    assert [ax.get_title() for ax in axes] == [f"month {i}: 50 % (chance 33 %)" for i in range(3)]
    for number, ax in enumerate(axes):
        for class_id, name in enumerate(NAMES):
            parts = [c for c in ax.collections if c.get_label() == name]
            assert {to_hex(c.get_facecolor()[0]) for c in parts} <= {class_colour(name).lower()}
            points = np.concatenate([np.empty((0, 2)), *(c.get_offsets() for c in parts)])
            expected = XY[class_id == IDS] + number
            assert sorted(map(tuple, points)) == sorted(map(tuple, expected))


def test_classes_take_turns():
    order = [c.get_label() for c in drawn(1)[0].collections]
    assert order == ["maize", "soybean"] * 10


def test_classes_differ_without_colour():
    shapes = {c.get_label(): str(c.get_paths()[0].vertices) for c in drawn(1)[0].collections}
    assert len(set(shapes.values())) == 2


def test_axes_mean_nothing_and_places_left_over_are_empty():
    axes = drawn()
    assert all(list(ax.get_xticks()) == list(ax.get_yticks()) == [] for ax in axes)
    assert [ax.get_visible() for ax in axes[0].figure.axes] == [True, True, True, False]


def test_one_opaque_legend_names_the_classes_that_occur():
    (legend,) = drawn()[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["maize", "soybean"]
    assert {handle.get_alpha() for handle in legend.legend_handles} == {1.0}
    assert all(c.get_alpha() < 1 for c in drawn()[0].collections)


def test_a_single_panel_takes_the_whole_width():
    figure = drawn(1)[0].figure
    assert len(figure.axes) == 1
    assert figure.get_figheight() > figure.get_figwidth()


@pytest.mark.parametrize(
    "panels",
    [{}, {"May": (XY, IDS[1:])}, {"May": (XY, IDS + 2)}, {"May": (XY, IDS - 1)}, {"May": (XY[:, :1], IDS)}],
    ids=["none", "class lacks", "name lacks", "negative", "one dim"],
)
def test_what_cannot_be_drawn_is_refused(panels: dict[str, tuple[np.ndarray, np.ndarray]]):
    with pytest.raises(SchemaError, match="expected"):
        plotting.plot_embeddings(panels, class_names=NAMES)
