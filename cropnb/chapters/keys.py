"""The key of a run: a hash of everything its outcome depends on."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Iterable, Mapping
from pathlib import Path

from cropnb import paths
from cropnb.chapters.parameters import Value

_TABLES = {".toml", ".csv", ".json", ".yaml", ".yml"}
_SCENE_FILES = ("zarr.json", ".zattrs", ".zmetadata")  # root attributes of a Zarr scene: name, fingerprint
_PACKAGES = (
    "cropnb",
    "dask",
    "lightning",
    "matplotlib",
    "numpy",
    "pandas",
    "scikit-learn",
    "scipy",
    "torch",
    "xarray",
    "zarr",
)


def run_key(text: str, parameters: Mapping[str, Value]) -> str:
    """Key of a run; another source, value, package code, table of the project or version gives another key.

    Parameters
    ----------
    text : str () [1]
        Source of the chapter.
    parameters : Mapping () [1]
        Resolved parameters.

    Returns
    -------
    str () [1]
        SHA-256 in hexadecimal.
    """
    scene = str(parameters.get("scene", ""))
    parts = {
        "source": hash_text(text),
        "parameters": parameters,
        "package": package_hash(),
        "tables": hash_files(paths.data_folder(), _tables(paths.data_folder())),
        "scene": hash_files(Path(scene), (Path(scene) / name for name in _SCENE_FILES)),
        "versions": versions(),
    }
    return hash_text(json.dumps(parts, sort_keys=True))


def package_hash() -> str:
    """Hash of the package's own source."""
    return hash_files(paths.PACKAGE, paths.PACKAGE.rglob("*.py"))


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that numbers depend on."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def hash_text(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def hash_files(root: Path, files: Iterable[Path]) -> str:
    """One hash of the names and contents of files; those that do not exist are left out."""
    digest = hashlib.sha256()
    for path in sorted(path for path in files if path.is_file()):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _tables(folder: Path) -> Iterable[Path]:
    """Catalogue, legends, presets, published numbers: the small tables a chapter may read."""
    return (path for path in folder.rglob("*") if path.suffix in _TABLES)
