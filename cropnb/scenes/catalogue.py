"""The scene catalogue: scenes by name, real ones fetched on request, simulated ones made on request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import xarray as xr

from cropnb.parameter_files import parameter_files, read_parameter_file
from cropnb.paths import cache_folder, data_folder, user_data
from cropnb.scenes.download import check_file, fetch_file
from cropnb.scenes.entries import SceneEntry, entry_from_toml
from cropnb.scenes.errors import nearest, problem
from cropnb.scenes.generated import generated_store
from cropnb.scenes.readers import READERS
from cropnb.scenes.store import Chunks, open_store
from cropnb.schema import SchemaError, require

SIMULATED = "simulated"
_OTHER_NAMES = {"county-2017": "county"}  # its first season, beside county-2018: the same scenes


def catalogue() -> dict[str, SceneEntry]:
    """All scenes that have a name.

    Returns
    -------
    dict of str to SceneEntry
        By name, in alphabetical order: one per file in `data/scenes`, and one per preset of a file that has
        the parameters of a simulation.

    Raises
    ------
    SchemaError
        If a file of the catalogue is malformed.
    """
    simulated = parameter_files(_folder())
    real = [path for path in _folder().glob("*.toml") if path not in simulated]
    entries = [entry_from_toml(path) for path in real]
    entries += [entry for path in simulated for entry in _presets(path)]
    return {entry.name: entry for entry in sorted(entries, key=lambda entry: entry.name)}


def _folder() -> Path:
    return data_folder() / "scenes"


def _presets(path: Path) -> Iterator[SceneEntry]:
    table = read_parameter_file(path)
    declared = {key: str(leaf["value"]) for key, leaf in table.get("scene", {}).items()}
    season = "/".join(_date(declared, key) for key in ("season_start", "season_end"))
    for preset in table["presets"]:
        yield SceneEntry(
            name=f"{path.stem}-{preset}",
            title=f"Simulated {path.stem}, preset {preset}: landscape, growth and radar with known truth",
            kind=SIMULATED,
            region="nowhere: simulated",
            season=season,
            crs=declared.get("crs", ""),
            licence=declared.get("licence", "unknown"),
            source=declared.get("source", f"cropnb.simulation with data/scenes/{path.name}"),
            preset=preset,
        )


def _date(declared: dict[str, str], key: str) -> str:
    """Date of a month and day, which lies in the year before if it begins with a minus."""
    year, day = declared.get("year", ""), declared.get(key, "")
    return f"{int(year) - 1}{day}" if day.startswith("-") else f"{year}-{day}"


def scene_entry(name: str) -> SceneEntry:
    """Entry of a scene.

    Parameters
    ----------
    name : str
        Its name in the catalogue; `county-2017-<preset>` is another name of `county-<preset>`.

    Returns
    -------
    SceneEntry
        Title, source, licence, files.

    Raises
    ------
    SchemaError
        If there is no scene of that name.
    """
    entries, asked = catalogue(), name
    for other, listed in _OTHER_NAMES.items():
        name = name.replace(other, listed) if name.startswith(f"{other}-") else name
    if name not in entries:
        raise SchemaError(
            problem(
                "scene",
                f"{asked!r} is neither in the catalogue nor a folder",
                expected=", ".join(entries),
                remedy=f"Did you mean {' or '.join(nearest(name, entries, n=2))}? A scene of your own is "
                "opened by the path of its Zarr folder.",
            )
        )
    return entries[name]


def is_available(name: str) -> bool:
    """Whether a scene can be opened without a network.

    Parameters
    ----------
    name : str
        Its name in the catalogue.

    Returns
    -------
    bool
        True for a simulated scene, and for a real one whose files are all there; they are not opened.

    Raises
    ------
    SchemaError
        If there is no scene of that name.
    """
    entry = scene_entry(name)
    return entry.kind == SIMULATED or _root_with_all(entry) is not None


def first_available(*names: str) -> str:
    """First of some scenes that can be opened without a network.

    Parameters
    ----------
    *names : str
        Names in the catalogue, the preferred one first.

    Returns
    -------
    str
        One of them.

    Raises
    ------
    SchemaError
        If none is available, or one is unknown.
    """
    for name in names:
        if is_available(name):
            return name
    raise SchemaError(
        problem(
            "scene",
            f"none of {', '.join(names)} is here",
            expected="at least one whose files are on this machine",
            remedy=f"Fetch one with `cropnb scenes fetch {names[0] if names else 'NAME'}`, "
            "or set CROPNB_DATA to the folder that has them.",
        )
    )


def fetch_scene(name: str, *, progress: bool = True) -> Path:
    """Bring the files of a scene onto this machine, or make the scene where it is simulated.

    Parameters
    ----------
    name : str
        Its name in the catalogue.
    progress : bool () [1]
        Whether to show progress bars.

    Returns
    -------
    Path
        Folder with the files: below the folder named by `CROPNB_DATA` where they are all there, else below
        `downloads` in the cache. For a simulated scene, its Zarr folder.

    Raises
    ------
    SchemaError
        If the scene is unknown, or a file has another checksum than the catalogue says.
    DownloadError
        If a file cannot be fetched.
    """
    entry = scene_entry(name)
    if entry.kind == SIMULATED:
        return generated_store(entry, _parameter_file(entry))
    return next(iter(_fetched(entry, progress=progress).values())).parent


def open_scene(name_or_path: str | Path, *, chunks: Chunks = None) -> xr.DataTree:
    """Open a scene by its name in the catalogue, or by the path of its Zarr folder.

    Parameters
    ----------
    name_or_path : str or Path
        `canada-2017`, or `/data/my-county.zarr`.
    chunks : mapping, "auto" or None
        `{}` for Dask arrays; None for arrays as the reader gives them.

    Returns
    -------
    DataTree
        The scene. A real one is fetched first, a simulated one made, unless it is here.

    Raises
    ------
    SchemaError
        If there is no such scene, or its files are damaged.
    DownloadError
        If a file cannot be fetched.
    """
    name = str(name_or_path)
    if isinstance(name_or_path, Path) or Path(name).is_dir() or "/" in name or name.endswith(".zarr"):
        return open_store(name_or_path, chunks=chunks)
    entry = scene_entry(name)
    if entry.kind == SIMULATED:
        return open_store(generated_store(entry, _parameter_file(entry)), chunks=chunks)
    require(
        entry.reader in READERS,
        problem(name, f"reader {entry.reader!r}", expected=", ".join(READERS), remedy="Correct its TOML."),
    )
    scene = READERS[entry.reader](entry, _fetched(entry))
    return scene if chunks is None else scene.chunk(chunks)


def _parameter_file(entry: SceneEntry) -> Path:
    return _folder() / f"{entry.name.removesuffix(f'-{entry.preset}')}.toml"


def _roots() -> list[Path]:
    """Folders to look for files in, the user's own first."""
    own = user_data()
    return [*([own] if own else []), _downloads()]


def _downloads() -> Path:
    return cache_folder() / "downloads"


def _root_with_all(entry: SceneEntry) -> Path | None:
    for root in _roots():
        if all((root / file.path).is_file() for file in entry.files):
            return root
    return None


def _fetched(entry: SceneEntry, *, progress: bool = True) -> dict[str, Path]:
    """Files of a scene by their name, checked; downloaded where they are missing."""
    root = _root_with_all(entry)
    if root is None:
        return {file.name: fetch_file(file, _downloads(), progress=progress) for file in entry.files}
    for file in entry.files:
        check_file(root / file.path, file)
    return {file.name: root / file.path for file in entry.files}
