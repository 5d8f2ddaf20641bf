"""Maps: classes and no-data in their colours and in the legend, squares in their parts, panels in order."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from cropnb import plotting
from cropnb.legends import Legend, class_colour
from cropnb.plotting.study_area import PART_COLOURS
from cropnb.schema import SchemaError

mpl.use("agg")

NAMES = ["maize", "soybean", "forest"]
LEGEND = Legend.from_names(NAMES)
SQUARES = pd.DataFrame(
    [[0, 0, 1e4, 1e4, "train"], [1e4, 0, 2e4, 1e4, "test"], [0, 1e4, 1e4, 2e4, None]],
    columns=["west", "south", "east", "north", "part"],
)


@pytest.fixture(autouse=True)
def _no_figure_left():
    before = dict(mpl.rcParams)
    yield
    plt.close("all")
    assert dict(mpl.rcParams) == before


def raster(values, *, step=10.0, west=0.0, north=0.0):
    n_y, n_x = np.shape(values)
    units = {"units": "m", "long_name": "easting"}
    y = north - step * (np.arange(n_y) + 0.5)
    x = west + step * (np.arange(n_x) + 0.5)
    return xr.DataArray(
        np.asarray(values), dims=("y", "x"), coords={"y": ("y", y, units), "x": ("x", x, units)}
    )


def picture(values):
    values = np.asarray(values, dtype=float)
    return xr.Dataset({name: raster(n * values) for n, name in enumerate(("pd", "pv", "ps"), start=1)})


STRETCH = {"pd": (0.0, 1.0), "pv": (0.0, 2.0), "ps": (1.0, 3.0)}


def entries(legend):
    return [text.get_text() for text in legend.get_texts()]


def hatched(ax):
    return [p for p in ax.patches if p.get_hatch()]


def study_area(**settings):
    whole = raster(np.tile([[0, 1], [2, -1]], (5, 5)), step=2000, north=2e4)
    settings = {"maps": [whole], "legend": LEGEND, **settings}
    return plotting.plot_study_area(SQUARES, boundary=[[(0, 0), (2e4, 0)]], **settings)


def test_no_data_is_hatched_and_named_and_lets_the_hatching_through():
    ax = plotting.plot_classes_map(raster([[0, -1], [1, 1]]), LEGEND, nodata="not seen")
    assert entries(ax.get_legend()) == ["maize", "soybean", "not seen"]
    image = ax.images[0]
    assert image.to_rgba(np.array([[-1]]))[0, 0, 3] == 0
    (below,) = hatched(ax)
    assert below.get_zorder() < image.get_zorder()
    assert (*below.get_xy(), below.get_width(), below.get_height()) == (0, -20, 20, 20)


def test_a_map_without_gaps_has_no_entry_for_them():
    ax = plotting.plot_classes_map(raster([[0, 1], [1, 1]]), LEGEND, nodata="not seen")
    assert entries(ax.get_legend()) == ["maize", "soybean"]
    assert not hatched(ax)


def test_panels_have_their_titles_rows_and_one_legend_in_the_order_of_the_classes():
    maps = [raster([[2, -1], [1, 1]]), raster([[0, -1], [1, 1]])] * 2
    titles = ["reference", "predicted", "reference", "predicted, 82 %"]
    axes = plotting.plot_map_panels(
        maps, legend=LEGEND, titles=titles, nodata=["", "no data"] * 2, rows=["site A", "site B"], n_column=2
    )
    assert [ax.get_title() for ax in axes] == titles
    assert [ax.get_ylabel() for ax in axes] == ["site A", "", "site B", ""]
    (legend,) = axes[0].figure.legends
    assert entries(legend) == ["maize", "soybean", "forest", "no data"]
    assert [len(hatched(ax)) for ax in axes] == [0, 1, 0, 1]
    for ax, values in zip(axes, maps, strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), values)
    axes[0].figure.canvas.draw()


def test_unlabelled_pixels_of_a_reference_are_white():
    ax, _ = plotting.plot_map_panels(
        [raster([[0, -1]]), raster([[0, 1]])], legend=LEGEND, titles=["a", "b"], nodata=["", "no data"]
    )
    assert to_hex(ax.images[0].to_rgba(np.array([[-1]]))[0, 0]) == "#ffffff"
    assert entries(ax.figure.legends[0]) == ["maize", "soybean"]


def test_a_picture_is_stretched_channel_by_channel_and_names_them_in_its_title():
    maps = [raster([[0, 1], [1, 1]]), picture([[0.0, 0.5], [1.0, np.nan]])]
    axes = plotting.plot_map_panels(maps, legend=LEGEND, titles=["classes", "m-chi"], stretch=STRETCH)
    assert axes[1].get_title() == "m-chi\nR pd, G pv, B ps"
    rgba = np.asarray(axes[1].images[0].get_array())
    np.testing.assert_allclose(rgba[0, 1], [0.5, 0.5, 0.25, 1])  # 0.5, 1.0 of 2, 1.5 between 1 and 3
    np.testing.assert_allclose(rgba[1, 0], [1, 1, 1, 1])
    np.testing.assert_allclose(rgba[0, 0], [0, 0, 0, 1])
    assert rgba[1, 1, 3] == 0
    assert entries(axes[0].figure.legends[0]) == ["maize", "soybean", "no data"]


@pytest.mark.parametrize(
    ("maps", "titles", "said"),
    [
        ([raster([[0]])], ["a", "b"], "1 maps, 2 titles"),
        ([], [], "0 maps"),
        ([picture([[1.0]]).drop_vars("pv")], ["a"], "three images"),
        ([picture([[1.0]]).rename(pd="hh")], ["a"], "stretch"),
        ([raster([[7]])], ["a"], "0 to 2|7 to 7"),
    ],
)
def test_panels_that_do_not_fit_are_refused(maps, titles, said):
    with pytest.raises(SchemaError, match=said):
        plotting.plot_map_panels(maps, legend=LEGEND, titles=titles, stretch=STRETCH)


def test_panels_say_how_long_a_kilometre_is():
    (ax,) = plotting.plot_map_panels(
        [raster(np.zeros((40, 40), int), step=100)], legend=LEGEND, titles=["a"], n_column=1
    )
    assert [t.get_text() for t in ax.texts] == ["1 km"]
    (bar,) = ax.lines
    assert np.ptp(bar.get_xdata()) == 1000


def test_study_area_frames_squares_by_part_and_counts_them():
    ax = study_area()
    frames = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_zorder() == 3]
    assert len(frames) == len(SQUARES)
    assert [to_hex(p.get_edgecolor()).upper() for p in frames[:2]] == [
        PART_COLOURS["train"],
        PART_COLOURS["test"],
    ]
    shown = entries(ax.get_legend())
    assert shown == [*NAMES, "train (1 square)", "test (1 square)", "other squares", "boundary"]
    for frame, square in zip(frames, SQUARES.itertuples(), strict=True):
        assert square.west <= frame.get_x() < frame.get_x() + frame.get_width() <= square.east


def test_study_area_has_a_scale_bar_an_arrow_to_the_north_and_kilometres():
    ax = study_area()
    ax.figure.canvas.draw()
    assert {t.get_text() for t in ax.texts} >= {"5 km", "N"}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("easting [km]", "northing [km]")
    assert "10" in [tick.get_text() for tick in ax.get_xticklabels()]
    (bar,) = ax.lines
    assert np.ptp(bar.get_xdata()) == 5000


def test_study_area_draws_pieces_where_they_lie():
    pieces = [raster([[0, 0], [0, 0]], step=1000, west=w, north=6000) for w in (4000, 14000)]
    ax = study_area(maps=pieces)
    assert [tuple(image.get_extent()) for image in ax.images] == [
        (4000, 6000, 4000, 6000),
        (14000, 16000, 4000, 6000),
    ]
    assert entries(ax.get_legend())[0] == "maize"
    assert to_hex(ax.images[0].to_rgba(np.array([[0]]))[0, 0]) == class_colour("maize").lower()


def test_study_area_needs_parts_and_a_legend():
    with pytest.raises(SchemaError, match="part"):
        plotting.plot_study_area(SQUARES.drop(columns="part"))
    with pytest.raises(SchemaError, match="without a legend"):
        study_area(legend=None)


@pytest.mark.parametrize("own", [True, False])
def test_given_axes_are_used_and_text_can_be_read_on_a_phone(own):
    ax = plt.figure().add_subplot() if own else None
    drawn = study_area(ax=ax)
    assert ax is None or drawn is ax
    assert len(plt.get_fignums()) == 1
    drawn.figure.canvas.draw()
    texts = [t for t in (*drawn.get_xticklabels(), *drawn.texts, drawn.xaxis.label) if t.get_text()]
    if not own:
        assert min(t.get_fontsize() for t in texts) * 390 / (72 * drawn.figure.get_figwidth()) >= 11
