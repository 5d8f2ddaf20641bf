"""Scenes on disk: Zarr written in one stroke, opened lazily, cut into blocks.

Zarr format 2: its consolidated metadata and fixed-length text are part of the specification, which they are
not (yet) in format 3. Beside the arrays lies a manifest with the size of every file, so that a store that
lost a part is recognised on opening: Zarr itself reads a missing chunk as missing data.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import xarray as xr

from cropnb.scenes.build import group_at
from cropnb.scenes.errors import nearest, problem
from cropnb.schema import SchemaError, require

MANIFEST = "cropnb-manifest.json"
# Elements of a chunk along each dim: 4 MiB of float32 for 16 dates of 256 x 256 pixels.
CHUNKS = {"time": 16, "pair": 16, "y": 256, "x": 256, "sample": 4096}
Chunks = Mapping[str, int] | Literal["auto"] | int | None
_READ_ERRORS = (OSError, KeyError, ValueError, RuntimeError)


def save_scene(scene: xr.DataTree, path: Path | str, *, overwrite: bool = False) -> Path:
    """Write a scene as Zarr, wholly or not at all.

    Parameters
    ----------
    scene : DataTree
        Any scene; call `validate` before.
    path : Path or str
        Folder to make, by custom ending in `.zarr`.
    overwrite : bool () [1]
        Whether to replace a folder of that name.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    SchemaError
        If the folder is there and `overwrite` is false.

    Notes
    -----
    Everything goes into a temporary folder beside `path`, which is renamed at the end. Only between the two
    renames of an overwrite is there a moment without the folder; the old content is never mixed with the new.
    """
    path = Path(path)
    require(
        overwrite or not path.exists(),
        problem(
            str(path),
            "exists",
            expected="a folder that is not there yet",
            remedy="Choose another path, or pass overwrite=True.",
        ),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent))
    try:
        _write(scene, workshop / "scene")
        _publish(workshop, path, overwrite=overwrite)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    return path


def _write(scene: xr.DataTree, folder: Path) -> None:
    groups = {path: _chunked(group_at(scene, path, inherit=False)) for path in scene.groups}
    tree = xr.DataTree.from_dict(groups)
    tree.to_zarr(folder, mode="w", consolidated=True, zarr_format=2, write_empty_chunks=True)
    write_manifest(folder)


def write_manifest(folder: Path) -> None:
    """List the size of every file of a finished store, for `open_store` to compare.

    Parameters
    ----------
    folder : Path
        The store.
    """
    sizes = {str(file.relative_to(folder)): file.stat().st_size for file in _files(folder)}
    (folder / MANIFEST).write_text(json.dumps(sizes, indent=0, sort_keys=True))


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _chunked(group: xr.Dataset) -> xr.Dataset:
    sizes = {str(dim): min(size, CHUNKS.get(str(dim), size)) for dim, size in group.sizes.items()}
    return group.drop_encoding().chunk({dim: size for dim, size in sizes.items() if size > 0})


def _publish(workshop: Path, path: Path, *, overwrite: bool) -> None:
    """Rename the finished store to its name, moving an old one out of the way first."""
    if overwrite and path.exists():
        path.rename(workshop / "old")
    (workshop / "scene").rename(path)


def open_store(path: Path | str, *, chunks: Chunks = None) -> xr.DataTree:
    """Open a scene written by `save_scene`, without reading its arrays.

    Parameters
    ----------
    path : Path or str
        Folder of the store.
    chunks : mapping, "auto" or None
        `{}` for Dask arrays in the chunks of the store; None for arrays that are read when first used.

    Returns
    -------
    DataTree
        The scene.

    Raises
    ------
    SchemaError
        If there is no store, or a file of it is missing, cut off or unreadable.
    """
    path = Path(path)
    if not path.is_dir():
        siblings = [sibling.name for sibling in path.parent.glob("*.zarr")] if path.parent.is_dir() else []
        near = nearest(path.name, siblings)
        raise SchemaError(
            problem(
                str(path),
                "no such folder",
                expected="a scene stored as Zarr",
                remedy=f"Did you mean {near[0]}?" if near else "Check the path.",
            )
        )
    _check_manifest(path)
    try:
        tree: xr.DataTree = xr.open_datatree(path, engine="zarr", chunks=chunks, consolidated=True)
    except _READ_ERRORS as error:
        raise SchemaError(_broken(path, f"cannot be opened ({str(error)[:200]})")) from error
    return tree


def _check_manifest(path: Path) -> None:
    """Compare sizes with the manifest; a store of other origin has none and passes."""
    manifest = path / MANIFEST
    if not manifest.is_file():
        return
    try:
        sizes: dict[str, int] = json.loads(manifest.read_text())
    except ValueError as error:
        raise SchemaError(_broken(path, f"its {MANIFEST} is cut off")) from error
    for name, size in sizes.items():
        file = path / name
        found = file.stat().st_size if file.is_file() else None
        if found != size:
            what = f"{name} missing" if found is None else f"{name} has {found} bytes"
            raise SchemaError(_broken(path, what, expected=f"{size} bytes"))


def _broken(path: Path, what: str, *, expected: str = "a complete Zarr store") -> str:
    return problem(
        str(path), what, expected=expected, remedy="Remove the folder and generate or copy it again."
    )
