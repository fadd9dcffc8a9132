# `make run` starts the portal, `make test` tests it; both set up everything they need. See README.md.

PYTHON ?= python3
VENV_PYTHON = .venv/bin/python

.PHONY: help run dev test lint format screenshots bench

help:
	@echo "make run          start the portal with demonstration data (HOST, PORT, DEMO=0, DATABASE_URL)"
	@echo "make dev          start it for developers: reload, DEBUG, debug toolbar"
	@echo "make test         run all tests"
	@echo "make lint         check style, types, the import rule, templates, licences"
	@echo "make format       format the code"
	@echo "make screenshots  make the README's pictures again"
	@echo "make bench        measure the pages on a large data set"

run:
	@$(PYTHON) bin/setup
	@$(VENV_PYTHON) -m integration_portal.run

dev:
	@$(PYTHON) bin/setup --developer
	@$(VENV_PYTHON) -m integration_portal.run --developer

test:
	@$(PYTHON) bin/setup --developer --tests
	@$(VENV_PYTHON) -m pytest -n 2 --dist loadfile

lint:
	@$(PYTHON) bin/setup --developer
	@PATH="$(CURDIR)/.venv/bin:$$PATH" bin/lint

format:
	@$(PYTHON) bin/setup --developer
	@$(VENV_PYTHON) -m ruff check --fix --quiet .
	@$(VENV_PYTHON) -m ruff format --quiet .

screenshots:
	@$(PYTHON) bin/setup --developer --tests
	@$(VENV_PYTHON) bin/screenshots

bench:
	@$(PYTHON) bin/setup --developer
	@$(VENV_PYTHON) -m benchmarks
