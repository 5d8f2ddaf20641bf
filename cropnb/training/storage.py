"""Fitted classifiers on disk: weights with all that new samples have to go through before them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import torch

from cropnb.models import build_model, count_parameters
from cropnb.sampling import Imputer, Scaler
from cropnb.sampling.radar_steps import LeeSettings
from cropnb.schema import SchemaError, require
from cropnb.training.classifiers import Fitted, Layout
from cropnb.training.config import FitConfig
from cropnb.training.fitting import Run
from cropnb.training.forest import FittedForest
from cropnb.training.hybrid_forest import FittedHybridForest, embedded_layout
from cropnb.training.imputed import FittedImputed
from cropnb.training.network import FittedNetwork
from cropnb.training.seeds import seeds_from

_DESCRIPTION = "classifier.json"
_WEIGHTS = "weights.pt"
_FOREST = "forest.joblib"
_HISTORY = "history.csv"

Inner = FittedNetwork | FittedForest | FittedHybridForest


def save_fitted(fitted: Fitted, folder: Path, *, speckle: LeeSettings | None = None) -> Path:
    """Write a fitted classifier to a folder.

    Parameters
    ----------
    fitted : Fitted
        Network, forest or both in one, with or without an imputer before it.
    folder : Path
        Made if needed; its classifier is replaced.
    speckle : LeeSettings, optional
        Filter that `radar_samples` sent the training samples through: a map has to use the same. None for
        samples of another origin.

    Returns
    -------
    Path
        The folder: `classifier.json` with layout, scaling, imputer and filter, and the weights beside it.

    Raises
    ------
    SchemaError
        If it is no classifier of this package.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    imputer = fitted.imputer.to_dict() if isinstance(fitted, FittedImputed) else None
    inner = fitted.fitted if isinstance(fitted, FittedImputed) else fitted
    if not isinstance(inner, Inner):
        kind = type(inner).__name__
        raise SchemaError(f"save_fitted: a {kind}; expected a fitted network or forest. Fit one of these.")
    described = {
        **_write(inner, folder),
        "layout": dataclasses.asdict(inner.layout),
        "imputer": imputer,
        "speckle": None if speckle is None else dataclasses.asdict(speckle),
    }
    text = json.dumps(described, indent=1, allow_nan=False)
    (folder / _DESCRIPTION).write_text(text, encoding="utf-8")
    return folder


def is_saved(folder: Path) -> bool:
    """Whether `save_fitted` has finished writing a classifier to a folder.

    Parameters
    ----------
    folder : Path
        It need not exist.

    Returns
    -------
    bool
        False where there is none, or a part of one.
    """
    return (Path(folder) / _DESCRIPTION).is_file()


def load_fitted(folder: Path) -> Inner | FittedImputed:
    """Inverse of `save_fitted`.

    Parameters
    ----------
    folder : Path
        What `save_fitted` wrote. A forest is stored by joblib, which can run code on loading: open only
        forests that you trust. Networks are stored as numbers alone.

    Returns
    -------
    FittedNetwork or FittedForest or FittedHybridForest or FittedImputed
        Gives the same probabilities as the one that was saved.

    Raises
    ------
    SchemaError
        If there is no classifier in the folder.
    """
    described = _described(folder)
    layout = Layout(**{name: tuple(values) for name, values in described["layout"].items()})
    inner = _read(described, layout, Path(folder))
    if described["imputer"] is None:
        return inner
    return FittedImputed(imputer=Imputer.from_dict(described["imputer"]), fitted=inner)


def load_speckle(folder: Path) -> LeeSettings | None:
    """Speckle filter of the samples that a classifier was fitted on.

    Parameters
    ----------
    folder : Path
        What `save_fitted` wrote.

    Returns
    -------
    LeeSettings or None
        None where the folder does not say: `save_fitted` was not told, or is older than this.

    Raises
    ------
    SchemaError
        If there is no classifier in the folder.
    """
    kept = _described(folder).get("speckle")
    return None if kept is None else LeeSettings(**kept)


def _described(folder: Path) -> dict[str, Any]:
    path = Path(folder) / _DESCRIPTION
    require(path.is_file(), f"classifier: no {path}; expected a folder of save_fitted. Give its path.")
    described: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return described


def _write(fitted: Inner, folder: Path) -> dict[str, Any]:
    if isinstance(fitted, FittedNetwork):
        return _write_network(fitted, folder)
    if isinstance(fitted, FittedForest):
        return _write_forest(fitted, folder)
    network, forest = _write_network(fitted.network, folder), _write_forest(fitted.forest, folder)
    return {"kind": "hybrid", "network": network, "forest": forest, "seconds": fitted.seconds}


def _read(described: dict[str, Any], layout: Layout, folder: Path) -> Inner:
    if described["kind"] == "network":
        return _read_network(described, layout, folder)
    if described["kind"] == "forest":
        return _read_forest(described, layout, folder)
    network = _read_network(described["network"], layout, folder)
    forest = _read_forest(described["forest"], layout, folder)
    inside = embedded_layout(layout, n_value=forest.forest.n_features_in_)
    return FittedHybridForest(
        network=network, forest=dataclasses.replace(forest, layout=inside), seconds=described["seconds"]
    )


def _write_network(fitted: FittedNetwork, folder: Path) -> dict[str, Any]:
    run = fitted.run
    torch.save(run.model.state_dict(), folder / _WEIGHTS)
    run.history.to_csv(folder / _HISTORY, index=False)
    return {
        "kind": "network",
        "name": fitted.name,
        "sizes": dict(fitted.sizes),
        "scaler": run.scaler.to_dict(),
        "config": dataclasses.asdict(run.config),
        "best_epoch": run.best_epoch,
        "seconds": run.seconds,
        "device": run.device,
    }


def _read_network(described: dict[str, Any], layout: Layout, folder: Path) -> FittedNetwork:
    model = build_model(described["name"], **described["sizes"])
    model.load_state_dict(torch.load(folder / _WEIGHTS, weights_only=True))
    config = FitConfig(**described["config"])
    run = Run(
        model=model.eval(),
        scaler=Scaler.from_dict(described["scaler"]),
        config=config,
        history=pd.read_csv(folder / _HISTORY),
        best_epoch=described["best_epoch"],
        seconds=described["seconds"],
        n_parameter=count_parameters(model),
        device=described["device"],
        seeds=seeds_from(config.seed),
    )
    return FittedNetwork(run=run, layout=layout, name=described["name"], sizes=described["sizes"])


def _write_forest(fitted: FittedForest, folder: Path) -> dict[str, Any]:
    joblib.dump(fitted.forest, folder / _FOREST, compress=3)
    return {"kind": "forest", "seconds": fitted.seconds}


def _read_forest(described: dict[str, Any], layout: Layout, folder: Path) -> FittedForest:
    return FittedForest(forest=joblib.load(folder / _FOREST), layout=layout, seconds=described["seconds"])
