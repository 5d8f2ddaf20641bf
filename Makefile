# Two commands matter: `make book` builds the book, `make test` checks everything. Both set up what they need.
#   make PYTHON=python3.12 book    use this Python, where plain python3 is older than 3.11 or newer than 3.13
#   make ENV=active book           use the environment that is active (conda, for one) and create none

PYTHON ?= python3
ENV ?= venv
ifeq ($(ENV),active)
BIN :=
READY := active-environment
else
BIN := .venv/bin/
READY := .venv/.stamp
endif

# OpenMP's waiting threads otherwise spin, and a training step takes ten times as long beside any other program.
export OMP_WAIT_POLICY := PASSIVE
# One thread where outputs are compared: sums then have one order, on every machine.
test lint accept: export OMP_NUM_THREADS ?= 1
# uv reads neither pip.conf nor pip's variables; without this it would not find a wheel kept in a local folder.
ifdef PIP_FIND_LINKS
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
endif

.DEFAULT_GOAL := help
.PHONY: help book test lint bench bench-simulator bench-networks bench-mapping full lock accept clean active-environment

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## */make \1\t/p' Makefile | expand -t 14

book: $(READY)  ## set up, run every chapter, build the book; the last line says which page to open
	$(BIN)cropnb book

test: lint  ## set up, lint, run the tests, re-run the reference notebooks and compare them
	$(BIN)pytest --ignore-glob='*/test_00_*'
	$(BIN)pytest --nbval-lax --nbval-current-env --nbval-cell-timeout 600 --nbval-sanitize-with tests/sanitize.cfg book/reference

lint: $(READY)  ## style, types, layers, chapters, docstrings: what needs no data and no training
	$(BIN)ruff check .
	$(BIN)ruff format --check .
	$(BIN)mypy
	$(BIN)lint-imports
	$(BIN)cropnb check
	$(BIN)pytest tests/test_00_*.py

bench: $(READY)  ## time the package against its peers (benchmarks/README.md)
	$(BIN)python benchmarks/features.py $(BENCH)

bench-simulator: $(READY)  ## time the simulator, preset by preset
	$(BIN)python benchmarks/simulator.py $(BENCH)

bench-networks: $(READY)  ## time the networks against those of BreizhCrops
	$(BIN)python benchmarks/networks.py $(BENCH)

bench-mapping: $(READY)  ## time maps from store to GeoTIFF, and see how memory grows
	$(BIN)python benchmarks/mapping.py $(BENCH)

full: $(READY)  ## run every chapter as published; needs hours or a GPU
	$(BIN)cropnb book --scale full

lock: $(READY)  ## write requirements.lock anew from pyproject.toml
	scripts/lock.sh

accept: $(READY)  ## run the chapters at smoke scale and keep the outputs as the reference
	$(BIN)cropnb accept

clean:  ## remove what can be made again; the environment and finished runs stay
	rm -rf book/_build .mypy_cache .ruff_cache .import_linter_cache .hypothesis

.venv/.stamp: pyproject.toml requirements.lock
	$(PYTHON) scripts/setup_env.py --stamp $@

active-environment:
	python scripts/setup_env.py --active
