"""The API key, from an encrypted SSM parameter.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
"""

from __future__ import annotations

import logging
import threading

from bridge.aws.errors import AwsError
from bridge.aws.service import AwsSettings, Service
from bridge.clock import Clock
from bridge.errors import BridgeError, Code
from bridge.typed import Any

SETTING = "ANTHROPIC_API_KEY_PARAMETER"
REFRESH_SECONDS = 60.0
"""A refused key is read again at most this often: otherwise a wrong one would cost a read with each question."""

log = logging.getLogger("bridge")


def ssm(settings: AwsSettings, **how: Any) -> Service:
    """The SSM service of the region. `how` goes to `Service`: retry_policy, clock, sleep, jitter."""
    return Service(settings, settings.endpoint("SSM", f"ssm.{settings.region}"), "ssm", **how)


class KeyParameter:
    """The value of the parameter `name` (a name, a path or an ARN), read when first needed and remembered. Threads may share it."""

    def __init__(self, service: Service, name: str, clock: Clock) -> None:
        self._service = service
        self._name = name
        self._clock = clock
        self._key = ""
        self._refreshed_at = float("-inf")
        self._lock = threading.Lock()

    def key(self) -> str:
        """The API key. Raises `BridgeError`: `claude_misconfigured` where there is none, `claude_unavailable` where SSM did not answer."""
        with self._lock:
            if not self._key:
                self._key = self._read()
            return self._key

    def refresh(self) -> str:
        """For a key that was refused: reads it again, since it may have been replaced, but at most once a minute. Raises as `key`."""
        with self._lock:
            if not self._key or self._clock.monotonic() - self._refreshed_at >= REFRESH_SECONDS:
                self._key = self._read()
                self._refreshed_at = self._clock.monotonic()
            return self._key

    def _read(self) -> str:
        try:
            answer = self._service.json("AmazonSSM.GetParameter", "1.1", {"Name": self._name, "WithDecryption": True})
        except AwsError as error:
            log.error("the API key could not be read", extra={"error": str(error), "parameter": self._name})
            if error.retryable:
                raise BridgeError(Code.CLAUDE_UNAVAILABLE, "The API key could not be read just now. Try again.") from error
            raise _misconfigured() from error
        parameter = answer.get("Parameter")
        value = parameter.get("Value") if isinstance(parameter, dict) else None
        key = value.strip() if isinstance(value, str) else ""
        if not key:
            raise _misconfigured()
        return key


def _misconfigured() -> BridgeError:
    text = f"The API key cannot be read. Check the parameter that {SETTING} names, and that the bridge may read it."
    return BridgeError(Code.CLAUDE_MISCONFIGURED, text, setting=SETTING)
