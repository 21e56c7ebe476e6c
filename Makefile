# The door. Needs python3 (3.11 or newer) and make; everything else is fetched into .venv/ and a cache folder.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
ON_POSTGRES_18 := $(addprefix tests/component/test_,intake.py casework.py referrals.py reporting_figures.py)
COMPILE := $(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate pyproject.toml
IMAGE := $(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.13 --no-header --no-annotate

# Dozens of processes are started: none compiles again what another has read. __pycache__/ is ignored by git.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-containers chaos bench check fmt setup requirements clean

demo: setup ## the city's year, on real Kafka and PostgreSQL
	$(BIN)/lotse demo

# By file: a module's tests share what it started (pytest 9.2 takes no notice of xdist_group). In their order: the short
# unit tests come last, so that no worker waits for the other's long one.
test: check ## everything that must hold before a change is merged
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-containers: setup ## docker-compose.yml, the images and postgres:18; needs Docker with compose v2
	@docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1 || \
		{ echo "The container tests need a running Docker engine with compose v2, and 'docker info' or 'docker compose version' failed."; exit 1; }
	$(BIN)/pytest tests/containers
	$(BIN)/pytest --postgres-image postgres:18 $(ON_POSTGRES_18)

chaos: setup ## faults against a living city, each followed by a check of everything: build/chaos.json
	$(BIN)/python -m tests.chaos

bench: setup ## what Lotse costs beside what could be written by hand or taken from a library; ONLY="hop relay" of it
	$(BIN)/python -m tests.bench $(if $(ONLY),--only $(ONLY))

check: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/python -m contracts.generate --check

fmt: setup
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

setup: $(VENV)/.installed

$(VENV)/.bootstrapped: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Lotse needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Run: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "$(PYTHON) cannot create a virtual environment: it has no venv or ensurepip. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@rm -f $(VENV)/.installed
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/bootstrap.txt
	@touch $@

$(VENV)/.installed: $(VENV)/.bootstrapped requirements/dev.txt pyproject.toml
	$(BIN)/uv pip sync -q --compile-bytecode --python $(BIN)/python --require-hashes requirements/dev.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --offline --no-deps --no-build-isolation -e .
	@touch $@

requirements: $(VENV)/.bootstrapped ## pin again what pyproject.toml asks for
	$(COMPILE) -U -o requirements/run.txt
	$(COMPILE) -U --group dev -o requirements/dev.txt -c requirements/run.txt
	for image in service operator; do $(IMAGE) requirements/$$image.in -c requirements/run.txt -o requirements/$$image.txt; done
	$(BIN)/uv pip compile -q -U --universal --generate-hashes --python-version 3.11 --no-header --no-annotate --group bootstrap -o requirements/bootstrap.txt
	$(BIN)/uv pip compile -q -U --universal --generate-hashes --python-version 3.11 --no-header --no-annotate requirements/bench.in -o requirements/bench.txt

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
