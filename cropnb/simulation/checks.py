"""Rules that tie several values of a parameter file together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from itertools import pairwise

import numpy as np

from cropnb.schema import require
from cropnb.simulation.coverage import sees
from cropnb.simulation.grid import scene_tiles
from cropnb.simulation.parameters import INSIDE, OUTSIDE, Crop, Parameters
from cropnb.simulation.radar_parameters import Track
from cropnb.simulation.rules import require_known, require_sum_one
from cropnb.simulation.tracks import scene_tracks

COVERS = ("water", "grass", "forest", "residential", "crop")
VILLAGE = ("tree", "garden", "building")


def check_parameters(parameters: Parameters) -> None:
    """Raise where values contradict each other.

    Parameters
    ----------
    parameters : Parameters () [1]
        As read from the file.

    Raises
    ------
    SchemaError
        Naming the key, the value and the remedy.
    """
    _check_classes(parameters)
    _check_shares(parameters)
    _check_crops(parameters)
    _check_tracks(parameters)
    _check_decorrelation(parameters)
    _check_sizes(parameters)
    _check_outline(parameters)
    _check_coverage(parameters)


def _check_classes(parameters: Parameters) -> None:
    names = parameters.classes.names
    twice = sorted({name for name in names if names.count(name) > 1})
    require(not twice, f"classes.names: {', '.join(twice)} twice; expected each class once. Drop one.")
    require_known("classes.cropland", parameters.classes.cropland, names)


def _check_shares(parameters: Parameters) -> None:
    landscape, allocation = parameters.landscape, parameters.allocation
    require_sum_one("landscape.cover_shares", landscape.cover_shares, names=COVERS)
    require_sum_one("landscape.village_shares", landscape.village_shares, names=VILLAGE)
    require_sum_one("allocation.priors", allocation.priors, names=(*parameters.crops, "other"))
    if allocation.other_shares or "other" in allocation.priors:
        require_sum_one("allocation.other_shares", allocation.other_shares, names=tuple(parameters.crops))


def _check_crops(parameters: Parameters) -> None:
    require_known(
        "after_harvest.regrowth_crops", parameters.after_harvest.regrowth_crops, tuple(parameters.crops)
    )
    require_known("cuts", parameters.cuts, tuple(parameters.crops))
    require_known("flooding.crops", parameters.flooding.crops, tuple(parameters.crops))
    require(
        "grass" in parameters.crops or parameters.landscape.cover_shares.get("grass", 0) == 0,
        "crops: no 'grass'; blocks of grass need it. Add [crops.grass], or set landscape.cover_shares.grass "
        "to 0.",
    )
    for name, crop in parameters.crops.items():
        require_known(f"crops.{name}.crop_class", (crop.crop_class,), parameters.classes.names)
        _check_calendar(name, crop)


def _check_calendar(name: str, crop: Crop) -> None:
    # forage is cut green: harvest may come before half of the leaf area is gone
    for earlier, later in (("sow", "up50"), ("up50", "dn50"), ("up50", "harvest")):
        first, second = getattr(crop, earlier), getattr(crop, later)
        require(
            first < second,
            f"crops.{name}.{later}: day {second} is not after {earlier}, day {first}. Sort them.",
        )


def _check_tracks(parameters: Parameters) -> None:
    """The tracks of the preset have dates in the scene's year; all calendars rise."""
    known = {track.relative_orbit: name for name, track in parameters.radar.tracks.items()}
    require(len(parameters.preset.tracks) > 0, "preset tracks: empty; expected relative orbits. List one.")
    for orbit in parameters.preset.tracks:
        require(
            orbit in known,
            f"preset tracks: {orbit}; the file has {', '.join(map(str, known))}. Use these, or add "
            f"[radar.tracks.{orbit}].",
        )
    for name, track in parameters.radar.tracks.items():
        for year, days in track.acquisitions.items():
            _check_dates(f"radar.tracks.{name}.acquisitions.{year}", days, parameters)
        require(
            track.relative_orbit not in parameters.preset.tracks
            or str(parameters.scene.year) in track.acquisitions,
            f"radar.tracks.{name}.acquisitions: none for {parameters.scene.year}, the scene's year; expected "
            f"it beside {', '.join(track.acquisitions) or 'none'}. Add it, or drop that track.",
        )
        _check_track(name, track)


def _check_track(name: str, track: Track) -> None:
    require(
        0 < track.sys_coh <= 1,
        f"radar.tracks.{name}.sys_coh: {track.sys_coh:g}; expected above 0, up to 1. Set 1, which is what "
        "physics gives.",
    )


def _check_coverage(parameters: Parameters) -> None:
    """Each track sees some of the preset: a group without any data breaks the contract of scenes."""
    for track in scene_tracks(parameters):
        require(
            any(sees(parameters, tile, track) for tile in scene_tiles(parameters)),
            f"radar.tracks.{track.relative_orbit}.west_edge_m: {track.west_edge_m:g} m; expected less than "
            "the easting of some tile. Lower it, move the preset east, or leave the track out of its tracks.",
        )


def _check_dates(where: str, days: Sequence[int], parameters: Parameters) -> None:
    require(len(days) > 0, f"{where}: empty; expected dates. List at least one.")
    for first, second in pairwise(days):
        require(
            first < second,
            f"{where}: day {second} follows day {first}; expected rising dates. Sort them.",
        )
    scene = parameters.scene
    require(
        scene.season_start <= days[0] and days[-1] <= scene.season_end,
        f"{where}: days {days[0]} to {days[-1]} leave the season, days "
        f"{scene.season_start} to {scene.season_end}. Widen the season or drop dates.",
    )


def _check_decorrelation(parameters: Parameters) -> None:
    loss = parameters.decorrelation
    require_known("decorrelation.cultivated_crops", loss.cultivated_crops, tuple(parameters.crops))
    require(
        len(loss.cultivation_delay_d) == len(loss.cultivation_loss),
        f"decorrelation.cultivation_loss: {len(loss.cultivation_loss)} values for "
        f"{len(loss.cultivation_delay_d)} delays; expected as many. Give one loss per delay.",
    )
    shares = {f.name: getattr(loss, f.name) for f in fields(loss) if f.name.endswith("_loss")}
    shares |= {
        name: getattr(loss, name) for name in ("soil_rest", "forest", "building_fixed", "building_rest")
    }
    for name, value in shares.items():
        for share in np.atleast_1d(value):
            require(
                0 <= share <= 1,
                f"decorrelation.{name}: {share:g}; expected 0 to 1. Correct the value.",
            )


def _check_sizes(parameters: Parameters) -> None:
    preset, scene = parameters.preset, parameters.scene
    for key in ("n_row", "n_column", "n_pixel"):
        value = getattr(preset, key)
        require(value >= 1, f"preset {key}: {value}; expected 1 or more. Raise it.")
    side = preset.n_pixel * 2 * scene.cell_m
    require(
        side <= scene.grid_square_m,
        f"preset n_pixel: a tile of {side} m overflows its grid square, {scene.grid_square_m} m. Lower it.",
    )
    require(
        len(parameters.weather.temperature_c) == 12,
        f"weather.temperature_c: {len(parameters.weather.temperature_c)} values; expected one per month. "
        "Give 12.",
    )
    require(
        parameters.radar.n_looks > 1,
        f"radar.n_looks: {parameters.radar.n_looks}; expected above 1. Raise it.",
    )


def _check_outline(parameters: Parameters) -> None:
    outline = parameters.county.outline
    for number, line in enumerate(outline):
        require(
            len(line) == len(outline[0]) and set(line) <= {INSIDE, OUTSIDE},
            f"county.outline: row {number} is {line!r}; expected {len(outline[0])} characters: {INSIDE!r} a "
            f"square of the county, {OUTSIDE!r} another. Correct the row.",
        )
    require(
        bool(scene_tiles(parameters)),
        "county.outline: no tile of the preset lies inside; expected one or more. Move the preset's "
        "first_row and first_column, or set inside_county = false.",
    )
