"""Writing by chunks: the same store as in one piece, resumable, never half a store under the final name."""

from __future__ import annotations

import json
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import xarray as xr

from cropnb.scenes import write_by_chunks
from cropnb.scenes.streaming import PROGRESS
from cropnb.schema import SchemaError

N_CHUNK = 2 * 3 * 2


class Counter:
    """Doubles a block, counts how often, and breaks down after so many."""

    def __init__(self, *, limit: int = 10**6) -> None:
        self.n_call, self.limit = 0, limit

    def __call__(self, block: np.ndarray) -> np.ndarray:
        if self.n_call == self.limit:
            raise OSError("power cut")
        self.n_call += 1
        return 2 * block

    def __dask_tokenize__(self) -> str:
        return "Counter"


def lazy(counter: Counter | None = None) -> xr.Dataset:
    """Two variables that share a step; uneven chunks, a gap, a coordinate."""
    numbers = np.arange(2 * 7 * 5, dtype=np.float32).reshape(2, 7, 5)
    numbers[1, 2, 3] = np.nan
    shared = da.from_array(numbers, chunks=(1, 3, 3), name="numbers").map_blocks(
        counter or Counter(), dtype=np.float32, meta=np.empty((0, 0, 0), np.float32)
    )
    dims = ("time", "y", "x")
    made = xr.Dataset({"sum": (dims, shared + 1), "complex": (dims, shared * np.complex64(1j))})
    return made.assign_coords(time=np.array(["2017-06-01", "2017-06-13"], "datetime64[ns]"))


def test_store_holds_what_the_dataset_holds(tmp_path: Path):
    file = write_by_chunks(lazy(), tmp_path / "deep" / "made.zarr", progress=False)
    xr.testing.assert_identical(xr.open_zarr(file).load(), lazy().compute())
    assert [path.name for path in file.parent.iterdir()] == ["made.zarr"]
    assert not (file / PROGRESS).exists()


def test_what_the_variables_share_is_computed_once_a_chunk(tmp_path: Path):
    counter = Counter()
    write_by_chunks(lazy(counter), tmp_path / "made.zarr", progress=False)
    assert counter.n_call == N_CHUNK


def test_a_run_that_was_cut_off_goes_on(tmp_path: Path):
    file, broken, rest = tmp_path / "made.zarr", Counter(limit=7), Counter()
    with pytest.raises(OSError, match="power cut"):
        write_by_chunks(lazy(broken), file, progress=False)
    assert not file.exists()
    write_by_chunks(lazy(rest), file, progress=False)
    assert rest.n_call == N_CHUNK - 7
    xr.testing.assert_identical(xr.open_zarr(file).load(), lazy().compute())


def test_the_rest_of_something_else_is_not_continued(tmp_path: Path):
    file = tmp_path / "made.zarr"
    with pytest.raises(OSError, match="power cut"):
        write_by_chunks(lazy(Counter(limit=7)) + 5, file, progress=False)
    noted = json.loads((tmp_path / "made.zarr.partial" / PROGRESS).read_text())
    assert noted["n_done"] == 7
    write_by_chunks(lazy(), file, progress=False)
    xr.testing.assert_identical(xr.open_zarr(file).load(), lazy().compute())


def test_refusals_leave_everything_as_it_was(tmp_path: Path):
    file = write_by_chunks(lazy(), tmp_path / "made.zarr", progress=False)
    with pytest.raises(SchemaError, match=r"made\.zarr.*exists"):
        write_by_chunks(lazy(), file)
    with pytest.raises(SchemaError, match="dims and chunks"):
        write_by_chunks(lazy().compute(), tmp_path / "other.zarr")
    mixed = lazy()
    mixed["sum"] = mixed["sum"].chunk({"x": 5})
    with pytest.raises(SchemaError, match="dims and chunks"):
        write_by_chunks(mixed, tmp_path / "other.zarr")
    assert [path.name for path in tmp_path.iterdir()] == ["made.zarr"]
