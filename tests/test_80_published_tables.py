"""Published tables: every number stands in the text that it was typed from."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cropnb.paths import data_folder, project_root
from cropnb.report.published_tables import (
    PublishedTable,
    beside_ours,
    load_errors,
    load_tables,
    load_values,
)
from cropnb.schema import SchemaError

SEEDS = Path(os.environ.get("CROPNB_SEEDS", project_root().parent / "shared" / "seeds"))
TABLES = load_tables()
needs_seeds = pytest.mark.skipif(not SEEDS.is_dir(), reason="the texts of the sources are not here")


def text_of(table: PublishedTable) -> str:
    lines = (SEEDS / table.seed).read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[table.lines[0] - 1 : table.lines[1]])


def values_of(table: PublishedTable) -> pd.DataFrame:
    values = load_values()
    return values[(values.source == table.source) & (values.table == table.table)]


@needs_seeds
@pytest.mark.parametrize(
    "table", [t for t in TABLES if t.status == "typed"], ids=lambda t: f"{t.source}-{t.table}"
)
def test_every_number_stands_near_its_table(table: PublishedTable) -> None:
    text, values = text_of(table), values_of(table)
    assert len(values)
    printed = values.printed[values.printed != ""]
    absent = sorted(word for word in set(printed) if word not in text)
    assert not absent
    assert (values.note[values.printed == ""] != "").all()


@needs_seeds
def test_a_wrong_digit_would_be_found() -> None:
    table = next(t for t in TABLES if (t.source, t.table) == ("Liu2024", "Table 3-1"))
    assert "0.847613" not in text_of(table)


def test_printed_characters_are_the_value() -> None:
    values = load_values()
    values = values[values.metric != "date"]  # typed as days of the year
    plain = values[values.printed.str.fullmatch(r"-?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?")]
    plain = plain[plain.printed != ""]
    assert len(plain) > 0.8 * len(values)
    np.testing.assert_allclose(plain.value, [float(word.replace(",", "")) for word in plain.printed])


def test_tables_and_values_name_each_other() -> None:
    named = Counter((t.source, t.table) for t in TABLES)
    assert max(named.values()) == 1
    typed = {(t.source, t.table) for t in TABLES if t.status == "typed"}
    values = load_values()
    assert set(zip(values.source, values.table, strict=True)) == typed


def test_exhibits_named_by_tables_and_errors_exist() -> None:
    errors = load_errors()
    named = {(t.source, t.table) for t in TABLES}
    assert set(zip(errors.source, errors.table, strict=True)) <= named
    assert all(re.fullmatch(r"[a-z0-9-]*", t.exhibit) for t in TABLES)


def test_fractions_and_percentages_lie_where_they_can() -> None:
    values = load_values()
    scores = values[values.metric.isin(["overall_accuracy", "f1", "macro_f1", "iou", "mean_iou"])]
    top = scores.unit.map({"1": 1.0, "%": 100.0})
    assert top.notna().all()
    assert (scores.value <= top).all()
    assert (scores.value >= 0).all()


def test_beside_ours_matches_by_labels_and_not_by_order() -> None:
    values = pd.DataFrame(
        [
            {"row": "m-chi", "column": "RF", "metric": "overall_accuracy", "class_name": "", "value": 84.0},
            {"row": "m-chi", "column": "SVM", "metric": "overall_accuracy", "class_name": "", "value": 80.0},
        ]
    ).assign(unit="%", source="s", table="t")
    ours = pd.DataFrame(
        {"model": ["Conv1D", "RF"], "features": "m-chi", "split": "blocks", "metric": "overall_accuracy"}
    ).assign(class_name="", value=[0.7, 0.8], low=np.nan, high=np.nan)
    found = beside_ours(values, ours)
    assert found.published.tolist() == [0.84]
    assert found.value.tolist() == [0.8]


def write(folder: Path, text: str, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return folder


def test_malformed_files_are_errors(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="columns"):
        load_values(write(tmp_path / "a", "source,table\n", "x.csv"))
    head = 'source = "s"\nseed = "t"\n[[table]]\ntable = "1"\nabout = "x"\n'
    with pytest.raises(SchemaError, match="reason"):
        load_tables(write(tmp_path / "b", head + 'status = "missing"\n', "x.toml"))
    with pytest.raises(SchemaError, match="status"):
        load_tables(write(tmp_path / "c", head + 'status = "typd"\n', "x.toml"))
    with pytest.raises(SchemaError, match="says nothing"):
        load_errors(write(tmp_path / "d", head + 'status = "typed"\n[[error]]\ntable = "1"\n', "x.toml"))


def test_every_source_has_its_numbers() -> None:
    per_source = load_values().groupby("source").size()
    assert set(per_source.index) == {"Liu2024", "Teimouri2023", "Garnot2022", "Zhao2022", "Liu2025"}
    assert sorted(p.name for p in (data_folder() / "published" / "tables").glob("*.csv"))
