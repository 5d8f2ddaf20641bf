"""Parameters of what cameras and optical satellites see: one frozen class per table of the parameter file."""

from __future__ import annotations

from dataclasses import dataclass

from cropnb.simulation.days import Day

OPTICAL_SENSORS = ("sentinel2", "rapideye")


@dataclass(frozen=True, kw_only=True)
class Surfaces:
    """What reflects light: canopies, soil, straw, and what is not a crop, by band in the order of `bands`."""

    latitude_deg: float
    leaves: dict[str, str]
    clumping: float
    standing_dead: float
    stubble_pai: float
    straw_share: float
    weed_pai: float
    weed_peak: Day
    weed_width_d: float
    soil_brightness: float
    soil_brightness_sd: float
    dry_share: float
    wet_moisture: float
    moisture_range: float
    pigment_sd: float
    water_sd: float
    angle_sd_deg: float
    pai_sd: float
    object_sd: float
    texture_coarse: float
    texture_fine: float
    texture_fine_m: float
    bands: tuple[str, ...]
    covers: dict[str, tuple[float, ...]]


@dataclass(frozen=True, kw_only=True)
class OpticalSensor:
    """One optical satellite: dates, bands, resolution, errors, and how often clouds are in the way."""

    acquisitions: tuple[Day, ...]
    solar_time_h: float
    bands: tuple[str, ...]
    pixel_m: float
    response_m: float
    coarse_bands: tuple[str, ...]
    coarse_response_m: float
    noise: float
    noise_floor: float
    bias_sd: float
    directional: float
    misregistration_m: float
    clear_share: float
    cloud_range: tuple[float, float]
    cloud_beta: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class CloudParameters:
    """Shape, height and brightness of clouds, their shadows, and what a cloud mask overlooks."""

    length_m: tuple[float, ...]
    weight: tuple[float, ...]
    rim_m: float
    base_m: tuple[float, float]
    reflectance: float
    reflectance_sd: float
    reflectance_m: float
    b11_factor: float
    b12_factor: float
    shadow: float
    mask_opacity: float
    mask_shadow: float


@dataclass(frozen=True, kw_only=True)
class CameraParameters:
    """Cameras beside fields, and their green chromatic coordinate."""

    n_per_tile: int
    start: Day
    end: Day
    view_m: tuple[float, float]
    view_half_angle_deg: float
    soil_gcc: float
    green_gcc: float
    dead_gcc: float
    closure: float
    chlorophyll_power: float
    noise_sd: float


@dataclass(frozen=True, kw_only=True)
class Optics:
    """All of them."""

    surfaces: Surfaces
    sentinel2: OpticalSensor
    rapideye: OpticalSensor
    clouds: CloudParameters
    cameras: CameraParameters

    def sensor(self, name: str) -> OpticalSensor:
        """Parameters of one of `OPTICAL_SENSORS`.

        Parameters
        ----------
        name : str () [1]
            `sentinel2` or `rapideye`.

        Returns
        -------
        OpticalSensor () [1]
            Of that name.
        """
        sensors = {"sentinel2": self.sentinel2, "rapideye": self.rapideye}
        return sensors[name]
