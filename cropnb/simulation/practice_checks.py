"""Rules that tie the values of rotation, survey and the year's weather together."""

from __future__ import annotations

from collections.abc import Iterable

from cropnb.schema import require
from cropnb.simulation.parameters import Flooding, Parameters
from cropnb.simulation.rules import require_known, require_share, require_sum_one
from cropnb.simulation.weather_parameters import MoistureParameters


def check_practice(parameters: Parameters) -> None:
    """Raise where values of rotation, survey or the year's weather contradict each other.

    Parameters
    ----------
    parameters : Parameters () [1]
        As read from the file.

    Raises
    ------
    SchemaError
        Naming the key, the value and the remedy.
    """
    _check_rotation(parameters)
    _check_survey(parameters)
    require_share("landscape.survey_min_inside", parameters.landscape.survey_min_inside)
    _check_irrigation(parameters.moisture)
    _check_earlier_crops(parameters)
    _check_drying(parameters.flooding)
    weather = parameters.weather
    require(
        weather.shift_start <= weather.shift_end,
        f"weather.shift_end: day {weather.shift_end} is before shift_start, day {weather.shift_start}. "
        "Sort them.",
    )


def _check_irrigation(moisture: MoistureParameters) -> None:
    every, start, end = moisture.irrigation_every_d, moisture.irrigation_start, moisture.irrigation_end
    require(every >= 1, f"moisture.irrigation_every_d: {every}; expected 1 or more. Raise it.")
    require(
        start <= end,
        f"moisture.irrigation_end: day {end} is before irrigation_start, day {start}. Sort them.",
    )


def _check_drying(flooding: Flooding) -> None:
    require_share("flooding.dry_share", flooding.dry_share)
    days, every = flooding.dry_days, flooding.dry_every_d
    require(
        0 <= days < every,
        f"flooding.dry_days: {days:g}; expected 0 or more, and less than dry_every_d, {every:g}. Lower it.",
    )


def _check_earlier_crops(parameters: Parameters) -> None:
    crops, earlier_crops = parameters.crops, parameters.earlier_crops
    require_known("earlier_crops", earlier_crops, crops)
    for name, earlier in earlier_crops.items():
        where = f"earlier_crops.{name}"
        require_known(f"{where}.crop", (earlier.crop,), [other for other in crops if other != name])
        require(
            crops[earlier.crop].sow < earlier.harvest < crops[name].sow,
            f"{where}.harvest: day {earlier.harvest}; expected after the sowing of {earlier.crop}, day "
            f"{crops[earlier.crop].sow}, and before that of {name}, day {crops[name].sow}. Move it.",
        )


def _check_rotation(parameters: Parameters) -> None:
    rotation, groups = parameters.rotation, tuple(parameters.allocation.priors)
    year = parameters.scene.year
    require(
        rotation.first_year <= year,
        f"rotation.first_year: {rotation.first_year}; expected scene.year, {year}, or earlier. Lower it.",
    )
    require_share("rotation.recut_share", rotation.recut_share)
    require_known("rotation.follows", rotation.follows, groups)
    for before, row in rotation.follows.items():
        _check_complete(f"rotation.follows.{before}", row, groups)
        require_sum_one(f"rotation.follows.{before}", row, names=groups)


def _check_complete(where: str, given: Iterable[str], groups: tuple[str, ...]) -> None:
    missing = [group for group in groups if group not in set(given)]
    require(
        not missing, f"{where}: no {', '.join(missing)}; expected the crops of allocation.priors. Add them."
    )


def _check_survey(parameters: Parameters) -> None:
    survey, classes = parameters.survey, parameters.classes.names
    require_sum_one("survey.sample_shares", survey.sample_shares, names=classes)
    for name in ("effort", "eroded_share", "class_error", "map_error", "map_edge_share"):
        require_share(f"survey.{name}", getattr(survey, name))
    for name in ("shift_sd_m", "map_reach_m"):
        value = getattr(survey, name)
        require(value >= 0, f"survey.{name}: {value:g}; expected 0 or more. Correct the value.")
    for name in ("confused_with", "map_confused_with"):
        pairs = getattr(survey, name)
        require_known(f"survey.{name}", (*pairs, *pairs.values()), classes)
        same = [key for key, value in pairs.items() if key == value]
        require(not same, f"survey.{name}: {', '.join(same)} confused with itself. Name another class.")
    missing = [name for name in classes if name not in survey.map_confused_with]
    require(
        not (survey.emulate_map and missing),
        f"survey.map_confused_with: no {', '.join(missing)}; the map needs every class. Add them, or set "
        "survey.emulate_map = false.",
    )
