"""Fits: early stopping, seeds, checkpoints, cross-validation; forest and network behind one face."""

from cropnb.training.classifiers import Classifier, Fitted
from cropnb.training.config import FitConfig
from cropnb.training.cross_validation import cross_validate
from cropnb.training.experiment import join_experiments, run_experiment
from cropnb.training.fitting import Run, fit
from cropnb.training.forest import FittedForest, ForestClassifier
from cropnb.training.hybrid_forest import FittedHybridForest, HybridForestClassifier, embedded
from cropnb.training.imputed import FittedImputed, ImputedClassifier
from cropnb.training.keeper import DivergedError
from cropnb.training.line_up import line_up
from cropnb.training.network import FittedNetwork, NetworkClassifier
from cropnb.training.prediction import predict
from cropnb.training.seeds import Seeds, seeded, seeds_from
from cropnb.training.storage import load_fitted, save_fitted

__all__ = [
    "Classifier",
    "DivergedError",
    "FitConfig",
    "Fitted",
    "FittedForest",
    "FittedHybridForest",
    "FittedImputed",
    "FittedNetwork",
    "ForestClassifier",
    "HybridForestClassifier",
    "ImputedClassifier",
    "NetworkClassifier",
    "Run",
    "Seeds",
    "cross_validate",
    "embedded",
    "fit",
    "join_experiments",
    "line_up",
    "load_fitted",
    "predict",
    "run_experiment",
    "save_fitted",
    "seeded",
    "seeds_from",
]
