# Everything from a bare python3 (3.11 or newer) and make: the first target that needs it sets up .venv from the lock.
.DEFAULT_GOAL := help
.PHONY: help run demo test check format faults eval bench spark lock upgrade clean

BIN := .venv/bin
READY := .venv/.set-up
# Another Python: make PYTHON=/usr/local/bin/python3.12 test
PYTHON := python3
# Another number of test processes: make test WORKERS=4. One more than there are cores, for tests also wait: for servers,
# browsers and other processes.
WORKERS := $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1) + 1 )))

# Public question sets beside the checkout are measured too, when they are there.
export DREFLOW_EVALS ?= $(abspath $(wildcard ../shared/evals))

# Where the system keeps certificates, uv trusts those (an office network may have its own); else the ones it brings.
ifneq ($(wildcard /etc/ssl/certs/*),)
export UV_SYSTEM_CERTS ?= 1
endif

help: ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name text; do printf '%-14s %s\n' "$$name" "$$text"; done

run: demo ## hold the demo conversation, show where the files are, then open the chat page
	@$(BIN)/dreflow --workspace dreflow-demo/.dreflow chat

demo: $(READY) ## the same without the page, and exit
	@$(BIN)/dreflow demo

test: $(READY) ## every test but the long suites
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile

check: $(READY) ## lint, format, types, layers, lock, secrets
	@$(BIN)/python scripts/check.py

format: $(READY) ## write the code in the project's format
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

faults: $(READY) ## kill runs 2,000 times and compare digests (long)
	@$(BIN)/python -m pytest -q -m faults --timeout 0 -s

eval: $(READY) ## measure the answers and compare with the last result (long)
	@status=0; for suite in conversation spec injection models docs questions prepbench cleaning anomaly messy dedupe; do $(BIN)/dreflow eval $$suite || status=1; done; exit $$status

bench: $(READY) ## measure speed and memory against plain tools (long)
	@$(BIN)/python -m pytest -q -m bench --timeout 0 -s -p no:xdist

spark: $(READY) ## install Spark beside .venv (400 MB, needs Java 17) and hold it against DuckDB (long)
	@$(BIN)/python scripts/extra.py spark .spark
	@PYTHONPATH=.spark $(BIN)/python -m pytest -q --timeout 0 tests/pipelines/inspark

lock: $(READY) ## resolve pyproject.toml into requirements.lock, keeping pins that fit
	@$(BIN)/python scripts/lock.py

upgrade: $(READY) ## the same with the newest releases
	@$(BIN)/python scripts/lock.py --upgrade

clean: ## remove what make and the tests have made; your data stays
	@rm -rf .venv .spark build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml scripts/set_up.py
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			exec "$$python" scripts/set_up.py; \
		fi; \
	done; \
	echo "DReflowPro needs Python 3.11 or newer; $(PYTHON) here is $$($(PYTHON) --version 2>&1)." >&2; \
	echo "Install it (on Debian and Ubuntu: sudo apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3.12" >&2; \
	exit 1
