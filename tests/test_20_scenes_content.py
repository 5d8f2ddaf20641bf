"""The contract on Dask: every chunk is read once, and a chunk that cannot be read is named."""

from __future__ import annotations

from collections.abc import Callable

import dask.array as da
import numpy as np
import pytest
import xarray as xr
from dask.delayed import delayed

from cropnb.scenes import example_raster_scene, validate
from cropnb.scenes.build import group_at
from cropnb.schema import SchemaError

SIGMA0 = "/sentinel1/88/sigma0"


@pytest.fixture
def raster() -> xr.DataTree:
    return example_raster_scene(np.random.default_rng(1))


def test_chunk_that_cannot_be_read(raster: xr.DataTree) -> None:
    def broken(_: object) -> np.ndarray:
        raise OSError("file ends early")

    lost = da.from_delayed(_delayed(broken), shape=(6, 24, 24), dtype="f4")
    vh = group_at(raster, SIGMA0).vh
    raster[SIGMA0] = group_at(raster, SIGMA0).assign(vh=(vh.dims, lost, vh.attrs))
    with pytest.raises(SchemaError, match=f"{SIGMA0}/vh: cannot be read .file ends early.*generate it again"):
        validate(raster)


def _delayed(function: Callable[[object], np.ndarray]) -> object:
    return delayed(function)(None)


def test_content_is_checked_one_chunk_at_a_time(raster: xr.DataTree) -> None:
    """No task ever sees an array larger than a chunk."""
    sizes = []

    def watched(block: np.ndarray) -> np.ndarray:
        sizes.append(block.size)
        return block

    group = group_at(raster, SIGMA0)
    chunked = group.chunk({"time": 1, "y": 12, "x": 12})
    data = chunked.vv.data.map_blocks(watched, dtype="f4", meta=np.empty((0, 0, 0), "f4"))
    raster[SIGMA0] = chunked.assign(vv=(group.vv.dims, data, group.vv.attrs))
    validate(raster)
    assert len(sizes) == 6 * 4, "each chunk is read exactly once"
    assert max(sizes) == 12 * 12
