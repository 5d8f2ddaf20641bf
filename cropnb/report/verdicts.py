"""Verdicts: claims decided by the repetitions of our runs, with an effect and its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from cropnb.evaluation import seed_interval
from cropnb.report.claims import Claim
from cropnb.report.predicates import Comparison, Predicate, Selector
from cropnb.schema import require

HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided"
NOT_TESTABLE, NOT_RUN = "not testable here", "not run"
VERDICTS = (FAILS, UNDECIDED, HOLDS, NOT_TESTABLE, NOT_RUN)  # the order in which a reader should see them
LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run says about a predicate.

    Attributes
    ----------
    verdict : str () [1]
        One of `VERDICTS`.
    effect, low, high : float () [unit of the metric]
        Of the comparison that is nearest to failing (for `any`: to holding), with its interval over
        repetitions; positive speaks for the claim. NaN where nothing was compared.
    n_comparison : int () [count]
        Comparisons made.
    n_seed : int () [count]
        Repetitions of the one shown.
    reason : str () [1]
        The comparison shown, or why there is none.
    """

    verdict: str
    effect: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    n_comparison: int = 0
    n_seed: int = 0
    reason: str = ""


def decide(claim: Claim, repetitions: pd.DataFrame, *, kind: str) -> Outcome:
    """Verdict on a claim from the repetitions of one run.

    A comparison is a paired difference over repetitions with Student's interval, widened for the number of
    comparisons (Bonferroni), so that together they keep 95 %. It speaks for the claim if the interval lies
    above zero, against it if below. With `all`, one that speaks against decides; with `any`, one that speaks
    for it does.

    Parameters
    ----------
    claim : Claim
        With a predicate or the reason why there is none.
    repetitions : DataFrame (row,)
        From `read_repetitions`: `seed`, the fields of rows, `value`.
    kind : str
        Kind of the run's scene, `simulated` or `real`.

    Returns
    -------
    Outcome
        With the effect even where the verdict is that a simulated scene cannot decide.
    """
    if claim.predicate is None:
        return Outcome(verdict=NOT_TESTABLE, reason=claim.untestable)
    rows = repetitions[repetitions["exhibit"] == claim.exhibit]
    outcome = _decided(claim.predicate, rows)
    if kind == "simulated" and claim.simulated != "open" and outcome.verdict != NOT_RUN:
        words = {"forced": "algebra decides it", "assumed": "an assumption of the simulator decides it"}
        reason = f"{words[claim.simulated]}: {claim.because}"
        return replace(outcome, verdict=NOT_TESTABLE, reason=reason)
    return outcome


def without_run(claim: Claim) -> Outcome:
    """Verdict on a claim for which there is no run.

    Parameters
    ----------
    claim : Claim
        Any.

    Returns
    -------
    Outcome
        `not testable here` where no scene of ours could decide it, else `not run`.
    """
    if claim.predicate is None:
        return Outcome(verdict=NOT_TESTABLE, reason=claim.untestable)
    return Outcome(verdict=NOT_RUN, reason=f"no run of {claim.chapter} on {', '.join(claim.scenes)}")


def _decided(predicate: Predicate, rows: pd.DataFrame) -> Outcome:
    comparisons = predicate.comparisons()
    found = {str(comparison): _advantage(predicate, comparison, rows) for comparison in comparisons}
    lacking = [words for words, values in found.items() if values.empty]
    made = {words: values for words, values in found.items() if not values.empty}
    if not made or (predicate.quantifier == "mean" and lacking):
        return Outcome(verdict=NOT_RUN, reason=f"no rows for {lacking[0]}")
    if predicate.quantifier == "mean":
        mean = pd.concat(made, axis=1).dropna().mean(axis=1)
        return _outcome(f"mean of {len(made)} comparisons", mean, n_comparison=1, predicate=predicate)
    n_comparison = len(comparisons)
    outcomes = [_outcome(c, v, n_comparison=n_comparison, predicate=predicate) for c, v in made.items()]
    return _together(outcomes, predicate, len(lacking))


def _outcome(words: str, values: pd.Series, *, n_comparison: int, predicate: Predicate) -> Outcome:
    shown: dict[str, Any] = {"effect": float(values.mean()), "n_seed": len(values), "n_comparison": 1}
    if len(values) < 2:
        return Outcome(verdict=UNDECIDED, reason=f"{words}: one repetition only", **shown)
    shown["reason"] = words
    interval = seed_interval(values, level=1 - (1 - LEVEL) / n_comparison)
    verdict = HOLDS if interval.low > 0 else FAILS if interval.high < 0 else UNDECIDED
    if predicate.kind == "similar":
        margin = predicate.margin
        outside = interval.low > margin or interval.high < -margin
        inside = -margin <= interval.low and interval.high <= margin
        verdict = HOLDS if inside else FAILS if outside else UNDECIDED
    return Outcome(verdict=verdict, low=interval.low, high=interval.high, **shown)


def _together(outcomes: Sequence[Outcome], predicate: Predicate, n_lacking: int) -> Outcome:
    """The outcome that decides: with `any` the best, else the worst."""
    best_decides = predicate.quantifier == "any"
    order = (HOLDS, UNDECIDED, FAILS) if best_decides else (FAILS, UNDECIDED, HOLDS)

    def rank(outcome: Outcome) -> tuple[int, float]:
        support = -abs(outcome.effect) if predicate.kind == "similar" else outcome.effect
        return order.index(outcome.verdict), -support if best_decides else support

    shown = replace(min(outcomes, key=rank), n_comparison=len(outcomes))
    if n_lacking and shown.verdict != order[0]:
        reason = f"{n_lacking} of {n_lacking + len(outcomes)} comparisons have no rows"
        return replace(shown, verdict=NOT_RUN, reason=reason)
    return shown


def _advantage(predicate: Predicate, comparison: Comparison, rows: pd.DataFrame) -> pd.Series:
    """By how much each repetition speaks for the claim; for `similar`, the difference itself."""
    left = _by_seed(rows, comparison.left)
    if predicate.threshold is not None:
        return (left - predicate.threshold).dropna() * (1.0 if predicate.kind == "at_least" else -1.0)
    difference = (left - _by_seed(rows, comparison.right or {})).dropna()
    return difference - (0.0 if predicate.kind == "similar" else predicate.margin)


def _by_seed(rows: pd.DataFrame, selector: Selector) -> pd.Series:
    found = rows
    for name, word in selector.items():
        found = found[found[name] == word]
    values = found.set_index("seed")["value"]
    require(
        values.index.is_unique,
        f"claims: {len(values)} rows of {values.index.nunique()} repetitions match {dict(selector)}; "
        "expected one each. Name more fields in the predicate.",
    )
    return values
