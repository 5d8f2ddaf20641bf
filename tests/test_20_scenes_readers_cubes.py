"""Flemish and Tanzanian cubes, against numbers worked out once with other code (the data's own README)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cropnb.scenes import catalogue, legend_of, open_scene
from cropnb.scenes.build import group_at
from cropnb.scenes.readers import READERS
from cropnb.schema import SchemaError

Opener = Callable[[str], xr.DataTree]


@pytest.fixture(scope="module")
def opened() -> Opener:
    """Each scene is read once for all tests of this file."""
    kept: dict[str, xr.DataTree] = {}

    def get(name: str) -> xr.DataTree:
        if name not in kept:
            kept[name] = open_scene(name)
        return kept[name]

    return get


def decibels(power: np.ndarray) -> np.ndarray:
    return 10 * np.log10(power)


def counts(scene: xr.DataTree, path: str) -> dict[str, int]:
    """Samples or pixels per class name."""
    class_id = group_at(scene, path).class_id.to_numpy()
    legend = legend_of(scene)
    return {name: int((class_id == number).sum()) for number, name in enumerate(legend.names)}


# --- flanders-cubes: README "CT pixel counts", "Load it", "Checked"
CROPS = {
    "flanders-2018": {"maize": 1249, "grass": 835, "other legumes": 96, "cabbage": 31, "potato": 25},
    "flanders-2019": {"grass": 1387, "winter wheat": 1378, "maize": 413, "winter barley": 294}
    | {"sugar beet": 154, "barley": 72, "potato": 27},
    "flanders-2019b": {
        "maize": 1277,
        "grass": 1102,
        "potato": 445,
        "winter cereal": 290,
        "winter wheat": 190,
    },
    "tanzania-2021": {"maize": 867, "vegetables and melons": 304, "sorghum": 102, "mixed cropping": 34},
}
N_DATE = {"flanders-2018": 159, "flanders-2019": 80, "flanders-2019b": 157, "tanzania-2021": 60}


@pytest.mark.realdata("flanders-cubes")
@pytest.mark.parametrize("name", CROPS)
def test_cube_crops_and_dates(opened: Opener, name: str) -> None:
    scene = opened(name)
    assert counts(scene, "/labels") == CROPS[name]
    orbits = list(scene["/sentinel1"].children)
    n_date = [group_at(scene, f"/sentinel1/{orbit}/sigma0").sizes["time"] for orbit in orbits]
    assert sum(n_date) == N_DATE[name]
    assert len(orbits) == (2 if N_DATE[name] > 100 else 1)


@pytest.mark.realdata("flanders-cubes")
def test_cube_orbits_are_split_by_overpass_time(opened: Opener) -> None:
    """17:32 and 17:40 UTC (README) go to different groups, and each group repeats every six days."""
    scene = opened("flanders-2018")
    minutes = {}
    for orbit in scene["/sentinel1"].children:
        time = group_at(scene, f"/sentinel1/{orbit}/sigma0").time.to_numpy()
        minutes[orbit] = {str(t)[11:16] for t in time}
        days = np.diff(time).astype("timedelta64[s]").astype(float) / 86400
        np.testing.assert_allclose(days / 6, np.rint(days / 6), atol=1e-3)
    assert minutes == {"161": {"17:32"}, "59": {"17:40"}}


@pytest.mark.realdata("flanders-cubes")
def test_cube_monthly_means_per_crop(opened: Opener) -> None:
    """README: mean power per month, then decibels, then the mean over every second labelled pixel."""
    expected = {
        "winter wheat": [-16.4, -15.6, -15.7, -17.6, -21.7, -19.5, -17.8, -19.9, -18.5, -15.8, -15.2],
        "maize": [-14.6, -14.2, -15.6, -17.9, -20.7, -17.1, -16.2, -15.7, -16.3, -15.9, -15.4],
        "sugar beet": [-13.8, -13.5, -16.3, -17.7, -22.8, -15.3, -14.4, -13.8, -13.8, -13.6, -14.7],
        "grass": [-17.8, -17.0, -17.7, -18.7, -17.3, -16.4, -17.0, -17.5, -17.9, -17.3, -16.7],
    }
    scene = opened("flanders-2019")
    (orbit,) = scene["/sentinel1"].children
    power = group_at(scene, f"/sentinel1/{orbit}/sigma0").vh.sel(time="2019").astype("f8")
    monthly = decibels(power.resample(time="MS").mean().to_numpy())
    class_id = group_at(scene, "/labels").class_id.to_numpy()[::2, ::2]
    for crop, values in expected.items():
        of_crop = class_id == legend_of(scene).class_id(crop)
        np.testing.assert_allclose(monthly[:, of_crop].mean(axis=1), values, atol=0.051)


@pytest.mark.realdata("flanders-cubes")
def test_cube_grids_nest(opened: Opener) -> None:
    scene = opened("flanders-2018")
    fine, coarse = group_at(scene, "/labels"), group_at(scene, "/sentinel1/161/sigma0")
    for dim in ("y", "x"):
        pairs = fine[dim].to_numpy().reshape(-1, 2)
        np.testing.assert_allclose(pairs.mean(axis=1), coarse[dim].to_numpy())


@pytest.mark.realdata("flanders-cubes")
def test_cube_bands_of_20_m_are_repeated_not_interpolated(opened: Opener, real_data: Path) -> None:
    scene = opened("flanders-2018")
    optics = group_at(scene, "/sentinel2").isel(time=slice(0, 4))
    (path,) = (real_data / "flanders-cubes").glob("S2_L2A_20m_00002806639B424A*")
    with xr.open_dataset(path, engine="h5netcdf", mask_and_scale=False) as raw:
        numbers, classes = raw.B11[:4].to_numpy(), raw.SCL[:4].to_numpy()
    expected = np.kron(np.where(numbers == 0, np.nan, numbers * 1e-4), np.ones((2, 2)))
    np.testing.assert_allclose(optics.reflectance.sel(band="B11"), expected, rtol=1e-6)
    clear = np.kron(np.isin(classes, (4, 5, 6)), np.ones((2, 2))) > 0
    complete = np.isfinite(optics.reflectance.to_numpy()).all(axis=1)
    np.testing.assert_array_equal(optics.valid_mask, clear & complete)
    assert list(optics.band.to_numpy()) == [
        "B02",
        "B03",
        "B04",
        "B05",
        "B06",
        "B07",
        "B08",
        "B8A",
        "B11",
        "B12",
    ]


@pytest.mark.realdata("flanders-cubes")
def test_cube_patches_and_blocks(opened: Opener) -> None:
    labels = group_at(opened("flanders-2019"), "/labels")
    class_id, parcel = labels.class_id.to_numpy(), labels.parcel_id.to_numpy()
    np.testing.assert_array_equal(parcel < 0, class_id < 0)
    assert all(len(np.unique(class_id[parcel == number])) == 1 for number in np.unique(parcel[parcel >= 0]))
    assert len(np.unique(labels.block_id)) == 16
    assert np.unique(labels.block_id, return_counts=True)[1].tolist() == [256] * 16


@pytest.mark.realdata("flanders-cubes")
def test_cube_is_read_lazily(opened: Opener) -> None:
    scene = opened("flanders-2018")
    assert group_at(scene, "/sentinel2").reflectance.chunks is not None
    assert group_at(scene, "/sentinel1/161/sigma0").vv.chunks is not None


# --- damaged files
@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("flanders-2019", "S1_GRD-ASCENDING_20m_0000280849BAC91C_32631_2018-08-01_2019-11-30.nc"),
        ("flanders-2019", "S2_L2A_20m_0000280849BAC91C_32631_2018-08-01_2019-11-30.nc"),
    ],
)
def test_truncated_file(name: str, file: str, real_data: Path, tmp_path: Path) -> None:
    entry = catalogue()[name]
    files = {}
    for source in entry.files:
        files[source.name] = tmp_path / source.name
        shutil.copyfile(real_data / source.path, files[source.name])
    whole = files[file].read_bytes()
    files[file].write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SchemaError, match=rf"{len(whole) // 2} bytes.*[Ff]etch it again") as caught:
        READERS[entry.reader](entry, files)
    assert file in str(caught.value)
