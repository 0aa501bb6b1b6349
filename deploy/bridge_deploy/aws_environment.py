"""Checks that everything a deployment needs is there, before anything is begun.

Only what can be checked without a call: whether the credentials are valid is for AWS to say.
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path

from bridge_deploy.failures import Failure
from bridge_deploy.variables import value_of

KEY_VARIABLES = ("TF_VAR_anthropic_api_key", "ANTHROPIC_API_KEY")
"""Where the key for the Claude API is taken from, the first one first."""

_CREDENTIALS = (
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


def require_region(environment: Mapping[str, str], home: Path, terraform_folder: Path) -> None:
    """Raises `Failure` where neither the environment, nor Terraform's variables, nor the AWS profile name a region."""
    named = any(environment.get(name) for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "TF_VAR_region"))
    if not (named or "region" in _profile(environment, home) or value_of("region", terraform_folder, {})):
        raise Failure("No AWS region is set. Set one, like: export AWS_REGION=eu-central-1")


def require_credentials(environment: Mapping[str, str], home: Path) -> None:
    """Raises `Failure` where there are no credentials in any of the places that Terraform looks at."""
    keys = environment.get("AWS_ACCESS_KEY_ID") and environment.get("AWS_SECRET_ACCESS_KEY")
    of_machine = environment.get("AWS_EC2_METADATA_DISABLED", "").lower() == "false"
    if keys or of_machine or any(environment.get(name) for name in _CREDENTIALS):
        return
    if not _profile(environment, home).keys() - {"region", "output"}:
        raise Failure(
            "No AWS credentials were found. Run `aws configure`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
            "(on an EC2 instance with a role: AWS_EC2_METADATA_DISABLED=false)."
        )


def api_key(environment: Mapping[str, str]) -> str:
    """The key for the Claude API, "" where there is none."""
    return next((key for name in KEY_VARIABLES if (key := environment.get(name, "").strip())), "")


def asks_through_aws(terraform_folder: Path, environment: Mapping[str, str]) -> bool:
    """Whether the bridge is to ask Claude by a permission of its role, without an API key."""
    return value_of("claude_provider", terraform_folder, environment) in ("bedrock", "anthropic-aws")


def require_api_key(terraform_folder: Path, environment: Mapping[str, str]) -> None:
    """Raises `Failure` where there is no key for the Claude API, and one is needed."""
    if not (api_key(environment) or asks_through_aws(terraform_folder, environment)):
        raise Failure(
            "ANTHROPIC_API_KEY is not set. Set it to your key for the Claude API; it is stored in an encrypted SSM parameter. "
            'Or have Claude asked through AWS, without a key: claude_provider = "bedrock" in terraform/terraform.tfvars.'
        )


def _profile(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """What AWS's two files say of the profile in use; https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html"""
    name = environment.get("AWS_PROFILE") or "default"
    values: dict[str, str] = {}
    for variable, file, section in (
        ("AWS_CONFIG_FILE", "config", name if name == "default" else f"profile {name}"),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials", name),
    ):
        path = Path(environment.get(variable) or home / ".aws" / file).expanduser()
        parser = configparser.RawConfigParser(default_section="")
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError) as error:
            raise Failure(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
        if parser.has_section(section):
            values |= dict(parser.items(section))
    return values
