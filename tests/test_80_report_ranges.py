"""Expected ranges: read as they stand, judged by their limits, faults refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from cropnb.paths import data_folder
from cropnb.report import load_ranges, ranges_table
from cropnb.schema import SchemaError

TEXT = """
[[range]]
key = "ratio"
quantity = "mean VV/VH"
unit = "dB"
low = 5.5
high = 7.5
tag = "D"
source = "a source"

[[range]]
key = "share"
quantity = "share"
unit = "1"
low = 0.2
high = 0.3
tag = "K"
source = "another"
is_set = true
decimals = 2
"""


def written(folder: Path, text: str) -> Path:
    (folder / "list.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(5.5, "inside"), (7.5, "inside"), (5.49, "below"), (7.51, "above"), (float("nan"), "not computed")],
)
def test_limits_count_as_inside(tmp_path: Path, value: float, verdict: str) -> None:
    first = load_ranges("list", folder=written(tmp_path, TEXT))[0]
    assert first.verdict(value) == verdict


def test_what_lies_outside_comes_first_and_what_is_missing_is_shown(tmp_path: Path) -> None:
    ranges = load_ranges("list", folder=written(tmp_path, TEXT))
    table = ranges_table(ranges, {"ratio": 6.0, "share": 0.5}, caption="c").frame
    assert table["verdict"].tolist() == ["above (set by parameters)", "inside"]
    assert table["expected by"].tolist() == ["K: another", "D: a source"]
    assert table["expected"].tolist() == ["0.20 to 0.30", "5.5 to 7.5"]
    assert table["quantity"].tolist() == ["share", "mean VV/VH [dB]"]
    missing = ranges_table(ranges, {"ratio": 6.0}, caption="c").frame
    assert missing["verdict"].tolist() == ["not computed (set by parameters)", "inside"]


def test_numbers_without_a_range_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="no range"):
        ranges_table(load_ranges("list", folder=written(tmp_path, TEXT)), {"rate": 1.0}, caption="c")


@pytest.mark.parametrize(
    ("old", "new"),
    [("low = 5.5", "low = 8.5"), ('tag = "D"', 'tag = "C"'), ('unit = "dB"', 'units = "dB"')],
)
def test_faulty_lists_are_refused(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(SchemaError, match=r"list\.toml, ratio"):
        load_ranges("list", folder=written(tmp_path, TEXT.replace(old, new)))


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"nothing\.toml"):
        load_ranges("nothing", folder=tmp_path)


@pytest.mark.parametrize(
    "path", sorted((data_folder() / "ranges").glob("*.toml")), ids=lambda path: path.stem
)
def test_the_projects_lists_can_be_read(path: Path) -> None:
    assert len(load_ranges(path.stem)) > 0
