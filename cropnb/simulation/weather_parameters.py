"""Parameters of a year's weather and of the soil's moisture."""

from __future__ import annotations

from dataclasses import dataclass

from cropnb.simulation.days import Day


@dataclass(frozen=True, kw_only=True)
class WeatherParameters:
    """Daily temperature, rain, wind and dew."""

    temperature_c: tuple[float, ...]
    ar_coefficient: float
    ar_sd_c: float
    month_sd_c: float
    shift_c: float
    shift_start: Day
    shift_end: Day
    heat_cap_c: float
    rain_mm: float
    rain_scale: float
    rain_peak: Day
    rain_width_d: float
    wet_base: float
    wet_season: float
    wet_after_wet: float
    wet_after_dry: float
    rain_shape: float
    rain_base_mm: float
    rain_season_mm: float
    wind_sd: float
    dew_min_c: float
    from_previous_year: bool


@dataclass(frozen=True, kw_only=True)
class MoistureParameters:
    """Bucket model of the uppermost 5 cm of soil; irrigation comes in pulses, between two days."""

    start: float
    infiltration: float
    depth_mm: float
    cap: float
    wilting_point: float
    field_capacity: float
    drying_rate: float
    drying_reference_c: float
    drain_keep: float
    field_min: float
    field_max: float
    irrigation_mm: float
    irrigation_every_d: int
    irrigation_start: Day
    irrigation_end: Day
