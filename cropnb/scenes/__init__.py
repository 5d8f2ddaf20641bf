"""Scenes: the contract, readers, the store and the catalogue. The only place where files are opened."""

from cropnb.scenes.blocks import take_block
from cropnb.scenes.catalogue import (
    catalogue,
    fetch_scene,
    first_available,
    is_available,
    open_scene,
    scene_entry,
)
from cropnb.scenes.contract import legend_of, validate
from cropnb.scenes.describe import describe
from cropnb.scenes.download import DownloadError
from cropnb.scenes.entries import SceneEntry, SceneFile
from cropnb.scenes.examples import example_point_scene, example_raster_scene
from cropnb.scenes.orbits import pass_from_time
from cropnb.scenes.store import open_store, save_scene
from cropnb.scenes.streaming import write_by_chunks

__all__ = [
    "DownloadError",
    "SceneEntry",
    "SceneFile",
    "catalogue",
    "describe",
    "example_point_scene",
    "example_raster_scene",
    "fetch_scene",
    "first_available",
    "is_available",
    "legend_of",
    "open_scene",
    "open_store",
    "pass_from_time",
    "save_scene",
    "scene_entry",
    "take_block",
    "validate",
    "write_by_chunks",
]
