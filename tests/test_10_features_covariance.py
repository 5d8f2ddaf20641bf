from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from cropnb.features.covariance import c2_from_arrays, c2_from_slc, calibrated_slc, multilook
from cropnb.features.speckle import equivalent_number_of_looks
from cropnb.schema import SchemaError


def speckle(shape: tuple[int, ...], seed: int, dtype: type = np.complex128) -> np.ndarray:
    """Circular complex Gaussian of unit power: fully developed single-look speckle."""
    rng = np.random.default_rng(seed)
    return ((rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / np.sqrt(2)).astype(dtype)


def image(values: np.ndarray, **attrs: str) -> xr.DataArray:
    grid = {"y": 100.0 - 10 * np.arange(values.shape[-2]), "x": 5.0 + 20 * np.arange(values.shape[-1])}
    return xr.DataArray(values, dims=("time", "y", "x")[-values.ndim :], coords=grid, attrs=attrs)


@pytest.fixture
def pair() -> tuple[xr.DataArray, xr.DataArray]:
    vv, vh = speckle((2, 13, 37), 0, np.complex64), speckle((2, 13, 37), 1, np.complex64)
    vv[0, 3, 4], vh[1, 5, 6], vh[0, 0, 0] = np.nan, complex(0, np.inf), complex(np.nan, 1)
    return image(vv), image(vh)


def test_single_look_c2_has_rank_one(pair: tuple[xr.DataArray, xr.DataArray]) -> None:
    c2 = c2_from_slc(*[part.astype(complex) for part in pair])
    determinant = c2.c_vv_vv * c2.c_vh_vh - abs(c2.c_vv_vh) ** 2
    assert float(abs(determinant).max()) < 1e-13


def test_c2_is_the_mean_outer_product_and_hermitian(pair: tuple[xr.DataArray, xr.DataArray]) -> None:
    vector = np.stack([part.values.astype(complex) for part in pair])
    with np.errstate(invalid="ignore"):
        outer = np.einsum("i...,j...->ij...", vector, vector.conj())
    outer[:, :, ~np.isfinite(vector).all(0)] = np.nan
    c2, swapped = c2_from_slc(*pair), c2_from_slc(*pair[::-1])
    for name, expected in (
        ("c_vv_vv", outer[0, 0].real),
        ("c_vh_vh", outer[1, 1].real),
        ("c_vv_vh", outer[0, 1]),
    ):
        np.testing.assert_allclose(c2[name], expected, rtol=2e-6, atol=1e-6)
    np.testing.assert_allclose(swapped.c_vv_vh, np.conj(c2.c_vv_vh), rtol=1e-6, atol=1e-6)
    assert (c2.c_vv_vv.dtype, c2.c_vv_vh.dtype) == (np.float32, np.complex64)
    assert all(element.attrs["units"] == "1" and element.attrs["long_name"] for element in c2.values())


def test_a_pixel_missing_in_one_channel_is_missing_in_all(pair: tuple[xr.DataArray, xr.DataArray]) -> None:
    c2 = c2_from_slc(*pair)
    bad = ~(np.isfinite(pair[0]) & np.isfinite(pair[1]))
    assert int(bad.sum()) == 3
    again = c2_from_arrays(c2.c_vv_vv.fillna(1.0), c2.c_vh_vh, c2.c_vv_vh)
    for element in (*c2.values(), *again.values()):
        np.testing.assert_array_equal(np.isnan(element), bad)
    assert bool((np.isnan(c2.c_vv_vh.real) == np.isnan(c2.c_vv_vh.imag)).all())


def test_calibration_divides_by_the_vector_and_power_by_its_square() -> None:
    counts = image((1000 * speckle((6, 7), 2)).astype(">c8"), long_name="digital number", units="DN")
    vector = xr.DataArray(np.linspace(200.0, 400.0, 7), dims="x", coords={"x": counts.x})
    table = vector.expand_dims(y=counts.y).copy()
    amplitude = calibrated_slc(counts, sigma_nought=table)
    np.testing.assert_allclose(amplitude, counts.values / vector.values, rtol=1e-6)
    assert (amplitude.dtype, amplitude.attrs["units"]) == (np.dtype(np.complex64), "1")
    table[0, 0], table[0, 1], table[0, 2] = 0.0, -300.0, np.nan
    missing = np.isnan(calibrated_slc(counts, sigma_nought=table))
    assert missing[0, :3].all()
    assert int(missing.sum()) == 3
    halved = calibrated_slc(counts, sigma_nought=2.0)
    np.testing.assert_allclose(abs(halved) ** 2, abs(counts.astype(complex)) ** 2 / 4, rtol=1e-6)


def test_multilook_equals_xarray_coarsen_and_keeps_attributes() -> None:
    values = np.random.default_rng(3).gamma(2.0, size=(2, 11, 23))
    values[0, 0:3, 0:4], values[1, 7, 9] = np.nan, np.nan
    power = image(values, units="1", long_name="sigma0 VV").rename("vv")
    looks = multilook(power, n_azimuth=3, n_range=4)
    blocks = values[:, :9, :20].reshape(2, 3, 3, 5, 4).swapaxes(2, 3).reshape(2, 3, 5, 12)
    mean = np.ma.masked_invalid(blocks).mean(-1).filled(np.nan)
    np.testing.assert_allclose(looks, mean, rtol=1e-12)
    assert np.argwhere(np.isnan(looks.values)).tolist() == [[0, 0, 0]]
    centres = power.coords.to_dataset().coarsen(y=3, x=4, boundary="trim").mean()
    xr.testing.assert_allclose(looks.coords.to_dataset(), centres)
    assert (looks.attrs, looks.name) == (power.attrs, "vv")


def test_multilooked_speckle_is_gamma_with_the_number_of_pixels_as_looks() -> None:
    power = abs(image(speckle((600, 900), 4))) ** 2
    looks = multilook(power, n_azimuth=2, n_range=3)
    assert stats.kstest(looks.values.ravel(), stats.gamma(6, scale=1 / 6).cdf).pvalue > 1e-3
    assert float(looks.var()) == pytest.approx(1 / 6, rel=0.03)
    assert float(equivalent_number_of_looks(looks)) == pytest.approx(
        6, abs=4 * np.sqrt(2 * 6 * 7 / looks.size)
    )


def test_correlated_neighbours_give_fewer_looks() -> None:
    fine = speckle((600, 1201), 5)
    oversampled = image((fine[:, 1:] + fine[:, :-1]) / np.sqrt(2))
    looks = equivalent_number_of_looks(multilook(abs(oversampled) ** 2, n_azimuth=1, n_range=4))
    # Power of neighbours correlates with rho^2 = 1/4: variance (1 + 2 * 3/4 * 1/4) / 4.
    assert float(looks) == pytest.approx(4 / 1.375, rel=0.03)


def test_multilook_recovers_the_covariance_that_was_simulated() -> None:
    first, second = speckle((400, 400), 6), speckle((400, 400), 7)
    vv, vh = 0.4 * first, 0.1j * first + 0.2 * second
    c2 = multilook(c2_from_slc(image(vv), image(vh)), n_azimuth=400, n_range=400)
    found = [c2[name].item() for name in ("c_vv_vv", "c_vh_vh", "c_vv_vh")]
    np.testing.assert_allclose(found, [0.16, 0.05, -0.04j], atol=4 * 0.16 / 400)


def test_elements_of_c2_are_averaged_over_the_same_pixels() -> None:
    c2 = c2_from_slc(image(speckle((8, 8), 8)), image(speckle((8, 8), 9))).assign(angle=("y", np.arange(8.0)))
    c2.c_vv_vv[0, 0] = np.nan
    looks = multilook(c2.assign_attrs(relative_orbit=42), n_azimuth=2, n_range=2)
    np.testing.assert_allclose(looks.c_vh_vh[0, 0], c2.c_vh_vh.values[:2, :2].ravel()[1:].mean(), rtol=1e-12)
    assert looks.attrs == {"relative_orbit": 42}
    assert looks.angle.values.tolist() == [0.5, 2.5, 4.5, 6.5]


def test_bits_do_not_depend_on_the_chunks(pair: tuple[xr.DataArray, xr.DataArray]) -> None:
    for chunks in ({"time": 1, "y": 4, "x": 5}, {"y": 13, "x": 10}, {"y": 1, "x": 37}):
        lazy = [part.chunk(chunks) for part in pair]
        c2, lazy_c2 = c2_from_slc(*pair), c2_from_slc(*lazy)
        assert all(element.chunks for element in lazy_c2.values())
        xr.testing.assert_identical(lazy_c2.compute(), c2)
        averaged = multilook(lazy_c2, n_azimuth=3, n_range=4)
        assert all(element.chunks for element in averaged.values())
        xr.testing.assert_identical(averaged.compute(), multilook(c2, n_azimuth=3, n_range=4))
        amplitude = calibrated_slc(lazy[0], sigma_nought=3.0)
        xr.testing.assert_identical(amplitude.compute(), calibrated_slc(pair[0], sigma_nought=3.0))
        again = c2_from_arrays(*[lazy_c2[name] for name in lazy_c2])
        xr.testing.assert_identical(again.compute(), c2)


def test_other_inputs() -> None:
    assert multilook(np.arange(8, dtype=">i2").reshape(2, 4), n_azimuth=2, n_range=2).values.tolist() == [
        [2.5, 4.5]
    ]
    one = c2_from_slc(np.array([[1 + 1j]], ">c16"), np.array([[2.0 + 0j]]))
    assert (one.c_vv_vh.dtype, one.c_vv_vh.item()) == (np.dtype(complex), 2 + 2j)


def test_wrong_input_is_refused() -> None:
    slc = image(speckle((4, 4), 10))
    with pytest.raises(SchemaError, match="expected complex"):
        c2_from_slc(abs(slc), slc)
    with pytest.raises(SchemaError, match="differ in coordinates or size"):
        c2_from_slc(slc, slc.assign_coords(x=slc.x + 1))
    with pytest.raises(SchemaError, match="expected real, real, complex"):
        c2_from_arrays(abs(slc), abs(slc), abs(slc))
    with pytest.raises(SchemaError, match=r"sigma_nought of dims .*time"):
        calibrated_slc(slc, sigma_nought=abs(slc).expand_dims(time=2))
    for wrong in (0, 5, 2.0):
        with pytest.raises(SchemaError, match=rf"n_azimuth \(y\) {wrong}"):
            multilook(slc, n_azimuth=wrong, n_range=1)
