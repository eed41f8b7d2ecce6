# Every target does its own set-up, inside this tree: .venv holds the tools, nothing is installed elsewhere.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := build/demo
SITE := build/site

.DEFAULT_GOAL := help
.PHONY: help demo test check docs sweep bench bench-verdicts clean

help:  ## what there is to make
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "auditor needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(READY)  ## build the demonstration repository, audit it, say where to look next
	@rm -rf $(DEMO)
	@$(BIN)/auditor demo $(DEMO)

check: $(READY)  ## types, style and architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check  ## everything that must hold before a merge; needs Python, git and make only
	$(BIN)/python -m pytest -n auto --dist loadfile

$(VENV)/.docs: $(READY)
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@touch $@

docs: $(VENV)/.docs  ## the documentation as a site that needs no network to read; every link is checked
	$(BIN)/sphinx-build -W --keep-going -q -c docs . $(SITE)
	@echo $(SITE)/index.html

sweep: $(READY)  ## the slow half: an installed wheel, other Pythons, hostile input at length, a browser
	$(BIN)/python -m benchmarks.sweep

bench: $(READY)  ## speed, as ratios to a limit timed in the same run, and how cost grows
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.scaling

bench-verdicts: $(READY)  ## verdicts on worlds whose truth is known, beside today's practices; a tenth of the full run
	$(BIN)/python -m benchmarks.verdicts

clean:  ## forget what was built here
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
