"""What went wrong with Terraform is followed by what to do."""

from __future__ import annotations

import signal

import pytest

from bridge_deploy.refusals import import_command
from terraform.checkout import Checkout, change, shown

EXISTS = """Error: creating IAM Role (claude-context-bridge): EntityAlreadyExists: Role with name claude-context-bridge already exists.

  with module.storage.aws_iam_role.claude-context-bridge,
  on modules/iam/main.tf line 64, in resource "aws_iam_role" "bridge":
"""
LOCKED = """Error: Error acquiring the state lock

Lock Info:
  ID:        4b3c-1
  Path:      terraform.tfstate
"""


def test_what_exists_already_can_be_taken_over(checkout: Checkout) -> None:
    checkout.answer(show=shown(change("aws_iam_role", "claude-context-bridge", "create")), apply={"code": 1, "err": EXISTS})
    said = checkout.run("deploy").stderr
    assert "terraform apply failed: see the error above." in said
    assert "import module.storage.aws_iam_role.claude-context-bridge claude-context-bridge\n" in said
    assert 'name = "second"' in said


@pytest.mark.parametrize("address", ["module.iam.aws_ssm_parameter.api_key[0]", 'module.function.aws_lambda_function.this["bridge"]'])
def test_an_address_with_brackets_is_quoted_for_the_shell(address: str) -> None:
    assert f"import '{address}' x" in import_command(address, "x")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "hint"),
    [
        ("ResourceInUseException: Table already exists: x", "terraform import"),
        (LOCKED, "terraform -chdir=terraform force-unlock 4b3c-1"),
        ("Error: Failed to persist state ... errored.tfstate", "state push errored.tfstate"),
        ("api error ExpiredToken: The security token included in the request is expired", "log in again"),
        ("api error AccessDeniedException: not authorized to perform: lambda:CreateFunction", "lack a permission"),
    ],
    ids=["exists", "locked", "state", "credentials", "permission"],
)
def test_an_error_is_followed_by_what_to_do(checkout: Checkout, error: str, hint: str) -> None:
    checkout.answer(apply={"code": 1, "err": error})
    said = checkout.run("deploy").stderr
    assert error in said
    assert hint in said.partition("see the error above.")[2]


@pytest.mark.slow
@pytest.mark.parametrize("step", ["plan", "apply"])
def test_a_terraform_that_was_killed_is_said_to_be(checkout: Checkout, step: str) -> None:
    checkout.answer(**{step: {"signal": signal.SIGKILL}})
    answer = checkout.run("deploy")
    assert (answer.returncode, checkout.tokens) == (2, [])
    assert f"terraform {step} was killed (SIGKILL)." in answer.stderr
    assert "see the error above" not in answer.stderr
    assert "Run the same command again" in answer.stderr


@pytest.mark.slow
def test_no_reason_is_not_called_one(checkout: Checkout) -> None:
    checkout.answer(apply={"code": 1})
    assert "terraform apply failed, with exit code 1 and no reason given." in checkout.run("deploy").stderr
