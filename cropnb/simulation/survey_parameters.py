"""Parameters of the survey: which fields it visits, and the errors of its labels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Survey:
    """Sampling of fields, errors of their polygons and classes, and an emulated map of all pixels."""

    sample_shares: dict[str, float]
    effort: float
    shift_sd_m: float
    eroded_share: float
    class_error: float
    confused_with: dict[str, str]
    emulate_map: bool
    map_error: float
    map_edge_share: float
    map_reach_m: float
    map_confused_with: dict[str, str]
