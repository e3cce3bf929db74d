# Every target makes the set-up that it needs. `make help` lists them.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-reset test test-long benchmark lint format lock browser
MAKEFLAGS += --no-print-directory
# the tests start many programs; compiled once, each starts in two thirds of the time
unexport PYTHONDONTWRITEBYTECODE

help: ## list all targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## make the virtual environment in .venv from the lock file

demo: $(STAMP) ## run Tieline with sample data and two ERPs on port TIELINE_PORT (8080)
	@exec $(BIN)/tieline demo

demo-reset: $(STAMP) ## throw the demo's data away and start over
	@exec $(BIN)/tieline demo --reset

# a third of a test's time is waiting, so three workers keep two cores busy
test: ## set up, lint, and run the tests on three workers
	@started=$$(date +%s); $(MAKE) setup browser && echo "set-up took $$(($$(date +%s) - started)) s"
	@$(MAKE) lint
	@$(BIN)/pytest -n 3 --dist worksteal -m "not long"

test-long: setup browser ## run the tests that take longer
	@$(BIN)/pytest -n 2 -m long

benchmark: $(STAMP) ## measure Tieline beside dlt and a hand-written floor (JSON=FILE, RECORDS=100000)
	@$(BIN)/python -m benchmarks --records $(or $(RECORDS),100000) $(if $(JSON),--json $(JSON))

lint: $(STAMP) ## check style, format, types and the floors of the architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(STAMP) ## lay the source out as the linter wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(STAMP) ## make requirements.lock anew from pyproject.toml, with hashes
	$(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --extra dev --generate-hashes \
		--no-emit-index-url --no-emit-find-links --quiet --custom-compile-command "make lock" \
		--output-file requirements.lock pyproject.toml

browser: ## install Debian's chromium for the browser tests, where that is allowed
	@if command -v chromium >/dev/null || [ -n "$$TIELINE_TEST_CHROMIUM" ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else echo "browser tests need chromium: install it, or name one in TIELINE_TEST_CHROMIUM"; fi

$(STAMP): requirements.lock pyproject.toml
	@if ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		echo "Tieline needs Python 3.11 or newer as $(PYTHON); name another one: make PYTHON=/path/to/python3"; exit 1; fi
	@if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null; \
		else echo "Python's venv module is missing: as root, apt-get install python3-venv"; exit 1; fi; fi
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing the locked dependencies into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@
