"""Where a chapter's prose and cells lie: headings, sections, directives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cropnb.chapters.source import Cell, Chapter

_FENCE = re.compile(r"^\s*(`{3,}|~{3,}|:{3,})")
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*$")
_DIRECTIVE = re.compile(r"^\s*(?:`{3,}|:{3,})\{(?P<name>[\w-]+)\}\s*(?P<argument>.*?)\s*$")


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A heading of the body."""

    level: int
    text: str
    line: int  # 1-based line of the file


@dataclass(frozen=True, kw_only=True)
class Solution:
    """What lies between `solution-start` and `solution-end`."""

    exercise: str  # label of the exercise it solves
    line: int
    hidden: bool
    code: tuple[Cell, ...]
    closed: bool


def prose_lines(chapter: Chapter) -> Iterator[tuple[int, str]]:
    """File line number and text of each markdown line."""
    for cell in chapter.markdown:
        yield from enumerate(cell.source.splitlines(), start=cell.line)


def headings(chapter: Chapter) -> list[Heading]:
    """Headings of the body in order, those inside fenced blocks left out."""
    found, fence = [], ""
    for line, text in prose_lines(chapter):
        mark = _FENCE.match(text)
        if mark:
            fence = _toggled(fence, mark.group(1))
        elif not fence and (match := _HEADING.match(text)):
            found.append(Heading(level=len(match.group(1)), text=match.group(2), line=line))
    return found


def section_cells(chapter: Chapter, title: str) -> tuple[Cell, ...]:
    """Code cells between the level-2 heading that starts with `title` and the next one."""
    start, end = section_span(chapter, title)
    return tuple(cell for cell in chapter.code if start <= cell.line < end)


def section_span(chapter: Chapter, title: str) -> tuple[int, int]:
    """First line of a section and first line after it; an empty span where the section is missing."""
    marks = [heading for heading in headings(chapter) if heading.level == 2]
    for mark, after in zip(marks, [*marks[1:], None], strict=True):
        if mark.text.startswith(title):
            return mark.line, after.line if after else len(chapter.text.splitlines()) + 1
    return 0, 0


def directives(chapter: Chapter, name: str) -> Iterator[tuple[int, str, dict[str, str]]]:
    """Line, argument and options of each directive of one name."""
    lines = list(prose_lines(chapter))
    for index, (line, text) in enumerate(lines):
        match = _DIRECTIVE.match(text)
        if match and match["name"] == name:
            yield line, match["argument"], _options([text for _, text in lines[index + 1 :]])


def solutions(chapter: Chapter) -> list[Solution]:
    """The gated solutions of a chapter, in order."""
    ends = [line for line, _, _ in directives(chapter, "solution-end")]
    found = []
    for line, label, options in directives(chapter, "solution-start"):
        end = next((end for end in ends if end > line), 0)
        found.append(
            Solution(
                exercise=label,
                line=line,
                hidden="dropdown" in options.get("class", ""),
                code=tuple(cell for cell in chapter.code if line < cell.line < end),
                closed=bool(end),
            )
        )
    return found


def _options(lines: list[str]) -> dict[str, str]:
    options = {}
    for line in lines:
        match = re.match(r"^\s*:([\w-]+):\s*(.*?)\s*$", line)
        if match is None:
            break
        options[match.group(1)] = match.group(2)
    return options


def _toggled(fence: str, mark: str) -> str:
    """The fence open after a line that starts with `mark`: a block closes with its own mark only."""
    if not fence:
        return mark
    return "" if mark.startswith(fence) else fence
