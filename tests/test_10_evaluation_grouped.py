from functools import partial

import numpy as np
import pandas as pd
import pytest

from cropnb.evaluation import block_scores, grouped_scores
from cropnb.schema import SchemaError


@pytest.fixture
def predictions() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    parts = []
    for model, share in (("weak", 0.5), ("good", 0.9)):
        for features in ("few", "many"):
            reference = rng.integers(0, 2, 200)
            wrong = rng.random(200) > share
            parts.append(
                pd.DataFrame(
                    {
                        "features": features,
                        "model": model,
                        "split": "blocks",
                        "seed": 0,
                        "sample": np.arange(200),
                        "reference": reference,
                        "prediction": np.where(wrong, 1 - reference, reference),
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def test_each_group_is_scored_alone(predictions: pd.DataFrame) -> None:
    score = partial(block_scores, block=np.arange(200) // 20, n_class=2)
    table = grouped_scores(predictions, lambda part: score(part, rng=np.random.default_rng(1)))
    found = table[table.metric == "overall_accuracy"].set_index(["model", "features"]).value
    assert list(found.index) == [("weak", "few"), ("weak", "many"), ("good", "few"), ("good", "many")]
    right = predictions.reference == predictions.prediction
    expected = right.groupby([predictions.model, predictions.features]).mean()
    for key, value in found.items():
        assert value == pytest.approx(expected[key])
    part = predictions.query("model == 'good' and features == 'few'")
    alone = score(part, rng=np.random.default_rng(1))
    there = table.query("model == 'good' and features == 'few'")
    np.testing.assert_array_equal(there[["low", "high"]], alone[["low", "high"]])


def test_a_missing_column_or_an_empty_table_is_an_error(predictions: pd.DataFrame) -> None:
    with pytest.raises(SchemaError, match=r"without the columns \['model'\]"):
        grouped_scores(predictions.drop(columns="model"), lambda part: part)
    with pytest.raises(SchemaError, match="0 predictions"):
        grouped_scores(predictions[:0], lambda part: part)
