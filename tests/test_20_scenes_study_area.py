"""Squares, boundary and calendar of a scene: on scenes made up here, and on the simulated county."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from cropnb.paths import data_folder
from cropnb.scenes import open_scene
from cropnb.scenes.study_area import block_squares, boundary, county_squares
from cropnb.scenes.true_calendar import true_calendar
from cropnb.schema import SchemaError
from cropnb.simulation import load_parameters

SIDES = ["west", "south", "east", "north"]


@pytest.fixture(scope="module")
def smoke() -> xr.DataTree:
    return open_scene("county-smoke")


def parameters(preset: str):
    return load_parameters(data_folder() / "scenes" / "county.toml", preset=preset)


def labels(block_id: np.ndarray, **coords: list[float]) -> xr.DataTree:
    dataset = xr.Dataset({"block_id": (("y", "x"), block_id)}, coords=coords)
    return xr.DataTree.from_dict({"/labels": dataset})


def made_up(*, year: int = 2017) -> xr.DataTree:
    """Three parcels of two crops, of which one grows at an even pace from 60 days after New Year on."""
    parcel = np.array([[5, 5, 9], [-1, 2, 9]])
    sown = {5: 60.0, 9: 70.0, 2: 50.0}
    crop = {5: 1, 9: 1, 2: 0}
    day = np.array([65, 80, 120, 160])
    flat = {"parcel": parcel}
    flat["sow"] = np.vectorize(lambda p: sown.get(p, np.nan))(parcel)
    flat["crop"] = np.vectorize(lambda p: crop.get(p, -1))(parcel)
    stage = np.maximum(0, (day[:, None, None] - flat["sow"]) / 100)
    time = np.datetime64(f"{year}-01-01") + (day + (year % 4 == 0)).astype("m8[D]")
    truth = xr.Dataset(
        {
            "stage": (("time", "y", "x"), stage),
            "sowing_day": (("y", "x"), flat["sow"]),
            "harvest_day": (("y", "x"), flat["sow"] + 120),
            "crop": (("y", "x"), flat["crop"], {"flag_meanings": "wheat maize"}),
        },
        coords={"time": time.astype("M8[ns]")},
    )
    groups = {"/labels": xr.Dataset({"parcel_id": (("y", "x"), parcel)}), "/truth": truth}
    tree = xr.DataTree.from_dict(groups)
    tree.attrs["season"] = f"{year}-03-01/{year}-09-30"
    return tree


def test_blocks_reach_to_the_outer_edges_of_their_pixels() -> None:
    block = np.array([[0, 0, 3, 3], [0, 0, 3, -1]])
    table = block_squares(labels(block, y=[105.0, 95.0], x=[15.0, 25.0, 1015.0, 1025.0]))
    assert table.block.tolist() == [0, 3]
    assert table[SIDES].values.tolist() == [[10, 90, 30, 110], [1010, 90, 1030, 110]]


def test_labels_without_blocks_are_refused() -> None:
    with pytest.raises(SchemaError, match="no block_id"):
        block_squares(xr.DataTree.from_dict({"/labels": xr.Dataset()}))


def test_boundary_of_two_squares_has_six_sides_and_none_between_them() -> None:
    two = pd.DataFrame([[0, 0, 10, 10], [10, 0, 20, 10]], columns=SIDES)
    lines = boundary(two)
    assert lines.shape == (6, 2, 2)
    assert not any((line[:, 0] == 10).all() for line in lines)
    assert np.abs(lines[:, 1] - lines[:, 0]).sum() == 60


def test_boundary_of_a_ring_goes_round_the_hole() -> None:
    ring = [(x, y) for x in range(3) for y in range(3) if (x, y) != (1, 1)]
    squares = pd.DataFrame([[x, y, x + 1, y + 1] for x, y in ring], columns=SIDES)
    assert len(boundary(squares)) == 12 + 4


def test_the_county_has_72_squares_of_10_km_and_a_closed_boundary() -> None:
    table = county_squares(parameters("county"))
    assert table.county.sum() == len(table) == 72
    assert sorted(table.block) == list(range(72))
    assert set(table.east - table.west) == set(table.north - table.south) == {10000.0}
    ends = boundary(table).reshape(-1, 2)
    assert set(np.unique(ends, axis=0, return_counts=True)[1]) <= {2, 4}


def test_blocks_of_a_simulated_scene_lie_in_the_middle_of_their_squares(smoke: xr.DataTree) -> None:
    squares = county_squares(parameters("smoke")).set_index("block")
    blocks = block_squares(smoke).set_index("block")
    assert set(blocks.index) == set(squares.index) - {-1}
    for number, block in blocks.iterrows():
        square = squares.loc[number]
        assert (block.west + block.east) / 2 == (square.west + square.east) / 2
        assert (block.south + block.north) / 2 == (square.south + square.north) / 2
        assert block.east - block.west == block.north - block.south == 640


def test_calendar_counts_each_parcel_once_in_the_order_asked_for() -> None:
    table = true_calendar(made_up(), crops=["wheat", "maize"])
    assert list(dict.fromkeys(table.crop)) == ["wheat", "maize"]
    first = table.groupby("crop", sort=False).first()
    assert first.n_field.tolist() == [1, 2]
    assert first.start.tolist() == [50, 65]  # the median of 60 and 70, not of five pixels
    flowering = table[table.stage == "flowering"].set_index("crop")
    assert flowering.start.to_dict() == pytest.approx({"wheat": 110, "maize": 125})
    assert table.groupby("crop").end.last().to_dict() == {"maize": 185, "wheat": 170}


def test_in_a_leap_year_days_are_those_of_the_calendar() -> None:
    table = true_calendar(made_up(year=2020), crops=["maize"])
    assert table.start.iloc[0] == 66
    assert table.start[table.stage == "flowering"].item() == pytest.approx(126)


def test_scenes_without_this_truth_and_crops_that_nobody_grows_are_refused() -> None:
    with pytest.raises(SchemaError, match="no rice"):
        true_calendar(made_up(), crops=["rice"])
    bare = made_up()
    bare["/truth"] = bare["/truth"].to_dataset().drop_vars("stage")
    with pytest.raises(SchemaError, match=r"no stage in /truth"):
        true_calendar(bare)
    with pytest.raises(SchemaError, match="expected a simulated scene"):
        true_calendar(xr.DataTree.from_dict({"/labels": xr.Dataset()}))


def test_the_simulated_calendar_follows_the_parameter_file(smoke: xr.DataTree) -> None:
    crops = parameters("smoke").crops
    table = true_calendar(smoke, crops=["maize", "soybean", "wheat"])
    sowing = table.groupby("crop").start.first()
    harvest = table.groupby("crop").end.last()
    for name in ("maize", "soybean", "wheat"):
        assert sowing[name] == pytest.approx(crops[name].sow, abs=5)
        assert harvest[name] == pytest.approx(crops[name].harvest, abs=7)
    ripe = table[table.stage == "ripe, until harvest"].set_index("crop").start
    assert ripe["wheat"] < ripe["soybean"]
    assert ripe["wheat"] == pytest.approx(crops["wheat"].dn50, abs=8)
