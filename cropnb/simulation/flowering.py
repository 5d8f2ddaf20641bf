r"""Flowers over a canopy, as rapeseed turns fields yellow for some weeks in spring.

With the thermal age :math:`t` of a field, those at which half of the flowers are out and half are gone
:math:`g_1` and :math:`g_2`, and the cover :math:`up` of `growth`, flowers hide the share

.. math::
    w = s \, up \, S\left(\frac{t - g_1}{k_1}\right) S\left(\frac{g_2 - t}{k_2}\right), \quad
    \rho = (1 - w) \, \rho_{canopy} + w \, \rho_{flower}

of the canopy, in the bands for which their reflectance is given; in the others they look like the leaves.
They change with the field's own clock, so that a field that is early at its leaves is early at its flowers.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import expit

from cropnb.simulation.arrays import Floats
from cropnb.simulation.canopy_spectra import load_canopy_spectra
from cropnb.simulation.flowering_parameters import Flowers
from cropnb.simulation.growth import Growth, thermal_curve
from cropnb.simulation.parameters import Crop, Parameters
from cropnb.simulation.surfaces import Colours, OpticalFields
from cropnb.simulation.weather import Weather


def flower_share(
    flowers: Flowers, crop: Crop, growth: Growth, climate_c: Floats, *, cap_c: float, first_day: int = 0
) -> Floats:
    """Share of the canopy that flowers hide.

    Parameters
    ----------
    flowers : Flowers () [1]
        When and how many.
    crop : Crop () [1]
        Calendar of the crop that flowers.
    growth : Growth (field, time) [1]
        Of its fields; thermal age and cover.
    climate_c : ndarray (day,) [degC]
        Normal temperature.
    cap_c : float () [degC]
        Upper limit of the thermal time.
    first_day : int () [day]
        Of `climate_c`.

    Returns
    -------
    ndarray (field, time) [1]
        0 before and after, `flowers.share` in full bloom.
    """
    curves = [
        thermal_curve(
            replace(crop, up50=day, up_width_d=flowers.width_d), climate_c, cap_c=cap_c, first_day=first_day
        )
        for day in (flowers.start, flowers.end)
    ]
    age = growth.stage * curves[0].g_dn  # the stage is the age over that of maturity
    opened = expit((age - curves[0].g_up) / curves[0].k_up)
    gone = expit((age - curves[1].g_up) / curves[1].k_up)
    share: Floats = flowers.share * growth.cover * opened * (1 - gone)
    return share


def with_flowers(
    colours: Colours, parameters: Parameters, fields: OpticalFields, growth: Growth, weather: Weather
) -> Colours:
    """Reflectance of crop fields with their flowers.

    Parameters
    ----------
    colours : Colours (field, time, band) [1, reflectance]
        Of leaves and ground, from `surfaces.field_colours`.
    parameters : Parameters () [1]
        Which crops flower.
    fields : OpticalFields (field,) [1]
        Crop of each field.
    growth : Growth (field, time) [1]
        On the same days.
    weather : Weather (day,) [1]
        Normal temperature.

    Returns
    -------
    Colours (field, time, band) [1, reflectance]
        Flowers do not vary within a field; crops without them stay as they are.
    """
    bands, names = load_canopy_spectra().bands, tuple(parameters.crops)
    mean, slope = colours.mean.copy(), colours.slope.copy()
    for name, flowers in parameters.flowers.items():
        here = np.flatnonzero(fields.crop == names.index(name))
        grown = Growth(*(values[here] for values in vars(growth).values()))
        share = flower_share(
            flowers,
            parameters.crops[name],
            grown,
            weather.climate_c,
            cap_c=parameters.weather.heat_cap_c,
            first_day=weather.first_day,
        )
        for band, reflectance in flowers.reflectance.items():
            at = here, slice(None), bands.index(band)
            mean[at] = (1 - share) * mean[at] + share * reflectance
            slope[at] = (1 - share) * slope[at]
    return Colours(mean, slope)
