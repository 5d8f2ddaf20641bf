"""Published numbers get a verdict only from a comparable run; tables can be read by a screen reader."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from cropnb import report
from cropnb.report.tables import mark_of
from cropnb.schema import SchemaError

LIST = """
[[number]]
key = "oa"
source = "Key2019"
quantity = "overall accuracy"
value = 0.75
unit = "1"
where = "Table 3, row 2"
protocol = "random folds"
tolerance = 0.03
scene = "canada-2017"
match = {metric = "overall_accuracy", model = "random forest"}
[[number]]
key = "size"
source = "Key2019"
quantity = "parameters"
value = 2500
unit = "weights"
where = "Section 2"
protocol = "none"
tolerance = 0
scene = ""
decimals = 0
match = {metric = "n_parameter"}
"""
COLUMNS = ["quantity", "published", "ours", "difference", "verdict", "protocol differs in", "where"]


@pytest.fixture
def published(tmp_path):
    (tmp_path / "paper.toml").write_text(LIST, encoding="utf-8")
    return report.load_published("paper", folder=tmp_path)


def ours(**fields):
    row = {"metric": "overall_accuracy", "model": "random forest", "value": 0.76, "scene": "canada-2017"}
    return {**row, "kind": "real", "scale": "laptop", **fields}


def first_line(published, rows, **options):
    return report.compare(published, rows, **options).frame.iloc[0]


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({"value": 0.76}, "within tolerance"),
        ({"value": 0.78}, "within tolerance"),  # 0.78 - 0.75 is above 0.03 in binary
        ({"value": 0.72}, "within tolerance"),
        ({"value": 0.7201}, "within tolerance"),
        ({"value": 0.7199}, "outside tolerance"),
        ({"value": 0.79}, "outside tolerance"),
        ({"value": 0.79, "scale": "full"}, "outside tolerance"),
        ({"value": None}, "not run"),
        ({"model": "TempCNN"}, "not run"),
        ({"class_name": "maize"}, "not run"),  # a number of one class is not the number of all
        ({"scale": "smoke"}, "none: smoke scale"),
        ({"scene": "county-mini", "kind": "simulated"}, "none: simulated scene"),
        ({"kind": "simulated"}, "none: simulated scene"),
        ({"scene": "manitoba-c2"}, "none: other scene"),
    ],
)
def test_verdict(published, fields, verdict):
    assert first_line(published, ours(**fields))["verdict"] == verdict


def test_nothing_run_is_said_in_every_line(published):
    frame = report.compare(published, []).frame
    assert list(frame.columns) == COLUMNS
    assert set(frame["verdict"]) == set(frame["ours"]) == {"not run"}
    assert (frame != "").all(axis=None)


def test_line_shows_both_numbers_interval_seeds_and_difference(published):
    row = ours(low=0.74, high=0.78, level=0.95, n_seed=3)
    line = first_line(published, row, differs={"oa": "D1, D3"})
    assert line["published"] == "0.75"
    assert line["where"] == "Key2019, Table 3, row 2"
    assert line["ours"] == "0.76 [0.74, 0.78] (95% interval, 3 seeds)"
    assert line["difference"] == "+0.01"
    assert line["protocol differs in"] == "D1, D3"


def test_simulated_and_smoke_numbers_are_marked_where_they_stand(published):
    line = first_line(published, ours(kind="simulated", scale="smoke", n_seed=1))
    assert line["ours"] == "0.76 (1 seed, simulated, smoke)"


def test_number_that_depends_on_no_data_is_judged_on_any_scene(published):
    row = {
        "metric": "n_parameter",
        "value": 2500,
        "kind": "simulated",
        "scale": "laptop",
        "scene": "county-mini",
    }
    line = report.compare(published, row).frame.iloc[1]
    assert (line["published"], line["verdict"]) == ("2,500 weights", "within tolerance")
    assert report.compare(published, {**row, "value": 2501}).frame["verdict"][1] == "outside tolerance"


def test_two_candidates_for_one_number_are_refused(published):
    with pytest.raises(SchemaError, match="2 of our rows match 'oa'"):
        report.compare(published, [ours(), ours(scale="full")])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("tolerance = 0.03", "", "tolerance"),
        ("tolerance = 0.03", "tolerance = -0.03", "not negative"),
        ("value = 0.75", 'value = "0.75"', "two numbers"),
        ("where =", "wheer =", "wheer"),
        ('model = "random', 'modle = "random', "modle"),
        ('key = "size"', 'key = "oa"', "each once"),
    ],
)
def test_broken_list_is_refused(tmp_path, old, new, message):
    (tmp_path / "paper.toml").write_text(LIST.replace(old, new), encoding="utf-8")
    with pytest.raises(SchemaError, match=message):
        report.load_published("paper", folder=tmp_path)


def test_unknown_list_names_the_known_ones(tmp_path):
    (tmp_path / "paper.toml").write_text(LIST, encoding="utf-8")
    with pytest.raises(SchemaError, match=r"'other'.*\['paper'\]"):
        report.load_published("other", folder=tmp_path)


def test_first_light_list_has_the_table_of_the_data_note():
    frame = report.load_published("first-light")
    parts = pd.DataFrame(list(frame["match"])).assign(value=frame["value"])
    wide = parts.pivot_table(index=["split", "features"], columns="metric", values="value")
    expected = {
        ("random", "S1"): (0.752, 0.685, 0.543),
        ("random", "S2"): (0.780, 0.721, 0.638),
        ("random", "S1+S2"): (0.825, 0.778, 0.667),
        ("spatial", "S1"): (0.707, 0.627, 0.467),
        ("spatial", "S2"): (0.701, 0.617, 0.490),
        ("spatial", "S1+S2"): (0.760, 0.694, 0.523),
    }
    assert len(frame) == 18
    for key, numbers in expected.items():
        assert tuple(wide.loc[key, ["overall_accuracy", "kappa", "macro_f1"]]) == numbers
    accuracy = parts["metric"] == "overall_accuracy"
    assert set(frame.loc[accuracy, "tolerance"]) == {0.03}


@pytest.mark.parametrize(
    ("numbers", "decimals", "text"),
    [
        ((0.7512, 0.7199, 0.7801), 2, "0.75 [0.72, 0.78]"),
        ((0.7512,), 3, "0.751"),
        ((0.7512, 0.7, np.nan), 2, "0.75"),
        ((np.nan, 0.7, 0.8), 2, "—"),
        ((None,), 2, "—"),
        ((3063,), 0, "3,063"),
        ((-0.5, -0.6, -0.4), 1, "-0.5 [-0.6, -0.4]"),
    ],
)
def test_interval_text(numbers, decimals, text):
    assert report.format_interval(*numbers, decimals=decimals) == text


def score(features, metric, value, **fields):
    return {
        "features": features,
        "model": "forest",
        "split": "group",
        "metric": metric,
        "value": value,
        **fields,
    }


def test_results_table_has_one_cell_per_number():
    rows = [score("S1", "kappa", 0.6), score("S2", "kappa", 0.7, low=0.6, high=0.8), score("S2", "iou", 0.5)]
    frame = report.results_table(rows, caption="Scores").frame
    assert list(frame.columns) == ["features", "model", "split", "kappa", "iou"]
    assert frame.iloc[:, 3:].to_numpy().tolist() == [["0.60", "—"], ["0.70 [0.60, 0.80]", "0.50"]]


def test_results_table_refuses_mixed_scales_and_double_cells():
    rows = [score("S1", "kappa", 0.6, scale="smoke"), score("S2", "kappa", 0.7, scale="full")]
    with pytest.raises(SchemaError, match=r"scale \['full', 'smoke'\] together"):
        report.results_table(rows, caption="Scores")
    with pytest.raises(SchemaError, match="one number per cell"):
        report.results_table([score("S1", "kappa", 0.6)] * 2, caption="Scores")


def test_captions_say_simulated_and_smoke():
    rows = [score("S1", "kappa", 0.6, scale="smoke", kind="simulated")]
    assert report.results_table(rows, caption="Scores").caption == "Scores (simulated scene; smoke scale)"
    assert mark_of(pd.DataFrame({"kind": ["real"], "scale": ["full"]})) == ""


class Cells(HTMLParser):
    """Texts of a table by tag, and the scopes of its header cells."""

    def __init__(self, html):
        super().__init__()
        self.found, self.scopes, self.tag = {}, [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tag = tag
        self.found.setdefault(tag, []).append("")
        if tag == "th":
            self.scopes.append(dict(attrs).get("scope"))

    def handle_endtag(self, tag):
        self.tag = "" if tag == self.tag else self.tag

    def handle_data(self, data):
        if self.tag:
            self.found[self.tag][-1] += data


def test_html_table_has_caption_named_columns_and_rows():
    table = report.Table(pd.DataFrame({"crop": ["maize & co", "<b>"], "fields": ["1", "2"]}), "Fields")
    cells = Cells(table._repr_html_())
    assert cells.found["caption"] == ["Fields"]
    assert cells.found["th"] == ["crop", "fields", "maize & co", "<b>"]
    assert cells.scopes == ["col", "col", "row", "row"]
    assert cells.found["td"] == ["1", "2"]


def test_markdown_table_escapes_bars():
    table = report.Table(pd.DataFrame({"a": ["x|y"], "b": ["z"]}), "Bars")
    assert table._repr_markdown_().splitlines()[2:] == ["| a | b |", "| --- | --- |", "| x\\|y | z |"]


def test_table_without_caption_or_column_name_is_refused():
    with pytest.raises(SchemaError, match="caption"):
        report.Table(pd.DataFrame({"a": [1]}), " ")
    with pytest.raises(SchemaError, match="needs a name"):
        report.Table(pd.DataFrame({"": [1]}), "Fields")
