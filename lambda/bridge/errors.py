"""What can go wrong, as the client reads it.

`Code` is the wire's list (docs/protocol.md, "Errors"): each code has one HTTP-like status, one answer to "may the same request be sent
again at once?", and one sentence that is safe to show. Internals (exception texts, stack traces, store names) go to the log, never in here.
"""

from __future__ import annotations

from enum import Enum


class Code(Enum):
    """Every error code of the wire: name, status, retryable, and the sentence used when nothing better is known."""

    BAD_REQUEST = ("bad_request", 400, False, "The request is not valid.")
    EMPTY_MESSAGE = ("empty_message", 400, False, "The message is empty. Send some text in `message`.")
    MESSAGE_TOO_LONG = ("message_too_long", 413, False, "The message is too long. Send it in smaller parts.")
    BAD_SESSION_ID = ("bad_session_id", 400, False, "A session_id is 1 to 128 characters from A-Z a-z 0-9 . _ -")
    BAD_REQUEST_ID = ("bad_request_id", 400, False, "A request_id is 1 to 128 characters from A-Z a-z 0-9 . _ -")
    UNKNOWN_ACTION = ("unknown_action", 400, False, "There is no such action.")
    NO_SUCH_SESSION = ("no_such_session", 404, False, "There is no such session. It may have expired or been deleted.")
    SESSION_DELETED = ("session_deleted", 410, False, "The session was deleted after this question was asked.")
    NOT_ALLOWED = ("not_allowed", 403, False, "This connection has no owner. Connect again with a valid token.")
    REQUEST_ID_CONFLICT = (
        "request_id_conflict",
        409,
        False,
        "This request_id was already used for another message. Use a new one for each question.",
    )
    SESSION_EXISTS = ("session_exists", 409, False, "There is a session with this id already. Choose another id.")
    MODEL_NOT_ALLOWED = ("model_not_allowed", 403, False, "This bridge does not allow that model.")
    BUDGET_EXCEEDED = ("budget_exceeded", 429, False, "Today's token budget is used up. The next one begins at 00:00 UTC.")
    RATE_LIMITED = ("rate_limited", 429, True, "Claude's rate limit is reached. Try again a little later.")
    CLAUDE_OVERLOADED = ("claude_overloaded", 503, True, "Claude is overloaded. Try again in a moment.")
    CLAUDE_UNAVAILABLE = ("claude_unavailable", 502, True, "Claude could not be reached or broke off. Try again.")
    CLAUDE_REFUSED = ("claude_refused", 422, False, "Claude declined to answer this question. Nothing was stored.")
    CLAUDE_REJECTED = ("claude_rejected", 502, False, "Claude did not accept the request.")
    CLAUDE_MISCONFIGURED = ("claude_misconfigured", 500, False, "The bridge is not set up to reach Claude.")
    EMPTY_ANSWER = ("empty_answer", 502, True, "Claude's answer was empty. Ask again, perhaps in other words.")
    STILL_RUNNING = ("still_running", 504, True, "The answer is not ready yet. Send the same request again to get it.")
    STORE_UNAVAILABLE = ("store_unavailable", 503, True, "The conversation store did not answer. Try again.")
    STORE_DAMAGED = ("store_damaged", 500, False, "The conversation store is damaged. Restore a backup, or repair it.")
    INTERNAL = ("internal", 500, True, "Something went wrong inside the bridge. Its log has the details.")
    CANCELLED = ("cancelled", 499, False, "The question was cancelled before there was an answer.")

    def __init__(self, wire: str, status: int, retryable: bool, sentence: str) -> None:
        self.wire = wire
        self.status = status
        self.retryable = retryable
        self.sentence = sentence

    @classmethod
    def of(cls, wire: str) -> Code:
        """The code with this wire name; `INTERNAL` for a name this version does not know (a row written by a newer one)."""
        return next((code for code in cls if code.wire == wire), cls.INTERNAL)


class BridgeError(Exception):
    """An error that is sent to the client.

    `message` must be safe to show and say what to do next. `retry_after` is in seconds. `setting` names the configuration variable that
    an operator has to change.
    """

    def __init__(
        self,
        code: Code,
        message: str | None = None,
        *,
        retry_after: float | None = None,
        setting: str | None = None,
    ) -> None:
        super().__init__(message or code.sentence)
        self.code = code
        self.message = message or code.sentence
        self.retry_after = retry_after
        self.setting = setting


class StoreUnavailable(BridgeError):
    """The store did not do, or may or may not have done, what it was asked. What was written is unknown: read before writing again."""

    def __init__(self, message: str | None = None, *, code: Code = Code.STORE_UNAVAILABLE, retry_after: float | None = None) -> None:
        super().__init__(code, message, retry_after=retry_after)


class ConnectionGone(Exception):
    """The client's connection is closed, or never existed (API Gateway: 410 GoneException). Posting again is useless."""


class ConnectionBusy(Exception):
    """The post was not taken now: the client reads too slowly or a limit was hit (429 LimitExceededException), or the network failed.

    The same text may be posted again later.
    """
