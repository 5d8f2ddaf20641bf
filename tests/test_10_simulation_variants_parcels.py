"""Scenes like Catalonia and France: winter crops, modes of a class, cuts, clouds, instances, two passes."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import xarray as xr

from cropnb.paths import data_folder
from cropnb.scenes import validate
from cropnb.simulation import Parameters, load_parameters, simulate
from cropnb.simulation.cutting import cut_share
from cropnb.simulation.labels import label_pixels
from cropnb.simulation.landscape import make_land
from cropnb.simulation.layout import Cover
from cropnb.simulation.raster import rasterise
from cropnb.simulation.rotation import plant
from cropnb.simulation.seeds import Tile

FOLDER = data_folder() / "scenes"
CATALONIA, PARCELS = "catalonia-2018", "parcels-2019"


def smoke(name: str) -> Parameters:
    return load_parameters(FOLDER / f"{name}.toml", preset="smoke")


def fewer_dates(parameters: Parameters) -> Parameters:
    """Every sixth date of radar and light: the same field growth, a fraction of the time."""
    radar, optics = parameters.radar, parameters.optics
    tracks = {
        name: replace(t, acquisitions={year: days[::6] for year, days in t.acquisitions.items()})
        for name, t in radar.tracks.items()
    }
    fewer = replace(optics.sentinel2, acquisitions=optics.sentinel2.acquisitions[::6])
    return replace(parameters, radar=replace(radar, tracks=tracks), optics=replace(optics, sentinel2=fewer))


@cache
def scene(name: str) -> xr.DataTree:
    parameters = smoke(name)
    return simulate(fewer_dates(parameters) if name == PARCELS else parameters, progress=False)


def leaf_area(name: str, crop: str) -> xr.DataArray:
    """Mean over the pixels of a crop (time,)."""
    truth = scene(name)["truth"]
    here = (truth.crop == list(smoke(name).crops).index(crop)).values
    assert here.any(), f"no {crop}"
    return truth.lai.load().copy(data=np.where(here, truth.lai.values, np.nan)).mean(("y", "x"))


@pytest.mark.parametrize(("name", "n_class"), [(CATALONIA, 7), (PARCELS, 18)])
def test_scene_keeps_the_contract_and_shows_all_its_classes(name: str, n_class: int) -> None:
    tree = scene(name)
    validate(tree)
    assert len(json.loads(tree["labels"].attrs["legend"])) == n_class
    assert set(range(n_class)) <= set(np.unique(tree["labels"].class_id))
    assert (tree["labels"].class_id.values == -1).any()  # forest, water and villages are no class


@pytest.mark.parametrize(
    ("name", "crop"), [(CATALONIA, "wheat"), (CATALONIA, "oat"), (PARCELS, "wheat"), (PARCELS, "rapeseed")]
)
def test_leaf_area_of_a_winter_crop_peaks_in_spring(name: str, crop: str) -> None:
    lai = leaf_area(name, crop)
    assert int(lai.idxmax("time").dt.month) in (4, 5)
    assert float(lai.max()) > 3
    assert float(lai[-1]) < 1.6


def test_summer_crops_follow_two_calendars_in_one_class() -> None:
    """Maize of the second crop is still bare when single maize has closed."""
    parameters = smoke(CATALONIA)
    modes = [name for name, crop in parameters.crops.items() if crop.crop_class == "maize"]
    assert modes == ["maize", "maize_second"]
    single, second = (parameters.crops[name] for name in modes)
    assert single.up50 < second.sow


def test_every_class_of_catalonia_has_two_modes() -> None:
    of_class = [crop.crop_class for crop in smoke(CATALONIA).crops.values()]
    assert {of_class.count(name) for name in smoke(CATALONIA).classes.names} == {2}


def test_a_cut_leaves_its_share_and_half_of_the_rest_is_back_at_the_delay() -> None:
    cuts = replace(smoke(CATALONIA).cuts["alfalfa"], days=(100,), left=0.2, delay_d=16.0, width_d=18.0)
    share = cut_share(cuts, shift_d=np.array([0.0, 5.0]), day=np.array([99.0, 100.0, 116.0, 200.0]))
    assert share[0, 0] == 1
    assert 0.2 < share[0, 1] < 0.25
    assert share[0, 2] == pytest.approx(0.6)
    assert share[0, 3] == pytest.approx(1)
    assert share[1, 1] == 1  # five days later


def test_classes_of_parcels_are_as_unequal_as_those_of_the_benchmark() -> None:
    """Land shares against the counts of parcels in its table of classes, meadow to sorghum."""
    counts = [31292, 8206, 13123, 2766, 1769, 908, 1355, 10640, 871, 1208]
    counts += [1704, 2619, 551, 3174, 1212, 2998, 848, 707]
    parameters = smoke(PARCELS)
    covers, priors = parameters.landscape.cover_shares, parameters.allocation.priors
    land = dict.fromkeys(parameters.classes.names, 0.0)
    for name, share in priors.items():
        land[parameters.crops[name].crop_class] += share * covers["crop"]
    land["meadow"] += covers["grass"]
    share = np.array(list(land.values())) / (covers["crop"] + covers["grass"])
    assert share == pytest.approx(np.array(counts) / sum(counts), abs=2e-4)


def test_two_orbits_of_opposite_direction_pass_about_seventy_times() -> None:
    parameters = smoke(PARCELS)
    tracks = [t for t in parameters.radar.tracks.values() if t.relative_orbit in parameters.preset.tracks]
    assert {t.orbit_direction for t in tracks} == {"ascending", "descending"}
    assert all(abs(len(t.acquisitions["2019"]) - 70) <= 6 for t in tracks)


def test_parcels_are_unique_over_the_patches() -> None:
    labels = scene(PARCELS)["labels"]
    parcel, block = labels.parcel_id.values, labels.block_id.values
    pairs = np.unique(np.stack([parcel, block])[:, parcel >= 0], axis=1)
    assert set(np.unique(block)) == {0, 1}
    assert np.unique(pairs[0]).size == pairs.shape[1] > 40
    one_class = [np.unique(labels.class_id.values[parcel == n]).size for n in np.unique(parcel[parcel >= 0])]
    assert set(one_class) == {1}


def test_parcels_mostly_outside_their_patch_have_a_number_but_no_class() -> None:
    """Against the same land drawn beyond the patch, where parcels are whole."""
    parameters, tile = smoke(PARCELS), Tile(0, 0)
    land, n_cell = make_land(parameters, tile), 2 * parameters.preset.n_pixel
    labels = label_pixels(parameters, tile, land, plant(parameters, tile, land))
    wide = rasterise(land.frame, land.blocks, land.layout, n_cell=5 * n_cell // 4, cell_m=5.0).object_id
    parcel, has_class = labels["parcel_cell"], labels["class_id"] >= 0
    fields = np.unique(land.cells.object_id[land.cells.object_id >= 0])
    fields = fields[np.isin(land.layout.cover[land.layout.object_block[fields]], (Cover.CROP, Cover.GRASS))]
    shares, named = [], []
    for number in set(fields) & set(np.unique(parcel)) - set(range(land.layout.n_field, 10**6)):
        shares.append((land.cells.object_id == number).sum() / (wide == number).sum())
        named.append(has_class[parcel == number].all())
        assert named[-1] == has_class[parcel == number].any()
    share, has_name = np.array(shares), np.array(named)
    assert 3 < (~has_name).sum() < 0.4 * share.size
    assert not has_name[share < 0.45].any()
    assert has_name[share > 0.55].all()


def test_a_share_of_the_dates_is_cloudy_as_the_file_says() -> None:
    parameters = replace(smoke(PARCELS), preset=replace(smoke(PARCELS).preset, n_pixel=16, n_column=1))
    tracks = fewer_dates(parameters).radar
    valid = simulate(replace(parameters, radar=tracks), progress=False)["sentinel2"].valid_mask
    assert 38 <= valid.sizes["time"] <= 61
    cloudy = (~valid).mean(("y", "x")).values
    assert 0.05 < (cloudy > 0).mean() < 0.45  # 28 % have clouds somewhere; not all lie over the patch
    assert cloudy.max() > 0.9


def test_incidence_grows_the_way_each_orbit_looks() -> None:
    """On one day, without rows and dew: fields in the east are darker from the west, and the reverse."""
    parameters = smoke(PARCELS)
    radar, effects = parameters.radar, parameters.effects
    tracks = {
        name: replace(track, acquisitions={"2019": (200,)}, incidence_deg=38.0)
        for name, track in radar.tracks.items()
    }
    assert {t.orbit_direction: t.look_azimuth_deg for t in tracks.values()} == {
        "ascending": 78.0,
        "descending": 282.0,
    }
    parameters = replace(
        parameters,
        preset=replace(parameters.preset, n_column=1),
        radar=replace(radar, tracks=tracks, incidence_gradient=3.0, dew_gain=0.0),
        soil=replace(parameters.soil, row_gain=0.0),
        effects=replace(effects, drift_sd_db=0.0),
        optics=replace(parameters.optics, sentinel2=replace(parameters.optics.sentinel2, acquisitions=())),
    )
    truth = simulate(parameters, progress=False)["truth"]
    inner = (truth.crop.values >= 0) & (truth.edge_distance.values > 15)
    ascending, descending = truth.sigma0_vv.values[:, inner]
    east = np.broadcast_to(truth.x.values, inner.shape)[inner]
    assert np.corrcoef(east, np.log(ascending / descending))[0, 1] < -0.8


def test_the_season_begins_in_the_year_before() -> None:
    tree = scene(PARCELS)
    assert tree.attrs["season"] == "2018-09-01/2019-11-30"
    first = tree["sentinel1/59/c2"].time.values[0]
    assert first.astype("datetime64[D]") == np.datetime64("2018-09-03")
    moisture = tree["truth"].soil_moisture
    assert float(moisture.sel(time="2018").mean()) != float(moisture.sel(time="2019").mean())
