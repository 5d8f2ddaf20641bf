"""One fault of a chapter: where it is, what it is, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A fault found by `check_chapter`."""

    path: Path
    line: int  # 1-based line of the source file
    what: str
    remedy: str
    cell: int = 0  # 1-based number of the code cell; 0 outside code

    def __str__(self) -> str:
        cell = f" (code cell {self.cell})" if self.cell else ""
        return f"{self.path.name}:{self.line}{cell}: {self.what}. {self.remedy}"
