"""What the frames of one request mean: frames in, events out. Pure: no connection, no clock, no screen.

An `Exchange` is one request with its `request_id`. It may be sent any number of times, on any number of connections: the bridge gives it
the same answer each time, and what was shown is not shown again (docs/protocol.md, "a streamed query").
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from bridge_client.failures import Failure, connection_lost, throttled
from bridge_client.protocol.answers import Answers
from bridge_client.protocol.frames import Frame, integer_in, number_in, object_in, session_id_in, text_in

GATEWAY_TIMEOUT = "Endpoint request timed out"
"""API Gateway says this 29 s after a query; the function goes on and its frames keep coming."""

GATEWAY_THROTTLES = frozenset({"too many requests", "limit exceeded"})
"""What API Gateway answers, in lower case, to a message it did not accept (the texts of its 429s; for WebSockets they are undocumented)."""

ASKED_AGAIN = frozenset({"still_running", "store_unavailable", "internal"})
"""Errors that pass within seconds. The bridge itself has already retried the other `retryable` ones."""


class Accepted(NamedTuple):
    session_id: str
    new: bool


class Waiting(NamedTuple):
    """Claude is thinking, or (`reason`, an error code) the bridge tries again in `seconds`."""

    reason: str = ""
    seconds: float = 0.0


class Text(NamedTuple):
    """More of the answer."""

    text: str


class Void(NamedTuple):
    """The text shown so far is not part of the answer."""


class Send(NamedTuple):
    """This frame has to be sent on the same connection."""

    frame: Frame


class Finished(NamedTuple):
    """The last frame (`done`, or the reply), and the text of the answer."""

    frame: Frame
    text: str = ""


STOPPED = frozenset({"cancelled", "out_of_time", "too_long"})
"""Answers that the bridge broke off: Claude had not yet counted what it wrote."""
TOKEN_BYTES = 4
"""About as many bytes of UTF-8 are a token."""


def with_estimate(finished: Finished) -> Frame:
    """The last frame; of an answer that was broken off with an estimate of its tokens, and `usage_is_estimate`."""
    frame, usage = finished.frame, object_in(finished.frame, "usage")
    estimate = len(finished.text.encode("utf-8", "replace")) // TOKEN_BYTES
    if text_in(frame, "stop_reason") not in STOPPED or (integer_in(usage, "output_tokens") or 0) >= estimate:
        return frame
    return {**frame, "usage": {**usage, "output_tokens": estimate}, "usage_is_estimate": True}


class Failed(NamedTuple):
    failure: Failure


class AskAgain(NamedTuple):
    """The request has to be sent again on a new connection; `failure` is what to report after too many attempts."""

    failure: Failure


Event = Accepted | Waiting | Text | Void | Send | Finished | Failed | AskAgain


class Exchange(Protocol):
    @property
    def frame(self) -> Frame:
        """The request, as it is sent each time."""

    def concerns(self, frame: Frame) -> bool:
        """Whether a frame is about this request."""

    def receive(self, frame: Frame) -> Iterator[Event]:
        """What a frame that concerns this request means."""


class Question:
    """One question, answered as a stream."""

    def __init__(self, message: str, session_id: str, request_id: str, options: Frame | None = None) -> None:
        """`options`: further fields of the `query`."""
        named: Frame = {"session_id": session_id} if session_id else {}
        if offset := time.localtime().tm_gmtoff // 60:  # Which day "yesterday" was.
            named["utc_offset"] = offset
        self.options = options or {}
        self.frame: Frame = {"action": "query", "message": message, **named, **self.options, "request_id": request_id, "stream": True}
        self.session_id = session_id
        self._request_id = request_id
        self._answers = Answers()
        self._cancelled = False

    def concerns(self, frame: Frame) -> bool:
        return _concerns(self._request_id, frame)

    def receive(self, frame: Frame) -> Iterator[Event]:
        match frame.get("type"):
            case "accepted":
                yield from self._accepted(frame)
            case "status":
                yield _waiting(frame)
            case "delta":
                yield from self._delta(frame)
            case "done":
                yield from self._done(frame)
            case _:
                yield from _trouble(frame, self.session_id)

    def cancel(self) -> Frame | None:
        """Stops the answer: returns the frame to send. None while the session id is unknown: `accepted` then causes a `Send`."""
        self._cancelled = True
        if not self.session_id:
            return None
        return {"action": "cancel", "session_id": self.session_id, "request_id": self._request_id}

    def _accepted(self, frame: Frame) -> Iterator[Event]:
        cancel_pending = self._cancelled and not self.session_id
        self.session_id = session_id_in(frame) or self.session_id
        yield Accepted(self.session_id, frame.get("new") is True)
        if cancel_pending and (cancel := self.cancel()):
            yield Send(cancel)

    def _delta(self, frame: Frame) -> Iterator[Event]:
        answer, offset, text = text_in(frame, "answer"), integer_in(frame, "offset"), text_in(frame, "text")
        if offset is None or offset < 0:
            return
        void = self._answers.known(answer) and answer != self._answers.shown
        new = self._answers.add(answer, offset, text)
        if void:
            return
        if answer != self._answers.shown:
            yield from self._show(answer)
        if new:
            yield Text(new)
        if new is None:
            yield AskAgain(connection_lost("A part of the answer was lost on the way."))

    def _show(self, answer: str) -> Iterator[Event]:
        if self._answers.shown is not None:
            yield Void()
        self._answers.shown = answer

    def _done(self, frame: Frame) -> Iterator[Event]:
        answer = text_in(frame, "answer")
        if not self._answers.whole(answer):
            yield AskAgain(connection_lost("A part of the answer was lost on the way."))
            return
        if answer != self._answers.shown:
            yield from self._show(answer)
            yield Text(self._answers.text(answer))
        self.session_id = session_id_in(frame) or self.session_id
        yield Finished(frame, self._answers.text(answer))


class Lookup:
    """A request with a single reply of type `reply`: a listing, a deletion."""

    def __init__(self, frame: Frame, reply: str, request_id: str) -> None:
        self.frame: Frame = {**frame, "request_id": request_id}
        self._request_id = request_id
        self._reply = reply

    def concerns(self, frame: Frame) -> bool:
        return _concerns(self._request_id, frame)

    def receive(self, frame: Frame) -> Iterator[Event]:
        if frame.get("type") == self._reply:
            yield Finished(frame)
        else:
            yield from _trouble(frame, text_in(self.frame, "session_id"))


def _concerns(request_id: str, frame: Frame) -> bool:
    """A frame without `request_id` is an error about what we sent, or API Gateway's own."""
    if "request_id" in frame:
        return bool(frame["request_id"] == request_id)
    return frame.get("type") == "error" or ("type" not in frame and text_in(frame, "message") not in ("", GATEWAY_TIMEOUT))


def _trouble(frame: Frame, session_id: str) -> Iterator[Event]:
    """An error, or a message of API Gateway's own. Types that this version does not know are ignored."""
    if frame.get("type") == "error":
        failure = Failure(
            text_in(frame, "code") or "internal",
            text_in(frame, "message") or "Something went wrong.",
            retryable=frame.get("retryable") is True,
            retry_after=number_in(frame, "retry_after"),
            setting=text_in(frame, "setting"),
            session_id=session_id_in(frame) or session_id,
        )
        yield AskAgain(failure) if failure.code in ASKED_AGAIN and failure.retryable else Failed(failure)
    elif "type" not in frame:
        yield AskAgain(_refused(text_in(frame, "message")))


def _refused(message: str) -> Failure:
    """What a message of the gateway's own means."""
    if message.lower() in GATEWAY_THROTTLES:
        return throttled()
    return connection_lost(f"The gateway in front of the bridge said: {message}.")


def _waiting(frame: Frame) -> Waiting:
    if frame.get("state") != "retrying":
        return Waiting()
    return Waiting(text_in(frame, "reason"), max(0.0, number_in(frame, "wait_seconds") or 0.0))
