"""Where things lie: the project's own data, the user's data, the cache and the runs."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

PACKAGE = Path(__file__).resolve().parent


def project_root() -> Path:
    """Folder that holds `data/` and `book/`: the checkout, or the package installed from a wheel."""
    checkout = PACKAGE.parent
    return checkout if (checkout / "data" / "scenes").is_dir() else PACKAGE / "_project"


def data_folder() -> Path:
    """The project's own small tables: catalogue, legends, published numbers, committed results."""
    return project_root() / "data"


def book_folder() -> Path:
    """Sources of the book."""
    return project_root() / "book"


def user_data() -> Path | None:
    """Folder named by `CROPNB_DATA`, looked into before anything is downloaded; None where it is not set.

    A relative path counts from the folder the command was started in.
    """
    value = os.environ.get("CROPNB_DATA", "").strip()
    return Path(value).expanduser().resolve() if value else None


def cache_folder() -> Path:
    """Folder for downloads and simulated scenes: `CROPNB_CACHE`, else the platform's cache folder."""
    value = os.environ.get("CROPNB_CACHE", "").strip()
    return Path(value).expanduser().resolve() if value else Path(platformdirs.user_cache_dir("cropnb"))


def runs_folder() -> Path:
    """Folder for executed chapters and their results: `CROPNB_RUNS`, else `runs/` in the checkout."""
    value = os.environ.get("CROPNB_RUNS", "").strip()
    return Path(value).expanduser().resolve() if value else project_root() / "runs"
