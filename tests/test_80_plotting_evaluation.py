"""Figures of calibration, of accuracy along bins, and of areas: they draw what the tables hold."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from cropnb import plotting
from cropnb.schema import SchemaError

mpl.use("agg")

BINS = pd.DataFrame(
    {
        "bin_low": [0.0, 0.5, 0.8],
        "bin_high": [0.5, 0.8, 1.0],
        "confidence": [np.nan, 0.7, 0.9],
        "mean": [np.nan, 0.7, 0.9],
        "accuracy": [np.nan, 0.6, 0.8],
        "low": [np.nan, 0.5, 0.75],
        "high": [np.nan, 0.7, 0.85],
        "n_sample": [0, 40, 160],
    }
)
AREAS = pd.DataFrame(
    {
        "class_name": ["maize", "soybean", "spring wheat"],
        "mapped": [100.0, 300.0, 50.0],
        "adjusted": [120.0, 270.0, 60.0],
        "low": [90.0, 240.0, 40.0],
        "high": [150.0, 300.0, 80.0],
        "reason": "",
    }
)
DRAWN = {
    "reliability": lambda: plotting.plot_reliability({"as trained": BINS, "T = 1.6": BINS}).figure.axes,
    "accuracy by": lambda: plotting.plot_accuracy_by({"distance to the edge [m]": BINS})[0].figure.axes,
    "areas": lambda: [plotting.plot_areas(AREAS.assign(true=[110.0, 280.0, 60.0]))],
}


@pytest.fixture(autouse=True)
def _no_figure_left():
    before = dict(mpl.rcParams)
    yield
    plt.close("all")
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", DRAWN)
def test_one_figure_with_labels_that_can_be_read_on_a_phone(name: str) -> None:
    axes = DRAWN[name]()
    figure = axes[0].figure
    figure.canvas.draw()
    assert len(plt.get_fignums()) == 1
    assert axes[-1].get_xlabel().endswith("]")
    assert all(ax.get_ylabel() for ax in axes) or name == "areas"  # whose rows are named by ticks
    texts = [t for ax in axes for t in (*ax.get_xticklabels(), *ax.get_yticklabels(), ax.xaxis.label)]
    sizes = [text.get_fontsize() for text in texts if text.get_text()]
    assert min(sizes) * 390 / (72 * figure.get_figwidth()) >= 10.9


def test_reliability_draws_bins_with_samples_and_all_counts() -> None:
    curve, counts = DRAWN["reliability"]()
    diagonal, before, after = curve.lines
    assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]
    np.testing.assert_array_equal(before.get_xydata(), [[0.7, 0.6], [0.9, 0.8]])
    looks = {(line.get_color(), str(line.get_linestyle()), line.get_marker()) for line in (before, after)}
    assert len(looks) == 2
    band = curve.collections[0].get_paths()[0].vertices
    assert (band[:, 1].min(), band[:, 1].max()) == (0.5, 0.85)
    values, edges, _ = counts.patches[0].get_data()
    assert (values.tolist(), edges.tolist()) == ([0, 40, 160], [0, 0.5, 0.8, 1])
    assert [t.get_text() for t in curve.get_legend().get_texts()] == [
        "as sure as right",
        "as trained",
        "T = 1.6",
    ]


def test_accuracy_by_draws_each_bin_with_its_interval_and_count() -> None:
    other = BINS.assign(accuracy=[np.nan, 0.5, 0.9], n_sample=[0, 1, 2])
    tables = {"distance to the edge [m]": BINS, "size of the field [ha]": other}
    axes = plotting.plot_accuracy_by(tables)
    for ax, counts, (name, table) in zip(axes, axes[0].figure.axes[1::2], tables.items(), strict=True):
        np.testing.assert_array_equal(ax.lines[0].get_xydata(), np.c_[range(3), table.accuracy])
        ends = [segment[:, 1].tolist() for segment in ax.collections[0].get_segments() if len(segment)]
        assert ends == [[0.5, 0.7], [0.75, 0.85]]
        assert [bar.get_height() for bar in counts.patches] == table.n_sample.tolist()
        assert [t.get_text() for t in counts.get_xticklabels()] == ["0–0.5", "0.5–0.8", "0.8–1"]  # noqa: RUF001
        assert counts.get_xlabel() == name
        assert ax.get_xlim() == counts.get_xlim()


def test_open_bins_say_so() -> None:
    open_ended = BINS.assign(bin_low=[-np.inf, 0.5, 0.8], bin_high=[0.5, 0.8, np.inf])
    counts = plotting.plot_accuracy_by({"size [ha]": open_ended})[0].figure.axes[1]
    assert [t.get_text() for t in counts.get_xticklabels()][::2] == ["up to 0.5", "> 0.8"]


def test_areas_draw_the_map_the_estimate_its_interval_and_the_truth() -> None:
    (ax,) = DRAWN["areas"]()
    drawn = {line.get_label(): line.get_xdata().tolist() for line in ax.lines}
    assert drawn == {
        "counted on the map": [100, 300, 50],
        "adjusted by the sample": [120, 270, 60],
        "true": [110, 280, 60],
    }
    ends = [segment[:, 0].tolist() for segment in ax.collections[0].get_segments()]
    assert ends == [[90, 150], [240, 300], [40, 80]]
    assert [t.get_text() for t in ax.get_yticklabels()] == AREAS.class_name.tolist()
    for line in ax.lines:
        assert [round(float(y)) for y in line.get_ydata()] == [0, 1, 2]
    assert ax.get_title() == ""


def test_a_rare_class_can_be_read_on_an_axis_of_ratios() -> None:
    ax = plotting.plot_areas(AREAS.assign(adjusted=[120.0, 270.0, 0.02], low=[90.0, 240.0, 0.0]), log=True)
    ax.figure.canvas.draw()
    assert ax.get_xscale() == "log"
    assert ax.get_xlim()[0] == pytest.approx(0.01)


def test_areas_without_an_estimate_say_why() -> None:
    missing = AREAS.assign(adjusted=np.nan, low=np.nan, high=np.nan, reason="no sample where mapped as maize")
    own = plt.figure().add_subplot()
    assert plotting.plot_areas(missing, ax=own) is own
    assert own.get_title() == "no sample where mapped as maize"
    assert "true" not in {line.get_label() for line in own.lines}
    own.figure.canvas.draw()


def test_tables_that_lack_something_are_refused() -> None:
    for draw in (plotting.plot_reliability, plotting.plot_accuracy_by):
        with pytest.raises(SchemaError, match="no table"):
            draw({})
        with pytest.raises(SchemaError, match=r"a lacks \['low'\]"):
            draw({"a": BINS.drop(columns="low")})
    with pytest.raises(SchemaError, match=r"lacks \['mapped'\]"):
        plotting.plot_areas(AREAS.drop(columns="mapped"))
