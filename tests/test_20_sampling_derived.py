import numpy as np
import pytest

from cropnb.legends import CropClass, Legend
from cropnb.sampling import (
    Samples,
    crop_legend,
    keep_crops,
    samples_from_arrays,
    select_days,
    with_channel,
)
from cropnb.schema import SchemaError


@pytest.fixture
def samples() -> Samples:
    x = np.arange(24, dtype=float).reshape(4, 3, 2)
    return samples_from_arrays(x, [0, 1, 1, 0], group=[5, 5, 6, 6])


def test_arrays_become_samples(samples: Samples) -> None:
    assert samples.legend.names == ("class 0", "class 1")
    assert samples.channel == ("channel 0", "channel 1")
    np.testing.assert_array_equal(samples.block, [5, 5, 6, 6])
    np.testing.assert_array_equal(samples.parcel, [0, 1, 2, 3])


def test_selected_days_keep_their_values(samples: Samples) -> None:
    early = select_days(samples, [0, 2])
    np.testing.assert_array_equal(early.x, samples.x[:, [0, 2]])
    np.testing.assert_array_equal(early.day, [0, 2])
    assert early.observed.shape == early.x.shape


@pytest.mark.parametrize("day", [[1, 9], []])
def test_days_that_are_not_there_are_named(samples: Samples, day: list[int]) -> None:
    with pytest.raises(SchemaError, match=r"the samples have \[0, 1, 2\]"):
        select_days(samples, day)


def test_a_new_channel_stands_last(samples: Samples) -> None:
    richer = with_channel(samples, "sum", samples.x.sum(axis=2))
    assert richer.channel == (*samples.channel, "sum")
    np.testing.assert_array_equal(richer.x[..., -1], samples.x[..., 0] + samples.x[..., 1])
    np.testing.assert_array_equal(richer.x[..., :2], samples.x)


def test_a_channel_of_another_shape_or_a_taken_name_is_refused(samples: Samples) -> None:
    with pytest.raises(SchemaError, match=r"shape \(4,\)"):
        with_channel(samples, "sum", samples.x[:, 0, 0])
    with pytest.raises(SchemaError, match="different names"):
        with_channel(samples, "channel 0", samples.x[..., 0])


LEGEND = Legend(
    tuple(
        CropClass(number, name, code, cropland)
        for number, (name, code, cropland) in enumerate(
            [("maize", "1201", True), ("water", "", False), ("wheat", "1101", True), ("other", "", True)]
        )
    )
)


def test_other_crops_become_one_class_and_the_rest_stays() -> None:
    legend, number = crop_legend(LEGEND, ["maize"])
    assert legend.names == ("maize", "water", "other")
    assert [c.cropland for c in legend.classes] == [True, False, True]
    assert legend.classes[0].crop_code == "1201"
    assert legend.classes[2].crop_code == ""  # it is no longer one crop
    assert number.tolist() == [0, 1, 2, 2]


def test_all_crops_kept_is_the_legend_itself() -> None:
    legend, number = crop_legend(LEGEND, ["maize", "wheat", "other"])
    assert legend == LEGEND
    assert number.tolist() == [0, 1, 2, 3]


def test_samples_keep_their_class_under_its_new_number(samples: Samples) -> None:
    kept = keep_crops(samples, ["class 1"], rest="others")
    assert kept.legend.names == ("others", "class 1")
    assert kept.class_id.tolist() == samples.class_id.tolist()
    only = keep_crops(samples, ["class 0"], rest="others")
    assert [only.legend.names[i] for i in only.class_id] == ["class 0", "others", "others", "class 0"]


@pytest.mark.parametrize("crop", ["water", "oats"])
def test_a_crop_that_the_scene_does_not_grow_is_named(crop: str) -> None:
    with pytest.raises(SchemaError, match=rf"{crop} unknown; the scene's crops are maize, wheat, other"):
        crop_legend(LEGEND, [crop])
