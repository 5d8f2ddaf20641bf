"""A whole scene to maps on disk: block by block, in bounded memory, with a second chance."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable, Mapping
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
from cropnb.mapping.stopwatch import Stopwatch
from cropnb.mapping.workers import Workers, executor_of, in_order
from cropnb.mapping.workshop import CLASSES, MAJORITY, PROBABILITIES, RECORD, Workshop
from cropnb.sampling.radar_steps import LeeSettings
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
        What it took: `mpix_per_s` million pixels classified per second of this call, finishing left out;
        `share_in_classifier` of the blocks' time, and `block_seconds` of each part of it, summed over all
        processes; `writing_seconds` of blocks and `finishing_seconds` of files in this call; `peak_mb` of the
        process that needed most (all it has done before included); pixels of each class and without data;
        the speckle filter, and whether `classifier`, `settings` or `defaults` said so. Also in `record.json`.
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
        """A line on each file, one on what it took, and one on the speckle filter where that is a guess."""
        r = self.record
        files = [str(path) for path in (self.classes, self.majority, self.probabilities) if path]
        share = r["n_no_data"] / (r["n_row"] * r["n_column"])
        took = (
            f"{r['n_row']} x {r['n_column']} pixels, {share:.1%} without data; {r['seconds']:.0f} s, "
            f"{r['mpix_per_s']:.3f} Mpix/s, {r['share_in_classifier']:.0%} of the time in the classifier, "
            f"at most {r['peak_mb']:.0f} MB"
        )
        note = (
            f"Note: nobody said how the classifier's samples were filtered; assumed: {r['speckle']}. Say it "
            "with --lee, or save the classifier anew with save_fitted(..., speckle=...)."
        )
        return "\n".join([*files, took, *([note] if r["speckle_from"] == "defaults" else [])])


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
        Speckle filter, orbits, majority filter, sizes. The filter is that of the training samples, which the
        classifier's folder names. If it does not, as in folders of `save_fitted` without `speckle`, name the
        filter here: otherwise the defaults of `LeeSettings` are taken, and the record says so.
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
        If the folder is there, the scene lacks an orbit, a date or a feature of the classifier, its
        coordinates are no grid, or another speckle filter is asked for than that of the samples.

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
    begun, clock = time.perf_counter(), Stopwatch()
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
                done[number] = effort
                with clock.on("writing"):
                    workshop.paint(made, mapper.blocks[number])
                    workshop.note(done)
                bar.update()
    with clock.on("finishing"):
        kept = workshop.finish(
            tags={**_origin(tree, classifier, mapper), **(tags or {})},
            majority=settings.majority,
            tile=settings.tile,
        )
    record = _record(mapper, done, before, clock=clock, seconds=time.perf_counter() - begun)
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
        "speckle": _speckle_words(mapper.speckle),
        "speckle_from": mapper.speckle_from,
        "min_date": str(settings.min_date),
    }


def _speckle_words(speckle: LeeSettings) -> str:
    return f"lee window={speckle.window} n_looks={speckle.n_looks:g}"


def _record(
    mapper: Mapper, done: Mapping[int, Effort], before: frozenset[int], *, clock: Stopwatch, seconds: float
) -> dict[str, Any]:
    n_new = sum(sum(e.n_pixel_of_class) for number, e in done.items() if number not in before)
    parts = _seconds_of(done.values())
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
        "speckle": _speckle_words(mapper.speckle),
        "speckle_from": mapper.speckle_from,
        "seconds": seconds,
        "mpix_per_s": n_new / (seconds - clock.seconds["finishing"]) / 1e6,
        "share_in_classifier": parts.get("classifier", 0.0) / sum(parts.values()),
        "block_seconds": parts,
        **{f"{name}_seconds": clock.seconds.get(name, 0.0) for name in ("writing", "finishing")},
        "peak_mb": max(
            [peak_memory_mb() or float("nan"), *(done[n].peak_mb for n in done if n not in before)]
        ),
    }


def _seconds_of(efforts: Iterable[Effort]) -> dict[str, float]:
    """Sum of each part of the blocks' time, and of what no part names."""
    parts: dict[str, float] = {}
    for effort in efforts:
        rest = effort.seconds - sum(effort.seconds_of.values())
        for name, seconds in {**effort.seconds_of, "rest": rest}.items():
            parts[name] = parts.get(name, 0.0) + seconds
    return parts
