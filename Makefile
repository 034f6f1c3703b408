# Everything sets itself up: a clone, Python 3.11, git and make are enough.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
LINTER := tests/cypher-lint/node_modules/.ready
WEB := api/web/node_modules/.ready
PYTEST := $(BIN)/python -m pytest
# Test processes, each with a Neo4j of its own (about 1 GB).
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo test check soak bench docs lock clean

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r n t; do printf '  make %-6s  %s\n' "$$n" "$$t"; done

setup: $(READY) $(WEB) ## make .venv with the locked packages; quick when nothing changed

demo: $(READY) $(WEB) ## start Neo4j, import Germany, ask a question, serve the API
	@$(BIN)/python scripts/demo.py

test: $(READY) $(LINTER) $(WEB) ## all tests; the store's on both Neo4j versions; under 25 minutes
	@TWIN_TEST_NEO4J=5.26.30 $(PYTEST) -q -n $(JOBS) --dist loadfile -m "not soak and not newest" tests/store; second=$$?; $(PYTEST) -n $(JOBS) --dist loadfile && exit $$second

check: $(READY) $(LINTER) ## format, lint, types, import contracts, Cypher lint, file sizes
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) -q tests/unit/test_shape.py tests/unit/test_cypher_lint.py

soak: $(READY) $(LINTER) ## the tests with their full counts; hours
	HYPOTHESIS_PROFILE=soak $(PYTEST) -m "soak or not soak"

bench: $(READY) ## measure import, snapshot, impact and kernels; BENCH=--quick for a short look, or BENCH='kernels report'
	$(BIN)/python -m bench $(BENCH)

docs: $(READY) ## write the generated pages: schema, OpenAPI, pictures
	$(BIN)/python scripts/docs.py

lock: $(READY) ## resolve requirements.txt anew, with hashes
	$(BIN)/pip-compile --quiet --no-config --all-extras --strip-extras --generate-hashes --allow-unsafe --no-header \
		--no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements.txt pyproject.toml

clean: ## remove .venv and caches; the twin's own data stay (twin down --purge)
	rm -rf .venv dist build tests/cypher-lint/node_modules tests/clients/.venv tests/clients/node_modules api/web/node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(READY): requirements.txt pyproject.toml scripts/setup.sh
	@sh scripts/setup.sh "$(PYTHON)"

# The Cypher linter is a web library; without npm its tests skip and say so.
$(LINTER): $(wildcard tests/cypher-lint/package-lock.json)
	@sh scripts/setup_lint.sh

# The map's libraries; without npm its page shows the table view.
$(WEB): api/web/package-lock.json
	@sh scripts/setup_web.sh
