"""Where the set-up installs what: decided without a network, from what is found."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
RANGE = ">=2.11,<2.14"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("setup_env", ROOT / "scripts" / "setup_env.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


setup_env = load()


def found(**changes: object) -> object:
    bare = {"version": (3, 12), "virtual": False, "conda": False, "torch": ""}
    return setup_env.Found(**{**bare, **changes})


def plan(*, active: bool = False, **changes: object) -> object:
    return setup_env.plan_setup(found(**changes), active=active, torch_range=RANGE)


def test_bare_python_gets_an_environment_of_its_own_with_uv_then_pip():
    decided = plan()
    assert decided.create
    assert not decided.see_system
    assert decided.installers == ("uv", "pip")
    assert decided.locked


def test_gpu_build_of_the_system_is_seen_and_only_pip_may_touch_it():
    decided = plan(torch="2.12.1+cu130")
    assert decided.see_system
    assert decided.installers == ("pip",)  # uv does not look at what lies outside an environment
    assert "2.12.1+cu130" in decided.why


@pytest.mark.parametrize("torch", ["2.10.0", "2.14.0", "3.0"])
def test_torch_out_of_range_is_left_alone_and_another_is_installed(torch: str):
    decided = plan(torch=torch)
    assert not decided.see_system
    assert torch in decided.why


def test_torch_of_a_virtual_environment_cannot_be_shared_and_the_way_to_use_it_is_named():
    decided = plan(torch="2.12.0", virtual=True)
    assert not decided.see_system
    assert "ENV=active" in decided.why


@pytest.mark.parametrize("kind", ["virtual", "conda"])
def test_active_environment_is_used_as_it_is(kind: str):
    decided = plan(active=True, torch="2.12.0", **{kind: True})
    assert not decided.create
    assert not decided.locked  # exact versions would replace what conda chose
    assert decided.installers == ("pip",)


@pytest.mark.parametrize("version", [(3, 8), (3, 10), (3, 14)])
def test_other_pythons_get_a_sentence_with_a_remedy(version: tuple[int, int]):
    with pytest.raises(
        setup_env.SetupError, match=r"expected 3\.11 to 3\.13\. .*make PYTHON=python3\.1[123]"
    ):
        plan(version=version)


def test_active_without_an_environment_is_refused():
    with pytest.raises(setup_env.SetupError, match="conda activate cropnb"):
        plan(active=True)


def test_unfit_torch_of_the_active_environment_is_not_replaced():
    with pytest.raises(setup_env.SetupError, match="not replaced"):
        plan(active=True, conda=True, torch="2.9.0")


VERSIONS = ["2.10.9", "2.11.0a0+git1", "2.11", "2.11.0+cu130", "2.13.1", "2.14.0", "2.14.0rc1", "3.0"]


@pytest.mark.parametrize("version", VERSIONS)
def test_range_agrees_with_packaging(version: str):
    assert setup_env.in_range(version, RANGE) is SpecifierSet(RANGE).contains(version, prereleases=True)


def test_range_in_another_form_is_refused():
    with pytest.raises(setup_env.SetupError, match="expected a range"):
        setup_env.in_range("2.12.0", "~=2.11")


def test_range_is_the_one_of_pyproject():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    dependencies = tomllib.loads(text)["project"]["dependencies"]
    assert f"torch{setup_env.torch_range_of(text)}" in dependencies


def test_supported_pythons_are_those_of_pyproject():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    supported = SpecifierSet(tomllib.loads(text)["project"]["requires-python"])
    inside = [(3, minor) for minor in range(20) if supported.contains(f"3.{minor}")]
    assert (inside[0], inside[-1]) == (setup_env.OLDEST, setup_env.NEWEST)


LOCK = "# exact\nnumpy==2.4.6 ; python_full_version < '3.12'\nsetuptools==84.2.1\ntyping-extensions==4.16.0\n"


def test_without_torch_the_lock_is_the_constraints():
    assert setup_env.constraints(LOCK, "", []) == LOCK


def test_torch_that_stays_is_pinned_and_what_it_depends_on_is_not():
    needs = ["setuptools<82; python_version >= '3.12'", "typing_extensions>=4.10", "sympy>=1.13"]
    lines = setup_env.constraints(LOCK, "2.11.0+cu130", needs).splitlines()
    assert lines == ["# exact", "numpy==2.4.6 ; python_full_version < '3.12'", "torch==2.11.0+cu130"]


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished environment, and a stand-in for `python -m venv` that makes another one."""
    folder = tmp_path / ".venv"
    monkeypatch.setattr(setup_env, "VENV", folder)

    def make(command: list[str], **_: object) -> bool:
        (Path(command[-1]) / "bin").mkdir(parents=True)
        (Path(command[-1]) / "bin" / "python").touch()
        return True

    monkeypatch.setattr(setup_env, "_succeeds", make)
    setup_env.create_venv(see_system=False)
    (folder / "mine").touch()
    return folder


def test_set_up_cut_short_starts_over(venv: Path):
    assert (venv / ".unfinished").exists()
    setup_env.create_venv(see_system=False)
    assert not (venv / "mine").exists()


def test_finished_environment_is_kept_and_marked_while_it_changes(venv: Path):
    (venv / ".unfinished").unlink()
    setup_env.create_venv(see_system=False)
    assert (venv / "mine").exists()
    assert (venv / ".unfinished").exists()


def test_an_installer_that_outlives_its_set_up_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The first set-up dies at once, its child goes on for a second; only then the second gets its turn."""
    code = f"""
import importlib.util, os, pathlib, subprocess, sys
spec = importlib.util.spec_from_file_location("setup_env", {str(ROOT / "scripts" / "setup_env.py")!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.ROOT = pathlib.Path({str(tmp_path)!r})
module.take_turn()
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1); open('done', 'w')"], close_fds=False)
os._exit(1)
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False, timeout=20)
    monkeypatch.setattr(setup_env, "ROOT", tmp_path)
    assert not (tmp_path / "done").exists()
    setup_env.take_turn()
    assert (tmp_path / "done").exists()


def test_failed_install_leaves_no_stamp(venv: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(setup_env, "torch_of", lambda _: ("", []))
    monkeypatch.setattr(setup_env, "_succeeds", lambda command, **_: command[-1] == "uv")
    monkeypatch.setattr(setup_env, "create_venv", lambda **_: venv / "bin" / "python")
    monkeypatch.setattr(setup_env, "take_turn", lambda: None)
    with pytest.raises(setup_env.SetupError, match="packages missing"):
        setup_env.set_up(active=False, stamp=venv / ".stamp")
    assert not (venv / ".stamp").exists()
    assert (venv / ".unfinished").exists()


def test_pip_takes_over_where_uv_fails(venv: Path, monkeypatch: pytest.MonkeyPatch):
    calls: list[list[str]] = []

    def fails_with_uv(command: list[str], **_: object) -> bool:
        calls.append(command)
        return command[1] == "-m"

    monkeypatch.setattr(setup_env, "_succeeds", fails_with_uv)
    setup_env.install(venv / "bin" / "python", ("uv", "pip"), venv / "constraints.txt")
    assert [call[1] for call in calls] == ["-m", "pip", "-m"]  # fetch uv, uv pip, python -m pip
    assert calls[-1][-2:] == ["-e", ".[book,dev]"]


def test_make_knows_every_target_of_its_help():
    # Inside another make, such as `make test`, a make says which folder it enters.
    command = ["make", "--no-print-directory", "help"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    targets = [line.split()[1] for line in run.stdout.splitlines()]
    assert targets == ["help", "book", "test", "lint", "bench", "full", "lock", "accept", "clean"]
    for target in targets:
        subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, check=True)


def test_script_needs_nothing_but_the_standard_library():
    code = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='setup_env')"
    script = str(ROOT / "scripts" / "setup_env.py")
    subprocess.run([sys.executable, "-I", "-S", "-c", code, script], check=True)
