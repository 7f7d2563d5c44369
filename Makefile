# `make help` lists the goals.
PYTHON ?= python3
TARGET ?= reference
N      ?= 50

VENV := .venv
BIN  := $(VENV)/bin
KIT  := $(BIN)/antigravity-conformance
DONE := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup conformance test test-all test-fast lint types check corpus vectors behaviours recordings npm docs site dist evidence gallery mutation subtle repeat soak lab bench clean

help: ## list the goals
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(DONE) ## install into .venv (every other goal does so first)

$(DONE): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 ..."; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "$(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv"; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,docs,plots]'
	$(BIN)/python -m compileall -q conformance reference_impl tests tools || true  # targets are started with -B, and often
	@touch $@

conformance: $(DONE) ## judge TARGET (reference, npm:NAME@VERSION, ...)
	@$(KIT) run $(TARGET)

test: $(DONE) ## run the tests, but of long tables a sample (without Node, those that need it are "not run")
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not exhaustive" $(ARGS)

test-all: $(DONE) ## run all tests (about 40 minutes)
	$(BIN)/python -m pytest -n 2 $(ARGS)

test-fast: $(DONE) ## run the unit tests, but of long tables a sample: no Node
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not exhaustive" tests/unit $(ARGS)

lint: $(DONE) ## check lint, format and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache --no-logo

types: $(DONE) ## check types with mypy, strict
	$(BIN)/mypy

check: test-all lint types ## run tests, lint and types

corpus: $(DONE) ## draw the stored examples of the property cases again
	$(BIN)/python -m conformance.cases.properties

vectors: $(DONE) ## complete new vectors from the reference, and format all
	$(KIT) vectors write

behaviours: $(DONE) ## measure which rules each mutant, quirk and subtle port fails (some minutes)
	$(BIN)/python -m tools.behaviours

recordings: $(DONE) ## store what each release answers (tags: CHECKOUTS="1.5.5=PATH ...")
	$(BIN)/python -m tools.recordings $(ARGS) $(CHECKOUTS)

npm: $(DONE) ## pack the npm package of the vectors into dist/ (publishes nothing)
	$(BIN)/python -m tools.npm_package

docs: $(DONE) ## write the pages that come from data
	$(BIN)/python -m conformance.cases.index
	$(BIN)/python -m conformance.wire.schema
	$(BIN)/python -m conformance.wire.page
	$(BIN)/python -m conformance.requirements.page
	$(BIN)/python -m conformance.requirements.errata
	$(BIN)/python -m conformance.vectors.page
	$(BIN)/python -m tools.report_docs
	$(BIN)/python -m tools.releases_page
	$(BIN)/python -m tools.races_page
	$(BIN)/python -m tools.survey_page
	$(BIN)/python -m tools.config_docs
	$(BIN)/python -m tools.value_coverage
	$(BIN)/python -m tools.readme
	$(BIN)/python -m tools.evidence
	$(BIN)/python -m tools.gallery
	$(BIN)/python -m tools.subtle_ports
	$(BIN)/python -m tools.mutate_plugin
	$(BIN)/python -m tools.lab page

site: $(DONE) ## build the site from the pages, into build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

dist: $(DONE) ## build what a release has: packages and checksums, into dist
	$(BIN)/python -m tools.dist

evidence: $(DONE) ## measure PIDs on this machine (about ten minutes)
	$(BIN)/python -m tools.evidence measure

gallery: $(DONE) ## judge every adapter that misbehaves, and store what each shows (about half an hour)
	$(BIN)/python -m tools.gallery measure $(ARGS)

subtle: $(DONE) ## measure which ports with one subtle fault `run` and `fuzz` find (about half an hour)
	$(BIN)/python -m tools.subtle_ports measure $(ARGS)

mutation: $(DONE) ## judge every mutant of CHECKOUT, a checkout of the plugin (about an hour; continues an earlier run)
	$(BIN)/python -m tools.mutate_plugin $(CHECKOUT) $(ARGS)

repeat: $(DONE) ## judge TARGET N (50) times on a busy machine and compare the verdicts
	$(BIN)/python -m tools.repeat $(N) $(TARGET) $(ARGS)

soak: $(DONE) ## send a million generated calls to each release (tags: CHECKOUTS="1.5.5=PATH ...")
	$(BIN)/python -m tools.soak $(ARGS) $(CHECKOUTS)

lab: $(DONE) ## decide by simulation whether the advice about settings holds (some minutes; continues an earlier run)
	$(BIN)/python -m tools.lab $(ARGS)

bench: $(DONE) ## measure the cost of judging 64 processes, of the search, and of opening the pages
	$(BIN)/python -m tools.bench_processes
	$(BIN)/python -m tools.bench_search
	$(BIN)/python -m tools.bench_pages

clean: ## remove what was installed and cached here
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache build dist
