"""Parameters of the radar: the sensor, its tracks, and what makes two of its images differ."""

from __future__ import annotations

from dataclasses import dataclass

from cropnb.simulation.days import Day


@dataclass(frozen=True, kw_only=True)
class Track:
    """One relative orbit over the county; acquisitions by year.

    Land west of the easting `west_edge_m` lies beyond its swath. `sys_coh` multiplies all coherence of the
    track; physics gives 1, any other value imposes an order of the tracks.
    """

    relative_orbit: int
    orbit_direction: str
    acquisitions: dict[str, tuple[Day, ...]]
    incidence_deg: float
    look_azimuth_deg: float
    nesz_db: float
    west_edge_m: float = 0.0
    sys_coh: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Radar:
    """Sentinel-1: what all tracks have in common, and the tracks by name."""

    wavelength_cm: float
    incidence_gradient: float
    n_looks: float
    azimuth_weights: tuple[float, ...]
    azimuth_spacing_m: float
    range_weights: tuple[float, ...]
    cross_talk: float
    cross_talk_rad: float
    dew_gain: float
    missing_share: float
    pair_days: int
    tracks: dict[str, Track]


@dataclass(frozen=True, kw_only=True)
class Decorrelation:
    """What two images of the same ground have lost in common, by cause; losses are shares of coherence."""

    soil_rest: float
    soil_d: float
    soil_moisture: float
    soil_rain_mm: float
    seedbed_lead_d: float
    seedbed_loss: float
    sowing_loss: float
    cultivated_crops: tuple[str, ...]
    cultivation_delay_d: tuple[float, ...]
    cultivation_loss: tuple[float, ...]
    harvest_loss: float
    tillage_loss: float
    canopy_d: float
    canopy_dry_d: float
    canopy_wind: float
    reference_d: float
    forest: float
    building_fixed: float
    building_rest: float
