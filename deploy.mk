# The bridge on AWS; included by the Makefile. Works with GNU make 3.81 (macOS) and newer.
# OWNER and DAYS are handed on as they are: never seen by a shell as code.

unexport OWNER DAYS
export CLAUDE_BRIDGE_OWNER := $(value OWNER)
export CLAUDE_BRIDGE_DAYS := $(value DAYS)

WITH_PYTHON = PYTHON="$(PYTHON)" deploy/run.sh

# The emulated account is one of the tests' programs.
EMULATED = PYTHONPATH=tests:deploy:local:lambda $(BIN)/python -m system.e2e

.PHONY: build plan deploy destroy outputs smoke token rotate revoke terraform-test e2e e2e-up e2e-down

build: ## Build the functions' package, build/bridge.zip
	@$(WITH_PYTHON) build.py

plan: ## Show what a deployment would change
	@$(WITH_PYTHON) stack.py plan

deploy: ## Deploy to your AWS account (needs terraform; ANTHROPIC_API_KEY, or a claude_provider)
	@$(WITH_PYTHON) stack.py deploy

destroy: ## Delete all that was deployed
	@$(WITH_PYTHON) stack.py destroy

outputs: ## URL, tables, functions of what is deployed, as JSON
	@$(WITH_PYTHON) stack.py outputs

smoke: $(VENV)/client.stamp ## Try what is deployed, step by step: token, ping, question, history
	@PYTHON="$(BIN)/python" deploy/run.sh stack.py smoke

token: ## Make a client token: OWNER=name [DAYS=n]
	@$(WITH_PYTHON) stack.py token

rotate: ## Replace a client's tokens, which end in 7 days: OWNER=name [DAYS=n]
	@$(WITH_PYTHON) stack.py rotate

revoke: ## Remove a client's tokens: OWNER=name
	@$(WITH_PYTHON) stack.py revoke

terraform-test: build ## Check and test the Terraform modules, offline
	@$(WITH_PYTHON) terraform_test.py

e2e: $(VENV)/test.stamp ## Deploy to an emulated AWS account, check all of it, destroy
	@$(EMULATED) run

e2e-up: $(VENV)/test.stamp ## Deploy to an emulated AWS account and keep it running
	@$(EMULATED) up

e2e-down: $(VENV)/test.stamp ## Destroy and stop what e2e-up has started
	@$(EMULATED) down
