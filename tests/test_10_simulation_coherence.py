"""Coherence of a simulated county: nothing painted, truth and estimates in their order, bytes that stay."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pytest
import xarray as xr
from scipy.ndimage import uniform_filter

from cropnb.paths import data_folder
from cropnb.schema import SLC
from cropnb.simulation import load_parameters, simulate
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.seeds import Tile
from cropnb.simulation.tile import TileArrays, simulate_tile

COUNTY = data_folder() / "scenes" / "county.toml"
SMOKE = load_parameters(COUNTY, preset="smoke_slc")
FOREST, WATER = 5, 6


def of_side(n_pixel: int, **changes: bool) -> Parameters:
    """Without missing pixels, over which the sums below would be missing."""
    mini = load_parameters(COUNTY, preset="mini")
    preset = replace(mini.preset, n_row=1, n_column=1, n_pixel=n_pixel, single_look=True, **changes)
    return replace(mini, preset=preset, radar=replace(mini.radar, missing_share=0.0))


@pytest.fixture(scope="module")
def smoke() -> xr.DataTree:
    return simulate(SMOKE, progress=False)


@pytest.fixture(scope="module")
def county() -> xr.DataTree:
    return simulate(of_side(250), progress=False)


def estimate(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Coherence in windows of 3 lines and 9 samples."""

    def mean(values: np.ndarray) -> np.ndarray:
        return uniform_filter(values.real, (3, 9)) + 1j * uniform_filter(values.imag, (3, 9))

    one, other = first.astype(complex), second.astype(complex)
    power = mean(abs(one) ** 2).real * mean(abs(other) ** 2).real
    return abs(mean(one * other.conj())) / np.sqrt(power)


def on_lines(scene: xr.DataTree, path: str, orbit: int) -> xr.DataArray:
    """A map at 10 m, at the samples of single-look images."""
    slc = scene[f"/sentinel1/{orbit}/slc"]
    return scene[path].sel(y=slc.y, x=slc.x, method="nearest")


def pure(scene: xr.DataTree, orbit: int, *classes: int) -> np.ndarray:
    """Samples whose surroundings carry one of the classes alone."""
    class_id = on_lines(scene, "/labels/class_id", orbit).values
    alone = on_lines(scene, "/truth/edge_distance", orbit).values > 45
    return np.isin(class_id, classes) & alone


def pairs_of(scene: xr.DataTree, orbit: int) -> list[tuple[xr.Dataset, np.ndarray, np.ndarray]]:
    """Truth of each pair, and both images, VV and VH first."""
    truth = scene["truth"].to_dataset()
    slc = scene[f"/sentinel1/{orbit}/slc"].to_dataset()
    found = []
    for pair in np.flatnonzero(truth.pair_orbit == orbit):
        of_pair = truth[["coherence_vv", "coherence_vh", "lai"]].isel(pair=pair)
        both = (slc.sel(time=of_pair[name].values) for name in ("first_time", "second_time"))
        found.append((of_pair, *(np.stack([s.s_vv.values, s.s_vh.values]) for s in both)))
    return found


@pytest.mark.parametrize("orbit", [32, 105])
def test_single_look_groups_keep_the_contract(smoke: xr.DataTree, orbit: int) -> None:
    slc = smoke[f"/sentinel1/{orbit}/slc"].to_dataset()
    for name, expected in SLC.variables.items():
        assert slc[name].dims == expected.dims
        assert slc[name].dtype == np.complex64
        assert slc[name].attrs == {"units": expected.units, "long_name": expected.long_name}
        assert 0 < np.isnan(slc[name].values).mean() < 0.006
    assert slc.attrs == {"relative_orbit": orbit, "orbit_direction": "descending"}
    assert f"/sentinel1/{orbit}/c2" not in smoke.groups
    steps = np.abs(np.diff(slc.y)), np.diff(slc.x)
    assert (steps[0] == 15).all()
    assert np.unique(steps[1]).tolist() == [5.0, 10_000 - 127 * 5.0]


def test_lines_lie_where_the_labels_say(smoke: xr.DataTree) -> None:
    """The first line is the third row of cells; the border of the tile is that of the labels."""
    y, x = smoke["/labels/y"].values, smoke["/labels/x"].values
    slc = smoke["/sentinel1/105/slc"]
    assert slc.y.values[0] == pytest.approx(y[0] + 2.5 - 10)
    assert slc.x.values[0] == pytest.approx(x[0] - 2.5)


@pytest.mark.parametrize(("orbit", "nesz_db"), [(32, -24.0), (105, -25.5)])
def test_images_have_the_power_that_truth_says(county: xr.DataTree, orbit: int, nesz_db: float) -> None:
    truth = county["truth"].to_dataset()
    true = truth.sigma0_vv.sel(time=truth.relative_orbit == orbit).values + 10 ** (nesz_db / 10)
    seen = np.abs(county[f"/sentinel1/{orbit}/slc/s_vv"].values) ** 2
    for where in (pure(county, orbit, FOREST), pure(county, orbit, 0, 1, 2, 3)):
        nearest = where.sum() / 4  # lines share power, and so do fields
        slc = county[f"/sentinel1/{orbit}/slc"]
        mean = xr.DataArray(true.mean(axis=0), coords={k: truth[k] for k in ("y", "x")}, dims=("y", "x"))
        expected = mean.sel(y=slc.y, x=slc.x, method="nearest").values[where].mean()
        assert seen.mean(axis=0)[where].mean() == pytest.approx(expected, rel=5 / np.sqrt(nearest))


def test_vh_of_water_lies_at_the_noise_floor(county: xr.DataTree) -> None:
    for orbit, nesz_db in ((32, -24.0), (105, -25.5)):
        where = pure(county, orbit, WATER)
        power = np.abs(county[f"/sentinel1/{orbit}/slc/s_vh"].values[:, where]) ** 2
        assert nesz_db < 10 * np.log10(power.mean()) < nesz_db + 3


@pytest.mark.parametrize("orbit", [32, 105])
def test_estimates_follow_truth_with_a_floor(county: xr.DataTree, orbit: int) -> None:
    crops = pure(county, orbit, 0, 1, 2, 3)
    for truth, first, second in pairs_of(county, orbit):
        slc = county[f"/sentinel1/{orbit}/slc"]
        for pol, name in enumerate(("coherence_vv", "coherence_vh")):
            true = truth[name].sel(y=slc.y, x=slc.x, method="nearest").values[crops]
            got = estimate(first[pol], second[pol])[crops]
            floor = np.sqrt(np.pi / 4 / 24.3)
            # of the mean of many fields the bias lies between none and that of no coherence
            assert true.mean() - 0.02 < got.mean() < np.hypot(true.mean(), floor) + 0.03
            assert got.mean() > floor - 0.01


@pytest.mark.parametrize("orbit", [32, 105])
def test_crops_are_more_coherent_in_vv_and_bare_soil_more_than_closed_canopy(
    county: xr.DataTree, orbit: int
) -> None:
    crops = pure(county, orbit, 0, 1, 2, 3)
    lai = county["truth/lai"]
    planted = np.isfinite(lai.isel(time=0).drop_vars("time"))
    bare, closed = [], []
    for truth, first, second in pairs_of(county, orbit):
        vv, vh = (estimate(first[pol], second[pol]) for pol in (0, 1))
        assert truth.coherence_vv.where(planted).mean() > truth.coherence_vh.where(planted).mean()
        assert vv[crops].mean() > vh[crops].mean() - 0.005
        slc = county[f"/sentinel1/{orbit}/slc"]
        leaves = lai.sel(time=[truth.first_time.values, truth.second_time.values])
        leaves = leaves.sel(y=slc.y, x=slc.x, method="nearest").values
        bare.append(vv[crops & (leaves < 0.3).all(axis=0)])
        closed.append(vv[crops & (leaves > 3).all(axis=0)])
    assert np.concatenate(bare).mean() > np.concatenate(closed).mean() + 0.1


def test_forest_and_water_have_the_coherence_of_their_scatterers(county: xr.DataTree) -> None:
    truth, class_id = county["truth"].to_dataset(), county["/labels/class_id"].values
    inside = (truth.mixed_fraction.values < 0.01) & (truth.edge_distance.values > 30)
    forest = truth.coherence_vv.values[:, inside & (class_id == FOREST)]
    assert forest.mean() == pytest.approx(0.18, abs=0.01)
    assert truth.coherence_vv.values[:, inside & (class_id == WATER)].max() < 1e-6


def digest(tile: Tile) -> tuple[Tile, dict[str, bytes]]:
    return tile, {name: values.tobytes() for name, values in simulate_tile(SMOKE, tile).items()}


def test_tiles_give_the_same_bytes_alone_in_other_order_and_in_two_processes(smoke: xr.DataTree) -> None:
    tiles = [Tile(0, 1), Tile(0, 0)]
    here = dict(digest(tile) for tile in tiles)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        there = dict(pool.map(digest, tiles))
    assert here == there
    arrays: TileArrays = simulate_tile(SMOKE, Tile(0, 1))
    for orbit in (32, 105):
        mosaic = smoke[f"/sentinel1/{orbit}/slc/s_vh"].values[..., 128:]
        assert np.ascontiguousarray(mosaic).tobytes() == arrays[f"{orbit}/s_vh"].tobytes()
    assert here[Tile(0, 0)]["32/s_vv"] != here[Tile(0, 1)]["32/s_vv"]
