"""Putting a scene together: groups by their schema, root attributes, fingerprints."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from cropnb.schema import ROOT_ATTRS, GroupSchema, SchemaError, require

_CHUNK = 1 << 20  # bytes read at a time when hashing a file


def group_dataset(
    schema: GroupSchema,
    variables: Mapping[str, Any],
    *,
    coords: Mapping[str, Any],
    attrs: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """One group of a scene, with dims, units and long names taken from its schema.

    Parameters
    ----------
    schema : GroupSchema
        What the group holds.
    variables : mapping of str to array
        Arrays in the order of dims the schema gives.
    coords : mapping of str to array
        Coordinates of the group.
    attrs : mapping, optional
        Attributes of the group, such as `relative_orbit`.

    Returns
    -------
    Dataset
        The group; nothing has been validated.

    Raises
    ------
    SchemaError
        If `variables` has a name that the schema does not know.
    """
    unknown = sorted(set(variables) - set(schema.variables))
    require(
        not unknown,
        f"{schema.title}: variable {unknown} unknown; expected {sorted(schema.variables)}. "
        "Add other variables to the Dataset afterwards, with units.",
    )
    data = {name: _variable(schema, name, values) for name, values in variables.items()}
    return xr.Dataset(data, coords=dict(coords), attrs=dict(attrs or {}))


def _variable(schema: GroupSchema, name: str, values: object) -> xr.Variable:
    known = schema.variables[name]
    return xr.Variable(known.dims, values, {"units": known.units, "long_name": known.long_name})


def scene_from_groups(groups: Mapping[str, xr.Dataset], **root: str) -> xr.DataTree:
    """Scene of `groups`, keyed by their path, under a root that has the attributes `root`.

    Parameters
    ----------
    groups : mapping of str to Dataset
        For example `{"/sentinel1/37/c2": ..., "/labels": ...}`.
    **root : str
        All of `cropnb.schema.ROOT_ATTRS`, and others at will.

    Returns
    -------
    DataTree
        The scene; call `validate` on it.

    Raises
    ------
    SchemaError
        If a root attribute is missing.
    """
    missing = [name for name in ROOT_ATTRS if name not in root]
    require(not missing, f"scene: root attribute {missing} missing; expected {ROOT_ATTRS}. Pass them all.")
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=dict(root)), **groups})


def group_at(scene: xr.DataTree, path: str, *, inherit: bool = True) -> xr.Dataset:
    """Group of a scene as a Dataset.

    Parameters
    ----------
    scene : DataTree
        A scene.
    path : str
        Absolute path of the group.
    inherit : bool () [1]
        Whether to take over the index coordinates of the groups above.

    Returns
    -------
    Dataset
        Shares its arrays with the scene.

    Raises
    ------
    SchemaError
        If there is no such group.
    """
    node = scene[path] if path in scene.groups else None
    if not isinstance(node, xr.DataTree):
        raise SchemaError(f"scene: no group {path}; it has {', '.join(scene.groups)}. Use one of these.")
    return node.to_dataset(inherit=inherit)


def fingerprint_of_text(*parts: str) -> str:
    """SHA-256 over texts, such as the parameters of a simulation and its version.

    Parameters
    ----------
    *parts : str
        Texts; their boundaries count, so ("ab", "c") differs from ("a", "bc").

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


def sha256_of_file(path: Path) -> str:
    """SHA-256 of the content of a file.

    Parameters
    ----------
    path : Path
        A file.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def fingerprint_of_files(paths: list[Path]) -> str:
    """SHA-256 over the contents of source files, in the order of `paths`.

    Parameters
    ----------
    paths : list of Path
        The files a scene was read from.

    Returns
    -------
    str
        64 hexadecimal digits; names and dates of the files do not enter.
    """
    return fingerprint_of_text(*(sha256_of_file(path) for path in paths))
