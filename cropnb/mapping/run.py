"""A whole scene to maps on disk: block by block, in bounded memory, with a second chance."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr
from tqdm import tqdm

import cropnb
from cropnb.mapping.classify import Effort
from cropnb.mapping.mapper import (
    Mapper,
    classifier_checksum,
    identity_of,
    maker,
    mapper_of,
)
from cropnb.mapping.rasters import crs_of
from cropnb.mapping.settings import MapSettings
from cropnb.mapping.workers import Workers, executor_of, in_order
from cropnb.mapping.workshop import CLASSES, MAJORITY, PROBABILITIES, RECORD, Workshop
from cropnb.scenes import open_scene
from cropnb.schema import require
from cropnb.system import peak_memory_mb


@dataclass(frozen=True, kw_only=True)
class MapResult:
    """A finished map.

    Attributes
    ----------
    folder : Path
        Where it is.
    record : dict
        What it took: `mpix_per_s` million pixels classified per second of this call, `share_in_classifier`
        of the blocks' time, `peak_mb` of the process that needed most (all it has done before included),
        pixels of each class and without data. It is also in `record.json`.
    """

    folder: Path
    record: dict[str, Any]

    @property
    def classes(self) -> Path:
        """Class numbers as the classifier gave them."""
        return self.folder / CLASSES

    @property
    def probabilities(self) -> Path:
        """Probability of each class, in steps of 0.004."""
        return self.folder / PROBABILITIES

    @property
    def majority(self) -> Path | None:
        """Class numbers after the majority filter; None where none was asked for."""
        path = self.folder / MAJORITY
        return path if path.exists() else None

    @property
    def summary(self) -> str:
        """A line on each file, and one on what it took."""
        r = self.record
        files = [str(path) for path in (self.classes, self.majority, self.probabilities) if path]
        share = r["n_no_data"] / (r["n_row"] * r["n_column"])
        took = (
            f"{r['n_row']} x {r['n_column']} pixels, {share:.1%} without data; {r['seconds']:.0f} s, "
            f"{r['mpix_per_s']:.3f} Mpix/s, {r['share_in_classifier']:.0%} of the time in the classifier, "
            f"at most {r['peak_mb']:.0f} MB"
        )
        return "\n".join([*files, took])


def map_scene(
    scene: xr.DataTree | Path | str,
    classifier: Path | str,
    path: Path | str,
    *,
    settings: MapSettings | None = None,
    workers: Workers = 1,
    tags: Mapping[str, str] | None = None,
    progress: bool = True,
) -> MapResult:
    """Map a scene with a classifier that was fitted on `radar_samples`.

    Parameters
    ----------
    scene : DataTree or Path or str
        Raster scene with `c2` groups, or its name or path. The map has the grid of the orbit with the most
        pixels; of other orbits each pixel takes the pixel that holds its centre.
    classifier : Path or str
        Folder that `cropnb.training.save_fitted` wrote. Its channels are the features that are made, its
        days those that are taken.
    path : Path or str
        Folder to make: `classes.tif`, `probabilities.tif`, `record.json`, and `classes-majority.tif` where
        asked for. The work is done in `<path>.partial`, which takes a byte per pixel and class, and one
        more.
    settings : MapSettings, optional
        Speckle filter, orbits, majority filter, sizes. The filter has to be that of the training samples: a
        classifier does not know it.
    workers : int or str or Executor
        Processes to start, address of a Dask scheduler, or an executor. Others than 1 need the scene's name
        or path, which each of them opens.
    tags : mapping of str to str, optional
        Written into the files beside those the package writes, such as the commit.
    progress : bool
        Show a bar, on a terminal.

    Returns
    -------
    MapResult
        Paths, and the record.

    Raises
    ------
    SchemaError
        If the folder is there, the scene lacks an orbit, a date or a feature of the classifier, or its
        coordinates are no grid.

    Notes
    -----
    A pixel that was never measured has no data (255); so have the gaps between the pieces of a mosaic.
    Other gaps are filled as in training: in time, or by the imputer of the classifier.

    A run that was cut off keeps its finished blocks when it is called again with the same scene, classifier,
    settings and code; the files have the same bytes in the end.
    """
    path, classifier, settings = Path(path), Path(classifier), settings or MapSettings()
    require(not path.exists(), f"{path}: exists; expected a folder that is not there yet. Choose another.")
    tree = scene if isinstance(scene, xr.DataTree) else open_scene(scene)
    mapper = mapper_of(tree, classifier, settings)
    workshop = Workshop(
        folder=path.with_name(path.name + ".partial"),
        identity=identity_of(tree, classifier, mapper),
        grid=mapper.grid,
        crs=crs_of(str(tree.attrs.get("crs", ""))),
        legend=mapper.legend,
    )
    begun = time.perf_counter()
    done = workshop.begin()
    before = frozenset(done)
    with executor_of(workers) as (executor, ahead):
        make = maker(scene, classifier, mapper, alone=executor is None)
        todo = [number for number in range(len(mapper.blocks)) if number not in done]
        bar = tqdm(
            total=len(mapper.blocks), initial=len(done), unit="block", disable=None if progress else True
        )
        with bar:
            for number, (made, effort) in in_order(make, todo, executor, ahead=ahead):
                workshop.paint(made, mapper.blocks[number])
                done[number] = effort
                workshop.note(done)
                bar.update()
    mapped = time.perf_counter() - begun
    kept = workshop.finish(
        tags={**_origin(tree, classifier, mapper), **(tags or {})},
        majority=settings.majority,
        tile=settings.tile,
    )
    record = _record(mapper, done, before, mapped=mapped, seconds=time.perf_counter() - begun)
    (kept / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    kept.rename(path)
    shutil.rmtree(workshop.folder)
    return MapResult(folder=path, record=record)


def _origin(scene: xr.DataTree, classifier: Path, mapper: Mapper) -> dict[str, str]:
    """Tags that say where a map comes from; nothing that differs between two runs of the same map."""
    settings, layout = mapper.settings, mapper.layout
    known = ("name", "kind", "season", "licence", "source", "fingerprint", "sim_version")
    scene_tags = {f"scene_{key}": str(scene.attrs[key]) for key in known if key in scene.attrs}
    return scene_tags | {
        "cropnb_version": cropnb.__version__,
        "classifier": classifier.name,
        "classifier_sha256": classifier_checksum(classifier),
        "features": " ".join(layout.channel),
        "days": " ".join(map(str, layout.day)),
        "orbits": " ".join(mapper.stack.orbits),
        "speckle": f"lee window={settings.speckle.window} n_looks={settings.speckle.n_looks:g}",
        "min_date": str(settings.min_date),
    }


def _record(
    mapper: Mapper, done: Mapping[int, Effort], before: frozenset[int], *, mapped: float, seconds: float
) -> dict[str, Any]:
    n_new = sum(sum(e.n_pixel_of_class) for number, e in done.items() if number not in before)
    in_all = sum(effort.seconds for effort in done.values())
    inside = sum(effort.classifier_seconds for effort in done.values())
    counts = [sum(column) for column in zip(*(e.n_pixel_of_class for e in done.values()), strict=True)]
    n_map = mapper.grid.y.size * mapper.grid.x.size
    return {
        "n_row": mapper.grid.y.size,
        "n_column": mapper.grid.x.size,
        "n_step": len(mapper.layout.day),
        "n_feature": len(mapper.layout.channel),
        "n_pixel": mapper.grid.n_pixel,
        "n_classified": sum(counts),
        "n_no_data": n_map - sum(counts),
        "n_pixel_of_class": dict(zip(mapper.layout.class_name, counts, strict=True)),
        "block": mapper.settings.block,
        "n_block": len(mapper.blocks),
        "n_block_resumed": len(before),
        "seconds": seconds,
        "mpix_per_s": n_new / mapped / 1e6,
        "share_in_classifier": inside / in_all,
        "peak_mb": max(
            [peak_memory_mb() or float("nan"), *(done[n].peak_mb for n in done if n not in before)]
        ),
    }
