# `make demo` and `make test` do all set-up themselves; see README.md.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

BIN := .venv/bin
STAMP := .venv/.installed
# One thread for each test process: two processes with two threads each fight for two cores.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest
PARALLEL := -n logical --dist loadfile
# Trust what the system trusts, as pip does: some networks have a certificate of their own.
export UV_SYSTEM_CERTS ?= true
# Choose: make test ARGS="-k panel", make install PYTHON=python3.12
ARGS ?=
export PYTHON ?=

.PHONY: help install demo test lint types docs bench bench-forecast calibration coverage-table screening-table feedback-table exact-table pages forecast-page backtest-page forecast-coverage wheel-test clean lock

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## set up .venv from requirements.lock

$(STAMP): requirements.lock pyproject.toml scripts/install.sh scripts/find_uv.sh scripts/find_python.sh
	@sh scripts/install.sh
	@touch $@

demo: $(STAMP) ## simulate a country, fit it, compare with the truth
	@$(BIN)/attraktiv demo

test: $(STAMP) ## run the tests but the slow ones (ARGS="-k name" to choose)
	@$(PYTEST) $(PARALLEL) $(ARGS)

lint: $(STAMP) ## style, import contract and dependencies
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-logo --no-cache
	@$(BIN)/deptry src

types: $(STAMP) ## mypy
	@$(BIN)/mypy

docs: $(STAMP) ## build docs/_build/html; a warning is an error
	@$(BIN)/python -m sphinx -W --keep-going -n -q -d docs/_build/doctrees docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(STAMP) ## measure the engines and write docs/benchmarks.md (a quarter of an hour)
	@$(BIN)/python benchmarks/engines.py

bench-forecast: $(STAMP) ## measure a forecast and write docs/benchmarks-forecast.md (half an hour)
	@$(BIN)/python benchmarks/forecasts.py

calibration: $(STAMP) ## the slow tests; then 500 simulations a model and docs/calibration.md
	@$(PYTEST) -m slow
	@$(BIN)/python -m tests.recovery.calibration $(ARGS)

coverage-table: $(STAMP) ## write docs/coverage.md from simulated countries
	@$(BIN)/python -m tests.recovery.coverage $(ARGS)

screening-table: $(STAMP) ## write docs/screening-rates.md from simulated countries
	@$(BIN)/python -m tests.recovery.screening $(ARGS)

feedback-table: $(STAMP) ## write docs/feedback.md from simulated countries
	@$(BIN)/python -m tests.recovery.feedback $(ARGS)

exact-table: $(STAMP) ## write docs/exact-chains.md: walkers beside chains without a stand-in
	@$(BIN)/python -m tests.recovery.exact $(ARGS)

pages: $(STAMP) ## write the pages of docs/ that hold results on the real panel
	@$(BIN)/python scripts/pages.py

forecast-page: $(STAMP) ## write docs/forecast-norway.md: forecasts beside what came
	@$(BIN)/python scripts/forecast_page.py

backtest-page: $(STAMP) ## write docs/backtest-norway.md: models refitted at nine origins
	@$(BIN)/python scripts/backtest_page.py

forecast-coverage: $(STAMP) ## write docs/forecast-coverage.md from simulated countries
	@$(BIN)/python -m tests.recovery.forecasts $(ARGS)

wheel-test: $(STAMP) ## build the wheel and use it outside the checkout
	@sh scripts/test_wheel.sh

lock: $(STAMP) ## write requirements.lock again from pyproject.toml
	@"$$(sh scripts/find_uv.sh)" pip compile --quiet --upgrade --universal --python-version 3.12 \
		--generate-hashes --all-extras --group dev --custom-compile-command "make lock" \
		--output-file requirements.lock pyproject.toml

clean: ## remove what was built; .venv and .tools stay
	@rm -rf build dist demo docs/_build .cache .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis .benchmarks .coverage
	@find src tests docs scripts -name __pycache__ -type d -prune -exec rm -rf {} +
