"""Evidence: all claims beside the run that decides each, for the page and for the file kept with the book."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pandas as pd

from cropnb.paths import data_folder
from cropnb.report.claims import Claim
from cropnb.report.results import read_repetitions, read_results
from cropnb.report.verdicts import VERDICTS, Outcome, decide, without_run
from cropnb.schema import SCALES


@dataclass(frozen=True, eq=False)
class Run:
    """A saved run with the scores of its repetitions."""

    path: Path
    provenance: dict[str, Any]
    repetitions: pd.DataFrame

    @property
    def chapter(self) -> str:
        """Slug of its chapter."""
        return str(self.provenance.get("chapter", ""))

    @property
    def scene(self) -> str:
        """Name of its scene."""
        return str(self.provenance.get("scene", {}).get("name", ""))

    @property
    def kind(self) -> str:
        """`simulated` or `real`."""
        return str(self.provenance.get("scene", {}).get("kind", ""))

    @property
    def scale(self) -> str:
        """`smoke`, `laptop` or `full`."""
        return str(self.provenance.get("parameters", {}).get("scale", ""))

    def __str__(self) -> str:
        day = str(self.provenance.get("started", ""))[:10]
        return f"{self.scene} ({self.kind}), {self.scale}, {day}"


@dataclass(frozen=True, eq=False)
class Judged:
    """A claim, what was found, and the run it was found in."""

    claim: Claim
    outcome: Outcome
    run: Run | None


def kept_runs(folder: Path | None = None) -> list[Run]:
    """Runs that the project keeps and that have scores of single repetitions.

    Parameters
    ----------
    folder : Path, optional
        Where to look, one folder per chapter; `data/results` by default.

    Returns
    -------
    list of Run
        In the order of their paths. A smoke run checks code and decides nothing: it is left out.

    Raises
    ------
    SchemaError
        If a file is no result file.
    """
    folder = data_folder() / "results" if folder is None else folder
    paths = [path for path in sorted(folder.glob("*/**/*.json")) if _is_result(path)]
    runs = [Run(path, read_results(path)[1], read_repetitions(path)) for path in paths]
    return [run for run in runs if run.scale != SCALES[0] and len(run.repetitions)]


def judge(claims: Iterable[Claim], runs: Sequence[Run]) -> list[Judged]:
    """Verdict on each claim, from the largest of its runs, and of these the newest.

    Parameters
    ----------
    claims : iterable of Claim
        From `load_claims`.
    runs : sequence of Run
        From `kept_runs`.

    Returns
    -------
    list of Judged
        Failing claims first, then undecided ones, then the others, each in the order of the claims. A
        verdict of a real scene goes before one of a simulated scene.
    """
    judged = [_judged(claim, runs) for claim in claims]
    return sorted(judged, key=lambda found: VERDICTS.index(found.outcome.verdict))


def verdict_frame(judged: Iterable[Judged]) -> pd.DataFrame:
    """Verdicts as the table that is kept with the book.

    Parameters
    ----------
    judged : iterable of Judged
        From `judge`.

    Returns
    -------
    DataFrame (claim,)
        `key`, `verdict`, `effect`, `low`, `high`, `n_comparison`, `n_seed`, `scene`, `kind`, `scale`,
        `started`, by key; numbers with four decimals, so that a file of it is the same on all machines.
    """
    rows = [_row(found) for found in judged]
    return pd.DataFrame(rows).sort_values("key", ignore_index=True).round(4)


def _judged(claim: Claim, runs: Sequence[Run]) -> Judged:
    fitting = [run for run in runs if run.chapter == claim.chapter and _fits(run, claim)]
    if not fitting or claim.predicate is None:
        return Judged(claim, without_run(claim), None)
    best = max(fitting, key=_weight)
    return Judged(claim, decide(claim, best.repetitions, kind=best.kind), best)


def _fits(run: Run, claim: Claim) -> bool:
    return any(fnmatchcase(run.scene, pattern) for pattern in claim.scenes)


def _weight(run: Run) -> tuple[bool, int, str]:
    return run.kind == "real", SCALES.index(run.scale), str(run.provenance.get("started", ""))


def _is_result(path: Path) -> bool:
    content = json.loads(path.read_text(encoding="utf-8"))
    return isinstance(content, dict) and {"rows", "provenance"} <= set(content)


def _row(found: Judged) -> dict[str, Any]:
    outcome, run = found.outcome, found.run
    about = {"scene": "", "kind": "", "scale": "", "started": ""}
    if run is not None:
        started = str(run.provenance.get("started", ""))
        about = {"scene": run.scene, "kind": run.kind, "scale": run.scale, "started": started}
    numbers = {name: getattr(outcome, name) for name in ("effect", "low", "high", "n_comparison", "n_seed")}
    return {"key": found.claim.key, "verdict": outcome.verdict, **numbers, **about}
