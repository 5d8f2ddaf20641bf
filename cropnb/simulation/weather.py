"""Daily weather of one year and the soil moisture that follows from it.

A first-order autoregressive temperature about monthly normals, a two-state rain occurrence with gamma amounts
scaled to the yearly sum, and a bucket of the uppermost 5 cm of soil. Not retrieved weather: a plausible year.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import convolve1d
from scipy.signal import lfilter

from cropnb.simulation.arrays import Booleans, Floats, Integers
from cropnb.simulation.weather_parameters import MoistureParameters, WeatherParameters

N_DAY = 365
_MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MID_MONTH = np.cumsum(_MONTH_LENGTHS) - np.array(_MONTH_LENGTHS) / 2
_SMOOTHING_DAYS = 31


@dataclass(frozen=True, kw_only=True)
class Weather:
    """One year, or two, by day; each array (day,)."""

    climate_c: Floats  # normal temperature [degC]
    temperature_c: Floats
    rain_mm: Floats
    moisture: Floats  # volumetric, uppermost 5 cm [m3 m-3]
    wind: Floats  # roughening of water surfaces [1]
    dew: Floats  # 0 none, 1 heavy, at the morning pass [1]
    first_day: int = 0  # of the arrays, since 1 January of the season's year

    def place(self, day: Floats | Integers) -> Integers:
        """Places of days, given since 1 January of the season's year, in the arrays."""
        return day.astype(int) - self.first_day


def make_weather(
    weather: WeatherParameters, moisture: MoistureParameters, *, rng: np.random.Generator
) -> Weather:
    """Weather of one year.

    Parameters
    ----------
    weather : WeatherParameters () [1]
        Normals and variability.
    moisture : MoistureParameters () [1]
        The bucket.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    Weather (day,) [1]
        Day 0 is 1 January.
    """
    climate = normal_temperature(weather.temperature_c)
    temperature = climate + _anomaly(weather, rng=rng) + seasonal_shift(weather)
    rain = _rain(weather, rng=rng)
    water = rain + irrigation(moisture)
    dew = np.where(temperature > weather.dew_min_c, rng.random(N_DAY), 0.0)
    return Weather(
        climate_c=climate,
        temperature_c=temperature,
        rain_mm=rain,
        moisture=soil_moisture(water, temperature, moisture),
        wind=np.abs(rng.normal(0, weather.wind_sd, N_DAY)),
        dew=dew,
    )


def join_years(before: Weather, this: Weather, bucket: MoistureParameters) -> Weather:
    """Weather of two years, for seasons that begin in the year before.

    Parameters
    ----------
    before : Weather (day,) [1]
        The year before.
    this : Weather (day,) [1]
        The season's year.
    bucket : MoistureParameters () [1]
        Carries the soil's water over New Year.

    Returns
    -------
    Weather (day,) [1]
        From 1 January of the year before.
    """

    def both(name: str) -> Floats:
        return np.concatenate([getattr(before, name), getattr(this, name)])

    rain, temperature = both("rain_mm"), both("temperature_c")
    return Weather(
        climate_c=both("climate_c"),
        temperature_c=temperature,
        rain_mm=rain,
        moisture=soil_moisture(rain + np.tile(irrigation(bucket), 2), temperature, bucket),
        wind=both("wind"),
        dew=both("dew"),
        first_day=-N_DAY,
    )


def normal_temperature(monthly_c: tuple[float, ...]) -> Floats:
    """Daily normals from monthly ones: linear between mid-months, then a Hann window of 31 days.

    Parameters
    ----------
    monthly_c : tuple (12,) [degC]
        January to December.

    Returns
    -------
    ndarray (day,) [degC]
        Without a jump at New Year.
    """
    daily = _by_day(monthly_c)
    window = np.hanning(_SMOOTHING_DAYS + 2)[1:-1]
    smooth: Floats = convolve1d(daily, window / window.sum(), mode="wrap")
    return smooth


def seasonal_shift(weather: WeatherParameters) -> Floats:
    """Departure of the year from the normals that its scene assumes.

    Parameters
    ----------
    weather : WeatherParameters () [1]
        Size, first and last day.

    Returns
    -------
    ndarray (day,) [degC]
        0 outside the stretch of days.
    """
    day = np.arange(N_DAY)
    return np.where((weather.shift_start <= day) & (day <= weather.shift_end), weather.shift_c, 0.0)


def irrigation(bucket: MoistureParameters) -> Floats:
    """Irrigation of a year, in pulses.

    Parameters
    ----------
    bucket : MoistureParameters () [1]
        Size, interval, first and last day.

    Returns
    -------
    ndarray (day,) [mm]
        0 all year where the pulses are 0.
    """
    since = np.arange(N_DAY) - bucket.irrigation_start
    flows = (since % bucket.irrigation_every_d == 0) & (since >= 0)
    flows &= np.arange(N_DAY) <= bucket.irrigation_end
    return np.where(flows, bucket.irrigation_mm, 0.0)


def _by_day(monthly: tuple[float, ...] | Floats) -> Floats:
    daily: Floats = np.interp(np.arange(N_DAY) + 0.5, _MID_MONTH, monthly, period=N_DAY)
    return daily


def _anomaly(weather: WeatherParameters, *, rng: np.random.Generator) -> Floats:
    """Monthly anomaly plus a stationary AR(1) process."""
    phi = weather.ar_coefficient
    shock = rng.normal(0, weather.ar_sd_c, N_DAY)
    shock[1:] *= np.sqrt(1 - phi**2)  # keeps the standard deviation from the first day on
    month = rng.normal(0, weather.month_sd_c, 12)
    anomaly: Floats = lfilter([1.0], [1.0, -phi], shock) + _by_day(month)
    return anomaly


def _rain(weather: WeatherParameters, *, rng: np.random.Generator) -> Floats:
    day = np.arange(N_DAY)
    season = np.exp(-(((day - weather.rain_peak) / weather.rain_width_d) ** 2) / 2)
    wet = _wet_days(weather.wet_base + weather.wet_season * season, weather, rng=rng)
    scale = weather.rain_base_mm + weather.rain_season_mm * season
    amount = np.where(wet, rng.gamma(weather.rain_shape, size=N_DAY) * scale, 0.0)
    rain: Floats = amount * (weather.rain_mm * weather.rain_scale / amount.sum())
    return rain


def _wet_days(probability: Floats, weather: WeatherParameters, *, rng: np.random.Generator) -> Booleans:
    draw = rng.random(N_DAY)
    wet = np.zeros(N_DAY, dtype=bool)
    for day in range(N_DAY):
        factor = weather.wet_after_wet if day and wet[day - 1] else weather.wet_after_dry
        wet[day] = draw[day] < probability[day] * factor
    return wet


def soil_moisture(rain_mm: Floats, temperature_c: Floats, bucket: MoistureParameters) -> Floats:
    """Volumetric moisture of the uppermost 5 cm: rain fills, warmth dries, gravity drains.

    Parameters
    ----------
    rain_mm : ndarray (day,) [mm]
        Daily rain.
    temperature_c : ndarray (day,) [degC]
        Daily mean temperature.
    bucket : MoistureParameters () [1]
        Its constants.

    Returns
    -------
    ndarray (day,) [m3 m-3]
        At the end of each day.
    """
    keep = np.exp(-bucket.drying_rate * np.clip(temperature_c, 0, 30) / bucket.drying_reference_c)
    gain = bucket.infiltration * rain_mm / bucket.depth_mm
    moisture, level = np.empty(len(rain_mm)), bucket.start
    for day in range(len(rain_mm)):
        level = min(level + gain[day], bucket.cap)
        level = bucket.wilting_point + (level - bucket.wilting_point) * keep[day]
        level = min(level, bucket.field_capacity + bucket.drain_keep * (level - bucket.field_capacity))
        moisture[day] = level
    return moisture
