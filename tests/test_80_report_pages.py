"""Pages that look back: questions, costs, published numbers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cropnb.chapters.check import check_all
from cropnb.plotting import plot_cost_accuracy
from cropnb.report.claims import load_claims
from cropnb.report.costs import cost_table, costs
from cropnb.report.evidence import judge, kept_runs
from cropnb.report.published_pages import beside_tables, errors_table, folded_tables, overview_table
from cropnb.report.published_tables import load_tables, load_values
from cropnb.report.questions import answers_table, load_questions
from cropnb.schema import SchemaError


def test_every_question_counts_the_claims_that_bear_on_it() -> None:
    judged = judge(load_claims(), [])
    frame = answers_table(load_questions(), judged).frame
    counts = frame.drop(columns=["question", "so far"])
    assert (counts.astype(int).sum(axis=1) > 0).all()
    assert set(frame["so far"]) <= {"not run", "not testable on what we have"}


def test_a_question_whose_claim_is_gone_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "q.toml"
    path.write_text('[[question]]\ngroup = "g"\nasks = "a?"\nclaims = ["no-such-claim"]\n')
    with pytest.raises(SchemaError, match="match no claim"):
        answers_table(load_questions(path), judge(load_claims(), []))
    path.write_text('[[question]]\ngroup = "g"\nasks = "a?"\n')
    with pytest.raises(SchemaError, match="claims"):
        load_questions(path)


def test_costs_join_the_run_and_the_benchmark() -> None:
    table = costs(kept_runs())
    focus = table[table.features == "m-chi"].set_index("model")
    assert focus.n_parameter["Conv1D-LSTM"] > 5e6  # 7.1 million by the benchmark's own count
    assert focus.seconds.notna().all()
    assert pd.isna(focus.n_parameter["RF"])
    assert "—" in cost_table(table).frame["parameters [M]"].tolist()
    with pytest.raises(SchemaError, match="Keep one"):
        costs([])


def test_points_of_costs_stand_at_their_values() -> None:
    table = pd.DataFrame(
        {"model": ["RF", "net"], "seconds": [0.1, 10.0], "value": [0.7, 0.8], "low": [0.6, 0.7]}
    ).assign(high=[0.8, 0.9], n_parameter=[None, 2e6])
    ax = plot_cost_accuracy(table)
    points = [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in ax.lines]
    assert points == [(0.1, 0.7), (10.0, 0.8)]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["RF", "net, 2.0 M"]
    with pytest.raises(SchemaError, match="different"):
        plot_cost_accuracy(table.assign(model="RF"))


def test_the_overview_lists_every_table_and_the_folds_every_number() -> None:
    assert len(overview_table(links={}).frame) == len(load_tables())
    assert int(overview_table(links={}).frame.numbers.sum()) == len(load_values())
    shown = sum((table.frame.iloc[:, 1:] != "").to_numpy().sum() for table in folded_tables().tables)
    assert shown > 0.95 * len(load_values())  # numbers of one cell and different metrics share it
    assert "<details><summary>" in folded_tables()._repr_html_()
    assert "44" in errors_table()._repr_html_()


def test_published_and_ours_stand_side_by_side() -> None:
    tables = beside_tables().tables
    captions = " ".join(table.caption for table in tables)
    assert "Table 3-1" in captions
    assert "(simulated)" in captions
    first = next(table for table in tables if "Table 3-1" in table.caption).frame
    row = first[(first.what == "m-chi | RF") & (first.metric == "overall accuracy")]
    assert row.published.tolist() == ["0.84"]  # read in the source by eye


def test_prose_of_pages_without_a_contract_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.md").write_text("# Page\n\nIt has an accuracy of 0.93 here.\n")
    monkeypatch.setattr("cropnb.chapters.check.book_folder", lambda: tmp_path)
    assert [finding.line for finding in check_all() if finding.path.name == "page.md"] == [3]
