"""Figures of reference data and calendars: bars, bins, parts, acquisitions and growth stages."""

from __future__ import annotations

from itertools import pairwise

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from cropnb import evaluation, plotting
from cropnb.legends import class_colour
from cropnb.schema import SchemaError

mpl.use("agg")

SHARES = {"maize": 0.28, "soybean": 0.617, "water": 0.0004}
SIZES = evaluation.size_histogram([0.2, 0.7, 0.8, 1.4, 4.0, 9.0], width=0.5, last=4.0)
PARTS = pd.DataFrame(
    {"train": [0.6, 0.55], "valid": [0.2, 0.4], "test": [0.2, 0.05]}, index=["maize", "soybean"]
)
STAGES = pd.DataFrame(
    [
        ("maize", "leaves", "10-29", 130.0, 165.0, 126.0, 133.0),
        ("maize", "flowering", "60-69", 200.0, 206.0, 197.0, 204.0),
        ("soybean", "leaves", "10-29", 140.0, 170.0, 137.0, 142.0),
        ("soybean", "flowering", "60-69", 190.0, 190.0, 188.0, 192.0),
    ],
    columns=["crop", "stage", "bbch", "start", "end", "start_low", "start_high"],
)
TRACKS = {"track 32": [125, 137, 149], "track 105": [130, 142]}


@pytest.fixture(autouse=True)
def _no_figure_left():
    before = dict(mpl.rcParams)
    yield
    plt.close("all")
    assert dict(mpl.rcParams) == before


DRAWN = {
    "class shares": lambda ax: plotting.plot_class_shares(SHARES, ax=ax),
    "sizes": lambda ax: plotting.plot_sizes(*SIZES, ax=ax),
    "parts": lambda ax: plotting.plot_parts(PARTS, ax=ax),
    "calendar": lambda ax: plotting.plot_crop_calendar(STAGES, acquisitions=TRACKS, year=2017, ax=ax),
}


@pytest.mark.parametrize("name", DRAWN)
def test_given_axes_are_returned_labelled_and_no_figure_is_added(name):
    own = plt.figure().add_subplot()
    assert DRAWN[name](own) is own
    assert own.get_xlabel()
    assert len(plt.get_fignums()) == 1
    own.figure.canvas.draw()


@pytest.mark.parametrize("name", DRAWN)
def test_text_is_11_pixels_high_on_a_phone_390_pixels_wide(name):
    ax = DRAWN[name](None)
    ax.figure.canvas.draw()
    texts = [t for t in (*ax.get_xticklabels(), *ax.get_yticklabels(), *ax.texts) if t.get_text()]
    assert min(t.get_fontsize() for t in texts) * 390 / (72 * ax.figure.get_figwidth()) >= 11


def test_shares_are_bars_in_per_cent_with_their_numbers_and_colours():
    ax = DRAWN["class shares"](None)
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([28, 61.7, 0.04])
    assert [t.get_text().strip() for t in ax.texts] == ["28.0 %", "61.7 %", "0.04 %"]
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == [class_colour(n).lower() for n in SHARES]
    assert [t.get_text() for t in ax.get_yticklabels()] == list(SHARES)
    assert ax.yaxis_inverted()


def test_sizes_have_an_open_last_bin_and_their_mean():
    ax = DRAWN["sizes"](None)
    assert [bar.get_height() for bar in ax.patches] == SIZES.n_field.tolist()
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [False] * 8 + [True]
    assert {round(bar.get_width(), 9) for bar in ax.patches} == {0.5}
    legend = [t.get_text() for t in ax.get_legend().get_texts()]
    assert set(legend) == {"mean 2.68 ha", "4 ha and more"}
    assert list(ax.lines[0].get_xdata()) == [SIZES.mean] * 2
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0", "1", "2", "3", "≥ 4"]


def test_a_closed_last_bin_is_refused():
    with pytest.raises(SchemaError, match="infinite"):
        plotting.plot_sizes([0, 1, 2], [3, 4], 1.0)


def test_parts_are_stacked_to_100_per_cent_and_numbered_where_there_is_room():
    ax = DRAWN["parts"](None)
    ends = [[bar.get_x() + bar.get_width() for bar in group] for group in ax.containers]
    np.testing.assert_allclose(ends, [[60, 55], [80, 95], [100, 100]])
    assert [t.get_text() for t in ax.texts] == ["60", "55", "20", "40", "20"]  # none in the five per cent
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["train", "valid", "test"]


def test_a_class_without_samples_has_an_empty_row():
    ax = plotting.plot_parts(PARTS.reindex(["maize", "rice", "soybean"]))
    ax.figure.canvas.draw()
    assert len(ax.texts) == 5


def test_empty_tables_are_refused():
    with pytest.raises(SchemaError, match="no class"):
        plotting.plot_class_shares({})
    with pytest.raises(SchemaError, match="expected classes and parts"):
        plotting.plot_parts(PARTS.iloc[:0])
    with pytest.raises(SchemaError, match="0 stages"):
        plotting.plot_crop_calendar(STAGES.iloc[:0], acquisitions={}, year=2017)
    with pytest.raises(SchemaError, match="bbch"):
        plotting.plot_crop_calendar(STAGES.drop(columns="bbch"), acquisitions={}, year=2017)


@pytest.mark.parametrize(("parts", "n_axes"), [(None, 2), (PARTS, 3)])
def test_reference_data_are_panels_of_one_figure(parts, n_axes):
    axes = plotting.plot_reference_data(SHARES, SIZES, parts=parts)
    assert len(axes) == len({ax.get_xlabel() for ax in axes}) == n_axes
    assert len(plt.get_fignums()) == 1
    axes[0].figure.canvas.draw()
    sizes = [t.get_fontsize() for ax in axes for t in ax.get_xticklabels()]
    assert min(sizes) >= 11


def test_every_acquisition_is_a_tick_on_its_day_and_tracks_are_counted():
    ax = DRAWN["calendar"](None)
    ticks = {
        line.get_label(): list(line.get_xdata()) for line in ax.lines if str(line.get_label())[1:] in TRACKS
    }
    assert ticks == {f"_{name}": days for name, days in TRACKS.items()}
    rows = [t.get_text() for t in ax.get_yticklabels()]
    assert rows == ["track 32\n(3 dates)", "track 105\n(2 dates)", "maize", "soybean"]
    assert ax.get_xlabel() == "month of 2017"


def test_stages_are_bars_from_start_to_end_with_their_codes_and_spread():
    ax = DRAWN["calendar"](None)
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    assert bars == [(130, 165), (200, 206), (140, 170)]  # a stage without length has no bar
    assert [t.get_text() for t in ax.texts] == ["10-29", "60-69", "10-29"]
    colours = [bar.get_facecolor() for bar in ax.patches]
    assert colours[0] == colours[2] != colours[1]
    spread = [
        tuple(line.get_xdata())
        for line in ax.lines
        if len(line.get_xdata()) == 2 and line.get_marker() == "|"
    ]
    assert (126.0, 133.0) in spread
    legend = [t.get_text() for t in ax.get_legend().get_texts()]
    assert legend == ["leaves", "flowering", "middle half of starts"]


def test_codes_of_short_stages_do_not_touch():
    short = pd.DataFrame(
        [("wheat", f"stage {n}", f"{n}0-{n}9", 170 + 3 * n, 173 + 3 * n) for n in range(5)],
        columns=["crop", "stage", "bbch", "start", "end"],
    )
    ax = plotting.plot_crop_calendar(short, acquisitions={"track 32": [125, 270]}, year=2017)
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert len(boxes) == 5
    assert all(a.x1 <= b.x0 for a, b in pairwise(boxes))


def test_a_calendar_without_spread_has_no_lines_for_it():
    table = STAGES.drop(columns=["start_low", "start_high"])
    ax = plotting.plot_crop_calendar(table, acquisitions=TRACKS, year=2017)
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["leaves", "flowering"]
