"""What a fitted network looks at: activations, attention, embeddings, and checks on what these can tell."""

from cropnb.interpretation.agreement import StageAgreement, stage_agreement
from cropnb.interpretation.growth import growth_stages, modal_stages, stage_of_age
from cropnb.interpretation.maps import channel_mean, rescaled, rows_by_class
from cropnb.interpretation.outputs import stage_outputs, unwrapped
from cropnb.interpretation.profiles import (
    ActivationProfile,
    AttentionProfile,
    activation_profile,
    attention_profile,
    effective_dates,
)
from cropnb.interpretation.projection import Agreement, Draw, draw_per_class, embed, neighbour_agreement
from cropnb.interpretation.randomisation import ALL, profile_similarity, randomised

__all__ = [
    "ALL",
    "ActivationProfile",
    "Agreement",
    "AttentionProfile",
    "Draw",
    "StageAgreement",
    "activation_profile",
    "attention_profile",
    "channel_mean",
    "draw_per_class",
    "effective_dates",
    "embed",
    "growth_stages",
    "modal_stages",
    "neighbour_agreement",
    "profile_similarity",
    "randomised",
    "rescaled",
    "rows_by_class",
    "stage_agreement",
    "stage_of_age",
    "stage_outputs",
    "unwrapped",
]
