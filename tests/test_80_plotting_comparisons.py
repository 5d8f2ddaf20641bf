"""Figures that lay things side by side: correlations, importance, dots, confusions, steps of work."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgba
from matplotlib.patches import FancyBboxPatch

from cropnb import plotting
from cropnb.features.rank_correlation import spearman_matrix
from cropnb.features.selection import columns_of
from cropnb.schema import SchemaError

mpl.use("agg")

DAYS = [125, 140, 160]  # two in May, one in June
FEATURES = ["ps", "pv"]


@pytest.fixture(autouse=True)
def _no_figure_left():
    before = dict(mpl.rcParams)
    yield
    plt.close("all")
    assert dict(mpl.rcParams) == before


@pytest.fixture(scope="module")
def spearman():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 6))
    x[:, 1] = x[:, 0] ** 3  # pv of the first day has the ranks of ps of that day
    return spearman_matrix(x, names=columns_of(FEATURES, DAYS))


def importance():
    rows = [(feature, day, n / 6, "confirmed" if n > 2 else "rejected")
            for n, (feature, day) in enumerate(columns_of(FEATURES, DAYS), start=1)]  # fmt: skip
    return pd.DataFrame(rows, columns=["feature", "day", "importance", "decision"])


def scores():
    rows = [(c, m, v, v - 0.02, v + 0.01) for (c, m), v in zip(
        [(c, m) for c in ("maize", "soybean") for m in ("forest", "conv", "lstm")],
        [0.81, 0.82, 0.85, 0.80, np.nan, 0.84], strict=True)]  # fmt: skip
    return pd.DataFrame(rows, columns=["class_name", "model", "value", "low", "high"])


def dots(**settings):
    return plotting.plot_dots(scores(), row="class_name", group="model", xlabel="F1 [1]", **settings)


def test_correlations_stand_feature_by_feature_with_lines_between(spearman):
    (ax,) = plotting.plot_correlation_panels(
        {"m-chi": spearman.coefficient}, year=2017, names={"pv": "volume"}
    )
    order = [(feature, day) for feature in FEATURES for day in DAYS]
    shown = np.asarray(ax.images[0].get_array())
    np.testing.assert_array_equal(shown, spearman.coefficient.loc[order, order])
    assert shown[0, 3] == 1
    assert [t.get_text() for t in ax.get_xticklabels()] == ["ps", "volume"]
    assert list(ax.get_xticks()) == [1, 4]
    assert sorted(
        float(line.get_xdata()[0]) for line in ax.lines if line.get_xdata()[0] == line.get_xdata()[1]
    ) == [2.5]


def test_new_months_have_small_ticks(spearman):
    (ax,) = plotting.plot_correlation_panels({"a": spearman.coefficient}, year=2017)
    assert list(ax.get_xticks(minor=True)) == [-0.5, 1.5, 2.5, 4.5]


def test_cells_that_may_be_chance_are_marked_and_named(spearman):
    (ax,) = plotting.plot_correlation_panels(
        {"a": spearman.coefficient}, year=2017, p_values={"a": spearman.p_value}
    )
    order = [(feature, day) for feature in FEATURES for day in DAYS]
    marked = ~np.ma.getmaskarray(ax.images[1].get_array())
    np.testing.assert_array_equal(marked, spearman.p_value.loc[order, order] >= 0.05)
    assert 0 < marked.sum() < 36
    assert [t.get_text() for t in ax.figure.legends[0].get_texts()] == ["p ≥ 0.05"]
    ax.figure.canvas.draw()


def test_six_panels_share_one_bar_from_minus_one_to_one(spearman):
    panels = {f"pair {n}": spearman.coefficient for n in range(5)}
    axes = plotting.plot_correlation_panels(panels, year=2017)
    assert [ax.get_title() for ax in axes] == list(panels)
    assert {ax.images[0].get_clim() for ax in axes} == {(-1, 1)}
    visible = [ax for ax in axes[0].figure.axes if ax.get_visible()]
    assert len(visible) == 5 + 1
    axes[0].figure.canvas.draw()


def test_a_constant_column_is_dark_and_named(spearman):
    holed = spearman.coefficient.copy()
    holed.iloc[0] = holed.iloc[:, 0] = np.nan
    (ax,) = plotting.plot_correlation_panels({"a": holed}, year=2017)
    assert [t.get_text() for t in ax.figure.legends[0].get_texts()] == ["constant column"]


def test_matrices_without_labels_are_refused():
    with pytest.raises(SchemaError, match="feature, day"):
        plotting.plot_correlation_panels({"a": pd.DataFrame(np.eye(2))}, year=2017)
    with pytest.raises(SchemaError, match="no panel"):
        plotting.plot_correlation_panels({}, year=2017)


def test_importance_is_size_and_colour_a_ring_says_confirmed_a_star_chosen():
    ax = plotting.plot_importance(importance(), year=2017, chosen=["pv"], names={"pv": "volume"})
    (cloud,) = ax.collections
    np.testing.assert_array_equal(cloud.get_offsets(), [(d, r) for d in DAYS for r in (0, 1)])
    assert np.all(np.diff(cloud.get_sizes()) > 0)
    np.testing.assert_allclose(cloud.get_array(), np.arange(1, 7) / 6)
    ringed = cloud.get_edgecolors()[:, 3] > 0
    assert ringed.tolist() == [False, False, True, True, True, True]
    stars = [line for line in ax.lines if line.get_marker() == "*"]
    assert [line.get_ydata()[0] for line in stars] == [1]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["ps", "volume"]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["confirmed", "not confirmed", "chosen"]
    ax.figure.canvas.draw()


def test_importance_of_unknown_features_is_refused():
    with pytest.raises(SchemaError, match="without features"):
        plotting.plot_importance(importance(), year=2017, chosen=["rvi"])
    with pytest.raises(SchemaError, match="decision"):
        plotting.plot_importance(importance().drop(columns="decision"), year=2017)


def test_dots_stand_at_their_values_with_whiskers_and_numbers():
    ax = dots(numbers=".2f")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["maize", "soybean"]
    assert [line.get_label() for line in ax.lines] == ["forest", "conv", "lstm"]
    assert list(ax.lines[2].get_xdata()) == [0.85, 0.84]
    forest, conv, lstm = [line.get_ydata()[0] for line in ax.lines]
    assert forest < conv == 0 < lstm
    ends = ax.collections[0].get_segments()[0][:, 0]
    np.testing.assert_allclose(ends, [0.79, 0.82])
    texts = [(t.get_text(), t.get_position()[1]) for t in ax.texts]
    assert ("0.85", lstm) in texts
    assert [text for text, _ in texts].count("—") == 1
    assert ax.get_xlabel() == "F1 [1]"


def test_dots_differ_without_colour_and_can_be_read_on_a_phone():
    ax = dots(numbers=".2f")
    assert len({line.get_marker() for line in ax.lines}) == 3
    ax.figure.canvas.draw()
    texts = [t for t in (*ax.get_xticklabels(), *ax.get_yticklabels(), *ax.texts) if t.get_text()]
    assert min(t.get_fontsize() for t in texts) * 390 / (72 * ax.figure.get_figwidth()) >= 11


def test_a_logarithmic_axis_has_plain_numbers():
    frame = scores().assign(value=[3, 12, 40, 8, 60, 300.0], low=2.0, high=400.0)
    ax = plotting.plot_dots(frame, row="class_name", group="model", xlabel="training time [s]", log=True)
    ax.figure.canvas.draw()
    assert ax.get_xscale() == "log"
    assert {"5", "10", "100", "200"} <= {t.get_text() for t in ax.get_xticklabels()}


def test_two_values_for_one_dot_are_refused():
    twice = pd.concat([scores(), scores()])
    with pytest.raises(SchemaError, match="once for each class_name and model"):
        plotting.plot_dots(twice, row="class_name", group="model", xlabel="F1 [1]")
    with pytest.raises(SchemaError, match="high"):
        plotting.plot_dots(scores().drop(columns="high"), row="class_name", group="model", xlabel="F1 [1]")


def test_confusion_panels_share_names_and_say_what_the_numbers_are():
    matrices = {"before": [[3, 1], [1, 5]], "after": [[4, 0], [0, 6]]}
    axes = plotting.plot_confusion_panels(matrices, ["maize", "rice"])
    assert [ax.get_title() for ax in axes] == ["before", "after"]
    assert [[t.get_text() for t in ax.texts] for ax in axes] == [
        ["75", "25", "17", "83"],
        ["100", "0", "0", "100"],
    ]
    assert axes[0].figure.get_supxlabel() == "predicted class (% of each reference class)"
    assert [ax.get_ylabel() for ax in axes] == ["reference class", ""]
    axes[0].figure.canvas.draw()
    with pytest.raises(SchemaError, match="no matrix"):
        plotting.plot_confusion_panels({}, ["a"])


def test_panels_of_curves_take_given_colours_and_scales_of_their_own():
    x = np.arange(3.0)
    panels = {"VV [dB]": {"maize": (x, -10 - x)}, "H [1]": {"maize": (x, x / 3), "rice": (x, x / 4)}}
    axes = plotting.plot_curve_panels(
        panels, xlabel="day", ylabel="", share_y="none", colours={"maize": "#E69F00"}
    )
    assert [to_hex(ax.lines[0].get_color()) for ax in axes] == ["#e69f00"] * 2
    assert axes[1].lines[1].get_color() != axes[1].lines[0].get_color()
    assert axes[0].get_ylim() != axes[1].get_ylim()


STAGES = {"1 Images": [["C2 matrices"], ["filter", "mask"]], "2 Models": [["forest", "network"], ["map"]]}
ARROWS = [("C2 matrices", "filter"), ("filter", "mask"), ("mask", "network"), ("C2 matrices", "map")]


def test_a_workflow_has_a_box_for_each_text_in_the_frame_of_its_stage():
    ax = plotting.plot_workflow(STAGES, ARROWS)
    boxes = [p for p in ax.patches if isinstance(p, FancyBboxPatch)]
    white = [p for p in boxes if p.get_facecolor() == to_rgba("white")]
    assert (len(white), len(boxes) - len(white)) == (6, 2)
    words = {t.get_gid(): t for t in ax.texts if t.get_gid()}
    assert set(words) == {"C2 matrices", "filter", "mask", "forest", "network", "map"}
    assert [t.get_text() for t in ax.texts if t.get_text() in STAGES] == list(STAGES)
    assert words["filter"].get_position()[1] == words["mask"].get_position()[1]
    assert words["C2 matrices"].get_position()[1] < words["filter"].get_position()[1]
    assert len(ax.lines) == len(ARROWS)


def test_words_of_a_workflow_lie_inside_their_boxes_and_can_be_read_on_a_phone():
    long = {
        "Stage": [["a rather long text that has to be broken into lines", "another of some length", "short"]]
    }
    ax = plotting.plot_workflow(long)
    ax.figure.canvas.draw()
    boxes = [p.get_window_extent() for p in ax.patches if p.get_facecolor() == to_rgba("white")]
    for text, box in zip([t for t in ax.texts if t.get_gid()], boxes, strict=True):
        extent = text.get_window_extent()
        assert box.x0 <= extent.x0
        assert extent.x1 <= box.x1
        assert box.y0 <= extent.y0
        assert extent.y1 <= box.y1
    assert min(t.get_fontsize() for t in ax.texts) * 390 / (72 * ax.figure.get_figwidth()) >= 11


@pytest.mark.parametrize(
    ("stages", "arrows", "said"),
    [
        ({}, [], "0 boxes"),
        ({"a": [["x", "x"]]}, [], "2 boxes, 1 different"),
        ({"a": [["x"]]}, [("x", "y")], "unknown .'y'."),
        ({"a": [["x", "y"], ["z"], ["v", "w"]]}, [("x", "w")], "would cross boxes"),
        ({"a": [["x"], ["y"]]}, [("y", "x")], "would cross boxes"),
    ],
)
def test_workflows_that_cannot_be_drawn_are_refused(stages, arrows, said):
    with pytest.raises(SchemaError, match=said):
        plotting.plot_workflow(stages, arrows)


def test_lines_between_groups_are_bolder_than_those_between_features():
    index = pd.MultiIndex.from_tuples([(f, d) for f in ("ps", "pv", "dprvi") for d in (125, 140)])
    matrix = pd.DataFrame(np.eye(6), index=index, columns=index)
    groups = {"m_chi": ("ps", "pv"), "dprvi": ("dprvi",)}
    (ax,) = plotting.plot_correlation_panels({"a": matrix}, year=2017, groups=groups)
    upright = [line for line in ax.lines if line.get_xdata()[0] == line.get_xdata()[1]]
    assert [line.get_xdata()[0] for line in upright] == [1.5, 3.5]
    assert upright[0].get_linewidth() < upright[1].get_linewidth()
