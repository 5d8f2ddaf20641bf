"""Names of scenes and groups: each scene listed once, each group told to the reader."""

from __future__ import annotations

import pytest

from cropnb.parameter_files import read_parameter_file
from cropnb.paths import data_folder
from cropnb.scenes import catalogue, open_scene, scene_entry
from cropnb.schema import GROUPS, SchemaError


def test_no_scene_is_listed_twice() -> None:
    """Under two names, that is: the files of two entries say different things."""
    values = {}
    for name, entry in catalogue().items():
        if entry.kind == "simulated":
            file = data_folder() / "scenes" / f"{name.removesuffix(f'-{entry.preset}')}.toml"
            table = read_parameter_file(file)
            del table["scene"]["name"]
            values[name] = str((table | {"presets": table["presets"][entry.preset]}).values())
    assert len(set(values.values())) == len(values) > 20


@pytest.mark.parametrize("page", ["book/scenes.md", "docs/decisions/0002-names-and-dims.md"])
def test_the_groups_of_the_contract_are_those_that_are_told(page: str) -> None:
    text = (data_folder().parent / page).read_text(encoding="utf-8")
    for path in GROUPS:
        words = [part for part in path.split("/") if part and not part.startswith("<")]
        named = (
            words[-1] if words[0] == "sentinel1" else f"/{words[0]}"
        )  # /points stands for what is below it
        assert named in text, path


def test_the_first_season_has_a_second_name() -> None:
    assert scene_entry("county-2017-mini") == scene_entry("county-mini")
    assert not any(name.startswith("county-2017") for name in catalogue())
    with pytest.raises(SchemaError, match="'county-2017-huge' is neither"):
        open_scene("county-2017-huge")
