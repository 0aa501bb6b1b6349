# The bridge on AWS; included by the Makefile. Works with GNU make 3.81 (macOS) and newer.
# OWNER and DAYS are handed on as they are: never seen by a shell as code.

unexport OWNER DAYS
export CLAUDE_BRIDGE_OWNER := $(value OWNER)
export CLAUDE_BRIDGE_DAYS := $(value DAYS)

WITH_PYTHON = PYTHON="$(PYTHON)" deploy/run.sh

.PHONY: build plan deploy destroy outputs token revoke terraform-test

build: ## Build the functions' package, build/bridge.zip
	@$(WITH_PYTHON) build.py

plan: ## Show what a deployment would change
	@$(WITH_PYTHON) stack.py plan

deploy: ## Deploy to your AWS account (needs terraform, ANTHROPIC_API_KEY)
	@$(WITH_PYTHON) stack.py deploy

destroy: ## Delete all that was deployed
	@$(WITH_PYTHON) stack.py destroy

outputs: ## URL, tables, functions of what is deployed, as JSON
	@$(WITH_PYTHON) stack.py outputs

token: ## Make a client token: OWNER=name [DAYS=n]
	@$(WITH_PYTHON) stack.py token

revoke: ## Remove a client's tokens: OWNER=name
	@$(WITH_PYTHON) stack.py revoke

terraform-test: build ## Check and test the Terraform modules, offline
	@$(WITH_PYTHON) terraform_test.py
