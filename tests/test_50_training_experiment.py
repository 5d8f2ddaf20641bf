import shutil
from functools import partial

import numpy as np
import pandas as pd
import pytest

from cropnb.sampling import Samples, group_folds, random_folds, samples_from_arrays, share_split
from cropnb.schema import SchemaError
from cropnb.training import (
    ForestClassifier,
    cross_validate,
    join_experiments,
    load_fitted,
    run_experiment,
)
from cropnb.training.storage import is_saved

SPLITS = {"random": partial(random_folds, n_fold=2), "spatial": partial(group_folds, n_fold=2, unit="group")}
FOREST = partial(ForestClassifier, n_tree=5, n_jobs=1)


@pytest.fixture(scope="module")
def samples() -> Samples:
    rng = np.random.default_rng(0)
    class_id = np.tile([0, 1], 40)
    x = rng.normal(size=(80, 3, 2)) + class_id[:, None, None]
    return samples_from_arrays(x, class_id, group=np.repeat(np.arange(10), 8))


def experiment(samples: Samples, **changes):
    settings = {
        "features": {"both": samples.channel, "first": samples.channel[:1]},
        "classifiers": {"forest": FOREST},
        "splits": SPLITS,
        "n_seed": 2,
        "n_job": 1,
        "progress": False,
    }
    return run_experiment(samples, **(settings | changes))


def test_every_combination_predicts_every_sample_once_per_seed(samples: Samples) -> None:
    table = experiment(samples)
    sizes = table.groupby(["features", "model", "split", "seed"])["sample"].nunique()
    assert len(sizes) == 2 * 1 * 2 * 2
    assert (sizes == samples.n_sample).all()
    assert len(table.attrs["fits"]) == 8 * 2


def test_combinations_of_one_seed_share_their_folds(samples: Samples) -> None:
    table = experiment(samples)
    both, first = (
        table[table.features == name].set_index(["split", "seed", "sample"]) for name in ("both", "first")
    )
    assert both.fold.equals(first.fold.reindex(both.index))
    by_sample = table[(table.split == "random") & (table.features == "both")].sort_values(["seed", "sample"])
    by_seed = by_sample.groupby("seed").fold.apply(tuple)
    assert by_seed[0] != by_seed[1]


def test_a_combination_is_cross_validate_on_the_same_folds(samples: Samples) -> None:
    table = experiment(samples).query("features == 'first' and split == 'spatial' and seed == 1")
    folds = group_folds(samples, n_fold=2, unit="group", rng=np.random.default_rng(1))
    alone = cross_validate(
        samples.select_channels(samples.channel[:1]), folds, FOREST, seeds=[1], progress=False
    )
    np.testing.assert_array_equal(table.prediction, alone.prediction)


def test_spatial_folds_of_an_experiment_share_no_group(samples: Samples) -> None:
    table = experiment(samples).query("split == 'spatial' and seed == 0 and features == 'both'")
    folds_of_group = table.groupby(samples.group[table["sample"]]).fold.nunique()
    assert (folds_of_group == 1).all()


def test_processes_change_no_number(samples: Samples) -> None:
    alone, together = experiment(samples), experiment(samples, n_job=2)
    pd.testing.assert_frame_equal(alone, together)


def test_only_the_pairs_asked_for_are_run(samples: Samples) -> None:
    table = experiment(samples, only=[("forest", "spatial")])
    assert set(table.split) == {"spatial"}


def test_nothing_to_combine_is_an_error(samples: Samples) -> None:
    with pytest.raises(SchemaError, match=r"classifiers \[\]"):
        experiment(samples, classifiers={})


def test_a_single_fold_is_tested_on_its_test_part_alone(samples: Samples) -> None:
    table = experiment(samples, splits={"shares": share_split}, features={"both": samples.channel}, n_seed=1)
    fold = share_split(samples, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(table["sample"], fold.test)


def test_a_saved_experiment_is_read_and_not_fitted_again(samples: Samples, tmp_path) -> None:
    first = experiment(samples, folder=tmp_path)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.json")}
    again = experiment(samples, folder=tmp_path)
    assert len(files) == 2 * 2 * 2 * 2  # feature sets, splits, seeds, folds
    assert files == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.json")}
    pd.testing.assert_frame_equal(first, again)
    assert first.attrs["fits"] == again.attrs["fits"]  # the seconds of the fits that were made


def test_joined_experiments_keep_rows_and_records(samples: Samples) -> None:
    early = experiment(samples, n_seed=1)
    late = experiment(samples, n_seed=1, features={"first": samples.channel[:1]})
    both = join_experiments([early, late], month=["May", "June"])
    assert both.groupby("month").size().to_dict() == {"May": len(early), "June": len(late)}
    months = [fit["month"] for fit in both.attrs["fits"]]
    assert months == ["May"] * len(early.attrs["fits"]) + ["June"] * len(late.attrs["fits"])
    assert "month" not in early
    assert "month" not in early.attrs["fits"][0]


def test_joining_asks_for_one_value_per_table(samples: Samples) -> None:
    table = experiment(samples, n_seed=1)
    with pytest.raises(SchemaError, match="1 tables"):
        join_experiments([table], month=["May", "June"])
    with pytest.raises(SchemaError, match="0 tables"):
        join_experiments([])


def test_a_kept_classifier_predicts_what_the_table_says(samples: Samples, tmp_path) -> None:
    table = experiment(samples, keep=tmp_path / "kept")
    fits = [fit for fit in table.attrs["fits"] if "kept" in fit]
    assert {fit["seed"] for fit in fits} == {0}
    assert len(fits) == len(table.attrs["fits"]) / 2
    for fit in fits:
        rows = table
        for name in ("features", "model", "split", "seed", "fold"):
            rows = rows[rows[name] == fit[name]]
        channels = samples.channel if fit["features"] == "both" else samples.channel[:1]
        tested = samples.select_channels(channels).take(rows["sample"].to_numpy())
        found = load_fitted(fit["kept"]).predict_proba(tested).argmax(axis=1)
        np.testing.assert_array_equal(found, rows.prediction)


def test_a_lost_classifier_is_fitted_again(samples: Samples, tmp_path) -> None:
    folders = {"folder": tmp_path / "fits", "keep": tmp_path / "kept"}
    first = experiment(samples, n_seed=1, **folders)
    shutil.rmtree(first.attrs["fits"][0]["kept"])
    again = experiment(samples, n_seed=1, **folders)
    pd.testing.assert_frame_equal(first, again)
    assert all(is_saved(fit["kept"]) for fit in again.attrs["fits"])
