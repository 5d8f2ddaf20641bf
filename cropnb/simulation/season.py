"""The crop fields of a tile through the season of its acquisitions."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from cropnb.simulation.arrays import Booleans, Floats, Integers
from cropnb.simulation.effects import FieldEffects
from cropnb.simulation.growth import Growth
from cropnb.simulation.parameters import Crop


@dataclass(frozen=True)
class Season:
    """Rows are fields, columns the days; `object_id` tells which objects of the tile the fields are."""

    object_id: Integers
    crops: list[Crop]
    crop_name: list[str]
    effects: FieldEffects
    growth: Growth
    day: Floats  # (time,) since 1 January
    earlier: Season | None = None  # the same fields under the crop before; harvest -inf where there is none

    def on(self, time: Integers) -> Season:
        """The same fields on some of the days.

        Parameters
        ----------
        time : ndarray (time,) [1]
            Places among the days.

        Returns
        -------
        Season (field, time) [1]
            Draws are kept.
        """
        growth = Growth(*(getattr(self.growth, f.name)[:, time] for f in fields(Growth)))
        effects = replace(self.effects, drift_gain=self.effects.drift_gain[..., time])
        earlier = None if self.earlier is None else self.earlier.on(time)
        return replace(self, effects=effects, growth=growth, day=self.day[time], earlier=earlier)

    def standing(self) -> Booleans:
        """Where and when (field, time) its crop has not been harvested."""
        return self.day[None] < self.effects.harvest_day[:, None]
