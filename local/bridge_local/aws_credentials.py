"""AWS credentials on this machine: those of the environment, else those of the AWS CLI, which knows profiles and single sign-on.

https://docs.aws.amazon.com/cli/latest/reference/configure/export-credentials.html
"""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from bridge.claude.aws_endpoint import CredentialSource, FixedCredentials
from bridge.clock import Clock
from bridge.errors import BridgeError, Code
from bridge.network.sigv4 import Credentials
from bridge.settings import BadSetting
from bridge.text import clean, json_object, one_line

CLI_SECONDS = 20.0
"""It may have to fetch credentials from AWS; it cannot ask the person anything."""
RENEW_SECONDS = 300.0
"""So long before they expire, credentials are fetched again."""


class AwsAccess(NamedTuple):
    """Where and as whom Claude is asked through AWS."""

    region: str
    credentials: CredentialSource

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> AwsAccess:
        """Reads `environment`. Raises `BadSetting` where it names no region, or there is nothing to take credentials from."""
        region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or ""
        if not region:
            raise BadSetting("AWS_REGION must be set to the region in which Claude is to be asked, like us-east-1.")
        return cls(region, _credentials(environment))


def _credentials(environment: Mapping[str, str]) -> CredentialSource:
    access_key, secret_key = environment.get("AWS_ACCESS_KEY_ID", ""), environment.get("AWS_SECRET_ACCESS_KEY", "")
    if access_key and secret_key:
        return FixedCredentials(Credentials(access_key, secret_key, environment.get("AWS_SESSION_TOKEN", "")))
    if access_key or secret_key:
        raise BadSetting("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set both, or neither of them.")
    program = shutil.which("aws", path=environment.get("PATH"))
    if program is None:
        raise BadSetting("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set, or the AWS CLI installed, for CLAUDE_PROVIDER.")
    return CliCredentials(lambda: _exported(program, environment), Clock().now)


class CliCredentials:
    """What the AWS CLI exports, cached until shortly before it expires. Threads may share it."""

    def __init__(self, export: Callable[[], str], now: Callable[[], float]) -> None:
        self._export = export
        self._now = now
        self._lock = threading.Lock()
        self._credentials: Credentials | None = None
        self._expires_at = float("inf")

    def credentials(self) -> Credentials:
        """Raises `BridgeError` (`claude_misconfigured`)."""
        with self._lock:
            if self._credentials is None or self._now() >= self._expires_at - RENEW_SECONDS:
                self._credentials, self._expires_at = _read(self._export())
            return self._credentials

    def refresh(self) -> Credentials:
        with self._lock:
            self._credentials = None
        return self.credentials()


def _exported(program: str, environment: Mapping[str, str]) -> str:
    command = [program, "configure", "export-credentials", "--format", "process"]
    try:
        run = subprocess.run(  # noqa: S603 - the person's own AWS CLI
            command, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=CLI_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _none(f"{type(error).__name__}") from error
    if run.returncode:
        raise _none(one_line(clean(run.stderr), 200))
    return run.stdout


def _read(exported: str) -> tuple[Credentials, float]:
    """The credentials and when they expire, in seconds since the epoch."""
    values = json_object(exported) or {}
    access_key, secret_key, token = (values.get(name) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
    if not (isinstance(access_key, str) and isinstance(secret_key, str)):
        raise _none("its answer has none")
    try:
        expires_at = datetime.fromisoformat(str(values.get("Expiration"))).timestamp()
    except ValueError:
        expires_at = float("inf")
    return Credentials(access_key, secret_key, token if isinstance(token, str) else ""), expires_at


def _none(reason: str) -> BridgeError:
    text = f"The AWS CLI gives no credentials: {reason.rstrip('.')}. Log in, for instance with: aws sso login"
    return BridgeError(Code.CLAUDE_MISCONFIGURED, text, setting="AWS_PROFILE")
