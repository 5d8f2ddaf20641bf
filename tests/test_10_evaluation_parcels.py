"""What reference data consist of: against counts written out."""

from __future__ import annotations

import numpy as np
import pytest

from cropnb.evaluation import class_of_parcel, class_shares, parcel_sizes, part_shares, size_histogram
from cropnb.schema import SchemaError


def test_shares_are_of_what_has_a_label() -> None:
    labels = np.array([[0, 0, -1], [2, 0, -1]])
    np.testing.assert_allclose(class_shares(labels, n_class=4), [3 / 4, 0, 1 / 4, 0])


def test_nothing_labelled_and_classes_without_a_name_are_refused() -> None:
    with pytest.raises(SchemaError, match="nothing has a label"):
        class_shares([-1, -1], n_class=2)
    with pytest.raises(SchemaError, match="class 2; expected numbers below 2"):
        class_shares([0, 2], n_class=2)


def test_parts_are_shares_of_each_class_and_not_of_each_part() -> None:
    class_id = [0] * 10 + [1] * 5
    parts = {"train": [*range(6), 10, 11, 12], "valid": [6, 7, 13], "test": [8, 9, 14]}
    table = part_shares(class_id, parts, class_names=["maize", "rice", "wheat"])
    assert table.loc["maize"].tolist() == pytest.approx([0.6, 0.2, 0.2])
    assert table.loc["rice"].tolist() == pytest.approx([0.6, 0.2, 0.2])
    assert table.loc["wheat"].isna().all()
    assert list(table) == ["train", "valid", "test"]


def test_samples_in_no_part_and_without_label_do_not_count() -> None:
    table = part_shares([0, 0, -1, 0], {"train": [0, 2], "test": [1]}, class_names=["maize"])
    assert table.loc["maize"].tolist() == [0.5, 0.5]
    with pytest.raises(SchemaError, match="no part"):
        part_shares([0], {}, class_names=["maize"])


def test_sizes_are_counted_pixel_by_pixel_in_the_order_of_the_classes_of_parcels() -> None:
    parcel = np.full((6, 6), -1)
    parcel[:2, :3], parcel[4:, 4:], parcel[3, 0] = 40, 7, 12
    np.testing.assert_allclose(parcel_sizes(parcel, pixel_size=10), [0.04, 0.01, 0.06])
    class_id = np.where(parcel == 40, 1, 0)
    assert class_of_parcel(class_id, parcel).tolist() == [0, 0, 1]


def test_histogram_counts_every_field_once_and_all_large_ones_in_the_last_bin() -> None:
    area = np.random.default_rng(0).lognormal(0.0, 1.0, 3000)
    sizes = size_histogram(area)
    assert sizes.n_field.sum() == area.size
    assert sizes.n_field[-1] == (area >= 4).sum() > 0
    for low, high, count in zip(sizes.edge[:-1], sizes.edge[1:], sizes.n_field, strict=True):
        assert count == sum(low <= a < high for a in area)
    assert sizes.edge.tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, np.inf]
    assert sizes.mean == pytest.approx(sum(area) / area.size)


def test_unknown_sizes_are_left_out_and_no_field_has_no_mean() -> None:
    sizes = size_histogram([1.0, np.nan, 3.0])
    assert (sizes.n_field.sum(), sizes.mean) == (2, 2.0)
    assert np.isnan(size_histogram([np.nan]).mean)


@pytest.mark.parametrize(
    ("settings", "area"), [({"width": 0.3}, [1.0]), ({"width": 0.0}, [1.0]), ({}, [-1.0])]
)
def test_a_last_bin_between_bins_and_negative_sizes_are_refused(
    settings: dict[str, float], area: list[float]
) -> None:
    with pytest.raises(SchemaError, match="size_histogram"):
        size_histogram(area, **settings)
