# Needs make and Python >= 3.11 only; everything else goes into .venv. `make PYTHON=python3.13 test` chooses another.
PYTHON ?= python3
BIN := .venv/bin
TOOLS := .venv/tools/bin
RELEASE := .venv/release/bin
PEERS := .venv-bench
DISTRIBUTIONS := $(patsubst %/pyproject.toml,%,$(wildcard spine-*/pyproject.toml))
STAMP := .venv/.installed
# once after an edit: with PYTHONDONTWRITEBYTECODE, each of a thousand processes of `spine` would do it anew
COMPILE := $(BIN)/python -m compileall -q $(addsuffix /src,$(DISTRIBUTIONS))

.PHONY: demo test browser test-slow soak cover bench peers lint docs docs-serve reference pictures dists wheels lowest pythons newest release-check audit hashes clean help
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /\1: /'

$(STAMP): constraints.txt pyproject.toml $(addsuffix /pyproject.toml,$(DISTRIBUTIONS))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Spine needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0] + ": make PYTHON=python3.12 ...")'
	@echo "Installing into .venv (once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt pip
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group dev $(addprefix --editable ./,$(DISTRIBUTIONS))
	@$(COMPILE)
	@touch $@

demo: $(STAMP) ## run the main job on FINRA's three weekly files
	@examples/finra_weekly/demo.sh $(CURDIR)/$(BIN)/spine

test: $(STAMP) ## run the tests that take up to a second, in ten minutes on two cores; not those in a browser
	@$(COMPILE)
	$(BIN)/python -m pytest -n 2 --dist loadgroup

browser: $(STAMP) ## run the tests of the board in chromium, which `test` skips, and install that with apt where it is missing
	@.ci/chromium
	@$(COMPILE)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m browser tests/board/browser

test-slow: $(STAMP) ## run the tests that take longer than a second, which `test` leaves out
	@$(COMPILE)
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "slow and not soak"

soak: $(STAMP) ## run the sweeps that take an hour, and the property tests on thousands of new examples
	$(BIN)/python -m pytest -n 2 -m hypothesis --hypothesis-profile=search --timeout 3600
	$(BIN)/python -m pytest -m soak --timeout 3600

cover: $(STAMP) ## print the coverage of the test suite, with the processes that it starts
	@rm -f .coverage .coverage.*
	-$(BIN)/coverage run -m pytest -n 2 -m "not soak"
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

bench: $(STAMP) ## print the figures of every benchmark, beside other tools once `make peers` has installed them
	@for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

peers: $(PEERS)/.installed ## install the tools that the benchmarks are compared with into an environment of their own

$(PEERS)/.installed: benchmarks/peers.txt
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --requirement benchmarks/peers.txt
	@touch $@

lint: $(STAMP) ## ruff, mypy and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests/typing
	$(BIN)/lint-imports --no-cache

docs: $(STAMP) ## build the site of docs/ into site/; a broken link or an unlisted page fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

docs-serve: $(STAMP) ## show the site of docs/ in the browser, renewed at every change
	$(BIN)/python -m mkdocs serve

reference: $(STAMP) ## write docs/reference and the copy of the API in docs/, which tests compare with their sources
	$(BIN)/python .ci/reference.py
	cp examples/prices_api/server.py docs/prices_api.py

pictures: $(STAMP) ## draw the screens of docs/terminal.md, and with chromium the pages of the board, from the FINRA example
	$(BIN)/python .ci/pictures.py
	$(BIN)/python .ci/board_pictures.py

dists: $(STAMP) ## build every wheel and install each alone with core into a fresh environment
	$(BIN)/python .ci/check_dists.py $(DISTRIBUTIONS)

wheels: $(STAMP) ## fill dist/ with the wheel and the sdist of each distribution
	@mkdir -p dist && rm -f dist/*.whl dist/*.tar.gz
	@for name in $(DISTRIBUTIONS); do (cd $$name && $(CURDIR)/$(BIN)/hatchling build --directory $(CURDIR)/dist >/dev/null) || exit 1; done
	@ls dist

lowest: $(TOOLS)/uv ## run the quick part of the suite with the lowest versions that the distributions allow
	@$(TOOLS)/python .ci/interpreters.py lowest

pythons: $(TOOLS)/uv ## run the quick part of the suite on Python 3.11 to 3.14, as far as they can be had
	@$(TOOLS)/python .ci/interpreters.py pythons

newest: $(TOOLS)/uv ## run the quick part of the suite on the newest Python of this machine
	@$(TOOLS)/python .ci/interpreters.py newest

release-check: $(TOOLS)/uv $(RELEASE)/twine ## check what would be published, and fill dist/ with it and the list of its parts
	@mkdir -p dist
	@$(RELEASE)/python .ci/release.py $(BIN)/hatchling

audit: $(TOOLS)/uv ## look for known vulnerabilities of the pinned versions, and check licences
	$(TOOLS)/python .ci/audit.py $(BIN)/python

hashes: $(TOOLS)/uv ## write constraints-hashed.txt: what users install, with the hashes of the archives
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir .venv/wheels $(addprefix ./,$(DISTRIBUTIONS))
	$(TOOLS)/uv pip compile --quiet --upgrade --all-extras --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--find-links .venv/wheels --constraint constraints.txt $(addprefix --no-emit-package ,$(DISTRIBUTIONS)) \
		--output-file constraints-hashed.txt $(addsuffix /pyproject.toml,$(DISTRIBUTIONS))

$(TOOLS)/uv: $(STAMP)
	@test -x $(TOOLS)/python || $(PYTHON) -m venv .venv/tools
	@$(TOOLS)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt pip-audit pip-licenses uv

$(RELEASE)/twine: $(STAMP)
	@test -x $(RELEASE)/python || $(PYTHON) -m venv .venv/release
	@$(RELEASE)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt cyclonedx-bom packaging pyroma twine

clean: ## remove what the targets above made
	rm -rf .venv $(PEERS) dist .coverage .coverage.* examples/*/.spine
