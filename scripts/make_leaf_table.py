"""Compute the table of canopy reflectance that the simulator interpolates, with PROSAIL. Run once per change.

    python3 -m venv /tmp/prosail && /tmp/prosail/bin/pip install prosail==2.0.5
    /tmp/prosail/bin/python scripts/make_leaf_table.py

Reads data/tables/leaves.toml; writes data/tables/canopy_spectra.npz with canopy_spectra.toml beside it, and
tests/data/canopy_spectra_direct.csv, a few runs that are no nodes of the table. Takes a minute or two.

`prosail` is under the GPL, and no dependency of cropnb, not even of its tests: decision 0009. Nothing of it
enters the files but the numbers it computes.
"""

from __future__ import annotations

import csv
import hashlib
import sys
import time
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import prosail

ROOT = Path(__file__).resolve().parents[1]
LEAVES = ROOT / "data" / "tables" / "leaves.toml"
TABLE = ROOT / "data" / "tables" / "canopy_spectra.npz"
HEADER = TABLE.with_suffix(".toml")
DIRECT = ROOT / "tests" / "data" / "canopy_spectra_direct.csv"

WAVELENGTH = np.arange(400, 2501)  # nm, those of the model
FWHM = 2 * np.sqrt(2 * np.log(2))  # of a Gaussian, in standard deviations
SCALE = 1e-4  # reflectance of one step of the stored integers
AXES = ("sun_zenith_deg", "angle_offset_deg", "gain", "greenness", "lai")  # order of the table's dims
PIGMENT_NM = 750  # below it chlorophyll absorbs, above it water; no band feels both
N_DIRECT = 8  # runs per leaf
SEED = 8


def values(table: dict[str, Any]) -> dict[str, Any]:
    """Plain values of a parameter file, without unit, tag and source."""
    if "value" in table:
        return table["value"]
    return {key: values(entry) for key, entry in table.items()}


def responses(leaves: dict[str, Any]) -> dict[str, np.ndarray]:
    """Weights over the wavelengths by band, each with sum 1."""
    gaussian = {
        name: np.exp(-(((WAVELENGTH - centre) / (width / FWHM)) ** 2) / 2)
        for name, (centre, width) in leaves["sentinel2"].items()
    }
    flat = {
        name: ((low <= WAVELENGTH) & (high >= WAVELENGTH)).astype(float)
        for name, (low, high) in leaves["rapideye"].items()
    }
    return {name: weights / weights.sum() for name, weights in (gaussian | flat).items()}


def leaf_arguments(leaf: dict[str, float], wilt: dict[str, float], state: dict[str, float]) -> tuple:
    """First six arguments of the model for a leaf of some greenness and some gains of pigment and water."""
    green = state["greenness"]
    factor = wilt["chlorophyll_left"] + (1 - wilt["chlorophyll_left"]) * green
    carotenoids = wilt["carotenoids_left"] + (1 - wilt["carotenoids_left"]) * factor
    water = wilt["water_left"] + (1 - wilt["water_left"]) * green
    return (
        leaf["structure"],
        leaf["chlorophyll"] * factor * state["pigment_gain"],
        leaf["carotenoids"] * carotenoids,
        1 - green,
        leaf["water"] * water * state["water_gain"],
        leaf["dry_matter"],
    )


def run(leaves: dict[str, Any], name: str, state: dict[str, float], **how: Any) -> Any:
    """One run of PROSPECT-D and 4SAIL."""
    model, leaf = leaves["model"], leaves["leaves"][name]
    return prosail.run_prosail(
        *leaf_arguments(leaf, leaves["senescence"], state),
        state["lai"],
        leaf["mean_angle_deg"] + state["angle_offset_deg"],
        model["hot_spot"],
        state["sun_zenith_deg"],
        model["view_zenith_deg"],
        model["relative_azimuth_deg"],
        prospect_version="D",
        **how,
    )


def canopy_terms(leaves: dict[str, Any], name: str, state: dict[str, float]) -> tuple[np.ndarray, ...]:
    """Reflectance over black soil, two-way transmittance, reflectance from below, share of the hot spot."""
    if state["lai"] == 0:
        nothing = np.zeros(WAVELENGTH.size)
        return nothing, nothing + 1, nothing, nothing
    found = run(leaves, name, state, rsoil0=np.zeros(WAVELENGTH.size), factor="ALLALL")
    tss, too, tsstoo, rdd, _, _, tsd, _, tdo, rso = (np.broadcast_to(x, WAVELENGTH.size) for x in found[:10])
    return rso, (tss + tsd) * (tdo + too), rdd, tsstoo - tss * too


def states(axes: dict[str, list[float]]) -> Iterator[tuple[tuple[int, ...], dict[str, float]]]:
    """Index and state of each node; pigment and water change together, since no band feels both."""
    for index in product(*(range(len(axes[axis])) for axis in AXES)):
        node = {axis: axes[axis][at] for axis, at in zip(AXES, index, strict=True)}
        yield index, node | {"pigment_gain": node["gain"], "water_gain": node["gain"]}


def leaf_table(leaves: dict[str, Any], name: str, bands: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Terms (term, band, *axes), and the hot spot's share (sun_zenith_deg, angle_offset_deg, lai)."""
    shape = tuple(len(leaves["axes"][axis]) for axis in AXES)
    terms = np.empty((3, len(bands), *shape))
    hot_spot = np.empty((shape[0], shape[1], shape[-1]))
    for index, state in states(leaves["axes"]):
        *of_wavelength, share = canopy_terms(leaves, name, state)
        terms[:, :, *index] = [bands @ term for term in of_wavelength]
        hot_spot[index[0], index[1], index[-1]] = share[0]
    return terms, hot_spot


def packed(array: np.ndarray) -> np.ndarray:
    """Integer steps of `SCALE`, differenced along the axes: they zip well, and cumsum undoes it."""
    steps = np.round(array / SCALE).astype(np.int16)
    for axis in range(-1, -min(steps.ndim, len(AXES)) - 1, -1):
        steps = np.diff(steps, axis=axis, prepend=np.int16(0))
    return steps


def backgrounds(leaves: dict[str, Any], bands: np.ndarray) -> dict[str, np.ndarray]:
    """Reflectance by band of dry and wet soil, from the model's library, and of straw."""
    straw = np.interp(WAVELENGTH, leaves["straw"]["wavelength_nm"], leaves["straw"]["reflectance"])
    soil = prosail.spectral_lib.soil
    spectra = {"soil_dry": soil.rsoil1, "soil_wet": soil.rsoil2, "straw": straw}
    return {name: bands @ spectrum for name, spectrum in spectra.items()}


def direct_runs(leaves: dict[str, Any], bands: np.ndarray) -> Iterator[list[Any]]:
    """Rows of the fixture: states away from the nodes, and the reflectance of a run of the whole model."""
    rng = np.random.default_rng(SEED)
    for name in leaves["leaves"]:
        for _ in range(N_DIRECT):
            state = {
                "sun_zenith_deg": rng.uniform(25, 60),
                "angle_offset_deg": float(np.clip(rng.normal(0, 4), -11, 11)),
                "pigment_gain": float(np.clip(rng.lognormal(0, 0.15), 0.65, 1.55)),
                "water_gain": float(np.clip(rng.lognormal(0, 0.15), 0.65, 1.55)),
                "greenness": rng.beta(1, 0.6),
                "lai": rng.uniform(0.05, 7),
            }
            soil = {"brightness": 0.8 * rng.lognormal(0, 0.12), "dry_share": rng.uniform(0, 0.35)}
            state, soil = ({k: round(v, 4) for k, v in given.items()} for given in (state, soil))
            seen = run(leaves, name, state, rsoil=soil["brightness"], psoil=soil["dry_share"])
            yield [name, *state.values(), *soil.values(), *(f"{x:.5f}" for x in bands @ seen)]


def write_direct(leaves: dict[str, Any], names: list[str], bands: np.ndarray) -> None:
    """The fixture, with its origin in the first line."""
    columns = ["leaf", "sun_zenith_deg", "angle_offset_deg", "pigment_gain", "water_gain", "greenness", "lai"]
    with DIRECT.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"# runs of prosail {version('prosail')} by scripts/make_leaf_table.py, seed {SEED}\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*columns, "brightness", "dry_share", *names])
        writer.writerows(direct_runs(leaves, bands))


def write_header(names: list[str], n_run: int) -> None:
    """What made the table, in words."""
    sha256 = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (LEAVES, TABLE)}
    lines = [
        "# Written by scripts/make_leaf_table.py: how canopy_spectra.npz was made. Inputs: leaves.toml.",
        'model = "PROSPECT-D (Feret et al., 2017) and 4SAIL (Verhoef et al., 2007)"',
        f'package = "prosail {version("prosail")}"',
        'package_licence = "GPLv3 by its conda recipe; not distributed with cropnb"',
        'licence = "CC-BY-4.0"',
        'command = "python scripts/make_leaf_table.py"',
        f"n_run = {n_run}",
        f"axes = {list(AXES)!r}".replace("'", '"'),
        'terms = ["black", "two_way", "below"]',
        f"bands = {names!r}".replace("'", '"'),
        f"step = {SCALE}  # reflectance per integer; stored are differences along the axes",
        f'leaves_sha256 = "{sha256[LEAVES.name]}"',
        f'table_sha256 = "{sha256[TABLE.name]}"',
    ]
    HEADER.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def main() -> int:
    """Run from the command line."""
    started = time.perf_counter()
    leaves = values(tomllib.loads(LEAVES.read_text(encoding="utf-8")))
    by_band = responses(leaves)
    names, bands = list(by_band), np.stack(list(by_band.values()))
    arrays: dict[str, np.ndarray] = {"bands": np.array(names), "step": np.array(SCALE)}
    arrays |= {axis: np.array(leaves["axes"][axis]) for axis in AXES}
    arrays["pigment_band"] = bands @ WAVELENGTH < PIGMENT_NM
    arrays |= {name: np.round(spectrum, 4) for name, spectrum in backgrounds(leaves, bands).items()}
    for name in leaves["leaves"]:
        terms, hot_spot = leaf_table(leaves, name, bands)
        arrays |= {f"{name}.terms": packed(terms), f"{name}.hot_spot": packed(hot_spot)}
        print(f"{name}: {time.perf_counter() - started:.0f} s")
    np.savez_compressed(TABLE, **arrays)
    n_run = len(leaves["leaves"]) * int(np.prod([len(leaves["axes"][axis]) for axis in AXES]))
    write_header(names, n_run)
    write_direct(leaves, names, bands)
    print(f"{TABLE.name}: {TABLE.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
