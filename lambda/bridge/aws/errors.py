"""What an AWS service answers when it does not do what it was asked, and whether to ask again. Pure.

Source: botocore 1.44 `parsers.py` (names) and `retries/standard.py` (what is tried again).
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.text import json_object
from bridge.typed import Any

_TRANSIENT = frozenset({"RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete"})
_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottledException",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "TransactionInProgressException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "RequestThrottled",
        "SlowDown",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
    }
)

_SHOWN = 200


class AwsError(Exception):
    """A call that was refused, or (`status` 0) had no usable answer.

    `name` is AWS's, like `ConditionalCheckFailedException`; the status where a service named none; `NoAnswer` where there was none. `body`
    is the JSON object of the answer, or empty. `repeated` says that an earlier attempt of the same call may have been carried out.
    """

    def __init__(self, name: str, status: int, message: str, body: Mapping[str, Any]) -> None:
        # A refused signature is answered with the whole canonical request, session token included, below the first line.
        super().__init__(f"{name} (status {status}): {message.partition(chr(10))[0][:_SHOWN]}")
        self.name = name
        self.status = status
        self.body = body
        self.repeated = False

    @classmethod
    def lost(cls, cause: Exception) -> AwsError:
        """No connection, a time-out, or an answer that was cut off or is not JSON."""
        # What is said of an answer that cannot be read may quote it, and an answer may hold the API key.
        said = f": {cause}" if isinstance(cause, OSError) else ""
        return cls("NoAnswer", 0, f"{type(cause).__name__}{said}", {})

    @classmethod
    def of(cls, status: int, error_type: str, content: bytes) -> AwsError:
        """An answer other than success. `error_type` is the header `x-amzn-errortype` or "". `content` may be HTML, XML or nothing."""
        body = json_object(content) or {}
        name = next((one for one in (error_type, *map(body.get, ("__type", "code", "Code"))) if one and isinstance(one, str)), "")
        message = body.get("message", body.get("Message", ""))
        return cls(name.partition(":")[0].rpartition("#")[2] or str(status), status, str(message), body)

    @property
    def throttled(self) -> bool:
        """The service is asked too often: wait longer."""
        return self.status == 429 or self.name in _THROTTLED

    @property
    def retryable(self) -> bool:
        """The same call may succeed in a moment: no answer, 500, 502, 503, 504, a time-out on the service's side, or throttling."""
        return self.throttled or self.status in (0, 500, 502, 503, 504) or self.name in _TRANSIENT

    @property
    def outcome_unknown(self) -> bool:
        """The call may have been carried out. Throttling and every other 4xx promise that it was not."""
        return self.status == 0 or self.status >= 500
