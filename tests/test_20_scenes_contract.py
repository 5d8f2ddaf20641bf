"""Each breach of the scene contract is refused, with the value, the rule and the remedy in the message."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from cropnb.legends import Legend
from cropnb.scenes import example_point_scene, example_raster_scene, legend_of, validate
from cropnb.scenes.build import group_at
from cropnb.schema import SchemaError

C2, SIGMA0, COHERENCE = "/sentinel1/37/c2", "/sentinel1/88/sigma0", "/sentinel1/37/coherence"


@pytest.fixture
def raster() -> xr.DataTree:
    return example_raster_scene(np.random.default_rng(1))


@pytest.fixture
def points() -> xr.DataTree:
    return example_point_scene(np.random.default_rng(1))


def altered(
    scene: xr.DataTree, path: str, change: Callable[[xr.Dataset], xr.Dataset], to: str | None = None
) -> xr.DataTree:
    """The scene with one group changed, and at will moved."""
    groups = {group: group_at(scene, group, inherit=False) for group in scene.groups}
    groups[to or path] = change(groups.pop(path))
    return xr.DataTree.from_dict(groups)


def refused(scene: xr.DataTree, *parts: str) -> str:
    with pytest.raises(SchemaError) as caught:
        validate(scene)
    message = str(caught.value)
    for part in (*parts, "expected"):
        assert part in message, message
    assert re.search(r"[.?]$", message), "no remedy as a last sentence"
    return message


def test_valid_scenes_pass(raster: xr.DataTree, points: xr.DataTree) -> None:
    validate(raster)
    validate(points)


def test_valid_scenes_pass_on_dask(raster: xr.DataTree) -> None:
    validate(raster.chunk({"time": 2, "y": 7}))


def test_wrong_order_of_dims(raster: xr.DataTree) -> None:
    wrong = altered(raster, C2, lambda g: g.transpose("y", "x", "time"))
    refused(wrong, f"{C2}/c_vv_vv", "('y', 'x', 'time')", "('time', 'y', 'x')", ".transpose")


def test_missing_units(raster: xr.DataTree) -> None:
    refused(altered(raster, SIGMA0, lambda g: g.assign(vv=g.vv.drop_attrs())), "units None", "'1'")


def test_decibels_instead_of_power(raster: xr.DataTree) -> None:
    wrong = altered(raster, SIGMA0, lambda g: g.assign(vv=g.vv.assign_attrs(units="dB")))
    refused(wrong, "units 'dB'", "linear_from_db")


def test_wrong_dtype(raster: xr.DataTree) -> None:
    wrong = altered(raster, SIGMA0, lambda g: g.assign(vv=g.vv.astype(int)))
    refused(wrong, f"{SIGMA0}/vv", "dtype int64", "floating point", ".astype()")


def test_real_off_diagonal_element(raster: xr.DataTree) -> None:
    wrong = altered(raster, C2, lambda g: g.assign(c_vv_vh=g.c_vv_vh.real.assign_attrs(g.c_vv_vh.attrs)))
    refused(wrong, "c_vv_vh", "dtype float32", "complex")


@pytest.mark.parametrize(
    ("path", "co", "cross"), [(SIGMA0, "vv", "vh"), (C2, "c_vv_vv", "c_vh_vh")], ids=["sigma0", "c2"]
)
def test_swapped_polarisations(raster: xr.DataTree, path: str, co: str, cross: str) -> None:
    group = group_at(raster, path)
    medians = [f"{10 * np.log10(np.median(group[name])):.0f}" for name in (co, cross)]
    wrong = altered(raster, path, lambda g: g.rename({co: cross, cross: co}))
    message = refused(wrong, path, "swapped", "dB", f"Exchange {co} and {cross}")
    vh, vv = (float(number) for number in re.findall(r"(-?\d+\.\d) dB", message))
    assert [round(vh), round(vv)] == pytest.approx([float(m) for m in medians], abs=1)


def test_swapped_polarisations_at_points(points: xr.DataTree) -> None:
    wrong = altered(points, "/points/sentinel1", lambda g: g.rename(vv="vh", vh="vv"))
    refused(wrong, "/points/sentinel1", "swapped")


def test_missing_polarisation(raster: xr.DataTree) -> None:
    refused(altered(raster, SIGMA0, lambda g: g.drop_vars("vh")), "['vh'] missing", "both VV and VH")


def test_pair_from_two_orbits_by_its_interval(raster: xr.DataTree) -> None:
    def later(group: xr.Dataset) -> xr.Dataset:
        second = group.second_time.to_numpy().copy()
        second[2] += np.timedelta64(8 * 60, "s")  # the neighbouring orbit passes eight minutes later
        return group.assign_coords(second_time=("pair", second))

    refused(altered(raster, COHERENCE, later), "mixed orbits in pair 2", "12.0056 days", "multiple of 6 days")


def test_pair_of_both_satellites_passes(raster: xr.DataTree) -> None:
    six = np.timedelta64(6, "D") + np.timedelta64(30, "s")
    validate(
        altered(
            raster,
            COHERENCE,
            lambda g: g.assign_coords(second_time=("pair", g.first_time.to_numpy() + six)),
        )
    )


def test_pair_that_names_another_orbit(raster: xr.DataTree) -> None:
    wrong = altered(
        raster, COHERENCE, lambda g: g.assign_coords(relative_orbit=("pair", [37, 37, 110, 37, 37]))
    )
    refused(wrong, "mixed orbits in pair 2", "relative_orbit 110", "orbit 37 in both")


def test_orbit_attribute_other_than_the_group(raster: xr.DataTree) -> None:
    wrong = altered(raster, C2, lambda g: g.assign_attrs(relative_orbit=110))
    refused(wrong, C2, "relative_orbit 110", "'37'", "Split the acquisitions")


def test_orbit_that_does_not_exist(raster: xr.DataTree) -> None:
    wrong = altered(raster, SIGMA0, lambda g: g.assign_attrs(relative_orbit=176), to="/sentinel1/176/sigma0")
    refused(wrong, "'176'", "1 to 175")


def test_duplicate_dates(raster: xr.DataTree) -> None:
    wrong = altered(raster, SIGMA0, lambda g: g.isel(time=[0, 1, 1, 2]))
    refused(wrong, "duplicate dates 2017-05-18T17:32:10", "drop_duplicates")


def test_unsorted_dates(raster: xr.DataTree) -> None:
    wrong = altered(raster, SIGMA0, lambda g: g.isel(time=[0, 2, 1]))
    refused(wrong, "2017-05-18T17:32:10 after 2017-05-30T17:32:10", "sortby('time')")


def test_missing_date(raster: xr.DataTree) -> None:
    def without(group: xr.Dataset) -> xr.Dataset:
        time = group.time.to_numpy().copy()
        time[1] = np.datetime64("NaT")
        return group.assign_coords(time=time)

    refused(altered(raster, SIGMA0, without), "1 of 6 dates missing")


@pytest.mark.parametrize("chunked", [False, True])
def test_date_without_any_value(raster: xr.DataTree, chunked: bool) -> None:
    def emptied(group: xr.Dataset) -> xr.Dataset:
        gone = group.vh.where(group.time != group.time[3])
        return group.assign(vh=gone.chunk({"time": 2, "y": 5}) if chunked else gone)

    refused(altered(raster, SIGMA0, emptied), f"{SIGMA0}/vh", "1 of 6 dates", "2017-06-11", "Drop")


def test_negative_power(raster: xr.DataTree) -> None:
    def spoiled(group: xr.Dataset) -> xr.Dataset:
        vv = group.vv.copy()
        vv[2, 3, 4] = -9999.0
        return group.assign(vv=vv)

    refused(altered(raster, SIGMA0, spoiled), "1 of 3456 values negative", "-9999", "write NaN")


def test_label_without_legend(raster: xr.DataTree) -> None:
    refused(altered(raster, "/labels", lambda g: g.drop_attrs(deep=False)), "without a legend", "to_json")


def test_label_outside_legend(raster: xr.DataTree) -> None:
    wrong = altered(
        raster, "/labels", lambda g: g.assign_attrs(legend=Legend.from_names(["a", "b"]).to_json())
    )
    refused(wrong, "class_id 2 outside", "-1 (unlabelled) to 1", "Add the class")


def test_label_below_minus_one(raster: xr.DataTree) -> None:
    wrong = altered(raster, "/labels", lambda g: g.assign(class_id=g.class_id.where(g.class_id >= 0, -9)))
    refused(wrong, "class_id -9 outside")


@pytest.mark.parametrize("name", ["name", "kind", "crs", "season", "licence", "source", "fingerprint"])
def test_missing_root_attribute(raster: xr.DataTree, name: str) -> None:
    del raster.attrs[name]
    refused(raster, f"['{name}'] missing", "Set scene.attrs")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "made up"),
        ("season", "2017"),
        ("season", "2017-09-30/2017-05-01"),
        ("fingerprint", "abc"),
    ],
)
def test_malformed_root_attribute(raster: xr.DataTree, name: str, value: str) -> None:
    raster.attrs[name] = value
    refused(raster, f"{name} '{value}'")


def test_points_without_points(points: xr.DataTree) -> None:
    wrong = altered(points, "/points", lambda g: g.drop_vars(["class_id", "lon", "lat", "group"]))
    refused(wrong, "/points", "class_id")


def test_point_scene_of_no_samples(points: xr.DataTree) -> None:
    refused(points.isel(sample=slice(0, 0)), "0 samples", "at least one sample")


@pytest.mark.parametrize(
    ("to", "near"),
    [
        ("/sentinel1/88/sigma", "/sentinel1/88/sigma0"),
        ("/sentinal2", "/sentinel2"),
        ("/label", "/labels"),
    ],
)
def test_unknown_group_names_the_nearest(raster: xr.DataTree, to: str, near: str) -> None:
    refused(altered(raster, near, lambda g: g, to=to), to, f"the nearest is {near}", "Rename")


def test_empty_scene(raster: xr.DataTree) -> None:
    refused(xr.DataTree(xr.Dataset(attrs=raster.attrs)), "no data groups")


def test_variables_in_a_container(raster: xr.DataTree) -> None:
    extra = xr.Dataset({"loose": ((), 1.0, {"units": "1"})})
    refused(altered(raster, "/sentinel1/88", lambda _: extra), "['loose'] in a container")


def test_extra_variable_needs_units(raster: xr.DataTree) -> None:
    def extended(group: xr.Dataset, **attrs: str) -> xr.Dataset:
        return group.assign(incidence_angle=(("y", "x"), np.full((24, 24), 38.0), attrs))

    validate(altered(raster, SIGMA0, lambda g: extended(g, units="degrees")))
    refused(altered(raster, SIGMA0, extended), "['incidence_angle'] without units")


def test_truth_only_in_simulated_scenes(raster: xr.DataTree) -> None:
    raster["/truth"] = xr.Dataset({"lai": (("y", "x"), np.ones((24, 24)))})
    validate(raster)
    raster.attrs["kind"] = "real"
    refused(raster, "/truth", "'real'", "only in simulated scenes")


def test_unknown_band(raster: xr.DataTree) -> None:
    names = ["B2", *group_at(raster, "/sentinel2").band.to_numpy()[1:]]
    refused(altered(raster, "/sentinel2", lambda g: g.assign_coords(band=names)), "['B2'] unknown", "B02")


def test_missing_coordinate(raster: xr.DataTree) -> None:
    refused(altered(raster, "/labels", lambda g: g.drop_vars("y")), "['y'] missing", "assign_coords")


def test_legend_of_both_kinds_of_scene(raster: xr.DataTree, points: xr.DataTree) -> None:
    assert legend_of(raster).names == legend_of(points).names == ("grass", "maize", "winter wheat")
    with pytest.raises(SchemaError, match="no legend among"):
        legend_of(altered(raster, "/labels", lambda g: g.drop_attrs()))


def test_examples_are_reproducible_and_labelled_simulated() -> None:
    one, same, other = (example_raster_scene(np.random.default_rng(seed)) for seed in (1, 1, 2))
    xr.testing.assert_identical(one, same)
    assert one.attrs["kind"] == "simulated"
    assert one.attrs["fingerprint"] != other.attrs["fingerprint"]
