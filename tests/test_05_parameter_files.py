"""Parameter files that build on another: what is inherited, what is replaced, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from cropnb.parameter_files import base_files, parameter_files, read_parameter_file
from cropnb.paths import data_folder
from cropnb.schema import SchemaError
from cropnb.simulation import parameter_table

SCENES = data_folder() / "scenes"


def leaf(value: float, tag: str = "A") -> str:
    return f'{{ value = {value}, unit = "m", tag = "{tag}", source = "test" }}'


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")


def test_values_are_replaced_whole_and_the_rest_is_inherited(tmp_path: Path) -> None:
    write(
        tmp_path,
        a=f"[x]\none = {leaf(1)}\ntwo = {leaf(2)}\n[y]\nthree = {leaf(3)}\n",
        b=f'base = "a.toml"\n[x]\ntwo = {leaf(20, "C")}\n[z.deep]\nfour = {leaf(4)}\n',
        c=f'base = "b.toml"\n[x]\none = {leaf(10)}\n',
    )
    table = read_parameter_file(tmp_path / "c.toml")
    assert {key: entry["value"] for key, entry in table["x"].items()} == {"one": 10, "two": 20}
    assert table["x"]["two"]["tag"] == "C"
    assert table["y"]["three"]["value"] == 3
    assert table["z"]["deep"]["four"]["value"] == 4
    assert "base" not in table
    assert [path.stem for path in base_files(tmp_path / "c.toml")] == ["c", "b", "a"]


def test_only_the_presets_that_are_named_are_kept(tmp_path: Path) -> None:
    presets = "".join(f"[presets.{name}]\nn = {leaf(1)}\n" for name in ("smoke", "mini", "tile"))
    write(
        tmp_path,
        a=presets,
        b='base = "a.toml"\nonly_presets = ["tile", "smoke"]\n',
        c='base = "b.toml"\n',
    )
    assert list(read_parameter_file(tmp_path / "c.toml")["presets"]) == ["smoke", "tile"]


def test_tables_that_are_left_out_are_not_inherited(tmp_path: Path) -> None:
    inner = f"[x.keep]\none = {leaf(1)}\n[x.drop]\ntwo = {leaf(2)}\n[y]\nthree = {leaf(3)}\n"
    write(tmp_path, a=inner, b=f'base = "a.toml"\nwithout = ["x.drop", "y"]\n[x.drop]\nfour = {leaf(4)}\n')
    table = read_parameter_file(tmp_path / "b.toml")
    assert set(table) == {"x"}
    assert list(table["x"]["drop"]) == ["four"]
    assert table["x"]["keep"]["one"]["value"] == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('base = "b.toml"', r"b\.toml.*builds on this file.*another base"),
        ('base = "none.toml"', r"none\.toml.*is not there"),
        ("base = 3", r"base is 3.*base = "),
        (f'base = "a.toml"\nx = {leaf(1)}', r"x: a value in one file and a table in its base"),
        (f'base = "a.toml"\n[x.one]\ndeep = {leaf(1)}', r"x\.one: a value in one file"),
        ('base = "a.toml"\nonly_presets = ["huge"]', r"only_presets is \['huge'\].*smoke"),
        ('base = "a.toml"\nonly_presets = "smoke"', r"only_presets is 'smoke'.*list"),
        ('base = "a.toml"\nwithout = ["z"]', r"without names 'z'.*\(x, presets\)"),
        ('base = "a.toml"\nwithout = ["x.one"]', r"without names 'one'"),
        ("base = [", r"b\.toml: not TOML"),
    ],
)
def test_odd_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, a=f"[x]\none = {leaf(1)}\n[presets.smoke]\nn = {leaf(1)}\n", b=text)
    with pytest.raises(SchemaError, match=message):
        read_parameter_file(tmp_path / "b.toml")


def test_two_files_cannot_build_on_each_other(tmp_path: Path) -> None:
    write(tmp_path, a='base = "b.toml"', b='base = "a.toml"')
    with pytest.raises(SchemaError, match="builds on this file in turn"):
        read_parameter_file(tmp_path / "a.toml")


def test_parameter_files_are_told_from_other_scenes() -> None:
    found = {path.stem for path in parameter_files(SCENES)}
    assert {"county", "county-2018", "county-2018-a", "county-2018-b"} <= found
    assert "canada-2017" not in found


@pytest.mark.parametrize("name", [path.stem for path in parameter_files(SCENES)])
def test_every_value_of_every_scene_has_its_provenance(name: str) -> None:
    table = parameter_table(SCENES / f"{name}.toml")
    assert table["name"].is_unique
    assert set(table["tag"]) <= set("TVDKAC")
    assert (table[["unit", "source"]].map(len) > 0).all(axis=None)
    calibrated = table[table["tag"] == "C"]
    assert calibrated["source"].str.contains("never a finding").all()


def test_the_table_of_a_second_season_shows_what_it_changes_and_what_it_inherits() -> None:
    first, second = (
        parameter_table(SCENES / f"{name}.toml").set_index("name") for name in ("county", "county-2018")
    )
    assert list(first.index) == list(second.index)
    changed = first.index[[a != b for a, b in zip(first["value"], second["value"], strict=True)]]
    assert set(changed) == {
        "scene.name",
        "scene.year",
        "weather.rain_scale",
        "weather.shift_c",
        "effects.sowing_shift_d",
        "effects.harvest_shift_d",
        "effects.vigour_mean_ln",
        "optics.sentinel2.acquisitions",
        "optics.rapideye.acquisitions",
    }
    assert second.loc["optics.rapideye.acquisitions", "tag"] == "T"


def test_a_caller_may_change_what_was_read(tmp_path: Path) -> None:
    write(tmp_path, a=f"[x]\none = {leaf(1)}\n", b=f'base = "a.toml"\n[y]\ntwo = {leaf(2)}\n')
    first = read_parameter_file(tmp_path / "b.toml")
    del first["x"]["one"], first["y"]["two"]
    again = read_parameter_file(tmp_path / "b.toml")
    assert (again["x"]["one"]["value"], again["y"]["two"]["value"]) == (1, 2)
