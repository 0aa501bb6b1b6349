"""What is checked of a bridge that asks Claude through AWS: that it works, and that there is no API key anywhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bridge.claude import bedrock
from system import e2e_checks as checks
from system.e2e_stack import NAME, ROOT, WORKSPACE, E2eStack

ROLE = f"{NAME}-bridge"
BRIDGE = 'module.function.aws_lambda_function.this["bridge"]'
POLICY = "module.iam.aws_iam_role_policy.bridge"
KEY = re.compile(rb"sk-ant-|x-api-key\b.{0,8}sk-")
"""What an API key looks like."""


def ping_names_the_provider(stack: E2eStack) -> None:
    """ping names the provider, and answers without a permission to look at models"""
    pong = json.loads(stack.ask("ping", "--json").stdout)
    assert (pong["provider"], pong["model"]) == ("bedrock", "anthropic.claude-sonnet-5-5")
    assert pong["model_milliseconds"] is None
    assert not pong.keys() & {"store_error", "model_error"}
    denied = [call["action"] for call in stack.calls if not call["allowed"]]
    assert denied == ["bedrock-mantle:GetModel"]


def a_role_without_the_permission_is_named(stack: E2eStack) -> None:
    """a role without the permission: the error names the permission, and make smoke the step"""
    iam = stack.account.client("iam")
    policy = iam.get_role_policy(RoleName=ROLE, PolicyName="bridge")["PolicyDocument"]
    without = [statement for statement in policy["Statement"] if statement["Action"] != bedrock.SERVICE.action]
    iam.put_role_policy(RoleName=ROLE, PolicyName="bridge", PolicyDocument=json.dumps({**policy, "Statement": without}))
    needed = f"The bridge's role needs {bedrock.SERVICE.action} on {bedrock.SERVICE.resource.format(region=stack.region)}."
    said = stack.ask("May I?", expected=4).stderr
    assert needed in said, said
    smoke = stack.refused("smoke", CLAUDE_BRIDGE_URL=stack.running["url"], CLAUDE_BRIDGE_TOKEN=stack.running["token"])
    assert needed in smoke, smoke
    assert "make smoke failed at step 4, question" in smoke, smoke
    iam.put_role_policy(RoleName=ROLE, PolicyName="bridge", PolicyDocument=json.dumps(policy))
    assert "I may." in stack.ask("I may.").stdout


def the_other_provider_is_a_change_of_two_things(stack: E2eStack) -> None:
    """claude_provider = "anthropic-aws": the role's policy and the function change, nothing else, and questions are answered"""
    variables = stack.provider_variables("anthropic-aws")
    assert checks.planned(stack, **variables) == {BRIDGE: ["update"], POLICY: ["update"]}
    stack.make("deploy", **variables)
    assert "By another provider." in stack.ask("By another provider.").stdout
    resource = f"arn:aws:aws-external-anthropic:{stack.region}:123456789012:workspace/{WORKSPACE}"
    assert stack.calls[-1]["allowed"]
    assert {"action": "aws-external-anthropic:CreateInference", "resource": resource, "allowed": True} in stack.calls


def a_provider_is_refused_without_what_it_needs(stack: E2eStack) -> None:
    """a plan refuses a provider without its workspace, and the API itself without a key"""
    said = stack.refused("deploy", TF_VAR_claude_provider="anthropic-aws")
    assert "go together: set both, or neither" in " ".join(said.split()), said
    assert "ANTHROPIC_API_KEY is not set" in stack.refused("deploy", TF_VAR_claude_provider="anthropic")


def no_key_exists(stack: E2eStack) -> None:
    """no API key exists: not in the account, the state, a plan, an environment or a file"""
    account = stack.account
    assert account.client("ssm").describe_parameters()["Parameters"] == []
    assert not [call for call in stack.calls if call["action"].startswith(("ssm:", "kms:", "secretsmanager:"))]
    for name in (ROLE, f"{NAME}-authorizer"):
        function = account.function(name)
        assert not [variable for variable in function.variables if "API_KEY" in variable]
        actions = {statement["Action"] for policy in account.policies(function.role) for statement in policy["Statement"]}
        assert not [action for action in actions if action.startswith(("ssm:", "kms:", "secretsmanager:"))]
    plan = stack.folder / "plan"
    stack.terraform("plan", "-input=false", "-no-color", f"-out={plan}")
    (stack.folder / "plan.json").write_text(stack.terraform("show", "-json", str(plan)))
    assert "ssm" not in stack.terraform("state", "list")
    assert not [name for name in stack.environment() if "API_KEY" in name]
    files = [path for path in stack.folder.rglob("*") if path.is_file() and not is_copied(path, stack)]
    assert {"plan", "plan.json", "terraform.tfstate"} <= {path.name for path in files}
    assert [path for path in files if KEY.search(path.read_bytes())] == []


def is_copied(path: Path, stack: E2eStack) -> bool:
    """Whether a file is the checkout's, or one of Terraform's own programs."""
    return ".terraform" in path.parts or (path.is_relative_to(stack.checkout) and (ROOT / path.relative_to(stack.checkout)).exists())


ALL: tuple[checks.Check, ...] = (
    checks.a_second_plan_is_empty,
    checks.a_second_process_is_remembered,
    checks.the_tables_hold_it,
    checks.every_action_works,
    ping_names_the_provider,
    checks.smoke,
    a_role_without_the_permission_is_named,
    a_provider_is_refused_without_what_it_needs,
    the_other_provider_is_a_change_of_two_things,
    no_key_exists,
    checks.the_tokens_are_nowhere,
)
