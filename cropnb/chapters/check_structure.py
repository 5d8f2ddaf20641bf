"""Rules on the shape of a chapter: front matter, sections, exhibits, exercises."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from cropnb.chapters.contract import FRONT_MATTER, OBJECTIVES, OPTIONAL_FRONT_MATTER, RUN_PARAMETERS, SECTIONS
from cropnb.chapters.findings import Finding
from cropnb.chapters.sections import directives, headings, prose_lines, section_cells, section_span, solutions
from cropnb.chapters.source import Cell, Chapter, did_you_mean
from cropnb.chapters.syntax import calls, imports, literals, parameters_cell, parse_cell, parses
from cropnb.schema import SCALES, SchemaError

_EXHIBIT = re.compile(r"^\(exhibit-([\w-]+)\)=\s*$")


def check_front_matter(chapter: Chapter) -> Iterator[Finding]:
    """The `cropnb` block is complete and has nothing unknown."""
    for key in (key for key in FRONT_MATTER if key not in chapter.card):
        yield chapter.finding(f"front matter lacks `{key}`", "Add it below `cropnb:`.")
    known = (*FRONT_MATTER, *OPTIONAL_FRONT_MATTER)
    for key in (key for key in chapter.card if key not in known):
        yield chapter.finding(
            f"front matter has unknown `{key}`.{did_you_mean(key, known)}", "Drop or rename it."
        )
    low, high = OBJECTIVES
    if not low <= len(chapter.card.get("objectives") or ()) <= high:
        yield chapter.finding(
            f"objectives are not {low} to {high} sentences", "Say what the reader can do after."
        )
    missing = [scale for scale in SCALES if not (chapter.card.get("cost") or {}).get(scale)]
    if missing:
        yield chapter.finding(
            f"no cost for {', '.join(missing)}", "Say how long the chapter takes at each scale."
        )
    if "kernelspec" not in chapter.front:
        yield chapter.finding(
            "front matter has no `kernelspec`", "Add {name: python3, ...}: it makes the page run."
        )


def check_run_parameters(chapter: Chapter) -> Iterator[Finding]:
    """Every chapter has `scene`, offering its scenes, and `scale`, whose literal is laptop."""
    for name in (name for name in RUN_PARAMETERS if name not in chapter.parameters):
        yield chapter.finding(f"no parameter `{name}`", "Declare it and set it in the parameters cell.")
    scene, scale = chapter.parameters.get("scene"), chapter.parameters.get("scale")
    if scene and set(scene.choices) != {"auto", *chapter.scenes}:
        yield chapter.finding("choices of `scene` are not auto and the `scenes`", "Make the two lists agree.")
    if scale and set(scale.choices) != set(SCALES):
        yield chapter.finding(f"choices of `scale` are not {', '.join(SCALES)}", "List exactly these.")
    try:
        if scale and literals(parameters_cell(chapter)).get("scale") != "laptop":
            yield chapter.finding("the literal of `scale` is not 'laptop'", "Literals are the laptop values.")
    except SchemaError:
        return  # reported by the check of the parameters


def check_sections(chapter: Chapter) -> Iterator[Finding]:
    """One title, then the sections of the contract, in order, and the parameters before the first of them."""
    found = [heading for heading in headings(chapter) if heading.level <= 2]
    if [heading.level for heading in found].count(1) != 1 or found[0].level != 1:
        yield chapter.finding(
            "the body does not start with one `# title`", "Use # once, ## for the sections."
        )
    expected = list(SECTIONS)
    for heading in (heading for heading in found if heading.level == 2):
        name = next((name for name in SECTIONS if heading.text.startswith(name)), None)
        if name is None:
            yield chapter.finding(
                f"section {heading.text!r} is none of the contract",
                f"Make it a ### heading; sections are {', '.join(SECTIONS)}.",
                line=heading.line,
            )
        elif name not in expected:
            yield chapter.finding(f"section {name!r} out of order or twice", "Move it.", line=heading.line)
        else:
            skipped = expected[: expected.index(name)]
            expected = expected[expected.index(name) + 1 :]
            yield from (_missing(chapter, name, heading.line) for name in skipped)
    yield from (_missing(chapter, name, len(chapter.text.splitlines())) for name in expected)


def check_parameters_place(chapter: Chapter) -> Iterator[Finding]:
    """The parameters come before the question."""
    cells = [cell for cell in chapter.code if "parameters" in cell.tags]
    start, _ = section_span(chapter, "Question")
    for cell in (cell for cell in cells if start and cell.line > start):
        yield chapter.finding("the parameters cell is below the question", "Put it above.", cell=cell)


def check_section_content(chapter: Chapter) -> Iterator[Finding]:
    """The known answer asserts, the method shows source, the provenance is printed."""
    imported = imports(chapter)
    if not any(has_assert(cell) for cell in section_cells(chapter, "A known answer")):
        yield _empty(chapter, "A known answer", "no assert", "Assert something whose answer is known.")
    shown = [
        name for cell in section_cells(chapter, "Method") if parses(cell) for name, _ in calls(cell, imported)
    ]
    if not any(name.split(".")[-1] == "show_source" for name in shown):
        yield _empty(chapter, "Method", "no report.show_source", "Show the package's own source.")
    if not section_cells(chapter, "Provenance"):
        yield _empty(
            chapter, "Provenance", "no code cell", "Finish the run record there; it prints provenance."
        )


def check_exhibits(chapter: Chapter) -> Iterator[Finding]:
    """Every promised exhibit has its label in the body, and the other way round."""
    labels = {match.group(1): line for line, text in prose_lines(chapter) if (match := _EXHIBIT.match(text))}
    for name in (name for name in chapter.exhibits if name not in labels):
        yield chapter.finding(
            f"exhibit {name!r} has no label",
            f"Write (exhibit-{name})= on the line above the table or figure.",
        )
    for name in labels.keys() - set(chapter.exhibits):
        yield chapter.finding(
            f"exhibit {name!r} is not in the front matter", "Add it to `exhibits`.", line=labels[name]
        )


def check_exercises(chapter: Chapter) -> Iterator[Finding]:
    """Every exercise has a hidden solution with code that asserts."""
    exercises = [*directives(chapter, "exercise"), *directives(chapter, "exercise-start")]
    if not exercises:
        yield _empty(chapter, "Exercises", "no {exercise}", "Write at least one, with its solution.")
    solved = {solution.exercise: solution for solution in solutions(chapter)}
    for line, _, options in exercises:
        solution = solved.pop(options.get("label", ""), None)
        if solution is None:
            yield chapter.finding(
                "exercise without label or solution",
                "Add :label: and a {solution-start} of that label.",
                line=line,
            )
        elif not solution.closed:
            yield chapter.finding("solution is never closed", "Add {solution-end}.", line=solution.line)
        elif not solution.hidden:
            yield chapter.finding("solution is not hidden", "Add `:class: dropdown`.", line=solution.line)
        elif not any(has_assert(cell) for cell in solution.code):
            yield chapter.finding(
                "solution is not tested", "Add a code cell with an assert.", line=solution.line
            )
    for solution in solved.values():
        yield chapter.finding(
            f"solution of unknown exercise {solution.exercise!r}", "Mend its label.", line=solution.line
        )


def has_assert(cell: Cell) -> bool:
    """Whether a cell asserts something."""
    return parses(cell) and any(isinstance(node, ast.Assert) for node in ast.walk(parse_cell(cell)))


def _missing(chapter: Chapter, name: str, line: int) -> Finding:
    return chapter.finding(f"section {name!r} is missing before this line", f"Add ## {name}.", line=line)


def _empty(chapter: Chapter, section: str, what: str, remedy: str) -> Finding:
    line, _ = section_span(chapter, section)
    return chapter.finding(f"section {section!r} has {what}", remedy, line=max(line, 1))
