"""Figures of the chapter on what the radar measures: they draw what they are given and can be read."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from cropnb import plotting
from cropnb.schema import SchemaError

mpl.use("agg")

X = np.linspace(0, 1, 5)
TABLE = pd.DataFrame({"m": [1.0, 0.5], "alpha [°]": [0.0, np.nan]}, index=["trihedral", "volume"])


@pytest.fixture(autouse=True)
def _no_figure_left():
    before = dict(mpl.rcParams)
    yield
    plt.close("all")
    assert dict(mpl.rcParams) == before


def image(name: str = "m", **attrs: str) -> xr.DataArray:
    values = np.arange(12.0).reshape(3, 4)
    values[0, 0] = np.nan
    return xr.DataArray(values, dims=("y", "x"), name=name, attrs={"units": "1", "long_name": name, **attrs})


DRAWN = {
    "curves": lambda ax: plotting.plot_curves({"a": (X, X)}, xlabel="x [1]", ylabel="y [1]", ax=ax),
    "relation": lambda ax: plotting.plot_relation({"a": (X, X)}, xlabel="x [1]", ylabel="y [1]", ax=ax),
    "signatures": lambda ax: plotting.plot_signatures(TABLE, ax=ax),
    "notice": lambda ax: plotting.plot_notice("not run: the scene is not here", ax=ax),
}


@pytest.mark.parametrize("name", DRAWN)
def test_given_axes_are_returned_and_no_figure_is_added(name: str):
    own = plt.figure().add_subplot()
    assert DRAWN[name](own) is own
    assert len(plt.get_fignums()) == 1
    own.figure.canvas.draw()


@pytest.mark.parametrize("name", DRAWN)
def test_text_is_11_pixels_high_on_a_phone_390_pixels_wide(name: str):
    ax = DRAWN[name](None)
    ax.figure.canvas.draw()
    texts = [t for t in (*ax.get_xticklabels(), *ax.get_yticklabels(), *ax.texts) if t.get_text()]
    assert all(t.get_fontsize() * 390 / (72 * ax.figure.get_figwidth()) >= 10.9 for t in texts)


def test_curves_draw_the_values_in_their_order_each_with_its_own_pattern():
    ax = plotting.plot_curves(
        {"a": (X, X), "b": (X, 2 * X)}, xlabel="x [1]", ylabel="y [1]", bands={"b": (X, 3 * X)}
    )
    assert [line.get_label() for line in ax.lines] == ["a", "b"]
    assert np.array_equal(ax.lines[1].get_ydata(), 2 * X)
    assert (
        len({line.get_linestyle() for line in ax.lines}) == len({line.get_color() for line in ax.lines}) == 2
    )
    assert len(ax.collections) == 1


def test_a_band_without_a_line_is_refused():
    with pytest.raises(SchemaError, match="without a line"):
        plotting.plot_curves({"a": (X, X)}, xlabel="x", ylabel="y", bands={"b": (X, X)})


def test_a_relation_draws_every_pixel_and_the_line_on_top():
    ax = plotting.plot_relation(
        {"H": (X.reshape(5, 1), X.reshape(5, 1))}, lines={"theory": (X, X)}, xlabel="m [1]", ylabel="H [1]"
    )
    assert ax.collections[0].get_offsets().shape == (5, 2)
    assert ax.lines[0].get_zorder() > ax.collections[0].get_zorder()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["H", "theory"]


def test_signatures_print_the_numbers_and_a_dash_for_what_is_missing():
    ax = plotting.plot_signatures(TABLE, ranges={"alpha [°]": (0, 90)})
    assert [text.get_text() for text in ax.texts] == ["1.00", "0.0", "0.50", "\N{EM DASH}"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["trihedral", "volume"]


def test_dark_cells_have_white_numbers():
    ax = plotting.plot_signatures(TABLE)
    assert [text.get_color() for text in ax.texts][:2] == ["white", "black"]


def test_an_empty_table_of_signatures_is_refused():
    with pytest.raises(SchemaError, match="at least one"):
        plotting.plot_signatures(TABLE.iloc[:0])


def test_images_have_titles_with_units_and_a_colour_bar_each():
    axes = plotting.plot_images([image("m"), image("vh", units="dB"), image("H")])
    assert [ax.get_title() for ax in axes] == ["m [1]", "vh [dB]", "H [1]"]
    assert len(axes[0].figure.axes) == 4 + 3  # a place stays empty
    axes[0].figure.canvas.draw()


def test_limits_of_the_colours_are_those_given():
    (ax,) = plotting.plot_images([image("m")], limits={"m": (0, 1)}, n_column=1)
    assert ax.images[0].get_clim() == (0, 1)


@pytest.mark.parametrize(
    "faulty",
    [[], [image().expand_dims("time")], [image().assign_attrs(units="")]],
    ids=["none", "3d", "unit"],
)
def test_images_that_cannot_be_shown_are_refused(faulty: list[xr.DataArray]):
    with pytest.raises(SchemaError, match="expected"):
        plotting.plot_images(faulty)


def test_mechanisms_are_three_sketches_with_titles_and_a_key():
    axes = plotting.plot_mechanisms()
    assert len(axes) == 3
    assert all("bounce" in ax.get_title() for ax in axes)
    assert [text.get_text() for text in axes[0].figure.legends[0].get_texts()] == ["pulse", "echo"]


def test_a_notice_says_its_words():
    assert "not run" in plotting.plot_notice("not run: no scene").texts[0].get_text()
