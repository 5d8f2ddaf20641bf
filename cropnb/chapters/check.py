"""The chapter contract, checked: what `cropnb check` and `make lint` run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from cropnb.chapters import check_cells, check_structure
from cropnb.chapters.check_prose import check_prose
from cropnb.chapters.check_ruff import check_ruff
from cropnb.chapters.findings import Finding
from cropnb.chapters.resolve import parameter_faults
from cropnb.chapters.source import Chapter, chapter_paths, find_chapter, load_chapter, load_page
from cropnb.paths import book_folder
from cropnb.schema import SchemaError

Rule = Callable[[Chapter], Iterator[Finding] | list[Finding]]

RULES: tuple[Rule, ...] = (
    check_structure.check_front_matter,
    check_structure.check_run_parameters,
    parameter_faults,
    check_structure.check_sections,
    check_structure.check_parameters_place,
    check_structure.check_section_content,
    check_structure.check_exhibits,
    check_structure.check_exercises,
    check_cells.check_layout,
    check_cells.check_syntax,
    check_cells.check_statements,
    check_cells.check_calls,
    check_cells.check_figures,
    check_cells.check_overwritten_parameters,
    check_prose,
    check_ruff,
)


def check_chapter(slug_or_path: str | Path) -> list[Finding]:
    """Faults of one chapter against the contract, in the order of its lines.

    Parameters
    ----------
    slug_or_path : str or Path () [1]
        Slug, number, file stem or path of the chapter.

    Returns
    -------
    list () [1]
        Findings; empty where the chapter keeps the contract.
    """
    path = find_chapter(slug_or_path)
    try:
        chapter = load_chapter(path)
    except SchemaError as error:
        remedy = "Nothing else was checked; mend this first."
        return [Finding(path=path, line=1, what=str(error).rstrip("."), remedy=remedy)]
    found = {finding for rule in RULES for finding in rule(chapter)}
    return sorted(found, key=lambda finding: (finding.line, finding.what))


def check_all() -> list[Finding]:
    """Faults of all chapters, slugs that two of them share, and the prose of all other pages."""
    found = [finding for path in chapter_paths() for finding in check_chapter(path)]
    return [*found, *_shared_slugs(), *_other_prose()]


def _other_prose() -> Iterator[Finding]:
    """A number beside a metric word is as suspect on a page without a contract."""
    folder = book_folder()
    for path in sorted([*folder.glob("*.md"), *folder.glob("teaching/*.md")]):
        yield from check_prose(load_page(path))


def _shared_slugs() -> Iterator[Finding]:
    slugs = {}
    for path in chapter_paths():
        try:
            slugs[path] = load_chapter(path).slug
        except SchemaError:
            continue  # reported by check_chapter
    counts = Counter(slugs.values())
    for path, slug in slugs.items():
        if counts[slug] > 1:
            yield Finding(path=path, line=1, what=f"slug {slug!r} is taken twice", remedy="Rename one.")
