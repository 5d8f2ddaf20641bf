"""Write a simulated scene tile by tile: bounded memory, any number of processes, a second chance.

Every tile has random streams of its own, so that the store holds the bytes of `simulation.simulate`, whoever
made which tile and when. Chunks end where tiles end: no two processes ever write to the same file.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import xarray as xr
from tqdm import tqdm

from cropnb import simulation
from cropnb.scenes.build import group_at
from cropnb.scenes.contract import validate
from cropnb.scenes.errors import problem
from cropnb.scenes.from_slc import with_products
from cropnb.scenes.tile_canvas import Canvas, Summary
from cropnb.schema import require
from cropnb.simulation.coverage import sees
from cropnb.simulation.grid import scene_tiles
from cropnb.simulation.parameters import Parameters
from cropnb.simulation.scene import simulate_square
from cropnb.simulation.tracks import scene_tracks

TileWork = Callable[[xr.DataTree], xr.DataTree]


def write_tiles(
    parameters: Parameters,
    path: Path | str,
    *,
    work: TileWork | None = None,
    workers: int | Executor = 1,
    progress: bool = True,
) -> Path:
    """Simulate a scene of any size into a Zarr store.

    Parameters
    ----------
    parameters : Parameters
        From `simulation.load_parameters`; also of a preset that keeps to the county's outline.
    path : Path or str
        Folder to make. The work is done in `<path>.partial`, which is renamed at the end; one process at a
        time may call this for a path.
    work : callable, optional
        What to do with the scene of one tile before it is written: leave out groups, or put features in their
        place. A function of a module, so that other processes find it. The same variables, dims and dtypes
        have to come out for every tile, with as many pixels.
    workers : int or Executor () [count]
        Processes to start, or an executor to use, such as `dask.distributed.Client(...).get_executor()`.
    progress : bool () [1]
        Show a bar, on a terminal.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    SchemaError
        If the folder is there, or the first tile breaks the contract.

    Notes
    -----
    One tile is in memory per process. A run that was cut off keeps the tiles that were finished when it is
    called again with the same parameters, version of the simulator and `work`; otherwise it begins anew.
    Squares outside the county are NaN, -1 or False; cameras stand tile after tile along `site`. Where the
    preset asks for single-look images, C2 and coherence are computed from those of each tile, before `work`.
    """
    path = Path(path)
    require(
        not path.exists(),
        problem(str(path), "exists", expected="a folder that is not there yet", remedy="Choose another."),
    )
    canvas = Canvas(path.with_name(path.name + ".partial"), parameters, _identity(parameters, work))
    done = canvas.begin()
    if not done:
        first = _all_tracks_see(parameters)
        done[first] = _begin(canvas, work, first)
        canvas.note(done)
    n_tile = len(scene_tiles(parameters))
    todo = [number for number in range(n_tile) if number not in done]
    bar = tqdm(total=n_tile, initial=len(done), unit="tile", disable=None if progress else True)
    with bar, _executor(workers) as executor:
        for number, summary in _each(partial(_make, canvas, work), todo, executor):
            done[number] = summary
            canvas.note(done)
            bar.update()
    canvas.finish(done, path)
    return path


def without_truth_series(scene: xr.DataTree) -> xr.DataTree:
    """Scene without the truth of single dates and pairs, which takes half of the store.

    Parameters
    ----------
    scene : DataTree
        Of a tile.

    Returns
    -------
    DataTree
        What is measured, the labels, and the truth that holds for the whole season.
    """
    groups = {path: group_at(scene, path, inherit=False) for path in scene.groups}
    truth = groups["/truth"]
    dated = [name for name, values in truth.data_vars.items() if values.ndim == 3]
    return xr.DataTree.from_dict(groups | {"/truth": truth.drop_vars(dated)})


def _all_tracks_see(parameters: Parameters) -> int:
    """Number of the first tile of which no track misses all: the contract wants data on every date."""
    tiles, tracks = scene_tiles(parameters), scene_tracks(parameters)
    return next(n for n, tile in enumerate(tiles) if all(sees(parameters, tile, t) for t in tracks))


def _begin(canvas: Canvas, work: TileWork | None, number: int) -> Summary:
    """The first tile, which shows what the store has to hold, and is checked against the contract."""
    tree = _tile_scene(canvas.parameters, work, number)
    validate(tree)
    canvas.stretch(tree, number)
    return canvas.paint(tree, number)


def _make(canvas: Canvas, work: TileWork | None, number: int) -> Summary:
    gc.collect()  # trees refer to themselves: the tile before would stay in memory beside this one
    return canvas.paint(_tile_scene(canvas.parameters, work, number), number)


def _tile_scene(parameters: Parameters, work: TileWork | None, number: int) -> xr.DataTree:
    tree = simulate_square(parameters, number)
    if parameters.preset.single_look:
        tree = with_products(tree)
    if work is not None:
        tree = work(tree)
    return tree


def _identity(parameters: Parameters, work: TileWork | None) -> str:
    """What the finished tiles depend on."""
    name = "" if work is None else f"{work.__module__}.{getattr(work, '__qualname__', work)}"
    return f"{parameters.fingerprint(simulation.sim_version())} {name}"


def _executor(workers: int | Executor) -> AbstractContextManager[Executor | None]:
    """Executor of the caller, which stays open, or one of our own."""
    if isinstance(workers, Executor):
        return nullcontext(workers)
    require(
        workers >= 1,
        problem("workers", str(workers), expected="1 or more processes, or an executor", remedy="Raise it."),
    )
    # Spawned, not forked: the parent may have threads (Numba, Dask), which a fork would lose.
    return nullcontext() if workers == 1 else ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def _each(
    make: Callable[[int], Summary], numbers: Sequence[int], executor: Executor | None
) -> Iterator[tuple[int, Summary]]:
    """Number and summary of each tile, in the order in which tiles are finished."""
    if executor is None:
        for number in numbers:
            yield number, make(number)
        return
    futures = {executor.submit(make, number): number for number in numbers}
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()
