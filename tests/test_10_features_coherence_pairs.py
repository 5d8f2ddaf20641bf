"""Coherence of a stack: which images are paired, what is kept of them; real images of Amsterdam."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.ndimage import uniform_filter

from cropnb.features.coherence import coherence, coherence_pairs, complex_coherence
from cropnb.scenes.groups import check_group
from cropnb.schema import COHERENCE, SchemaError

START = np.datetime64("2017-05-02T00:15:07", "ns")
STEPS = (0, 12, 24, 30, 42)  # [day] with a gap, and one image of the second satellite
PATH = "/sentinel1/32/coherence"


def stack_of(*steps: float, polarisations: tuple[str, ...] = ("s_vv", "s_vh")) -> xr.Dataset:
    """Speckle stack whose images resemble their neighbours, seconds off the exact repeat."""
    rng = np.random.default_rng(0)
    shape = (len(steps), 12, 17)
    speckle = {name: rng.normal(size=shape) + 1j * rng.normal(size=shape) for name in polarisations}
    seconds = [round(86400 * step) + 2 * index for index, step in enumerate(steps)]
    coords = {
        "time": START + np.array(seconds, dtype="m8[s]"),
        "y": np.arange(12) * 13.9,
        "x": np.arange(17) * 2.3,
        "platform": ("time", ["S1A"] * len(steps)),
    }
    return xr.Dataset(
        {name: (("time", "y", "x"), values.astype(np.complex64)) for name, values in speckle.items()},
        coords=coords,
        attrs={"relative_orbit": 32, "orbit_direction": "ascending", "calibrated": False},
    )


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (12, [(0, 12), (12, 24), (30, 42)]),
        (6, [(24, 30)]),
        ((6, 12), [(0, 12), (12, 24), (24, 30), (30, 42)]),
        (30, [(0, 30), (12, 42)]),
    ],
)
def test_all_pairs_so_many_days_apart(days: int | tuple[int, int], expected: list[tuple[int, int]]) -> None:
    result = coherence_pairs(stack_of(*STEPS), days=days)
    stamps = [
        (result[name].to_numpy() - START) / np.timedelta64(1, "D") for name in ("first_time", "second_time")
    ]
    assert [(round(a), round(b)) for a, b in zip(*stamps, strict=True)] == expected


def test_result_obeys_the_contract_of_a_scene() -> None:
    result = coherence_pairs(stack_of(*STEPS))
    check_group(result, COHERENCE, path=PATH)
    assert result.attrs == {"relative_orbit": 32, "orbit_direction": "ascending"}
    assert set(result.coords) == {"first_time", "second_time", "y", "x"}
    assert (result.vv.attrs["long_name"], result.vv.dtype) == ("coherence VV", np.float32)


def test_each_pair_is_the_coherence_of_its_images() -> None:
    stack = stack_of(*STEPS)
    stack.s_vh[1, 3, 4] = np.nan
    result = coherence_pairs(stack, window=(3, 5))
    for name in ("vv", "vh"):
        images = stack[f"s_{name}"].to_numpy()
        expected = [coherence(images[i], images[j], window=(3, 5)) for i, j in ((0, 1), (1, 2), (3, 4))]
        np.testing.assert_array_equal(result[name], np.stack(expected))
    assert np.isnan(result.vh[:, 3, 4]).to_numpy().tolist() == [True, True, False]
    assert int(np.isnan(result.vh).sum()) == 2


def test_one_polarisation_in_any_order_and_in_chunks() -> None:
    stack = stack_of(*STEPS, polarisations=("s_vv",))
    expected = coherence_pairs(stack)
    assert list(expected) == ["vv"]
    lazy = coherence_pairs(stack.isel(time=[3, 1, 0, 4, 2]).chunk(time=1, y=5, x=7))
    assert lazy.vv.chunks is not None
    xr.testing.assert_identical(lazy.compute(), expected)


def test_dates_and_orbit_of_a_single_pair_are_kept() -> None:
    stack = stack_of(0, 12)
    first, second = (stack.s_vv.isel(time=at).assign_attrs(stack.attrs) for at in (0, 1))
    for function in (coherence, complex_coherence):
        result = function(first, second)
        assert result.first_time == stack.time[0]
        assert result.second_time == stack.time[1]
        assert "time" not in result.coords
        assert result.attrs["relative_orbit"] == 32
    stacked = coherence(stack.s_vv.isel(time=[0]), stack.s_vv.isel(time=[1]))
    assert stacked.dims == ("pair", "y", "x")
    assert stacked.second_time.dims == ("pair",)


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        (stack_of(0, 12, 17.0, 29.0), "mixed orbits, 2017-05-19.* is 17.000 days after"),
        (stack_of(0, 11.5, 12), "mixed orbits"),
        (stack_of(0, 24), r"no two of 2 images 12 days apart, steps are \[24\]"),
        (stack_of(0), "no two of 1 images"),
        (stack_of(0, 12, polarisations=("s_vh",)), "expected s_vv"),
        (stack_of(0, 12).isel(time=0), "without dates"),
        (stack_of(0, 12).isel(time=[0, 0, 1]), "twice"),
        (stack_of(0, 12).drop_attrs(), "relative_orbit.*missing"),
        (
            stack_of(0, 12).assign_coords(relative_orbit=("time", [32, 105])),
            r"mixed orbits \['105', '32'\].*Split it by orbit",
        ),
    ],
)
def test_stacks_that_give_no_pairs_are_refused(stack: xr.Dataset, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        coherence_pairs(stack)


@pytest.mark.parametrize("days", [0, -12, (12, 6)])
def test_days_that_make_no_sense_are_refused(days: int | tuple[int, int]) -> None:
    with pytest.raises(SchemaError, match="days"):
        coherence_pairs(stack_of(0, 12), days=days)


# --- Amsterdam, 19 and 31 March 2023, read here without the package's reader
@pytest.fixture
def amsterdam(real_data: Path) -> tuple[np.ndarray, np.ndarray]:
    def image(folder: str, date: str) -> np.ndarray:
        root = real_data / "amsterdam-slc-pair" / f"{folder}-coreg.znap"
        i, q = (np.fromfile(root / f"{part}_VV_{date}" / "0.0", ">f4").reshape(84, 338) for part in "iq")
        return i + 1j * q

    return image("20230319", "19Mar2023"), image("20230331", "31Mar2023")


@pytest.mark.realdata("amsterdam-slc-pair")
@pytest.mark.parametrize(("width", "median"), [(3, 0.837), (5, 0.819), (9, 0.801)])
def test_amsterdam_medians_and_scipy(
    amsterdam: tuple[np.ndarray, np.ndarray], width: int, median: float
) -> None:
    found = complex_coherence(*amsterdam, window=width)
    assert float(coherence(*amsterdam, window=width).median()) == pytest.approx(median, abs=0.005)
    a, b = (image.astype(complex) for image in amsterdam)
    cross = a * b.conj()
    powers = [uniform_filter(np.abs(image) ** 2, width) for image in (a, b)]
    expected = (uniform_filter(cross.real, width) + 1j * uniform_filter(cross.imag, width)) / np.sqrt(
        powers[0] * powers[1]
    )
    inside = (slice(width // 2, -(width // 2)),) * 2
    np.testing.assert_allclose(found.values[inside], expected[inside], atol=1e-5)
    np.testing.assert_allclose(
        coherence(*amsterdam, window=width).values[inside], np.abs(expected)[inside], atol=1e-5
    )


@pytest.mark.realdata("amsterdam-slc-pair")
def test_amsterdam_stored_big_endian_and_in_chunks(amsterdam: tuple[np.ndarray, np.ndarray]) -> None:
    expected = coherence(*amsterdam).values
    swapped = [xr.DataArray(image.astype(">c8"), dims=("y", "x")) for image in amsterdam]
    np.testing.assert_array_equal(coherence(*swapped).values, expected)
    lazy = coherence(*(image.chunk(y=31, x=100) for image in swapped))
    np.testing.assert_array_equal(lazy.compute().values, expected)
