"""From single-look complex images to the covariance matrix C2: calibration, outer product, multilooking."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.features.blocks import block_means
from cropnb.features.compiled import compiled
from cropnb.features.images import Image, aligned, as_image, require_complex
from cropnb.features.planes import C2_ELEMENTS, c2_from_planes, c2_planes, image_from_planes, real_planes
from cropnb.features.windows import float_type, window_pass
from cropnb.schema import require


def calibrated_slc(digital_number: Image, *, sigma_nought: Image | float) -> xr.DataArray:
    r"""Complex scattering amplitude from the digital numbers of a single-look complex product.

    .. math::
        s = \frac{DN}{A_\sigma}, \qquad \sigma^0 = |s|^2

    where :math:`DN` is `digital_number` and :math:`A_\sigma` is `sigma_nought`, the calibration vector of
    that name in a Sentinel-1 product, interpolated to the pixels.

    Parameters
    ----------
    digital_number : DataArray or ndarray or dask Array (..., y, x) [1]
        Complex.
    sigma_nought : DataArray or ndarray or dask Array or float (..., y, x) [1]
        Positive; one number for all pixels, or a grid that broadcasts against `digital_number` by its dims.

    Returns
    -------
    DataArray (..., y, x) [1]
        Complex, with the dims, coordinates and attributes of `digital_number`.

    Raises
    ------
    SchemaError
        If `digital_number` is not complex, or the dims or coordinates of the two do not fit.

    Notes
    -----
    NaN where either is missing, and where `sigma_nought` is zero or negative. A digital number of zero stays
    zero: a Sentinel-1 product holds zeros outside of its bursts, mask them first. Thermal noise stays in; it
    can only be subtracted from power.

    Examples
    --------
    >>> calibrated_slc(np.array([[300 + 400j]]), sigma_nought=500.0).item()
    (0.6+0.8j)
    """
    image = as_image(digital_number, name="calibrated_slc")
    require_complex("calibrated_slc", image)
    if isinstance(sigma_nought, (int, float, np.number)):
        table = xr.DataArray(sigma_nought)
    else:
        table = as_image(sigma_nought, name="calibrated_slc: sigma_nought")
    image, table = aligned("calibrated_slc", image, table)
    require(
        set(table.dims) <= set(image.dims),
        f"calibrated_slc: sigma_nought of dims {table.dims}; expected some of {image.dims}.",
    )
    real = real_planes(image)
    grid = table.astype(float_type(image)).broadcast_like(image).transpose(*image.dims)
    parts = window_pass(_quotient, [*real, grid], reach=(0, 0), n_output=2)
    return image_from_planes(parts, like=image).assign_attrs(
        units="1", long_name=image.attrs.get("long_name", "scattering amplitude")
    )


def c2_from_slc(s_vv: Image, s_vh: Image) -> xr.Dataset:
    r"""Single-look covariance matrix of a dual-polarised image.

    .. math::
        C_{vv,vv} = |S_{vv}|^2, \quad C_{vh,vh} = |S_{vh}|^2, \quad C_{vv,vh} = S_{vv} S_{vh}^*

    where :math:`S_{vv}` is `s_vv` and :math:`S_{vh}` is `s_vh`.

    Parameters
    ----------
    s_vv : DataArray or ndarray or dask Array (..., y, x) [1]
        Complex, calibrated (`calibrated_slc`).
    s_vh : DataArray or ndarray or dask Array (..., y, x) [1]
        Complex, same dims and coordinates.

    Returns
    -------
    Dataset (..., y, x) [1, linear power]
        `c_vv_vv`, `c_vh_vh` real, `c_vv_vh` complex.

    Raises
    ------
    SchemaError
        If an image is not complex, or dims, shapes or coordinates differ.

    Notes
    -----
    The matrix has rank 1 until it is averaged (`multilook`, `boxcar`, `lee`): determinant 0, degree of
    polarisation 1. A pixel missing in one image is NaN in all three elements.

    References
    ----------
    [Lee1999]

    Examples
    --------
    >>> c2 = c2_from_slc(np.array([[3 + 4j]]), np.array([[1j]]))
    >>> c2.c_vv_vv.item(), c2.c_vh_vh.item(), c2.c_vv_vh.item()
    (25.0, 1.0, (4-3j))
    """
    images = [as_image(image, name="c2_from_slc") for image in (s_vv, s_vh)]
    for image in images:
        require_complex("c2_from_slc", image)
    first, second = aligned("c2_from_slc", *images)
    parts = [*real_planes(first), *real_planes(second)]
    return c2_from_planes(window_pass(_outer_product, parts, reach=(0, 0), n_output=4))


def c2_from_arrays(c_vv_vv: Image, c_vh_vh: Image, c_vv_vh: Image) -> xr.Dataset:
    """Covariance matrix from its three elements, as a Dataset that the filters and polarimetry take.

    Parameters
    ----------
    c_vv_vv : DataArray or ndarray or dask Array (..., y, x) [1, linear power]
        Mean of VV VV*, real.
    c_vh_vh : DataArray or ndarray or dask Array (..., y, x) [1, linear power]
        Mean of VH VH*, real, same dims and coordinates.
    c_vv_vh : DataArray or ndarray or dask Array (..., y, x) [1, linear power]
        Mean of VV VH*, complex, same dims and coordinates.

    Returns
    -------
    Dataset (..., y, x) [1, linear power]
        The elements in one precision.

    Raises
    ------
    SchemaError
        If dtypes, dims, shapes or coordinates do not fit.

    Notes
    -----
    A pixel missing in one element is NaN in all three. Negative power (noise subtracted) is kept as it is: it
    may average out.

    Examples
    --------
    >>> c2_from_arrays(np.array([[3.0]]), np.array([[1.0]]), np.array([[0.5 + 1j]])).c_vv_vh.item()
    (0.5+1j)
    """
    images = [as_image(image, name="c2_from_arrays") for image in (c_vv_vv, c_vh_vh, c_vv_vh)]
    on_grid = aligned("c2_from_arrays", *images)
    elements = xr.Dataset(dict(zip(C2_ELEMENTS, on_grid, strict=True)))
    planes = c2_planes(elements, name="c2_from_arrays")
    return c2_from_planes(window_pass(_joint_mask, planes, reach=(0, 0), n_output=4))


def multilook(values: Image | xr.Dataset, *, n_azimuth: int, n_range: int) -> xr.DataArray | xr.Dataset:
    r"""Mean over blocks of pixels, which trades resolution for looks.

    .. math::
        \bar{z}(k, l) = \frac{\sum_{B} v z}{\sum_{B} v}

    where :math:`z` is `values`, :math:`v` is 1 where it is finite and 0 elsewhere, and :math:`B` a block of
    `n_azimuth` rows and `n_range` columns.

    Parameters
    ----------
    values : DataArray or ndarray or dask Array or Dataset (..., y, x) [any]
        Linear power or a covariance matrix, never decibels and never the amplitude itself. Of a Dataset, all
        variables; the elements of a C2 share their missing pixels.
    n_azimuth : int () [pixel]
        Height of a block, along y.
    n_range : int () [pixel]
        Width of a block, along x.

    Returns
    -------
    DataArray or Dataset (..., y, x) [any]
        Attributes kept; coordinates are the centres of the blocks. Rows and columns at the end that fill no
        block are dropped.

    Raises
    ------
    SchemaError
        If a number of looks is below 1, or larger than the image.

    Notes
    -----
    A block averages its valid pixels; it is NaN only where it has none. The result has n_azimuth x n_range
    looks only if the pixels are independent. A focused image is sampled more finely than it resolves, so
    neighbours are correlated and the equivalent number of looks is lower: see `equivalent_number_of_looks`.

    References
    ----------
    [Goodman1963]

    Examples
    --------
    >>> multilook(np.array([[1.0, 3.0, 9.0], [np.nan, 5.0, 9.0]]), n_azimuth=2, n_range=2).values
    array([[3.]])
    """
    block = (n_azimuth, n_range)
    if not isinstance(values, xr.Dataset):
        return _averaged([as_image(values, name="multilook")], block)[0]
    done: dict[Hashable, xr.DataArray] = {}
    if set(C2_ELEMENTS) <= set(values):
        c2_planes(values, name="multilook")
        means = _averaged([values[element] for element in C2_ELEMENTS], block)
        done = dict(zip(C2_ELEMENTS, means, strict=True))
    for name, image in values.data_vars.items():
        if name not in done:
            done[name] = _averaged_variable(image, block)
    return xr.Dataset({name: done[name] for name in values.data_vars}, attrs=values.attrs)


def _averaged_variable(image: xr.DataArray, block: tuple[int, int]) -> xr.DataArray:
    """Block mean along those of y and x that a variable has."""
    widths = {dim: width for dim, width in zip(("y", "x"), block, strict=True) if dim in image.dims}
    if len(widths) == 2:
        return _averaged([as_image(image, name="multilook")], block)[0]
    mean: xr.DataArray = image.coarsen(widths, boundary="trim").mean() if widths else image
    return mean


def _averaged(images: list[xr.DataArray], block: tuple[int, int]) -> list[xr.DataArray]:
    """Block means of images that share their missing pixels."""
    means = block_means([part for image in images for part in real_planes(image)], block=block)
    averaged = []
    for image in images:
        parts = [means.pop(0) for _ in real_planes(image)]
        mean = image_from_planes(parts, like=parts[0])
        averaged.append(mean.rename(image.name).assign_attrs(image.attrs))
    return averaged


@compiled
def _quotient(
    parts: tuple[NDArray[np.inexact], ...], out: NDArray[np.floating], start: int, stop: int
) -> None:
    zero, missing = out.dtype.type(0), out.dtype.type(np.nan)
    for row in range(start, stop):
        for x in range(out.shape[2]):
            real, imaginary, factor = parts[0][row, x], parts[1][row, x], parts[2][row, x]
            doubt = (real - real) + (imaginary - imaginary) + (factor - factor)  # 0, or NaN
            valid = (doubt == zero) & (factor > zero)
            out[0, row, x] = real / factor if valid else missing
            out[1, row, x] = imaginary / factor if valid else missing


@compiled
def _outer_product(
    parts: tuple[NDArray[np.inexact], ...], out: NDArray[np.floating], start: int, stop: int
) -> None:
    zero, missing = out.dtype.type(0), out.dtype.type(np.nan)
    for row in range(start, stop):
        for x in range(out.shape[2]):
            a, b, c, d = parts[0][row, x], parts[1][row, x], parts[2][row, x], parts[3][row, x]
            doubt = (a - a) + (b - b) + (c - c) + (d - d)  # 0, or NaN
            valid = doubt == zero
            out[0, row, x] = a * a + b * b if valid else missing
            out[1, row, x] = c * c + d * d if valid else missing
            out[2, row, x] = a * c + b * d if valid else missing
            out[3, row, x] = b * c - a * d if valid else missing


@compiled
def _joint_mask(
    planes: tuple[NDArray[np.inexact], ...], out: NDArray[np.floating], start: int, stop: int
) -> None:
    zero, missing = out.dtype.type(0), out.dtype.type(np.nan)
    for row in range(start, stop):
        for x in range(out.shape[2]):
            a, b, c, d = planes[0][row, x], planes[1][row, x], planes[2][row, x], planes[3][row, x]
            doubt = (a - a) + (b - b) + (c - c) + (d - d)
            valid = doubt == zero
            out[0, row, x] = a if valid else missing
            out[1, row, x] = b if valid else missing
            out[2, row, x] = c if valid else missing
            out[3, row, x] = d if valid else missing
