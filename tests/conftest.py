"""Shared by all tests: quiet threads, own folders, real data where at hand, a word on what was skipped."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")

NOTES = pytest.StashKey[list[str]]()
WATCHED = ("realdata", "browser")  # markers whose skipped tests are counted in the last lines


def pytest_configure(config: pytest.Config) -> None:
    config.stash[NOTES] = []


def lacking_data(*names: str) -> str:
    """Why a test on real data cannot run; empty where the folder of `CROPNB_DATA` has all of `names`."""
    value = os.environ.get("CROPNB_DATA", "").strip()
    if not value:
        return "CROPNB_DATA is not set"
    missing = [name for name in ("", *names) if not (Path(value).expanduser() / name).exists()]
    return f"no {missing[0] or 'such folder'} in CROPNB_DATA={value}" if missing else ""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """`@pytest.mark.realdata("canada-2017")` skips where the data or the folder named are not at hand."""
    marker = item.get_closest_marker("realdata")
    if marker and (reason := lacking_data(*marker.args)):
        pytest.skip(reason)


@pytest.fixture
def real_data() -> Path:
    """Folder of the real data; skips the test where there is none."""
    if reason := lacking_data():
        pytest.skip(reason)
    return Path(os.environ["CROPNB_DATA"]).expanduser().resolve()


@pytest.fixture(scope="session", autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's cache and runs out of reach; simulated scenes are made once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROPNB_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("CROPNB_RUNS", str(tmp_path_factory.mktemp("runs")))
        yield


@pytest.fixture
def isolated_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty cache and runs for one test; returns the folder that holds `cache/` and `runs/`."""
    for variable, name in (("CROPNB_CACHE", "cache"), ("CROPNB_RUNS", "runs")):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / name))
    return tmp_path


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Add a line to the end of the report."""
    notes: list[str] = request.config.stash[NOTES]
    return notes.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    skipped = Counter(
        (name, report.longrepr[2].removeprefix("Skipped: "))
        for report in terminalreporter.stats.get("skipped", [])
        for name in WATCHED
        if name in report.keywords and isinstance(report.longrepr, tuple)
    )
    lines = [f"skipped: {n} {name} ({reason})" for (name, reason), n in sorted(skipped.items())]
    for line in (*config.stash[NOTES], *lines):
        terminalreporter.write_line(line)
