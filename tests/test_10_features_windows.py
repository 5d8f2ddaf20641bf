"""A window pass gives a pixel the same bits on NumPy and Dask, whatever the chunks, threads, byte order."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
import xarray as xr

from cropnb.features.images import as_image, require_window
from cropnb.features.windows import thread_count, use_threads, window_pass
from cropnb.schema import SchemaError


def sum_of_five(planes, out, start, stop):
    """Sum over a 5 x 3 window of finite pixels, and their number: a window pass in plain NumPy."""
    plane = planes[0]
    clean = np.pad(np.where(np.isfinite(plane), plane.real, 0), ((2, 2), (1, 1)))
    count = np.pad(np.isfinite(plane).astype(float), ((2, 2), (1, 1)))
    for row in range(start, stop):
        for output, source in enumerate((clean, count)):
            rows = source[row : row + 5].sum(axis=0)
            out[output, row] = rows[:-2] + rows[1:-1] + rows[2:]


def image(shape, *, dtype=np.float32, seed=0):
    values = np.random.default_rng(seed).integers(0, 100, size=shape).astype(dtype)
    return xr.DataArray(values, dims=("time", "y", "x")[-len(shape) :], attrs={"units": "m"})


def run(*images):
    return window_pass(sum_of_five, images, reach=(2, 1), n_output=2)


@pytest.mark.parametrize("chunks", [(1, 7, 5), (3, 1, 1), (2, 4, 30), (3, 50, 50)])
def test_chunks_do_not_change_a_bit(chunks):
    whole = image((3, 11, 13))
    whole[0, 4, 5] = np.nan
    lazy = whole.chunk(dict(zip(whole.dims, chunks, strict=True)))
    for expected, got in zip(run(whole), run(lazy), strict=True):
        assert isinstance(got.data, da.Array)
        np.testing.assert_array_equal(got.values, expected.values)


def test_outside_of_the_image_is_missing():
    total, count = run(xr.DataArray(np.ones((6, 4), np.float32), dims=("y", "x")))
    np.testing.assert_array_equal(total, count)
    assert count[0, 0] == 3 * 2
    assert count[3, 1] == 5 * 3


def test_window_larger_than_the_image_sees_all_of_it():
    small = xr.DataArray(np.ones((1, 1), np.float32), dims=("y", "x"))
    for array in (small, small.chunk()):
        assert run(array)[1].values.item() == 1


def test_threads_do_not_change_a_bit():
    whole = image((2, 37, 9))
    with use_threads(1):
        one = run(whole)
    with use_threads(4):
        four = run(whole)
    xr.testing.assert_identical(one[0], four[0])


def test_big_endian_and_strided_input_is_taken_as_its_native_equal():
    whole = image((12, 10))
    foreign = whole.copy(data=np.asfortranarray(whole.values.astype(">f4")))
    np.testing.assert_array_equal(run(whole)[0], run(foreign)[0])
    np.testing.assert_array_equal(run(whole)[0], run(foreign.chunk({"y": 5}))[0])


@pytest.mark.parametrize(
    ("given", "result"),
    [("uint8", "float32"), ("int16", "float32"), ("int32", "float64"), ("float64", "float64")],
)
def test_precision_follows_the_input(given, result):
    whole = image((4, 5), dtype=given)
    assert run(whole)[0].dtype == result
    assert run(whole.chunk())[0].dtype == result


def test_complex_planes_stay_complex_and_outputs_are_real():
    whole = image((4, 5), dtype=np.complex64)
    whole[0, 0] = complex(np.nan, 0)
    assert run(whole)[0].dtype == np.float32
    np.testing.assert_array_equal(run(whole)[1], run(whole.chunk({"x": 2}))[1])


def test_coordinates_are_kept_and_attributes_dropped():
    whole = image((3, 4)).assign_coords(y=[10.0, 20.0, 30.0])
    out = run(whole)[0]
    assert out.y.values.tolist() == [10, 20, 30]
    assert out.attrs == {}


def test_images_of_different_shape_are_refused():
    with pytest.raises(SchemaError, match=r"'x': 5.*'x': 6"):
        run(image((4, 6)), image((4, 5)))


def test_bare_arrays_get_the_names_of_their_dims():
    assert as_image(np.zeros((2, 3)), name="f").dims == ("y", "x")
    assert as_image(da.zeros((1, 2, 3)), name="f").dims == ("time", "y", "x")
    with pytest.raises(SchemaError, match="f: an array of 1 dims"):
        as_image(np.zeros(3), name="f")
    with pytest.raises(SchemaError, match=r"f: dims \('x', 'y'\)"):
        as_image(xr.DataArray(np.zeros((2, 3)), dims=("x", "y")), name="f")


@pytest.mark.parametrize("window", [0, 2, -3, 2.5, True])
def test_a_window_is_an_odd_number_of_pixels(window):
    with pytest.raises(SchemaError, match="f: window"):
        require_window("f", 3, window)


def test_threads_come_from_the_context_then_the_environment(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert thread_count() == 3
    with use_threads(2):
        assert thread_count() == 2
    assert thread_count() == 3
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert thread_count() >= 1
    with pytest.raises(SchemaError, match="0 threads"), use_threads(0):
        pass
