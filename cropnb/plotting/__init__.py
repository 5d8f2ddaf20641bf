"""Figures: arrays in, Axes out; nothing is computed here and no file is written."""

from cropnb.plotting.activations import (
    plot_activation_profiles,
    plot_attention_profiles,
    plot_feature_maps,
)
from cropnb.plotting.architecture import plot_architecture
from cropnb.plotting.areas import plot_areas
from cropnb.plotting.confusion import plot_confusion, plot_confusion_panels
from cropnb.plotting.cost_accuracy import plot_cost_accuracy
from cropnb.plotting.crop_calendar import plot_crop_calendar
from cropnb.plotting.dots import plot_dots
from cropnb.plotting.embedding import plot_embeddings
from cropnb.plotting.images import plot_images, plot_notice
from cropnb.plotting.importance import plot_importance
from cropnb.plotting.learning import plot_learning_curve
from cropnb.plotting.map_panels import plot_map_panels
from cropnb.plotting.maps import plot_classes_map, plot_groups_map, plot_points_map
from cropnb.plotting.matrices import plot_correlation_panels
from cropnb.plotting.mechanisms import plot_mechanisms
from cropnb.plotting.panels import plot_curve_panels
from cropnb.plotting.profiles import plot_profile_panels, plot_profiles
from cropnb.plotting.relations import plot_curves, plot_relation
from cropnb.plotting.reliability import plot_reliability
from cropnb.plotting.scores import plot_scores
from cropnb.plotting.shares import plot_class_shares, plot_parts, plot_reference_data, plot_sizes
from cropnb.plotting.signatures import plot_signatures
from cropnb.plotting.strata import plot_accuracy_by
from cropnb.plotting.study_area import plot_study_area
from cropnb.plotting.style import label_kind, style
from cropnb.plotting.workflow import plot_workflow

__all__ = [
    "label_kind",
    "plot_accuracy_by",
    "plot_activation_profiles",
    "plot_architecture",
    "plot_areas",
    "plot_attention_profiles",
    "plot_class_shares",
    "plot_classes_map",
    "plot_confusion",
    "plot_confusion_panels",
    "plot_correlation_panels",
    "plot_cost_accuracy",
    "plot_crop_calendar",
    "plot_curve_panels",
    "plot_curves",
    "plot_dots",
    "plot_embeddings",
    "plot_feature_maps",
    "plot_groups_map",
    "plot_images",
    "plot_importance",
    "plot_learning_curve",
    "plot_map_panels",
    "plot_mechanisms",
    "plot_notice",
    "plot_parts",
    "plot_points_map",
    "plot_profile_panels",
    "plot_profiles",
    "plot_reference_data",
    "plot_relation",
    "plot_reliability",
    "plot_scores",
    "plot_signatures",
    "plot_sizes",
    "plot_study_area",
    "plot_workflow",
    "style",
]
