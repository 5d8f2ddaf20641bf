import numpy as np
import pytest
import xarray as xr

from cropnb.features import boxcar
from cropnb.schema import SchemaError


def slow_boxcar(values: np.ndarray, window: int) -> np.ndarray:
    half, out = window // 2, np.full_like(values, np.nan)
    for y, x in np.ndindex(values.shape):
        if not np.isnan(values[y, x]):
            cut = values[max(0, y - half) : y + half + 1, max(0, x - half) : x + half + 1]
            out[y, x] = np.nanmean(cut)
    return out


@pytest.fixture
def image() -> xr.DataArray:
    rng = np.random.default_rng(0)
    values = rng.gamma(3.0, 0.1, (11, 13))
    values[2, 3] = values[10, 0] = np.nan
    return xr.DataArray(values, dims=("y", "x"), attrs={"units": "1"})


@pytest.mark.parametrize("window", [3, 5, 21])
def test_boxcar_equals_the_slow_reference(image: xr.DataArray, window: int) -> None:
    np.testing.assert_allclose(boxcar(image, window=window), slow_boxcar(image.values, window), rtol=1e-10)


def test_boxcar_does_not_depend_on_the_chunks(image: xr.DataArray) -> None:
    stack = xr.concat([image, 2 * image], dim="time")
    chunked = boxcar(stack.chunk({"time": 1, "y": 4, "x": 5}), window=5).compute()
    xr.testing.assert_allclose(chunked, boxcar(stack, window=5), rtol=1e-12)


def test_boxcar_keeps_complex_dtype_and_attributes(image: xr.DataArray) -> None:
    field = (image + 1j * image).astype(np.complex64).assign_attrs(units="1")
    result = boxcar(field, window=3)
    assert result.dtype == np.complex64
    assert result.attrs == {"units": "1"}
    np.testing.assert_allclose(result.imag, boxcar(image, window=3), rtol=1e-5)


def test_boxcar_divides_the_variance_of_speckle_by_the_number_of_pixels() -> None:
    speckle = np.random.default_rng(1).exponential(1.0, (400, 400))
    smooth = boxcar(xr.DataArray(speckle, dims=("y", "x")), window=3).values[2:-2, 2:-2]
    # 1/9 of the variance; neighbouring windows overlap, so about 17 600 of them are independent.
    assert smooth.var() == pytest.approx(1 / 9, rel=0.05)


@pytest.mark.parametrize("window", [0, 2, -3])
def test_an_even_window_is_refused(image: xr.DataArray, window: int) -> None:
    with pytest.raises(SchemaError, match=rf"window {window}; expected an odd number"):
        boxcar(image, window=window)


def test_wrong_dims_are_refused(image: xr.DataArray) -> None:
    with pytest.raises(SchemaError, match="transpose"):
        boxcar(image.rename(y="row"), window=3)
