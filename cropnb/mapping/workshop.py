"""The folder in which a map is made: unfinished rasters, and a note of the blocks that are done."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rasterio.crs import CRS

from cropnb.legends import Legend
from cropnb.mapping.classify import BlockMap, Effort
from cropnb.mapping.grid import Block, Grid
from cropnb.mapping.rasters import (
    Tags,
    begin_raster,
    describe_classes,
    describe_probabilities,
    filter_raster,
    finish_raster,
    write_window,
)
from cropnb.scenes.progress import note_parts, noted_parts

PROGRESS = "cropnb-blocks.json"
CLASSES, PROBABILITIES, MAJORITY = "classes.tif", "probabilities.tif", "classes-majority.tif"
RECORD = "record.json"


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Where a map is made, and a text that names all that its blocks depend on."""

    folder: Path
    identity: str
    grid: Grid
    crs: CRS | None
    legend: Legend

    def begin(self) -> dict[int, Effort]:
        """Blocks that are there already; a map of something else makes room.

        Returns
        -------
        dict of int to Effort
            By number of the block.
        """
        noted = noted_parts(self.folder / PROGRESS, identity=self.identity)
        if noted is not None:
            return {number: Effort(**effort) for number, effort in noted.items()}
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        begin_raster(self._raw(CLASSES), self.grid, crs=self.crs, n_band=1)
        begin_raster(self._raw(PROBABILITIES), self.grid, crs=self.crs, n_band=self.legend.n_class)
        self.note({})
        return {}

    def note(self, done: Mapping[int, Effort]) -> None:
        """Note which blocks are there.

        Parameters
        ----------
        done : mapping of int to Effort
            All of them.
        """
        blocks = {number: effort.to_dict() for number, effort in done.items()}
        note_parts(self.folder / PROGRESS, blocks, identity=self.identity)

    def paint(self, made: BlockMap, block: Block) -> None:
        """Write a block into both rasters.

        Parameters
        ----------
        made : BlockMap
            Its classes and probabilities.
        block : tuple of slice
            Rows and columns.
        """
        write_window(self._raw(CLASSES), made.class_id[None], block)
        write_window(self._raw(PROBABILITIES), made.probability, block)

    def finish(self, *, tags: Tags, majority: int, tile: int) -> Path:
        """Make the files that are to be kept.

        Parameters
        ----------
        tags : mapping of str to str
            Where the map comes from.
        majority : int () [pixel]
            Width of the majority filter of a second map of classes; 0 for none.
        tile : int () [pixel]
            Side of a tile.

        Returns
        -------
        Path
            Folder inside the workshop, to be moved to its place.
        """
        kept = self.folder / "finished"
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir()
        describe_probabilities(self._raw(PROBABILITIES), self.legend, tags)
        finish_raster(self._raw(PROBABILITIES), kept / PROBABILITIES, tile=tile, overviews="average")
        if majority:
            begin_raster(self._raw(MAJORITY), self.grid, crs=self.crs, n_band=1)
            filter_raster(self._raw(CLASSES), self._raw(MAJORITY), self.grid, window=majority)
            self._keep_classes(
                MAJORITY, {**tags, "post_classification": f"majority {majority} x {majority}"}, tile
            )
        self._keep_classes(CLASSES, {**tags, "post_classification": "none"}, tile)
        return kept

    def _keep_classes(self, name: str, tags: Tags, tile: int) -> None:
        describe_classes(self._raw(name), self.legend, tags)
        finish_raster(self._raw(name), self.folder / "finished" / name, tile=tile, overviews="mode")

    def _raw(self, name: str) -> Path:
        return self.folder / f"raw-{name}"
