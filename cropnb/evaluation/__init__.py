"""Numbers about predictions: metrics from confusion matrices, intervals, comparisons. No torch."""

from cropnb.evaluation.comparisons import McNemar, mcnemar
from cropnb.evaluation.confusion import block_matrices, confusion_matrix
from cropnb.evaluation.intervals import (
    Interval,
    block_bootstrap,
    paired_interval,
    seed_interval,
)
from cropnb.evaluation.metrics import (
    f1_per_class,
    iou,
    kappa,
    macro_f1,
    mean_iou,
    overall_accuracy,
    producers_accuracy,
    users_accuracy,
)
from cropnb.evaluation.profiles import class_quantiles
from cropnb.evaluation.scores import block_scores, class_scores, pooled_confusion, seed_scores

__all__ = [
    "Interval",
    "McNemar",
    "block_bootstrap",
    "block_matrices",
    "block_scores",
    "class_quantiles",
    "class_scores",
    "confusion_matrix",
    "f1_per_class",
    "iou",
    "kappa",
    "macro_f1",
    "mcnemar",
    "mean_iou",
    "overall_accuracy",
    "paired_interval",
    "pooled_confusion",
    "producers_accuracy",
    "seed_interval",
    "seed_scores",
    "users_accuracy",
]
