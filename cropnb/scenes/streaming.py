"""Write a lazy dataset larger than memory, chunk after chunk: bounded memory, a bar, a second chance."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise, product
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import xarray as xr
import zarr
from dask.base import get_scheduler, tokenize
from dask.optimization import cull
from tqdm import tqdm

from cropnb.scenes.errors import problem
from cropnb.schema import require
from cropnb.system import replace_text

PROGRESS = "cropnb-progress.json"  # in the unfinished store: what is being written, and how far it is


def write_by_chunks(dataset: xr.Dataset, path: Path | str, *, progress: bool = True) -> Path:
    """Write a lazy dataset to a Zarr store, every variable of one chunk before the next chunk.

    Parameters
    ----------
    dataset : Dataset (..., y, x) [any]
        Each variable a Dask array of the same dims and chunks, as `radar_features` makes them of a stack.
        Coordinates are written as they are.
    path : Path or str
        Folder to make. The work is done in `<path>.partial`, which is renamed at the end.
    progress : bool () [1]
        Show a bar, on a terminal.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    SchemaError
        If a variable is not lazy, two differ in dims or chunks, or the folder is there.

    Notes
    -----
    `Dataset.to_zarr` hands all chunks to Dask's scheduler at once. That finishes one variable before the
    next and keeps what the variables share of every chunk, so memory grows with the image. Here one chunk of
    every variable is in memory, with the inputs around it. A run that was cut off goes on behind its last
    whole chunk when it is called again with the same dataset; with another one it begins anew.
    """
    path = Path(path)
    require(
        not path.exists(),
        problem(str(path), "exists", expected="a folder that is not there yet", remedy="Choose another."),
    )
    chunks = _common_chunks(dataset)
    part = path.with_name(path.name + ".partial")
    n_done = _begin(dataset, part)
    # Not optimised: that would fuse what the variables share into each of them.
    arrays: list[da.Array] = [variable.data for variable in dataset.values()]
    graph = {key: task for array in arrays for key, task in array.__dask_graph__().items()}
    target = zarr.open_group(part, mode="r+", zarr_format=2)
    steps = list(_steps(chunks))
    bar = tqdm(
        steps[n_done:], total=len(steps), initial=n_done, unit="chunk", disable=None if progress else True
    )
    for number, (block, region) in enumerate(bar, start=n_done + 1):
        for name, values in zip(
            dataset, _computed(graph, [(array.name, *block) for array in arrays]), strict=True
        ):
            target[str(name)][region] = values
        _note(part, token=_token(dataset), n_done=number)
    (part / PROGRESS).unlink()
    part.rename(path)
    return path


def _common_chunks(dataset: xr.Dataset) -> tuple[tuple[int, ...], ...]:
    lazy = {str(name): (values.dims, values.chunks) for name, values in dataset.items()}
    require(
        len(set(lazy.values())) == 1 and None not in {chunks for _, chunks in lazy.values()},
        problem(
            "dataset",
            f"dims and chunks {lazy}",
            expected="lazy variables, the same of all",
            remedy="Use dataset.unify_chunks() or dataset.chunk(...).",
        ),
    )
    (found,) = {chunks for _, chunks in lazy.values() if chunks is not None}
    return found


def _begin(dataset: xr.Dataset, part: Path) -> int:
    """Chunks that are written already; a store of something else makes room for an empty one."""
    token = _token(dataset)
    if (part / PROGRESS).exists():
        noted = json.loads((part / PROGRESS).read_text(encoding="utf-8"))
        if noted["token"] == token:
            return int(noted["n_done"])
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    dataset.drop_encoding().to_zarr(part, mode="w", compute=False, consolidated=True, zarr_format=2)
    _note(part, token=token, n_done=0)
    return 0


def _token(dataset: xr.Dataset) -> str:
    # Names of Dask arrays tell what is computed from what; of files, path and time of change.
    return str(tokenize([(name, variable.data.name) for name, variable in dataset.items()]))


def _note(part: Path, *, token: str, n_done: int) -> None:
    replace_text(part / PROGRESS, json.dumps({"token": token, "n_done": n_done}))


def _steps(chunks: Sequence[Sequence[int]]) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """Index of each chunk and where it lies, neighbours along the last dim one after the other."""
    edges = [[0, *accumulate(sizes)] for sizes in chunks]
    slices = [[slice(*ends) for ends in pairwise(along)] for along in edges]
    for block in product(*(range(len(along)) for along in slices)):
        yield block, tuple(along[index] for along, index in zip(slices, block, strict=True))


def _computed(graph: Mapping[Any, Any], keys: Sequence[Any]) -> Sequence[Any]:
    """Some chunks, by the part of the graph that leads to them."""
    needed, _ = cull(graph, keys)
    schedule = get_scheduler() or dask.threaded.get
    values: Sequence[Any] = schedule(needed, keys)
    return values
