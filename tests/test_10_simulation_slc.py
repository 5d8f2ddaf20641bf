"""Single-look images against theory: power, looks, neighbours, noise, polarisations, memory of the past."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import uniform_filter
from scipy.special import gammaln

from cropnb.paths import data_folder
from cropnb.simulation import load_parameters
from cropnb.simulation.decorrelation import Persistence
from cropnb.simulation.painting import MeanC2, Texture, add_sensor, make_texture
from cropnb.simulation.radar_parameters import Track
from cropnb.simulation.raster import Ground
from cropnb.simulation.scatterers import Scatterers
from cropnb.simulation.sigma0 import Components
from cropnb.simulation.slc import SingleLook, line_cells, single_looks

PARAMETERS = load_parameters(data_folder() / "scenes" / "county.toml", preset="smoke")
RADAR, QUADRATURE = PARAMETERS.radar, PARAMETERS.soil.rho_quadrature
TRACK = RADAR.tracks["105"]
QUIET = replace(TRACK, nesz_db=-100.0)
N = 400  # cells along a side


def uniform(
    *,
    soil: float = 0.0,
    canopy: float = 0.0,
    ratio: float = 0.1,
    rho: float = 0.0,
    keep: tuple[float, ...] = (),
    fixed: float = 0.0,
    n: int = N,
) -> Scatterers:
    """One object everywhere; `ratio` is VH over VV, `keep` the persistence from date to date."""
    shape = (1, len(keep) + 1)
    ground_vv, canopy_vv = np.full(shape, soil), np.full(shape, canopy)
    cross = rho * np.sqrt(ratio) * ground_vv
    power = Components(ground_vv, ratio * ground_vv, canopy_vv, ratio * canopy_vv, cross)
    kept = np.array([keep]).reshape(1, -1)
    flat = np.ones((n, n), dtype=np.float32)
    row = np.zeros((n, n), dtype=np.int32)
    return Scatterers(power, Persistence(kept, kept, np.array([fixed])), row, Texture(flat, flat), QUADRATURE)


def images(scatterers: Scatterers, track: Track = TRACK, *, seed: int = 1) -> list[SingleLook]:
    rng = np.random.default_rng(seed)
    return list(single_looks(scatterers, RADAR, track, cell_m=5.0, rng=rng))


def looks(power: np.ndarray) -> np.ndarray:
    """Means of three samples in range."""
    width = power.shape[1] // 3 * 3
    return power[:, :width].reshape(len(power), -1, 3).mean(axis=2)


def enl(power: np.ndarray) -> float:
    return float(power.mean(dtype=float) ** 2 / power.var(dtype=float))


def correlation(a: np.ndarray, b: np.ndarray) -> complex:
    return complex(np.vdot(b, a) / np.sqrt(np.vdot(a, a).real * np.vdot(b, b).real))


def test_images_are_single_precision_and_lines_lie_15_m_apart() -> None:
    (image,) = images(uniform(soil=0.1))
    assert image.s_vv.dtype == image.s_vh.dtype == np.complex64
    assert image.s_vv.shape == image.s_vh.shape == (132, N)
    assert line_cells(2000, RADAR, cell_m=5.0).size == 666


@pytest.mark.parametrize(("soil", "canopy"), [(0.1, 0.0), (0.0, 0.1), (0.05, 0.05)])
def test_power_is_that_of_the_scatterers_cross_talk_and_noise(soil: float, canopy: float) -> None:
    (image,) = images(uniform(soil=soil, canopy=canopy))
    noise = 10**-2.55
    tolerance = 5 / np.sqrt(image.s_vv.size / 1.6)  # neighbouring lines are correlated
    assert np.mean(abs(image.s_vv) ** 2) == pytest.approx(0.1 + noise, rel=tolerance)
    assert np.mean(abs(image.s_vh) ** 2) == pytest.approx(0.01 + 0.1 * 0.03**2 + noise, rel=tolerance)


def test_three_looks_in_range_are_three_and_texture_makes_them_fewer() -> None:
    plain = uniform(canopy=0.1, n=800)
    (image,) = images(plain, QUIET)
    assert enl(looks(abs(image.s_vv) ** 2)) == pytest.approx(2.96, abs=0.1)
    ground = np.full(plain.row.shape, Ground.FIELD)
    rng = np.random.default_rng(5)
    texture = make_texture(ground, PARAMETERS.effects, PARAMETERS.covers, cell_m=5.0, rng=rng)
    (image,) = images(replace(plain, texture=Texture(texture.total, np.ones_like(texture.total))), QUIET)
    spread = float(looks(texture.total)[1:-1].var() / texture.total.mean() ** 2)  # between pixels
    assert 0.01 < spread < 0.03
    assert enl(looks(abs(image.s_vv) ** 2)) == pytest.approx(1 / (1 / 3 + 4 / 3 * spread), abs=0.1)


def test_adjacent_lines_share_two_sevenths_and_adjacent_samples_nothing() -> None:
    (image,) = images(uniform(canopy=0.1, n=800), QUIET)
    for s in (image.s_vv, image.s_vh):
        tolerance = 5 / np.sqrt(s.size)
        assert correlation(s[1:], s[:-1]) == pytest.approx(2 / 7, abs=tolerance)
        assert abs(correlation(s[2:], s[:-2])) < tolerance
        assert abs(correlation(s[:, 1:], s[:, :-1])) < tolerance


def test_without_a_target_only_noise_is_left() -> None:
    for track in RADAR.tracks.values():
        (image,) = images(uniform(), track)
        for s in (image.s_vv, image.s_vh):
            level = 10 * np.log10(np.mean(abs(s) ** 2))
            assert level == pytest.approx(track.nesz_db, abs=5 * 4.34 / np.sqrt(s.size))
        assert abs(correlation(image.s_vv, image.s_vh)) < 5 / np.sqrt(image.s_vv.size)


@pytest.mark.parametrize("rho", [0.0, 0.16, -0.1])
def test_second_moments_are_those_of_the_fast_path(rho: float) -> None:
    soil, canopy, ratio = 0.08, 0.04, 0.15
    (image,) = images(uniform(soil=soil, canopy=canopy, ratio=ratio, rho=rho, n=800))
    one = np.ones((1, 1), dtype=np.float32)
    cross = rho * np.sqrt(ratio) * soil
    true = MeanC2((soil + canopy) * one, ratio * (soil + canopy) * one, (cross * one).astype(np.complex64))
    expected = add_sensor(true, RADAR, nesz_db=TRACK.nesz_db, rho_quadrature=QUADRATURE)
    tolerance = 5 / np.sqrt(image.s_vv.size / 1.2)
    vv, vh = image.s_vv.astype(complex), image.s_vh.astype(complex)
    assert np.mean(abs(vv) ** 2) == pytest.approx(expected.c_vv_vv.item(), rel=tolerance)
    assert np.mean(abs(vh) ** 2) == pytest.approx(expected.c_vh_vh.item(), rel=tolerance)
    scale = np.sqrt(expected.c_vv_vv.item() * expected.c_vh_vh.item())
    assert abs(np.mean(vv * vh.conj()) - expected.c_vv_vh.item()) < tolerance * scale
    # circular Gaussian: the fourth moment of each is twice the square of the second
    assert np.mean(abs(vv) ** 4) == pytest.approx(2 * np.mean(abs(vv) ** 2) ** 2, rel=5 * tolerance)


def test_any_two_dates_share_the_product_of_the_steps_between() -> None:
    keep = (0.8, 0.5, 0.9)
    series = [image.s_vv.astype(complex) for image in images(uniform(soil=0.1, keep=keep, n=500), QUIET)]
    got = np.array([[correlation(a, b) for b in series] for a in series])
    expected = [[np.prod(keep[min(i, j) : max(i, j)]) for j in range(4)] for i in range(4)]
    assert np.allclose(got, expected, atol=5 / np.sqrt(series[0].size / 1.2))


def test_the_chain_draws_from_the_same_law_as_a_cholesky_factor() -> None:
    keep = (0.8, 0.5, 0.9)
    gamma = np.array([[np.prod(keep[min(i, j) : max(i, j)]) for j in range(4)] for i in range(4)])
    rng = np.random.default_rng(3)
    z = rng.normal(size=(2, 4, 50_000)) * np.sqrt(0.5)
    oracle = np.linalg.cholesky(gamma) @ (z[0] + 1j * z[1])
    chain = [i.s_vv.ravel() / np.sqrt(0.1) for i in images(uniform(soil=0.1, keep=keep, n=500), QUIET)]
    quantiles = np.linspace(0.05, 0.95, 10)
    for i, j in ((0, 1), (0, 3), (1, 2)):
        ours, theirs = (np.real(s[i] * np.conj(s[j])) for s in (chain, oracle))
        assert np.quantile(ours, quantiles) == pytest.approx(np.quantile(theirs, quantiles), abs=0.04)


def test_a_fixed_part_never_fades() -> None:
    scatterers = uniform(soil=0.1, keep=(0.3, 0.3, 0.3, 0.3), fixed=0.75)
    first, *later = [image.s_vv for image in images(scatterers, QUIET)]
    for step, image in enumerate(later, start=1):
        expected = 0.75 + 0.25 * 0.3**step
        assert correlation(first, image) == pytest.approx(expected, abs=0.02)
    assert np.mean(abs(first) ** 2) == pytest.approx(0.1, rel=0.05)


@pytest.mark.parametrize(("gamma", "power"), [(0.0, 0.1), (0.6, 0.1), (0.6, 0.004)])
def test_estimates_scatter_about_the_true_coherence_with_its_known_bias(gamma: float, power: float) -> None:
    first, second = images(uniform(soil=power, keep=(gamma,), n=900))
    noise = 10**-2.55
    truth = gamma * power / (power + noise)
    got = estimate(first.s_vv, second.s_vv)
    assert got.mean() == pytest.approx(touzi_mean(truth, 24.3), abs=0.015)


def estimate(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Coherence in windows of 3 lines and 9 samples that do not overlap."""

    def mean(x: np.ndarray) -> np.ndarray:
        real, imaginary = (uniform_filter(part.astype(float), (3, 9)) for part in (x.real, x.imag))
        return (real + 1j * imaginary)[1:-1:3, 4:-4:9]

    return abs(mean(a * b.conj())) / np.sqrt(mean(abs(a) ** 2).real * mean(abs(b) ** 2).real)


def touzi_mean(gamma: float, n_looks: float) -> float:
    """Mean of the estimate, by summing the series of 3F2(3/2, L, L; L + 1/2, 1; gamma^2)."""
    k = np.arange(2000)
    front = gammaln(n_looks) + gammaln(1.5) - gammaln(n_looks + 0.5)
    terms = gammaln(1.5 + k) - gammaln(1.5) + 2 * (gammaln(n_looks + k) - gammaln(n_looks))
    terms -= gammaln(n_looks + 0.5 + k) - gammaln(n_looks + 0.5) + 2 * gammaln(1 + k)
    power = np.where(k == 0, 0.0, k * np.log(gamma**2)) if gamma else np.where(k == 0, 0.0, -np.inf)
    return float(np.exp(front + n_looks * np.log1p(-(gamma**2))) * np.exp(terms + power).sum())


def test_the_oracle_gives_the_tabulated_means() -> None:
    table = {(0.0, 4): 0.457, (0.4, 9): 0.461, (0.6, 20): 0.609, (0.8, 20): 0.802}
    for (gamma, n_looks), mean in table.items():
        assert touzi_mean(gamma, n_looks) == pytest.approx(mean, abs=0.001)


def test_lines_of_a_window_hold_fewer_looks_than_samples() -> None:
    """27 samples, of which adjacent lines share 2/7: 27 / (1 + 4/3 (2/7)^2) = 24.3 looks."""
    first, second = images(uniform(soil=0.1, keep=(0.0,), n=900), QUIET)
    mean = estimate(first.s_vv, second.s_vv).mean()
    assert np.pi / 4 / mean**2 == pytest.approx(24.3, abs=0.8)


def test_dates_come_one_by_one_and_the_same_seed_gives_the_same_bytes() -> None:
    scatterers = uniform(soil=0.05, canopy=0.05, keep=(0.5, 0.5), n=128)
    stream = single_looks(scatterers, RADAR, TRACK, cell_m=5.0, rng=np.random.default_rng(4))
    for date, whole in zip(stream, images(scatterers, seed=4), strict=True):
        assert date.s_vv.tobytes() == whole.s_vv.tobytes()
        assert date.s_vh.tobytes() == whole.s_vh.tobytes()
    other = images(scatterers, seed=5)[0]
    assert not np.array_equal(other.s_vv, whole.s_vv)
