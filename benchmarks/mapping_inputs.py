"""Inputs of the mapping benchmark: random scenes on disk, and classifiers fitted on the smallest of them."""

from __future__ import annotations

from collections.abc import Collection
from itertools import product
from pathlib import Path

import dask.array as da
import numpy as np
import xarray as xr
import zarr
from inputs import N_DATE, wishart

from cropnb.legends import Legend
from cropnb.sampling import Samples, radar_samples
from cropnb.sampling.radar_steps import LeeSettings
from cropnb.scenes import open_scene
from cropnb.scenes.build import fingerprint_of_text, group_dataset, scene_from_groups
from cropnb.scenes.store import CHUNKS, write_manifest
from cropnb.schema import C2, LABELS
from cropnb.training import FitConfig, ForestClassifier, NetworkClassifier, save_fitted

ORBITS = {"32": "2019-05-02", "105": "2019-05-07"}  # first date; each comes again after 12 days
CLASSES = ("barley", "canola", "corn", "oat", "soybeans", "spring wheat")
FEATURES = ("ps", "pd", "pv")  # m-chi
PARCEL = 20  # pixels a side
SPREAD_DB = 1.5  # standard deviation of the classes' power around its mean, on each date
SHARE = 0.1  # of the labelled pixels, for training
FOREST_TREES = {"forest-50": 50, "forest-200": 200}
NETWORK = "conv1d-lstm"
FEW = 256  # samples that the network is fitted on, for one epoch: what it has learned costs no time


def write_scene(folder: Path, *, size: int) -> Path:
    """Zarr scene of `N_DATE` dates, `size` pixels a side, written chunk by chunk to stay small in memory.

    C2 is random, of two looks; its power differs between classes, so that trees stop growing as on fields.
    """
    groups = {"/labels": _labels(size), **{_path(orbit): _empty_c2(orbit, size=size) for orbit in ORBITS}}
    tree = scene_from_groups(
        groups,
        name=f"random-{size}",
        kind="simulated",
        season="2019-05-01/2019-09-30",
        crs="EPSG:32614",
        licence="CC0-1.0",
        source="benchmarks/mapping_inputs.py",
        fingerprint=fingerprint_of_text("random", str(size)),
    )
    for path in tree.groups:
        group = tree[path].to_dataset(inherit=False)
        group.to_zarr(folder, group=path, mode="a", compute=False, consolidated=False, zarr_format=2)
    store = zarr.open_group(folder, mode="r+", zarr_format=2)
    class_id = groups["/labels"].class_id.values
    starts = range(0, size, CHUNKS["y"])
    for number, (orbit, top, left) in enumerate(product(ORBITS, starts, starts)):
        part = slice(top, top + CHUNKS["y"]), slice(left, left + CHUNKS["x"])
        for name, values in c2_of_classes(class_id[part], seed=number, orbit=orbit).items():
            array = store[f"{_path(orbit)[1:]}/{name}"]
            array[(slice(None), *part)] = values
    zarr.consolidate_metadata(store.store, zarr_format=2)
    write_manifest(folder)
    return folder


def c2_of_classes(class_id: np.ndarray, *, seed: int, orbit: str) -> dict[str, np.ndarray]:
    """C2 (time, y, x) of an orbit: Wishart, times the gain of each pixel's class on each date."""
    n_date = N_DATE // len(ORBITS)
    gains = np.random.default_rng(int(orbit)).normal(0, SPREAD_DB, (2, n_date, len(CLASSES)))
    vv_gain, vh_gain = (np.float32(10) ** (gains / 10).astype(np.float32))[:, :, class_id]
    vv, vh, cross = wishart(np.random.default_rng(seed), (n_date, *class_id.shape))
    return {
        "c_vv_vv": vv * vv_gain,
        "c_vh_vh": vh * vh_gain,
        "c_vv_vh": cross * np.sqrt(vv_gain * vh_gain),
    }


def fit_classifiers(scene: Path, folder: Path, *, names: Collection[str]) -> Samples:
    """Forests on a share of a scene's pixels, the network on few of them, each to a folder; the samples."""
    speckle = LeeSettings()
    rng = np.random.default_rng(0)
    samples = radar_samples(open_scene(scene), FEATURES, share=SHARE, speckle=speckle, rng=rng)
    some = samples.take(rng.permutation(samples.n_sample)[:FEW])
    for name in set(FOREST_TREES) & set(names):
        n_tree = FOREST_TREES[name]
        forest = ForestClassifier(n_tree=n_tree, use_valid=False).fit(samples, some, seed=0)
        save_fitted(forest, folder / name, speckle=speckle)
    if NETWORK in names:
        config = FitConfig(max_epoch=1, accelerator="cpu")
        network = NetworkClassifier(name="Conv1D-LSTM", config=config).fit(some, some, seed=0)
        save_fitted(network, folder / NETWORK, speckle=speckle)
    return samples


def _labels(size: int) -> xr.Dataset:
    parcels = -(-size // PARCEL)
    drawn = np.random.default_rng(1).integers(0, len(CLASSES), (parcels, parcels)).astype(np.int32)
    class_id = np.repeat(np.repeat(drawn, PARCEL, axis=0), PARCEL, axis=1)[:size, :size]
    legend = {"legend": Legend.from_names(CLASSES).to_json()}
    return group_dataset(LABELS, {"class_id": class_id}, coords=_grid(size), attrs=legend)


def _empty_c2(orbit: str, *, size: int) -> xr.Dataset:
    n_date = N_DATE // len(ORBITS)
    first = np.datetime64(f"{ORBITS[orbit]}T00:20:00", "ns")
    time = first + 12 * np.arange(n_date) * np.timedelta64(24 * 60 * 60 * 10**9, "ns")
    chunks = (n_date, min(size, CHUNKS["y"]), min(size, CHUNKS["x"]))
    kinds = {"c_vv_vv": np.float32, "c_vh_vh": np.float32, "c_vv_vh": np.complex64}
    empty = {name: da.zeros((n_date, size, size), dtype=kind, chunks=chunks) for name, kind in kinds.items()}
    attrs = {"relative_orbit": int(orbit), "orbit_direction": "ascending"}
    return group_dataset(C2, empty, coords={"time": time, **_grid(size)}, attrs=attrs)


def _grid(size: int) -> dict[str, np.ndarray]:
    step = 10.0 * np.arange(size)  # [m]
    return {"y": 5_500_000.0 - step, "x": 600_000.0 + step}


def _path(orbit: str) -> str:
    return f"/sentinel1/{orbit}/c2"
