"""Feature maps and profiles of a network show what they are given, where it belongs, and can be read."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes

from cropnb import plotting
from cropnb.legends import class_colour
from cropnb.schema import SchemaError

mpl.use("agg")

DAY = np.array([121, 127, 139, 170, 200, 243, 260])  # 2 May to 18 September
CLASSES, DEPTHS = ["maize", "soybean"], ["conv1", "conv2", "conv3"]
MAPS = [[60.0 * d + 10 * np.arange(n)[:, None] + np.arange(7) for n in (5, 3)] for d in range(3)]
MEAN = np.arange(14.0).reshape(2, 7) / 91


@pytest.fixture(autouse=True)
def _no_figure_left():
    before = dict(mpl.rcParams)
    yield
    plt.close("all")
    assert dict(mpl.rcParams) == before


def feature_maps(**changes: Any) -> list[Axes]:
    given = {"maps": MAPS, "depth_names": DEPTHS, "class_names": CLASSES, "year": 2017, **changes}
    axes = plotting.plot_feature_maps(DAY, given.pop("maps"), **given)
    axes[0].figure.canvas.draw()
    return axes


def attention(ax: Axes | None = None, class_names: list[str] = CLASSES) -> Axes:
    rows = np.resize(MEAN, (len(class_names), 7))
    look = {"class_names": class_names, "year": 2017, "uniform": 1 / 7}
    return plotting.plot_attention_profiles(DAY, rows, rows - 0.01, rows + 0.01, ax=ax, **look)


def test_maps_stand_in_the_row_of_their_class_and_the_column_of_their_depth():
    axes = feature_maps()
    assert len(axes) == 6
    for number, ax in enumerate(axes):
        row, column = divmod(number, 3)
        np.testing.assert_array_equal(np.asarray(ax.images[0].get_array()), MAPS[column][row])
        assert ax.images[0].get_clim() == (0, 255)
    assert [ax.get_title() for ax in axes] == [*DEPTHS, "", "", ""]
    assert [ax.get_ylabel() for ax in axes[::3]] == ["maize\nn = 5", "soybean\nn = 3"]


def test_first_sample_is_on_top_and_dates_are_where_they_were():
    ax = feature_maps()[0]
    bottom, top = ax.get_ylim()
    assert (bottom, top) == (5, 0)
    low, high = ax.get_xlim()
    assert (low, high) == (118, 268.5)  # half a gap beyond the first and the last date
    renderer = ax.figure.canvas.get_renderer()
    image = np.asarray(ax.images[0].make_image(renderer)[0])
    columns = [int((d - low) / (high - low) * image.shape[1]) for d in DAY]
    colours = ax.images[0].to_rgba(MAPS[0][0][0], bytes=True)
    top_row = image[-1, columns, :3]
    np.testing.assert_allclose(top_row.astype(int), colours[:, :3].astype(int), atol=1)


def test_months_are_told_by_first_letters_below_and_colours_by_one_bar():
    axes = feature_maps()
    letters = [
        (t, text.get_text()) for t, text in zip(axes[3].get_xticks(), axes[3].get_xticklabels(), strict=True)
    ]
    assert letters == [(120, "M"), (151, "J"), (181, "J"), (212, "A"), (243, "S")]
    assert [ax.get_xlabel() for ax in axes] == ["", "", "", "", "month of 2017", ""]
    (bar,) = [ax for ax in axes[0].figure.axes if ax not in axes]
    assert "0 to 255" in bar.get_xlabel()


def test_a_class_without_samples_leaves_its_panels_empty():
    axes = feature_maps(maps=[[depth[0], depth[1][:0]] for depth in MAPS])
    assert [len(ax.images) for ax in axes] == [1, 1, 1, 0, 0, 0]
    assert axes[3].get_ylabel() == "soybean\nn = 0"


@pytest.mark.parametrize(
    ("maps", "said"),
    [
        (MAPS[:2], "3 depths"),
        ([depth[:1] for depth in MAPS], "2 classes"),
        ([[m[:, :5] for m in depth] for depth in MAPS], "Put dates last"),
        ([MAPS[0], MAPS[1], [m[:2] for m in MAPS[2]]], "the same samples"),
    ],
)
def test_maps_that_do_not_fit_are_refused(maps: list[list[np.ndarray]], said: str):
    with pytest.raises(SchemaError, match=said):
        feature_maps(maps=maps)


def test_text_of_feature_maps_can_be_read_on_a_phone():
    axes = feature_maps()
    texts = [t for ax in axes for t in (*ax.get_xticklabels(), ax.yaxis.label, ax.title) if t.get_text()]
    assert all(t.get_fontsize() * 390 / (72 * axes[0].figure.get_figwidth()) >= 10.9 for t in texts)


def test_activation_bands_are_a_standard_deviation_wide():
    mean, sd = np.stack([MEAN, 2 * MEAN]), np.full((2, 2, 7), 0.5)
    axes = plotting.plot_activation_profiles(
        DAY, mean, sd, class_names=CLASSES, ylabels=["conv1 [1]", "conv2 [1]"], year=2017
    )
    assert [ax.get_ylabel() for ax in axes] == ["conv1 [1]", "conv2 [1]"]
    np.testing.assert_array_equal(axes[1].lines[0].get_ydata(), 2 * MEAN[0])
    y = axes[1].collections[0].get_paths()[0].vertices[:, 1]
    assert (y.min(), y.max()) == (2 * MEAN[0].min() - 0.5, 2 * MEAN[0].max() + 0.5)


@pytest.mark.parametrize("class_names", [CLASSES, ["maize", "soybean", "forest", "water", "other"]])
def test_attention_is_drawn_beside_the_line_of_no_preference(class_names: list[str]):
    ax = attention(class_names=class_names)
    ax.figure.canvas.draw()
    assert list(ax.lines[0].get_ydata()) == [1 / 7, 1 / 7]
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), MEAN[0])
    assert ax.lines[1].get_color() == class_colour("maize")
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown == ["the same on all dates", *class_names]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("month of 2017", "attention [1]")


def test_attention_goes_where_it_is_told():
    own = plt.figure().add_subplot()
    assert attention(own) is own
    assert len(plt.get_fignums()) == 1
