"""Claims: what the sources assert, as data that our own results can decide."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from cropnb.paths import data_folder
from cropnb.report.predicates import Predicate, predicate_of
from cropnb.schema import SchemaError, require, require_known

SIMULATED_SCENES = ("open", "forced", "assumed")  # could a simulated scene go either way?
VOCABULARY = "vocabulary.toml"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One assertion of a source.

    Attributes
    ----------
    key : str () [1]
        Its name, unique over all sources.
    source : str () [1]
        BibTeX key.
    where : str () [1]
        Section, table or figure of the source.
    says : str () [1]
        The assertion in our words.
    chapter, exhibit : str () [1]
        Slug of the chapter, and the exhibit whose rows decide.
    scenes : list of str (pattern,) [1]
        Names of scenes that can test it; `*` stands for anything.
    simulated : str () [1]
        `open`: a simulated scene could go either way; `forced`: algebra decides it; `assumed`: a parameter of
        the simulator does.
    because : str () [1]
        The identity or the assumption; empty for `open`.
    predicate : Predicate or None
        What rows have to show; None where nothing here could.
    untestable : str () [1]
        Why nothing here could; empty where there is a predicate.
    """

    key: str
    source: str
    where: str
    says: str
    chapter: str
    exhibit: str
    scenes: list[str]
    simulated: str
    because: str = ""
    predicate: Predicate | None = None
    untestable: str = ""


def load_claims(folder: Path | None = None) -> list[Claim]:
    """All claims of `data/claims`.

    Parameters
    ----------
    folder : Path, optional
        Folder of the TOML files; the project's own by default.

    Returns
    -------
    list of Claim
        In the order of the files, which are read in alphabetical order.

    Raises
    ------
    SchemaError
        If a field is unknown or missing, a name in a predicate is not in the vocabulary, or a key occurs
        twice.
    """
    folder = data_folder() / "claims" if folder is None else folder
    paths = [path for path in sorted(folder.glob("*.toml")) if path.name != VOCABULARY]
    vocabulary = tomllib.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
    claims = [claim for path in paths for claim in _claims_of(path, vocabulary)]
    keys = [claim.key for claim in claims]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    require(not twice, f"claims: keys {twice} occur twice; expected each once. Rename one.")
    return claims


def _claims_of(path: Path, vocabulary: Mapping[str, list[str]]) -> Iterator[Claim]:
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    for table in content.get("claim", []):
        try:
            claim = _claim({"source": content.get("source", ""), **table})
            _check_words(claim, vocabulary)
        except SchemaError as error:
            raise SchemaError(f"{path.name}: claim {table.get('key', '?')!r}: {error}") from error
        yield claim


def _claim(table: dict[str, Any]) -> Claim:
    known = [f.name for f in fields(Claim)]
    for name in table:
        require_known(name, known, what="field of a claim")
    predicate = table.pop("predicate", None)
    try:
        claim = Claim(**table, predicate=predicate_of(predicate) if predicate is not None else None)
    except TypeError as error:
        raise SchemaError(f"{error}; every field counts. Fill it in.") from error
    _require_whole(claim)
    return claim


def _require_whole(claim: Claim) -> None:
    require_known(claim.simulated, SIMULATED_SCENES, what="word for simulated scenes")
    require(
        (claim.predicate is None) == bool(claim.untestable),
        f"a predicate: {claim.predicate is not None}, untestable: {claim.untestable!r}; expected one of the "
        "two. Write a predicate, or why there can be none.",
    )
    require(
        claim.simulated == "open" or bool(claim.because),
        f"simulated = {claim.simulated!r} without because; expected the identity or the assumption. Name it.",
    )
    empty = [name for name in ("key", "source", "where", "says", "chapter") if not getattr(claim, name)]
    require(not empty, f"{empty} empty; expected words. Fill them in.")


def _check_words(claim: Claim, vocabulary: Mapping[str, list[str]]) -> None:
    """A word that no chapter uses would silently never be found."""
    for comparison in claim.predicate.comparisons() if claim.predicate else ():
        for selector in (comparison.left, comparison.right or {}):
            for name, word in selector.items():
                if word or name != "class_name":
                    require_known(word, vocabulary[name], what=f"{name} in the vocabulary of claims")
