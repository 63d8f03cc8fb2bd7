# make run | test | check | bench. The only requirement is Python 3.11 to 3.14 with venv.

PYTHON ?= python3
HOST ?= $(or $(API_HOST),127.0.0.1)
PORT ?= $(or $(API_PORT),8000)
VENV := .venv
BIN := $(VENV)/bin
# A process that runs out of tests takes over some of the other's.
PARALLEL := --numprocesses 2 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help run build test test-slow test-latest test-browser check types lint format generate export migration requirements clean

help: ## List all commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: data/content.db ## Serve on HOST:PORT (127.0.0.1:8000)
	@API_HOST=$(HOST) API_PORT=$(PORT) exec $(BIN)/python -m app # replaces the shell, so that it receives the signals that make is sent

build: data/content.db ## Build data/content.db from data/seed.json

data/content.db: $(VENV)/run.stamp data/seed.json data/releases.json $(shell find app migrations -name '*.py')
	@$(BIN)/python -m compileall -q app migrations
	@$(BIN)/python -m app.content build

test: $(VENV)/test.stamp ## Run the tests that start no program, in two processes
	@$(BIN)/python -m compileall -q app
	@$(BIN)/python -m pytest -m "not browser and not slow" $(PARALLEL)

test-slow: $(VENV)/test.stamp ## Run the tests that build data sets, or start servers and other programs
	@$(BIN)/python -m compileall -q app
	@$(BIN)/python -m pytest -m slow $(PARALLEL)

test-latest: ## Run the tests against the newest releases of every library, in an environment of its own
	@$(PYTHON) -m venv --clear .venv-latest
	@cat requirements/serve.in requirements/build.in requirements/test.in | grep -v '^-r' | .venv-latest/bin/python -m pip install --quiet --disable-pip-version-check --upgrade -r /dev/stdin
	@.venv-latest/bin/python -m pytest -m "not browser" $(PARALLEL)

check: lint types test test-slow test-browser ## Lint, type checks and all tests

test-browser: $(VENV)/test.stamp
	@$(BIN)/python -m pytest -m browser

lint: $(VENV)/test.stamp
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(VENV)/test.stamp
	@$(BIN)/mypy

format: $(VENV)/test.stamp ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

generate: data/content.db ## Write openapi.json, data/seed.schema.json, app/pages/compressed and the table of collections in README.md
	@$(BIN)/python -m app.content schema
	@$(BIN)/python -m app.openapi
	@$(BIN)/python -m app.pages

export: data/content.db ## Write a static copy of the service: make export DIRECTORY=copy
	@test -n "$(DIRECTORY)" || { echo 'Name the folder: make export DIRECTORY=copy' >&2; exit 1; }
	@$(BIN)/python -m app.content export "$(DIRECTORY)"

migration: $(VENV)/test.stamp ## Write a migration for changed tables: make migration NAME="Add terms"
	@test -n "$(NAME)" || { echo 'Name it: make migration NAME="Add terms"' >&2; exit 1; }
	@$(BIN)/python -m migrations.new "$(NAME)"
	@$(BIN)/ruff check --quiet --fix migrations
	@$(BIN)/ruff format --quiet migrations

requirements: ## Lock the requirements again (needs uv)
	@for set in serve build test clients bench audit; do uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make requirements" requirements/$$set.in --output-file requirements/$$set.txt; done

clean: ## Remove everything that make created
	@rm -rf $(VENV) $(CLIENTS) $(PEERS) $(AUDIT) sbom.json checks/node_modules checks/generated clients/*/dist clients/typescript/*.tgz clients/typescript/src/generated clients/python/kratom_client/generated data/content.db data/content.db.previous

# The environment is recreated when it is older than its requirements.
$(VENV)/venv.stamp:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 15) else \
		f"Python 3.11 to 3.14 is needed, $(PYTHON) is {v[0]}.{v[1]}; name another with: make PYTHON=python3.12")'
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "Python has no venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run.stamp: requirements/build.txt $(VENV)/venv.stamp
	@echo "Installing the service's requirements into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	@touch $@

$(VENV)/test.stamp: requirements/test.txt $(VENV)/run.stamp
	@echo "Installing the tests' requirements into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/test.txt
	@touch $@

# Third-party tools have an environment of their own, because they pin other versions.
CLIENTS := .venv-clients

.PHONY: outside outside-packages
outside-packages: ## Install the system packages that outside needs (Debian, as root)
	@apt-get install --yes --no-install-recommends default-jdk-headless golang-go libjakarta-annotation-api-java

outside: data/content.db $(CLIENTS)/clients.stamp checks/node_modules/npm.stamp ## Check the OpenAPI document and a running server with third-party tools and clients (needs a JDK and Go: make outside-packages)
	@$(CLIENTS)/bin/python checks/run.py

$(CLIENTS)/clients.stamp: requirements/clients.txt $(VENV)/venv.stamp
	@echo "Installing the outside checks' requirements into $(CLIENTS) ..."
	@$(PYTHON) -m venv $(CLIENTS)
	@$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/clients.txt
	@touch $@

checks/node_modules/npm.stamp: checks/package.json checks/.npmrc $(CLIENTS)/clients.stamp
	@echo "Installing the outside checks' requirements into checks/node_modules ..."
	@PATH="$(CURDIR)/$(CLIENTS)/bin:$$PATH" npm install --prefix checks --ignore-scripts --no-package-lock --loglevel=error
	@touch $@

.PHONY: clients
clients: $(CLIENTS)/clients.stamp checks/node_modules/npm.stamp ## Build the clients from openapi.json: a wheel in clients/python/dist and a tarball in clients/typescript
	@$(CLIENTS)/bin/python checks/packages.py

.PHONY: browser
browser: ## Install the browser for the tests (Debian, as root)
	@apt-get install --yes --no-install-recommends chromium chromium-driver

# The servers that the benchmarks compare with have an environment of their own too.
PEERS := .venv-bench
RECORDS ?= 1000
SIZES ?= 1000 10000 100000
ROUNDS ?= 7
SECONDS ?= 2

.PHONY: bench bench-scale
bench: $(VENV)/run.stamp $(PEERS)/bench.stamp ## Compare with others: RECORDS, ROUNDS, SECONDS; CALLGRIND=1 counts instructions (apt-get install wrk nginx-light)
	@$(BIN)/python benchmarks/bench.py --records $(RECORDS) --rounds $(ROUNDS) --seconds $(SECONDS) $(if $(CALLGRIND),--callgrind)

bench-scale: $(VENV)/run.stamp ## Compare SIZES of the data set (apt-get install wrk)
	@$(BIN)/python benchmarks/scale.py --sizes $(SIZES) --rounds $(ROUNDS) --seconds $(SECONDS)

.PHONY: soak
soak: SECONDS = 180
soak: $(VENV)/test.stamp data/content.db ## Serve under mixed traffic with random faults, and compare every response: SECONDS (180)
	@PYTHONPATH=. $(BIN)/python benchmarks/soak.py --seconds $(SECONDS)

$(PEERS)/bench.stamp: requirements/bench.txt $(VENV)/venv.stamp
	@echo "Installing the compared servers into $(PEERS) ..."
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

# The tools for the supply chain (licences, known vulnerabilities, bill of materials) have an environment of their own.
AUDIT := .venv-audit
LICENSES := MIT;BSD;Apache;Mozilla Public License 2.0;MPL-2.0;Python Software Foundation;PSF-2.0

.PHONY: audit bandit licenses manifests sbom vulnerabilities replicas image-check
audit: bandit licenses manifests vulnerabilities ## Check the code, the libraries' licences, the manifests in deploy/ and known vulnerabilities

bandit: $(AUDIT)/audit.stamp
	@$(AUDIT)/bin/bandit --quiet --configfile pyproject.toml --recursive app migrations

licenses: $(AUDIT)/audit.stamp $(VENV)/run.stamp ## List the licences of the libraries that a server imports; fails on one that is not allowed
	@$(AUDIT)/bin/pip-licenses --python $(BIN)/python --partial-match --allow-only "$(LICENSES)" \
		--packages $$(sed -n 's/^\([A-Za-z0-9._-]*\)==.*/\1/p' requirements/serve.txt)

manifests: $(AUDIT)/audit.stamp
	@$(AUDIT)/bin/kubernetes-validate --strict deploy/kubernetes/*.yaml
	@$(AUDIT)/bin/check-jsonschema --builtin-schema vendor.compose-spec deploy/compose.yaml

sbom: $(AUDIT)/audit.stamp ## Write sbom.json, the bill of materials of what a server imports (CycloneDX)
	@$(AUDIT)/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --validate --of JSON --output-file sbom.json requirements/serve.txt

# With --strict, a library that could not be looked up is a failure, not a warning.
vulnerabilities: $(AUDIT)/audit.stamp ## Check the libraries for known vulnerabilities (needs the internet)
	@for set in serve build test; do $(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes --requirement requirements/$$set.txt || exit 1; done

$(AUDIT)/audit.stamp: requirements/audit.txt $(VENV)/venv.stamp
	@echo "Installing the audit's requirements into $(AUDIT) ..."
	@$(PYTHON) -m venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/audit.txt
	@touch $@

replicas: $(VENV)/test.stamp data/content.db ## Prove deploy/nginx.conf with two replicas, and print the figures (needs nginx)
	@LOAD_SECONDS=3 $(BIN)/python -m pytest -q --capture=no tests/test_replicas.py

image-check: ## Build the image without a container engine, and prove that it serves (Debian, as root: apt-get install buildah mmdebstrap)
	@bash deploy/check-image.sh
