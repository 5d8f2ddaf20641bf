"""Statistics of the real scenes, kept with the project so that a page can show them without the data."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cropnb.features import coherence
from cropnb.paths import data_folder
from cropnb.scenes.build import group_at
from cropnb.scenes.catalogue import open_scene
from cropnb.scenes.series_statistics import camera_statistics
from cropnb.scenes.statistics import COLUMNS, scene_statistics
from cropnb.schema import require

FILE = Path("tables") / "real_statistics.csv"
FIELDS = ("flanders-2018", "flanders-2019", "flanders-2019b", "canada-2017")
CAMERAS = "phenocam"
PAIR, PAIR_WINDOW = "amsterdam-slc-pair", 9
CROPS = ("maize", "soybean", "spring wheat", "winter wheat", "potato", "sugar beet", "grass")


def load_real_statistics() -> pd.DataFrame:
    """Statistics of the real scenes, as `make_real_statistics` found them.

    Returns
    -------
    DataFrame (row,)
        Columns of `scene_statistics`.

    Raises
    ------
    SchemaError
        If the table is not there.
    """
    path = data_folder() / FILE
    require(path.is_file(), f"{path}: not there; expected the table. Run scripts/make_real_statistics.py.")
    return pd.read_csv(path, dtype={"orbit": str, "class_name": str}, keep_default_na=True).fillna(
        {"orbit": "", "class_name": ""}
    )


def make_real_statistics() -> pd.DataFrame:
    """Statistics of all real scenes at hand.

    Returns
    -------
    DataFrame (row,)
        Columns of `scene_statistics`. Of cameras, `orbit` is the site and `gcc_amplitude` [1], `sos50` and
        `eos50` [day of the year] are medians over its years; of the pair over a city, `coherence_vv` is the
        median of windows of 9 x 9 pixels.
    """
    parts = [scene_statistics(open_scene(name), crops=CROPS) for name in FIELDS]
    return pd.concat([*parts, camera_rows(CAMERAS), _pair_row()], ignore_index=True)


def camera_rows(name: str) -> pd.DataFrame:
    """Seasons of the cameras of a scene, a row for each site and quantity.

    Parameters
    ----------
    name : str
        Of a scene of the catalogue.

    Returns
    -------
    DataFrame (row,)
        Columns of `scene_statistics`.
    """
    seasons = camera_statistics(open_scene(name))
    names = {"amplitude": "gcc_amplitude", "start": "sos50", "end": "eos50"}
    keys = ["scene", "kind", "site", "crop"]
    table = seasons.melt(id_vars=keys, value_vars=list(names), var_name="quantity")
    table["quantity"] = table["quantity"].map(names)
    found = table.groupby([*keys, "quantity"])["value"].agg(value="median", sd="std", n="count").reset_index()
    rows = found.rename(columns={"site": "orbit", "crop": "class_name"}).assign(month=0)
    return rows[list(COLUMNS)]


def _pair_row() -> pd.DataFrame:
    scene = open_scene(PAIR)
    path = next(path for path in scene.groups if path.endswith("/slc"))
    slc = group_at(scene, path)["s_vv"]
    found = coherence(
        slc.isel(time=0, drop=True), slc.isel(time=1, drop=True), window=(PAIR_WINDOW, PAIR_WINDOW)
    )
    row = {
        "scene": PAIR,
        "kind": scene.attrs["kind"],
        "orbit": path.split("/")[2],
        "class_name": "city",
        "month": 0,
        "quantity": "coherence_vv",
        "value": float(found.median()),
        "sd": float(found.std()),
        "n": int(found.notnull().sum()),
    }
    return pd.DataFrame([row], columns=list(COLUMNS))
