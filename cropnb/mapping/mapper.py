"""A scene and a classifier, opened and checked, that make any block of a map."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr

import cropnb
from cropnb.legends import Legend
from cropnb.mapping.classify import BlockMap, Effort, check_fit, layout_of, map_block
from cropnb.mapping.grid import Block, Grid, grid_of
from cropnb.mapping.settings import MapSettings
from cropnb.mapping.stopwatch import Stopwatch
from cropnb.sampling.radar_stack import Stack, stack_of
from cropnb.sampling.radar_steps import LeeSettings
from cropnb.scenes import open_scene
from cropnb.schema import require
from cropnb.system import peak_memory_mb
from cropnb.training import Fitted, load_fitted
from cropnb.training.classifiers import Layout
from cropnb.training.keys import key_of
from cropnb.training.storage import load_speckle

_CODE = ("features", "mapping")  # what a map depends on, besides the code that a fit depends on


@dataclass(frozen=True, kw_only=True, eq=False)
class Mapper:
    """What it takes to map a block.

    `speckle` is the filter, `speckle_from` who says so: `classifier`, `settings`, or `defaults` where neither
    does.
    """

    stack: Stack
    fitted: Fitted
    layout: Layout
    grid: Grid
    settings: MapSettings
    speckle: LeeSettings
    speckle_from: str
    blocks: tuple[Block, ...] = field(repr=False)

    @property
    def legend(self) -> Legend:
        """Classes of the map."""
        return Legend.from_names(self.layout.class_name)

    def make(self, number: int) -> tuple[BlockMap, Effort]:
        """Map of a block, and what it took.

        Parameters
        ----------
        number : int () [1]
            Place in reading order.

        Returns
        -------
        tuple of (BlockMap, Effort)
            To be painted, and to be noted.
        """
        begun, clock = time.perf_counter(), Stopwatch()
        made = map_block(
            self.stack,
            self.fitted,
            self.grid,
            self.blocks[number],
            speckle=self.speckle,
            min_date=self.settings.min_date,
            clock=clock,
        )
        counts = np.bincount(made.class_id.ravel(), minlength=256)[: self.legend.n_class]
        effort = Effort(
            seconds=time.perf_counter() - begun,
            seconds_of=clock.seconds,
            peak_mb=peak_memory_mb() or float("nan"),
            n_pixel_of_class=counts.tolist(),
        )
        return made, effort


def mapper_of(scene: xr.DataTree, classifier: Path, settings: MapSettings) -> Mapper:
    """Open and check what a map is made of.

    Parameters
    ----------
    scene : DataTree
        Raster scene.
    classifier : Path
        Folder that `cropnb.training.save_fitted` wrote.
    settings : MapSettings
        How to map.

    Returns
    -------
    Mapper
        Nothing has been read but coordinates and weights.

    Raises
    ------
    SchemaError
        If the classifier does not fit the scene, or its samples went through another filter than that asked
        for.
    """
    fitted = load_fitted(classifier)
    layout = layout_of(fitted)
    speckle, speckle_from = _speckle_of(classifier, settings.speckle)
    stack = stack_of(scene, orbits=settings.orbits)
    check_fit(stack, layout)
    grid = grid_of(stack.widest, block=settings.block)
    return Mapper(
        stack=stack,
        fitted=fitted,
        layout=layout,
        grid=grid,
        settings=settings,
        speckle=speckle,
        speckle_from=speckle_from,
        blocks=tuple(grid.blocks()),
    )


def _speckle_of(classifier: Path, asked: LeeSettings | None) -> tuple[LeeSettings, str]:
    """Filter of a map, and who says so."""
    kept = load_speckle(classifier)
    if kept is None:
        return (LeeSettings(), "defaults") if asked is None else (asked, "settings")
    require(
        asked in (None, kept),
        f"map: speckle filter {asked} asked for; expected {kept}, which the samples of {classifier} went "
        "through. Leave it out (MapSettings.speckle, --lee): the classifier knows it.",
    )
    return kept, "classifier"


def maker(
    scene: xr.DataTree | Path | str, classifier: Path, mapper: Mapper, *, alone: bool
) -> Callable[[int], tuple[BlockMap, Effort]]:
    """What makes a block, here or in another process.

    Parameters
    ----------
    scene : DataTree or Path or str
        As the caller named it.
    classifier : Path
        Folder of the classifier.
    mapper : Mapper
        The same, opened here.
    alone : bool
        Whether this process does all the work.

    Returns
    -------
    callable
        From the number of a block to its map; other processes can load it, unless `alone`.

    Raises
    ------
    SchemaError
        If others are to work on a scene that is in memory.
    """
    if alone:
        return mapper.make
    require(
        not isinstance(scene, xr.DataTree),
        "map: a scene in memory and several workers; expected its name or path, which they can open. "
        "Write it with save_scene first, or take workers=1.",
    )
    name = str(Path(scene).resolve()) if Path(str(scene)).is_dir() else str(scene)
    return partial(_make_elsewhere, name, str(Path(classifier).resolve()), mapper.settings)


def _make_elsewhere(
    scene: str, classifier: str, settings: MapSettings, number: int
) -> tuple[BlockMap, Effort]:
    return _opened(scene, classifier, settings).make(number)


@functools.lru_cache(maxsize=1)
def _opened(scene: str, classifier: str, settings: MapSettings) -> Mapper:
    """Once per process."""
    return mapper_of(open_scene(scene), Path(classifier), settings)


def identity_of(scene: xr.DataTree, classifier: Path, mapper: Mapper) -> str:
    """Text that names all that the blocks of a map depend on.

    Parameters
    ----------
    scene : DataTree
        Raster scene; its fingerprint stands for what it holds.
    classifier : Path
        Folder of the classifier.
    mapper : Mapper
        The rest.

    Returns
    -------
    str
        Another text, another map.
    """
    grids = [c2[dim].values for c2 in mapper.stack.orbits.values() for dim in ("time", "y", "x")]
    settings = replace(mapper.settings, speckle=mapper.speckle)
    parts = (dict(scene.attrs), classifier_checksum(classifier), settings, *map(np.asarray, grids))
    return key_of(*parts, _code())


def classifier_checksum(folder: Path) -> str:
    """SHA-256 over the files of a classifier.

    Parameters
    ----------
    folder : Path
        That `save_fitted` wrote.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for path in sorted(p for p in Path(folder).iterdir() if p.is_file()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@functools.cache
def _code() -> str:
    root = Path(cropnb.__file__).parent
    sources = sorted(path for package in _CODE for path in (root / package).glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
