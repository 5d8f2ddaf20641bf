from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from cropnb.features.covariance import c2_from_arrays
from cropnb.features.filters import boxcar
from cropnb.features.refined_lee import refined_lee
from cropnb.features.speckle import equivalent_number_of_looks
from cropnb.schema import SchemaError

# Outward normals (down, right) of the eight half planes, in pairs of opposite sides.
NORMALS = [((0, -1), (0, 1)), ((-1, 0), (1, 0)), ((-1, 1), (1, -1)), ((-1, -1), (1, 1))]


def random_c2(shape: tuple[int, ...], seed: int) -> xr.Dataset:
    """Multilooked C2 with edges and points."""
    rng = np.random.default_rng(seed)
    fields = np.kron(rng.uniform(0.1, 3, (4, 5)), np.ones((8, 8)))[: shape[-2], : shape[-1]]
    vector = (rng.standard_normal((2, 3, *shape)) + 1j * rng.standard_normal((2, 3, *shape))) * np.sqrt(
        fields
    )
    vv, vh = (abs(vector) ** 2).mean(1)
    cross = (vector[0] * vector[1].conj()).mean(0)
    dims = ("time", "y", "x")[-len(shape) :]
    return c2_from_arrays(*[xr.DataArray(element, dims=dims) for element in (vv, vh, cross)])


def choose_half(span: np.ndarray, y: int, x: int, reach: int) -> tuple[int, int]:
    """Normal of the half plane, from a padded span; the central pixel at y, x."""
    step = (reach + 1) // 2
    part = reach - step
    means = {}
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            cy, cx = y + down * step, x + right * step
            cut = span[cy - part : cy + part + 1, cx - part : cx + part + 1]
            means[down, right] = cut[np.isfinite(cut)].mean() if np.isfinite(cut).any() else None
    centre = means[0, 0]

    def rise(normal: tuple[int, int]) -> float:
        sides = {place: np.sign(np.dot(place, normal)) for place in means}
        return abs(
            sum(sign * (means[place] - centre) for place, sign in sides.items() if means[place] is not None)
        )

    def far(normal: tuple[int, int]) -> float:
        return np.inf if means[normal] is None else abs(means[normal] - centre)

    pair = max(NORMALS, key=lambda normals: rise(normals[0]))
    return min(pair, key=far)


def slow_refined_lee(
    span: np.ndarray, elements: list[np.ndarray], window: int, n_looks: float
) -> list[np.ndarray]:
    reach = window // 2
    grid = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    padded = np.pad(span, reach, constant_values=np.nan)
    wide = [np.pad(element, reach, constant_values=np.nan) for element in elements]
    out = [np.full(element.shape, np.nan, element.dtype) for element in elements]
    for y, x in np.argwhere(np.isfinite(span)):
        normal = choose_half(padded, y + reach, x + reach, reach)
        cut = np.s_[y : y + window, x : x + window]
        inside = (np.tensordot(normal, grid, 1) >= 0) & np.isfinite(padded[cut])
        sample = padded[cut][inside]
        weight = 0.0
        if sample.size > 1 and sample.var(ddof=1) > 0:
            total, mean = sample.var(ddof=1), sample.mean()
            weight = max(0.0, (total - mean**2 / n_looks) / (1 + 1 / n_looks)) / total
        for image, element, result in zip(wide, elements, out, strict=True):
            mean = image[cut][inside].mean()
            result[y, x] = mean + weight * (element[y, x] - mean)
    return out


@pytest.fixture
def rough() -> np.ndarray:
    span = random_c2((29, 35), 0).c_vv_vv.values.copy()
    span[3, 4], span[0, 0], span[9, 20], span[14:20, 25:33] = np.nan, np.inf, 60.0, np.nan
    span[17, 29] = 2.0  # alone in its window of 5
    return span


@pytest.mark.parametrize(("window", "n_looks"), [(7, 3.0), (5, 1.0), (11, 8.0)])
def test_power_equals_the_slow_reference(rough: np.ndarray, window: int, n_looks: float) -> None:
    rough = np.where(np.isinf(rough), np.nan, rough)
    (expected,) = slow_refined_lee(rough, [rough], window, n_looks)
    np.testing.assert_allclose(refined_lee(rough, window=window, n_looks=n_looks), expected, rtol=1e-9)


def test_a_window_larger_than_the_image(rough: np.ndarray) -> None:
    small = rough[4:12, 15:24]
    (expected,) = slow_refined_lee(small, [small], 21, 2.0)
    np.testing.assert_allclose(refined_lee(small, window=21, n_looks=2), expected, rtol=1e-9)


def test_all_elements_of_c2_get_half_window_and_weight_of_the_span() -> None:
    c2 = random_c2((20, 22), 1)
    c2.c_vh_vh[4, 5], c2.c_vv_vh[10, 0] = np.nan, np.nan
    span = (c2.c_vv_vv + c2.c_vh_vh + 0 * c2.c_vv_vh.real).values
    names = ("c_vv_vv", "c_vh_vh", "c_vv_vh")
    expected = slow_refined_lee(span, [c2[name].values for name in names], 7, 3.0)
    filtered = refined_lee(c2, n_looks=3)
    for name, element in zip(names, expected, strict=True):
        np.testing.assert_allclose(filtered[name], element, rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(np.isnan(filtered[name]), np.isnan(span))


@pytest.mark.parametrize("normal", [normal for pair in NORMALS for normal in pair])
def test_an_edge_in_any_of_eight_orientations_is_sharper_than_by_boxcar(normal: tuple[int, int]) -> None:
    y, x = np.mgrid[-32:32, -32:32]
    distance = (normal[0] * y + normal[1] * x) / np.hypot(*normal)
    truth = np.where(distance > 0.25, 8.0, 1.0)
    noisy = truth * np.random.default_rng(2).gamma(4, 1 / 4, truth.shape)
    near = (abs(distance) < 2.5) & (abs(y) < 25) & (abs(x) < 25)
    refined, blurred = refined_lee(noisy, n_looks=4).values, boxcar(noisy, window=7).values

    def error(estimate: np.ndarray) -> float:
        return float(np.sqrt((((estimate - truth) / truth)[near] ** 2).mean()))

    assert error(refined) < 0.4 * error(blurred)


def test_a_step_without_speckle_is_kept_exactly() -> None:
    for step in (np.arange(30) < 13, (np.arange(30) < 13)[:, None]):
        truth = np.where(step, 1.0, 4.0) * np.ones((30, 30))
        np.testing.assert_array_equal(refined_lee(truth, n_looks=2), truth)


def test_pure_speckle_gains_looks_up_to_those_of_the_half_window_and_keeps_the_mean() -> None:
    speckle = np.random.default_rng(3).gamma(4, 1 / 4, (400, 400))
    smooth = refined_lee(speckle, n_looks=4)
    assert 0.4 * 28 * 4 < float(equivalent_number_of_looks(smooth)) < 28 * 4
    assert float(smooth.mean()) == pytest.approx(speckle.mean(), rel=0.01)


def test_without_speckle_the_input_comes_back() -> None:
    power = np.random.default_rng(4).gamma(1, size=(20, 20))
    np.testing.assert_array_equal(refined_lee(power, n_looks=np.inf), power)
    np.testing.assert_allclose(refined_lee(np.full((9, 9), 0.1), n_looks=2), 0.1, rtol=1e-14)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.sampled_from([5, 7]), st.floats(0.5, 30))
def test_filtered_c2_stays_a_covariance_matrix(seed: int, window: int, n_looks: float) -> None:
    rng = np.random.default_rng(seed)
    vector = rng.standard_normal((2, 9, 10)) * rng.lognormal(0, 2, (9, 10)) + 1j * rng.standard_normal(
        (2, 9, 10)
    )
    vv, vh = abs(vector[0]) ** 2, abs(vector[1]) ** 2
    single_look = c2_from_arrays(vv, vh, vector[0] * vector[1].conj())
    filtered = refined_lee(single_look, window=window, n_looks=n_looks)
    slack = 1e-12 * (filtered.c_vv_vv + filtered.c_vh_vh) ** 2
    assert bool((filtered.c_vv_vv * filtered.c_vh_vh - abs(filtered.c_vv_vh) ** 2 >= -slack).all())


@pytest.mark.parametrize("chunks", [{"time": 1, "y": 4, "x": 5}, {"y": 13, "x": 300}, {"y": 1, "x": 111}])
def test_bits_do_not_depend_on_chunks_or_tiles(chunks: dict[str, int]) -> None:
    values = np.random.default_rng(5).gamma(2, 0.5, (2, 13, 555))  # more than two tiles wide
    values[0, 4, 250:259] = np.nan
    stack = xr.DataArray(values, dims=("time", "y", "x"))
    lazy = refined_lee(stack.chunk(chunks), n_looks=2)
    assert lazy.chunks
    xr.testing.assert_identical(lazy.compute(), refined_lee(stack, n_looks=2))
    shifted = refined_lee(stack[:, :, 100:], n_looks=2)
    np.testing.assert_array_equal(shifted[:, :, 3:], refined_lee(stack, n_looks=2)[:, :, 103:])


def test_other_inputs() -> None:
    counts = np.random.default_rng(6).integers(1, 200, (12, 13))
    expected = refined_lee(counts.astype(float), n_looks=2)
    for dtype in (">f8", ">i8"):
        xr.testing.assert_equal(refined_lee(counts.astype(dtype), n_looks=2), expected)
    single = refined_lee(counts.astype(np.float32), n_looks=2)
    assert single.dtype == np.float32
    assert float((abs(single - expected) < 1e-4 * expected).mean()) > 0.98  # a tie may fall the other way


def test_wrong_input_is_refused() -> None:
    with pytest.raises(SchemaError, match="window 6; expected an odd number"):
        refined_lee(np.ones((9, 9)), window=6, n_looks=1)
    with pytest.raises(SchemaError, match="window 3; expected 5 or more"):
        refined_lee(np.ones((9, 9)), window=3, n_looks=1)
    with pytest.raises(SchemaError, match="n_looks 0"):
        refined_lee(np.ones((9, 9)), n_looks=0)
