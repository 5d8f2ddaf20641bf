"""Bias of the coherence estimate: few looks make independent images look coherent ([Touzi1999])."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

from cropnb.schema import require

MOST_LOOKS = 10_000.0  # [count] beyond, the bias is below 1e-2 at zero coherence and the table grows large

_N_NODE = 1025  # values of the table, evenly spaced in coherence


def expected_coherence(coherence: xr.DataArray, *, n_looks: float) -> xr.DataArray:
    r"""Mean of the coherence estimate where the true coherence is known.

    .. math::
        E[\hat\gamma] = \frac{\Gamma(L) \Gamma(3/2)}{\Gamma(L + 1/2)} \,
        {}_3F_2\left(\tfrac32, L, L; L + \tfrac12, 1; \gamma^2\right) (1 - \gamma^2)^L

    where :math:`\gamma` is `coherence`, :math:`L` is `n_looks` and :math:`\hat\gamma` what `coherence` of an
    image pair estimates from L looks.

    Parameters
    ----------
    coherence : DataArray (...) [1]
        True coherence, from 0 to 1.
    n_looks : float () [count]
        Number of independent looks, above 1. Neighbouring pixels of an SLC are correlated: a window of N
        pixels holds fewer looks than N.

    Returns
    -------
    DataArray (...) [1]
        Same dims, coordinates and precision. Values outside of 0 to 1 and NaN give NaN.

    Raises
    ------
    SchemaError
        If `n_looks` is 1 or less, or above 10 000.

    Notes
    -----
    Gaussian speckle of one coherence in the whole window is assumed. Without coherence the estimate has the
    mean :math:`\Gamma(L) \Gamma(3/2) / \Gamma(L + 1/2)`, about :math:`\sqrt{\pi / 4 L}`; it tends to 1 with
    the coherence. A table of 1025 values is interpolated in the square of the coherence, to within 1e-6.

    References
    ----------
    [Touzi1999]

    Examples
    --------
    >>> expected_coherence(xr.DataArray([0.0, 0.5, 1.0]), n_looks=9).round(4).values
    array([0.2995, 0.5385, 1.    ])
    """
    _require_looks("expected_coherence", n_looks)
    return _mapped(_forward, coherence, n_looks, "mean of the estimated coherence")


def debiased_coherence(coherence: xr.DataArray, *, n_looks: float) -> xr.DataArray:
    r"""Coherence whose estimate has the mean that was found: `expected_coherence` inverted.

    .. math::
        \gamma = E^{-1}(\hat\gamma; L)

    where :math:`\hat\gamma` is `coherence`, :math:`L` is `n_looks` and :math:`E` is `expected_coherence`,
    which rises with :math:`\gamma`.

    Parameters
    ----------
    coherence : DataArray (...) [1]
        Estimated coherence, from 0 to 1.
    n_looks : float () [count]
        Number of independent looks, above 1, as in `expected_coherence`.

    Returns
    -------
    DataArray (...) [1]
        Same dims, coordinates and precision; 0 where the estimate is at or below the mean it has without any
        coherence. Values outside of 0 to 1 and NaN give NaN.

    Raises
    ------
    SchemaError
        If `n_looks` is 1 or less, or above 10 000.

    Notes
    -----
    This inverts a mean: an average of estimates comes out right, whereas the correction of single estimates
    sets many of low coherence to 0 and moves their average. Average first, over a
    field for example.

    References
    ----------
    [Touzi1999]

    Examples
    --------
    >>> debiased_coherence(xr.DataArray([0.2, 0.5385, 1.0]), n_looks=9).round(3).values
    array([0. , 0.5, 1. ])
    """
    _require_looks("debiased_coherence", n_looks)
    return _mapped(_inverse, coherence, n_looks, "coherence, corrected for bias")


def _require_looks(name: str, n_looks: float) -> None:
    require(
        1.0 < n_looks <= MOST_LOOKS,
        f"{name}: n_looks {n_looks}; expected more than 1 and at most {MOST_LOOKS:.0f} independent looks. "
        "One look is always fully coherent: take a larger window.",
    )


def _mapped(
    function: Callable[..., NDArray[np.floating]], coherence: xr.DataArray, n_looks: float, long_name: str
) -> xr.DataArray:
    dtype = np.result_type(coherence.dtype.newbyteorder("="), np.float32)
    mapped: xr.DataArray = xr.apply_ufunc(
        partial(function, n_looks=float(n_looks), dtype=dtype),
        coherence,
        dask="parallelized",
        output_dtypes=[dtype],
        keep_attrs=True,
    )
    return mapped.assign_attrs(units="1", long_name=long_name, n_looks=float(n_looks))


def _forward(
    values: NDArray[np.floating], *, n_looks: float, dtype: np.dtype[np.floating]
) -> NDArray[np.floating]:
    squares, means = _table(n_looks)
    return np.interp(_within(values) ** 2, squares, means).astype(dtype)


def _inverse(
    values: NDArray[np.floating], *, n_looks: float, dtype: np.dtype[np.floating]
) -> NDArray[np.floating]:
    squares, means = _table(n_looks)
    return np.sqrt(np.interp(_within(values), means, squares)).astype(dtype)


def _within(values: NDArray[np.floating]) -> NDArray[np.float64]:
    wide = np.asarray(values, dtype=np.float64)
    return np.where((wide >= 0.0) & (wide <= 1.0), wide, np.nan)


@lru_cache(maxsize=32)
def _table(n_looks: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Squares of the coherence and the mean estimate at each.

    With x the square, the terms of the series are probabilities (L)_k / k! x^k (1 - x)^L of a negative
    binomial count k, times g_k = G(k + L) G(k + 3/2) / (G(k + L + 1/2) k!), which rises to 1 with k. Summed
    so, nothing cancels; and as larger x means larger counts, the mean rises with x.
    """
    squares = np.linspace(0.0, 1.0, _N_NODE) ** 2
    means = np.ones(_N_NODE)
    # Counts scale with x / (1 - x) times a Gamma(L) variable: none matters beyond its far tail.
    tail = n_looks + 9.0 * np.sqrt(n_looks) + 40.0
    n_term = (tail * squares[:-1] / (1.0 - squares[:-1]) + 60.0).astype(int)
    k = np.arange(n_term[-1], dtype=np.float64)
    log_count = gammaln(k + n_looks) - gammaln(n_looks) - gammaln(k + 1.0)
    growth = np.exp(gammaln(k + n_looks) - gammaln(k + n_looks + 0.5) + gammaln(k + 1.5) - gammaln(k + 1.0))
    for node, (x, n) in enumerate(zip(squares[:-1], n_term, strict=True)):
        probability = np.exp(log_count[:n] + xlogy(k[:n], x) + n_looks * np.log1p(-x))
        means[node] = probability @ growth[:n]
    return squares, means
