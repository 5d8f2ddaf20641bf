"""Drawing whole blocks with replacement: the sums of what was drawn, from which any statistic follows."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cropnb.schema import require

Floats = NDArray[np.float64]
_MOST_WEIGHTS = 10_000_000  # weights of blocks held at once while resampling


def block_sums(values: ArrayLike, block: ArrayLike) -> Floats:
    """Sums of the rows of each block, by rising block number.

    Parameters
    ----------
    values : ndarray (sample, ...) [any]
        What to sum.
    block : ndarray (sample,) [1]
        Block of each sample.

    Returns
    -------
    ndarray (n_block, ...) [of `values`]
        NaN where a sample of the block is missing.

    Raises
    ------
    SchemaError
        If there is not one block for each sample.

    Examples
    --------
    >>> block_sums([1.0, 2.0, 4.0], [7, 9, 7])
    array([5., 2.])
    """
    table, blocks = np.asarray(values, dtype=np.float64), np.asarray(block)
    require(
        blocks.shape == table.shape[:1],
        f"blocks: shape {blocks.shape} for {len(table)} samples; expected one each. Pass samples.block.",
    )
    names, which = np.unique(blocks, return_inverse=True)
    sums = np.zeros((names.size, *table.shape[1:]))
    np.add.at(sums, which, table)
    return sums


def drawn_sums(*sums: ArrayLike, n_resample: int, rng: np.random.Generator) -> list[tuple[Floats, ...]]:
    """Sums over the blocks of each resample, in pieces of a bounded size; all arguments share the draws.

    Parameters
    ----------
    *sums : ndarray (n_block, ...) [any]
        One row for each block, such as `block_matrices` or `block_sums` give.
    n_resample : int () [count]
        How often to draw.
    rng : Generator () [1]
        Source of the draws.

    Returns
    -------
    list of tuple of ndarray (piece,) [of `sums`]
        In each piece, for each argument, an array (resample, ...).
    """
    rows = [np.asarray(array, dtype=np.float64) for array in sums]
    n_block = len(rows[0])
    piece = max(1, _MOST_WEIGHTS // n_block)
    sizes = [min(piece, n_resample - start) for start in range(0, n_resample, piece)]
    pieces = []
    for size in sizes:
        # How often each block is drawn: the same as picking n_block of them one by one.
        weight = rng.multinomial(n_block, np.full(n_block, 1 / n_block), size=size).astype(np.float64)
        pieces.append(tuple((weight @ r.reshape(n_block, -1)).reshape(size, *r.shape[1:]) for r in rows))
    return pieces


def check_level(level: float) -> None:
    """Refuse what is no nominal coverage.

    Parameters
    ----------
    level : float () [1]
        Nominal coverage.

    Raises
    ------
    SchemaError
        If it is not between 0 and 1.
    """
    require(0 < level < 1, f"interval: level {level}; expected between 0 and 1. Take 0.95.")


def check_resampling(n_block: int, *, n_resample: int, level: float) -> None:
    """Refuse too few blocks or draws for an interval.

    Parameters
    ----------
    n_block : int () [count]
        Number of blocks.
    n_resample : int () [count]
        How often to draw.
    level : float () [1]
        Nominal coverage.

    Raises
    ------
    SchemaError
        If there are fewer than two blocks, or `level` or `n_resample` make no interval.
    """
    check_level(level)
    require(
        n_block >= 2,
        f"bootstrap: {n_block} block; expected at least 2, better 20 or more. Use a smaller unit as block.",
    )
    fewest = int(np.ceil(2 / (1 - level)))
    require(
        n_resample >= fewest,
        f"bootstrap: n_resample {n_resample}; expected at least {fewest} for level {level}. Take 2000.",
    )
