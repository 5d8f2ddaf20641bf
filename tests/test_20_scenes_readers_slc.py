"""SNAP's co-registered images: values as in the files, dates and orbit, damaged files refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cropnb.features.coherence import coherence_pairs
from cropnb.scenes import catalogue, describe, open_scene, validate
from cropnb.scenes.build import group_at
from cropnb.scenes.entries import SceneEntry
from cropnb.scenes.groups import check_group
from cropnb.scenes.orbits import pass_from_time
from cropnb.scenes.readers import READERS
from cropnb.schema import COHERENCE, SchemaError

NAME = "amsterdam-slc-pair"
GROUP = "/sentinel1/37/slc"
SHAPE = (3, 4)


@pytest.fixture(scope="module")
def scene() -> xr.DataTree:
    return open_scene(NAME)


@pytest.mark.realdata(NAME)
def test_values_are_those_of_the_files(scene: xr.DataTree, real_data: Path) -> None:
    s_vv = group_at(scene, GROUP).s_vv
    assert s_vv.dtype == np.dtype("=c8")
    for image, (folder, date) in zip(
        s_vv, (("20230319", "19Mar2023"), ("20230331", "31Mar2023")), strict=True
    ):
        bands = real_data / NAME / f"{folder}-coreg.znap"
        i, q = (np.fromfile(bands / f"{part}_VV_{date}" / "0.0", ">f4").reshape(84, 338) for part in "iq")
        np.testing.assert_array_equal(image.real, i)
        np.testing.assert_array_equal(image.imag, q)


@pytest.mark.realdata(NAME)
def test_scene_obeys_the_contract_and_says_what_it_is(scene: xr.DataTree) -> None:
    validate(scene)
    group = group_at(scene, GROUP)
    assert group.attrs == {"relative_orbit": 37, "orbit_direction": "descending", "calibrated": False}
    for time in group.time.to_numpy():
        assert pass_from_time(time, lat=52.37, direction="descending").relative_orbit == 37
    assert float(group.y[1]) == pytest.approx(13.86, abs=0.005)
    assert float(group.x[1]) == pytest.approx(2.33, abs=0.005)
    assert GROUP in set(describe(scene)["group"])


@pytest.mark.realdata(NAME)
def test_intensities_are_those_of_the_data_card(scene: xr.DataTree) -> None:
    amplitude = np.abs(group_at(scene, GROUP).s_vv.to_numpy())
    assert np.count_nonzero(amplitude == 0) == 3, "digital numbers: single zeros are data"
    decibels = 20 * np.log10(amplitude[amplitude > 0])
    np.testing.assert_allclose(np.percentile(decibels, [1, 50, 99]), [21, 42, 61], atol=1)


@pytest.mark.realdata(NAME)
def test_scene_gives_one_pair_of_twelve_days(scene: xr.DataTree) -> None:
    pairs = coherence_pairs(group_at(scene, GROUP), window=5)
    check_group(pairs, COHERENCE, path="/sentinel1/37/coherence")
    assert [str(pairs[name].to_numpy()[0])[:10] for name in ("first_time", "second_time")] == [
        "2023-03-19",
        "2023-03-31",
    ]
    assert float(pairs.vv.median()) == pytest.approx(0.819, abs=0.005)


# --- small images made here
def write_band(folder: Path, name: str, values: np.ndarray) -> dict[str, Path]:
    header = {
        "chunks": values.shape,
        "compressor": None,
        "dtype": values.dtype.str,
        "fill_value": 0.0,
        "filters": None,
        "order": "C",
        "shape": values.shape,
        "dimension_separator": ".",
        "zarr_format": 2,
    }
    band = folder / name
    band.mkdir()
    (band / ".zarray").write_text(json.dumps(header))
    (band / "0.0").write_bytes(values.tobytes())
    return {f"{name}/{part}": band / part for part in (".zarray", "0.0")}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    rng = np.random.default_rng(0)
    found = {}
    for name in ("i_late", "q_late", "i_early", "q_early"):
        found |= write_band(tmp_path, name, rng.normal(size=SHAPE).astype(">f4"))
    return found


def read(files: Mapping[str, Path], **changed: object) -> xr.DataTree:
    options = {
        "relative_orbit": 110,
        "orbit_direction": "ascending",
        "azimuth_spacing_m": 14.0,
        "range_spacing_m": 2.5,
        "images": [
            {"time": "2020-01-13T06:00:00", "parts": ["i_late", "q_late"]},
            {"time": "2020-01-01T06:00:00", "parts": ["i_early", "q_early"]},
        ],
    }
    entry: SceneEntry = replace(
        catalogue()[NAME], season="2020-01-01/2020-01-31", options={**options, **changed}
    )
    return READERS["snap-slc-pair"](entry, files)


def test_images_come_in_the_order_of_their_dates(files: dict[str, Path]) -> None:
    scene = read(files)
    validate(scene)
    s_vv = group_at(scene, "/sentinel1/110/slc").s_vv
    assert [str(time)[:10] for time in s_vv.time.to_numpy()] == ["2020-01-01", "2020-01-13"]
    np.testing.assert_array_equal(s_vv[0].imag, np.fromfile(files["q_early/0.0"], ">f4").reshape(SHAPE))
    np.testing.assert_allclose(s_vv.x, [0.0, 2.5, 5.0, 7.5])


@pytest.mark.parametrize("size", [0, 20, 47, 49])
def test_band_of_another_size_than_its_header_says(files: dict[str, Path], size: int) -> None:
    path = files["q_late/0.0"]
    path.write_bytes((path.read_bytes() * 2)[:size])
    with pytest.raises(SchemaError, match=rf"q_late.*{size} bytes.*expected 48 bytes.*fetch it again"):
        read(files)


@pytest.mark.parametrize("text", ["", "{}", '{"zarr_format": 2}'])
def test_damaged_header(files: dict[str, Path], text: str) -> None:
    files["i_early/.zarray"].write_text(text)
    with pytest.raises(SchemaError, match=r"i_early.*cannot be read"):
        read(files)


def test_missing_band_option_and_images_of_two_sizes(files: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"\['q_late/0.0'\] missing"):
        read({name: path for name, path in files.items() if name != "q_late/0.0"})
    with pytest.raises(SchemaError, match=r"shapes \(3, 4\) and \(2, 2\)"):
        read({**files, **write_band(tmp_path / "i_late", "q_late", np.ones((2, 2), ">f4"))})
    entry = replace(catalogue()[NAME], options={})
    with pytest.raises(SchemaError, match=r"'relative_orbit', 'orbit_direction'.*missing"):
        READERS["snap-slc-pair"](entry, files)


def test_labels_tell_files_of_one_name_apart() -> None:
    names = [file.name for file in catalogue()[NAME].files]
    assert len(set(names)) == len(names) == 8
    assert "i_VV_19Mar2023/0.0" in names
