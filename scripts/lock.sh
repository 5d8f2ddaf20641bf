#!/usr/bin/env bash
# Write requirements.lock: exact versions for Python 3.11-3.13, without torch and what it drags along,
# so that a CPU or GPU build of torch that is already there is never replaced.
set -eu
cd "$(dirname "$0")/.."
UV="${UV:-.venv/bin/uv}"
"$UV" pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
    --no-annotate --no-header --quiet --output-file requirements.lock.new "$@"
{
    echo "# Exact versions for Python 3.11-3.13 on Linux, macOS and Windows. Written by 'make lock'; used as constraints."
    echo "# torch (and the setuptools it asks for) is left out on purpose: pyproject.toml gives its range and an installed build is kept."
    grep -v -E '^(#|torch==|triton|nvidia-|cuda-|setuptools==|--)' requirements.lock.new
} > requirements.lock
rm requirements.lock.new
