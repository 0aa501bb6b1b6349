"""An answer for programs that read it while it arrives: one JSON object on each line."""

from __future__ import annotations

from typing import Any

from bridge_client.protocol.conversation import Accepted, Event, Text, Void, Waiting
from bridge_client.protocol.delivery import Reconnecting
from bridge_client.terminal.screen import Screen


class JsonLines(Screen):
    """Writes every event as it comes. The caller writes the last line, of type `result` or `error`."""

    def show(self, event: Event | Reconnecting) -> None:
        if line := as_line(event):
            self._output.write_json(line)
        super().show(event)


def as_line(event: Event | Reconnecting) -> dict[str, Any]:
    """The event as it is written; {} for one that is not."""
    match event:
        case Accepted(session_id, new):
            return {"type": "accepted", "session_id": session_id, "new": new}
        case Waiting(reason, seconds):
            retrying = {"state": "retrying", "reason": reason, "wait_seconds": seconds}
            return {"type": "status", **(retrying if reason else {"state": "thinking"})}
        case Text(text):
            return {"type": "delta", "text": text}
        case Void():
            return {"type": "void"}
        case Reconnecting(failure, seconds):
            return {"type": "status", "state": "reconnecting", "reason": failure.code, "wait_seconds": seconds}
        case _:
            return {}
