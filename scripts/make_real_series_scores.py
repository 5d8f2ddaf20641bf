"""Run the classifiers of the chapter on time series on real fields, and keep the scores with the book.

    CROPNB_DATA=FOLDER python scripts/make_real_series_scores.py                       # all scenes
    CROPNB_DATA=FOLDER python scripts/make_real_series_scores.py --only flanders-2018  # one of them

Canada: one pixel a field, folds by group of neighbouring fields, radar alone and with optical bands.
Flanders: several pixels a field, folds that keep fields whole. Sizes and steps are those of the chapter; the
number of epochs was set by the time at hand, and nothing was chosen by a score.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from cropnb import evaluation, report, sampling, scenes, training
from cropnb.paths import data_folder, runs_folder
from cropnb.report.results import write_json
from cropnb.sampling import Samples

CHAPTER, EXHIBIT = "polsar-time-series", "polsar-real"
RADAR = ("vv_db", "vh_db")


@dataclass(frozen=True)
class Place:
    """How a scene is cut into samples and folds."""

    sensors: tuple[str, ...]
    unit: sampling.Unit
    per_parcel: int
    least: int  # units that a class must have


PLACES = {
    "canada-2017": Place(("sentinel1", "sentinel2"), unit="group", per_parcel=1, least=12),
    "flanders-2018": Place(("sentinel1",), unit="parcel", per_parcel=30, least=4),
    "flanders-2019": Place(("sentinel1",), unit="parcel", per_parcel=30, least=4),
    "flanders-2019b": Place(("sentinel1",), unit="parcel", per_parcel=30, least=4),
}


def main() -> None:
    """Run, score and write each scene asked for."""
    options = arguments()
    for name in options.only or PLACES:
        print(f"written: {kept(name, options)}")


def arguments() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", choices=PLACES, help="this scene; may be repeated")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="repetitions (3)")
    parser.add_argument("--folds", type=int, default=3, metavar="N", help="folds of each (3)")
    parser.add_argument("--epochs", type=int, default=12, metavar="N", help="epochs at most (12)")
    parser.add_argument("--trees", type=int, default=200, metavar="N", help="trees (200)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write here, not into data/results")
    return parser.parse_args()


def kept(name: str, options: argparse.Namespace) -> Path:
    """Run one scene and write its rows."""
    place, scene = PLACES[name], scenes.open_scene(name)
    samples = samples_of(scene, place)
    parameters = {
        "scale": "laptop",
        "n_seed": options.seeds,
        "n_fold": options.folds,
        "max_epoch": options.epochs,
        "n_tree": options.trees,
        "unit": place.unit,
        "per_parcel": place.per_parcel,
        "classes": list(samples.legend.names),
        "dropped": dict(samples.dropped),
    }
    record = report.start_run(CHAPTER, parameters, scene=scene, seeds=range(options.seeds))
    record.add(scores(samples, place, options), exhibit=EXHIBIT, split=place.unit)
    folder = options.out or data_folder() / "results" / CHAPTER
    path = folder / f"{name}-laptop.json"
    write_json(path, {"provenance": record.provenance(), "rows": record.rows})
    return path


def samples_of(scene: object, place: Place) -> Samples:
    """Labelled series of the crops that have enough units to be split."""
    samples = sampling.samples_from_scene(
        scene, sensors=place.sensors, per_parcel=place.per_parcel, window=1, rng=np.random.default_rng(0)
    )
    units = pd.DataFrame({"unit": getattr(samples, place.unit), "class_id": samples.class_id})
    many = units.drop_duplicates().class_id.value_counts()
    enough = many[many >= place.least].index
    part = samples.take(np.flatnonzero(np.isin(samples.class_id, enough)))
    return part.keep_classes(min_count=1, cropland_only=True)


def scores(samples: Samples, place: Place, options: argparse.Namespace) -> pd.DataFrame:
    """Accuracy, kappa and macro F1 of each classifier, with intervals over units."""
    sets = {"S1": [c for c in samples.channel if c.startswith(RADAR)]}
    if len(sets["S1"]) < samples.n_channel:
        sets["S1+S2"] = list(samples.channel)
    config = training.FitConfig(max_epoch=options.epochs, patience=options.epochs, weight_decay=0.0)
    table = training.run_experiment(
        samples,
        features=sets,
        classifiers=training.line_up(config, n_tree=options.trees, impute=False),
        splits={place.unit: partial(sampling.group_folds, n_fold=options.folds, unit=place.unit)},
        n_seed=options.seeds,
        folder=runs_folder() / CHAPTER / "real",
    )
    parts = [
        evaluation.block_scores(
            part,
            block=getattr(samples, place.unit),
            n_class=samples.n_class,
            rng=np.random.default_rng(0),
        ).assign(features=features, model=model)
        for (features, model), part in table.groupby(["features", "model"], sort=False)
    ]
    return pd.concat(parts, ignore_index=True)


if __name__ == "__main__":
    main()
