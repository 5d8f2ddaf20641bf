"""PolSARpro folders, against numbers worked out once with other code (the data's own README)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import xarray as xr
from rasterio import Affine

from cropnb.scenes import catalogue, describe, open_scene
from cropnb.scenes.build import group_at
from cropnb.scenes.entries import SceneEntry
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


# --- manitoba-c2: README "Checked" and header of C11
@pytest.mark.realdata("manitoba-c2")
def test_manitoba_medians_and_correlation(opened: Opener) -> None:
    c2 = group_at(opened("manitoba-c2"), "/sentinel1/unknown/c2")
    assert np.median(decibels(c2.c_vv_vv.to_numpy())) == pytest.approx(-17.9, abs=0.05)
    assert np.median(decibels(c2.c_vh_vh.to_numpy())) == pytest.approx(-27.7, abs=0.05)
    correlation = np.abs(c2.c_vv_vh) / np.sqrt(c2.c_vv_vv * c2.c_vh_vh)
    assert np.median(correlation) == pytest.approx(0.23, abs=0.005)


@pytest.mark.realdata("manitoba-c2")
def test_manitoba_values_are_those_of_the_files(opened: Opener, real_data: Path) -> None:
    c2 = group_at(opened("manitoba-c2"), "/sentinel1/unknown/c2").isel(time=0)
    raw = {
        name: np.fromfile(real_data / "manitoba-c2" / "C2_VVVH" / f"{name}.bin", "<f4").reshape(201, 101)
        for name in ("C11", "C22", "C12_real", "C12_imag")
    }
    np.testing.assert_array_equal(c2.c_vv_vv, raw["C11"])
    np.testing.assert_array_equal(c2.c_vh_vh, raw["C22"])
    np.testing.assert_array_equal(c2.c_vv_vh, raw["C12_real"] + 1j * raw["C12_imag"])
    assert float(c2.x[0]) == pytest.approx(-98.1456 + 0.5e-4)
    assert float(c2.y[0]) == pytest.approx(49.7552 - 0.5e-4)


@pytest.mark.realdata("manitoba-c2")
def test_manitoba_unknown_date_is_called_unknown(opened: Opener) -> None:
    scene = opened("manitoba-c2")
    c2 = group_at(scene, "/sentinel1/unknown/c2")
    assert c2.attrs["time_known"] is False
    assert (c2.attrs["relative_orbit"], c2.attrs["orbit_direction"]) == ("unknown", "unknown")
    assert describe(scene).set_index("group").loc["/sentinel1/unknown/c2", "dates"] == "unknown"


# --- damaged files
@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("manitoba-c2", "C12_real.bin"),
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


@pytest.mark.realdata("manitoba-c2")
def test_missing_raster(real_data: Path) -> None:
    folder = real_data / "manitoba-c2" / "C2_VVVH"
    with pytest.raises(SchemaError, match=r"\['C22\.bin', 'C12_real\.bin', 'C12_imag\.bin'\] missing"):
        READERS["polsarpro-c2"](catalogue()["manitoba-c2"], {"C11.bin": folder / "C11.bin"})


# --- a small folder made here
@pytest.fixture
def c2_folder(tmp_path: Path) -> dict[str, Path]:
    """A PolSARpro folder of 3 x 2 pixels."""
    rng = np.random.default_rng(0)
    files = {}
    for name, scale in (("C11", 0.1), ("C22", 0.01), ("C12_real", 0.005), ("C12_imag", 0.005)):
        path = tmp_path / f"{name}.bin"
        profile = {"driver": "ENVI", "width": 2, "height": 3, "count": 1, "dtype": "float32"}
        transform = Affine(1e-4, 0.0, -98.0, 0.0, -1e-4, 49.0)
        with rasterio.open(path, "w", crs="EPSG:4326", transform=transform, **profile) as target:
            target.write((scale * rng.uniform(0.5, 1.5, (3, 2))).astype("f4"), 1)
        files[path.name] = path
    return files


def polsarpro_entry(**options: object) -> SceneEntry:
    return replace(catalogue()["manitoba-c2"], options=options)


def test_c2_folder_with_known_date_and_orbit(c2_folder: dict[str, Path]) -> None:
    entry = polsarpro_entry(time="2017-06-01T12:00:00", relative_orbit=63, orbit_direction="ascending")
    c2 = group_at(READERS["polsarpro-c2"](entry, c2_folder), "/sentinel1/63/c2")
    assert c2.attrs["time_known"] is True
    assert str(c2.time.to_numpy()[0])[:19] == "2017-06-01T12:00:00"
    np.testing.assert_array_equal(c2.c_vv_vv[0], np.fromfile(c2_folder["C11.bin"], "<f4").reshape(3, 2))


def test_c2_folder_cut_off(c2_folder: dict[str, Path]) -> None:
    path = c2_folder["C22.bin"]
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(SchemaError, match=r"C22\.bin: 20 bytes; expected 24 bytes"):
        READERS["polsarpro-c2"](polsarpro_entry(), c2_folder)
