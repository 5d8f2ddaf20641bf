"""Claims: predicates that are read strictly, and verdicts that follow from the rows of repetitions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cropnb.paths import data_folder
from cropnb.report import read_repetitions, start_run
from cropnb.report.claim_tables import claims_table, counts_table, shown_effect
from cropnb.report.claims import Claim, load_claims
from cropnb.report.evidence import judge, kept_runs, verdict_frame
from cropnb.report.predicates import predicate_of
from cropnb.report.verdicts import FAILS, HOLDS, NOT_RUN, NOT_TESTABLE, UNDECIDED, decide
from cropnb.schema import SchemaError

EXHIBIT = "thesis-table-3-1"
MODELS = ["RF", "Conv1D"]


def repetitions(**values: list[float]) -> pd.DataFrame:
    """Accuracies of `RF__m_chi=[...]`, one per seed."""
    rows = []
    for name, scores in values.items():
        model, features = name.split("__")
        rows += [
            {"exhibit": EXHIBIT, "model": model, "features": features, "split": "blocks", "class_name": ""}
            | {"metric": "overall_accuracy", "seed": seed, "value": score}
            for seed, score in enumerate(scores)
        ]
    return pd.DataFrame(rows)


def claim(simulated: str = "open", **predicate: Any) -> Claim:
    table = {"kind": "greater", "metric": "overall_accuracy", **predicate}
    return Claim(
        key="k",
        source="Liu2024",
        where="Table 3-1",
        says="a beats b",
        chapter="polsar-time-series",
        exhibit=EXHIBIT,
        scenes=["county-*"],
        simulated=simulated,
        because="" if simulated == "open" else "the same equation",
        predicate=predicate_of(table),
    )


A_OVER_B = {"left": {"features": "a"}, "right": {"features": "b"}}
HIGH, LOW = [0.81, 0.82, 0.83], [0.70, 0.72, 0.71]


def verdict(rows: pd.DataFrame, **predicate: Any) -> str:
    return decide(claim(**predicate), rows, kind="real").verdict


def test_greater_follows_the_paired_interval_of_scipy() -> None:
    rows = repetitions(RF__a=HIGH, RF__b=LOW)
    found = decide(claim(**A_OVER_B), rows, kind="real")
    oracle = stats.ttest_rel(HIGH, LOW).confidence_interval(0.95)
    assert found.verdict == HOLDS
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high))
    assert found.effect == pytest.approx(np.mean(HIGH) - np.mean(LOW))
    assert verdict(repetitions(RF__a=LOW, RF__b=HIGH), **A_OVER_B) == FAILS
    assert verdict(repetitions(RF__a=[0.7, 0.8, 0.9], RF__b=[0.8, 0.8, 0.8]), **A_OVER_B) == UNDECIDED


def test_pairs_are_made_by_seed_and_not_by_order() -> None:
    rows = repetitions(RF__a=[0.9, 0.5, 0.7], RF__b=[0.8, 0.4, 0.6])
    mixed = rows.sample(frac=1.0, random_state=3)
    assert verdict(mixed, **A_OVER_B) == HOLDS  # a tenth better each time, though the spread is wide


def test_margins_and_thresholds_shift_what_is_asked() -> None:
    rows = repetitions(RF__a=HIGH, RF__b=LOW)
    assert verdict(rows, **A_OVER_B, margin=0.3) == FAILS
    assert verdict(rows, kind="at_least", left={"features": "a"}, threshold=0.7) == HOLDS
    assert verdict(rows, kind="at_most", left={"features": "a"}, threshold=0.7) == FAILS


def test_similar_needs_the_interval_within_the_margin() -> None:
    close = repetitions(RF__a=[0.80, 0.81, 0.80], RF__b=[0.801, 0.808, 0.802])
    assert verdict(close, kind="similar", margin=0.02, **A_OVER_B) == HOLDS
    assert verdict(close, kind="similar", margin=0.001, **A_OVER_B) == UNDECIDED
    assert verdict(repetitions(RF__a=HIGH, RF__b=LOW), kind="similar", margin=0.02, **A_OVER_B) == FAILS


def test_increasing_takes_each_step() -> None:
    along = {"features": ["c", "b", "a"]}
    rows = repetitions(RF__a=HIGH, RF__b=LOW, RF__c=[0.5, 0.52, 0.51])
    assert verdict(rows, kind="increasing", along=along) == HOLDS
    assert verdict(rows, kind="increasing", along={"features": ["c", "a", "b"]}) == FAILS


def test_quantifiers_over_models() -> None:
    rows = repetitions(RF__a=HIGH, RF__b=LOW, Conv1D__a=LOW, Conv1D__b=HIGH)
    over = {"model": MODELS}
    assert verdict(rows, **A_OVER_B, over=over) == FAILS
    assert verdict(rows, **A_OVER_B, over=over, quantifier="any") == HOLDS
    assert verdict(rows, **A_OVER_B, over=over, quantifier="mean") == UNDECIDED


def test_the_interval_is_widened_for_several_comparisons() -> None:
    rows = repetitions(RF__a=HIGH, RF__b=LOW, Conv1D__a=HIGH, Conv1D__b=LOW)
    one = decide(claim(**A_OVER_B, rows={"model": "RF"}), rows, kind="real")
    two = decide(claim(**A_OVER_B, over={"model": MODELS}), rows, kind="real")
    assert two.n_comparison == 2
    assert two.high - two.low > one.high - one.low


def test_missing_rows_are_not_run_unless_the_others_decide() -> None:
    over = {"model": MODELS}
    assert verdict(repetitions(RF__a=HIGH, RF__b=LOW), **A_OVER_B, over=over) == NOT_RUN
    assert verdict(repetitions(RF__a=LOW, RF__b=HIGH), **A_OVER_B, over=over) == FAILS
    assert verdict(repetitions(RF__a=HIGH, RF__b=LOW), **A_OVER_B, over=over, quantifier="any") == HOLDS
    assert verdict(repetitions(RF__c=HIGH), **A_OVER_B) == NOT_RUN


def test_one_repetition_decides_nothing() -> None:
    assert verdict(repetitions(RF__a=[0.9], RF__b=[0.1]), **A_OVER_B) == UNDECIDED


def test_two_rows_for_one_repetition_are_an_error() -> None:
    rows = repetitions(RF__a=HIGH, RF__b=LOW, Conv1D__a=HIGH, Conv1D__b=LOW)
    with pytest.raises(SchemaError, match="Name more fields"):
        verdict(rows, **A_OVER_B)


def test_a_simulated_scene_does_not_decide_what_it_was_built_to_show() -> None:
    rows = repetitions(RF__a=HIGH, RF__b=LOW)
    forced = claim(simulated="forced", **A_OVER_B)
    found = decide(forced, rows, kind="simulated")
    assert found.verdict == NOT_TESTABLE
    assert "the same equation" in found.reason
    assert "3 repetitions" in shown_effect(found)
    assert decide(forced, rows, kind="real").verdict == HOLDS


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"kind": "greatr", "metric": "f1"}, "greater"),
        ({"kind": "greater", "metric": "f1", "left": {"featurs": "a"}, "right": {}}, "features"),
        ({"kind": "greater", "metric": "f1", "lefft": {}}, "left"),
        ({"kind": "at_least", "metric": "f1", "left": {"model": "RF"}}, "threshold"),
        ({"kind": "similar", "metric": "f1", **A_OVER_B}, "margin"),
        ({"kind": "increasing", "metric": "f1"}, "along"),
        ({"metric": "f1"}, "kind"),
    ],
)
def test_a_malformed_predicate_is_an_error_at_load(table: dict[str, Any], says: str) -> None:
    with pytest.raises(SchemaError, match=says):
        predicate_of(table)


def copy_of_claims(folder: Path, **edit: str) -> Path:
    shutil.copytree(data_folder() / "claims", folder)
    path = next(path for path in sorted(folder.glob("Liu2024*.toml")) if edit["old"] in path.read_text())
    path.write_text(path.read_text().replace(edit["old"], edit["new"], 1))
    return folder


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("simulated =", "simulatd =", "simulated"),
        ('features = "m-chi"', 'feature = "m-chi"', "features"),
        ('features = "m-chi"', 'features = "m_chi"', "m-chi"),
        ('kind = "greater"', 'kind = "grater"', "greater"),
    ],
)
def test_a_typo_in_a_claim_is_an_error_and_not_a_silent_not_run(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    with pytest.raises(SchemaError, match=says):
        load_claims(copy_of_claims(tmp_path / "claims", old=old, new=new))


def test_repetitions_come_back_from_the_file_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROPNB_RUN_FOLDER", str(tmp_path))
    record = start_run("polsar-time-series", {"scale": "laptop"}, seeds=[0, 1, 2])
    rows = repetitions(RF__a=HIGH)
    record.add_repetitions(rows)
    back = read_repetitions(record.finish())
    assert back.value.tolist() == HIGH
    assert back.seed.tolist() == [0, 1, 2]
    assert set(back.scale) == {"laptop"}
    with pytest.raises(SchemaError, match="seed"):
        record.add_repetitions(rows.drop(columns="seed"))


def flipped(source: Path, folder: Path) -> Path:
    """Results of the book with all values of repetitions mirrored at one half."""
    shutil.copytree(source, folder)
    for path in folder.glob("*/*.json"):
        content = json.loads(path.read_text())
        for row in content.get("repetitions", []):
            row["value"] = None if row["value"] is None else 1 - row["value"]
        path.write_text(json.dumps(content))
    return folder


def test_the_kept_verdicts_are_those_of_the_kept_results() -> None:
    kept = pd.read_csv(data_folder() / "claims" / "verdicts.csv", keep_default_na=False, na_values=["nan"])
    fresh = verdict_frame(judge(load_claims(), kept_runs()))
    assert kept.key.tolist() == fresh.key.tolist()
    pd.testing.assert_frame_equal(kept, fresh, check_dtype=False)


def test_a_changed_result_file_changes_verdicts(tmp_path: Path) -> None:
    claims = load_claims()
    before = verdict_frame(judge(claims, kept_runs()))
    after = verdict_frame(judge(claims, kept_runs(flipped(data_folder() / "results", tmp_path / "results"))))
    assert (before.verdict != after.verdict).any()


def test_every_exhibit_of_a_claim_has_a_page_or_none_yet() -> None:
    claims = load_claims()
    assert len({claim.key for claim in claims}) == len(claims) >= 60
    assert all(claim.says.endswith(".") for claim in claims)


def test_the_table_can_be_filtered_and_leads_to_the_exhibit() -> None:
    judged = judge([claim(**A_OVER_B)], [])
    html = claims_table(judged, links={EXHIBIT: "chapters/x.html#exhibit-y"})._repr_html_()
    assert 'data-filters="verdict|source"' in html
    assert '<a href="chapters/x.html#exhibit-y">' in html
    assert counts_table(judged).frame["not run"].tolist() == [1, 1]
