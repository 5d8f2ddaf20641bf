"""What is asked of the operating system: files replaced whole, and the memory that was held."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def replace_text(path: Path, text: str) -> None:
    """Write a file so that a reader finds the old content or the new, never a part.

    Parameters
    ----------
    path : Path
        The file; its folder is there.
    text : str
        The new content.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def peak_memory_mb() -> float | None:
    """Largest memory this process has held so far, in MB (10^6 bytes); None where the system does not tell.

    Returns
    -------
    float or None
        Peak resident memory; worker processes are not counted.
    """
    if _STATUS.exists():
        # Linux keeps `ru_maxrss` over fork and exec, so that a child would report its parent's peak.
        lines = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="utf-8").splitlines())
        return round(int(lines["VmHWM"].split()[0]) * 1024 / 1e6, 1)
    if importlib.util.find_spec("resource") is None:  # Windows
        return None
    import resource  # noqa: PLC0415

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, kibibytes on Linux
    return round(peak * unit / 1e6, 1)
