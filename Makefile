# One command for the laptop and for CI. `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# What runs and is tested starts hundreds of processes: each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet

# The first Python of this machine that is new enough, and rather one that was built with profile-guided optimisation, as
# those of distributions are: without it everything takes a quarter more processor time (docs/speed.md).
# `make PYTHON=/path/to/python run` names another.
PYTHONS := python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11
NEW_ENOUGH := import sys; sys.version_info >= (3, 11) or sys.exit(1)
OPTIMISED := $(NEW_ENOUGH); import ensurepip, sysconfig; \
	sys.exit(sys.base_prefix != "/usr" and "--enable-optimizations" not in str(sysconfig.get_config_var("CONFIG_ARGS")))
PYTHON ?= $(shell for wanted in '$(OPTIMISED)' '$(NEW_ENOUGH)'; do for each in $(PYTHONS); do \
	"$$each" -c "$$wanted" >/dev/null 2>&1 && echo "$$each" && break 2; done; done)

# Said before anything is tried: what follows would fail for each of thousands of files.
WRITABLE = for each in . $(wildcard $(VENV)); do [ -w "$$each" ] || { \
	echo "$(CURDIR): $$(id -un) may not write here, and $(VENV) has to be made or renewed; run this as its owner, or in a copy" >&2; \
	exit 1; }; done

.PHONY: help run stop status venv test endurance outages lint bench lock chromium clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.run ## start Chorus and print its address; again: say that it runs
	@$(BIN)/chorus start

stop: ## end everything that `make run` started
	@if [ -x $(BIN)/chorus ]; then $(BIN)/chorus kill; else echo "nothing runs"; fi

status: $(VENV)/.run ## show what runs
	@$(BIN)/chorus status || [ $$? = 3 ] # nothing runs: said, and no failure of make

venv: $(VENV)/.run ## install what running needs into .venv

# Many tests wait while they do not compute, so five processes share two cores; of those marked `alone` two run at a time, afterwards.
test: $(VENV)/.dev chromium lint ## check everything: style, types, all tests; or some: make test ARGS="-k window"
ifdef ARGS
	@$(BIN)/python -m pytest $(ARGS)
else
	@$(BIN)/python -m pytest -n 5 --dist worksteal -m "not alone"
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m alone $$(grep -rl 'pytest\.mark\.alone' tests --include='test_*.py')
endif

endurance: $(VENV)/.dev ## a thousand starts and stops; 20 reloads and kills under load; 1,000 WebSockets moved; 1 GB sent (minutes)
	@CHORUS_TEST_CYCLES=1000 $(BIN)/python -m pytest tests/processes/test_rows_endurance.py -k leaks --timeout 3600
	@CHORUS_TEST_RELOADS=20 $(BIN)/python -m pytest tests/processes/test_rows_under_load.py tests/processes/test_servers.py --timeout 3600
	@CHORUS_TEST_RELOADS=20 CHORUS_TEST_SOCKETS=1000 CHORUS_TEST_LONG_LIVED=2000 \
		$(BIN)/python -m pytest tests/processes/test_rows_hand_over.py --timeout 3600
	@CHORUS_TEST_MEGABYTES=1000 $(BIN)/python -m pytest tests/realtime/test_slow_consumers.py --timeout 3600

.PHONY: schemathesis
schemathesis: $(VENV)/.dev ## ask the API for what its document allows, and for what it does not: EXAMPLES=100 for each operation
	@CHORUS_TEST_EXAMPLES=$(or $(EXAMPLES),100) $(BIN)/python -m pytest tests/chat/http/test_schemathesis.py --timeout 3600

outages: $(VENV)/.dev ## take Redis away for 2, 4 and 15 s under load, and look at what everybody saw
	@for seconds in 2 4 15; do \
		CHORUS_TEST_REDIS_AWAY=$$seconds $(BIN)/python -m pytest tests/realtime/server/test_durable_instances.py -k killed; \
	done

.PHONY: chaos
chaos: $(VENV)/.dev ## kill everything under load for three minutes, and prove that nothing got lost: make chaos ARGS="--seconds 60"
	@$(BIN)/chorus chaos $(ARGS)

lint: $(VENV)/.dev ## check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright

bench: $(VENV)/.dev ## compare with other stacks, side by side in one run
	@$(BIN)/python -m bench $(ARGS)

.PHONY: conformance-server
conformance-server: $(VENV)/.run ## serve what the protocol suites expect: make conformance-server PORT=3000
	@$(BIN)/python tests/conformance/server.py $(or $(PORT),3000)

.PHONY: fuzz
fuzz: $(VENV)/.dev ## search for bytes that a parser fails on: make fuzz SECONDS=600 for each of them
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(PIP) install atheris
	@$(BIN)/python tests/fuzz/search.py $(or $(SECONDS),60) $(ARGS)

.PHONY: pictures
pictures: $(VENV)/.dev chromium ## take the pictures of the docs anew, of a chat that chorus demo filled (minutes)
	@CHORUS_TEST_PICTURES=docs $(BIN)/python -m pytest tests/browser/test_pictures.py --timeout 1200

.PHONY: reference
reference: $(VENV)/.dev ## write docs/realtime/api.md and docs/events.md from the source
	@PYTHONPATH=src $(BIN)/python tests/docs/realtime_reference.py > docs/realtime/api.md
	@$(BIN)/python -m chorus.chat.live.reference > docs/events.md

lock: $(VENV)/.dev ## pin the requirements anew, after a change of pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --group build pyproject.toml -o requirements/run.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --group dev -c requirements/run.txt pyproject.toml -o requirements/dev.txt

BROWSERS := chromium-headless-shell chromium chromium-browser google-chrome

chromium: # the browser of the tests, where it may be installed; the first of these takes half the time of the others
	@command -v $(firstword $(BROWSERS)) >/dev/null && exit 0; \
	become=""; [ "$$(id -u)" = 0 ] || become="sudo -n"; \
	get() { $$become env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$$1" >/dev/null 2>&1; }; \
	if command -v apt-get >/dev/null && $$become true 2>/dev/null; then \
		echo "installing Chromium through apt"; \
		$$become apt-get update -qq || true; \
		get $(firstword $(BROWSERS)) || command -v $(BROWSERS) >/dev/null || get chromium || true; \
	fi; \
	command -v $(BROWSERS) >/dev/null || echo "there is no Chromium, and apt may not install it: the browser tests will fail"

clean: ## remove .venv and what tests and builds left
	@rm -rf $(VENV) build dist artefacts .hypothesis .ruff_cache .pytest_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(WRITABLE)
	@[ -n "$(PYTHON)" ] || { echo "found no Python of version 3.11 or later; name one: make PYTHON=/path/to/python run" >&2; exit 1; }
	@echo "making $(VENV) with $$($(PYTHON) --version), $$(command -v $(PYTHON))"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "this Python cannot make a venv; on Debian: apt install python3-venv" >&2; exit 1; }

$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	@$(WRITABLE)
	@echo "installing what Chorus needs into $(VENV)"
	@$(PIP) install --no-compile --require-hashes -r requirements/run.txt # all of it takes a third of the time; little is used
	@$(PIP) install --no-deps --no-build-isolation -e .
	@$(BIN)/python -c 'import chorus.entry.server' # compiles what workers import once, not in each of them at the same time
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@echo "installing what the tests need into $(VENV)"
	@$(PIP) install --no-compile --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m compileall -q src
	@$(BIN)/python -m pytest --collect-only >/dev/null # compiles the tests once, not in each of several processes at the same time
	@touch $@
