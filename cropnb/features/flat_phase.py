"""Phase ramp of an interferogram that the geometry brings in, and its removal before coherence."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.fft import fft2, next_fast_len

from cropnb.features.images import Image, as_image, require_complex
from cropnb.schema import require

_N_REFINEMENT = 8  # each leaves some tenth of the error before


def remove_flat_phase(first: Image, second: Image, *, phase: Image | None = None) -> xr.DataArray:
    r"""Second image of a pair, turned so that the interferogram loses a known phase.

    .. math::
        s_2' = s_2 e^{i \varphi} \quad \Rightarrow \quad s_1 s_2'^* = s_1 s_2^* e^{-i \varphi}

    where :math:`s_1` is `first`, :math:`s_2` is `second` and :math:`\varphi` is `phase`.

    Parameters
    ----------
    first : DataArray or ndarray or dask Array (y, x) [any]
        Complex; read only where `phase` is to be estimated.
    second : DataArray or ndarray or dask Array (..., y, x) [any]
        Complex, co-registered with `first`.
    phase : DataArray or ndarray or dask Array, optional (y, x) [rad]
        Phase of the interferogram :math:`s_1 s_2^*` to remove, from orbits and a terrain model for example.
        Without it, the phase of `flat_phase`.

    Returns
    -------
    DataArray (..., y, x) [any]
        `second` turned, same dims, coordinates, precision and attributes; pass it to `coherence` in place of
        `second`.

    Raises
    ------
    SchemaError
        If `second` is not complex or `phase` has another shape, or none was given and none can be estimated.

    Notes
    -----
    A fringe inside the window makes coherence too low: over N pixels with f cycles each, by the factor
    :math:`|\sin(\pi N f) / N \sin(\pi f)|`. Powers stay as they are. A pixel is missing (NaN) where `second`
    or `phase` is.
    """
    image = as_image(second, name="remove_flat_phase: second")
    require_complex("remove_flat_phase: second", image)
    ramp = flat_phase(first, image) if phase is None else as_image(phase, name="remove_flat_phase: phase")
    require(
        ramp.shape == image.shape[-2:],
        f"remove_flat_phase: phase of shape {ramp.shape}; expected that of the image, {image.shape[-2:]}. "
        "Cut both to the same pixels.",
    )
    # By position: a phase image from elsewhere may carry coordinates that differ by rounding.
    bare = xr.DataArray(ramp.data, dims=("y", "x"))
    dtype = np.result_type(image.dtype.newbyteorder("="), np.complex64)
    turned: xr.DataArray = xr.apply_ufunc(
        _turned, image, bare, dask="parallelized", output_dtypes=[dtype], kwargs={"dtype": dtype}
    )
    return turned.transpose(*image.dims).assign_attrs(image.attrs)


def flat_phase(first: Image, second: Image) -> xr.DataArray:
    r"""Linear phase of an interferogram: its strongest fringe.

    .. math::
        \varphi(y, x) = 2 \pi (f_y y + f_x x), \quad
        (f_y, f_x) = \arg\max \left| \sum u_{yx} e^{-2 \pi i (f_y y + f_x x)} \right|

    where y, x count pixels and :math:`u` is the interferogram of `first` and `second`, scaled to magnitude 1
    so that bright targets do not decide.

    Parameters
    ----------
    first : DataArray or ndarray or dask Array (y, x) [any]
        Complex.
    second : DataArray or ndarray or dask Array (y, x) [any]
        Complex, co-registered with `first`.

    Returns
    -------
    DataArray (y, x) [rad]
        The ramp, not wrapped, 0 at the first pixel, with the coordinates of `first`; the frequencies in the
        attributes `cycles_per_row` and `cycles_per_column`.

    Raises
    ------
    SchemaError
        If an image is not complex or has more dims than y, x, shapes differ, or no pixel is valid in both.

    Notes
    -----
    One frequency for the whole image: the flat Earth over some kilometres, not terrain or motion. Missing
    pixels and those without power do not enter. The whole pair is read at once, also from Dask.
    """
    image, other = as_image(first, name="flat_phase: first"), as_image(second, name="flat_phase: second")
    for name, given in (("first", image), ("second", other)):
        require_complex(f"flat_phase: {name}", given)
    require(
        image.ndim == 2 and image.shape == other.shape,
        f"flat_phase: shapes {image.shape} and {other.shape}; expected the same (y, x) of both. "
        "Take one pair at a time.",
    )
    down, across = _frequency(_phasors(image, other))
    rows, columns = (np.arange(size, dtype=np.float64) for size in image.shape)
    y, x = xr.DataArray(rows, dims="y"), xr.DataArray(columns, dims="x")
    if image.chunks is not None:
        y, x = (axis.chunk({axis.dims[0]: image.chunksizes[axis.dims[0]]}) for axis in (y, x))
    ramp = 2.0 * np.pi * (down * y + across * x)
    units = {"units": "rad", "long_name": "flat phase"}
    attrs = {**units, "cycles_per_row": down, "cycles_per_column": across}
    return xr.DataArray(ramp.data, dims=("y", "x"), coords=image.coords, attrs=attrs)


def _turned(
    values: NDArray[np.complexfloating], phase: NDArray[np.floating], *, dtype: np.dtype[np.complexfloating]
) -> NDArray[np.complexfloating]:
    # The angle in float64: far from the first pixel a ramp has turned many times.
    angle = np.asarray(phase, dtype=np.float64)
    with np.errstate(invalid="ignore"):  # infinity times a direction: missing, as said
        turned: NDArray[np.complexfloating] = values.astype(dtype) * np.exp(1j * angle).astype(dtype)
    return turned


def _phasors(first: xr.DataArray, second: xr.DataArray) -> NDArray[np.complex128]:
    """Interferogram of magnitude 1; 0 where it is missing or has no power."""
    one, two = (np.asarray(image.data, dtype=np.complex128) for image in (first, second))
    with np.errstate(invalid="ignore", over="ignore"):
        product = one * two.conj()
        magnitude = np.abs(product)
    usable = np.isfinite(magnitude) & (magnitude > 0)
    require(
        bool(usable.any()),
        f"flat_phase: no pixel of {usable.size} valid in both images; expected one at least. Give `phase`.",
    )
    phasors = np.zeros_like(product)
    np.divide(product, magnitude, out=phasors, where=usable)
    return phasors


def _frequency(phasors: NDArray[np.complex128]) -> tuple[float, float]:
    """Cycles per pixel along y and x: peak of the spectrum, then what is left between the halves."""
    shape = tuple(next_fast_len(2 * size) for size in phasors.shape)
    peak = np.unravel_index(np.argmax(np.abs(fft2(phasors, s=shape))), shape)
    # A pixel wide image has no frequency along that direction: its spectrum is flat, the peak at 0.
    found = [float(np.fft.fftfreq(n)[at]) for n, at in zip(shape, peak, strict=True)]
    offsets = [np.arange(size, dtype=np.float64) for size in phasors.shape]
    for _ in range(_N_REFINEMENT):
        for axis in (0, 1):
            down, across = (np.exp(-2j * np.pi * f * x) for f, x in zip(found, offsets, strict=True))
            profile = (down[:, None] * phasors * across).sum(axis=1 - axis)
            found[axis] += _left_over(profile)
    return found[0], found[1]


def _left_over(profile: NDArray[np.complex128]) -> float:
    """Cycles per pixel that two halves of an almost flat phase profile still differ by."""
    half = profile.size // 2
    if half == 0:
        return 0.0
    turn = profile[half:].sum() * profile[:half].sum().conj()
    return float(np.angle(turn)) / (np.pi * profile.size)
