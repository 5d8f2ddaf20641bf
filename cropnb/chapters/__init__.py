"""The book as a program: chapters checked, run, swept and rendered."""

from cropnb.chapters.check import check_all, check_chapter
from cropnb.chapters.findings import Finding
from cropnb.chapters.reference import reference_notebooks, update_reference
from cropnb.chapters.resolve import resolve_parameters
from cropnb.chapters.run import RunResult, run_chapter
from cropnb.chapters.run_book import notebooks, run_chapters, run_pages
from cropnb.chapters.source import Chapter, load_chapter
from cropnb.chapters.sweep import SweepResult, sweep_chapter

__all__ = [
    "Chapter",
    "Finding",
    "RunResult",
    "SweepResult",
    "check_all",
    "check_chapter",
    "load_chapter",
    "notebooks",
    "reference_notebooks",
    "resolve_parameters",
    "run_chapter",
    "run_chapters",
    "run_pages",
    "sweep_chapter",
    "update_reference",
]
