"""From scenes to samples, folds and batches: the only door from xarray to tensors."""

from cropnb.sampling.batches import Batch, SampleDataset, make_loader
from cropnb.sampling.days import Season, day_from_time, season_of
from cropnb.sampling.derived import (
    crop_legend,
    keep_crops,
    merge_classes,
    samples_from_arrays,
    select_days,
    with_channel,
)
from cropnb.sampling.from_scene import samples_from_scene
from cropnb.sampling.gaps import fill_gaps
from cropnb.sampling.imputation import Imputed, Imputer
from cropnb.sampling.radar_steps import LeeSettings, radar_samples
from cropnb.sampling.rasters import stratified_units
from cropnb.sampling.samples import Samples
from cropnb.sampling.scaling import Scaler
from cropnb.sampling.splits import Fold, LeakageError, check_disjoint, group_folds, random_folds, share_split

__all__ = [
    "Batch",
    "Fold",
    "Imputed",
    "Imputer",
    "LeakageError",
    "LeeSettings",
    "SampleDataset",
    "Samples",
    "Scaler",
    "Season",
    "check_disjoint",
    "crop_legend",
    "day_from_time",
    "fill_gaps",
    "group_folds",
    "keep_crops",
    "make_loader",
    "merge_classes",
    "radar_samples",
    "random_folds",
    "samples_from_arrays",
    "samples_from_scene",
    "season_of",
    "select_days",
    "share_split",
    "stratified_units",
    "with_channel",
]
