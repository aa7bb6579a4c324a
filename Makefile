# `make` alone lists what there is. Every target installs what it needs into .venv first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RUN    := $(VENV)/.runtime
DEV    := $(VENV)/.dev
# One more than there are cores: some tests wait, for a lease to end or a process to start.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Where it is set, each of the hundreds of processes that the tests start would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help bench bench-ci bench-seed model demo test test-deploy chaos check fix mutants docs fuzz lock clean chromium test-browser test-interop screenshots

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(VENV)/pyvenv.cfg:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)

$(RUN): $(VENV)/pyvenv.cfg requirements.lock pyproject.toml
	$(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): $(RUN) requirements-dev.lock
	$(BIN)/python -m pip install -q --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(RUN) ## the whole system on this machine: adapter, fake prison system, mail sink
	$(BIN)/visits-adapter demo $(ARGS)

test: $(DEV) ## every test that needs neither a browser nor another language, on SQLite and PostgreSQL
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not browser and not interop and not soak and not deploy" $(ARGS)

PROMETHEUS ?= $(or $(shell command -v prometheus),$(VENV)/prometheus/usr/bin/prometheus)
PROMTOOL   ?= $(dir $(PROMETHEUS))promtool

# Debian's own package, unpacked beside everything else: nothing is installed, and no server started.
$(VENV)/prometheus/usr/bin/prometheus: $(VENV)/pyvenv.cfg
	mkdir -p $(VENV)/prometheus
	[ "$$(id -u)" != 0 ] || apt-get update -q
	cd $(VENV)/prometheus && apt-get download -q prometheus && dpkg -x prometheus_*.deb . && rm prometheus_*.deb
	@touch $@

test-deploy: $(DEV) $(PROMETHEUS) ## the Dockerfile's steps in plain folders; the runbook step by step, watched by a real Prometheus
	PROMETHEUS=$(abspath $(PROMETHEUS)) PROMTOOL=$(abspath $(PROMTOOL)) $(BIN)/python -m pytest -n 0 -m deploy tests/operate tests/drill $(ARGS)

check: $(DEV) ## lint, formatting, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(DEV) ## format and repair what lint can repair
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

mutants: $(DEV) ## small breaks of the booking rules, and how many of them the tests notice (slow)
	nice $(BIN)/mutmut run --max-children 2
	$(BIN)/mutmut export-cicd-stats
	@cat mutants/mutmut-cicd-stats.json

docs: $(DEV) ## make the generated parts of docs/ anew
	$(BIN)/python docs/generate.py

lock: $(DEV) ## resolve the dependencies afresh into the two lock files
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile -q --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --group build -o requirements.lock
	$(BIN)/uv pip compile -q --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock

tests/interop/node_modules: tests/interop/package-lock.json
	cd tests/interop && npm ci --no-audit --no-fund --silent
	@touch $@

test-interop: $(DEV) tests/interop/node_modules ## our SOAP against another implementation's (needs Node 20 and npm)
	$(BIN)/python -m pytest -n 0 -m interop tests/interop $(ARGS)

model: $(DEV) ## the saga against random faults on a virtual clock (SEEDS=, STEPS=, FROM=); BREAKS=1: the deliberate breaks
	EVERY_POINT=1 $(BIN)/python -m pytest tests/model -n $(WORKERS) --timeout 3600 $(if $(BREAKS),-m soak -s -n 0,-m "not soak") $(ARGS)

bench: $(DEV) ## every figure of docs/performance.md, by turns against the floor (under 5 minutes; leave the machine alone)
	$(BIN)/python -m benchmarks

bench-ci: $(DEV) ## a part of each in about a minute; writes nothing
	$(BIN)/python -m benchmarks --quick

bench-seed: $(DEV) ## stores of up to a million visits (or SIZE=) in var/bench, which `make bench` uses if they are there
	$(BIN)/python -m benchmarks.seeding $(SIZE)

chaos: $(DEV) ## the real processes, killed and cut off at random, and their books compared (REQUESTS=, SEED=, TRANSPORT=, STORE=, FIND_BY_REF=, CHAOS_BREAK=)
	REQUESTS=$(REQUESTS) SEED=$(SEED) TRANSPORT=$(TRANSPORT) STORE=$(STORE) FIND_BY_REF=$(FIND_BY_REF) CHAOS_BREAK=$(CHAOS_BREAK) $(BIN)/python -m tests.chaos

fuzz: $(DEV) ## thousands of damaged replies of the prison system (MUTATIONS=, SEED=), 2,000 cases against our own API
	$(BIN)/python -m pytest -n 0 -m soak tests/nomis tests/soap tests/http $(ARGS)

CHROMIUM ?= $(shell command -v chromium)

# Debian's own package: `make test-browser` and `make screenshots` drive it; nothing else needs it.
chromium:
ifeq ($(CHROMIUM),)
	@[ "$$(id -u)" = 0 ] || { echo "Chromium is missing. Install it (apt-get install chromium), or name one: make $(MAKECMDGOALS) CHROMIUM=/path/to/chromium"; exit 1; }
	apt-get update -q && apt-get install -y -q --no-install-recommends chromium fonts-liberation
endif

test-browser: chromium $(DEV) ## the console and the staff pages in a real browser, with accessibility checks (installs Chromium as root)
	CHROMIUM=$(CHROMIUM) $(BIN)/python -m pytest -n 0 -m browser tests/browser $(ARGS)

screenshots: chromium $(DEV) ## pictures of the console and of every staff page in docs/images
	CHROMIUM=$(CHROMIUM) SHOTS=docs/images $(BIN)/python -m pytest -q -n 0 -p no:randomly -m browser tests/browser

clean: ## remove the virtual environment and what the service wrote
	rm -rf $(VENV) var
