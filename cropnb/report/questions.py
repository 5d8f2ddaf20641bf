"""Questions of the sources, and what the verdicts on their claims answer."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pandas as pd

from cropnb.paths import data_folder
from cropnb.report.evidence import Judged
from cropnb.report.table import Table
from cropnb.report.verdicts import VERDICTS
from cropnb.schema import require


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question, the group it stands in, and the keys of claims that bear on it (`*`: anything)."""

    group: str
    asks: str
    claims: list[str]


def load_questions(path: Path | None = None) -> list[Question]:
    """Questions of a source.

    Parameters
    ----------
    path : Path, optional
        TOML file; the thesis's by default.

    Returns
    -------
    list of Question
        In the order of the file.

    Raises
    ------
    SchemaError
        If a question is not whole.
    """
    path = data_folder() / "questions" / "thesis.toml" if path is None else path
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("question", [])
    for entry in entries:
        whole = set(entry) == {"group", "asks", "claims"} and all(entry.values())
        require(whole, f"{path.name}: {entry}; expected group, asks and claims, none empty. Complete it.")
    return [Question(**entry) for entry in entries]


def answers_table(questions: Sequence[Question], judged: Sequence[Judged]) -> Table:
    """How many of the claims that bear on each question have which verdict.

    Parameters
    ----------
    questions : sequence of Question
        From `load_questions`.
    judged : sequence of Judged
        From `judge`.

    Returns
    -------
    Table
        One row per question, with the number of claims of each verdict and the answer in a few words.

    Raises
    ------
    SchemaError
        If a key of a question matches no claim.
    """
    rows = []
    for question in questions:
        found = _bearing_on(question, judged)
        counts = Counter(one.outcome.verdict for one in found)
        numbers = {verdict: counts[verdict] for verdict in VERDICTS}
        rows.append({"question": question.asks, "so far": _answer(counts), **numbers})
    return Table(pd.DataFrame(rows), "Questions of the thesis, and claims by verdict")


def _bearing_on(question: Question, judged: Sequence[Judged]) -> list[Judged]:
    keys = [one.claim.key for one in judged]
    idle = [p for p in question.claims if not any(fnmatchcase(key, p) for key in keys)]
    require(not idle, f"question {question.asks!r}: {idle} match no claim. Take keys of data/claims.")
    return [one for one in judged if any(fnmatchcase(one.claim.key, p) for p in question.claims)]


def _answer(counts: Counter[str]) -> str:
    fails, undecided, holds, not_testable, not_run = (counts[verdict] for verdict in VERDICTS)
    if fails + undecided + holds == 0:
        return "not run" if not_run >= not_testable else "not testable on what we have"
    if holds and not fails:
        return "yes where decided" if holds >= undecided else "mostly undecided"
    if fails and not holds:
        return "not in our runs" if fails >= undecided else "mostly undecided"
    return "mixed" if fails + holds >= undecided else "mostly undecided"
