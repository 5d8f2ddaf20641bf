"""The chapter contract: sections, front matter and limits that `check_chapter` enforces (decision 0001)."""

from __future__ import annotations

# Headings of level 2, in this order, each starting with exactly these words. ### below them is free.
SECTIONS: tuple[str, ...] = (
    "Question",
    "Physics",
    "A known answer",
    "Method",
    "Experiment",
    "Results",
    "Published against ours",
    "What differs and why",
    "Limits",
    "Exercises",
    "References",
    "Provenance",
)
FRONT_MATTER: tuple[str, ...] = (
    "slug",
    "title",
    "objectives",
    "prerequisites",
    "scenes",
    "exhibits",
    "cost",
    "parameters",
)
OPTIONAL_FRONT_MATTER: tuple[str, ...] = ("reference",)
OBJECTIVES = (3, 5)  # sentences
RUN_PARAMETERS: tuple[str, ...] = ("scene", "scale")  # every chapter has them

MAX_CELL_LINES = 15
MAX_CODE_WIDTH = 79  # longer lines are cut in print
MAX_DEF_LINES = 8
MAX_DEFS = 2
RUFF_RULES = "E9,F"
