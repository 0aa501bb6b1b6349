"""Whether there is all that a deployment needs, told before anything is begun.

Only what can be told without a call: whether the credentials are any good is AWS's to say.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from pathlib import Path

from bridge_deploy.failures import Failure

_REGION_IN_VARIABLES = re.compile(r'^\s*"?region"?\s*[=:]\s*"', re.MULTILINE)
_CREDENTIALS = (
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


def require_region(environment: Mapping[str, str], home: Path, terraform_folder: Path) -> None:
    """Raises `Failure` where neither the environment, nor Terraform's variables, nor the AWS profile name a region."""
    named = any(environment.get(name) for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "TF_VAR_region"))
    if not (named or "region" in _profile(environment, home) or _region_in_variables(terraform_folder)):
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
    return (environment.get("TF_VAR_anthropic_api_key") or environment.get("ANTHROPIC_API_KEY") or "").strip()


def require_api_key(environment: Mapping[str, str]) -> None:
    """Raises `Failure` where there is no key for the Claude API."""
    if not api_key(environment):
        raise Failure("ANTHROPIC_API_KEY is not set. Set it to your key for the Claude API; it is kept in an encrypted SSM parameter.")


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


def _region_in_variables(folder: Path) -> bool:
    files = [
        folder / "terraform.tfvars",
        folder / "terraform.tfvars.json",
        *folder.glob("*.auto.tfvars"),
        *folder.glob("*.auto.tfvars.json"),
    ]
    return any(_REGION_IN_VARIABLES.search(file.read_text(encoding="utf-8")) for file in files if file.is_file())
