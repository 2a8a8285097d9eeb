# Compiled modules are kept even where the environment says not to: tests start thousands of processes.
unexport PYTHONDONTWRITEBYTECODE

# Everything a newcomer needs: `make demo` and `make test` set up what they use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/made-from-lock
SOURCES := pulumi_nbcloud tests examples benchmarks plugin scripts/archive scripts/pulumi-cli scripts/acceptance scripts/acceptance_suite scripts/demo scripts/docs scripts/freeze scripts/generate scripts/go_programs.py scripts/image scripts/locked_environment.py scripts/option_signatures.py scripts/project_home.py scripts/python_source.py scripts/reference scripts/reference_pages scripts/release-archive scripts/release-check scripts/release_sbom.py scripts/runtime_licences.py scripts/sdks scripts/shown-programs scripts/site_check.py scripts/site_console.py scripts/site_markdown.py scripts/site_pages.py scripts/stress scripts/test scripts/test-versions scripts/test-wheel hatch_build.py

.PHONY: environment check-python demo test extended acceptance unit engine coverage versions lint pyright format generate reference pictures docs docs-serve bench stress soak lock release-check archive image clean
.DELETE_ON_ERROR:

demo: $(READY)
	@cli="$$(scripts/pulumi-cli)" && PATH="$(CURDIR)/$(BIN):$$cli:$$PATH" $(BIN)/python scripts/demo

# Lint, unit, engine and the quick part of the oldest Python side by side; a table of times at the end.
test: check-python
	@$(PYTHON) scripts/test

# Packaging, benchmarks, every Python that there is, and what needs more than Python and the engine.
extended: check-python
	@$(PYTHON) scripts/test extended

# The behaviours of the clouds, against the mock; CLOUD=modelarts for one of them. REAL=1 reads that cloud itself as well,
# once you have typed the account back at a terminal: docs/project/acceptance.md.
acceptance: $(READY)
	@$(BIN)/python scripts/acceptance $(CLOUD) $(if $(filter 1,$(REAL)),--real) $(if $(OUT),--out $(OUT))

# The parts of `make test`, one at a time.
unit: check-python
	@$(PYTHON) scripts/test --only environment,unit

engine: check-python
	@$(PYTHON) scripts/test --only environment,"pulumi cli",engine

# Branch coverage, held at 95 %; processes that tests start are measured too. Twice as slow as the tests without it.
coverage: $(READY)
	$(BIN)/python -m pytest -q -n 2 --cov --cov-report=term tests --ignore=tests/engine --ignore=tests/soak --ignore=tests/vendor_cli --ignore=tests/vendor_callers --ignore=tests/languages --ignore=tests/browser --ignore=tests/archive --ignore=tests/test_benchmarks.py --ignore=tests/test_packaging.py

versions: $(READY)
	@$(BIN)/python scripts/test-versions

# What users see of the types, for the oldest and the newest Python: what differs between them differs at the ends. mypy
# checks everything, and in `make extended` pyright does too.
PYRIGHT = @for version in 3.10 3.14; do echo "pyright, Python $$version" && $(BIN)/pyright --pythonversion $$version
lint: $(READY)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/mypy $(patsubst tests/%/conftest.py,-m %.conftest,$(wildcard tests/*/conftest.py))
	$(PYRIGHT) $(filter-out %/_version.py,$(wildcard pulumi_nbcloud/*.py)) examples || exit 1; done
	$(BIN)/vermin --quiet --no-tips --eval-annotations --violations -t=3.10- pulumi_nbcloud

pyright: $(READY)
	$(PYRIGHT) || exit 1; done

format: $(READY)
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

# What is derived from the declarations of kinds and options: the typed modules, the signatures of Gate and wait_before,
# docs/reference/ and the programs on docs/guides/languages.md. Tests fail where they are stale.
generate: $(READY)
	$(BIN)/python scripts/generate
	$(BIN)/python scripts/reference
	$(BIN)/python scripts/shown-programs

# docs/reference/, from the code, and the programs on docs/guides/languages.md, from examples/languages; a test fails where one is stale.
reference: $(READY)
	$(BIN)/python scripts/reference
	$(BIN)/python scripts/shown-programs

# tests/pictures/, what a person sees, and the recordings in docs/pictures/; git shows what has changed. Those of the engine
# only with the CLI of scripts/pulumi-cli.
pictures: $(READY)
	@scripts/pulumi-cli > /dev/null
	NBCLOUD_PICTURES=remake $(BIN)/python -m pytest -q -p no:cacheprovider -n 2 $(wildcard tests/*/test_*_pictures.py tests/*/test_*_recordings.py)
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/test_pictures.py tests/test_recordings.py

# The site of the documentation into .cache/site/site; strict: no broken link, no page outside docs/nav.yml.
docs: $(READY)
	@$(BIN)/python scripts/docs build $(if $(URL),--url $(URL))

# The same on http://127.0.0.1:8000, built again when a page changes; make docs-serve PORT=8001 for another port.
PORT ?= 8000
docs-serve: $(READY)
	@$(BIN)/python scripts/docs serve --port $(PORT)

bench: $(READY)
	$(BIN)/python benchmarks/imports.py
	$(BIN)/python benchmarks/start.py
	$(BIN)/python benchmarks/lists.py
	$(BIN)/python benchmarks/parsing.py
	$(BIN)/python benchmarks/sleep_loops.py
	$(BIN)/python benchmarks/lookups.py
	$(BIN)/python benchmarks/serve.py
	@scripts/pulumi-cli > /dev/null
	$(BIN)/python benchmarks/noop.py
	$(BIN)/python benchmarks/gates.py
	$(BIN)/python benchmarks/native.py

# Five minutes, the fuzz and the properties with all of their examples, and the slow tests on the other Pythons; make soak SECONDS=3600 SEED=2 for longer, or another.
SECONDS ?= 300
SEED ?= 1
soak: $(READY)
	$(BIN)/python tests/soak/soak.py --seconds $(SECONDS) --seed $(SEED)
	NBCLOUD_FUZZ_EXAMPLES=1000 $(BIN)/python -m pytest -q tests/faults/test_fault_fuzz.py
	NBCLOUD_EXAMPLES=many $(BIN)/python -m pytest -q tests/clouds tests/condition tests/mock tests/waiting
	$(BIN)/python scripts/test-versions --slow

# Goes on where it stopped; make stress RUNS=3 for fewer, FRESH=--fresh from the start, LOAD=idle or LOAD=busy for one.
RUNS ?= 10
JOBS ?= 4
stress: $(READY)
	@scripts/pulumi-cli > /dev/null
	$(BIN)/python scripts/stress --runs $(RUNS) --jobs $(JOBS) $(FRESH) $(if $(LOAD),--load $(LOAD))

environment: $(READY)

check-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "error: Python 3.10 or newer is needed"; echo "hint: make PYTHON=python3.12 ..."; exit 1; }

# Made again when the lock file or the project's own metadata changes. uv comes first, as the lock file says; it then
# installs the rest in seconds.
$(READY): requirements-dev.lock pyproject.toml | check-python
	@$(PYTHON) -c 'import venv, ensurepip' || { echo "error: this Python cannot make virtual environments"; echo "hint: on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@awk '/^[^ ]/ { uv = /^uv==/ } uv' requirements-dev.lock > $(VENV)/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

# What is locked stays as it is, but for what has to change; to take newer versions, delete a lock file first.
COMPILE = $(BIN)/uv pip compile -q pyproject.toml --python-version 3.10 --generate-hashes --no-annotate --no-header
lock: $(READY)
	$(COMPILE) --all-extras --group dev --universal -o requirements-dev.lock
	$(BIN)/uv pip compile -q pyproject.toml --python-version 3.10 --generate-hashes --no-header --all-extras --universal -c requirements-dev.lock -o requirements-runtime.lock
	$(COMPILE) --extra mock --extra serve --group test --universal -c requirements-dev.lock -o requirements-test.lock
	$(COMPILE) --extra mock --extra serve --group test --resolution lowest-direct --python-platform linux -o requirements-oldest.lock
	$(BIN)/uv pip compile -q --group oci-cli --python-version 3.10 --generate-hashes --no-annotate --no-header --universal -o requirements-oci-cli.lock
	$(BIN)/uv pip compile -q --group airflow --python-version 3.11 --generate-hashes --no-annotate --no-header --universal -o requirements-airflow.lock
	$(BIN)/uv pip compile -q --group kubernetes --python-version 3.10 --generate-hashes --no-annotate --no-header --universal -c requirements-dev.lock -o requirements-kubernetes.lock
	$(COMPILE) --extra serve --group archive --universal -c requirements-dev.lock -o requirements-archive.lock
	$(BIN)/uv pip compile -q --group docs --python-version 3.11 --generate-hashes --no-annotate --no-header --universal -o requirements-docs.lock

# What a release would upload, into dist/, dist-plugin/ and dist-sbom/, and all that keeps it from being one; make release-check TAG=v0.1.0 for that tag.
release-check: $(READY)
	@rm -rf dist dist-plugin dist-sbom
	@$(BIN)/python scripts/release-check $(if $(TAG),--tag $(TAG))

# The command as a self-contained archive for this system, into dist-archive/.
archive: $(READY)
	@$(BIN)/python scripts/archive

# A container image of that archive, into dist-image/; on Debian or Ubuntu, as root, with buildah.
image: archive
	@$(BIN)/python scripts/image build

clean:
	rm -rf $(VENV) .venv-* .demo .cache/site build dist dist-archive dist-image dist-plugin dist-sbom .mypy_cache .pytest_cache .ruff_cache .hypothesis
