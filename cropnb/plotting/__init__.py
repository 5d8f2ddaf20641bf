"""Figures: arrays in, Axes out; nothing is computed here and no file is written."""

from cropnb.plotting.activations import (
    plot_activation_profiles,
    plot_attention_profiles,
    plot_feature_maps,
)
from cropnb.plotting.architecture import plot_architecture
from cropnb.plotting.areas import plot_areas
from cropnb.plotting.confusion import plot_confusion
from cropnb.plotting.embedding import plot_embeddings
from cropnb.plotting.images import plot_images, plot_notice
from cropnb.plotting.learning import plot_learning_curve
from cropnb.plotting.maps import plot_classes_map, plot_groups_map, plot_points_map
from cropnb.plotting.mechanisms import plot_mechanisms
from cropnb.plotting.panels import plot_curve_panels
from cropnb.plotting.profiles import plot_profile_panels, plot_profiles
from cropnb.plotting.relations import plot_curves, plot_relation
from cropnb.plotting.reliability import plot_reliability
from cropnb.plotting.scores import plot_scores
from cropnb.plotting.signatures import plot_signatures
from cropnb.plotting.strata import plot_accuracy_by
from cropnb.plotting.style import label_kind, style

__all__ = [
    "label_kind",
    "plot_accuracy_by",
    "plot_activation_profiles",
    "plot_architecture",
    "plot_attention_profiles",
    "plot_areas",
    "plot_classes_map",
    "plot_confusion",
    "plot_curve_panels",
    "plot_curves",
    "plot_embeddings",
    "plot_feature_maps",
    "plot_groups_map",
    "plot_images",
    "plot_learning_curve",
    "plot_mechanisms",
    "plot_notice",
    "plot_points_map",
    "plot_profile_panels",
    "plot_profiles",
    "plot_relation",
    "plot_reliability",
    "plot_scores",
    "plot_signatures",
    "style",
]
