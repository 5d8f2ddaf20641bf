"""Interferometric coherence of co-registered complex images, of one pair or of all pairs of a stack.

The estimator is the thesis's Eq. (5-1), after [Touzi1999]. `flat_phase` takes off a phase ramp beforehand,
`coherence_bias` the bias of few looks afterwards.
"""

from __future__ import annotations

from functools import partial
from itertools import combinations

import numpy as np
import xarray as xr

from cropnb.features.coherence_pass import coherence_rows
from cropnb.features.filters import window_pair
from cropnb.features.images import Image, as_image, require_complex
from cropnb.features.windows import window_pass
from cropnb.schema import COHERENCE, SchemaError, require

WINDOW = (3, 11)  # [pixel] azimuth, range: some 42 m by 37 m on the ground of Sentinel-1 IW

_ORBIT_ATTRS = ("relative_orbit", "orbit_direction")
_POLARISATIONS = {"s_vv": "vv", "s_vh": "vh"}
_REPEAT_DAYS = 6  # both satellites together; 12 with one
# Slices of a pass start seconds apart, the next orbit passes 98 min later.
_TOLERANCE = np.timedelta64(30, "m")
_DAY = np.timedelta64(1, "D")


def coherence(first: Image, second: Image, *, window: int | tuple[int, int] = WINDOW) -> xr.DataArray:
    r"""Magnitude of the coherence of two co-registered complex images.

    .. math::
        \hat\gamma = \frac{\left| \frac1N \sum_{i=1}^N S_{1i} S_{2i}^* \right|}
        {\sqrt{\frac1N \sum_{i=1}^N S_{1i} S_{1i}^* \; \frac1N \sum_{i=1}^N S_{2i} S_{2i}^*}}

    where :math:`S_1` is `first`, :math:`S_2` is `second`, and the N pixels are those of the `window` that are
    valid in both.

    Parameters
    ----------
    first : DataArray or ndarray or dask Array (..., y, x) [any]
        Complex, y along azimuth, x along range; calibrated or not.
    second : DataArray or ndarray or dask Array (..., y, x) [any]
        Complex, on the pixels of `first`.
    window : int or tuple of int (2,) [pixel]
        Odd width of a square window, or widths along y and x.

    Returns
    -------
    DataArray (..., y, x) [1]
        From 0 to 1. Where both images carry `time`, `first_time` and `second_time` replace it, and the dim
        `pair` a dim `time`. The relative orbit stays in `attrs`.

    Raises
    ------
    SchemaError
        If an image is not complex, the images differ in dims, shape, y, x or relative orbit, or a width of
        the window is even or below 1.

    Notes
    -----
    A pixel that is missing in either image is NaN; its neighbours average what is left of their windows.
    Windows are cut at the border; one larger than the image sees all of it. Without power in the window, in
    either image, coherence is NaN. A window of one pixel gives 1. Neither a factor nor a phase of an image
    changes the result; powers of float32 have to lie between 1e-38 and 1e38. Dask arrays are computed by
    chunk, to the same bits as NumPy. The estimate is too high for few looks: `debiased_coherence`; a phase
    ramp makes it too low: `remove_flat_phase`.

    References
    ----------
    [Touzi1999]

    Examples
    --------
    >>> image = np.array([[1 + 1j, 2 - 1j, 1j]])
    >>> coherence(image, 3j * image, window=3).values.round(6)
    array([[1., 1., 1.]])
    """
    pair = _aligned(first, second, name="coherence")
    reach = _reach("coherence", window)
    (magnitude,) = window_pass(partial(coherence_rows, reach), pair, reach=reach, n_output=1)
    return _described(magnitude, pair, name="coherence", long_name="coherence")


def complex_coherence(first: Image, second: Image, *, window: int | tuple[int, int] = WINDOW) -> xr.DataArray:
    r"""Coherence of two co-registered complex images with its phase.

    .. math::
        \hat\gamma = \frac{\sum_{i=1}^N S_{1i} S_{2i}^*}
        {\sqrt{\sum_{i=1}^N |S_{1i}|^2 \, \sum_{i=1}^N |S_{2i}|^2}}

    where :math:`S_1` is `first`, :math:`S_2` is `second`, and the N pixels are those of the `window` that are
    valid in both. Its angle is the phase of the interferogram, averaged over the window.

    Parameters
    ----------
    first : DataArray or ndarray or dask Array (..., y, x) [any]
        Complex, y along azimuth, x along range.
    second : DataArray or ndarray or dask Array (..., y, x) [any]
        Complex, on the pixels of `first`.
    window : int or tuple of int (2,) [pixel]
        Odd width of a square window, or widths along y and x.

    Returns
    -------
    DataArray (..., y, x) [1]
        Complex, of magnitude 1 at most; dates and orbit as in `coherence`.

    Raises
    ------
    SchemaError
        As `coherence` does.

    Notes
    -----
    Missing pixels (NaN in both parts), borders and windows without power as in `coherence`.

    References
    ----------
    [Touzi1999]
    """
    pair = _aligned(first, second, name="complex_coherence")
    reach = _reach("complex_coherence", window)
    real, imaginary = window_pass(partial(coherence_rows, reach), pair, reach=reach, n_output=2)
    return _described(real + 1j * imaginary, pair, name="coherence", long_name="complex coherence")


def coherence_pairs(
    slc: xr.Dataset,
    *,
    days: int | tuple[int, int] = 12,
    window: int | tuple[int, int] = WINDOW,
) -> xr.Dataset:
    """Coherence of all pairs of a stack that lie so many days apart.

    Parameters
    ----------
    slc : Dataset (time, y, x) [any]
        `s_vv` and at will `s_vh`, co-registered images of one relative orbit, as in the group
        `/sentinel1/<relative_orbit>/slc` of a scene.
    days : int or tuple of int (2,) [day]
        Days between the images of a pair, to within half an hour; two numbers are the least and the most.
    window : int or tuple of int (2,) [pixel]
        Odd width of a square window, or widths along y and x.

    Returns
    -------
    Dataset (pair, y, x) [1]
        `vv` and, with `s_vh`, `vh`: magnitudes from 0 to 1, as in the group `coherence` of a scene. Pairs in
        the order of `first_time`, then `second_time`; `relative_orbit` and `orbit_direction` in `attrs`.

    Raises
    ------
    SchemaError
        If `s_vv`, `time` or the orbit is missing, dates occur twice, the dates or a coordinate
        `relative_orbit` show that orbits are mixed, or no two images lie `days` apart.

    Notes
    -----
    Sentinel-1 repeats an orbit after multiples of 6 days, with one satellite 12: images in between are of
    another orbit, whose coherence would be noise. Missing pixels as in `coherence`.
    """
    _require_stack(slc)
    stack = slc.sortby("time")
    chosen = _pairs_apart(stack["time"].to_numpy(), days)
    variables = {}
    for source, target in _POLARISATIONS.items():
        if source in stack:
            images = [stack[source].isel(time=index) for index in range(stack.sizes["time"])]
            maps = [coherence(images[i], images[j], window=window) for i, j in chosen]
            joined: xr.DataArray = xr.concat(
                maps, "pair", coords="minimal", compat="override", join="override"
            )
            per_date = [key for key, coord in joined.coords.items() if not {"y", "x"} & set(coord.dims)]
            long_name = COHERENCE.variables[target].long_name
            variables[target] = joined.drop_vars(per_date).assign_attrs(units="1", long_name=long_name)
    time = stack["time"].to_numpy()
    stamps = {
        name: ("pair", time[[pair[member] for pair in chosen]])
        for member, name in enumerate(("first_time", "second_time"))
    }
    attrs = {name: slc.attrs[name] for name in _ORBIT_ATTRS}
    return xr.Dataset(variables, attrs=attrs).assign_coords(stamps)


def _reach(name: str, window: int | tuple[int, int]) -> tuple[int, int]:
    height, width = window_pair(name, window)
    return height // 2, width // 2


def _aligned(first: Image, second: Image, *, name: str) -> tuple[xr.DataArray, xr.DataArray]:
    """Both images as DataArrays, after checks of what they are and that they belong together."""
    pair = as_image(first, name=f"{name}: first"), as_image(second, name=f"{name}: second")
    for which, image in zip(("first", "second"), pair, strict=True):
        require_complex(f"{name}: {which}", image)
    for axis in ("y", "x"):
        if all(axis in image.indexes for image in pair):
            require(
                pair[0].indexes[axis].equals(pair[1].indexes[axis]),
                f"{name}: coordinate {axis} differs between the images; expected co-registered images. "
                "Resample one to the pixels of the other.",
            )
    orbits = [image.attrs["relative_orbit"] for image in pair if "relative_orbit" in image.attrs]
    require(
        len({str(orbit) for orbit in orbits}) <= 1,
        f"{name}: relative orbits {orbits}; expected one. Only images of one orbit interfere.",
    )
    return pair


def _described(
    values: xr.DataArray, pair: tuple[xr.DataArray, xr.DataArray], *, name: str, long_name: str
) -> xr.DataArray:
    attrs = {key: pair[0].attrs[key] for key in _ORBIT_ATTRS if key in pair[0].attrs}
    result = values.rename(name).assign_attrs(units="1", long_name=long_name, **attrs)
    if not all("time" in image.coords for image in pair):
        return result
    times = [image["time"].variable for image in pair]
    result = result.drop_vars("time")
    if "time" in result.dims:
        result = result.rename(time="pair")
    dims = tuple("pair" if dim == "time" else dim for dim in times[0].dims)
    return result.assign_coords(first_time=(dims, times[0].values), second_time=(dims, times[1].values))


def _require_stack(slc: xr.Dataset) -> None:
    require("s_vv" in slc, f"coherence_pairs: variables {sorted(map(str, slc))}; expected s_vv. Rename them.")
    require(
        "time" in slc.indexes and "time" in slc["s_vv"].dims,
        "coherence_pairs: s_vv without dates; expected dims (time, y, x) and a coordinate time. Add it.",
    )
    absent = [name for name in _ORBIT_ATTRS if name not in slc.attrs]
    require(
        not absent,
        f"coherence_pairs: attributes {absent} missing; expected {_ORBIT_ATTRS}. Say which orbit it is.",
    )
    time = slc.indexes["time"]
    require(
        bool(time.is_unique),
        f"coherence_pairs: date {time[time.duplicated()][:1].tolist()} twice; expected each once. "
        "Mosaic the slices of a pass first.",
    )
    if "relative_orbit" in slc.coords:
        orbits = sorted({str(orbit) for orbit in np.ravel(slc["relative_orbit"].to_numpy())})
        require(len(orbits) == 1, f"coherence_pairs: mixed orbits {orbits}; {_SPLIT}")
    _require_one_orbit(np.sort(time.to_numpy()))


_SPLIT = "expected one relative orbit in a stack. Split it by orbit, one Dataset each."


def _require_one_orbit(time: np.ndarray) -> None:
    since = time - time[0]
    off = np.abs(since - np.rint(since / (_REPEAT_DAYS * _DAY)) * (_REPEAT_DAYS * _DAY))
    for stray in np.flatnonzero(off > _TOLERANCE)[:1]:
        raise SchemaError(
            f"coherence_pairs: mixed orbits, {str(time[stray])[:19]} is {since[stray] / _DAY:.3f} days after "
            f"{str(time[0])[:19]}, no multiple of {_REPEAT_DAYS} days; {_SPLIT}"
        )


def _pairs_apart(time: np.ndarray, days: int | tuple[int, int]) -> list[tuple[int, int]]:
    low, high = (days, days) if isinstance(days, (int, np.integer)) else days
    require(
        0 < low <= high,
        f"coherence_pairs: days {days!r}; expected one positive number or a pair, least first. Take 12.",
    )
    apart = [
        (i, j)
        for i, j in combinations(range(len(time)), 2)
        if low * _DAY - _TOLERANCE <= time[j] - time[i] <= high * _DAY + _TOLERANCE
    ]
    found = sorted({round(float(step / _DAY)) for step in np.diff(time)})
    require(
        bool(apart),
        f"coherence_pairs: no two of {len(time)} images {days} days apart, steps are {found} days; "
        "expected a pair at least. Choose other `days`.",
    )
    return apart
