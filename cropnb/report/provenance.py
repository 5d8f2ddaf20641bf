"""Where a number comes from: commit, versions, machine."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

import cropnb
from cropnb.paths import project_root

PACKAGES = ("numpy", "scipy", "xarray", "pandas", "scikit-learn", "torch", "lightning")
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_GIT_SECONDS = 20  # a hanging network file system must not hang a chapter


def provenance() -> dict[str, Any]:
    """Commit, versions and machine of this process.

    Returns
    -------
    dict
        `commit` and `dirty` (None outside a checkout or without git), `cropnb`, `python`, `platform`,
        `packages`, `device`, `threads` and the environment variables that set threads.
    """
    commit, dirty = git_state(project_root())
    return {
        "commit": commit,
        "dirty": dirty,
        "cropnb": cropnb.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: package_version(name) for name in PACKAGES},
        "device": device_name(),
        "threads": thread_count(),
        "environment": {name: os.environ[name] for name in THREAD_VARIABLES if name in os.environ},
    }


def git_state(folder: Path) -> tuple[str | None, bool | None]:
    """Commit of a checkout, and whether files differ from it.

    Parameters
    ----------
    folder : Path
        Top folder of the checkout; a folder *inside* somebody else's checkout does not count.

    Returns
    -------
    tuple of (str or None, bool or None)
        The commit, and True where tracked files were changed or new files lie about.
    """
    top = _git(folder, "rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != folder.resolve():
        return None, None
    status = _git(folder, "status", "--porcelain")
    return _git(folder, "rev-parse", "--verify", "HEAD"), None if status is None else bool(status)


def package_version(name: str) -> str | None:
    """Version of an installed distribution, without importing it; None where it is not installed.

    Parameters
    ----------
    name : str
        Name of the distribution.

    Returns
    -------
    str or None
        The version.
    """
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def device_name() -> str:
    """Name of the GPU that torch would use, else of the processor.

    Returns
    -------
    str
        Such as "NVIDIA H100" or "Apple M2".
    """
    torch = _torch()
    if torch is not None and torch.cuda.is_available():
        return str(torch.cuda.get_device_name())
    return _processor_name()


def thread_count() -> int:
    """Threads that one numerical operation may use: torch's setting, else the processors seen.

    Returns
    -------
    int
        Number of threads.
    """
    torch = _torch()
    return int(torch.get_num_threads()) if torch is not None else os.cpu_count() or 1


def _git(folder: Path, *arguments: str) -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    command = [git, "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_GIT_SECONDS)
    except (subprocess.SubprocessError, OSError):
        return None
    return done.stdout.strip()


def _torch() -> Any:
    if importlib.util.find_spec("torch") is None:
        return None
    import torch  # noqa: PLC0415

    return torch


def _processor_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
