"""What of the soil stays from year to year (decision 0010)."""

from __future__ import annotations

import numpy as np

from cropnb.paths import data_folder
from cropnb.simulation import load_parameters
from cropnb.simulation.effects import village_fields
from cropnb.simulation.landscape import make_land
from cropnb.simulation.optics import optical_fields
from cropnb.simulation.rotation import crop_history
from cropnb.simulation.seeds import Tile
from cropnb.simulation.tile import grow_season, scene_weather

YEARS = [
    load_parameters(data_folder() / "scenes" / f"{name}.toml", preset="mini")
    for name in ("county", "county-2018")
]
TILE = Tile(1, 3)


def test_soil_stays_and_its_treatment_does_not() -> None:
    lands = [make_land(parameters, TILE) for parameters in YEARS]
    seasons = [(p, land, crop_history(p, TILE, land)[-1]) for p, land in zip(YEARS, lands, strict=True)]
    objects, effects, brightness = [], [], []
    for parameters, land, crop in seasons:
        season = grow_season(parameters, TILE, land, crop, scene_weather(parameters))
        objects.append(season.object_id)
        effects.append(season.effects)
        brightness.append(optical_fields(parameters, TILE, land, crop, season.effects).brightness)
    _, before, after = np.intersect1d(*objects, return_indices=True)
    assert before.size > 100
    assert (brightness[0][before] == brightness[1][after]).all()
    rough = [e.roughness_cm[i] for e, i in zip(effects, (before, after), strict=True)]
    assert abs(np.corrcoef(*np.log(rough))[0, 1]) < 4 / np.sqrt(before.size)
    first, second = (village_fields(p.scene, p.effects) for p in YEARS)
    east, north = lands[0].object_position()
    assert (first.moisture(east, north) == second.moisture(east, north)).all()
    assert abs(first.sowing(east, north) - second.sowing(east, north)).max() > 0.5
