"""What a deployment needs is asked for before anything is begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge_deploy.aws_environment import api_key, require_api_key, require_credentials, require_region
from bridge_deploy.failures import Failure


def aws_file(home: Path, name: str, text: str) -> None:
    (home / ".aws").mkdir(exist_ok=True)
    (home / ".aws" / name).write_text(text)


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION", "TF_VAR_region"])
def test_a_region_in_the_environment_is_enough(tmp_path: Path, name: str) -> None:
    require_region({name: "eu-central-1"}, tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("environment", "text"),
    [({}, "[default]\nregion = eu-central-1\n"), ({"AWS_PROFILE": "work"}, "[profile work]\nregion = eu-central-1\n")],
    ids=["default", "named"],
)
def test_a_region_in_the_profile_is_enough(tmp_path: Path, environment: dict[str, str], text: str) -> None:
    aws_file(tmp_path, "config", text)
    require_region(environment, tmp_path, tmp_path)


@pytest.mark.parametrize(("name", "text"), [("terraform.tfvars", 'region = "eu-central-1"\n'), ("a.auto.tfvars.json", '{\n"region": "x"}')])
def test_a_region_in_terraforms_variables_is_enough(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    require_region({}, tmp_path, tmp_path)


def test_no_region_says_how_to_set_one(tmp_path: Path) -> None:
    aws_file(tmp_path, "config", "[profile work]\nregion = eu-central-1\n")
    (tmp_path / "terraform.tfvars").write_text('# region = "eu-central-1"\nname = "x"\n')
    with pytest.raises(Failure, match="export AWS_REGION="):
        require_region({"AWS_REGION": ""}, tmp_path, tmp_path)


@pytest.mark.parametrize(
    "environment",
    [
        {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"},
        {"AWS_PROFILE": "work"},
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token"},
        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/credentials"},
        {"AWS_EC2_METADATA_DISABLED": "false"},
    ],
    ids=lambda environment: next(iter(environment)),
)
def test_credentials_of_any_kind_are_enough(tmp_path: Path, environment: dict[str, str]) -> None:
    require_credentials(environment, tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [("credentials", "[default]\naws_access_key_id = a\naws_secret_access_key = b\n"), ("config", "[default]\nsso_session = work\n")],
)
def test_credentials_in_awss_files_are_enough(tmp_path: Path, name: str, text: str) -> None:
    aws_file(tmp_path, name, text)
    require_credentials({}, tmp_path)


@pytest.mark.parametrize("environment", [{}, {"AWS_ACCESS_KEY_ID": "half"}, {"AWS_EC2_METADATA_DISABLED": "true"}])
def test_no_credentials_say_how_to_get_some(tmp_path: Path, environment: dict[str, str]) -> None:
    aws_file(tmp_path, "config", "[default]\nregion = eu-central-1\noutput = json\n")
    with pytest.raises(Failure, match="aws configure"):
        require_credentials(environment, tmp_path)


def test_a_broken_file_of_awss_is_named(tmp_path: Path) -> None:
    aws_file(tmp_path, "config", "region = eu-central-1\n")
    with pytest.raises(Failure, match=r"\.aws/config cannot be read"):
        require_credentials({}, tmp_path)


@pytest.mark.parametrize(
    ("environment", "key"),
    [({"ANTHROPIC_API_KEY": " a\n"}, "a"), ({"TF_VAR_anthropic_api_key": "b", "ANTHROPIC_API_KEY": "a"}, "b")],
    ids=["the client's name for it", "Terraform's"],
)
def test_the_key_has_two_names(tmp_path: Path, environment: dict[str, str], key: str) -> None:
    assert api_key(environment) == key
    require_api_key(tmp_path, environment)


@pytest.mark.parametrize("provider", ["", 'claude_provider = "anthropic"\n', '# claude_provider = "bedrock"\n'])
def test_no_key_says_what_to_set(tmp_path: Path, provider: str) -> None:
    (tmp_path / "terraform.tfvars").write_text(provider)
    with pytest.raises(Failure, match=r'^ANTHROPIC_API_KEY is not set.* claude_provider = "bedrock" in terraform/terraform\.tfvars\.$'):
        require_api_key(tmp_path, {"ANTHROPIC_API_KEY": " "})


def test_through_aws_no_key_is_needed(tmp_path: Path) -> None:
    require_api_key(tmp_path, {"TF_VAR_claude_provider": "bedrock"})
    (tmp_path / "terraform.tfvars").write_text('claude_provider = "anthropic-aws"\n')
    require_api_key(tmp_path, {})
