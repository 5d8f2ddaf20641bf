"""Clouds: cover, rims, shadows, masks, and the same sky over every tile."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cropnb.paths import data_folder
from cropnb.simulation import load_parameters, simulate
from cropnb.simulation.clouds import Clouds, Sky, draw_clouds, look_up, on_grid, under_sky, usable
from cropnb.simulation.rff import smooth_field

SMOKE = load_parameters(data_folder() / "scenes" / "county.toml", preset="smoke")
OPTICS = SMOKE.optics
SUN = (np.radians(40.0), np.radians(150.0))
EAST, NORTH = 340_000 + np.arange(0, 40_000, 250.0), 5_340_000 - np.arange(0, 40_000, 250.0)


def clouds_of(cover: float, seed: int = 0) -> Clouds:
    sensor = replace(OPTICS.sentinel2, cloud_range=(cover, cover))
    return draw_clouds(sensor, OPTICS.clouds, rng=np.random.default_rng(seed))


def sky_of(clouds: Clouds, east: np.ndarray = EAST, north: np.ndarray = NORTH) -> Sky:
    return look_up(clouds, OPTICS.clouds, east, north, sun=SUN)


@pytest.mark.parametrize("cover", [0.04, 0.3, 0.7])
def test_opaque_clouds_cover_the_share_that_was_asked_for(cover: float) -> None:
    opaque = [(sky_of(clouds_of(cover, seed)).opacity == 1).mean() for seed in range(20)]
    assert np.mean(opaque) == pytest.approx(cover, abs=5 * np.std(opaque) / np.sqrt(20))
    assert np.std(opaque) < 0.2  # about 20 clouds of the largest scale, so that the mean says something


def test_a_cover_of_nothing_is_a_clear_sky_and_of_everything_a_closed_one() -> None:
    clear, closed = sky_of(clouds_of(0.0)), sky_of(clouds_of(1.0))
    assert not clear.opacity.any()
    assert not clear.shadow.any()
    assert usable(clear, OPTICS.clouds).all()
    assert (closed.opacity == 1).all()
    assert not usable(closed, OPTICS.clouds).any()


def test_clouds_have_thin_rims_of_about_the_stated_width() -> None:
    fine = np.arange(0, 8_000, 10.0)
    sky = sky_of(clouds_of(0.2, seed=3), 340_000 + fine, 5_340_000 - fine)
    thin = (sky.opacity > 0) & (sky.opacity < 1)
    edges = (np.diff(sky.opacity == 1, axis=1)).sum() + (np.diff(sky.opacity == 1, axis=0)).sum()
    width = thin.sum() * 10.0 / (edges * np.pi / 4)  # a rim's area over the length of the edge
    assert 100 < width < 400


def test_shadows_are_the_clouds_moved_away_from_the_sun() -> None:
    clouds = clouds_of(0.1, seed=5)
    reach = clouds.base_m * np.tan(SUN[0])
    east, north = np.array([reach * np.sin(SUN[1])]), np.array([reach * np.cos(SUN[1])])
    cast = sky_of(clouds, EAST + east, NORTH + north).opacity
    sky = sky_of(clouds)
    assert sky.shadow == pytest.approx(cast * (1 - sky.opacity), abs=1e-6)
    assert sky.shadow.mean() > 0.02
    assert north < 0 < east  # the sun stands in the south-east, shadows fall to the north-west


def test_the_sky_is_the_same_whatever_part_of_it_is_looked_at() -> None:
    clouds = clouds_of(0.3, seed=7)
    whole, part = sky_of(clouds), sky_of(clouds, EAST[37:90], NORTH[100:140])
    for name in ("opacity", "shadow", "reflectance"):
        assert (getattr(whole, name)[100:140, 37:90] == getattr(part, name)).all()


def test_the_fast_grid_is_the_field() -> None:
    field = smooth_field(length_m=800, rng=np.random.default_rng(3))
    slow = field(*np.meshgrid(EAST[:40], NORTH[:30]))
    assert on_grid(field, EAST[:40], NORTH[:30]) == pytest.approx(slow, abs=1e-4)


def test_opaque_cloud_hides_the_ground_and_is_darker_in_the_short_wave_infrared() -> None:
    one = np.ones((2, 2), dtype=np.float32)
    closed = Sky(one, 0 * one, 0.6 * one)
    assert under_sky(0.1 * one, closed, "B04", OPTICS.clouds) == pytest.approx(0.6)
    assert under_sky(0.1 * one, closed, "B11", OPTICS.clouds) == pytest.approx(0.48)
    shaded = Sky(0 * one, one, 0.6 * one)
    assert under_sky(0.1 * one, shaded, "B04", OPTICS.clouds) == pytest.approx(0.045)


def test_the_share_of_clear_dates_and_the_range_of_covers_are_kept() -> None:
    sensor = replace(OPTICS.sentinel2, clear_share=0.7, cloud_range=(0.0, 1.0), cloud_beta=(0.8, 0.8))
    covers = np.array(
        [draw_clouds(sensor, OPTICS.clouds, rng=np.random.default_rng(k)).cover for k in range(600)]
    )
    assert (covers == 0).mean() == pytest.approx(0.7, abs=0.06)
    cloudy = covers[covers > 0]
    assert cloudy.mean() == pytest.approx(0.5, abs=0.07)
    assert cloudy.max() > 0.9


def test_mask_and_truth_of_a_scene_agree_but_for_thin_cloud() -> None:
    sensor = replace(OPTICS.sentinel2, cloud_range=(0.4, 0.4))
    cloudy = replace(SMOKE, optics=replace(OPTICS, sentinel2=sensor))
    scene = simulate(cloudy, progress=False)
    usable_, opacity = scene["/sentinel2/valid_mask"].values, scene["/truth/sentinel2_cloud_opacity"].values
    shadow = scene["/truth/sentinel2_cloud_shadow"].values
    assert not usable_[(opacity > 0.2) | (shadow > 0.2)].any()
    assert usable_[(opacity <= 0.2) & (shadow <= 0.2)].all()
    share = scene["/truth/sentinel2_cloud_fraction"].values
    assert share == pytest.approx(opacity.mean(axis=(1, 2)), abs=1e-6)
    blue = scene["/sentinel2/reflectance"].sel(band="B02").values
    assert blue[opacity == 1].min() > 0.15
    assert np.median(blue[usable_]) < 0.1
