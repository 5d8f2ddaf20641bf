"""Machine code kept on disk must not outlive the source it was made from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FORMULA = """
from cropnb.features.compiled import inlined

@inlined
def formula(x):
    return {factor} * x
"""
LOOP = """
from cropnb.features.compiled import compiled
from formula import formula

@compiled
def loop(x):
    return formula(x)

print(loop(1.0), sum(loop.stats.cache_hits.values()))
"""


def run(folder: Path) -> list[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])}
    command = [sys.executable, "-c", "import loop"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=folder)
    return done.stdout.split()


def test_a_formula_edited_in_another_file_is_compiled_anew(tmp_path: Path) -> None:
    (tmp_path / "loop.py").write_text(LOOP)
    (tmp_path / "formula.py").write_text(FORMULA.format(factor=2))
    assert run(tmp_path) == ["2.0", "0"]
    assert run(tmp_path) == ["2.0", "1"], "the second process should take the code from disk"
    (tmp_path / "formula.py").write_text(FORMULA.format(factor=3))
    assert run(tmp_path) == ["3.0", "0"]
