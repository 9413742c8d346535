# `make` lists what there is. Everything runs in .venv, which is built when needed; nothing else is installed.
.DEFAULT_GOAL := help
.PHONY: anew help demo serve test test-changed coverage check format bench bench-locust screenshots lock clean
.SUFFIXES:

PORT ?= 8000
ARGS ?=
BASE ?= main
# One more than there are cores: browsers, races and servers of their own let a core idle.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
BIN := .venv/bin
# Each start would compile all packages anew (4 times the CPU); what is compiled once lies in __pycache__, ignored by git.
unexport PYTHONDONTWRITEBYTECODE
RUNTIME := .venv/.installed-runtime
DEV := .venv/.installed-dev
BENCH := .venv/.installed-bench
COMPILE := pip compile -q --python-version 3.11 --universal --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command 'make lock'

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(RUNTIME) ## the 60-second story on private servers, then serve until Ctrl-C (DEMO_EXIT=1 ends by itself)
	@$(BIN)/python manage.py demo $(ARGS)

serve: $(RUNTIME) ## back office and API on http://127.0.0.1:PORT (PORT=8000); Ctrl-C ends everything
	@$(BIN)/python manage.py serve --port $(PORT) $(ARGS)

test: $(DEV) ## all tests on private servers (ARGS='-k name' for some)
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

test-changed: $(DEV) ## tests of the rooms that differ from BASE (BASE=main)
	@tests=$$($(BIN)/python -m tests.changed --base $(BASE)) && echo "$$tests" && \
	$(BIN)/python -m pytest -n $(WORKERS) $$tests $(ARGS)

coverage: $(DEV) ## make test, and which lines no test runs; fails below the floor in pyproject.toml
	@$(MAKE) --no-print-directory test ARGS="--cov --cov-report=term:skip-covered $(ARGS)"

check: $(DEV) ## style, types, import rules, migrations and templates
	@echo '== ruff check'
	@$(BIN)/ruff check .
	@echo '== ruff format'
	@$(BIN)/ruff format --check .
	@echo '== mypy'
	@$(BIN)/mypy
	@echo '== import rules'
	@$(BIN)/lint-imports
	@echo '== migrations'
	@$(BIN)/python -W ignore manage.py makemigrations --check --dry-run
	@if find templates -name '*.html' 2>/dev/null | grep -q .; then \
		echo '== templates'; $(BIN)/djlint templates --check; fi

format: $(DEV) ## write the style that check asks for
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/djlint templates --reformat --quiet || true

bench: $(BENCH) ## ratios of speed and memory, measured in one run (ARGS='--help' for more)
	@$(BIN)/python -m bench $(ARGS)

bench-locust: $(BENCH) ## load POST /v1/transfers by Locust on private servers (RUN_SECONDS=30 USERS=16 TX_PER_SEC=100)
	@$(BIN)/python -m bench.loading $(ARGS)

screenshots: $(DEV) ## draw docs/images anew (needs Chromium)
	@$(BIN)/python docs/screenshots.py

lock: $(DEV) ## pin requirements.in of the product, the tests and the benchmark anew, with hashes
	@PATH="$(CURDIR)/$(BIN):$$PATH"; export PATH; \
	uv $(COMPILE) requirements.in -o requirements.txt && \
	(cd tests && uv $(COMPILE) requirements.in -o requirements.txt) && \
	if [ -f bench/requirements.in ]; then cd bench && uv $(COMPILE) requirements.in -o requirements.txt; fi

clean: ## stop the private servers; delete their data (.data) and .venv
	@echo 'Stopping the private servers and deleting .data (their data) and .venv'
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m ledgersafe.embedded remove; fi
	@rm -rf .data .venv

# Also when the interpreter behind an existing .venv was removed.
$(RUNTIME): requirements.txt deploy/bootstrap.sh $(shell test -x $(BIN)/python || echo anew)
	@sh deploy/bootstrap.sh
	@touch $@

$(DEV): $(RUNTIME) tests/requirements.txt
	@sh deploy/bootstrap.sh dev
	@touch $@

$(BENCH): $(RUNTIME) $(wildcard bench/requirements.txt)
	@sh deploy/bootstrap.sh bench
	@touch $@
