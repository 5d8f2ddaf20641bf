import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score, f1_score, precision_score, recall_score

from cropnb.evaluation.repetitions import repetition_scores
from cropnb.evaluation.scores import (
    block_scores,
    class_scores,
    pooled_confusion,
    seed_class_scores,
    seed_scores,
)
from cropnb.schema import SchemaError

BLOCK = np.repeat(np.arange(20), 10)


@pytest.fixture
def predictions() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    reference = rng.integers(3, size=BLOCK.size)
    parts = []
    for seed in range(3):
        wrong = rng.random(BLOCK.size) < 0.3
        prediction = np.where(wrong, rng.integers(3, size=BLOCK.size), reference)
        columns = {"sample": np.arange(BLOCK.size), "reference": reference, "prediction": prediction}
        parts.append(pd.DataFrame({"seed": seed, **columns}))
    return pd.concat(parts, ignore_index=True)


def by_metric(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_index("metric")


def test_pooled_accuracy_is_the_mean_over_seeds(predictions: pd.DataFrame) -> None:
    scores = by_metric(block_scores(predictions, block=BLOCK, n_class=3, rng=np.random.default_rng(1)))
    per_seed = (predictions.reference == predictions.prediction).groupby(predictions.seed).mean()
    assert scores.value["overall_accuracy"] == pytest.approx(per_seed.mean())
    assert pooled_confusion(predictions, n_class=3).sum() == len(predictions)


def test_seed_scores_are_scikit_learns_averaged(predictions: pd.DataFrame) -> None:
    scores = by_metric(seed_scores(predictions, n_class=3))
    groups = [part for _, part in predictions.groupby("seed")]
    kappas = [cohen_kappa_score(p.reference, p.prediction) for p in groups]
    f1 = [f1_score(p.reference, p.prediction, average="macro") for p in groups]
    assert scores.value["kappa"] == pytest.approx(np.mean(kappas))
    assert scores.value["macro_f1"] == pytest.approx(np.mean(f1))
    assert scores.low["kappa"] < np.mean(kappas) < scores.high["kappa"]


def test_class_scores_are_scikit_learns(predictions: pd.DataFrame) -> None:
    one_seed = predictions[predictions.seed == 0]
    table = class_scores(one_seed, block=BLOCK, class_names=["a", "b", "c"], rng=np.random.default_rng(1))
    wide = table.pivot_table(index="class_name", columns="metric", values="value")
    recall = recall_score(one_seed.reference, one_seed.prediction, average=None)
    precision = precision_score(one_seed.reference, one_seed.prediction, average=None)
    np.testing.assert_allclose(wide.producers_accuracy, recall)
    np.testing.assert_allclose(wide.users_accuracy, precision)
    assert table.n_sample.groupby(table.class_name).first().sum() == BLOCK.size
    assert (table.low <= table.value).all()
    assert (table.value <= table.high).all()


def test_mixed_models_are_refused(predictions: pd.DataFrame) -> None:
    twice = pd.concat([predictions, predictions])
    with pytest.raises(SchemaError, match=r"600 samples predicted twice.*one model"):
        seed_scores(twice, n_class=3)


def test_missing_columns_are_named(predictions: pd.DataFrame) -> None:
    with pytest.raises(SchemaError, match=r"lack \['seed'\].*cross_validate"):
        pooled_confusion(predictions.drop(columns="seed"), n_class=3)


def test_class_scores_over_seeds_are_means_of_each_seeds_f1() -> None:
    rng = np.random.default_rng(3)
    frames = []
    for seed in range(3):
        reference = np.repeat([0, 1, 2], 40)
        wrong = rng.random(120) < 0.1 * (seed + 1)
        prediction = np.where(wrong, (reference + 1) % 3, reference)
        frames.append(
            pd.DataFrame(
                {"seed": seed, "sample": np.arange(120), "reference": reference, "prediction": prediction}
            )
        )
    found = seed_class_scores(pd.concat(frames), class_names=["a", "b", "c"])
    theirs = [f1_score(f.reference, f.prediction, average=None) for f in frames]
    np.testing.assert_allclose(found.value, np.mean(theirs, axis=0))
    assert (found.low < found.value).all()
    assert found.class_name.tolist() == ["a", "b", "c"]
    assert found.n_seed.tolist() == [3, 3, 3]


def test_a_seed_without_a_class_says_nothing_about_it() -> None:
    frames = [
        pd.DataFrame({"seed": seed, "sample": [0, 1], "reference": [0, other], "prediction": [0, other]})
        for seed, other in enumerate([1, 1, 0])
    ]
    found = seed_class_scores(pd.concat(frames), class_names=["a", "b", "c"])
    assert found.n_seed.tolist() == [3, 2, 0]
    assert found.value.tolist()[:2] == [1.0, 1.0]
    assert np.isnan(found.value[2])
    assert np.isnan(found.low[2])


def test_a_metric_alone_is_that_of_all(predictions: pd.DataFrame) -> None:
    settings = {"block": BLOCK, "class_names": ["a", "b", "c"], "n_resample": 50}
    whole = class_scores(predictions, rng=np.random.default_rng(1), **settings)
    alone = class_scores(predictions, rng=np.random.default_rng(1), metrics=["f1"], **settings)
    expected = whole[whole.metric == "f1"].set_index("class_name").value
    pd.testing.assert_series_equal(alone.set_index("class_name").value, expected)
    assert set(alone.metric) == {"f1"}


def test_an_unknown_metric_is_named(predictions: pd.DataFrame) -> None:
    with pytest.raises(SchemaError, match="'f2'"):
        class_scores(
            predictions,
            block=BLOCK,
            class_names=["a", "b", "c"],
            rng=np.random.default_rng(1),
            metrics=["f2"],
        )


def test_scores_of_repetitions_are_scikit_learns(predictions: pd.DataFrame) -> None:
    table = repetition_scores(predictions, class_names=["a", "b", "c"], means={"both": ["a", "c"]})
    for seed, part in predictions.groupby("seed"):
        rows = table[table.seed == seed]
        single = rows[rows.class_name == ""].set_index("metric").value
        assert single["kappa"] == pytest.approx(cohen_kappa_score(part.reference, part.prediction))
        oracle = f1_score(part.reference, part.prediction, average=None)
        both = f1_score(part.reference, part.prediction, labels=[0, 2], average="macro")
        np.testing.assert_allclose(rows[rows.class_name != ""].value, [*oracle, both])
