# Every command of the project. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help

PYTHON ?= python3.11
PRESET ?= wegen-tiny
# `make demo BUILD_FLAGS=--random` makes do without trained weights.
BUILD_FLAGS ?=
PROMPT ?= a red circle on a blue background
PICTURES ?= pictures/

BIN := .venv/bin
STACK := $(BIN)/python -m deploy.local
ENVIRONMENT := .venv/.installed
MODEL := model_repository/manifest.json
CODE := export services deploy bench tests

.PHONY: help setup lock model demo up down status test test-fast chart-test faults check format bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[36m%-10s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(ENVIRONMENT) ## make the virtual environment .venv; instant when it is up to date

# torch by exact version first: the unpinned name would bring gigabytes of CUDA.
$(ENVIRONMENT): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not on the path; say make PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check $$(grep '^torch==' constraints.txt)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[local,export,dev]"
	$(BIN)/pip check
	@touch $@

lock: setup ## write constraints.txt anew from what is installed
	$(BIN)/pip freeze --exclude-editable | sed 's/+cpu$$//' > constraints.txt
	@touch $(ENVIRONMENT)

model: $(MODEL) ## export the engines into model_repository/ when the weights are newer

# The export does again only what has changed: its own hashes decide, these files only whether it is asked.
$(MODEL): $(wildcard export/weights/$(PRESET)/*) $(shell find export/networks export/onnx export/presets -name '*.py') | $(ENVIRONMENT)
	$(BIN)/python -m export build --preset $(PRESET) $(BUILD_FLAGS)
	@touch $@

demo: setup model ## a sentence becomes a picture: make demo PROMPT="a green square on a white background"
	@$(STACK) run -- $(BIN)/wegen chat "$(PROMPT)" --out "$(PICTURES)"

up: setup model ## start Redis, Triton, worker and gateway, and wait until all are ready
	@$(STACK) up

down: setup ## stop all of them
	@$(STACK) down

status: setup ## what runs, and how it feels
	@$(STACK) status

test: setup model ## all tests, those against real servers included
	$(BIN)/pytest

test-fast: setup ## the unit tests that export no graphs, under a minute
	$(BIN)/pytest tests/unit -m "not contract and not graphs"

chart-test: setup ## the Helm chart: every set of values rendered, held against Kubernetes and against what we ask of a chart
	$(BIN)/python -m deploy.chart --check
	$(BIN)/pytest tests/unit/helm tests/unit/deploy/chart

faults: setup model ## every fault of tests/faults at full size, some minutes
	WEGEN_FAULT_JOBS=50 WEGEN_FAULT_KILLS=10 WEGEN_FAULT_AWAY_S=20 $(BIN)/pytest tests/faults

check: setup ## lint, format, types, images, protos
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/hadolint --config deploy/images/hadolint.yaml deploy/images/*.Dockerfile
	$(BIN)/mypy $(CODE)
	$(BIN)/python -m services.protos.check

format: setup ## let ruff repair what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup model ## the stack beside plain PyTorch, in one run: a table and bench/results/*.json
	@$(STACK) run -- $(BIN)/python -m bench

clean: ## remove what was built, installed and downloaded, pictures excepted
	@if test -x $(BIN)/python && test -d .local; then $(STACK) down; fi
	rm -rf .venv .local .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	rm -rf $(MODEL) model_repository/tokenizer.model model_repository/*/1/*.onnx model_repository/*/1/*.onnx.data
