# Needs make and Python >= 3.11 only; everything else goes into .venv. `make PYTHON=python3.13 test` chooses another.
PYTHON ?= python3
BIN := .venv/bin
DISTRIBUTIONS := $(patsubst %/pyproject.toml,%,$(wildcard spine-*/pyproject.toml))
STAMP := .venv/.installed

.PHONY: demo test test-slow soak cover bench lint dists clean help
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /\1: /'

$(STAMP): constraints.txt pyproject.toml $(addsuffix /pyproject.toml,$(DISTRIBUTIONS))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Spine needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0] + ": make PYTHON=python3.12 ...")'
	@echo "Installing into .venv (once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt pip
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group dev $(addprefix --editable ./,$(DISTRIBUTIONS))
	@$(BIN)/python -m compileall -q $(addsuffix /src,$(DISTRIBUTIONS))
	@touch $@

demo: $(STAMP) ## run the main job on FINRA's three weekly files
	@examples/finra_weekly/demo.sh $(CURDIR)/$(BIN)/spine

test: $(STAMP) ## run the test suite, without the slow tests
	$(BIN)/python -m pytest -n 2

test-slow: $(STAMP) ## run the sweeps and long journeys, which `test` leaves out
	$(BIN)/python -m pytest -n 2 -m slow

soak: $(STAMP) ## run the sweeps that take an hour
	$(BIN)/python -m pytest -m soak --timeout 3600

cover: $(STAMP) ## print the coverage of the test suite, with the processes that it starts
	@rm -f .coverage .coverage.*
	-$(BIN)/coverage run -m pytest -n 2
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

bench: $(STAMP) ## print the figures of every benchmark
	@for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

lint: $(STAMP) ## ruff, mypy and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests/typing
	$(BIN)/lint-imports --no-cache

dists: $(STAMP) ## build every wheel and install each alone with core into a fresh environment
	$(BIN)/python .ci/check_dists.py $(DISTRIBUTIONS)

clean: ## remove what the targets above made
	rm -rf .venv dist .coverage .coverage.* examples/*/.spine
