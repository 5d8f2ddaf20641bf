"""All features by name: the same numbers as each function alone, lazily, whatever the chunks."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
import xarray as xr

from cropnb.features import FEATURE_GROUPS, RADAR_FEATURES, boxcar, c2_from_arrays, radar_features
from cropnb.schema import SchemaError

EVERY_GROUP = tuple(name for group in FEATURE_GROUPS.values() for name in group)


@pytest.fixture(scope="module")
def stack() -> xr.Dataset:
    """Two dates of correlated speckle with a gap."""
    rng = np.random.default_rng(3)
    looks = rng.normal(size=(2, 2, 3, 23, 31)) + 1j * rng.normal(size=(2, 2, 3, 23, 31))
    vv, vh = looks[0], 0.3 * looks[1] + 0.05 * looks[0]
    c2 = c2_from_arrays(
        *(
            part.mean(axis=1).astype(kind)
            for part, kind in (
                (abs(vv) ** 2, np.float32),
                (abs(vh) ** 2, np.float32),
                (vv * vh.conj(), np.complex64),
            )
        )
    )
    c2["c_vh_vh"][0, 5, 7] = np.nan
    return c2 * np.float32(0.05)


@pytest.mark.parametrize("window", [1, 3])
def test_every_feature_of_the_thesis_is_made_and_finite_where_data_is(stack, window):
    made = radar_features(stack, EVERY_GROUP, window=window)
    assert tuple(made.data_vars) == EVERY_GROUP
    for name, values in made.data_vars.items():
        assert values.dims == ("time", "y", "x")
        assert values.dtype == np.float32
        assert values.attrs["units"]
        assert values.attrs["long_name"]
        missing = ~np.isfinite(values.values)
        # An element is missing where it is missing itself; what needs the matrix, where any element is.
        alone = name in {"vv_db", "c_vv_vv", "c_vv_vh_real", "c_vv_vh_imag"} or name.startswith("vv_glcm")
        assert missing.sum() == (0 if alone else 1), name


def test_decibels_are_those_of_the_mean(stack):
    made = radar_features(stack, ("vh_db", "cross_ratio_db"), window=3)
    vv, vh = (boxcar(stack[name], window=3).values for name in ("c_vv_vv", "c_vh_vh"))
    np.testing.assert_allclose(made.vh_db, 10 * np.log10(vh), rtol=1e-5)
    np.testing.assert_allclose(made.cross_ratio_db, 10 * np.log10(vh / vv), atol=1e-4)


@pytest.mark.parametrize("chunks", [{"time": 1, "y": 10, "x": 8}, {"time": 2, "y": 23, "x": 4}])
def test_chunks_do_not_change_a_bit_and_nothing_is_computed_early(stack, chunks):
    names = (*EVERY_GROUP, "s3", "anisotropy")
    lazy = radar_features(stack.chunk(chunks), names, window=3)
    assert all(isinstance(values.data, da.Array) for values in lazy.data_vars.values())
    whole = radar_features(stack, names, window=3)
    for name in names:
        np.testing.assert_array_equal(lazy[name].values, whole[name].values, err_msg=name)


def test_mixed_precision_and_repeated_names_give_the_same_lazily(stack):
    mixed = stack.assign(c_vv_vv=stack.c_vv_vv.astype(np.float64))
    names = ("vh_db", "m", "vh_db", "vv_glcm_mean")
    lazy, whole = (radar_features(c2, names, window=3) for c2 in (mixed.chunk(x=10), mixed))
    assert list(whole.data_vars) == list(lazy.data_vars) == ["vh_db", "m", "vv_glcm_mean"]
    for name, values in whole.data_vars.items():
        assert lazy[name].dtype == values.dtype == np.float64
        np.testing.assert_array_equal(lazy[name].values, values.values, err_msg=name)


def test_an_unknown_name_is_answered_with_the_nearest(stack):
    with pytest.raises(SchemaError, match=r"'entropie' unknown.*\['entropy'\]"):
        radar_features(stack, ("m", "entropie"))
    with pytest.raises(SchemaError, match="no names"):
        radar_features(stack, ())


def test_names_of_the_groups_are_names_of_the_stack():
    assert set(EVERY_GROUP) <= set(RADAR_FEATURES)
