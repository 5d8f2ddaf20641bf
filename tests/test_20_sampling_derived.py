import numpy as np
import pytest

from cropnb.sampling import Samples, samples_from_arrays, select_days, with_channel
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
