# The same verbs here and in CI. Each makes .venv from requirements.lock when it is missing or older than the lock.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.made-from-lock
STACK ?= dev
# The reference platform's sandboxes end on 2026-12-18, so its rules are judged on a day before: a repository does not age.
AS_OF ?= 2026-12-01

.PHONY: help preview test check bench docs lock
.DEFAULT_GOAL := help

help:
	@echo "make preview   what stacks/ would deploy and every rule it breaks (STACK=dev|staging|prod)"
	@echo "make test      the tests, with coverage"
	@echo "make check     formatting, lint, types, layers"
	@echo "make bench     side-by-side measurements, written to docs/benchmarks.md"
	@echo "make docs      the generated reference in docs/reference"
	@echo "make lock      pin the newest dependencies that pyproject.toml allows"

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11: run make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

preview: $(STAMP)
	@$(BIN)/dataops preview --stack $(STACK) --as-of $(AS_OF) --policy-pack tagging --policy-pack data-lake --policy-pack pii

test: $(STAMP)
	@$(BIN)/python -m pytest -q -n 2 --cov --cov-report=term

check: $(STAMP)
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary dataops_infra policies tests/support
	@PYTHONPATH=. $(BIN)/lint-imports > $(VENV)/lint-imports.log || { cat $(VENV)/lint-imports.log; exit 1; }

bench: $(STAMP)
	@$(BIN)/python -m benchmarks

docs: $(STAMP)
	@$(BIN)/python -m docs.generate

lock: $(STAMP)
	@$(BIN)/uv pip compile pyproject.toml --upgrade --extra dev --universal --no-strip-extras --generate-hashes --python-version 3.11 --quiet \
	  --no-emit-package dataops-infra --custom-compile-command "make lock" --output-file requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra masking --extra spark --extra job --constraint requirements.lock --universal --no-strip-extras --generate-hashes \
	  --python-version 3.11 --quiet --no-emit-package dataops-infra --custom-compile-command "make lock" --output-file docs/containers/masking/requirements.lock
