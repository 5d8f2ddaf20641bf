"""Parameters of a chapter: every wrong one is named, with the remedy, before anything runs."""

from pathlib import Path

import pytest

from cropnb.chapters import load_chapter, resolve_parameters
from cropnb.chapters.parameters import ParameterSpec, parse_text, spec_from_front_matter
from cropnb.schema import SchemaError

MINI = Path(__file__).parent / "data" / "mini-chapter.md"


def spec(**entry):
    return spec_from_front_matter("x", {"meaning": "for the test", **entry})


def resolve(text=None, tmp_path=None, **settings):
    path = MINI
    if text is not None:
        path = tmp_path / "mini.md"
        path.write_text(text)
    return resolve_parameters(load_chapter(path), **{"scene": "county-smoke", **settings})


def test_literal_then_scale_then_command_line():
    assert resolve()["n_seed"] == 3
    assert resolve(scale="smoke")["n_seed"] == 2
    assert resolve(scale="smoke", overrides={"n_seed": "7"})["n_seed"] == 7
    assert resolve(scale="full")["scale"] == "full"


def test_auto_takes_the_first_scene_that_is_available(monkeypatch):
    monkeypatch.setattr("cropnb.scenes.first_available", lambda *names: names[-1], raising=False)
    assert resolve(scene=None)["scene"] == "county-smoke"


def test_a_folder_is_a_scene_too(tmp_path):
    assert resolve(scene=str(tmp_path))["scene"] == str(tmp_path)
    with pytest.raises(SchemaError, match="no such folder"):
        resolve(scene=str(tmp_path / "absent"))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"n_seeds": "3"}, "unknown parameter 'n_seeds'. Did you mean 'n_seed'"),
        ({"n_seed": "three"}, "'three' does not read as int"),
        ({"n_seed": "2.5"}, "'2.5' does not read as int"),
        ({"n_seed": True}, "True does not read as int"),
        ({"n_seed": "21"}, "21 is out of range; expected int, at least 1, at most 20"),
        ({"rate": "nan"}, "nan does not read as float"),
        ({"rate": "-0.1"}, "-0.1 is out of range"),
        ({"fail": "maybe"}, "'maybe' does not read as bool"),
        ({"scene": "mars"}, "'mars' is out of range; expected str, one of auto, county-mini, county-smoke"),
        ({"scale": "huge"}, "scale 'huge'; choose one of smoke, laptop, full"),
        ({"bands": [1]}, "1 does not read as list"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(overrides, message):
    with pytest.raises(SchemaError) as error:
        resolve(overrides=overrides)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fail = False\n", "fail = False\nextra = 1\n", "parameter extra is set but not declared"),
        ("rate = 0.25  # [1]\n", "", "parameter rate is declared but not set"),
        ('"value": rate', '"value": 0', "parameter rate is never read"),
        ("n_seed = 3", "n_seed = 1 + 2", "`n_seed = 1 + 2` is no literal"),
        ("n_seed = 3", "n_seed = 300", "300 is out of range"),
        ("n_seed = 3", 'n_seed = "3"', "does not read as int"),
        (":tags: [parameters]", ":tags: [other]", "0 code cells carry the tag `parameters`"),
    ],
)
def test_declaration_cell_and_code_have_to_agree(tmp_path, old, new, message):
    text = MINI.read_text()
    assert old in text
    with pytest.raises(SchemaError) as error:
        resolve(text.replace(old, new), tmp_path)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("int", " 12 ", 12),
        ("float", "1e-3", 0.001),
        ("float", "2", 2.0),
        ("bool", "Yes", True),
        ("bool", "false", False),
        ("str", "no", "no"),
        ("str", "2017", "2017"),
        ("list[int]", "[1, 2]", [1, 2]),
        ("list[float]", "1,2.5", [1.0, 2.5]),
        ("list[str]", '["vv", "vh"]', ["vv", "vh"]),
        ("list[str]", "[]", []),
    ],
)
def test_text_is_read_by_the_declared_type(kind, text, value):
    found = parse_text(spec(type=kind), text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"type": "complex"}, "type 'complex'"),
        ({"type": "int", "minimum": 1}, "unknown key ['minimum']"),
        ({"type": "int", "meaning": ""}, "no meaning"),
        ({"type": "int", "max": 3, "full": 4}, "4 is out of range"),
    ],
)
def test_a_wrong_declaration_is_refused(entry, message):
    with pytest.raises(SchemaError) as error:
        spec(**entry)
    assert message in str(error.value)


def test_a_declaration_says_what_it_expects():
    limits = ParameterSpec(name="x", type="int", meaning="m", minimum=1, maximum=9)
    assert limits.expects() == "int, at least 1, at most 9"
