"""AWS credentials on a laptop: from the environment, else from the AWS CLI, of which a script takes the place here."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from bridge.clock import Clock
from bridge.errors import BridgeError, Code
from bridge.settings import BadSetting, Settings
from bridge_local.aws_credentials import AwsAccess, CliCredentials
from bridge_local.settings import LocalSettings, endpoint_of

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}
BEDROCK = {"CLAUDE_PROVIDER": "bedrock", "AWS_REGION": "us-east-1"}


@pytest.fixture
def cli(tmp_path: Path) -> Path:
    """The folder in which a test puts its AWS CLI."""
    return tmp_path


def install(folder: Path, script: str) -> dict[str, str]:
    """The environment in which `aws` is this script."""
    program = folder / "aws"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{folder}:/bin:/usr/bin", "AWS_REGION": "us-east-1"}


def exported(key: str = "ASIAEXAMPLE", **fields: object) -> str:
    return json.dumps({"Version": 1, "AccessKeyId": key, "SecretAccessKey": "s", "SessionToken": "t", **fields})


def test_the_environment_comes_first(cli: Path) -> None:
    access = AwsAccess.of(install(cli, "exit 1") | KEYS)
    assert access.region == "us-east-1"
    assert access.credentials.credentials() == access.credentials.refresh() == ("AKIDEXAMPLE", "secret", "token")


def test_the_cli_is_asked_for_the_profile_that_the_environment_names(cli: Path) -> None:
    script = (
        f"""test "$*" = "configure export-credentials --format process" || exit 9\necho '{exported("$P")}' | sed "s/[$]P/$AWS_PROFILE/" """
    )
    access = AwsAccess.of(install(cli, script) | {"AWS_PROFILE": "work"})
    assert access.credentials.credentials() == ("work", "s", "t")


def test_credentials_are_cached_until_shortly_before_they_expire() -> None:
    calls: list[int] = []
    now = [1_700_000_000.0]

    def export() -> str:
        calls.append(1)
        return exported(f"KEY{len(calls)}", Expiration="2023-11-14T23:13:20Z")

    source = CliCredentials(export, lambda: now[0])
    assert [source.credentials().access_key for _ in range(3)] == ["KEY1"] * 3
    now[0] += 3_600 - 299
    assert source.credentials().access_key == "KEY2"
    assert source.refresh().access_key == "KEY3"


def test_threads_share_one_answer_of_the_cli() -> None:
    calls: list[int] = []
    source = CliCredentials(lambda: calls.append(1) or exported(), lambda: 0.0)  # type: ignore[func-returns-value]
    threads = [threading.Thread(target=source.credentials) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1


@pytest.mark.parametrize("expiration", [None, "", "never", 7])
def test_credentials_without_an_end_are_cached(expiration: object) -> None:
    source = CliCredentials(lambda: exported(Expiration=expiration), lambda: 1e12)
    assert source.credentials() is source.credentials()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("printf 'Error loading SSO Token:\\n Token for work does not exist\\n' >&2; exit 255", "Token for work does not exist"),
        ("echo no JSON", "its answer has none"),
        ('echo \'{"AccessKeyId": "A"}\'', "its answer has none"),
        ("exit 1", "gives no credentials"),
    ],
)
def test_a_cli_without_credentials_says_what_to_do(cli: Path, script: str, reason: str) -> None:
    source = AwsAccess.of(install(cli, script)).credentials
    with pytest.raises(BridgeError) as caught:
        source.credentials()
    assert (caught.value.code, caught.value.setting) == (Code.CLAUDE_MISCONFIGURED, "AWS_PROFILE")
    assert reason in caught.value.message
    assert caught.value.message.endswith("Log in, for instance with: aws sso login")
    assert caught.value.message.isprintable()


def test_a_cli_that_cannot_be_started_is_one_without_credentials(cli: Path) -> None:
    environment = install(cli, "")
    (cli / "aws").write_text("#!/no/such/shell\n")
    with pytest.raises(BridgeError, match="FileNotFoundError"):
        AwsAccess.of(environment).credentials.credentials()


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({**KEYS}, "AWS_REGION must be set"),
        ({"AWS_REGION": "r", "AWS_ACCESS_KEY_ID": "A", "PATH": "/nowhere"}, "must be set both"),
        ({"AWS_REGION": "r", "PATH": "/nowhere"}, "or the AWS CLI installed"),
    ],
)
def test_what_is_missing_is_reported_at_start(environment: dict[str, str], said: str) -> None:
    with pytest.raises(BadSetting, match=said) as caught:
        LocalSettings.of({"CLAUDE_PROVIDER": "bedrock", **environment})
    assert "\n" not in str(caught.value)


def test_a_provider_on_aws_needs_no_key_and_is_not_offline() -> None:
    settings = LocalSettings.of({**BEDROCK, **KEYS, "HTTPS_PROXY": "p:3128", "NO_PROXY": "api.anthropic.com"})
    assert (settings.offline, settings.bridge.claude_model) == (False, "anthropic.claude-sonnet-5-5")
    assert settings.proxy is not None
    assert endpoint_of(settings.bridge, settings.aws, Clock()).url == "https://bedrock-mantle.us-east-1.api.aws/anthropic"
    exempt = LocalSettings.of({**BEDROCK, **KEYS, "HTTPS_PROXY": "p:3128", "NO_PROXY": ".api.aws"})
    assert exempt.proxy is None
    assert endpoint_of(Settings(), None, Clock()).url == "https://api.anthropic.com"
