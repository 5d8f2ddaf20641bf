"""Figures draw what they were given, say in which unit, and leave nothing behind."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.colors import to_hex

from cropnb import plotting
from cropnb.legends import Legend, class_colour
from cropnb.schema import SchemaError

mpl.use("agg")

NAMES = ["maize", "soybean", "spring wheat"]
DAY = np.array([0, 31, 59])
MEAN = np.arange(9.0).reshape(3, 3) - 15
SCORES = pd.DataFrame(
    [
        {"features": f, "model": "random forest", "split": s, "metric": "overall_accuracy", "value": v}
        | {"low": v - 0.02, "high": v + 0.03, "kind": "real", "scale": "laptop"}
        for f, s, v in [("S1", "random", 0.75), ("S1", "group", 0.71), ("S2", "random", 0.78)]
    ]
)


@pytest.fixture(autouse=True)
def _no_figure_left():
    before = dict(mpl.rcParams)
    yield
    plt.close("all")
    assert dict(mpl.rcParams) == before


def raster(values):
    n_y, n_x = np.shape(values)
    units = {"units": "m", "long_name": "easting"}
    coords = {"y": ("y", 10.0 * np.arange(n_y)[::-1], units), "x": ("x", 10.0 * np.arange(n_x), units)}
    return xr.DataArray(np.asarray(values), dims=("y", "x"), coords=coords)


DRAWN = {
    "profiles": lambda ax: plotting.plot_profiles(
        DAY, MEAN, MEAN - 1, MEAN + 1, class_names=NAMES, year=2017, ylabel="VH [dB]", ax=ax
    ),
    "scores": lambda ax: plotting.plot_scores(SCORES, ax=ax),
    "confusion": lambda ax: plotting.plot_confusion(np.eye(3), NAMES, ax=ax),
    "points": lambda ax: plotting.plot_points_map([1, 2], [3, 4], [0, 1], class_names=NAMES, ax=ax),
    "groups": lambda ax: plotting.plot_groups_map([1, 2], [3, 4], [7, 9], ax=ax),
    "classes": lambda ax: plotting.plot_classes_map(
        raster([[0, 1], [-1, 2]]), Legend.from_names(NAMES), ax=ax
    ),
    "learning": lambda ax: plotting.plot_learning_curve(
        {"epoch": [0, 1], "train_loss": [2, 1], "valid_loss": [2.0, 1.5]}, ax=ax
    ),
}


@pytest.mark.parametrize("name", DRAWN)
def test_given_axes_are_returned_labelled_and_no_figure_is_added(name):
    own = plt.figure().add_subplot()
    assert DRAWN[name](own) is own
    assert own.get_xlabel()
    assert own.get_ylabel() or name == "scores"  # whose rows are named by ticks
    assert len(plt.get_fignums()) == 1
    own.figure.canvas.draw()


@pytest.mark.parametrize("name", DRAWN)
def test_new_figure_is_one_white_figure(name):
    ax = DRAWN[name](None)
    assert len(plt.get_fignums()) == 1
    assert to_hex(ax.figure.get_facecolor()) == "#ffffff"
    ax.figure.canvas.draw()


@pytest.mark.parametrize("name", DRAWN)
def test_text_is_12_pixels_high_on_a_phone_390_pixels_wide(name):
    figure = DRAWN[name](None).figure
    figure.canvas.draw()
    ax = figure.axes[0]
    sizes = [t.get_fontsize() for t in (*ax.get_xticklabels(), *ax.get_yticklabels(), ax.xaxis.label)]
    assert min(sizes) * 390 / (72 * figure.get_figwidth()) >= 11


def test_profiles_draw_the_values_and_bands_given():
    ax = DRAWN["profiles"](None)
    assert len(ax.lines) == len(ax.collections) == 3
    for line, values, name in zip(ax.lines, MEAN, NAMES, strict=True):
        np.testing.assert_array_equal(line.get_xydata(), np.c_[DAY, values])
        assert line.get_color() == class_colour(name)
    for band, values in zip(ax.collections, MEAN, strict=True):
        y = band.get_paths()[0].vertices[:, 1]
        assert (y.min(), y.max()) == (values.min() - 1, values.max() + 1)


def test_classes_differ_without_colour():
    names = [f"crop {i}" for i in range(12)]
    values = np.zeros((12, 3))
    ax = plotting.plot_profiles(DAY, values, values, values, class_names=names, year=2017, ylabel="VH [dB]")
    looks = {(str(line.get_linestyle()), line.get_marker(), str(line._dash_pattern)) for line in ax.lines}
    assert len(looks) == 12


def test_months_stand_at_their_first_day():
    ax = DRAWN["profiles"](None)
    assert [
        (t, label.get_text()) for t, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
    ] == [
        (0, "Jan"),
        (31, "Feb"),
        (59, "Mar"),
    ]
    assert ax.get_xlabel() == "month of 2017"


def test_season_over_new_year_names_both_years():
    ax = plotting.plot_profiles(
        [-92, 181], *[np.zeros((1, 2))] * 3, class_names=["rice"], year=2021, ylabel="VH [dB]"
    )
    assert ax.get_xlabel() == "month of 2020-2021"
    assert ax.get_xticks()[0] == -92  # 1 October 2020
    assert ax.get_xticklabels()[0].get_text() == "Oct"


def test_units_come_from_attributes_or_are_missed():
    known = xr.DataArray(MEAN, dims=("class", "time"), attrs={"units": "dB", "long_name": "backscatter VH"})
    ax = plotting.plot_profiles(DAY, known, MEAN, MEAN, class_names=NAMES, year=2017)
    assert ax.get_ylabel() == "backscatter VH [dB]"
    with pytest.raises(SchemaError, match="no units"):
        plotting.plot_profiles(DAY, MEAN, MEAN, MEAN, class_names=NAMES, year=2017)


def test_profiles_with_swapped_dims_are_refused():
    with pytest.raises(SchemaError, match="Put classes first"):
        plotting.plot_profiles(
            [1, 2], *[np.zeros((2, 3))] * 3, class_names=NAMES, year=2017, ylabel="VH [dB]"
        )


def test_panels_share_one_legend():
    stack = np.stack([MEAN, MEAN - 7])
    axes = plotting.plot_profile_panels(
        DAY, stack, stack, stack, class_names=NAMES, ylabels=["VV [dB]", "VH [dB]"], year=2017
    )
    assert [ax.get_ylabel() for ax in axes] == ["VV [dB]", "VH [dB]"]
    assert [len(ax.lines) for ax in axes] == [3, 3]
    (legend,) = axes[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == NAMES
    assert all(ax.get_legend() is None for ax in axes)


def test_scores_show_every_row_once_and_random_folds_as_optimistic():
    ax = plotting.plot_scores(SCORES)
    drawn = {line.get_label(): line for line in ax.lines}
    assert set(drawn) == {"group folds", "random folds (optimistic)"}
    hollow = drawn["random folds (optimistic)"]
    np.testing.assert_array_equal(hollow.get_xdata(), [0.75, 0.78])
    assert to_hex(hollow.get_markerfacecolor()) == "#ffffff"
    assert to_hex(drawn["group folds"].get_markerfacecolor()) != "#ffffff"
    ends = sorted(tuple(segment[:, 0]) for part in ax.collections for segment in part.get_segments())
    np.testing.assert_allclose(ends, [(0.69, 0.74), (0.73, 0.78), (0.76, 0.81)])


def test_scores_of_one_row_of_the_figure_stay_with_it():
    ax = plotting.plot_scores(SCORES)
    rows = {round(float(y)) for line in ax.lines for y in line.get_ydata()}
    assert rows == {0, 1}
    assert [t.get_text() for t in ax.get_yticklabels()] == ["S1\nrandom forest", "S2\nrandom forest"]


@pytest.mark.parametrize("name", ["metric", "scale", "kind", "scene"])
def test_mixed_scores_are_refused(name):
    mixed = SCORES.assign(**{name: ["a", "b", "b"]})
    with pytest.raises(SchemaError, match=f"{name} .*exactly one"):
        plotting.plot_scores(mixed)


def test_simulated_scores_say_so():
    title = plotting.plot_scores(SCORES.assign(kind="simulated", scale="smoke")).get_title()
    assert "simulated scene" in title
    assert "smoke" in title
    assert plotting.plot_scores(SCORES).get_title() == ""


def test_label_kind_marks_simulated_once_and_leaves_real_alone():
    ax = plt.figure().add_subplot(title="map")
    assert plotting.label_kind(ax, "real").get_title() == "map"
    for _ in range(2):
        plotting.label_kind(ax, "simulated")
    assert ax.get_title() == "map\n(simulated scene)"
    with pytest.raises(SchemaError, match="'sim'"):
        plotting.label_kind(ax, "sim")


def test_confusion_numbers_are_shares_of_the_row_in_reference_order():
    ax = plotting.plot_confusion([[3, 1, 0], [0, 0, 0], [0, 5, 5]], NAMES)
    texts = [t.get_text() for t in ax.texts]
    assert texts == ["75", "25", "0", "—", "—", "—", "0", "50", "50"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "reference class")


def test_confusion_counts_and_shares_of_the_column():
    counts = [[3, 1], [1, 5]]
    shown = plotting.plot_confusion(counts, ["a", "b"], normalise=None)
    assert [t.get_text() for t in shown.texts] == ["3", "1", "1", "5"]
    shown = plotting.plot_confusion(counts, ["a", "b"], normalise="prediction")
    assert [t.get_text() for t in shown.texts] == ["75", "17", "25", "83"]


def test_confusion_numbers_can_be_read_on_any_cell():
    share = np.arange(11) * 10
    matrix = np.zeros((11, 11)) + np.diag(share)
    matrix[:, 0] += 100 - share
    ax = plotting.plot_confusion(matrix, list("abcdefghijk"))
    cells = ax.images[0].get_array().ravel()
    assert set(share[1:]) <= set(np.round(cells))
    for text, value in zip(ax.texts, cells, strict=True):
        assert _contrast(text.get_color(), ax.images[0].to_rgba(np.array([value]))[0]) >= 4.5


def test_confusion_with_missing_names_is_refused():
    with pytest.raises(SchemaError, match="2 names"):
        plotting.plot_confusion(np.eye(3), ["a", "b"])


def test_points_are_all_drawn_but_unlabelled_ones():
    ax = plotting.plot_points_map([1, 2, 3, 4], [5, 6, 7, 8], [0, 2, -1, 2], class_names=NAMES)
    drawn = {c.get_label(): np.asarray(c.get_offsets()) for c in ax.collections}
    assert set(drawn) == {"maize", "spring wheat"}
    np.testing.assert_array_equal(drawn["spring wheat"], [[2, 6], [4, 8]])


def test_groups_have_one_colour_each_and_are_counted():
    ax = plotting.plot_groups_map([1, 2, 3], [5, 6, 7], [40, 41, 40])
    colours = ax.collections[0].get_facecolors()
    assert (colours[0] == colours[2]).all()
    assert not (colours[0] == colours[1]).all()
    assert ax.get_title() == "2 groups"


def test_classes_map_has_the_books_colours_and_covers_whole_pixels():
    ax = plotting.plot_classes_map(raster([[0, 1], [-1, 2]]), Legend.from_names(NAMES))
    image = ax.images[0]
    shown = [to_hex(image.to_rgba(np.array([[v]]))[0, 0]) for v in (-1, 0, 1, 2)]
    assert shown == ["#ffffff", *(class_colour(name).lower() for name in NAMES)]
    assert image.get_extent() == [-5, 15, -5, 15] or tuple(image.get_extent()) == (-5, 15, -5, 15)
    assert image.origin == "upper"  # first row is the northernmost


def test_classes_map_refuses_numbers_outside_the_legend_and_coordinates_without_units():
    with pytest.raises(SchemaError, match="0 to 5"):
        plotting.plot_classes_map(raster([[0, 5]]), Legend.from_names(NAMES))
    bare = xr.DataArray(np.zeros((2, 2), int), dims=("y", "x"), coords={"y": [1, 0], "x": [0, 1]})
    with pytest.raises(SchemaError, match="xlabel"):
        plotting.plot_classes_map(bare, Legend.from_names(NAMES))


def test_learning_curve_draws_the_history_and_the_kept_epoch():
    history = pd.DataFrame({"epoch": [0, 1, 2], "train_loss": [3.0, 2, 1], "valid_loss": [3.0, 1, 2]})
    ax = plotting.plot_learning_curve(history, best_epoch=1)
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), history["valid_loss"])
    assert list(ax.lines[2].get_xdata()) == [1, 1]
    with pytest.raises(SchemaError, match="accuracy"):
        plotting.plot_learning_curve(history, columns=["accuracy"])


def _contrast(ink, paper):
    def luminance(colour):
        rgb = np.array(mpl.colors.to_rgb(colour))
        return np.where(rgb <= 0.03928, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [
            0.2126,
            0.7152,
            0.0722,
        ]

    low, high = sorted([luminance(ink), luminance(paper[:3])])
    return (high + 0.05) / (low + 0.05)


def test_style_leaves_interactive_mode_as_the_figures_set_it() -> None:
    """Otherwise the second figure of a notebook never appears."""
    before = mpl.is_interactive()
    try:
        mpl.interactive(False)
        with plotting.style():
            mpl.interactive(True)
        assert mpl.is_interactive()
    finally:
        mpl.interactive(before)


def test_panels_of_curves_give_a_name_one_look_and_one_entry() -> None:
    x = np.arange(3.0)
    panels = {"maize": {"ours": (x, x), "theirs": (x, 2 * x)}, "wheat": {"theirs": (x, 3 * x)}}
    bands = {"wheat": {"theirs": (3 * x - 1, 3 * x + 1)}}
    axes = plotting.plot_curve_panels(panels, xlabel="month", ylabel="VV [dB]", bands=bands)
    theirs = [line for ax in axes for line in ax.get_lines() if line.get_label() == "theirs"]
    assert len({(line.get_color(), str(line.get_linestyle()), line.get_marker()) for line in theirs}) == 1
    np.testing.assert_array_equal(theirs[1].get_ydata(), 3 * x)
    assert [text.get_text() for text in axes[0].figure.legends[0].get_texts()] == ["ours", "theirs"]
    assert [len(ax.collections) for ax in axes] == [0, 1]
    assert [ax.get_title() for ax in axes] == ["maize", "wheat"]


def test_no_panel_is_refused() -> None:
    with pytest.raises(SchemaError, match="no panel"):
        plotting.plot_curve_panels({}, xlabel="x", ylabel="y")
