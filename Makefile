# Everything a newcomer needs: `make demo` and `make test` set up what they use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/made-from-lock
SOURCES := pulumi_nbcloud tests examples benchmarks scripts/pulumi-cli scripts/demo scripts/reference scripts/test-versions

.PHONY: demo test unit engine versions lint format reference bench soak lock clean
.DELETE_ON_ERROR:

demo: $(READY)
	@cli="$$(scripts/pulumi-cli)" && PATH="$(CURDIR)/$(BIN):$$cli:$$PATH" $(BIN)/python scripts/demo

# Two at a time, the output of each whole when it ends: much of what they do is waiting.
test: lint
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target unit engine versions

unit: $(READY)
	$(BIN)/python -m pytest --ignore=tests/engine

engine: $(READY)
	@scripts/pulumi-cli > /dev/null
	$(BIN)/python -m pytest tests/engine

versions: $(READY)
	@$(BIN)/python scripts/test-versions

lint: $(READY)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	@for version in 3.10 3.11 3.12 3.13 3.14; do echo "pyright, Python $$version" && $(BIN)/pyright --pythonversion $$version || exit 1; done
	$(BIN)/vermin --quiet --no-tips --eval-annotations --violations -t=3.10- pulumi_nbcloud

format: $(READY)
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

# docs/reference/, from the code; a test fails where it is stale.
reference: $(READY)
	$(BIN)/python scripts/reference

bench: $(READY)
	$(BIN)/python benchmarks/imports.py
	$(BIN)/python benchmarks/lists.py
	$(BIN)/python benchmarks/parsing.py
	$(BIN)/python benchmarks/sleep_loops.py
	$(BIN)/python benchmarks/lookups.py
	@scripts/pulumi-cli > /dev/null
	$(BIN)/python benchmarks/noop.py
	$(BIN)/python benchmarks/gates.py

# Five minutes, and the fuzz with more examples; make soak SECONDS=3600 SEED=2 for longer, or another.
SECONDS ?= 300
SEED ?= 1
soak: $(READY)
	$(BIN)/python tests/soak/soak.py --seconds $(SECONDS) --seed $(SEED)
	NBCLOUD_FUZZ_EXAMPLES=1000 $(BIN)/python -m pytest -q tests/faults/test_fault_fuzz.py

# Made anew when the lock file or the project's own metadata changes.
$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "error: Python 3.10 or newer is needed"; echo "hint: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' || { echo "error: this Python cannot make virtual environments"; echo "hint: on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lock: $(READY)
	$(BIN)/uv pip compile -q pyproject.toml --extra dev --universal --python-version 3.10 --generate-hashes --no-annotate --no-header -o requirements-dev.lock
	$(BIN)/uv pip compile -q pyproject.toml --extra dev --resolution lowest-direct --python-version 3.10 --python-platform linux --generate-hashes --no-annotate --no-header -o requirements-oldest.lock

clean:
	rm -rf $(VENV) .venv-* .demo build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
