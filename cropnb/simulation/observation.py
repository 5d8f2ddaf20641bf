r"""What one track sees of a tile at 10 m: C2 with speckle, the power behind it, the coherence of its pairs.

True coherence is what an estimate would give that averages very many images of the same ground:

.. math::
    \gamma = \frac{|\langle s_1 s_2^* \rangle|}{\sqrt{\langle |s_1|^2 \rangle \langle |s_2|^2 \rangle}}

with point spread and cross-talk in all three means, and noise in the powers only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from cropnb.simulation.arrays import Floats, Integers
from cropnb.simulation.mixing import Mixing
from cropnb.simulation.painting import MeanC2, add_sensor, paint
from cropnb.simulation.radar_parameters import Radar, Track
from cropnb.simulation.scatterers import Scatterers, common_components
from cropnb.simulation.sigma0 import Components
from cropnb.simulation.wishart import wishart_c2


@dataclass(frozen=True)
class View:
    """One acquisition (y, x); coherence with the one before, VV and VH, where the two make a pair."""

    true: MeanC2  # without cross-talk and noise
    mean: MeanC2  # with them
    coherence: tuple[Floats, Floats] | None


def observe(
    scatterers: Scatterers, mixing: Mixing, radar: Radar, track: Track, *, start: Integers
) -> Iterator[View]:
    """Views of one track, date by date.

    Parameters
    ----------
    scatterers : Scatterers () [1]
        Of one tile and track.
    mixing : Mixing (pixel, row) [1]
        Of the tile.
    radar : Radar () [1]
        Cross-talk.
    track : Track () [1]
        Thermal noise.
    start : ndarray (pair,) [1]
        First acquisition of each pair, the second being the next one.

    Yields
    ------
    View (y, x) [1]
        At 10 m.
    """
    common = paint(_columns(common_components(scatterers), start), mixing)
    before: MeanC2 | None = None
    for time, true in enumerate(paint(scatterers.components, mixing)):
        mean = add_sensor(true, radar, nesz_db=track.nesz_db, rho_quadrature=scatterers.rho_quadrature)
        coherence = None
        if before is not None and time - 1 in start:
            both = add_sensor(next(common), radar, nesz_db=-np.inf, rho_quadrature=scatterers.rho_quadrature)
            coherence = _coherence(both, before, mean)
        yield View(true, mean, coherence)
        before = mean


def speckled(mean: MeanC2, radar: Radar, *, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """C2 of one date as the fast path draws it.

    Parameters
    ----------
    mean : MeanC2 (y, x) [1, linear power]
        What the sensor measures on average.
    radar : Radar () [1]
        Looks, share of missing pixels.
    rng : Generator () [1]
        Source of randomness.

    Returns
    -------
    dict (3,) [1, linear power]
        `c_vv_vv`, `c_vh_vh`, `c_vv_vh` (y, x).
    """
    vv, vh, cross = wishart_c2(mean.c_vv_vv, mean.c_vh_vh, mean.c_vv_vh, n_looks=radar.n_looks, rng=rng)
    missing = rng.random(vv.shape, dtype=np.float32) < radar.missing_share
    cross[missing] = complex(np.nan, np.nan)
    vv[missing] = vh[missing] = np.nan
    return {"c_vv_vv": vv, "c_vh_vh": vh, "c_vv_vh": cross}


def _coherence(both: MeanC2, first: MeanC2, second: MeanC2) -> tuple[Floats, Floats]:
    return (
        both.c_vv_vv / np.sqrt(first.c_vv_vv * second.c_vv_vv),
        both.c_vh_vh / np.sqrt(first.c_vh_vh * second.c_vh_vh),
    )


def _columns(components: Components, step: Integers) -> Components:
    return Components(*(getattr(components, f.name)[:, step] for f in fields(Components)))
