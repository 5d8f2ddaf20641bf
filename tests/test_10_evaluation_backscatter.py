"""Looks inside parcels, levels of classes, and the spread of an image without its speckle."""

from __future__ import annotations

import numpy as np
import pytest

from cropnb.evaluation import (
    class_levels,
    class_of_parcel,
    image_level,
    parcel_db,
    parcel_looks,
    speckle_variance_db,
)
from cropnb.features import equivalent_number_of_looks
from cropnb.schema import SchemaError

SIDE = 20  # pixels of a parcel
N_PARCEL = 25


def parcels(n_parcel: int = N_PARCEL) -> np.ndarray:
    """Squares side by side, from left to right."""
    return np.repeat(np.arange(n_parcel), SIDE)[None, :] * np.ones((SIDE, 1), int)


def speckled(level: np.ndarray, *, n_looks: float, seed: int, n_time: int = 2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return level * rng.gamma(n_looks, 1 / n_looks, (n_time, *level.shape))


# --- looks inside parcels
@pytest.mark.parametrize("n_looks", [1.0, 4.4, 16.0])
def test_looks_of_speckle_over_parcels_of_different_levels(n_looks: float) -> None:
    level = 10 ** (-(parcels() % 7) / 10)
    power = speckled(level, n_looks=n_looks, seed=1)
    found = parcel_looks(power, parcels(), n_pixel=100)
    # bias (2 L + 3) / N and scatter of a median over 25 parcels of 400 pixels
    np.testing.assert_allclose(found, n_looks, rtol=0.08)


def test_looks_are_the_median_of_the_looks_of_each_parcel() -> None:
    power = speckled(np.ones((SIDE, 3 * SIDE)), n_looks=3, seed=2, n_time=1)
    each = equivalent_number_of_looks(power.reshape(SIDE, 3, SIDE).transpose(1, 0, 2))
    found = parcel_looks(power, parcels(3), n_pixel=2)
    np.testing.assert_allclose(found, np.median(each), rtol=1e-12)


def test_looks_do_not_depend_on_the_unit_of_power() -> None:
    power = speckled(np.ones((SIDE, 2 * SIDE)), n_looks=5, seed=3)
    few, many = (parcel_looks(scale * power, parcels(2), n_pixel=2) for scale in (1e-6, 1e6))
    np.testing.assert_allclose(few, many, rtol=1e-9)


def test_small_parcels_outside_and_missing_pixels_do_not_count() -> None:
    parcel = np.array([[0, 0, 0, 0, 1, 1, -1, -7]])
    power = np.array([[[1.0, 3.0, 1.0, 3.0, 5.0, 5.1, 99.0, 50.0]]])
    assert parcel_looks(power, parcel, n_pixel=3) == pytest.approx([3.0])
    power[0, 0, :2] = np.nan
    assert np.isnan(parcel_looks(power, parcel, n_pixel=3)).all()
    assert parcel_looks(power[..., :4], parcel[:, :4], n_pixel=2) == pytest.approx([2.0])


def test_texture_inside_parcels_lowers_the_looks() -> None:
    rng = np.random.default_rng(4)
    power = speckled(np.ones((SIDE, 5 * SIDE)), n_looks=8, seed=5)
    rough = power * rng.gamma(10, 0.1, power.shape)
    assert np.all(parcel_looks(rough, parcels(5), n_pixel=9) < parcel_looks(power, parcels(5), n_pixel=9))


# --- levels of parcels and classes
def test_parcel_level_is_that_of_the_mean_power() -> None:
    power = np.array([[[0.1, 0.3, 1.0, np.nan, 7.0]], [[-1.0, 1.0, 10.0, 10.0, 7.0]]])
    found = parcel_db(power, [[7, 7, 12, 12, -1]])
    np.testing.assert_allclose(found[0], [10 * np.log10(0.2), 0.0])
    np.testing.assert_allclose(found[1], [np.nan, 10.0], err_msg="a mean of zero has no decibels")
    np.testing.assert_allclose(parcel_db(power, [[7, 7, 12, 12, -1]], n_pixel=2)[0], [found[0, 0], np.nan])


def test_numbers_of_parcels_may_have_wide_holes() -> None:
    """Tiles of a scene number their parcels far apart; columns keep the order of the classes."""
    parcel = np.array([[2_000_000_000, 5, 5, -1, 900_000_000, 900_000_000]])
    power = np.array([[[1.0, 10.0, 10.0, 3.0, 100.0, 100.0]]])
    np.testing.assert_allclose(parcel_db(power, parcel), [[10.0, 20.0, 0.0]])
    np.testing.assert_array_equal(class_of_parcel([[4, 0, 0, 9, 2, 2]], parcel), [0, 2, 4])
    assert np.isnan(parcel_looks(power, parcel, n_pixel=2)).all()


def test_class_levels_against_a_loop() -> None:
    rng = np.random.default_rng(6)
    db = rng.normal(-12, 2, (4, 40))
    db[rng.random(db.shape) < 0.2] = np.nan
    class_id = rng.integers(-1, 3, 40)
    level = class_levels(db, class_id, n_class=3)
    for number in range(3):
        for time in range(4):
            values = [v for v, c in zip(db[time], class_id, strict=True) if c == number and np.isfinite(v)]
            mean = sum(values) / len(values)
            sd = (sum((v - mean) ** 2 for v in values) / (len(values) - 1)) ** 0.5
            assert level.mean[number, time] == pytest.approx(mean)
            assert level.sd[number, time] == pytest.approx(sd)


def test_classes_with_one_parcel_or_none() -> None:
    level = class_levels([[-9.0]], [0], n_class=2)
    assert level.mean[0, 0] == -9
    assert np.isnan(level.sd).all()
    assert np.isnan(level.mean[1, 0])


def test_a_parcel_of_two_classes_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"1 parcels with two classes, such as \[3\]"):
        class_of_parcel([[0, 1, 1]], [[3, 3, 1]])


# --- decibels of an image
@pytest.mark.parametrize("n_looks", [1.0, 2.5, 4.4, 30.0])
def test_variance_of_decibels_against_drawn_speckle(n_looks: float) -> None:
    draws = np.random.default_rng(7).gamma(n_looks, 1 / n_looks, 400_000)
    assert speckle_variance_db(n_looks) == pytest.approx(np.var(10 * np.log10(draws)), rel=0.02)


def test_variance_of_decibels_of_whole_looks_is_a_sum() -> None:
    """psi_1(n) = pi^2 / 6 - sum of 1 / k^2 below n."""
    for n in (1, 2, 7):
        trigamma = np.pi**2 / 6 - sum(1 / k**2 for k in range(1, n))
        assert speckle_variance_db(n) == pytest.approx((10 / np.log(10)) ** 2 * trigamma)
    assert np.isnan(speckle_variance_db([0.0, -1.0, np.nan])).all()
    assert speckle_variance_db(np.inf) == 0


def test_the_spread_of_the_ground_is_found_below_the_speckle() -> None:
    rng = np.random.default_rng(8)
    ground_db = rng.normal(-12, 2.0, (300, 300))
    power = speckled(10 ** (ground_db / 10), n_looks=4.4, seed=9)
    level = image_level(10 * np.log10(power), speckle_variance=speckle_variance_db(4.4))
    np.testing.assert_allclose(level.sd_ground, 2.0, atol=0.03)
    np.testing.assert_allclose(level.sd**2, 4.0 + speckle_variance_db(4.4), rtol=0.02)


def test_a_ratio_has_the_speckle_of_both_channels() -> None:
    rng = np.random.default_rng(10)
    ratio_db = rng.normal(6, 1.5, (300, 300))
    vv = speckled(10 ** (ratio_db / 10), n_looks=4.4, seed=11)
    vh = speckled(np.ones_like(ratio_db), n_looks=4.4, seed=12)
    level = image_level(10 * np.log10(vv / vh), speckle_variance=2 * speckle_variance_db(4.4))
    np.testing.assert_allclose(level.mean, 6.0, atol=0.03)
    np.testing.assert_allclose(level.sd_ground, 1.5, atol=0.04)


def test_less_spread_than_speckle_has_no_ground() -> None:
    level = image_level([[[0.0, 1.0, np.nan]], [[0.0, 1.0, -np.inf]]], speckle_variance=[0.6, 0.25])
    np.testing.assert_allclose(level.sd, np.sqrt(0.5))
    np.testing.assert_allclose(level.sd_ground, [np.nan, 0.5])
    assert np.isnan(image_level(np.full((1, 2, 2), np.nan), speckle_variance=0.1)).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: parcel_looks(np.ones((2, 2)), np.zeros((2, 2), int), n_pixel=9), r"power \(2, 2\)"),
        (lambda: parcel_looks(np.ones((1, 2, 2)), np.zeros((2, 2), int), n_pixel=1), "n_pixel 1"),
        (lambda: parcel_db(np.ones((1, 2, 2)), np.zeros((3, 2), int)), r"parcel_id \(3, 2\)"),
        (lambda: class_levels([[1.0]], [0, 1], n_class=2), r"class_id \(2,\)"),
        (lambda: class_of_parcel([[0]], [[0, 0]]), "maps of one shape"),
        (lambda: image_level([1.0], speckle_variance=0.0), r"decibels \(1,\)"),
    ],
)
def test_what_does_not_fit_is_refused(call: object, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        call()
