"""Parameter files: provenance of every value, and errors that name the key and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from cropnb.legends import CLASS_COLOURS, class_colour
from cropnb.parameter_files import parameter_files
from cropnb.paths import data_folder
from cropnb.schema import SchemaError
from cropnb.simulation import load_parameters, parameter_table, sim_version

COUNTY = data_folder() / "scenes" / "county.toml"


def changed_file(tmp_path: Path, old: str, new: str) -> Path:
    text = COUNTY.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the file"
    path = tmp_path / "changed.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("preset", "tiles", "pixels"),
    [("smoke", 6, 64), ("smoke_slc", 2, 64), ("mini", 20, 200), ("tile", 1, 1000), ("county", 132, 1000)],
)
def test_presets_have_the_sizes_the_book_states(preset: str, tiles: int, pixels: int) -> None:
    chosen = load_parameters(COUNTY, preset=preset).preset
    assert (chosen.n_row * chosen.n_column, chosen.n_pixel) == (tiles, pixels)


def test_every_value_has_unit_tag_and_source() -> None:
    table = parameter_table(COUNTY)
    assert len(table) > 200
    assert table["name"].is_unique
    assert set(table["tag"]) <= set("TVDKAC")
    assert (table[["unit", "source"]].map(len) > 0).all(axis=None)


def test_table_shows_the_value_that_the_simulator_uses() -> None:
    table = parameter_table(COUNTY).set_index("name")
    tracks = load_parameters(COUNTY, preset="smoke").radar.tracks
    for orbit, nesz_db in (("32", -24.0), ("105", -25.5)):
        name = f"radar.tracks.{orbit}.nesz_db"
        assert table.loc[name, "value"] == tracks[orbit].nesz_db == nesz_db
        assert table.loc[name, "unit"] == "dB"


def test_calibrated_values_say_that_they_are_no_finding() -> None:
    table = parameter_table(COUNTY)
    calibrated = table[table["tag"] == "C"]
    assert len(calibrated) > 10
    assert calibrated["source"].str.contains("never a finding").all()


def test_dates_become_days_since_january() -> None:
    track = load_parameters(COUNTY, preset="smoke").radar.tracks["105"]
    # 23 May to 20 September, every 12 days
    assert track.acquisitions["2017"] == tuple(range(142, 263, 12))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("nesz_db = { value = -24", "nesz_dp = { value = -24", ["radar.tracks.32.nesz_dp", "mean 'nesz_db'"]),
        ("water = { value = 0.07", "water = { value = 0.17", ["landscape.cover_shares", "sum to 1.1"]),
        ("soybean = { value = 0.47", "sorghum = { value = 0.47", ["allocation.priors", "sorghum", "maize"]),
        (
            '["05-23", "06-04"',
            '["06-04", "05-23"',
            ["radar.tracks.105.acquisitions.2017: day 142 follows day 154", "Sort them"],
        ),
        ('up50 = { value = "06-30"', 'up50 = { value = "04-30"', ["crops.maize.up50", "after sow"]),
        ('harvest = { value = "09-30"', 'harvest = { value = "30 Sep"', ["crops.maize.harvest", '"05-01"']),
        ("incidence_deg = { value = 35.0", 'incidence_deg = { value = "x"', ["incidence_deg", "float"]),
        ("\nyear = { value = 2017", "\nyear = { value = 2019", ["radar.tracks.32", "2019", "2017, 2018"]),
        ("forest = { value = 0.18", "forest = { value = 1.8", ["decorrelation.forest", "0 to 1"]),
        (
            "loss = { value = [0.55, 0.45]",
            "loss = { value = [0.55]",
            ["cultivation_loss", "one loss per delay"],
        ),
        ('".#####......"', '".#####....."', ["county.outline", "row 1", "12 characters"]),
        ('".#####......"', '".##x##......"', ["county.outline", "'.##x##......'", "Correct the row"]),
        ('"soybean", "potato", "bean"]', '"soy"]', ["decorrelation.cultivated_crops", "soy", "soybean"]),
        ('"1", tag = "K", source = "amplitude', '"1", tag = "X", source = "amplitude', ["'X'", "T, V"]),
        ("road_m = { value = [2.5, 5.0]", "road_m = { value = [2.5]", ["landscape.road_m", "expected 2"]),
        ('crops = { value = ["rice"]', 'crops = { value = ["reis"]', ["flooding.crops", "reis", "rice"]),
        ("n_looks = { value = 3.0", "n_looks = { value = 1.0", ["radar.n_looks", "above 1"]),
        ("cell_m = { value = 5.0", "cell_m = { value = 500.0", ["grid square", "Lower it"]),
        ('"other", "residential", "forest"', '"other", "other", "forest"', ["classes.names", "other twice"]),
        ('"wheat", "other"], unit', '"rye", "other"], unit', ["classes.cropland", "rye", "wheat"]),
        (
            'irrigation_end = { value = "09-01"',
            'irrigation_end = { value = "03-01"',
            ["irrigation_end", "Sort"],
        ),
        ('harvest = { value = "09-30"', 'harvest = { value = "-09-30"', ["maize.harvest: day -93", "up50"]),
    ],
)
def test_bad_values_are_refused_with_key_and_remedy(
    tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    with pytest.raises(SchemaError) as caught:
        load_parameters(changed_file(tmp_path, old, new), preset="smoke")
    assert all(word in str(caught.value) for word in words), str(caught.value)


FAULTS = {
    "unknown key": (
        "radar.tracks.32",
        'nesz_dp = { value = -24.0, unit = "dB", tag = "A", source = "test" }',
        ["radar.tracks.32.nesz_dp", "Did you mean 'nesz_db'", "remove it"],
    ),
    "unknown table": (
        "radr",
        'n_looks = { value = 3.0, unit = "1", tag = "A", source = "test" }',
        ["'radr'", "Did you mean 'radar'", "remove it"],
    ),
    "shares": (
        "landscape.cover_shares",
        'water = { value = 0.17, unit = "1", tag = "A", source = "test" }',
        ["landscape.cover_shares", "sum to 1.1", "Change one"],
    ),
    "dates": (
        "radar.tracks.105.acquisitions",
        '2017 = { value = ["06-04", "05-23"], unit = "month-day", tag = "A", source = "test" }',
        ["radar.tracks.105.acquisitions.2017", "day 142 follows day 154", "Sort them"],
    ),
    "crop": (
        "allocation.priors",
        'sorghum = { value = 0.0, unit = "1", tag = "A", source = "test" }',
        ["allocation.priors", "unknown sorghum", "use maize"],
    ),
    "calendar": (
        "crops.maize",
        'up50 = { value = "04-30", unit = "month-day", tag = "A", source = "test" }',
        ["crops.maize.up50", "not after sow", "Sort them"],
    ),
    "coherence": (
        "radar.tracks.32",
        'sys_coh = { value = 1.2, unit = "1", tag = "A", source = "test" }',
        ["radar.tracks.32.sys_coh: 1.2", "Set 1"],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("built_on", [False, True])
def test_faults_are_told_with_file_key_and_remedy(tmp_path: Path, fault: str, built_on: bool) -> None:
    table, line, words = FAULTS[fault]
    text, path = COUNTY.read_text(encoding="utf-8"), tmp_path / "mine.toml"
    if built_on:
        (tmp_path / "county.toml").write_text(text, encoding="utf-8")
        path.write_text(f'base = "county.toml"\n[{table}]\n{line}\n', encoding="utf-8")
    else:
        path.write_text(with_line(text, table, line), encoding="utf-8")
    with pytest.raises(SchemaError) as caught:
        load_parameters(path, preset="smoke")
    file = "mine.toml built on county.toml: " if built_on else "mine.toml: "
    assert str(caught.value).startswith(file)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def with_line(text: str, table: str, line: str) -> str:
    """Text with a line in a table, in place of the one with the same key there."""
    if f"[{table}]" not in text:
        return f"{text}\n[{table}]\n{line}\n"
    head, body = text.split(f"[{table}]\n")
    key, (own, *others) = line.partition(" = ")[0], body.split("\n[")
    kept = [old for old in own.splitlines() if not old.startswith(f"{key} = ")]
    return head + f"[{table}]\n" + "\n[".join(["\n".join([line, *kept]) + "\n", *others])


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    lines = COUNTY.read_text(encoding="utf-8").splitlines()
    path = tmp_path / "short.toml"
    path.write_text("\n".join(line for line in lines if not line.startswith("wind_sd")), encoding="utf-8")
    with pytest.raises(SchemaError, match=r"weather: no wind_sd"):
        load_parameters(path, preset="smoke")


def test_an_unknown_preset_lists_the_known_ones() -> None:
    with pytest.raises(SchemaError, match=r"'huge'.*smoke, mini"):
        load_parameters(COUNTY, preset="huge")


def test_a_bare_value_without_provenance_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.toml"
    path.write_text("[radar]\nnesz_db = -25.5\n", encoding="utf-8")
    with pytest.raises(SchemaError, match=r"radar\.nesz_db.*value, unit, tag, source"):
        parameter_table(path)


@pytest.mark.parametrize("content", [None, "[radar"])
def test_an_unreadable_file_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "odd.toml"
    if content:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(SchemaError, match=r"odd\.toml"):
        load_parameters(path, preset="smoke")


def test_fingerprint_follows_parameters_and_version() -> None:
    smoke, mini = (load_parameters(COUNTY, preset=p) for p in ("smoke", "mini"))
    prints = {smoke.fingerprint("a"), smoke.fingerprint("b"), mini.fingerprint("a")}
    assert len(prints) == 3
    assert load_parameters(COUNTY, preset="smoke").fingerprint("a") in prints
    assert len(sim_version()) == 16


@pytest.mark.parametrize("file", parameter_files(data_folder() / "scenes"), ids=lambda file: file.stem)
def test_classes_of_a_scene_have_colours_of_their_own(file: Path) -> None:
    names = load_parameters(file, preset="smoke").classes.names
    assert len({class_colour(name) for name in names}) == len(names)
    assert set(names) <= set(CLASS_COLOURS)
