"""Which tracks a scene carries, on which days they pass, and which passes make pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cropnb.simulation.arrays import Floats, Integers
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.radar_parameters import Track


@dataclass(frozen=True)
class Passes:
    """All acquisitions of a scene in the order of their days; arrays (time,)."""

    day: Floats  # since 1 January
    relative_orbit: Integers

    def of(self, track: Track) -> Integers:
        """Places of one track's acquisitions among all."""
        return np.flatnonzero(self.relative_orbit == track.relative_orbit)


def scene_tracks(parameters: Parameters) -> list[Track]:
    """Tracks that the preset carries.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.

    Returns
    -------
    list of Track (track,) [1]
        By rising relative orbit.
    """
    carried = parameters.preset.tracks
    known = [track for track in parameters.radar.tracks.values() if track.relative_orbit in carried]
    return sorted(known, key=lambda track: track.relative_orbit)


def track_days(parameters: Parameters, track: Track) -> Floats:
    """Days of a track's acquisitions in the scene's year.

    Parameters
    ----------
    parameters : Parameters () [1]
        The year.
    track : Track () [1]
        The calendars.

    Returns
    -------
    ndarray (time,) [day]
        Since 1 January, rising.
    """
    return np.array(track.acquisitions[str(parameters.scene.year)], dtype=float)


def scene_passes(parameters: Parameters) -> Passes:
    """Acquisitions of all tracks of the scene.

    Parameters
    ----------
    parameters : Parameters () [1]
        The scene.

    Returns
    -------
    Passes (time,) [day]
        Sorted by day; of two on one day the lower orbit first.
    """
    tracks = scene_tracks(parameters)
    day = np.concatenate([track_days(parameters, track) for track in tracks])
    orbit = np.repeat([t.relative_orbit for t in tracks], [track_days(parameters, t).size for t in tracks])
    order = np.argsort(day, kind="stable")
    return Passes(day[order], orbit[order])


def pair_starts(parameters: Parameters, track: Track) -> Integers:
    """Acquisitions of a track that make a pair with the next one.

    Parameters
    ----------
    parameters : Parameters () [1]
        The interval of a pair.
    track : Track () [1]
        The calendars.

    Returns
    -------
    ndarray (pair,) [1]
        Place of the first acquisition of each pair among those of the track.
    """
    return np.flatnonzero(np.diff(track_days(parameters, track)) == parameters.radar.pair_days)
