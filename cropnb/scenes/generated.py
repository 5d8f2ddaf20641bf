"""Simulated scenes: made once, kept in the cache under the fingerprint of what made them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cropnb.paths import cache_folder
from cropnb.scenes.contract import validate
from cropnb.scenes.entries import SceneEntry
from cropnb.scenes.store import save_scene
from cropnb.schema import SchemaError

if TYPE_CHECKING:
    from cropnb.simulation.parameters import Parameters

_DIGITS = 12  # of the fingerprint, in the folder's name
_LARGEST_MPX = 4.0  # simulated in memory


def generated_store(entry: SceneEntry, parameter_file: Path) -> Path:
    """Zarr folder of a simulated scene.

    Parameters
    ----------
    entry : SceneEntry
        Name and preset.
    parameter_file : Path
        Parameters of the simulation.

    Returns
    -------
    Path
        In the cache. Other parameters or another version of the simulation give another folder. Processes
        that make the same scene at once each make it; the first to finish gives the folder its name. A large
        scene is written tile by tile, without the truth of single dates: let one process make it, or call
        `write_tiles` with several workers.

    Raises
    ------
    SchemaError
        If the simulation gives a scene that breaks the contract.
    """
    # The simulation is imported only when a scene is made, so that opening a real scene does not wait for it.
    from cropnb import simulation  # noqa: PLC0415

    parameters = simulation.load_parameters(parameter_file, preset=entry.preset)
    fingerprint = parameters.fingerprint(simulation.sim_version())
    path = cache_folder() / "scenes" / f"{entry.name}-{fingerprint[:_DIGITS]}.zarr"
    if path.is_dir():
        return path
    if _is_large(parameters):
        from cropnb.scenes.tile_store import without_truth_series, write_tiles  # noqa: PLC0415

        return write_tiles(parameters, path, work=without_truth_series)
    scene = simulation.simulate(parameters)
    if parameters.preset.single_look:
        from cropnb.scenes.from_slc import with_products  # noqa: PLC0415 (compiles; other scenes need not wait)

        scene = with_products(scene)
    scene.attrs.update(name=entry.name, fingerprint=fingerprint)
    validate(scene)
    try:
        save_scene(scene, path)
    except (SchemaError, OSError):
        if not path.is_dir():  # otherwise another process was faster, and its scene is the same
            raise
    return path


def _is_large(parameters: Parameters) -> bool:
    preset = parameters.preset
    n_pixel = preset.n_row * preset.n_column * preset.n_pixel**2
    return preset.inside_county or n_pixel > _LARGEST_MPX * 1e6
