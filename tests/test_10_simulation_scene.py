"""The whole scene: contract, determinism, and ranges that nothing painted."""

from __future__ import annotations

import sys
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
import xarray as xr
from rasterio.warp import transform

from cropnb.legends import Legend
from cropnb.paths import data_folder
from cropnb.schema import C2, LABELS, ROOT_ATTRS, GroupSchema
from cropnb.simulation import Parameters, load_parameters, simulate
from cropnb.simulation.scene import scene_tiles
from cropnb.simulation.seeds import Tile
from cropnb.simulation.tile import simulate_tile

COUNTY = data_folder() / "scenes" / "county.toml"
SMOKE = load_parameters(COUNTY, preset="smoke")


@pytest.fixture(scope="module")
def smoke() -> xr.DataTree:
    return simulate(SMOKE, progress=False)


@pytest.fixture(scope="module")
def mini() -> xr.DataTree:
    return simulate(load_parameters(COUNTY, preset="mini"), progress=False)


def reseeded(seed: int) -> Parameters:
    return replace(SMOKE, scene=replace(SMOKE.scene, seed=seed))


def db(power: np.ndarray) -> float:
    return float(10 * np.log10(np.nanmean(power)))


@pytest.mark.parametrize(
    ("path", "schema"), [("/sentinel1/32/c2", C2), ("/sentinel1/105/c2", C2), ("/labels", LABELS)]
)
def test_groups_keep_the_contract(smoke: xr.DataTree, path: str, schema: GroupSchema) -> None:
    group = smoke[path].to_dataset()
    for name, expected in schema.variables.items():
        if expected.required:
            assert name in group
        if name in group:
            variable = group[name]
            assert variable.dims == expected.dims
            assert variable.dtype.kind in expected.dtype_kinds
            assert (variable.attrs["units"], variable.attrs["long_name"]) == (
                expected.units,
                expected.long_name,
            )
    assert set(schema.attrs) <= set(group.attrs)
    assert set(schema.coords) <= set(group.coords)


def test_root_tells_place_season_and_origin(smoke: xr.DataTree) -> None:
    assert set(ROOT_ATTRS) <= set(smoke.attrs)
    assert smoke.attrs["kind"] == "simulated"
    assert smoke.attrs["season"] == "2017-05-01/2017-09-30"
    assert len(smoke.attrs["fingerprint"]) == 64


def test_every_variable_carries_units_and_a_long_name(smoke: xr.DataTree) -> None:
    for group in smoke.subtree:
        for name, variable in group.data_vars.items():
            assert {"units", "long_name"} <= set(variable.attrs), name


def test_coordinates_lie_in_the_county_and_jump_between_tiles(smoke: xr.DataTree) -> None:
    x, y = smoke["/labels/x"].values, smoke["/labels/y"].values
    lon, lat = transform(smoke.attrs["crs"], "EPSG:4326", x[[0, -1]], y[[0, -1]])
    assert 126.267 < min(lon) < max(lon) < 127.883
    assert 47.583 < min(lat) < max(lat) < 48.550
    step = np.diff(x)
    assert (step[np.arange(1, x.size) % 64 != 0] == 10).all()
    assert (step[np.arange(1, x.size) % 64 == 0] == 10_000 - 63 * 10).all()
    assert (np.diff(y) < 0).all()


def test_mini_lies_in_the_county_too() -> None:
    tiles = list(scene_tiles(load_parameters(COUNTY, preset="mini")))
    assert len(tiles) == 20
    east, north = 330_000 + 1e4 * 4, 5_360_000 - 1e4 * 5
    lon, lat = transform("EPSG:32652", "EPSG:4326", [east], [north])
    assert lon[0] < 127.883
    assert lat[0] > 47.583


def test_block_is_tile_and_parcels_do_not_cross_tiles(smoke: xr.DataTree) -> None:
    block, parcel = smoke["/labels/block_id"].values, smoke["/labels/parcel_id"].values
    assert np.unique(block).tolist() == list(range(6))
    assert (block[:64, 64:128] == 1).all()
    pairs = np.unique(np.stack([parcel[parcel >= 0], block[parcel >= 0]]), axis=1)
    assert np.unique(pairs[0]).size == pairs.shape[1]


def test_a_showcase_tile_holds_every_class(smoke: xr.DataTree) -> None:
    labels = smoke["labels"]
    legend = Legend.from_json(labels.attrs["legend"])
    for block in range(6):
        here = labels.class_id.values[labels.block_id.values == block]
        assert set(range(legend.n_class)) <= set(here.tolist()), f"tile {block}"
    for class_id in range(legend.n_class):
        parcels = labels.parcel_id.values[labels.class_id.values == class_id]
        assert np.unique(parcels).size >= 2


def test_two_runs_give_the_same_bytes_and_another_seed_does_not(smoke: xr.DataTree) -> None:
    again, other = simulate(SMOKE, progress=False), simulate(reseeded(2), progress=False)
    assert again.identical(smoke)
    c2 = "/sentinel1/105/c2/c_vv_vv"
    assert not np.array_equal(other[c2].values, smoke[c2].values, equal_nan=True)
    assert (other["/labels/class_id"].values != smoke["/labels/class_id"].values).mean() > 0.3
    assert other.attrs["fingerprint"] != smoke.attrs["fingerprint"]


def test_a_tile_alone_gives_the_bytes_it_has_in_the_mosaic(smoke: xr.DataTree) -> None:
    alone = simulate_tile(SMOKE, Tile(1, 2))  # last in the mosaic, first here
    names = {"sentinel1/105/c2/c_vv_vh": "105/c_vv_vh", "sentinel1/32/c2/c_vv_vv": "32/c_vv_vv"}
    names |= {f"truth/{name}": name for name in ("sigma0_vh", "coherence_vv", "lai")}
    for path, name in names.items():
        mosaic = smoke[f"/{path}"].values[..., 64:, 128:]
        assert np.ascontiguousarray(mosaic).tobytes() == alone[name].tobytes(), name


def test_matrices_are_hermitian_and_positive_semidefinite(smoke: xr.DataTree) -> None:
    c2 = smoke["/sentinel1/105/c2"].to_dataset()
    seen = np.isfinite(c2.c_vv_vv.values)
    vv, vh, cross = (c2[name].values[seen] for name in ("c_vv_vv", "c_vh_vh", "c_vv_vh"))
    assert min(vv.min(), vh.min()) > 0
    assert (abs(cross) ** 2 <= vv * vh * (1 + 1e-5)).all()


def test_missing_pixels_are_few_and_missing_in_all_elements(smoke: xr.DataTree) -> None:
    c2 = smoke["/sentinel1/105/c2"].to_dataset()
    missing = np.isnan(c2.c_vv_vv.values)
    assert missing.mean() == pytest.approx(0.002, abs=5 * np.sqrt(0.002 / missing.size))
    assert (missing == np.isnan(c2.c_vh_vh.values)).all()
    assert (missing == np.isnan(c2.c_vv_vh.values)).all()


@pytest.mark.parametrize(("orbit", "nesz_db"), [(32, -24.0), (105, -25.5)])
def test_speckle_about_the_true_sigma0_has_the_mean_and_the_looks_of_the_parameters(
    smoke: xr.DataTree, orbit: int, nesz_db: float
) -> None:
    truth = smoke["truth"].to_dataset()
    true = truth.sel(time=truth.relative_orbit == orbit)
    c2 = smoke[f"/sentinel1/{orbit}/c2"].to_dataset()
    assert (true.time.values == c2.time.values).all()
    noise = 10 ** (nesz_db / 10)
    ratio = (c2.c_vv_vv.values / (true.sigma0_vv.values + noise)).astype(float)
    n = np.isfinite(ratio).sum()
    assert np.nanmean(ratio) == pytest.approx(1, abs=5 / np.sqrt(3 * n))
    assert 1 / np.nanvar(ratio) == pytest.approx(3, rel=5 * np.sqrt(4 / n))


def test_truth_is_kept_for_crops_only(smoke: xr.DataTree) -> None:
    class_id, truth = smoke["/labels/class_id"].values, smoke["truth"]
    forest = class_id == 5
    crop = (class_id >= 0) & (class_id <= 3)
    assert np.isnan(truth.lai.values[:, forest]).all()
    assert np.isfinite(truth.lai.values[:, crop]).all()
    assert (truth.sowing_day.values[crop] < truth.harvest_day.values[crop]).all()
    assert truth.mixed_fraction.values.min() > -1e-6
    assert truth.mixed_fraction.values.max() <= 1


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "progress", "shown"),
    [(Terminal, True, True), (Terminal, False, False), (StringIO, True, False)],
)
def test_the_bar_shows_on_terminals_unless_hidden(
    monkeypatch: pytest.MonkeyPatch, stream: type[StringIO], progress: bool, shown: bool
) -> None:
    one_tile = replace(SMOKE, preset=replace(SMOKE.preset, n_row=1, n_column=1))
    monkeypatch.setattr("sys.stderr", stream())
    simulate(one_tile, progress=progress)
    assert ("tile" in sys.stderr.getvalue()) == shown


@pytest.mark.slow
def test_class_shares_of_mini_stay_near_the_parameters(mini: xr.DataTree) -> None:
    class_id = mini["/labels/class_id"].values
    share = np.bincount(class_id[class_id >= 0], minlength=7) / (class_id >= 0).sum()
    crop, priors = 0.725, (0.39, 0.47, 0.06, 0.08)
    expected = [crop * p for p in priors] + [0.035, 0.15, 0.07]
    expected[3] += 0.02  # grass counts as other
    assert share == pytest.approx(expected, abs=0.05)


@pytest.mark.slow
def test_fields_of_mini_have_the_stated_mean_area(mini: xr.DataTree) -> None:
    labels = mini["labels"]
    crop = (labels.class_id.values >= 0) & (labels.class_id.values <= 3)
    _, pixels = np.unique(labels.parcel_id.values[crop], return_counts=True)
    assert (pixels * 0.01).mean() == pytest.approx(1.55, abs=0.25)  # hectares
    assert mini.attrs["n_parcel"] == pixels.size > 2500


# VV and VH in dB that the same physics gave elsewhere, by class, for a range of dates; tolerance 2 dB.
RANGES = [
    ("maize", "06-16", "06-16", -8.9, -17.1),
    ("maize", "07-10", "07-22", -8.6, -14.3),
    ("maize", "08-03", "08-27", -8.5, -14.1),
    ("soybean", "06-16", "06-16", -9.0, -18.6),
    ("soybean", "07-10", "07-22", -9.2, -14.2),
    ("soybean", "08-03", "08-27", -9.3, -14.2),
    ("wheat", "06-16", "06-16", -13.7, -19.2),
    ("wheat", "07-10", "07-22", -12.0, -19.7),
    ("forest", "07-10", "08-27", -8.8, -12.7),
    ("water", "05-23", "09-20", -17.9, -23.5),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "first", "last", "vv", "vh"), RANGES)
def test_emergent_backscatter_lies_in_the_expected_range(
    mini: xr.DataTree, name: str, first: str, last: str, vv: float, vh: float
) -> None:
    c2 = mini["/sentinel1/105/c2"].to_dataset().sel(time=slice(f"2017-{first}", f"2017-{last}"))
    legend = Legend.from_json(mini["labels"].attrs["legend"])
    pure = mini["/truth/mixed_fraction"].values < 0.02
    here = pure & (mini["/labels/class_id"].values == legend.class_id(name))
    assert db(c2.c_vv_vv.values[:, here]) == pytest.approx(vv, abs=2)
    assert db(c2.c_vh_vh.values[:, here]) == pytest.approx(vh, abs=2)


@pytest.mark.slow
def test_wheat_dips_by_3_to_6_db_in_vv_and_water_lies_at_the_noise_floor(mini: xr.DataTree) -> None:
    c2, class_id = mini["/sentinel1/105/c2"].to_dataset(), mini["/labels/class_id"].values
    pure = mini["/truth/mixed_fraction"].values < 0.02
    wheat = [db(v[pure & (class_id == 2)]) for v in c2.c_vv_vv.values]
    assert 3 < wheat[0] - min(wheat[1:5]) < 6
    water = db(c2.c_vh_vh.values[:, pure & (class_id == 6)])
    assert -25.5 < water < -25.5 + 3
