# `make help` lists the targets. Variables that may be set on the command line:
#
#   PYTHON   interpreter that creates the virtual environment     (python3)
#   VENV     where the virtual environment lies                   (.venv)
#   EXTRAS   extras of pyproject.toml to install                  (all of them)
#   JOBS     processes for the quick tests                        (auto: one a core)
#   PYTEST   further arguments for pytest, such as PYTEST="-k so3"

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV ?= .venv
EXTRAS ?= dev,physics,esm,train,cluster,docs
JOBS ?= auto
PYTEST ?=

comma := ,
BIN := $(VENV)/bin
# One stamp for each set of extras: another set installs again.
STAMP := $(VENV)/.installed-$(subst $(comma),-,$(EXTRAS))
# Where JupyterLab looks for the extension.
LABEXTENSION := $(VENV)/share/jupyter/labextensions/confdiff-widgets
# What npm writes last when it installs.
NODE_MODULES := js/node_modules/.package-lock.json
# pytest exits with 5 where it collected nothing, which is fine for the rarer kinds of tests.
OR_NONE := || [ $$? -eq 5 ]

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile

# --- environment --------------------------------------------------------------------------------

.PHONY: venv
venv: $(STAMP) $(LABEXTENSION)/package.json ## Create or update the virtual environment

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
	  || { echo "error: $(PYTHON) is not Python 3.10 or newer; try PYTHON=/path/to/python" >&2; exit 1; }
	@if ! $(BIN)/python -c '' 2>/dev/null; then \
	  echo "Creating $(VENV) with $$($(PYTHON) --version)"; \
	  $(PYTHON) -m venv --clear $(VENV) \
	    || { echo "error: no virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }; \
	fi
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	@rm -f $(VENV)/.installed-*
	@touch $@

# An editable installation holds a copy of the JupyterLab extension, which `make js` makes stale.
$(LABEXTENSION)/package.json: confdiff_widgets/labextension/package.json | $(STAMP)
	rm -rf $(LABEXTENSION)
	cp -R confdiff_widgets/labextension $(LABEXTENSION)
	cp js/labextension/install.json $(LABEXTENSION)

.PHONY: system
system: ## Install Chromium, which the browser tests drive (Debian, as root)
	@if command -v chromium >/dev/null; then \
	  echo "Chromium is there: $$(command -v chromium)"; \
	elif [ "$$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then \
	  export DEBIAN_FRONTEND=noninteractive; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; \
	else \
	  echo "No Chromium: the browser tests are skipped. Install it with your package manager." >&2; \
	fi

.PHONY: hooks
hooks: venv ## Let git run the linters before each commit
	$(BIN)/pre-commit install

# --- TypeScript --------------------------------------------------------------------------------

.PHONY: js
js: $(NODE_MODULES) ## Build the TypeScript modules into the package
	npm --prefix js run build

$(NODE_MODULES): js/package.json js/package-lock.json js/labextension/package.json
	@command -v npm >/dev/null \
	  || { echo "error: no npm; the TypeScript modules need Node 20 or newer" >&2; exit 1; }
	cd js && npm ci --no-audit --no-fund
	@touch $@

# --- use ----------------------------------------------------------------------------------------

.PHONY: lab
lab: venv ## Open the first notebook in JupyterLab
	$(BIN)/confdiff lab notebooks

# --- checks -------------------------------------------------------------------------------------

.PHONY: test
test: test-quick test-slow test-js test-browser ## Run every test

.PHONY: test-quick
test-quick: venv ## Run the tests that take seconds, in parallel
	OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 \
	  $(BIN)/python -m pytest -n $(JOBS) --maxprocesses 8 -m 'not slow and not browser' $(PYTEST)

.PHONY: test-slow
test-slow: venv ## Run the tests that take minutes
	$(BIN)/python -m pytest -m 'slow and not browser' $(PYTEST) $(OR_NONE)

.PHONY: test-browser
test-browser: venv system ## Run the tests that drive JupyterLab in Chromium
	$(BIN)/python -m pytest -m browser $(PYTEST) $(OR_NONE)

.PHONY: test-js
test-js: $(if $(shell command -v npm),$(NODE_MODULES)) ## Check the types of the TypeScript modules and test them
	@if command -v npm >/dev/null; then npm --prefix js run check && npm --prefix js test; \
	  else echo "No Node: the tests of the TypeScript modules are skipped." >&2; fi

.PHONY: lint
lint: venv ## Check style, types and the direction of the imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: venv ## Format the code and repair what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# --- documentation and packages ------------------------------------------------------------------

# Lessons show the outputs that `make test-slow` left in build/lessons; without them code and text.
.PHONY: docs
docs: venv build/lessons/explorer.html ## Build the documentation into build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "Open build/site/index.html"

build/lessons/explorer.html: confdiff_widgets/widgets/snapshot.html | $(STAMP)
	$(BIN)/python docs/_hooks/film.py

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
distclean: clean ## Remove the virtual environment and the node modules too
	rm -rf $(VENV) js/node_modules
