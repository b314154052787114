# Needs only Python 3.11 or newer, git and make. `make` lists the targets.

PYTHON ?= python3
VENV := .venv
VENV15 := .venv-duckdb15
VENVBENCH := .venv-bench
BUILD := build
QUICKSTART := 01-quickstart.ipynb
NOTEBOOKS := $(wildcard notebooks/*.ipynb)
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

BIN := $(VENV)/bin
PIP := python -m pip install -q --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo lab test lint types format unit duckdb15 notebooks chromium bench clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

# --- for users ----------------------------------------------------------------

demo: export CELLTRAIL_STORE = $(CURDIR)/$(BUILD)/demo
demo: $(VENV)/demo.stamp ## run the quickstart notebook on real data and list its runs
	@rm -rf $(BUILD)/demo && mkdir -p $(BUILD)/demo
	@cp notebooks/$(QUICKSTART) $(BUILD)/demo/
	@echo "Executing the quickstart notebook …"
	@$(BIN)/jupyter execute --inplace $(BUILD)/demo/$(QUICKSTART) >$(BUILD)/demo/log 2>&1 \
		|| { cat $(BUILD)/demo/log; exit 1; }
	@$(BIN)/celltrail runs
	@echo "The executed notebook: $(BUILD)/demo/$(QUICKSTART)"
	@echo "Try it yourself: make lab"

lab: $(VENV)/lab.stamp ## open a copy of the quickstart in JupyterLab
	@mkdir -p $(BUILD)/lab
	@test -e $(BUILD)/lab/$(QUICKSTART) || cp notebooks/$(QUICKSTART) $(BUILD)/lab/
	@cd $(BUILD)/lab && ../../$(BIN)/jupyter lab $(AS_ROOT) $(QUICKSTART)

# --- for developers -----------------------------------------------------------

test: lint types unit duckdb15 notebooks ## run everything that checks the project
	@echo "All checks passed."

lint: $(VENV)/dev.stamp ## check style
	@echo "Style (ruff) …"
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { echo "Run: make format"; exit 1; }

types: $(VENV)/dev.stamp ## check types
	@echo "Types (mypy) …"
	@$(BIN)/mypy --no-error-summary

format: $(VENV)/dev.stamp ## format the code and fix what can be fixed
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format

unit: $(VENV)/dev.stamp $(if $(wildcard tests/ui),chromium) ## run the tests
	@echo "Tests …"
	@$(BIN)/pytest -q -n auto

duckdb15: $(VENV15)/made.stamp ## run the quick tests of the store under DuckDB 1.5.5
	@echo "Tests of the store under DuckDB 1.5.5 …"
	@$(VENV15)/bin/pytest -q -n auto -m "not slow and not kernel" tests/store

notebooks: export CELLTRAIL_STORE = $(CURDIR)/$(BUILD)/notebooks
notebooks: $(VENV)/dev.stamp ## execute the notebooks and compare their results
	@echo "Notebooks …"
	@rm -rf $(BUILD)/notebooks && mkdir -p $(BUILD)/notebooks
	@cp $(NOTEBOOKS) $(BUILD)/notebooks/
	@$(BIN)/pytest -q --nbval-lax --nbval-current-env $(BUILD)/notebooks

bench: $(VENV)/demo.stamp $(VENVBENCH)/made.stamp ## measure celltrail beside its peers
	@$(BIN)/python benchmarks/run.py

clean: ## remove the environments, the build folder and the tools' caches
	@rm -rf $(VENV) $(VENV15) $(VENVBENCH) $(BUILD) dist
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
	@find src tests benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null; true

# --- environments: made once, and again when pyproject.toml changes -----------

define make_venv
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	echo "celltrail needs Python 3.11 or newer; try: make PYTHON=python3.12 $@"; exit 1; }
@echo "Making the environment $(@D) …"
@$(PYTHON) -m venv $$(test -e $@ && echo --clear) $(@D) || { \
	echo "Python's venv module is not complete; on Debian: apt install python3-venv"; \
	exit 1; }
@$(@D)/bin/$(PIP) --upgrade 'pip>=25.1'
endef

$(VENV)/made.stamp: pyproject.toml
	$(make_venv)
	@$(BIN)/$(PIP) --editable .
	@touch $@

$(VENV)/%.stamp: $(VENV)/made.stamp
	@echo "Installing what '$*' needs …"
	@$(BIN)/$(PIP) --group $*
	@touch $@

$(VENV15)/made.stamp: pyproject.toml
	$(make_venv)
	@$(@D)/bin/$(PIP) --editable . --group test-core 'duckdb==1.5.5'
	@touch $@

$(VENVBENCH)/made.stamp: pyproject.toml
	$(make_venv)
	@$(@D)/bin/$(PIP) --group bench || echo "Without its peers celltrail is measured alone."
	@touch $@

chromium:
	@command -v chromium chromium-browser google-chrome >/dev/null && exit 0; \
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		echo "Installing Chromium …"; \
		apt-get update -qq && apt-get install -y -qq chromium >/dev/null; \
	else \
		echo "The browser tests need Chromium, which is not installed."; \
		echo "On Debian: sudo apt-get install chromium"; exit 1; \
	fi
