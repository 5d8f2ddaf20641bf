"""Complex images and covariance matrices as the real planes that compiled passes take, and back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cropnb.features.images import as_image
from cropnb.schema import LINEAR_POWER, require

# Elements of C2 and what they are called in plots: <VV VV*>, <VH VH*>, <VV VH*>.
C2_ELEMENTS = {
    "c_vv_vv": "C2 element VV VV*",
    "c_vh_vh": "C2 element VH VH*",
    "c_vv_vh": "C2 element VV VH*",
}


def real_planes(image: xr.DataArray) -> list[xr.DataArray]:
    """Real and imaginary part of a complex image; a real image alone.

    Parameters
    ----------
    image : DataArray (..., y, x) [any]
        Real or complex.

    Returns
    -------
    list of DataArray (..., y, x) [any]
        Two planes or one; views where the array allows it.
    """
    return [image.real, image.imag] if image.dtype.kind == "c" else [image]


def image_from_planes(planes: Sequence[xr.DataArray], *, like: xr.DataArray) -> xr.DataArray:
    """Undo `real_planes`, with the coordinates, name and attributes of another image.

    Parameters
    ----------
    planes : sequence of DataArray (..., y, x) [any]
        One real plane, or real and imaginary part.
    like : DataArray (..., y, x) [any]
        Same shape.

    Returns
    -------
    DataArray (..., y, x) [any]
        Real from one plane, complex from two; a missing complex pixel is NaN in both parts.
    """
    if len(planes) == 1:
        return like.copy(data=planes[0].data)
    dtype = np.result_type(planes[0].dtype, np.complex64)
    joined: xr.DataArray = xr.apply_ufunc(_complex, *planes, dask="parallelized", output_dtypes=[dtype])
    return like.copy(data=joined.data)


def c2_planes(c2: xr.Dataset, *, name: str) -> list[xr.DataArray]:
    """The four real planes of a covariance matrix: both powers, real and imaginary part of VV VH*.

    Parameters
    ----------
    c2 : Dataset (..., y, x) [1, linear power]
        `c_vv_vv`, `c_vh_vh` real, `c_vv_vh` complex.
    name : str () [1]
        The function that asks, for the error message.

    Returns
    -------
    list of DataArray (..., y, x) [1, linear power]
        Views where the arrays allow it.

    Raises
    ------
    SchemaError
        If an element is missing, or is real where it has to be complex or complex where real.
    """
    missing = [element for element in C2_ELEMENTS if element not in c2]
    require(
        not missing,
        f"{name}: a Dataset of {sorted(map(str, c2.data_vars))}; expected the covariance matrix, {missing} "
        "missing. Build it with c2_from_slc or c2_from_arrays.",
    )
    elements = [as_image(c2[element], name=f"{name}: {element}") for element in C2_ELEMENTS]
    kinds = [element.dtype.kind == "c" for element in elements]
    require(
        kinds == [False, False, True],
        f"{name}: dtypes {[str(element.dtype) for element in elements]} of {list(C2_ELEMENTS)}; "
        "expected real, real, complex.",
    )
    return [elements[0], elements[1], *real_planes(elements[2])]


def c2_from_planes(planes: Sequence[xr.DataArray]) -> xr.Dataset:
    """Undo `c2_planes`.

    Parameters
    ----------
    planes : sequence of DataArray (4, ..., y, x) [1, linear power]
        Both powers, real and imaginary part of VV VH*.

    Returns
    -------
    Dataset (..., y, x) [1, linear power]
        `c_vv_vv`, `c_vh_vh`, `c_vv_vh` with units and long names.
    """
    images = [planes[0], planes[1], image_from_planes(planes[2:], like=planes[2])]
    return xr.Dataset(
        {
            element: image.assign_attrs(units=LINEAR_POWER, long_name=long_name)
            for (element, long_name), image in zip(C2_ELEMENTS.items(), images, strict=True)
        }
    )


def _complex(real: NDArray[np.floating], imaginary: NDArray[np.floating]) -> NDArray[np.complexfloating]:
    joined = np.empty(real.shape, np.result_type(real.dtype, np.complex64))
    joined.real, joined.imag = real, imaginary
    return joined
