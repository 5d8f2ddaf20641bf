"""The catalogue: entries that parse and match the files, scenes by name, simulated scenes made once."""

from __future__ import annotations

import hashlib
import importlib
import threading
import types
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cropnb import simulation
from cropnb.scenes import (
    SceneEntry,
    catalogue,
    download,
    example_raster_scene,
    fetch_scene,
    first_available,
    is_available,
    open_scene,
    scene_entry,
    validate,
)
from cropnb.scenes.entries import entry_from_toml
from cropnb.scenes.legend_tables import encode, load_legend_table
from cropnb.scenes.readers import READERS
from cropnb.schema import SchemaError

REAL = {name: entry for name, entry in catalogue().items() if entry.kind == "real"}


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(download.urllib.request, "urlopen", refuse)


def test_catalogue_has_the_scenes_of_the_book() -> None:
    expected = {"canada-2017", "flanders-2018", "flanders-2019", "flanders-2019b", "tanzania-2021"}
    expected |= {"manitoba-c2", "amsterdam-slc-pair", "county-smoke", "county-mini"}
    expected |= {"simta-ar-2017-patches", "simta-ar-2018-patches", "simta-ar-2019-patches"}
    expected |= {"simta-sac-2019-patches", "catalonia-2018-region", "parcels-2019-patches"}
    assert expected <= set(catalogue())
    assert sum(name.startswith("worldcereal-") for name in catalogue()) == 3


@pytest.mark.parametrize("name", REAL)
def test_entry_is_complete(name: str) -> None:
    entry = REAL[name]
    assert entry.reader in READERS
    assert entry.files
    for text in (
        entry.title,
        entry.region,
        entry.season,
        entry.licence,
        entry.source,
        entry.crs,
        entry.notes,
    ):
        assert text.strip()
    for file in entry.files:
        assert entry.commit in file.url, "addresses are pinned to a commit"
        assert file.url.startswith("https://")
        assert len(file.sha256) == 64
        assert file.size > 0


@pytest.mark.realdata
@pytest.mark.parametrize("name", REAL)
def test_checksums_and_sizes_are_those_of_the_files(name: str, real_data: Path) -> None:
    for file in REAL[name].files:
        content = (real_data / file.path).read_bytes()
        assert len(content) == file.size
        assert hashlib.sha256(content).hexdigest() == file.sha256


@pytest.mark.realdata
@pytest.mark.parametrize("name", REAL)
@pytest.mark.usefixtures("no_network")
def test_real_scene_opens_and_obeys_the_contract(name: str) -> None:
    assert is_available(name)
    scene = open_scene(name, chunks={})
    validate(scene)
    assert scene.attrs["kind"] == "real"
    assert scene.attrs["name"] == name
    assert scene.attrs["licence"] == REAL[name].licence


@pytest.mark.realdata("canada-2017")
def test_fetch_finds_what_is_at_hand(real_data: Path, no_network: None) -> None:  # noqa: ARG001
    assert fetch_scene("canada-2017") == real_data / "canada-2017"


def test_unknown_name_lists_the_nearest_and_all() -> None:
    with pytest.raises(SchemaError) as caught:
        open_scene("canda-2017")
    message = str(caught.value)
    assert "'canda-2017'" in message
    assert "Did you mean canada-2017" in message
    assert all(name in message for name in catalogue())


def small_catalogue(folder: Path, content: bytes) -> SceneEntry:
    """Replace the catalogue by one scene of one file."""
    (folder / "scenes").mkdir(parents=True)
    lines = ["title = 't'", "kind = 'real'", "reader = 'long-points'", "region = 'r'", "crs = 'EPSG:4326'"]
    lines += ["season = '2017-01-01/2017-12-31'", "licence = 'l'", "source = 's'", "[[files]]"]
    lines += ["path = 'tiny/a.bin'", "url = 'http://127.0.0.1:9/a.bin'"]
    lines += [f"sha256 = '{hashlib.sha256(content).hexdigest()}'", f"size = {len(content)}"]
    (folder / "scenes" / "tiny.toml").write_text("\n".join(lines))
    return entry_from_toml(folder / "scenes" / "tiny.toml")


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, isolated_folders: Path) -> SceneEntry:  # noqa: ARG001
    # By import_module, as the function `catalogue` hides the module of that name.
    module = importlib.import_module("cropnb.scenes.catalogue")
    monkeypatch.setattr(module, "data_folder", lambda: tmp_path / "data")
    monkeypatch.setenv("CROPNB_DATA", str(tmp_path / "own"))
    return small_catalogue(tmp_path / "data", b"content")


def put(root: Path, entry: SceneEntry, content: bytes) -> None:
    path = root / entry.files[0].path
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def test_own_folder_comes_before_the_cache(tiny: SceneEntry, tmp_path: Path, no_network: None) -> None:  # noqa: ARG001
    assert not is_available("tiny")
    put(tmp_path / "cache" / "downloads", tiny, b"content")
    assert is_available("tiny")
    assert fetch_scene("tiny") == tmp_path / "cache" / "downloads" / "tiny"
    put(tmp_path / "own", tiny, b"content")
    assert fetch_scene("tiny") == tmp_path / "own" / "tiny"


def test_changed_file_at_hand_is_refused(tiny: SceneEntry, tmp_path: Path) -> None:
    put(tmp_path / "own", tiny, b"changed")
    with pytest.raises(SchemaError, match=r"a\.bin: SHA-256 .*expected .*remove it"):
        fetch_scene("tiny")


@pytest.mark.usefixtures("tiny")
def test_none_available_says_how_to_get_one() -> None:
    with pytest.raises(SchemaError, match=r"none of tiny is here.*cropnb scenes fetch tiny.*CROPNB_DATA"):
        first_available("tiny")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("licens = 'x'", "key 'licens' unknown.*Did you mean 'licence'"),
        ("licence = ", "no TOML"),
        ("", "missing.*'title'"),
    ],
)
def test_malformed_entry(line: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(line)
    with pytest.raises(SchemaError, match=message):
        entry_from_toml(tmp_path / "x.toml")


class FakeSimulation:
    """Stands for cropnb.simulation, and counts how often it is asked."""

    def __init__(self) -> None:
        self.runs = 0
        self.version = "1"
        self.gate: threading.Barrier | None = None

    def simulate(self, parameters: object) -> xr.DataTree:  # noqa: ARG002
        self.runs += 1
        if self.gate:
            self.gate.wait(timeout=30)
        return example_raster_scene(np.random.default_rng(5))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, isolated_folders: Path) -> Iterator[FakeSimulation]:  # noqa: ARG001
    stand_in = FakeSimulation()

    def load_parameters(path: Path, *, preset: str) -> object:
        fingerprint = lambda version: hashlib.sha256(f"{path.stem}{preset}{version}".encode()).hexdigest()  # noqa: E731
        size = {"n_row": 1, "n_column": 1, "n_pixel": 16}
        shape = types.SimpleNamespace(**size, inside_county=False, single_look=False)
        return types.SimpleNamespace(fingerprint=fingerprint, preset=shape)

    monkeypatch.setattr(simulation, "load_parameters", load_parameters)
    monkeypatch.setattr(simulation, "simulate", stand_in.simulate)
    monkeypatch.setattr(simulation, "sim_version", lambda: stand_in.version)
    return stand_in


def test_simulated_scene_is_made_once_and_reopened(fake: FakeSimulation, isolated_folders: Path) -> None:
    assert is_available("county-smoke")
    first, second = open_scene("county-smoke"), open_scene("county-smoke", chunks={})
    xr.testing.assert_identical(first.load(), second.load())
    assert fake.runs == 1
    fingerprint = hashlib.sha256(b"countysmoke1").hexdigest()
    assert first.attrs["fingerprint"] == fingerprint
    made = [p.name for p in (isolated_folders / "cache" / "scenes").iterdir()]
    assert made == [f"county-smoke-{fingerprint[:12]}.zarr"]


def test_new_version_of_the_simulation_makes_a_new_scene(fake: FakeSimulation) -> None:
    open_scene("county-smoke")
    fake.version = "2"
    open_scene("county-smoke")
    assert fake.runs == 2


def test_presets_do_not_share_a_scene(fake: FakeSimulation) -> None:
    assert fetch_scene("county-smoke") != fetch_scene("county-mini")
    assert fake.runs == 2


def test_two_at_once_do_not_spoil_each_other(fake: FakeSimulation, isolated_folders: Path) -> None:
    """Both simulate at the same moment, then both want to give the folder its name."""
    fake.gate = threading.Barrier(2)
    made: list[Path] = []
    threads = [threading.Thread(target=lambda: made.append(fetch_scene("county-smoke"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fake.runs == 2
    assert made[0] == made[1]
    validate(open_scene(made[0]))
    assert len(list((isolated_folders / "cache" / "scenes").iterdir())) == 1


def test_simulation_that_breaks_the_contract_is_not_kept(
    fake: FakeSimulation, isolated_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoiled(parameters: object) -> xr.DataTree:
        scene = fake.simulate(parameters)
        scene["/labels"].attrs.pop("legend")
        return scene

    monkeypatch.setattr(simulation, "simulate", spoiled)
    with pytest.raises(SchemaError, match="without a legend"):
        open_scene("county-smoke")
    assert not (isolated_folders / "cache" / "scenes").exists()


def test_entry_of_a_simulated_scene() -> None:
    entry = scene_entry("county-mini")
    assert (entry.kind, entry.preset) == ("simulated", "mini")
    assert (entry.season, entry.crs) == ("2017-05-01/2017-09-30", "EPSG:32652")
    assert entry.licence == "CC-BY-4.0"


def test_season_that_begins_in_the_year_before() -> None:
    assert scene_entry("parcels-2019-smoke").season == "2018-09-01/2019-11-30"


@pytest.mark.parametrize("name", ["worldcereal-croptype", "worldcereal-label"])
def test_legend_tables_load(name: str) -> None:
    assert len(load_legend_table(name)) > 10


def test_names_of_the_legend_are_those_with_a_colour() -> None:
    table = load_legend_table("worldcereal-croptype")
    names = {"9120": "grass", "1120": "spring wheat", "4100": "soybean", "1200": "maize", "0": "non-crop"}
    names |= {"1110": "winter wheat", "7920": "perennial legumes", "1520": "spring barley", "5100": "potato"}
    assert {code: table[code].class_name for code in names} == names
    assert not table["0"].cropland
    assert table["1200"].cropland


def test_codes_are_numbered_without_gap_and_unknown_ones_counted() -> None:
    table = load_legend_table("worldcereal-croptype")
    encoded = encode([1200, 991, 1110, 1200, 9700], table)
    assert encoded.legend.names == ("winter wheat", "maize")
    np.testing.assert_array_equal(encoded.class_id, [1, -1, 0, 1, -1])
    assert encoded.n_missing == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("code,name\n1,a\n", "columns"),
        ("crop_code,class_name,cropland\n1,a,yes\n1,b,yes\n", "crop_code twice"),
        ("crop_code,class_name,cropland\n1,a,yes\n2,a,yes\n", r"\['a'\] more than once"),
    ],
)
def test_malformed_legend_table(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(SchemaError, match=message):
        load_legend_table("x", folder=tmp_path)
    with pytest.raises(SchemaError, match="no such legend"):
        load_legend_table("y", folder=tmp_path)
