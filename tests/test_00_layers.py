"""Imports go down the floors only: the rule of pyproject.toml holds here, and is shown to be able to fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT = Path(sys.executable).with_name("lint-imports")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [str(LINT), "--no-cache", "--config", str(folder / "pyproject.toml")]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_layers_are_kept():
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "cropnb", tmp_path / "cropnb", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("features/radiometry.py", "from cropnb.scenes import open_scene"),  # up
        ("sampling/splits.py", "import cropnb.scenes"),  # across
        ("features/filters.py", "import torch"),  # torch in the physics
        ("models/tempcnn.py", "import xarray"),  # models know tensors only
        ("evaluation/metrics.py", "import matplotlib"),  # plots in the numbers
        ("stray.py", "import json"),  # a part of the package that has no floor
    ],
)
def test_a_planted_import_is_found(copy: Path, module: str, line: str):
    path = copy / "cropnb" / module
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{text}\n{line}\n", encoding="utf-8")
    done = lint_imports(copy)
    assert done.returncode != 0
    assert module.removesuffix(".py").replace("/", ".") in done.stdout, done.stdout
