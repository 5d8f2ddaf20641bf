"""C2 and coherence of simulated single-look images by the features: looks, truth, and one place at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from cropnb.features.coherence_bias import expected_coherence
from cropnb.features.speckle import lee
from cropnb.paths import data_folder
from cropnb.scenes import validate
from cropnb.scenes.from_slc import at_pixels, c2_of, coherence_of, with_products
from cropnb.schema import SchemaError
from cropnb.simulation import load_parameters, simulate
from cropnb.simulation.decorrelation import Persistence
from cropnb.simulation.painting import Texture
from cropnb.simulation.scatterers import Scatterers
from cropnb.simulation.scene import simulate_square
from cropnb.simulation.sigma0 import Components
from cropnb.simulation.slc import single_looks

COUNTY = data_folder() / "scenes" / "county.toml"
SMOKE = load_parameters(COUNTY, preset="smoke_slc")
ORBITS = (32, 105)
LOOKS = 24.3  # of a window of 3 lines, of which adjacent ones share 2/7, by 9 samples


@pytest.fixture(scope="module")
def smoke() -> xr.DataTree:
    return with_products(simulate(SMOKE, progress=False))


@pytest.fixture(scope="module")
def county() -> xr.DataTree:
    """2.5 km of ordinary land."""
    mini = load_parameters(COUNTY, preset="mini")
    preset = replace(mini.preset, n_row=1, n_column=1, n_pixel=250, single_look=True)
    return with_products(simulate(replace(mini, preset=preset), progress=False))


def homogeneous(keep: tuple[float, ...] = (), *, ratio: float = 0.1, n: int = 900) -> xr.Dataset:
    """Stack of one object of -10 dB everywhere, 12 days apart, without noise."""
    shape = (1, len(keep) + 1)
    power, none = np.full(shape, 0.1), np.zeros(shape)
    flat = np.ones((n, n), dtype=np.float32)
    kept = np.array([keep]).reshape(1, -1)
    scatterers = Scatterers(
        Components(none, none, power, ratio * power, none),
        Persistence(kept, kept, np.zeros(1)),
        np.zeros((n, n), dtype=np.int32),
        Texture(flat, flat),
        0.5,
    )
    radar = replace(SMOKE.radar, cross_talk=0.0)
    track = replace(radar.tracks["105"], nesz_db=-100.0)
    images = list(single_looks(scatterers, radar, track, cell_m=5.0, rng=np.random.default_rng(8)))
    stack = {name: np.stack([getattr(image, name) for image in images]) for name in ("s_vv", "s_vh")}
    n_time, n_y, n_x = stack["s_vv"].shape
    start = np.datetime64("2017-06-01", "ns")
    return xr.Dataset(
        {name: (("time", "y", "x"), values) for name, values in stack.items()},
        coords={
            "time": start + 12 * np.arange(n_time) * np.timedelta64(1, "D"),
            "y": -15.0 * np.arange(n_y),
            "x": 5.0 * np.arange(n_x),
        },
        attrs={"relative_orbit": 105, "orbit_direction": "descending"},
    )


def enl(power: np.ndarray) -> float:
    return float(power.mean(dtype=float) ** 2 / power.var(dtype=float))


def test_pixels_of_15_m_have_three_looks() -> None:
    c2 = c2_of(homogeneous())
    assert dict(c2.sizes) == {"time": 1, "y": 299, "x": 300}
    assert np.unique(np.diff(c2.x)).tolist() == [15.0]
    for name in ("c_vv_vv", "c_vh_vh"):
        assert enl(c2[name].values) == pytest.approx(2.96, abs=0.1)


def test_lee_gives_a_homogeneous_area_about_twenty_looks() -> None:
    c2 = c2_of(homogeneous())
    quiet = lee(c2, window=3, n_looks=3)
    for name in ("c_vv_vv", "c_vh_vh"):
        inner = quiet[name].values[..., 1:-1, 1:-1]
        assert enl(inner) == pytest.approx(20, abs=3)
        assert inner.mean() == pytest.approx(c2[name].values.mean(), rel=0.02)


@pytest.mark.parametrize("gamma", [0.0, 0.2, 0.4, 0.6, 0.8])
def test_estimates_of_a_homogeneous_area_have_the_bias_of_their_looks(gamma: float) -> None:
    pairs = coherence_of(homogeneous((gamma,)))
    expected = float(expected_coherence(xr.DataArray(gamma), n_looks=LOOKS))
    for name in ("vv", "vh"):
        inner = pairs[name].values[..., 2:-2, 4:-4]
        assert inner.mean() == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("gamma", "n_looks", "mean"),
    [
        *((0.0, n, mean) for n, mean in ((4, 0.457), (9, 0.300), (20, 0.199))),
        *((0.2, n, mean) for n, mean in ((4, 0.481), (9, 0.344), (20, 0.268))),
        *((0.4, n, mean) for n, mean in ((4, 0.553), (9, 0.461), (20, 0.424))),
        *((0.6, n, mean) for n, mean in ((4, 0.666), (9, 0.623), (20, 0.609))),
        *((0.8, n, mean) for n, mean in ((4, 0.817), (9, 0.806), (20, 0.802))),
    ],
)
def test_bias_of_the_estimate_is_that_of_drawn_looks(gamma: float, n_looks: int, mean: float) -> None:
    rng = np.random.default_rng(2)
    z = rng.normal(size=(2, 2, n_looks, 20_000)) * np.sqrt(0.5)
    first, other = z[0] + 1j * z[1]
    second = gamma * first + np.sqrt(1 - gamma**2) * other
    power = np.sqrt((abs(first) ** 2).sum(axis=0) * (abs(second) ** 2).sum(axis=0))
    drawn = (abs((first * second.conj()).sum(axis=0)) / power).mean()
    formula = float(expected_coherence(xr.DataArray(gamma), n_looks=n_looks))
    assert drawn == pytest.approx(mean, abs=0.01)
    assert formula == pytest.approx(mean, abs=0.01)


def test_products_keep_the_contract(smoke: xr.DataTree) -> None:
    validate(smoke)
    for orbit in ORBITS:
        slc, c2, pairs = (smoke[f"/sentinel1/{orbit}/{name}"] for name in ("slc", "c2", "coherence"))
        assert c2.sizes["time"] == slc.sizes["time"]
        assert pairs.sizes["pair"] == 10
        assert pairs.x.values.tolist() == c2.x.values.tolist()
        assert pairs.y.values.tolist() == c2.y.values.tolist()


def test_no_window_reaches_into_the_next_tile(smoke: xr.DataTree) -> None:
    for number in range(2):
        alone = with_products(simulate_square(SMOKE, number))
        for orbit in ORBITS:
            for name in ("c2/c_vv_vh", "c2/c_vh_vh", "coherence/vv", "coherence/vh"):
                own = alone[f"/sentinel1/{orbit}/{name}"]
                mosaic = smoke[f"/sentinel1/{orbit}/{name}"].sel(x=own.x)
                np.testing.assert_array_equal(mosaic.values, own.values)


@pytest.mark.parametrize("orbit", ORBITS)
def test_estimated_coherence_follows_the_truth_with_its_bias(county: xr.DataTree, orbit: int) -> None:
    pairs, truth = county[f"/sentinel1/{orbit}/coherence"], county["truth"].to_dataset()
    of_orbit = truth.isel(pair=np.flatnonzero(truth.pair_orbit == orbit))
    near = of_orbit.sel(y=pairs.y, x=pairs.x, method="nearest")
    alone = near.edge_distance.values > 45
    for pol in ("vv", "vh"):
        true, got = near[f"coherence_{pol}"].values[:, alone], pairs[pol].values[:, alone]
        expected = expected_coherence(xr.DataArray(true), n_looks=LOOKS).values
        # texture makes looks unequal, so that there are fewer of them
        assert np.nanmean(got) == pytest.approx(expected.mean(), abs=0.03)
        of_pair = np.corrcoef(np.nanmean(got, axis=1), expected.mean(axis=1))[0, 1]
        assert of_pair > 0.95


@pytest.mark.parametrize("orbit", ORBITS)
def test_vv_is_more_coherent_than_vh_and_growth_takes_coherence(county: xr.DataTree, orbit: int) -> None:
    pairs, truth = county[f"/sentinel1/{orbit}/coherence"], county["truth"].to_dataset()
    near = truth.sel(y=pairs.y, x=pairs.x, method="nearest")
    lai = [near.lai.sel(time=pairs[name].values).values for name in ("first_time", "second_time")]
    crop = np.isfinite(lai[0][0]) & (near.edge_distance.values > 45)
    bare = crop & (np.maximum(*lai) < 0.3)
    closed = crop & (np.minimum(*lai) > 3)
    vv, vh = pairs.vv.values, pairs.vh.values
    assert np.nanmean(vv[:, crop]) > np.nanmean(vh[:, crop])
    assert np.nanmean(vv[bare]) > np.nanmean(vh[bare]) + 0.02
    assert np.nanmean(vv[bare]) > np.nanmean(vv[closed]) + 0.1


def test_a_factor_on_coherence_is_named_as_imposed(smoke: xr.DataTree) -> None:
    tracks = SMOKE.radar.tracks
    tracks = {"32": tracks["32"], "105": replace(tracks["105"], sys_coh=0.5)}
    imposed = with_products(
        simulate(replace(SMOKE, radar=replace(SMOKE.radar, tracks=tracks)), progress=False)
    )
    for name in ("slc", "coherence"):
        assert "0.5 on relative orbit 105" in imposed[f"/sentinel1/105/{name}"].attrs["imposed"]
        assert "imposed" not in imposed[f"/sentinel1/32/{name}"].attrs
    assert "0.5 on relative orbit 105" in imposed["/truth/coherence_vv"].attrs["imposed"]
    assert not any("imposed" in smoke[path].attrs for path in smoke.groups)
    of_105 = smoke["/truth/pair_orbit"].values == 105
    before, after = (scene["/truth/coherence_vv"].values for scene in (smoke, imposed))
    assert (before[~of_105] == after[~of_105]).all()
    crop = np.isfinite(smoke["/truth/lai"].values[0])  # buildings keep their fixed part
    assert np.median((after - before / 2)[of_105][:, crop]) == pytest.approx(0, abs=1e-6)


def test_looks_and_scenes_that_cannot_be_are_refused(smoke: xr.DataTree) -> None:
    slc = smoke["/sentinel1/105/slc"].to_dataset()
    with pytest.raises(SchemaError, match=r"looks \(1, 4\)"):
        coherence_of(slc, looks=(1, 4))
    with pytest.raises(SchemaError, match="c2 beside slc"):
        with_products(smoke)
    with pytest.raises(SchemaError, match="no slc"):
        with_products(xr.DataTree.from_dict({"/labels": smoke["labels"].to_dataset()}))


def test_pixels_of_the_labels_lie_between_those_of_the_products(smoke: xr.DataTree) -> None:
    """A plane stays a plane; each tile takes from itself alone, also at its border."""
    labels, c2 = smoke["labels"], smoke["/sentinel1/105/c2"].to_dataset().isel(time=[0])
    plane = c2.y / 7 + c2.x / 3
    flat = c2.assign(c_vv_vv=0 * c2.c_vv_vv.astype(float).fillna(0) + plane)
    got = at_pixels(flat, y=labels.y, x=labels.x)
    assert got.c_vv_vv.shape == (1, *labels.class_id.shape)
    assert got.y.values.tolist() == labels.y.values.tolist()
    expected = (labels.y / 7 + labels.x / 3).transpose("y", "x").values
    inner = np.r_[2:62, 66:126]
    np.testing.assert_allclose(got.c_vv_vv.values[0, 2:-2][:, inner], expected[2:-2][:, inner], rtol=1e-12)
    assert abs(got.c_vv_vv.values[0] - expected).max() < 15 / 7 + 15 / 3
    assert got.c_vv_vh.dtype == np.complex64
    assert got.c_vh_vh.dtype == np.float32
    assert got.attrs == c2.attrs
    with pytest.raises(SchemaError, match=r"1 places along x; expected 2"):
        at_pixels(flat, y=labels.y, x=labels.x[:60])
