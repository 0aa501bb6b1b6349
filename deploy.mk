# The bridge on AWS. Included by the Makefile; PYTHON, OWNER and DAYS may be given on the command line.
# Works with GNU make 3.81, which macOS has.

PYTHON ?= python3

export OWNER DAYS PYTHON


.PHONY: build plan deploy destroy outputs token revoke terraform-test

build: ## the functions' package, build/bridge.zip
	@./build.sh

plan: ## what a deployment would change
	@$(PYTHON) deploy/stack.py plan

deploy: ## deploy to AWS
	@$(PYTHON) deploy/stack.py deploy

destroy: ## delete all that was deployed
	@$(PYTHON) deploy/stack.py destroy

outputs: ## URL, tables, functions and so on of what is deployed, as JSON
	@$(PYTHON) deploy/stack.py outputs

token: ## a client token: make token OWNER=name [DAYS=n]
	@$(PYTHON) deploy/stack.py token

revoke: ## remove a client's tokens: make revoke OWNER=name
	@$(PYTHON) deploy/stack.py revoke

terraform-test: build ## check and test the Terraform modules, offline
	@$(PYTHON) deploy/terraform_test.py
