"""Numbers about predictions and data: metrics, intervals, comparisons, seasons, backscatter. No torch."""

from cropnb.evaluation.area_scores import area_scores
from cropnb.evaluation.areas import adjusted_areas, area_shares, area_table, block_area_table
from cropnb.evaluation.backscatter import class_levels, class_of_parcel, parcel_db, parcel_looks
from cropnb.evaluation.calibration import brier_score, calibration_scores, expected_calibration_error
from cropnb.evaluation.comparisons import McNemar, mcnemar
from cropnb.evaluation.confusion import block_matrices, confusion_matrix
from cropnb.evaluation.grouped import grouped_scores
from cropnb.evaluation.growth_stages import GROWTH_STAGES, GrowthStage, crop_calendar, stage_starts
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
from cropnb.evaluation.pairwise import compare_models, holm
from cropnb.evaluation.parcels import class_shares, parcel_sizes, part_shares, size_histogram
from cropnb.evaluation.profiles import class_quantiles
from cropnb.evaluation.reliability import equal_mass_edges, reliability
from cropnb.evaluation.repetitions import repetition_scores
from cropnb.evaluation.scores import (
    block_scores,
    class_scores,
    pooled_confusion,
    seed_class_scores,
    seed_scores,
)
from cropnb.evaluation.seasons import season_dates
from cropnb.evaluation.strata import accuracy_by, edge_distance, parcel_area
from cropnb.evaluation.temperature import fit_temperature, scaled

__all__ = [
    "GROWTH_STAGES",
    "GrowthStage",
    "Interval",
    "McNemar",
    "accuracy_by",
    "adjusted_areas",
    "area_scores",
    "area_shares",
    "area_table",
    "block_area_table",
    "block_bootstrap",
    "block_matrices",
    "block_scores",
    "brier_score",
    "calibration_scores",
    "class_levels",
    "class_of_parcel",
    "class_quantiles",
    "class_scores",
    "class_shares",
    "compare_models",
    "confusion_matrix",
    "crop_calendar",
    "edge_distance",
    "equal_mass_edges",
    "expected_calibration_error",
    "f1_per_class",
    "fit_temperature",
    "grouped_scores",
    "holm",
    "image_level",
    "iou",
    "kappa",
    "macro_f1",
    "mcnemar",
    "mean_iou",
    "overall_accuracy",
    "paired_interval",
    "parcel_area",
    "parcel_db",
    "parcel_looks",
    "parcel_sizes",
    "part_shares",
    "pooled_confusion",
    "producers_accuracy",
    "reliability",
    "repetition_scores",
    "scaled",
    "season_dates",
    "seed_class_scores",
    "seed_interval",
    "seed_scores",
    "size_histogram",
    "speckle_variance_db",
    "stage_starts",
    "users_accuracy",
]
