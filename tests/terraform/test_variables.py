"""Terraform's variables and the bridge's settings are the same list."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bridge.claude import anthropic_aws, bedrock
from bridge.claude.endpoint import AwsService
from bridge.settings import VARIABLES, BadSetting, Settings

TERRAFORM = Path(__file__).resolve().parents[2] / "terraform"
MODULES = sorted(path.parent for path in TERRAFORM.rglob("variables.tf"))

NOT_SET = {"ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY_PARAMETER"}
"""The key is read from a parameter, where there is one: an environment can be read by whoever may see the function."""

PARTS = {"CONTEXT_TABLE", "HASH_TABLE", "API_ID", "STAGE", "LOG_LEVEL"}
"""What Terraform knows better than a person: the names of the stack's own parts."""


def settings_of_main() -> dict[str, str]:
    block = re.search(r"settings = \{\n(.*?)\n  \}", (TERRAFORM / "main.tf").read_text(), re.DOTALL)
    assert block
    return dict(re.findall(r"(\w+)\s*= var\.(\w+)", block[1]))


def blocks(path: Path, kind: str) -> dict[str, str]:
    return blocks_of(path.read_text(), kind)


def blocks_of(text: str, kind: str) -> dict[str, str]:
    return dict(re.findall(rf'^{kind} "(\w+)" \{{\n(.*?)^\}}', text, re.DOTALL | re.MULTILINE))


def test_every_setting_of_the_bridge_is_set_and_no_other() -> None:
    environment = re.search(r"bridge_environment = merge\((.*?)\n  \)", (TERRAFORM / "main.tf").read_text(), re.DOTALL)
    assert environment
    parts = set(re.findall(r"^      ([A-Z_]+)\s*=", environment[1], re.MULTILINE))
    assert parts == PARTS
    assert set(settings_of_main()) == set(VARIABLES) - NOT_SET - PARTS


def test_every_setting_is_a_variable_of_the_same_name_without_a_default_of_its_own() -> None:
    variables = blocks(TERRAFORM / "variables.tf", "variable")
    for setting, variable in settings_of_main().items():
        assert variable == setting.lower()
        assert re.search(r"^  default\s+= null$", variables[variable], re.MULTILINE), variable


@pytest.mark.parametrize("name", sorted(settings_of_main()))
def test_the_description_names_the_setting(name: str) -> None:
    assert f'description = "{name}: ' in blocks(TERRAFORM / "variables.tf", "variable")[name.lower()]


@pytest.mark.parametrize(
    "name",
    [
        "claude_effort",
        "max_tokens",
        "context_limit",
        "recall_read_kb",
        "max_message_chars",
        "session_ttl_hours",
        "lease_seconds",
        "daily_token_budget",
        "daily_budget_usd",
        "keep_hours_max",
        "daily_import_mb",
    ],
)
def test_the_default_that_a_description_tells_is_the_bridges(name: str) -> None:
    description = blocks(TERRAFORM / "variables.tf", "variable")[name]
    reported = re.search(r"; null: ([\d,]+)", description)
    default = getattr(Settings(), name)
    assert (float(reported[1].replace(",", "")) if reported else "") == default


def refused_values() -> list[tuple[str, str]]:
    """What the modules' tests show that Terraform refuses, of the bridge's settings."""
    text = (TERRAFORM / "tests" / "root.tftest.hcl").read_text()
    runs = [block for name, block in blocks_of(text, "run").items() if name.startswith(("unusable_values", "values_above"))]
    values = [pair for run in runs for pair in re.findall(r'^    (\w+)\s*= (?:"([^"]*)"|([-\d.]+))$', run, re.MULTILINE)]
    of_settings = {variable: name for name, variable in settings_of_main().items()}
    return [(of_settings[name], text or number) for name, text, number in values if name in of_settings]


@pytest.mark.parametrize(
    ("name", "value"), [pair for pair in refused_values() if pair[0] not in ("CLAUDE_MODEL", "SUMMARY_MODEL", "CLAUDE_MODELS")]
)
def test_what_terraform_refuses_is_what_the_bridge_would_refuse(name: str, value: str) -> None:
    with pytest.raises(BadSetting):
        Settings.of({name: value})


def base_url_pattern() -> re.Pattern[str]:
    block = blocks(TERRAFORM / "variables.tf", "variable")["anthropic_base_url"]
    match = re.search(r'regex\("(.*)", var', block)
    assert match is not None
    return re.compile(json.loads(f'"{match[1]}"'))


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://host:port",
            "https://host:99999",
            "https://host:0",
            "https://a..b",
            "https://https://host",
            "https://${HOST}",
            "https:/host",
        ),
        *(
            "https://<host>",
            "https://h\u00f6st",
            "https://host/a b",
            "https://host/v1?x=1",
            "https://u:p@host",
            f"https://{'a' * 64}.example",
        ),
    ],
)
def test_a_base_url_that_the_bridge_would_refuse_is_refused_at_plan(url: str) -> None:
    with pytest.raises(BadSetting):
        Settings.of({"ANTHROPIC_BASE_URL": url})
    assert not base_url_pattern().search(url)


@pytest.mark.parametrize(
    "url", ["https://api.anthropic.com", "http://litellm:4000/", "https://h_1.example./v1/messages", "http://[::1]:8080/claude"]
)
def test_a_base_url_that_the_bridge_takes_passes_the_plan(url: str) -> None:
    assert Settings.of({"ANTHROPIC_BASE_URL": url})
    assert base_url_pattern().search(url)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_every_variable_is_typed_described_and_validated(module: Path) -> None:
    for name, block in blocks(module / "variables.tf", "variable").items():
        assert re.search(r"^  type\s+= ", block, re.MULTILINE), name
        assert re.search(r'^  description = "\S.+"$', block, re.MULTILINE), name
        assert "validation {" in block or re.search(r"^  type\s+= bool$", block, re.MULTILINE), name
        assert "nullable    = false" in block or "default     = null" in block, name


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_every_output_is_described(module: Path) -> None:
    for name, block in blocks(module / "outputs.tf", "output").items():
        assert re.search(r'^  description = "\S.+"$', block, re.MULTILINE), name


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_every_module_says_which_versions_it_works_with(module: Path) -> None:
    text = (module / "versions.tf").read_text()
    assert 'required_version = ">= 1.11"' in text
    assert 'version = ">= 5.100, < 7.0"' in text


@pytest.mark.parametrize(("provider", "service"), [("bedrock", bedrock.SERVICE), ("anthropic-aws", anthropic_aws.SERVICE)])
def test_the_role_may_do_what_the_provider_needs(provider: str, service: AwsService) -> None:
    match = re.search(
        rf'^    {provider}\s*= {{ service = "(.+?)", resource = "(.+?)" }}$', (TERRAFORM / "modules/iam/main.tf").read_text(), re.M
    )
    assert match
    resource = re.sub(r"\$\{coalesce\(.*\)\}", "WORKSPACE", match[2])
    assert f"{match[1]}:CreateInference" == service.action
    assert f"arn:aws:{match[1]}:{{region}}:ACCOUNT:{resource}" == service.resource


def test_the_key_is_ephemeral_and_has_no_value_by_default() -> None:
    for module in (TERRAFORM, TERRAFORM / "modules" / "iam"):
        block = blocks(module / "variables.tf", "variable")["anthropic_api_key"]
        assert re.search(r"^  ephemeral\s+= true$", block, re.MULTILINE)
        assert re.search(r"^  default\s+= null$", block, re.MULTILINE)
