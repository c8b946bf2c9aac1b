# `make help` lists the targets. Variables that can be set on the command line:
#
#   PYTHON   interpreter for the virtual environment              (python3)
#   VENV     folder of the virtual environment                    (.venv)
#   EXTRAS   extras of pyproject.toml to install                  (all of them)
#   JOBS     processes for the quick tests                        (auto: one per core)
#   PYTEST   further arguments for pytest, such as PYTEST="-k so3"
#   KILLS    kills of each command in the long tests               (5)
#   FUZZ     seconds of each fuzz test in the long tests           (60)

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV ?= .venv
EXTRAS ?= dev,esm,train,cluster,docs
JOBS ?= auto
PYTEST ?=
KILLS ?= 5
FUZZ ?= 60

comma := ,
BIN := $(VENV)/bin
# One stamp per set of extras, so that changing EXTRAS reinstalls.
STAMP := $(VENV)/.installed-$(subst $(comma),-,$(EXTRAS))
# Folder in which JupyterLab finds the extension.
LABEXTENSION := $(VENV)/share/jupyter/labextensions/confdiff-widgets
# The last file that npm writes during an installation.
NODE_MODULES := js/node_modules/.package-lock.json
# Idle OpenMP threads sleep instead of spinning, so that other load does not slow a sampler tenfold.
PASSIVE := OMP_WAIT_POLICY=PASSIVE
# pytest exits with 5 if it collects no tests, which is not an error for the rarer kinds of tests.
OR_NONE := || [ $$? -eq 5 ]

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile

# --- environment --------------------------------------------------------------------------------

.PHONY: venv
venv: $(STAMP) $(LABEXTENSION)/package.json ## Create or update the virtual environment

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
	  || { echo "error: $(PYTHON) is older than Python 3.10. Set PYTHON=/path/to/python." >&2; exit 1; }
	@if ! $(BIN)/python -c '' 2>/dev/null; then \
	  echo "Creating $(VENV) with $$($(PYTHON) --version)"; \
	  $(PYTHON) -m venv --clear $(VENV) \
	    || { echo "error: could not create $(VENV). On Debian, run apt-get install python3-venv." >&2; exit 1; }; \
	fi
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	@rm -f $(VENV)/.installed-*
	@touch $@

# An editable installation contains a copy of the JupyterLab extension, outdated after `make js`.
$(LABEXTENSION)/package.json: confdiff_widgets/labextension/package.json | $(STAMP)
	rm -rf $(LABEXTENSION)
	cp -R confdiff_widgets/labextension $(LABEXTENSION)
	cp js/labextension/install.json $(LABEXTENSION)

.PHONY: system
system: ## Install Chromium for the browser tests (Debian, as root)
	@if command -v chromium >/dev/null; then \
	  echo "Chromium found: $$(command -v chromium)"; \
	elif [ "$$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then \
	  export DEBIAN_FRONTEND=noninteractive; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; \
	else \
	  echo "Chromium not found; the browser tests are skipped. Install it with your package manager." >&2; \
	fi

.PHONY: hooks
hooks: venv ## Run the linters before each git commit
	$(BIN)/pre-commit install

# --- TypeScript --------------------------------------------------------------------------------

.PHONY: js
js: $(NODE_MODULES) ## Build the TypeScript modules into the package
	$(PYTHON) js/generate_theme.py
	npm --prefix js run build

$(NODE_MODULES): js/package.json js/package-lock.json js/labextension/package.json
	@command -v npm >/dev/null \
	  || { echo "error: npm not found. Install Node 20 or newer to build the TypeScript modules." >&2; exit 1; }
	cd js && npm ci --no-audit --no-fund
	@touch $@

# --- use ----------------------------------------------------------------------------------------

.PHONY: lab
lab: venv ## Open JupyterLab with the first notebook
	$(BIN)/confdiff lab notebooks

# --- checks -------------------------------------------------------------------------------------

.PHONY: test
test: test-quick test-slow test-js test-browser ## Run the tests

.PHONY: test-quick
test-quick: venv ## Run the quick tests in parallel
	OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 \
	  $(BIN)/python -m pytest -n $(JOBS) --maxprocesses 8 -m 'not slow and not browser and not long' $(PYTEST)

.PHONY: test-slow
test-slow: venv ## Run the slow tests
	$(PASSIVE) $(BIN)/python -m pytest -m 'slow and not browser and not long' $(PYTEST) $(OR_NONE)

.PHONY: test-browser
test-browser: venv system ## Run the browser tests (JupyterLab in Chromium)
	$(PASSIVE) $(BIN)/python -m pytest -m 'browser and not long' $(PYTEST) $(OR_NONE)

.PHONY: test-long
test-long: venv system ## Run the long tests, before a release: fuzzing, kills, lessons
	$(PASSIVE) CONFDIFF_FUZZ_SECONDS=$(FUZZ) $(BIN)/python -m pytest tests/fuzz $(PYTEST) $(OR_NONE)
	$(PASSIVE) CONFDIFF_KILLS=$(KILLS) $(BIN)/python -m pytest -m long $(PYTEST) $(OR_NONE)

.PHONY: test-js
test-js: $(if $(shell command -v npm),$(NODE_MODULES)) ## Type-check and test the TypeScript modules
	@if command -v npm >/dev/null; then npm --prefix js run check && npm --prefix js test; \
	  else echo "Node not found; the tests of the TypeScript modules are skipped." >&2; fi

.PHONY: lint
lint: venv ## Check style, types and import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: venv ## Format the code and apply automatic fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# --- documentation and packages ------------------------------------------------------------------

# Lessons include the outputs that `make test-slow` and `make test-long` write to build/lessons.
.PHONY: docs
docs: venv build/lessons/explorer.html ## Build the documentation into build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "Open build/site/index.html"

build/lessons/explorer.html: confdiff_widgets/widgets/explorer/snapshot.html | $(STAMP)
	$(BIN)/python docs/_hooks/recorded_run.py

.PHONY: wheel
wheel: venv ## Build the sdist and the wheel into dist
	$(BIN)/python -m build --outdir dist

# --- cleaning -----------------------------------------------------------------------------------

.PHONY: clean
clean: ## Remove caches, build outputs and screenshots
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache tests/_screenshots
	find . -path './$(VENV)' -prune -o -path ./js/node_modules -prune -o \
	  -type d \( -name __pycache__ -o -name .ipynb_checkpoints -o -name '*.egg-info' \) \
	  -print0 | xargs -0 rm -rf

.PHONY: distclean
distclean: clean ## Also remove the virtual environment and the node modules
	rm -rf $(VENV) js/node_modules
