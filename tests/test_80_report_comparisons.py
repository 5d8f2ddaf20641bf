import pandas as pd
import pytest

from cropnb.report import comparison_table

ROW = {
    "first": "network",
    "second": "forest",
    "accuracy_difference": 0.0124,
    "accuracy_low": -0.004,
    "accuracy_high": 0.03,
    "f1_difference": -0.02,
    "f1_low": -0.05,
    "f1_high": 0.01,
    "n_only_first": 12.4,
    "n_only_second": 3.0,
    "p_mcnemar_holm": 0.0411,
    "p_block_holm": 0.25,
}


def test_a_difference_has_its_sign_and_interval() -> None:
    line = comparison_table(pd.DataFrame([ROW]), caption="pairs", kind="real").frame.iloc[0]
    assert line["accuracy"] == "+0.012 [-0.004, 0.030]"
    assert line["macro F1"] == "-0.020 [-0.050, 0.010]"
    assert (line["only first right"], line["only second right"]) == ("12", "3")
    assert (line["p, McNemar"], line["p, blocks"]) == ("0.041", "0.250")


@pytest.mark.parametrize(("kind", "marked"), [("simulated", True), ("real", False)])
def test_a_simulated_scene_is_named(kind, marked) -> None:
    caption = comparison_table(pd.DataFrame([ROW]), caption="pairs", kind=kind).caption
    assert ("simulated scene" in caption) is marked
