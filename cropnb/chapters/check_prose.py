"""No number typed in prose next to a metric word: it comes from a cell (glue) or has a citation.

The rule is a heuristic, on purpose a simple one. Prose is cut into sentences. Code, mathematics, links,
labels and roles are taken out first. A number, unless it is a year, within `REACH` characters of a metric
word is a finding, unless its sentence holds a glue or a citation role. What is meant as an example goes into
mathematics or code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cropnb.chapters.findings import Finding
from cropnb.chapters.source import Cell, Page

REACH = 30  # characters between the number and the metric word

_METRIC = (
    r"accuracy|accuracies|OA|kappa|F1|IoU|percent|per cent|percentage|precision|recall|dB|decibels?|p-value"
)
_METRIC_WORD = re.compile(rf"(?<![\w-])(?:{_METRIC})(?![\w])|%", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.-])[-+±]?(?:\d+(?:\.\d+)?|\.\d+)(?!\w)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_MARKED = re.compile(r"\{(?:cite|glue)[\w:]*\}")
_SENTENCE = re.compile(r"(?<=[.!?:])\s+(?=[A-Z*_`{])|\n\s*\n|\n(?=\s*(?:[-*|]|\d+\.)\s)")
_NOISE = (
    re.compile(
        r"^(`{3,}|~{3,})\{?(?:math|code|bibliography|literalinclude)\}?.*?^\1`*\s*$", re.MULTILINE | re.DOTALL
    ),
    re.compile(r"^(`{3,})[a-z]*\s*$.*?^\1\s*$", re.MULTILINE | re.DOTALL),
    re.compile(r"\$\$.*?\$\$", re.DOTALL),
    re.compile(r"\$[^$\n]+(?:\n[^$\n]+)?\$"),
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r"^%.*$", re.MULTILINE),
    re.compile(r"^\([\w-]+\)=\s*$", re.MULTILINE),
    re.compile(r"^\s*:[\w-]+:.*$", re.MULTILINE),
    re.compile(r"(?<!\})(`+)[^`]+\1"),
    re.compile(r"\]\([^)]*\)"),
)
_ROLE = re.compile(r"\{[\w:+-]+\}(`+)[^`]+\1")


def check_prose(page: Page) -> Iterator[Finding]:
    """Numbers next to metric words are computed or cited."""
    for cell in page.markdown:
        for line, sentence in _sentences(cell):
            if _MARKED.search(sentence):
                continue
            number = _number_at_metric(_ROLE.sub(" ", sentence))
            if number:
                yield page.finding(
                    f"{number!r} typed in prose next to a metric word",
                    "Print it from a cell with glue, or cite its source in the same sentence.",
                    line=line,
                )


def _sentences(cell: Cell) -> Iterator[tuple[int, str]]:
    """File line and text of each sentence of a prose cell, noise blanked out but its lines kept."""
    text = cell.source
    for pattern in _NOISE:
        text = pattern.sub(lambda match: "\n" * match.group().count("\n") + " ", text)
    start = 0
    for cut in [*_SENTENCE.finditer(text), None]:
        end = cut.start() if cut else len(text)
        body = text[start:end]
        offset = start + len(body) - len(body.lstrip())
        yield cell.line + text[:offset].count("\n"), body.strip()
        start = cut.end() if cut else end


def _number_at_metric(sentence: str) -> str:
    """The first number within reach of a metric word, or nothing."""
    words = list(_METRIC_WORD.finditer(sentence))
    for number in _NUMBER.finditer(sentence):
        if _YEAR.fullmatch(number.group()):
            continue
        near = (max(word.start() - number.end(), number.start() - word.end()) for word in words)
        if any(gap <= REACH for gap in near):
            return number.group()
    return ""
