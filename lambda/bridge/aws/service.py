"""Signed calls to one AWS service, over persistent connections, with retries.

A call is tried again when the same call may succeed in a moment (`AwsError.retryable`). Every call of the bridge is safe to repeat: its
writes are conditional, and its posts carry what makes a repeated frame harmless.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from urllib.parse import urlsplit

from bridge.aws.errors import AwsError
from bridge.clock import Clock, jitter
from bridge.network.http_pool import Pool
from bridge.network.proxy import proxy_for
from bridge.network.sigv4 import Credentials, host_header, sign
from bridge.settings import BadSetting
from bridge.text import encode, json_object
from bridge.typed import Any, NamedTuple

_SUFFIXES = {"cn-": "amazonaws.com.cn", "eusc-": "amazonaws.eu"}


class AwsSettings:
    """Where and as whom AWS is called. `environment` holds what names other endpoints and a proxy."""

    def __init__(self, region: str, credentials: Credentials, environment: Mapping[str, str] | None = None) -> None:
        self.region = region
        self.credentials = credentials
        self.environment = environment or {}

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> AwsSettings:
        """Reads AWS's own variables, which Lambda sets. Raises `BadSetting` where region or credentials are missing."""
        region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or ""
        if not region:
            raise BadSetting("AWS_REGION is not set. Set it to the region of the bridge, like eu-central-1.")
        access_key, secret_key = environment.get("AWS_ACCESS_KEY_ID", ""), environment.get("AWS_SECRET_ACCESS_KEY", "")
        if not (access_key and secret_key):
            raise BadSetting(
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set. The bridge takes credentials from nowhere else."
            )
        return cls(region, Credentials(access_key, secret_key, environment.get("AWS_SESSION_TOKEN", "")), environment)

    def endpoint(self, service: str, host: str) -> str:
        """The URL of a service: `AWS_ENDPOINT_URL_<SERVICE>`, else `AWS_ENDPOINT_URL`, else `host` in the region's partition.

        `host` is without the suffix, like `dynamodb.eu-central-1`.
        """
        for name in (f"AWS_ENDPOINT_URL_{service}", "AWS_ENDPOINT_URL"):
            if url := self.environment.get(name, ""):
                if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
                    raise BadSetting(f"{name} must be a URL like https://dynamodb.eu-central-1.amazonaws.com, not {url!r}.")
                return url
        suffix = next((suffix for prefix, suffix in _SUFFIXES.items() if self.region.startswith(prefix)), "amazonaws.com")
        return f"https://{host}.{suffix}"


class RetryPolicy(NamedTuple):
    """How long a call may take, in seconds, and how often it is tried.

    No attempt begins later than `budget` after the first. Silence of `read_timeout` ends an attempt, so that a call lasts at most
    `budget + connect_timeout + read_timeout`, and more only while bytes keep coming. `throttled` says whether throttling is waited out.
    """

    attempts: int = 5
    budget: float = 8.0
    connect_timeout: float = 2.0
    read_timeout: float = 4.0
    throttled: bool = True


_DEFAULT_POLICY = RetryPolicy()
_REAL_TIME = Clock()
_FIRST_WAIT = 0.05
_FIRST_WAIT_THROTTLED = 0.25
_MAX_WAIT_SECONDS = 2.0


class Service:
    """One service at one endpoint. `signing_name` is what signatures call it. Threads may share it."""

    def __init__(
        self,
        settings: AwsSettings,
        url: str,
        signing_name: str,
        *,
        retry_policy: RetryPolicy = _DEFAULT_POLICY,
        clock: Clock = _REAL_TIME,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = jitter,
    ) -> None:
        self._settings = settings
        self._signing_name = signing_name
        self._retry_policy = retry_policy
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self.url = url
        self._host = host_header(url)
        self._prefix = urlsplit(url).path.rstrip("/")
        self._pool = Pool(
            url,
            connect_timeout=retry_policy.connect_timeout,
            read_timeout=retry_policy.read_timeout,
            proxy=proxy_for(url, settings.environment),
            clock=clock.now,
        )

    def json(self, target: str, version: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Calls the operation `target`, like `DynamoDB_20120810.Query`, in AWS's JSON `version` ("1.0" or "1.1"). Raises `AwsError`."""
        headers = {"Content-Type": f"application/x-amz-json-{version}", "X-Amz-Target": target}
        return self._until_answered("POST", "/", headers, encode(request), _json_object)

    def post(self, path: str, body: bytes) -> None:
        """Posts `body` as it is to `path`, which is percent-encoded. What is answered does not matter. Raises `AwsError`."""
        self._until_answered("POST", path, {"Content-Type": "application/octet-stream"}, body, lambda _: {})

    def pause(self, attempt: int) -> None:
        """Waits as after throttling, the longer the more attempts there were (1, 2, ...)."""
        self._sleep(self._backoff(_FIRST_WAIT_THROTTLED, attempt))

    def close(self) -> None:
        """Closes the idle connections. The service can go on being used."""
        self._pool.close()

    def _until_answered(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, read: Callable[[bytes], dict[str, Any]]
    ) -> dict[str, Any]:
        last_start = self._clock.monotonic() + self._retry_policy.budget
        attempt, repeated = 1, False
        while True:
            try:
                return self._attempt(method, path, headers, body, read)
            except AwsError as error:
                error.repeated = error.repeated or repeated
                wait = self._wait(error, attempt)
                if wait is None or self._clock.monotonic() + wait > last_start:
                    raise
                repeated = repeated or error.outcome_unknown
            self._sleep(wait)
            attempt += 1

    def _wait(self, error: AwsError, attempt: int) -> float | None:
        """Seconds until the next attempt; None: there is none."""
        if not error.retryable or attempt >= self._retry_policy.attempts or (error.throttled and not self._retry_policy.throttled):
            return None
        return self._backoff(_FIRST_WAIT_THROTTLED if error.throttled else _FIRST_WAIT, attempt)

    def _backoff(self, first: float, attempt: int) -> float:
        """A random part of a time that doubles: callers that failed together do not come back together."""
        return self._jitter() * min(first * 2.0 ** (attempt - 1), _MAX_WAIT_SECONDS)

    def _attempt(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, read: Callable[[bytes], dict[str, Any]]
    ) -> dict[str, Any]:
        path = self._prefix + path
        signed = sign(
            method,
            self._host,
            path,
            "",
            headers,
            body,
            service=self._signing_name,
            region=self._settings.region,
            credentials=self._settings.credentials,
            amz_date=time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._clock.now())),
        )
        try:
            connection, response = self._pool.send(method, path, body, signed)
        except (OSError, HTTPException) as error:
            raise AwsError.lost(error) from error
        try:
            content = response.read()
            if response.status < 300:
                answer = read(content)
        except (OSError, HTTPException, ValueError) as error:
            self._pool.discard(connection)
            raise AwsError.lost(error) from error
        self._pool.release(connection)
        if response.status < 300:
            return answer
        refusal = AwsError.of(response.status, response.getheader("x-amzn-errortype"), content)
        refusal.repeated = connection.repeated
        raise refusal


def _json_object(content: bytes) -> dict[str, Any]:
    """The object in `content`. Raises `ValueError`."""
    answer = json_object(content)
    if answer is None:
        raise ValueError("The answer is not a JSON object.")
    return answer
