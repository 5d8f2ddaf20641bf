"""Set up what `make book` and `make test` need: an environment with the package and its tools.

Standard library only, because it runs before anything is installed; nothing newer than Python 3.8, so that
an older Python gets a sentence instead of a traceback.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
OLDEST, NEWEST = (3, 11), (3, 13)  # requires-python of pyproject.toml; a test keeps the two equal
ASK_TORCH = """
import importlib.metadata as m, json
print(json.dumps([m.version("torch"), m.requires("torch")]))
"""


class SetupError(Exception):
    """The set-up cannot go on; the message says why and what to do."""


class Found(NamedTuple):
    """The Python that runs this script, and what it already has."""

    version: tuple[int, int]
    virtual: bool  # it belongs to a virtual environment
    conda: bool  # it belongs to a conda environment
    torch: str  # version of the torch it has; empty where it has none


class Plan(NamedTuple):
    """What will be done."""

    create: bool  # make .venv; otherwise install into the active environment
    see_system: bool  # .venv sees the packages of the Python that made it
    installers: tuple[str, ...]  # tried in this order
    locked: bool  # exact versions of requirements.lock
    why: str


def plan_setup(found: Found, *, active: bool, torch_range: str) -> Plan:
    """Decide where to install what; raise `SetupError` where nothing sensible can be done."""
    if not OLDEST <= found.version <= NEWEST:
        raise SetupError(_wrong_python(found.version))
    usable = bool(found.torch) and in_range(found.torch, torch_range)
    if active:
        return _plan_active(found, usable=usable, torch_range=torch_range)
    if usable and not found.virtual:
        why = f"This Python has torch {found.torch}: .venv uses that build and adds the rest beside it."
        return Plan(create=True, see_system=True, installers=("pip",), locked=True, why=why)
    why = "A new environment goes into .venv; nothing outside this folder is changed."
    if usable:
        why += f" To use the torch {found.torch} of the active environment instead: make ENV=active"
    elif found.torch:
        why += f" The torch {found.torch} of this Python is outside {torch_range}; .venv gets its own."
    return Plan(create=True, see_system=False, installers=("uv", "pip"), locked=True, why=why)


def _plan_active(found: Found, *, usable: bool, torch_range: str) -> Plan:
    if not (found.virtual or found.conda):
        raise SetupError(
            f"ENV=active, but {sys.executable} belongs to no environment. "
            "Activate one (conda activate cropnb), or leave ENV=active out: then .venv is created."
        )
    if found.torch and not usable:
        raise SetupError(
            f"The active environment has torch {found.torch}; expected {torch_range}. It is not replaced. "
            "Change it yourself, or leave ENV=active out: then .venv gets a torch of its own."
        )
    why = f"Into the active environment ({sys.prefix}) goes what it lacks; requirements.lock is not applied."
    return Plan(create=False, see_system=False, installers=("pip",), locked=False, why=why)


def _wrong_python(version: tuple[int, int]) -> str:
    names = [f"python{major}.{minor}" for major, minor in ((3, 13), (3, 12), (3, 11))]
    other = next((name for name in names if _runs(name)), None)
    remedy = (
        f"There is {other} here: make PYTHON={other} book"
        if other
        else "Install one of them and name it: make PYTHON=python3.12 book"
    )
    came = f"{sys.executable} is Python {version[0]}.{version[1]}"
    return f"{came}; expected 3.{OLDEST[1]} to 3.{NEWEST[1]}. {remedy}"


def _runs(name: str) -> bool:
    """Whether a command starts: a shim of pyenv may be on the PATH without the Python behind it."""
    path = shutil.which(name)
    return path is not None and _succeeds([path, "--version"], quiet=True)


def _succeeds(command: list[str], *, quiet: bool = False) -> bool:
    output = subprocess.DEVNULL if quiet else None
    # close_fds=False: what is started here holds the lock of `take_turn` as long as it runs.
    run = subprocess.run(command, check=False, cwd=ROOT, stdout=output, stderr=output, close_fds=False)
    return run.returncode == 0


def take_turn() -> None:
    """Wait for another set-up of this folder, also for an installer whose set-up was killed."""
    handle = os.open(ROOT, os.O_RDONLY)
    os.set_inheritable(handle, True)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another set-up of this folder is still at work; waiting for its end.", flush=True)
        fcntl.flock(handle, fcntl.LOCK_EX)


def in_range(version: str, torch_range: str) -> bool:
    """Whether a version lies in a range such as `>=2.11,<2.14`; a pre-release is older than its release."""
    release, final = _release(version)
    for clause in torch_range.split(","):
        bound = re.match(r"\s*(>=|<)\s*([0-9.]+)\s*$", clause)
        if bound is None:
            raise SetupError(f"pyproject.toml: torch {torch_range!r}; expected a range such as >=2.11,<2.14.")
        limit, _ = _release(bound.group(2))
        fits = (release, final) >= (limit, True) if bound.group(1) == ">=" else release < limit
        if not fits:
            return False
    return True


def _release(version: str) -> tuple[tuple[int, ...], bool]:
    """`2.11.0a0+cu130` as ((2, 11, 0), False): numbers, and whether it is a final release."""
    public = version.split("+", maxsplit=1)[0]
    numbers = re.match(r"\d+(\.\d+)*", public)
    if numbers is None:
        raise SetupError(f"torch {version!r} is no version. Install torch anew in this Python.")
    parts = [int(n) for n in numbers.group().split(".")]
    return (*parts, 0, 0)[:3], not re.search(r"a|b|rc|dev", public)


def constraints(lock: str, torch: str, torch_needs: list[str]) -> str:
    """Text of the constraints: the lock, less the pins of what a torch that stays depends on."""
    if not torch:
        return lock
    taken = {_canonical(re.split(r"[^\w.-]", need, maxsplit=1)[0]) for need in torch_needs}
    kept = [line for line in lock.splitlines() if _canonical(line.split("==")[0]) not in taken]
    return "\n".join([*kept, f"torch=={torch}", ""])


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def look_around() -> Found:
    """Describe the Python that runs this script."""
    try:
        torch = importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        torch = ""
    conda = (Path(sys.prefix) / "conda-meta").is_dir()
    return Found(sys.version_info[:2], sys.prefix != sys.base_prefix, conda, torch)


def torch_range_of(pyproject: str) -> str:
    """The range of torch in the text of pyproject.toml."""
    line = re.search(r'^\s*"torch([^"]*)"', pyproject, flags=re.MULTILINE)
    if line is None:
        raise SetupError("pyproject.toml: no torch among the dependencies. Check the file out anew.")
    return line.group(1)


def create_venv(*, see_system: bool) -> Path:
    """Make .venv, or start it over where a set-up was cut short; return its Python."""
    python, unfinished = VENV / "bin" / "python", VENV / ".unfinished"
    if python.exists() and not unfinished.exists():
        unfinished.touch()
        return python
    if VENV.exists():
        shutil.rmtree(VENV)
    VENV.mkdir()
    unfinished.touch()
    extra = ["--system-site-packages"] if see_system else []
    if not _succeeds([sys.executable, "-m", "venv", *extra, str(VENV)]):
        raise SetupError(
            f"{sys.executable} cannot create a virtual environment. On Debian and Ubuntu: "
            "apt-get install python3-venv. Then start again."
        )
    return python


def torch_of(python: Path) -> tuple[str, list[str]]:
    """Version of the torch that another Python sees, and what it depends on; empty where there is none."""
    answer = subprocess.run([str(python), "-c", ASK_TORCH], check=False, capture_output=True, text=True)
    version, needs = json.loads(answer.stdout) if answer.returncode == 0 else ("", [])
    return version, needs or []


def install(python: Path, installers: tuple[str, ...], pins: Path) -> None:
    """Install the package, editable, with the tools of the book and of the tests."""
    pip = [str(python), "-m", "pip", "install"]
    uv = [str(python.parent / "uv"), "pip", "install", "--compile-bytecode", "--python", str(python)]
    commands = {"pip": pip, "uv": uv}  # pip compiles too; without it each kernel imports for half a minute
    for installer in installers:
        if installer == "uv" and not _succeeds([*pip, "--quiet", "uv"]):
            print("uv could not be installed; pip does the same, more slowly.", flush=True)
        elif _succeeds([*commands[installer], "-c", str(pins), "-e", ".[book,dev]"]):
            return
        else:
            print(f"{installer} did not succeed; its message is above.", flush=True)
    raise SetupError("packages missing. The lines above say why, often the network; then start again.")


def set_up(*, active: bool, stamp: Path) -> None:
    """Carry the plan out; the stamp appears last and at once, so that a set-up cut short is done again."""
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    state = f"{ROOT} {hashlib.sha256(pyproject.encode()).hexdigest()}\n"
    if active and stamp.exists() and stamp.read_text(encoding="utf-8") == state:
        return
    torch_range = torch_range_of(pyproject)
    plan = plan_setup(look_around(), active=active, torch_range=torch_range)
    print(plan.why, flush=True)
    take_turn()
    python = create_venv(see_system=plan.see_system) if plan.create else Path(sys.executable)
    stamp.parent.mkdir(exist_ok=True)
    torch, needs = torch_of(python)
    lock = LOCK.read_text(encoding="utf-8") if plan.locked else ""
    pins = stamp.with_name("constraints.txt")
    kept = torch if torch and in_range(torch, torch_range) else ""
    pins.write_text(constraints(lock, kept, needs), encoding="utf-8")
    print("Installing the packages: a minute or two, and up to 3 GB, the first time.", flush=True)
    install(python, plan.installers, pins)
    unfinished = stamp.with_name(".unfinished")
    unfinished.write_text(state, encoding="utf-8")
    unfinished.replace(stamp)
    print("Set up.", flush=True)


def main() -> int:
    """Command line: 0 when the environment is ready, 1 with a sentence on what to do otherwise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--active", action="store_true", help="install into the active environment")
    parser.add_argument("--stamp", type=Path, help="file that says the set-up is complete")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the installer ends as well
    folder = Path(sys.prefix) / "cropnb-setup" if arguments.active else VENV
    try:
        set_up(active=arguments.active, stamp=arguments.stamp or folder / ".stamp")
    except SetupError as error:
        print(f"Set-up stopped: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
