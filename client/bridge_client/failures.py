"""What can go wrong, in the words that the person at the terminal reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EXIT_CODES: Mapping[str, int] = {
    "bad_request": 2,
    "empty_message": 2,
    "message_too_long": 2,
    "bad_session_id": 2,
    "bad_request_id": 2,
    "unknown_action": 2,
    "bad_usage": 2,
    "bad_configuration": 2,
    "not_text": 2,
    "no_such_session": 3,
    "session_deleted": 3,
    "session_exists": 3,
    "nothing_to_resume": 3,
    "nothing_known": 3,
    "not_allowed": 4,
    "model_not_allowed": 4,
    "claude_misconfigured": 4,
    "request_id_conflict": 5,
    "budget_exceeded": 6,
    "rate_limited": 6,
    "cancelled": 130,
}
"""Exit codes by error code (docs/protocol.md, "Errors"). Every other code is 7, including those that a newer bridge may send."""

BAD_USAGE = 2
BROKEN_PIPE = 141
"""As a shell reports a program that SIGPIPE ended."""
INTERRUPTED = 130
OTHER = 7


class Failure(Exception):
    """The question, or another request, has failed for good. `message` is remote text: escape it before it reaches a terminal.

    `retry_after` is in seconds. `setting` names the bridge's setting that has to change. `unreachable`, `connection_lost`, `bad_usage`,
    `bad_configuration`, `local_bridge`, `conversation_changed`, `not_written`, `not_text`, `nothing_to_resume`
    and `nothing_known` are the client's own codes.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retryable: bool = False,
        retry_after: float | None = None,
        setting: str = "",
        session_id: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable
        self.retry_after = retry_after
        self.setting = setting
        self.session_id = session_id
        self.request_id = request_id

    @property
    def exit_code(self) -> int:
        return EXIT_CODES.get(self.code, OTHER)

    def fields(self) -> dict[str, Any]:
        """The failure as `--json` prints it."""
        fields = {
            "error": self.message,
            "code": self.code,
            "retryable": self.retryable,
            "session_id": self.session_id or None,
            "request_id": self.request_id or None,
            "retry_after": self.retry_after,
            "setting": self.setting or None,
        }
        return {name: value for name, value in fields.items() if value is not None}


def connection_lost(message: str) -> Failure:
    return Failure("connection_lost", message, retryable=True)


def throttled() -> Failure:
    return Failure("rate_limited", "The bridge takes no more messages at the moment.", retryable=True)


def cancelled() -> Failure:
    return Failure("cancelled", "Cancelled.")
