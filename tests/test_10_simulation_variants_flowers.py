"""Flowers of rapeseed: when, how much, in which bands, and nothing where none are asked for."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from cropnb.paths import data_folder
from cropnb.schema import SchemaError
from cropnb.simulation import Parameters, load_parameters, simulate
from cropnb.simulation.days import Day
from cropnb.simulation.flowering import flower_share
from cropnb.simulation.growth import Growth
from cropnb.simulation.optical_checks import check_optics

DAYS = tuple(Day(day) for day in range(65, 160, 5))


@cache
def parcels() -> Parameters:
    """One patch of rapeseed that flowers at once, under a clear sky, without errors of the sensor."""
    whole = load_parameters(data_folder() / "scenes" / "parcels-2019.toml", preset="smoke")
    optics, radar = whole.optics, whole.radar
    clean = {"noise": 0.0, "noise_floor": 0.0, "bias_sd": 0.0, "directional": 0.0, "misregistration_m": 0.0}
    sentinel2 = replace(optics.sentinel2, acquisitions=DAYS, clear_share=1.0, **clean)
    tracks = {name: replace(track, acquisitions={"2019": (180,)}) for name, track in radar.tracks.items()}
    alike = {"rate_sd": 0.0, "maturity_sd": 0.0, "sowing_field_sd_d": 0.0, "sowing_village_sd_d": 0.0}
    return replace(
        whole,
        effects=replace(whole.effects, **alike),
        preset=replace(whole.preset, n_column=1, n_pixel=64, showcase=False),
        radar=replace(radar, tracks=tracks),
        optics=replace(optics, sentinel2=sentinel2),
        allocation=replace(
            whole.allocation, priors={name: float(name == "rapeseed") for name in whole.allocation.priors}
        ),
    )


@cache
def reflectance(*, flowers: bool) -> np.ndarray:
    """Means of inner pixels (time, band)."""
    parameters = parcels() if flowers else replace(parcels(), flowers={})
    tree = simulate(parameters, progress=False)
    truth = tree["truth"]
    number = list(parameters.crops).index("rapeseed")
    inner = (truth.crop.values == number) & (truth.edge_distance.values > 15)
    assert inner.sum() > 100
    return np.asarray(tree["sentinel2"].reflectance.values[..., inner].mean(axis=-1), dtype=float)


def hidden() -> np.ndarray:
    """Share that flowers hide by date, from green and red."""
    flowering, leaves = (reflectance(flowers=f)[:, 1:3] for f in (True, False))
    shares = (flowering - leaves) / (np.array([0.16, 0.15]) - leaves)
    assert shares[:, 0] == pytest.approx(shares[:, 1], abs=0.01)
    return np.asarray(shares.mean(axis=1))


def test_half_of_the_flowers_are_out_at_the_start_and_half_are_gone_at_the_end() -> None:
    """Where every day is as warm as the next, thermal age is time since sowing."""
    crop, flowers = parcels().crops["rapeseed"], parcels().flowers["rapeseed"]
    day = np.array([flowers.start - 20, flowers.start, flowers.start + 12, flowers.end, flowers.end + 20.0])
    stage = (day - crop.sow)[None] / (crop.dn50 - crop.sow)
    growth = Growth(lai=np.ones_like(stage), vwc=stage, cover=np.full_like(stage, 0.5), stage=stage)
    share = flower_share(flowers, crop, growth, np.full(800, 10.0), cap_c=30.0, first_day=-365)
    assert share[0] / (0.5 * 0.35) == pytest.approx([0, 0.5, 1, 0.5, 0], abs=1e-3)


def test_flowers_are_gone_before_and_after_some_weeks() -> None:
    share = hidden()
    assert share[[0, -1]] == pytest.approx(0, abs=0.01)
    assert 4 <= (share > 0.17).sum() <= 8  # dates five days apart; a cold spring lengthens the bloom


def test_flowers_hide_a_third_of_the_closed_canopy() -> None:
    assert hidden().max() == pytest.approx(0.35, abs=0.02)


def test_full_bloom_raises_green_and_red_and_leaves_blue_alone() -> None:
    change = (reflectance(flowers=True) - reflectance(flowers=False))[hidden().argmax()]
    assert min(change[1:3]) > 0.03
    assert abs(change[0]) < 0.02


def test_other_bands_look_like_leaves() -> None:
    assert (reflectance(flowers=True)[:, 3:] == reflectance(flowers=False)[:, 3:]).all()


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"end": Day(90)}, "flowers.rapeseed.end"),
        ({"width_d": 0.0}, "flowers.rapeseed.width_d"),
        ({"share": 1.2}, "flowers.rapeseed.share"),
        ({"reflectance": {"B4": 0.1}}, "flowers.rapeseed.reflectance"),
        ({"reflectance": {"B04": 15.0}}, "flowers.rapeseed.reflectance.B04"),
    ],
)
def test_bad_flowers_are_named(change: dict[str, object], key: str) -> None:
    parameters = parcels()
    flowers = replace(parameters.flowers["rapeseed"], **change)
    with pytest.raises(SchemaError, match=key):
        check_optics(replace(parameters, flowers={"rapeseed": flowers}))


def test_only_crops_of_the_scene_flower() -> None:
    parameters = parcels()
    flowers = {"lavender": parameters.flowers["rapeseed"]}
    with pytest.raises(SchemaError, match="flowers: unknown lavender"):
        check_optics(replace(parameters, flowers=flowers))
