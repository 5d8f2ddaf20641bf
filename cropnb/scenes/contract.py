"""The scene contract: what `validate` asks of a scene before anything is computed from it."""

from __future__ import annotations

import re
from datetime import date

import xarray as xr

from cropnb.legends import Legend
from cropnb.scenes.build import group_at
from cropnb.scenes.content import check_content
from cropnb.scenes.errors import nearest, problem
from cropnb.scenes.groups import check_group
from cropnb.schema import GROUPS, KINDS, ROOT_ATTRS, GroupSchema, SchemaError, require

ORBIT = "<relative_orbit>"
TRUTH = "/truth"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def validate(scene: xr.DataTree) -> None:
    """Check a scene against the contract.

    Parameters
    ----------
    scene : DataTree
        NumPy or Dask arrays; Dask arrays are read once, chunk by chunk.

    Raises
    ------
    SchemaError
        At the first breach: wrong root attributes, unknown group, wrong dims, units or dtypes, a missing or
        swapped polarisation, mixed orbits, dates out of order, twice or without any data, negative power,
        labels without a legend or outside it, points without samples, a damaged file underneath.

    Notes
    -----
    Swapped polarisations are found by a heuristic: the median VH power of a group exceeds its median VV
    power. Over fields VH lies some 5 to 10 dB below VV, whatever grows there, so that the order of the
    medians is safe for a scene of fields; it proves nothing for a single pixel, and a scene with a badly
    calibrated channel can be refused although its names are right. Medians are taken to 0.1 dB.

    Variables that the contract does not know are accepted when they carry `units`. What lies under `/truth`
    is not looked at: it is the simulation's own, and only a simulated scene may have it.
    """
    check_root(scene)
    groups = scene_groups(scene)
    for path, schema in groups.items():
        check_group(group_at(scene, path), schema, path=path)
    _check_points(scene)
    check_content({path: (group_at(scene, path), schema) for path, schema in groups.items()})


def check_root(scene: xr.DataTree) -> None:
    """Check the attributes of the root.

    Parameters
    ----------
    scene : DataTree
        A scene.

    Raises
    ------
    SchemaError
        If one is missing or does not read as it should.
    """
    missing = [name for name in ROOT_ATTRS if not str(scene.attrs.get(name, "")).strip()]
    require(
        not missing,
        problem(
            "scene",
            f"root attributes {missing} missing",
            expected=", ".join(ROOT_ATTRS),
            remedy="Set scene.attrs[...] for each; a licence that nobody stated reads 'unknown'.",
        ),
    )
    kind = scene.attrs["kind"]
    require(
        kind in KINDS,
        problem("scene", f"kind {kind!r}", expected="'simulated' or 'real'", remedy="Set attrs['kind']."),
    )
    _check_season(str(scene.attrs["season"]))
    fingerprint = str(scene.attrs["fingerprint"])
    require(
        _SHA256.fullmatch(fingerprint) is not None,
        problem(
            "scene",
            f"fingerprint {fingerprint!r}",
            expected="64 hexadecimal digits",
            remedy="Take fingerprint_of_files(source files), or fingerprint_of_text(parameters, version).",
        ),
    )


def _check_season(season: str) -> None:
    try:
        first, last = (date.fromisoformat(part) for part in season.split("/"))
        in_order = first <= last
    except ValueError:
        in_order = False
    require(
        in_order,
        problem(
            "scene",
            f"season {season!r}",
            expected="'YYYY-MM-DD/YYYY-MM-DD', first day first",
            remedy="Set attrs['season'].",
        ),
    )


def legend_of(scene: xr.DataTree) -> Legend:
    """Legend of a scene's labels.

    Parameters
    ----------
    scene : DataTree
        Raster or point scene.

    Returns
    -------
    Legend
        Of `/labels` or `/points`.

    Raises
    ------
    SchemaError
        If the scene has no labels, or labels without a legend.
    """
    for path in ("/labels", "/points"):
        if path in scene.groups and "legend" in scene[path].attrs:
            return Legend.from_json(scene[path].attrs["legend"])
    raise SchemaError(
        problem(
            "scene",
            f"no legend among the groups {sorted(scene.groups)}",
            expected="the attribute `legend` on /labels or /points",
            remedy="Take a labelled scene, or set attrs['legend'] = Legend(...).to_json().",
        )
    )


def scene_groups(scene: xr.DataTree) -> dict[str, GroupSchema]:
    """Groups of a scene that the contract describes, each with its schema.

    Parameters
    ----------
    scene : DataTree
        A scene.

    Returns
    -------
    dict of str to GroupSchema
        By path, without the containers on the way and without `/truth`.

    Raises
    ------
    SchemaError
        If there is a group the contract does not know, or none that it knows.
    """
    found = {}
    for path in scene.groups:
        schema = schema_of(path)
        if schema is not None:
            found[path] = schema
        elif not _is_truth(path, scene):
            _check_container(path, scene)
    require(
        bool(found),
        problem(
            "scene",
            "no data groups",
            expected=f"at least one of {', '.join(GROUPS)}",
            remedy="Add a sensor or labels.",
        ),
    )
    return found


def schema_of(path: str) -> GroupSchema | None:
    """Schema of the group at a path such as `/sentinel1/37/c2`; None where the contract has none.

    Parameters
    ----------
    path : str
        Absolute path of a group.

    Returns
    -------
    GroupSchema or None
        What the group holds.
    """
    return GROUPS.get(_pattern(path))


def _pattern(path: str) -> str:
    parts = path.split("/")
    if len(parts) > 2 and parts[1] == "sentinel1":
        parts[2] = ORBIT
    return "/".join(parts)


def _is_truth(path: str, scene: xr.DataTree) -> bool:
    if path != TRUTH and not path.startswith(f"{TRUTH}/"):
        return False
    require(
        scene.attrs["kind"] == "simulated",
        problem(
            path,
            f"in a scene of kind {scene.attrs['kind']!r}",
            expected="only in simulated scenes",
            remedy="Move reference data to /labels.",
        ),
    )
    return True


def _check_container(path: str, scene: xr.DataTree) -> None:
    """A group without a schema has to lead to one with a schema, and to hold nothing itself."""
    below = [known for known in GROUPS if known.startswith(_pattern(path).rstrip("/") + "/")]
    concrete = [known.replace(ORBIT, _orbit_segment(path)) for known in GROUPS]
    require(
        bool(below),
        problem(
            path,
            "unknown group",
            expected=f"a group of the contract; the nearest is {nearest(path, concrete)[0]}",
            remedy="Rename it.",
        ),
    )
    variables = sorted(str(name) for name in group_at(scene, path).data_vars)
    require(
        not variables,
        problem(
            path,
            f"variables {variables} in a container",
            expected=f"variables in {', '.join(below[:3])}",
            remedy="Move them there.",
        ),
    )


def _orbit_segment(path: str) -> str:
    parts = path.split("/")
    return parts[2] if len(parts) > 2 else ORBIT


def _check_points(scene: xr.DataTree) -> None:
    paths = [path for path in scene.groups if path == "/points" or path.startswith("/points/")]
    if not paths:
        return
    points = group_at(scene, "/points")
    n_sample = points.sizes.get("sample", 0)
    require(
        "class_id" in points and n_sample > 0,
        problem(
            "/points",
            f"{n_sample} samples, variables {sorted(map(str, points.data_vars))}",
            expected="class_id, lon, lat, group of at least one sample",
            remedy="A point scene needs its points: add them beside /points/sentinel1 and /points/sentinel2.",
        ),
    )
