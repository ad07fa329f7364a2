# Streamgauge. Needs make and Python 3.11 or newer; everything else is installed into .venv.
#   make demo ARGS="--port 5007"      arguments for the demo
#   make test ARGS="-k decoder"       arguments for pytest
#   make test JOBS=2                  as many workers (0: one test after another, in one process, for a debugger)
#   make ledger SEED=7                the same ledger again; make fuzz SEED=7 the same
#   make test VENV=.venv-313 PYTHON=python3.13

VENV ?= .venv
ARGS ?=
JOBS ?= 3
SEED ?=
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed-run
TEST_STAMP := $(VENV)/.installed-test
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt
HAS_PIP := $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null

# The first interpreter that really runs, is new enough and can make environments. A version manager's shim that only
# prints "command not found" is passed over.
FITS := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	if $$p -c '$(FITS)' >/dev/null 2>&1; then echo $$p; break; fi; done)

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench bench-peers ledger fuzz wall steps soak clean
.NOTPARALLEL:

help:
	@echo "make demo    start the stub (8004) and the dashboard (5006); Ctrl-C stops both"
	@echo "make test    set up and run every test"
	@echo "make lint    ruff, mypy --strict, import contracts"
	@echo "make bench   CPU, loop lag and memory, measured against an ordinary client in one run"
	@echo "make bench-peers  the same answer on this page and on others', in Chromium; environments of their own by uv in .peers"
	@echo "make ledger  every class of fault, chunk by chunk, from a seed: make ledger SEED=…"
	@echo "make fuzz    every property with twenty times the examples, from a seed: make fuzz SEED=…"
	@echo "make wall    a wall in a real Chromium, twenty outages in a row: it comes back from each"
	@echo "make steps   docs/operations.md command by command, with a real Prometheus and Alertmanager"
	@echo "make soak    1,000 pages come and go over real websockets: what do they leave? ARGS=200 for fewer"
	@echo "make clean   remove the virtual environments and caches"

demo: $(RUN_STAMP)
	@exec $(BIN)/streamgauge demo $(ARGS)

test: $(TEST_STAMP)
	@exec $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(TEST_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict dashboard orchestrator_stub deploy
	$(BIN)/lint-imports --no-logo --no-cache

bench: $(TEST_STAMP)
	@failed=0; for file in tests/benchmarks/[a-z]*.py; do \
		$(BIN)/python -m tests.benchmarks.$$(basename $$file .py) $(ARGS) || failed=1; done; exit $$failed

bench-peers: $(TEST_STAMP)
	@exec $(BIN)/python -m tests.benchmarks.peers $(ARGS)

ledger: $(TEST_STAMP)
	@exec $(BIN)/python -m tests.ledger --seed "$(SEED)" $(ARGS)

fuzz: $(TEST_STAMP)
	@exec $(BIN)/python -m tests.fuzz --seed "$(SEED)" $(ARGS)

wall: $(TEST_STAMP)
	OUTAGES=20 $(BIN)/python -m pytest -n 0 -s tests/browser/test_fleet.py -k wall_survives $(ARGS)

steps: $(TEST_STAMP)
	STEPS=1 $(BIN)/python -m pytest -n 0 tests/deploy/test_steps.py $(ARGS)

soak: $(TEST_STAMP)
	@exec $(BIN)/python -m tests.soak.pages $(ARGS)

clean:
	rm -rf .venv .venv-* build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find dashboard orchestrator_stub tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN_STAMP): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing Streamgauge into $(VENV) …"
	@$(HAS_PIP)
	@$(PIP) -e .
	@touch $@

$(TEST_STAMP): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing Streamgauge and its test tools into $(VENV) …"
	@$(HAS_PIP)
	@$(PIP) -e '.[test]'
	@touch $(RUN_STAMP) $@

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Streamgauge needs Python 3.11 or newer with the venv module (Debian: apt-get install python3-venv)." >&2; \
		echo "Found none as python3.13, python3.12, python3.11 or python3; name one: make PYTHON=/path/to/python" >&2; \
		exit 1; fi
	@rm -f $(BIN)/python* $(RUN_STAMP) $(TEST_STAMP)
	$(PYTHON) -m venv $(VENV)
