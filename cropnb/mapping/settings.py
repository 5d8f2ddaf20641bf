"""What a map is told, besides the scene and the classifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cropnb.features.images import require_window
from cropnb.sampling.radar_steps import LeeSettings
from cropnb.schema import require


@dataclass(frozen=True, kw_only=True)
class MapSettings:
    """How a scene is mapped.

    Attributes
    ----------
    speckle : LeeSettings, optional
        The filter that the classifier's training samples went through; by default what its folder says.
    orbits : tuple of str, optional
        Relative orbits the training samples came from; all with a `c2` group by default.
    majority : int () [pixel]
        Odd width of the majority filter that a second map of classes goes through; 0 for none.
    min_date : int () [count]
        Dates on which a pixel has to have been measured; with fewer it is no-data.
    block : int () [pixel]
        Side of the blocks that are in memory one at a time.
    tile : int () [pixel]
        Side of the tiles in the files, a multiple of 16, 128 or more.

    Raises
    ------
    SchemaError
        If a value is out of range.
    """

    speckle: LeeSettings | None = None
    orbits: tuple[str, ...] | None = None
    majority: int = 0
    min_date: int = 1
    block: int = 512
    tile: int = 512

    def __post_init__(self) -> None:
        for name, least in (("min_date", 1), ("block", 1), ("tile", 128)):
            value = getattr(self, name)
            require(value >= least, f"MapSettings: {name}={value}; expected {least} or more. Raise it.")
        require(
            self.tile % 16 == 0,
            f"MapSettings: tile={self.tile}; expected a multiple of 16, as GeoTIFF asks. Take 512.",
        )
        require(
            self.orbits is None or len(self.orbits) > 0,
            "MapSettings: orbits empty; expected relative orbits, or None for all. Name one.",
        )
        if self.majority:
            require_window("MapSettings: majority", self.majority)

    @classmethod
    def from_options(
        cls, *, lee: tuple[int, float] | None, orbits: Sequence[str] | None, majority: int
    ) -> MapSettings:
        """Settings from what is typed on a command line.

        Parameters
        ----------
        lee : tuple of int and float (2,) [pixel, count], optional
            Window and looks of the speckle filter; by default what the classifier's folder says.
        orbits : sequence of str, optional
            Relative orbits; all by default.
        majority : int () [pixel]
            Width of the majority filter, 0 for none.

        Returns
        -------
        MapSettings
            With the sizes that are usual.
        """
        speckle = LeeSettings(window=lee[0], n_looks=lee[1]) if lee else None
        return cls(speckle=speckle, orbits=tuple(orbits) if orbits else None, majority=majority)
