"""The commands of deploy.mk: what they run, what they show, and what they leave."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from terraform.checkout import ROOT, URL, Checkout

pytestmark = pytest.mark.slow  # Each test runs make.


def test_the_first_deployment_leaves_a_client_that_is_ready(checkout: Checkout) -> None:
    answer = checkout.run("deploy")
    assert answer.returncode == 0, answer.stderr
    assert checkout.ran() == ["init", "output", "plan", "show", "apply", "output"]
    assert checkout.profile is not None
    assert (checkout.profile["url"], checkout.profile["stack"]) == (URL, "claude-context")
    assert [(token["owner"], token["expires"]) for token in checkout.tokens] == [("some-one", None)]
    assert URL in answer.stdout
    assert 'python3 client/ask.py "hello"' in answer.stdout
    assert checkout.profile["token"] not in answer.stdout


def test_a_second_deployment_makes_no_second_token(checkout: Checkout) -> None:
    checkout.run("deploy")
    before = checkout.profile
    checkout.answer(plan={"code": 0})
    answer = checkout.run("deploy")
    assert answer.returncode == 0, answer.stderr
    assert "Nothing has changed." in answer.stdout
    assert (len(checkout.tokens), checkout.profile) == (1, before)


def test_a_pipeline_makes_no_token_and_writes_no_profile(checkout: Checkout) -> None:
    answer = checkout.run("deploy", CI="true")
    assert answer.returncode == 0, answer.stderr
    assert (checkout.tokens, checkout.profile) == ([], None)
    assert "make token OWNER=name" in answer.stdout


@pytest.mark.parametrize("step", ["plan", "apply"])
def test_a_failed_deployment_takes_its_token_back(checkout: Checkout, step: str) -> None:
    checkout.answer(**{step: {"code": 1, "err": "Error: no"}})
    answer = checkout.run("deploy")
    assert answer.returncode == 2
    assert answer.stderr.endswith(f"terraform {step} failed: see the error above.\n")
    assert (checkout.tokens, checkout.profile) == ([], None)


def test_another_stacks_entry_is_left_alone(checkout: Checkout) -> None:
    checkout.run("deploy")
    before = checkout.profile
    other = {"name": {"value": "second"}, "url": {"value": "wss://second"}}
    checkout.answer(output={"out": json.dumps(other)})
    answer = checkout.run("deploy")
    assert checkout.profile == before
    assert "CLAUDE_BRIDGE_URL=wss://second" in answer.stdout


def test_destroying_removes_the_entry_and_its_token(checkout: Checkout) -> None:
    checkout.run("deploy")
    answer = checkout.run("destroy", ANTHROPIC_API_KEY="")
    assert answer.returncode == 0, answer.stderr
    assert checkout.ran()[-4:] == ["output", "plan", "show", "apply"]
    assert "-destroy" in checkout.calls()[-3]["arguments"]
    assert (checkout.tokens, checkout.profile) == ([], None)


def test_a_failed_destroy_keeps_the_entry(checkout: Checkout) -> None:
    checkout.run("deploy")
    checkout.answer(apply={"code": 1})
    assert checkout.run("destroy").returncode == 2
    assert checkout.profile is not None


def test_plan_and_destroy_need_no_key(checkout: Checkout) -> None:
    for command, code in (("plan", 0), ("destroy", 2)):
        checkout.answer(plan={"code": code})
        assert checkout.run(command, ANTHROPIC_API_KEY="").returncode == 0
    assert {call["key"] for call in checkout.calls()} == {"not-needed"}


def test_the_key_goes_to_terraform_by_its_environment_alone(checkout: Checkout) -> None:
    answer = checkout.run("deploy")
    assert {call["key"] for call in checkout.calls()} == {"sk-ant-not-a-real-key"}
    assert "sk-ant" not in str([call["arguments"] for call in checkout.calls()]) + answer.stdout + answer.stderr


@pytest.mark.parametrize("provider", ["bedrock", "anthropic-aws"])
def test_through_aws_no_key_is_asked_for_and_none_is_handed_on(checkout: Checkout, provider: str) -> None:
    (checkout.root / "terraform" / "terraform.tfvars").write_text(f'# The provider.\nclaude_provider = "{provider}"\n')
    assert checkout.run("deploy", ANTHROPIC_API_KEY="").returncode == 0
    assert checkout.run("deploy", TF_VAR_anthropic_api_key="sk-ant-another").returncode == 0
    assert {call["key"] for call in checkout.calls()} == {None}


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"ANTHROPIC_API_KEY": ""}, "ANTHROPIC_API_KEY is not set."),
        ({"AWS_REGION": ""}, "No AWS region is set."),
        ({"AWS_ACCESS_KEY_ID": ""}, "No AWS credentials were found."),
        ({"PATH": "/nowhere"}, "terraform is not installed."),
        ({"TF_BACKEND_CONFIG": "/nowhere/backend.hcl"}, "TF_BACKEND_CONFIG names /nowhere/backend.hcl, which does not exist."),
    ],
    ids=["key", "region", "credentials", "terraform", "state"],
)
def test_what_is_missing_is_one_line_and_nothing_is_begun(checkout: Checkout, environment: dict[str, str], sentence: str) -> None:
    answer = checkout.run("deploy", **environment)
    assert answer.returncode == 2
    assert answer.stderr.startswith(sentence)
    assert answer.stderr.count("\n") == 1
    assert checkout.ran() == []
    assert (checkout.tokens, checkout.profile) == ([], None)


def test_an_old_terraform_is_refused(checkout: Checkout) -> None:
    checkout.answer(version={"out": '{"terraform_version": "1.9.8"}'})
    answer = checkout.run("plan")
    assert (answer.returncode, answer.stderr) == (2, "terraform 1.9 is too old. Install version 1.11 or newer.\n")


def test_a_package_that_cannot_run_is_not_deployed(checkout: Checkout) -> None:
    (checkout.root / "lambda" / "bridge" / "handler.py").write_text("import boto3\n")
    answer = checkout.run("deploy")
    assert answer.returncode == 2
    assert "bridge/handler.py:1: boto3" in answer.stderr
    assert checkout.ran() == []


def test_a_remote_state_is_bound_by_its_file(checkout: Checkout, tmp_path: Path) -> None:
    config = tmp_path / "backend.hcl"
    config.write_text('bucket = "states"\n')
    assert checkout.run("plan", TF_BACKEND_CONFIG=str(config)).returncode == 2  # The stand-in's plan has changes.
    assert f"-backend-config={config}" in checkout.calls()[1]["arguments"]
    assert 'backend "s3"' in (checkout.root / "terraform" / "backend_override.tf").read_text()


def test_a_remote_state_is_not_left_by_forgetting_it(checkout: Checkout) -> None:
    (checkout.root / "terraform" / "backend_override.tf").write_text("")
    answer = checkout.run("plan")
    assert answer.returncode == 2
    assert answer.stderr.startswith("The state of this checkout is remote, but TF_BACKEND_CONFIG is not set.")


def test_a_folder_of_plug_ins_is_used_when_named(checkout: Checkout) -> None:
    checkout.run("plan", TF_PLUGIN_DIR="/plugins")
    assert "-plugin-dir=/plugins" in checkout.calls()[1]["arguments"]


def test_a_configuration_file_that_does_not_exist_is_not_named_to_terraform(checkout: Checkout) -> None:
    checkout.run("plan", TF_CLI_CONFIG_FILE="/nowhere/terraformrc")
    assert {call["cli"] for call in checkout.calls()} == {None}


def test_a_failed_init_shows_terraforms_reason(checkout: Checkout) -> None:
    checkout.answer(init={"code": 1, "err": "Error: no provider"})
    answer = checkout.run("plan")
    assert (answer.returncode, answer.stderr) == (2, "Error: no provider\nterraform init failed: see the error above.\n")


def test_outputs_are_one_json_object(checkout: Checkout) -> None:
    assert json.loads(checkout.run("outputs").stdout) == {"name": "claude-context", "url": URL}


def test_no_outputs_say_that_nothing_is_deployed(checkout: Checkout) -> None:
    checkout.answer(output={"out": "{}"})
    answer = checkout.run("outputs")
    assert (answer.returncode, answer.stderr) == (2, "Nothing is deployed. Deploy with: make deploy\n")


CLIENT = """import json, os, sys
command, failing = sys.argv[1], os.environ.get("FAILING")
print(json.dumps({"question": "Say hello in one short sentence."}) if failing != "nothing stored" else "{}")
print(command, sys.argv[-1].partition("-")[0], os.environ["CLAUDE_BRIDGE_URL"], os.environ["CLAUDE_BRIDGE_TOKEN"], file=sys.stderr)
sys.exit(4 if failing == command else 0)
""".replace('URL"', f'{URL}"', 1).replace(f"_{URL}", "_URL")


def test_smoke_tries_what_is_deployed_with_the_profiles_token(checkout: Checkout) -> None:
    checkout.with_client(CLIENT)
    checkout.run("deploy")
    assert checkout.profile is not None
    answer, whom = checkout.run("smoke"), f"{URL} {checkout.profile['token']}"
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr.splitlines() == [
        f"ping ping {whom}",
        f"ask Say hello in one short sentence. {whom}",
        f"history smoke {whom}",
        f"delete smoke {whom}",
    ]
    steps = [line for line in answer.stdout.splitlines() if line[0].isdigit()]
    assert steps == ["1 deployment", "2 token", "3 ping", "4 question", "5 history", "6 delete"]
    assert answer.stdout.endswith(f"The bridge at {URL} works.\n")


@pytest.mark.parametrize(
    ("failing", "step"),
    [("ping", "3, ping"), ("ask", "4, question"), ("history", "5, history"), ("nothing stored", "5, history"), ("delete", "6, delete")],
)
def test_smoke_names_the_step_that_failed(checkout: Checkout, failing: str, step: str) -> None:
    checkout.with_client(CLIENT)
    checkout.run("deploy")
    answer = checkout.run("smoke", FAILING=failing)
    assert answer.returncode == 2
    assert answer.stderr.splitlines()[-1] == f"make smoke failed at step {step}."
    assert ("delete smoke" in answer.stderr) == (failing not in ("ping", "ask"))


def test_smoke_says_that_nothing_is_deployed(checkout: Checkout) -> None:
    checkout.answer(output={"out": "{}"})
    answer = checkout.run("smoke")
    assert answer.stderr.splitlines() == ["Nothing is deployed. Deploy with: make deploy", "make smoke failed at step 1, deployment."]


def test_smoke_never_asks_with_another_bridges_token(checkout: Checkout) -> None:
    checkout.with_client(CLIENT)
    checkout.run("deploy")
    checkout.answer(output={"out": json.dumps({"name": {"value": "second"}, "url": {"value": f"{URL}2"}})})
    answer = checkout.run("smoke")
    assert (answer.returncode, answer.stdout) == (2, "1 deployment\n2 token\n")
    assert answer.stderr.startswith(f"There is no token for {URL}2.")
    assert answer.stderr.endswith("make smoke failed at step 2, token.\n")


def test_a_token_is_shown_once_alone_on_its_line(checkout: Checkout) -> None:
    answer = checkout.run("token", CLAUDE_BRIDGE_OWNER="someone", CLAUDE_BRIDGE_DAYS="7")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("ccb_")
    assert answer.stdout.count("\n") == 1
    assert checkout.tokens[0]["owner"] == "someone"
    assert checkout.run("revoke", CLAUDE_BRIDGE_OWNER="someone").returncode == 0
    assert checkout.tokens == []


def test_a_rotation_shows_the_new_token_and_says_how_long_the_old_one_lasts(checkout: Checkout) -> None:
    checkout.run("token", CLAUDE_BRIDGE_OWNER="someone")
    answer = checkout.run("rotate", CLAUDE_BRIDGE_OWNER="someone")
    assert answer.returncode == 0, answer.stderr
    assert (answer.stdout.startswith("ccb_"), answer.stdout.count("\n")) == (True, 1)
    assert "the 1 before it: 7 days more" in answer.stderr
    assert sorted(token["expires"] is None for token in checkout.tokens) == [False, True]
    assert checkout.run("rotate", CLAUDE_BRIDGE_OWNER="nobody").returncode == 2


def test_revoking_nobody_is_an_error(checkout: Checkout) -> None:
    answer = checkout.run("revoke", CLAUDE_BRIDGE_OWNER="nobody")
    assert answer.returncode == 2
    assert "make revoke OWNER=name" in answer.stderr


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["plan", "deploy"]])
def test_the_error_for_an_unknown_command_lists_the_known_ones(arguments: list[str]) -> None:
    answer = subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "stack.py"), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 2
    assert answer.stderr.startswith("usage: ")
