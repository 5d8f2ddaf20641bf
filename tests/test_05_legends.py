import json

import pytest

from cropnb.legends import CLASS_COLOURS, CropClass, Legend, class_colour
from cropnb.schema import GROUPS, SchemaError, require


def test_legend_survives_its_json() -> None:
    legend = Legend((CropClass(0, "maize", "1200"), CropClass(1, "water", cropland=False)))
    assert Legend.from_json(legend.to_json()) == legend


def test_legend_numbers_run_from_zero_without_a_gap() -> None:
    with pytest.raises(SchemaError, match=r"class_id \[0, 2\].*Renumber"):
        Legend((CropClass(0, "maize"), CropClass(2, "soybean")))


def test_legend_refuses_a_name_twice() -> None:
    with pytest.raises(SchemaError, match="'maize'"):
        Legend.from_names(["maize", "soybean", "maize"])


@pytest.mark.parametrize("text", ["", "{", "[[0]]", json.dumps([["a", "b", "c", True]])])
def test_broken_legend_text_says_what_to_write(text: str) -> None:
    with pytest.raises(SchemaError, match=r"Legend\.to_json"):
        Legend.from_json(text)


def test_unknown_class_names_the_choices() -> None:
    with pytest.raises(SchemaError, match="no class 'mais'; it has maize, soybean"):
        Legend.from_names(["maize", "soybean"]).class_id("mais")


def test_a_crop_has_one_colour_whatever_its_legend() -> None:
    first = Legend.from_names(["maize", "soybean"]).classes[0]
    second = Legend.from_names(["wheat", "maize"]).classes[1]
    assert first.colour == second.colour == CLASS_COLOURS["maize"]


def test_an_unlisted_class_keeps_its_colour_between_sessions() -> None:
    assert class_colour("quinoa") == class_colour("quinoa")
    assert class_colour("quinoa").startswith("#")


def test_require_speaks_only_when_the_condition_fails() -> None:
    require(True, "never")
    with pytest.raises(SchemaError, match="what to do"):
        require(False, "what to do")


def test_every_schema_variable_has_words_and_units() -> None:
    for path, group in GROUPS.items():
        assert group.title, path
        for name, variable in group.variables.items():
            assert variable.units, f"{path}/{name}"
            assert variable.long_name, f"{path}/{name}"
            assert variable.dims, f"{path}/{name}"
