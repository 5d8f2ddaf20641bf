"""What is asked of the operating system."""

import subprocess
import sys

import numpy as np

from cropnb.system import peak_memory_mb

ASK = "from cropnb.system import peak_memory_mb; print(peak_memory_mb())"


def test_the_peak_is_what_was_held_and_no_less_later() -> None:
    before = peak_memory_mb()
    held = np.ones(25_000_000)  # 200 MB
    during = peak_memory_mb()
    assert held.nbytes == 200_000_000
    del held
    assert during >= 200
    assert peak_memory_mb() >= during - 2  # the kernel counts in batches
    assert during >= before - 2


def test_a_child_does_not_report_the_memory_of_its_parent() -> None:
    held = np.ones(50_000_000)  # 400 MB
    found = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    assert float(found.stdout) < held.nbytes / 2e6
