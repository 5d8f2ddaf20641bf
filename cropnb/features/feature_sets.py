"""Feature groups of chapter 3 of [Liu2024] and the scenarios of its section 3.3.2, by the names used here."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType

from cropnb.schema import POLARISATIONS, SchemaError

_GLCM = ("glcm_mean", "glcm_variance", "glcm_correlation")

# Section 3.2.3 and 3.2.4, Figure S1. RVI stands with the backscatter, of which it is made.
FEATURE_GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "backscatter": ("vv_db", "vh_db", "cross_ratio_db", "rvi"),
        "covariance": ("c_vv_vv", "c_vh_vh", "c_vv_vh_real", "c_vv_vh_imag"),
        "h_alpha": ("entropy", "alpha"),
        "dprvi": ("dprvi",),
        "glcm": tuple(f"{polarisation}_{name}" for polarisation in POLARISATIONS for name in _GLCM),
        "m_chi": ("ps", "pd", "pv"),
    }
)

# Section 3.3.2: H/alpha ("Dual-pol" there) and DpRVI say the same, so (a) and (b) have one of them each.
SCENARIOS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "scenario_a": ("glcm", "m_chi", "h_alpha"),
        "scenario_b": ("glcm", "m_chi", "dprvi"),
        "scenario_c": ("glcm", "m_chi", "h_alpha", "dprvi"),
    }
)


def feature_set(name: str) -> tuple[str, ...]:
    """Names of the features of a group or scenario.

    Parameters
    ----------
    name : str () [1]
        Key of `FEATURE_GROUPS` or `SCENARIOS`.

    Returns
    -------
    tuple of str (feature,) [1]
        Without repetition, group after group. Those of the texture begin with the polarisation.

    Raises
    ------
    SchemaError
        If there is no such group or scenario; the message names the nearest.

    Examples
    --------
    >>> feature_set("m_chi")
    ('ps', 'pd', 'pv')
    >>> len(feature_set("scenario_c"))
    12
    """
    if name in FEATURE_GROUPS:
        return FEATURE_GROUPS[name]
    if name in SCENARIOS:
        return tuple(feature for group in SCENARIOS[name] for feature in FEATURE_GROUPS[group])
    known = (*FEATURE_GROUPS, *SCENARIOS)
    nearest = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.0)[0]
    message = f"feature_set: {name!r} unknown; expected one of {', '.join(known)}. Did you mean {nearest!r}?"
    raise SchemaError(message)
