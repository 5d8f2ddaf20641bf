"""Canopy spectra against direct runs of PROSAIL, colours of fields, and pixels of optical sensors."""

from __future__ import annotations

import csv
import hashlib
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cropnb.paths import data_folder
from cropnb.schema import OPTICAL, SENTINEL2_BANDS, SchemaError
from cropnb.simulation import Parameters, load_parameters, parameter_table, simulate
from cropnb.simulation.canopy_spectra import Canopy, canopy_reflectance, load_canopy_spectra
from cropnb.simulation.imaging import box_sample, doubled, draw_scene_errors, take_band
from cropnb.simulation.sun import sun_angles
from cropnb.simulation.surfaces import soil_reflectance

COUNTY = data_folder() / "scenes" / "county.toml"
TABLES = data_folder() / "tables"
SMOKE = load_parameters(COUNTY, preset="smoke")
ONE_TILE = replace(SMOKE, preset=replace(SMOKE.preset, n_row=1, n_column=1))
SPECTRA = load_canopy_spectra()
BLACK_SOIL = SPECTRA.soil_wet * 0.8
BAND = {name: k for k, name in enumerate(SPECTRA.bands)}


def direct_runs() -> list[dict[str, str]]:
    path = Path(__file__).parent / "data" / "canopy_spectra_direct.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def ndvi(reflectance: np.ndarray) -> np.ndarray:
    red, nir = reflectance[..., BAND["B04"]], reflectance[..., BAND["B08"]]
    return (nir - red) / (nir + red)


def test_interpolation_stays_close_to_direct_runs_of_the_model() -> None:
    errors = []
    for run in direct_runs():
        state = {key: float(value) for key, value in run.items() if key != "leaf"}
        soil = state.pop("dry_share") * (SPECTRA.soil_dry - SPECTRA.soil_wet) + SPECTRA.soil_wet
        soil = soil * state.pop("brightness")
        expected = [state.pop(band) for band in SPECTRA.bands]
        errors.append(canopy_reflectance(run["leaf"], Canopy(**state), soil) - expected)
    assert {run["leaf"] for run in direct_runs()} == set(SPECTRA.leaves)
    assert np.abs(errors).max() < 0.004
    assert np.abs(errors).mean() < 0.001


def test_table_inputs_and_header_belong_together() -> None:
    header = tomllib.loads((TABLES / "canopy_spectra.toml").read_text(encoding="utf-8"))
    for name, key in (("leaves.toml", "leaves_sha256"), ("canopy_spectra.npz", "table_sha256")):
        assert hashlib.sha256((TABLES / name).read_bytes()).hexdigest() == header[key], "rerun the script"

    assert header["package"] == "prosail 2.0.5"
    assert (TABLES / "canopy_spectra.npz").stat().st_size < 1_000_000
    table = parameter_table(TABLES / "leaves.toml")  # unit, tag and source of each input
    assert set(SPECTRA.leaves) == {n.split(".")[1] for n in table["name"] if n.startswith("leaves.")}


@pytest.mark.parametrize("leaf", SPECTRA.leaves)
def test_without_leaves_the_soil_is_seen(leaf: str) -> None:
    bare = canopy_reflectance(leaf, Canopy(lai=0.0, greenness=1.0), SPECTRA.soil_dry)
    assert bare == pytest.approx(SPECTRA.soil_dry, abs=1e-12)


@pytest.mark.parametrize("leaf", SPECTRA.leaves)
def test_ndvi_rises_with_leaf_area(leaf: str) -> None:
    seen = canopy_reflectance(leaf, Canopy(lai=np.linspace(0, 6, 25), greenness=1.0), BLACK_SOIL)
    assert (np.diff(ndvi(seen)) > 0).all()
    assert ((seen > 0) & (seen < 0.8)).all()


@pytest.mark.parametrize("leaf", SPECTRA.leaves)
def test_water_darkens_the_short_wave_infrared_only_and_chlorophyll_the_red_edge_only(leaf: str) -> None:
    gains = np.array([0.7, 1.0, 1.4])
    wet = canopy_reflectance(leaf, Canopy(lai=3.0, greenness=1.0, water_gain=gains), BLACK_SOIL)
    green = canopy_reflectance(leaf, Canopy(lai=3.0, greenness=1.0, pigment_gain=gains), BLACK_SOIL)
    for band in ("B11", "B12"):
        assert (np.diff(wet[:, BAND[band]]) < 0).all()
        assert np.ptp(green[:, BAND[band]]) == 0
    assert (np.diff(green[:, BAND["B05"]]) < 0).all()
    assert np.ptp(wet[:, BAND["B05"]]) == 0


@pytest.mark.parametrize("leaf", SPECTRA.leaves)
def test_senescence_turns_green_into_brown(leaf: str) -> None:
    seen = canopy_reflectance(leaf, Canopy(lai=4.0, greenness=np.array([0.0, 1.0])), BLACK_SOIL)
    dead, green = seen
    assert dead[BAND["B04"]] > 2 * green[BAND["B04"]]
    assert dead[BAND["B08"]] < green[BAND["B08"]]
    assert ndvi(dead) < ndvi(green) - 0.1


def test_bright_soil_shows_through_thin_canopies_and_not_through_dense_ones() -> None:
    soils = np.stack([BLACK_SOIL, SPECTRA.soil_dry])
    thin, dense = (
        canopy_reflectance("maize", Canopy(lai=np.full(2, lai), greenness=1.0), soils) for lai in (0.3, 7.0)
    )
    assert np.diff(thin[:, BAND["B04"]])[0] > 0.1
    assert abs(np.diff(dense[:, BAND["B04"]])[0]) < 0.001


# Full canopies (0.88 x largest leaf area, sun at 38 degrees) and bare soil, as computed elsewhere from the
# same constants. The soil's moisture was not written down there; 0.25 is taken.
PEAK = [("maize", 0.014, 0.454, 0.201), ("soybean", 0.017, 0.526, 0.248)]


@pytest.mark.parametrize(("crop", "b04", "b8a", "b11"), PEAK)
def test_peak_canopies_have_the_reflectance_computed_elsewhere(
    crop: str, b04: float, b8a: float, b11: float
) -> None:
    soil = soil_reflectance(np.full((1, 1), 0.25), np.full(1, 0.8), SMOKE.optics.surfaces)[0, 0]
    lai = SMOKE.optics.surfaces.clumping * SMOKE.crops[crop].lai_max
    seen = canopy_reflectance(crop, Canopy(lai=lai, greenness=1.0, sun_zenith_deg=38.0), soil)
    assert seen[[BAND["B04"], BAND["B8A"], BAND["B11"]]] == pytest.approx([b04, b8a, b11], abs=0.006)


def test_bare_soil_darkens_with_moisture() -> None:
    moisture = np.array([[0.1, 0.25, 0.34, 0.45]])
    seen = soil_reflectance(moisture, np.full(1, 0.8), SMOKE.optics.surfaces)[0]
    assert (np.diff(seen[:3], axis=0) < 0).all()
    assert (seen[2] == seen[3]).all()
    bare = seen[1, [BAND["B04"], BAND["B8A"], BAND["B11"]]]
    assert bare == pytest.approx([0.056, 0.09, 0.16], abs=0.01)


def test_unknown_leaf_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SchemaError, match=r"'mais'.*maize"):
        canopy_reflectance("mais", Canopy(lai=1.0, greenness=1.0), BLACK_SOIL)


def test_sun_stands_where_almanacs_put_it() -> None:
    zenith, azimuth = np.degrees(sun_angles(171, latitude_deg=48, solar_time_h=12))  # 21 June, noon
    assert zenith == pytest.approx(48 - 23.44, abs=0.2)
    assert azimuth == pytest.approx(180)
    morning, east = np.degrees(sun_angles(79, latitude_deg=0, solar_time_h=9))  # equinox on the equator
    assert morning == pytest.approx(45, abs=1)
    assert east == pytest.approx(90, abs=1.5)


def test_a_box_of_one_pixel_keeps_the_mean_and_a_shift_by_a_cell_moves_by_a_cell() -> None:
    rng = np.random.default_rng(0)
    cells = rng.random((12, 16))
    plain = box_sample(cells, cell_m=5, pixel_m=10, width_m=10, shift_m=(0, 0))
    assert plain == pytest.approx(cells.reshape(6, 2, 8, 2).mean(axis=(1, 3)))
    moved = box_sample(cells, cell_m=5, pixel_m=5, width_m=5, shift_m=(5, -5))
    assert moved[:-1, 1:] == pytest.approx(cells[1:, :-1])


def test_a_wide_box_mixes_neighbours_by_their_area() -> None:
    cells = np.zeros((8, 8))
    cells[:, 4:] = 1.0
    seen = box_sample(cells, cell_m=5, pixel_m=10, width_m=15, shift_m=(0, 2.0))
    # the edge is at 20 m; the second box reaches from 9.5 to 24.5 m, the third from 19.5 to 34.5 m
    assert seen[1] == pytest.approx([0, 4.5 / 15, 14.5 / 15, 1])


def test_bilinear_doubling_keeps_planes_and_constants() -> None:
    y, x = np.mgrid[:5, :6]
    plane = 2.0 * x + 3.0 * y
    fine = doubled(plane)
    assert np.diff(fine, axis=1)[2, 1:-1] == pytest.approx(1.0)
    assert np.diff(fine, axis=0)[1:-1, 2] == pytest.approx(1.5)
    assert doubled(np.full((3, 4), 7.0)) == pytest.approx(7.0)


def test_noise_has_the_size_of_the_parameters_and_scenes_differ_by_their_errors() -> None:
    sensor = SMOKE.optics.sentinel2
    errors = draw_scene_errors(sensor, rng=np.random.default_rng(1))
    rng = np.random.default_rng(2)
    seen = take_band(np.full((400, 400), 0.3), sensor, errors, band=0, cell_m=5, rng=rng)
    assert seen.mean() == pytest.approx(0.3 * errors.gain + errors.bias[0], abs=1e-4)
    assert seen.std() == pytest.approx(np.hypot(0.02 * 0.3, 0.003), rel=0.02)
    draws = [draw_scene_errors(sensor, rng=np.random.default_rng(k)) for k in range(400)]
    assert np.std([d.shift_m for d in draws]) == pytest.approx(3, rel=0.1)
    assert np.std([d.bias for d in draws]) == pytest.approx(0.004, rel=0.1)
    assert max(abs(d.gain - 1) for d in draws) <= 0.03


@pytest.fixture(scope="module")
def scene() -> xr.DataTree:
    return simulate(ONE_TILE, progress=False)


@pytest.mark.parametrize(
    ("path", "bands", "pixel", "dates"),
    [("sentinel2", SENTINEL2_BANDS, 10, 3), ("rapideye", ("red", "red_edge", "nir"), 5, 1)],
)
def test_groups_keep_the_contract(
    scene: xr.DataTree, path: str, bands: tuple[str, ...], pixel: int, dates: int
) -> None:
    group = scene[path].to_dataset()
    for name, expected in OPTICAL.variables.items():
        assert group[name].dims == expected.dims
        assert group[name].dtype.kind in expected.dtype_kinds
        assert (group[name].attrs["units"], group[name].attrs["long_name"]) == (
            expected.units,
            expected.long_name,
        )
    assert tuple(group.band.values) == bands
    assert (np.diff(group.x) == pixel).all()
    assert group.sizes["time"] == dates
    assert np.isfinite(group.reflectance).all()


def test_pixels_of_both_sensors_and_labels_share_one_frame(scene: xr.DataTree) -> None:
    fine, coarse = scene["/rapideye"], scene["/sentinel2"]
    for dim in ("x", "y"):
        assert fine[dim].values.reshape(-1, 2).mean(axis=1) == pytest.approx(coarse[dim].values)
        assert (coarse[dim].values == scene["/labels"][dim].values).all()


def test_classes_look_as_they_do_from_space(scene: xr.DataTree) -> None:
    optical, labels = scene["/sentinel2"].to_dataset().isel(time=0), scene["/labels/class_id"].values
    pure = (scene["/truth/mixed_fraction"].values < 0.02) & optical.valid_mask.values
    seen = {k: optical.reflectance.values[:, pure & (labels == k)].mean(axis=1) for k in (0, 1, 5, 6)}
    at = {band: k for k, band in enumerate(SENTINEL2_BANDS)}
    index = {k: (v[at["B08"]] - v[at["B04"]]) / (v[at["B08"]] + v[at["B04"]]) for k, v in seen.items()}
    assert min(index[0], index[1], index[5]) > 0.75  # maize, soybean, forest in early August
    assert seen[6][at["B08"]] < 0.06  # water
    assert seen[1][at["B08"]] > seen[0][at["B08"]]  # soybean is brighter than maize


def test_vigour_within_fields_is_that_of_the_radar(scene: xr.DataTree) -> None:
    """Both look at the same plants: where the canopy is dense the near infrared follows the VH power."""
    labels, parcel = scene["/labels/class_id"].values, scene["/labels/parcel_id"].values
    optical = scene["/sentinel2"].to_dataset().isel(time=0)
    pure = (labels == 0) & (scene["/truth/mixed_fraction"].values < 1e-6) & optical.valid_mask.values
    day = np.argmin(abs(scene["/truth"].time.values - optical.time.values))
    pairs = []
    for number in np.unique(parcel[pure]):
        here = pure & (parcel == number)
        if here.sum() > 40:
            vh = scene["/truth/sigma0_vh"].values[day][here]
            nir = optical.reflectance.sel(band="B08").values[here]
            pairs.append(np.corrcoef(vh, nir)[0, 1])
    assert np.mean(pairs) > 0.15


def with_sentinel2(parameters: Parameters, **changed: object) -> Parameters:
    sensor = replace(parameters.optics.sentinel2, **changed)
    return replace(parameters, optics=replace(parameters.optics, sentinel2=sensor))


def test_a_date_more_or_less_changes_no_other_date_and_no_other_sensor(scene: xr.DataTree) -> None:
    days = ONE_TILE.optics.sentinel2.acquisitions
    fewer = simulate(with_sentinel2(ONE_TILE, acquisitions=days[1:]), progress=False)
    for name in OPTICAL.variables:
        kept, now = scene[f"/sentinel2/{name}"].values[1:], fewer[f"/sentinel2/{name}"].values
        assert kept.tobytes() == now.tobytes()
    for path in ("/rapideye/reflectance", "/truth/sigma0_vv", "/labels/class_id"):
        assert fewer[path].identical(scene[path])


def test_a_scene_without_optical_dates_has_no_optical_group() -> None:
    none = simulate(with_sentinel2(ONE_TILE, acquisitions=()), progress=False)
    assert "/sentinel2" not in none.groups
    assert "/rapideye" in none.groups


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"08-09", "08-29"', '"08-29", "08-09"', ["optics.sentinel2.acquisitions", "Sort them"]),
        ('"08-09", "08-29"', '"03-09", "08-29"', ["optics.sentinel2.acquisitions", "leave the season"]),
        ('bean = { value = "bean"', 'bean = { value = "been"', ["optics.surfaces.leaves.bean", "soybean"]),
        ("forest_leafless = {", "forest_leafles = {", ["optics.surfaces.covers", "forest_leafles"]),
        ("\nwater = { value = [0.04, ", "\nwater = { value = [", ["optics.surfaces.covers.water", "13"]),
        (
            "cloud_range = { value = [0.0, 0.08]",
            "cloud_range = { value = [0.1, 0.0]",
            ["cloud_range", "rising"],
        ),
        ("pixel_m = { value = 5.0", "pixel_m = { value = 7.0", ["optics.rapideye.pixel_m", "5 or 10"]),
        (
            "weight = { value = [1.0, 0.5, 0.25]",
            "weight = { value = [1.0]",
            ["optics.clouds.weight", "length"],
        ),
        ("misregistration_m", "misregistration", ["misregistration", "Did you mean 'misregistration_m'"]),
    ],
)
def test_bad_values_are_refused_with_key_and_remedy(
    tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    text = COUNTY.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "changed.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SchemaError) as caught:
        load_parameters(path, preset="smoke")
    assert all(word in str(caught.value) for word in words), str(caught.value)
