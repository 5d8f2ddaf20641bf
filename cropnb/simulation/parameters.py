"""What a simulated scene is made from: one frozen class per table of the parameter file.

Lengths are in metres, angles in degrees, durations in days, unless the name's suffix says otherwise. The
unit, the kind of evidence and the source of each value stand beside it in the file (`configuration`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cropnb.simulation.cutting_parameters import Cuts
from cropnb.simulation.days import Day
from cropnb.simulation.flowering_parameters import Flowers
from cropnb.simulation.optical_parameters import Optics
from cropnb.simulation.radar_parameters import Decorrelation, Radar
from cropnb.simulation.rotation_parameters import EarlierCrop, Rotation
from cropnb.simulation.survey_parameters import Survey
from cropnb.simulation.weather_parameters import MoistureParameters, WeatherParameters

INSIDE, OUTSIDE = "#", "."  # in the outline of the county


@dataclass(frozen=True, kw_only=True)
class SceneParameters:
    """Place, season and grid."""

    name: str
    number: int
    year: int
    seed: int
    season_start: Day
    season_end: Day
    crs: str
    west_m: float
    north_m: float
    grid_square_m: float
    cell_m: float
    licence: str
    source: str


@dataclass(frozen=True, kw_only=True)
class ClassNames:
    """Classes of the labels, in the order of their numbers, and those of them that are cropland.

    Land under a cover (forest, water, residential) that is no class has no label.
    """

    names: tuple[str, ...]
    cropland: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Preset:
    """How much of the county: rows and columns of tiles and where they begin, pixels along a tile's side."""

    n_row: int
    n_column: int
    n_pixel: int
    showcase: bool
    block_area_ha: float
    block_side_m: float
    tracks: tuple[int, ...]
    single_look: bool
    first_row: int
    first_column: int
    inside_county: bool


@dataclass(frozen=True, kw_only=True)
class County:
    """Grid squares of the county: one text per row from the north, one character per square."""

    first_row: int
    first_column: int
    outline: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Crop:
    """Calendar, canopy and water-cloud coefficients of one crop."""

    crop_class: str
    base_c: float
    sow: Day
    up50: Day
    up_width_d: float
    dn50: Day
    dn_width_d: float
    lai_max: float
    vwc_max: float
    water_lag_d: float
    dry_fraction: float
    harvest: Day
    harvest_sd_d: float
    a_vv: float
    a_vh: float
    b_vv: float
    b_vh: float


@dataclass(frozen=True, kw_only=True)
class AfterHarvest:
    """Stubble, and what follows an early harvest: tillage, or weeds and volunteers."""

    stubble_lai: float
    stubble_vwc: float
    regrowth_crops: tuple[str, ...]
    tilled_share: float
    tilled_delay_d: tuple[float, float]
    regrowth_lai: tuple[float, float]
    regrowth_delay_d: float
    regrowth_width_d: float


@dataclass(frozen=True, kw_only=True)
class Flooding:
    """Paddy: a water surface under the canopy between two dates.

    The start of a field's water follows the departure of its sowing from the calendar by the share
    `follows_sowing`. The share `dry_share` of fields falls dry for `dry_days` again and again, every
    `dry_every_d`, from `dry_after_d` after the start on: alternate wetting and drying.
    """

    crops: tuple[str, ...]
    start: Day
    follows_sowing: float
    end: Day
    dry_share: float
    dry_after_d: float
    dry_every_d: float
    dry_days: float
    vv_db: float
    vh_db: float
    vv_wind_db: float
    vh_wind_db: float
    double_bounce: float
    double_bounce_vwc: float
    double_bounce_vh: float


@dataclass(frozen=True, kw_only=True)
class Effects:
    """Random differences between fields, and within them."""

    sowing_shift_d: float
    harvest_shift_d: float
    sowing_field_sd_d: float
    sowing_village_sd_d: float
    sowing_village_m: float
    rate_sd: float
    maturity_sd: float
    vigour_sd: float
    vigour_mean_ln: float
    roughness_cm: float
    roughness_sd: float
    moisture_sd: float
    moisture_shared: float
    moisture_own: float
    moisture_m: float
    canopy_sd_db: float
    attenuation_sd: float
    drift_sd_db: float
    drift_d: float
    vv_vh_correlation: float
    texture_log10: float
    texture_m: float
    vigour_within: float
    vigour_within_m: float
    rain_sensitivity_sd: float


@dataclass(frozen=True, kw_only=True)
class LandscapeParameters:
    """Blocks, roads, belts, strips and villages."""

    rotation_sd_deg: float
    warp_m: float
    warp_wavelength_m: tuple[float, float]
    frame_factor: float
    split_range: tuple[float, float]
    block_area_spread: float
    cover_shares: dict[str, float]
    cover_shared: float
    cover_own: float
    cover_m: float
    road_m: tuple[float, float]
    belt_share: float
    belt_m: tuple[float, float]
    village_shares: dict[str, float]
    village_m: float
    strip_share: float
    strip_m: float
    strip_spread: float
    strip_range_m: tuple[float, float]
    strip_piece_m: tuple[float, float]
    mono_cuts: tuple[int, int]
    mono_piece_m: tuple[float, float]
    survey_min_ha: float
    survey_min_inside: float
    mask_noise: float


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """Which crop stands where."""

    priors: dict[str, float]
    other_shares: dict[str, float]
    preference: float
    preference_m: float
    strip_wheat: float
    keep_neighbour: float


@dataclass(frozen=True, kw_only=True)
class SoilParameters:
    """How rough the bare soil is through the season, and the effect of its rows."""

    roughness_presow: float
    roughness_floor: float
    roughness_fresh: float
    roughness_rain_mm: float
    roughness_after_harvest: float
    row_gain: float
    row_width_deg: float
    rho_base: float
    rho_ridge: float
    rho_quadrature: float


@dataclass(frozen=True, kw_only=True)
class Covers:
    """Log10 of sigma0 of what is not a crop: a constant, and a slope on leaves or wind."""

    leaf_on: Day
    leaf_on_d: float
    leaf_off: Day
    leaf_off_d: float
    forest_vv: tuple[float, float]
    forest_vh: tuple[float, float]
    garden_vv: tuple[float, float]
    garden_vh: tuple[float, float]
    water_vv: tuple[float, float]
    water_vh: tuple[float, float]
    building_vv: float
    building_vh: float
    building_order: float
    road_vv: float
    road_vh: float


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Everything that `simulate` reads; `dataclasses.replace` makes a variant."""

    scene: SceneParameters
    classes: ClassNames
    preset_name: str
    preset: Preset
    county: County
    weather: WeatherParameters
    moisture: MoistureParameters
    crops: dict[str, Crop]
    cuts: dict[str, Cuts]
    flowers: dict[str, Flowers]
    earlier_crops: dict[str, EarlierCrop]
    after_harvest: AfterHarvest
    flooding: Flooding
    effects: Effects
    landscape: LandscapeParameters
    allocation: Allocation
    rotation: Rotation
    survey: Survey
    soil: SoilParameters
    covers: Covers
    radar: Radar
    decorrelation: Decorrelation
    optics: Optics

    def fingerprint(self, version: str) -> str:
        """SHA-256 of all values and of the simulator's `version`, as hexadecimal text."""
        return hashlib.sha256(f"{self!r}\n{version}".encode()).hexdigest()
