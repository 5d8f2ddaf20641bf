"""Numbers about predictions and data: metrics, intervals, comparisons, seasons, backscatter. No torch."""

from cropnb.evaluation.backscatter import class_levels, class_of_parcel, parcel_db, parcel_looks
from cropnb.evaluation.comparisons import McNemar, mcnemar
from cropnb.evaluation.confusion import block_matrices, confusion_matrix
from cropnb.evaluation.image_levels import image_level, speckle_variance_db
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
from cropnb.evaluation.scores import (
    block_scores,
    class_scores,
    pooled_confusion,
    seed_class_scores,
    seed_scores,
)
from cropnb.evaluation.seasons import season_dates

__all__ = [
    "Interval",
    "McNemar",
    "block_bootstrap",
    "block_matrices",
    "block_scores",
    "class_levels",
    "class_of_parcel",
    "class_quantiles",
    "class_scores",
    "confusion_matrix",
    "f1_per_class",
    "image_level",
    "iou",
    "kappa",
    "macro_f1",
    "mcnemar",
    "mean_iou",
    "overall_accuracy",
    "paired_interval",
    "parcel_db",
    "parcel_looks",
    "pooled_confusion",
    "producers_accuracy",
    "season_dates",
    "seed_class_scores",
    "seed_interval",
    "seed_scores",
    "speckle_variance_db",
    "users_accuracy",
]
