# `make` alone prints help. Works with GNU make 3.81 (macOS) and newer.

VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8765
# Ctrl-C is for the program alone: make would report it as its own failure.
FOREGROUND = $(BIN)/python -I -S client/foreground.py
# The tests of which FUZZ says how many times as much is tried.
FUZZED := tests/fuzz tests/bridge/memory/test_injection.py tests/client/test_client_hostile.py tests/system/test_hostile.py
# The lock files are complete: every package with its extras, for every system and Python.
COMPILE = $(BIN)/python -m uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'
# The Python that .venv is made with; the first of these that is 3.11 or newer.
PYTHON ?= python3 python3.13 python3.12 python3.11 python3.14 python

# The text of Q and S is handed on as it is: never expanded by make, never seen by a shell as code.
unexport Q S
export CLAUDE_BRIDGE_QUESTION := $(value Q)
export CLAUDE_BRIDGE_SESSION := $(value S)

# The programs that tests start would be compiled at each start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help chat web ask run test rest lint check ledger bench gate recall scale soak picture page screenshot fuzz format lock audit clean

help: ## Show this list
	@echo 'Claude Context Bridge: Claude remembers your conversations, on your own machine or AWS account.'
	@echo
	@grep -hE '^[a-z0-9-]+:.*## ' Makefile deploy.mk | sed 's/:.*## /|/' | awk -F '|' '{ printf "  make %-14s %s\n", $$1, $$2 }'
	@echo
	@echo '  make ask Q="What is a kite?"              asks, prints the answer and a session id'
	@echo '  make ask Q="And how long?" S=SESSION      goes on with that session'

chat: $(VENV)/client.stamp ## Talk to Claude in the terminal (S=SESSION goes on with one)
	@CLAUDE_BRIDGE_COMMAND=make exec $(FOREGROUND) $(BIN)/python client/ask.py chat -- $${CLAUDE_BRIDGE_SESSION:+"$$CLAUDE_BRIDGE_SESSION"}

web: $(VENV)/client.stamp ## Talk to Claude on a page in the browser (PORT=8770)
	@CLAUDE_BRIDGE_COMMAND=make exec $(FOREGROUND) $(BIN)/python client/ask.py web $(if $(filter command environment,$(origin PORT)),--port "$(PORT)")

ask: $(VENV)/client.stamp ## Ask one question: Q="..." and, to go on, S=SESSION
	@if [ -z "$$CLAUDE_BRIDGE_QUESTION" ]; then \
		if [ -p /dev/stdin ] || [ -f /dev/stdin ]; then CLAUDE_BRIDGE_QUESTION=-; \
		else echo 'Say what to ask: make ask Q="What is a kite?"' >&2; exit 2; fi; \
	fi; \
	CLAUDE_BRIDGE_COMMAND=make exec $(FOREGROUND) $(BIN)/python client/ask.py -- "$$CLAUDE_BRIDGE_QUESTION" \
		$${CLAUDE_BRIDGE_SESSION:+"$$CLAUDE_BRIDGE_SESSION"}

run: $(VENV)/client.stamp ## Run the bridge in the foreground (PORT=8765)
	@exec $(FOREGROUND) $(BIN)/python local/run.py --port "$(PORT)"

test: $(VENV)/test.stamp ## Run the tests, without the few that take long
	@$(BIN)/python -m pytest -q -n auto -m "not slow and not alone"

rest: $(VENV)/test.stamp ## Run those few
	@$(BIN)/python -m pytest -q -n auto --dist worksteal -m slow

lint: $(VENV)/test.stamp ## Check format, lint and types
	@$(BIN)/ruff format --check --quiet . || { echo 'Run: make format' >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy

check: lint ## The whole gate: format, lint, types, all tests, branch coverage
	@$(BIN)/python -m pytest -q -n auto -m "not alone" --cov --cov-report=term:skip-covered --cov-fail-under=98

ledger: $(VENV)/test.stamp build/peers/stamp build/llm/stamp ## Measure every figure that is claimed, and its rivals', again; DATA="DIR ..." as below; writes docs/ledger.*
	@$(BIN)/python benchmarks/ledger.py $(foreach folder,$(DATA),--data "$(folder)")

bench: $(VENV)/test.stamp build/peers/stamp build/llm/stamp ## The same in fewer rounds, in three minutes; writes nothing
	@$(BIN)/python benchmarks/ledger.py --quick

gate: $(VENV)/test.stamp ## Fail if a change makes the bridge slower to start or to remember than benchmarks/gate.json says
	@$(BIN)/python benchmarks/gate.py
	@$(BIN)/python -m pytest -q -m alone tests/benchmarks

recall: $(VENV)/test.stamp ## Measure memory on the conversations in DATA="DIR ..." and on generated ones; draws docs/recall.svg
	@$(BIN)/python benchmarks/recall.py $(foreach folder,$(DATA),--data "$(folder)") --generated --budget 8000 \
		--svg docs/recall.svg --results docs/recall.json --page docs/memory.md --page README.md
	@$(BIN)/python benchmarks/ledger.py --pages

scale: $(VENV)/test.stamp ## Work out limits and costs from one user to a million, and check the lower end here; writes docs/scale.*
	@$(BIN)/python benchmarks/scale.py --measured docs/scale.json --page docs/scale.md --svg docs/scale.svg

soak: $(VENV)/test.stamp ## Break everything at once and see that nothing is lost: SECONDS=600 SEED=1 make soak
	@PYTHONPATH=lambda:client:local:tests $(BIN)/python -m system.soak --seconds "$(or $(SECONDS),60)" --seed "$(or $(SEED),1)"

picture: $(VENV)/test.stamp ## Draw the README's picture, docs/conversation.svg, from a real terminal run
	@PYTHONPATH=lambda:client:local:tests $(BIN)/python -m system.picture

page: build/page/stamp ## Test the page in a real browser; needs Chromium (CHROMIUM=/path/to/it)
	@PYTHONPATH=lambda:client:local:tests build/page/bin/python -m pytest -q -n 2 --timeout 120 tests/browser --ignore tests/browser/test_page_speed.py
	@PYTHONPATH=lambda:client:local:tests build/page/bin/python -m pytest -q --timeout 120 tests/browser/test_page_speed.py

screenshot: build/page/stamp ## Draw the README's picture of the page, docs/page.png; needs Chromium
	@PYTHONPATH=lambda:client:local:tests build/page/bin/python -m browser.screenshot

fuzz: $(VENV)/test.stamp ## Attack everything that reads from outside, longer than the tests do: FUZZ=20 make fuzz
	@FUZZ="$(or $(FUZZ),20)" $(BIN)/python -m pytest -q --timeout=0 -n auto $(FUZZED)

format: $(VENV)/test.stamp ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: $(VENV)/test.stamp ## Pin the newest versions of all dependencies
	@$(COMPILE) pyproject.toml -o requirements.txt
	@$(COMPILE) --extra test pyproject.toml -o requirements-test.txt
	@$(COMPILE) --extra page pyproject.toml -o requirements-page.txt
	@$(COMPILE) --extra peers -c requirements-test.txt pyproject.toml -o requirements-peers.txt
	@$(COMPILE) --extra llm -c requirements-test.txt pyproject.toml -o requirements-llm.txt

audit: $(VENV)/test.stamp ## Look the pinned dependencies up in the list of known vulnerabilities (needs the network)
	@[ -x build/audit/bin/pip-audit ] || { $(BIN)/python -m venv build/audit && build/audit/bin/python -m pip install -q --disable-pip-version-check pip-audit==2.10.1; }
	@build/audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements-test.txt

clean: ## Remove what make has made here (not your sessions)
	@for state in build/e2e*/state.json; do \
		[ ! -e "$$state" ] || { echo 'First stop what make e2e or make e2e-up has started: make e2e-down' >&2; exit 2; }; \
	done
	@rm -rf $(VENV) .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache build

$(VENV)/client.stamp: requirements.txt
	@$(call install,requirements.txt)
	@touch $@

# What drives a browser is not part of `make test`, and has an environment of its own.
build/page/stamp: requirements-page.txt $(VENV)/client.stamp
	@rm -rf build/page && $(BIN)/python -m venv build/page
	@build/page/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-page.txt
	@touch $@

# What the bridge is measured against is in an environment of its own, too: nothing else ever imports it.
build/peers/stamp build/llm/stamp: build/%/stamp: requirements-%.txt $(VENV)/test.stamp
	@rm -rf build/$* && $(BIN)/python -m venv build/$*
	@$(BIN)/python -m uv pip install --quiet --compile-bytecode --python build/$*/bin/python --require-hashes --no-deps -r requirements-$*.txt
	@touch $@

$(VENV)/test.stamp: requirements-test.txt
	@$(call install,requirements-test.txt)
	@touch $(VENV)/client.stamp $@

include deploy.mk

# One line for what may be wrong, and nothing half done: a .venv without pip is removed again.
# Without --no-deps, pip before 23.3 looks for the newest release of whatever a package wants with an extra, and refuses it for want of a hash
# (pypa/pip#9644): the lock files list everything anyway.
define install
if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	rm -rf $(VENV); \
	for candidate in $(PYTHON); do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then python="$$candidate"; break; fi; \
	done; \
	if [ -z "$$python" ]; then echo 'Python 3.11 or newer is needed: install it, or name it: make PYTHON=/path/to/python3' >&2; exit 2; fi; \
	echo "Installing into $(VENV) (the first time only) ..." >&2; \
	if ! "$$python" -m venv $(VENV) >/dev/null 2>&1 </dev/null; then \
		rm -rf $(VENV); echo "$$python cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv" >&2; exit 2; \
	fi; \
fi; \
$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(1) </dev/null || \
	{ echo 'The packages could not be installed; the lines above are what pip says.' >&2; exit 2; }
endef
