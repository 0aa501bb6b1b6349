"""One provider of the Messages API: where it is, what authorises a request, and what its errors mean.

`messages_api` sends the requests and reads the streams. A provider is one small module that implements `Endpoint`.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.claude.retry import Failure
from bridge.typed import Any, NamedTuple, Protocol

MODEL_CHECK_DENIED = "model_check_denied"
"""The `kind` of a failure which says only that the credentials may not look at models; answers do not need that."""


class Request(NamedTuple):
    """One HTTP request. `path` begins with that of the base URL; `headers` are those that do not depend on the provider."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Refused(NamedTuple):
    """A response other than 200. Header names are in lower case; `body` may be HTML, or nothing. `now` is the wall clock, in seconds."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    model: str
    now: float


class AwsService(NamedTuple):
    """One of AWS's services that speak the Messages API, as `aws_endpoint` needs to know it. `{region}` in its texts is filled in.

    `name` is what signatures call it. `action` must be allowed on `resource`, an ARN without the account. `access` is what to do where
    the account may not use a model. `headers` are sent with every request: pairs of a header and the field of `Settings` with its value.
    """

    name: str
    url: str
    action: str
    resource: str
    access: str
    headers: tuple[tuple[str, str], ...] = ()


class Endpoint(Protocol):
    @property
    def url(self) -> str:
        """The base URL: without `/v1`, and without a slash at the end."""

    def headers(self, request: Request) -> dict[str, str]:
        """All headers of one attempt, with those that authorise it. Raises `BridgeError` (`claude_misconfigured`) without credentials."""

    def renew(self, status: int, sent: Mapping[str, str]) -> bool:
        """After a refusal of a request with the headers `sent`: whether there are other credentials by now. Raises `BridgeError`."""

    def failure(self, refused: Refused) -> Failure:
        """What a response means that is not an answer, and whether to try again."""

    def event_failure(self, event: Mapping[str, Any], model: str) -> Failure:
        """The same for an `error` event within a stream."""

    def loss(self, error: Exception) -> Failure:
        """The same for a connection that could not be made or broke off: an `OSError` or an `HTTPException`."""
