# make demo: fresh machine to the first result. make test: fresh machine to green tests. python3 with venv is all they need.
PYTHON ?= python3
BIN := .venv/bin
# One thread per process: the tests run in two processes, and a second BLAS thread would only wait.
export OPENBLAS_NUM_THREADS := 1
LOCK_OPTIONS := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

.PHONY: demo serve test test-long bench cluster worker lint picture lock clean

demo: .venv/ready
	@mkdir -p out
	$(BIN)/intrathecal simulate examples/failed-back.toml --json out/failed-back.json --data out/failed-back.nc \
		--report out/failed-back.html

# The clinic's workstation with invented patients, in out/clinic, until Ctrl-C.
serve: .venv/ready
	$(BIN)/intrathecal serve --demo

test: .venv/ready-dev lint
	$(BIN)/pytest -n 2 --dist worksteal --ignore=tests/long

# What a database can do otherwise is tried on PostgreSQL too; without one the second run says so. All of tests/workstation can be
# run like this, in some minutes.
ON_BOTH := api audit keeping asking board implant

test-long: .venv/ready-dev
	$(BIN)/pytest -n 2 --timeout=900 tests/long
	INTRATHECAL_TEST_DATABASE=postgresql INTRATHECAL_CALLS=15 $(BIN)/pytest -n 2 -m "not browser" $(ON_BOTH:%=tests/workstation/test_%.py)

# This program beside its peers on the same equations; bench/results has the tables. About ten minutes.
bench: .venv/ready-dev
	$(BIN)/python -m bench

# A Dask cluster on this machine until Ctrl-C: a scheduler, and one worker of one thread per core. `make cluster HOST=10.0.0.5`
# listens to other machines too; there, `make worker HOST=10.0.0.5` adds their cores.
HOST ?= 127.0.0.1
PORT ?= 8786
WORKERS ?= $(shell nproc)

cluster: .venv/ready
	@echo "Add to a command: --cluster tcp://$(HOST):$(PORT)"
	@$(BIN)/dask scheduler --host $(HOST) --port $(PORT) --no-dashboard & scheduler=$$!; \
		trap "kill $$scheduler 2>/dev/null" EXIT; trap exit INT TERM; $(MAKE) --no-print-directory worker

worker: .venv/ready
	@$(BIN)/dask worker tcp://$(HOST):$(PORT) --nworkers $(WORKERS) --nthreads 1 --no-dashboard

lint: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.venv/bin/python:
	$(PYTHON) -m venv .venv

# The locks are whole, so nothing is left to resolve: a resolver may want a newer release for an extra of a pinned package.
.venv/ready: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/ready-dev: requirements-dev.lock .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

# The picture of the README, taken from the demonstration's report; it needs Chromium.
picture: .venv/ready-dev
	$(BIN)/python docs/images/picture.py

# Pins move only when this is run.
lock: .venv/ready-dev
	$(BIN)/uv pip compile pyproject.toml --group build $(LOCK_OPTIONS) -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev -c requirements.lock $(LOCK_OPTIONS) -o requirements-dev.lock

clean:
	rm -rf .venv out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
