"""Ruff on the code of a chapter: undefined names, unused imports, syntax."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator

from cropnb.chapters.contract import RUFF_RULES
from cropnb.chapters.findings import Finding
from cropnb.chapters.source import Chapter


def check_ruff(chapter: Chapter) -> Iterator[Finding]:
    """Findings of ruff, at their lines of the chapter source."""
    if importlib.util.find_spec("ruff") is None:
        yield chapter.finding("ruff is not installed, so the code was not linted", "Install cropnb[dev].")
        return
    for fault in json.loads(_ruff(as_module(chapter))):
        line = int(fault["location"]["row"])
        cell = max((cell for cell in chapter.code if cell.line <= line), key=lambda cell: cell.line)
        what = f"{fault['code'] or 'syntax'}: {fault['message']}".rstrip(".")
        yield chapter.finding(what, "Mend the code.", cell=cell, line=line - cell.line + 1)


def as_module(chapter: Chapter) -> str:
    """The code of a chapter as one module with each line at its line number in the source."""
    lines = [""] * len(chapter.text.splitlines())
    for cell in chapter.code:
        source = cell.source.splitlines()
        lines[cell.line - 1 : cell.line - 1 + len(source)] = source
    return "\n".join(lines) + "\n"


def _ruff(module: str) -> str:
    options = ["--isolated", "--select", RUFF_RULES, "--output-format", "json", "--no-cache", "-q"]
    command = [sys.executable, "-m", "ruff", "check", *options, "--stdin-filename", "chapter.py", "-"]
    done = subprocess.run(command, input=module, capture_output=True, text=True, check=False)
    return done.stdout or "[]"
